package sim

import (
	"strings"
	"time"

	"stellr-gateway/stellr"
)

// TransferToken is a token with which a customer lets a Google subscription come over; the day is the last on which it
// is good. The sandbox takes any token of this form, so that a person can write one: TT-20261231-anything (A).
func TransferToken(lastDay stellr.Date, label string) string {
	return "TT-" + lastDay.Time().Format("20060102") + "-" + label
}

// readToken says what is wrong with a transfer token; empty: nothing.
func readToken(token string, now time.Time) string {
	rest, ok := strings.CutPrefix(token, "TT-")
	day, label, cut := strings.Cut(rest, "-")
	last, err := time.Parse("20060102", day)
	switch {
	case !ok || !cut || label == "" || err != nil:
		return "The transfer token is unknown"
	case !now.Before(last.AddDate(0, 0, 1)):
		return "The transfer token has expired"
	}
	return ""
}

// listTransferableProducts answers what a customer's other reseller provides: two flexible editions, whatever the
// domain (A).
func (s *Server) listTransferableProducts(q *call) (answer, *refusal) {
	token := q.query.Get("transferToken")
	if token == "" {
		return answer{}, badRequest("transferToken is required")
	}
	if why := readToken(token, q.now); why != "" {
		return answer{}, breaksRule("Transfer token refused", why)
	}
	return q.products(s.world.catalog.byVendor[GoogleID], (*product).transferable), nil
}

func (p *product) transferable() bool {
	return p.VendorID == GoogleID && !p.offer.gone && p.offer.addOnTo == "" && (p.PlanName == planFlexible || p.PlanName == planAnnualMonthly) && p.offer.rank > 0 && p.offer.rank < 4
}

// transferSubscription brings a subscription over. A token is good for one transfer.
func (s *Server) transferSubscription(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("customer")
	}
	var body stellr.Transfer
	if refusal := q.readBody(&body); refusal != nil {
		return answer{}, refusal
	}
	if body.VendorID != GoogleID {
		return answer{}, breaksRule("Not offered", "Only Google's subscriptions are transferred with a token")
	}
	if why := readToken(body.TransferToken, q.now); why != "" {
		return answer{}, breaksRule("Transfer token refused", why)
	}
	p, refusal := s.world.onSale(body.VendorID, body.ProductID, body.SKUNo, body.Quantity)
	if refusal != nil {
		return answer{}, refusal
	}
	if !p.transferable() {
		return answer{}, breaksRule("Not offered", "The product is not among the transferable products")
	}
	s.world.open(c, q.now)
	defer c.close()
	if !s.world.useToken(body.TransferToken) {
		return answer{}, notNow("The transfer token has been used")
	}
	sub := s.world.newSubscription(c, p, line{s.world.nextContract(c), 1, body.Quantity, stellr.DateOf(q.now)})
	sub.ResellerPONo = body.ResellerPONo
	o := s.world.place(q, c, []*subscription{sub})
	return q.did(s.world.encoder.record(o.accepted(sub), sub.SubscriptionID)), nil
}

// useToken says whether a transfer token is used for the first time.
func (w *world) useToken(token string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.used[token] {
		return false
	}
	w.used[token] = true
	return true
}

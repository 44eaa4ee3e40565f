package sim

import (
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// populate makes what a customer has at the start. It depends on the seed, the customer and the day, on nothing else.
func (w *world) populate(c *customer) {
	switch {
	case c.profile.fresh:
	case c.profile.even:
		w.populateEvenly(c)
	case c.index == richCustomer:
		w.populateRichly(c)
	default:
		w.populateVariously(c)
	}
}

// populateEvenly gives the k-th subscription of the i-th customer the product that is next in turn.
func (w *world) populateEvenly(c *customer) {
	contract := w.nextContract(c)
	each, products := w.opts.SubscriptionsPerCustomer, w.catalog.products
	for k := range each {
		d := throw(w.opts.Seed, "even", c.index, k)
		p := products[(c.index*each+k)%len(products)]
		quantity := max(*p.MinQuantity, min(d.between(1, 60), *p.MaxQuantity))
		s := w.newSubscription(c, p, line{contract, k + 1, quantity, w.start.AddDays(-d.between(40, 300))})
		w.runOn(s)
		w.age(s, d)
		c.subs = append(c.subs, s)
	}
}

// nextContract gives out contract numbers; those of one customer are spread over a thousand (O that they look like
// 411833).
func (w *world) nextContract(c *customer) string {
	n := c.contracts
	c.contracts++
	offset := throw(w.opts.Seed, "contract", c.index).below(1000)
	return strconv.Itoa(400000 + c.index*1000 + (n*37+offset)%1000 + n/1000*100_000_000)
}

// line is a line of a contract.
type line struct {
	contract string
	number   int
	quantity int
	start    stellr.Date
}

// newSubscription is an active subscription, at the price of the product's tier, that renews where it has a term.
func (w *world) newSubscription(c *customer, p *product, l line) *subscription {
	id := l.contract + "_" + strconv.Itoa(l.number)
	s := &subscription{product: p, since: l.start, Subscription: stellr.Subscription{
		SubscriptionID: id, ContractNo: l.contract, LineNo: new(l.number), CustomerNo: c.record.CustomerNo, VendorID: p.VendorID, VendorName: p.VendorName,
		VendorSubscriptionID: vendorSubscriptionID(throw(w.opts.Seed, "vendor "+id), p.VendorID), Currency: c.currency(),
		StartDate: l.start, EndDate: endOfTerm(l.start, p.TermDuration), StatusText: statusActive,
	}}
	c.assign(s, p, l.quantity)
	if !s.EndDate.IsZero() {
		s.AutoRenew = new(p.PlanName != planTrial) // a trial ends (S)
	}
	return s
}

func vendorSubscriptionID(d *dice, vendorID string) string {
	switch vendorID {
	case MicrosoftID:
		return d.guid()
	case GoogleID:
		return "S" + strings.ToUpper(d.hex(9))
	}
	return strconv.Itoa(d.between(10_000_000, 99_999_999))
}

// runOn lets the terms pass that had ended at the start.
func (w *world) runOn(s *subscription) {
	for !s.EndDate.IsZero() && !w.start.Before(s.EndDate) {
		s.StartDate = s.EndDate
		s.EndDate = endOfTerm(s.StartDate, s.TermDuration)
	}
}

func (c *customer) currency() string {
	if c.record.Country == "CA" {
		return "CAD"
	}
	return "USD"
}

// inCurrency turns US dollars into the customer's currency, at a fixed rate.
func (c *customer) inCurrency(usd decimal.Decimal) *decimal.Decimal {
	if c.currency() == "CAD" {
		usd = usd.Mul(decimal.New(137, -2)).Round(2)
	}
	return &usd
}

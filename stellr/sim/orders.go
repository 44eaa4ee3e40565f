package sim

import (
	"time"

	"stellr-gateway/stellr"
)

// createSubscriptions takes an order for one vendor, whole or not at all. Each order is a new contract, each item a
// line of it, and one operation activates them all (A).
func (s *Server) createSubscriptions(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("customer")
	}
	var order stellr.Order
	if refusal := q.readBody(&order); refusal != nil {
		return answer{}, refusal
	}
	s.world.open(c, q.now)
	defer c.close()
	if refusal := s.world.mayOrder(c, order); refusal != nil {
		return answer{}, refusal
	}
	contract := s.world.nextContract(c)
	var fresh []*subscription
	for i, item := range order.Items {
		sub := s.world.newSubscription(c, s.world.catalog.byID[item.ProductID], line{contract, i + 1, item.Quantity, stellr.DateOf(q.now)})
		sub.ResellerPONo = order.ResellerPONo
		if other := c.subscription(item.CoterminousSubscriptionID); other != nil {
			sub.EndDate = other.EndDate
		}
		if item.AutoRenew != nil && !sub.EndDate.IsZero() {
			sub.AutoRenew = item.AutoRenew
		}
		fresh = append(fresh, sub)
	}
	o := s.world.place(q, c, fresh)
	first := o.accepted(fresh[0])
	record := stellr.Ordered{OperationID: first.OperationID, StatusText: first.StatusText}
	for _, sub := range fresh {
		record.Subscriptions = append(record.Subscriptions, o.accepted(sub))
	}
	return q.did(s.world.encoder.record(&record, contract)), nil
}

// place puts new subscriptions among an open customer's, pending until their operation ends.
func (w *world) place(q *call, c *customer, fresh []*subscription) *operation {
	vendorIDs := make([]string, len(fresh))
	for i, sub := range fresh {
		sub.StatusText = statusPending
		vendorIDs[i], sub.VendorSubscriptionID = sub.VendorSubscriptionID, ""
		c.subs = append(c.subs, sub)
		c.note(sub, q.now, entry{"Create", "Create subscription", q.client, sourceAPI})
	}
	return w.begin(q, c, work{
		subs: fresh,
		apply: func(at time.Time) *subscription {
			for i, sub := range fresh {
				sub.StatusText, sub.VendorSubscriptionID = statusActive, vendorIDs[i]
				w.openWindows(sub, at)
				c.note(sub, at, entry{"Activate", seatsText(*sub.Quantity), bySystem, sourceSystem})
			}
			return nil
		},
		undo: func() { c.remove(fresh) },
	})
}

// remove takes subscriptions that never came to be out of an open customer's.
func (c *customer) remove(gone []*subscription) {
	var kept []*subscription
	for _, s := range c.subs {
		keep := true
		for _, g := range gone {
			keep = keep && s != g
		}
		if keep {
			kept = append(kept, s)
		}
	}
	c.subs = kept
}

// mayOrder checks a whole order.
func (w *world) mayOrder(c *customer, order stellr.Order) *refusal {
	vendorRules := w.rules[order.VendorID]
	switch {
	case vendorRules == nil:
		return breaksRule("Unknown vendor", "There is no vendor of this vendorId")
	case len(order.Items) == 0:
		return badRequest("subscriptions must not be empty")
	case vendorRules.oneItem && len(order.Items) > 1:
		return breaksRule("Too many subscriptions", "The vendor takes one subscription an order")
	case c.record.StatusText == "Discontinued":
		return breaksRule("Customer discontinued", "Nothing can be ordered for the customer")
	case vendorRules.needsAgreement && c.agreement.StatusText != agreementAccepted:
		return breaksRule("Agreement missing", "The customer has not accepted the "+stellr.MicrosoftCustomerAgreement)
	}
	for _, item := range order.Items {
		if refusal := w.mayBuy(c, order.VendorID, item); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (w *world) mayBuy(c *customer, vendorID string, item stellr.OrderItem) *refusal {
	p, refusal := w.onSale(vendorID, item.ProductID, item.SKUNo, item.Quantity)
	switch {
	case refusal != nil:
		return refusal
	case p.offer.addOnTo != "":
		return breaksRule("Add-on", "The product is added to a subscription of its primary product")
	case item.BillingFrequency != "" && item.BillingFrequency != p.BillingFrequency:
		return breaksRule("Not offered", "The product is not billed so")
	case item.TermDuration != "" && item.TermDuration != p.TermDuration:
		return breaksRule("Not offered", "The product has another term")
	case item.CoterminousSubscriptionID == "":
		return nil
	}
	other := c.subscription(item.CoterminousSubscriptionID)
	if other == nil || other.StatusText != statusActive || other.VendorID != vendorID || other.EndDate.IsZero() || p.TermDuration == "" {
		return breaksRule("Not offered", "coterminousSubscriptionId must name an active subscription with a term")
	}
	return nil
}

// onSale finds a product that can be bought in the quantity.
func (w *world) onSale(vendorID, productID, skuNo string, quantity int) (*product, *refusal) {
	p := w.catalog.find(productID, skuNo)
	switch {
	case p == nil || p.VendorID != vendorID:
		return nil, breaksRule("Unknown product", "productId and skuNo must name a product of the vendor")
	case p.offer.gone:
		return nil, breaksRule("Product discontinued", "The product is not sold any more")
	}
	return p, p.withinLimits(quantity)
}

// createAddOn adds to a subscription: a further line of the contract, which ends with its parent.
func (s *Server) createAddOn(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("subscription")
	}
	var order stellr.AddOnOrder
	if refusal := q.readBody(&order); refusal != nil {
		return answer{}, refusal
	}
	s.world.open(c, q.now)
	defer c.close()
	parent := c.subscription(q.path("subscriptionId"))
	if parent == nil {
		return answer{}, notFound("subscription")
	}
	m := &move{w: s.world, c: c, s: parent, rules: s.world.rules[parent.VendorID], action: q.action, now: q.now, by: q.client}
	if _, refusal := m.allow(); refusal != nil {
		return answer{}, refusal
	}
	p, refusal := s.world.onSale(parent.VendorID, order.ProductID, order.SKUNo, order.Quantity)
	if refusal != nil {
		return answer{}, refusal
	}
	if p.offer.addOnTo == "" || p.offer.addOnTo != parent.product.offer.id {
		return answer{}, breaksRule("Not an add-on", "The product does not add to the subscription's product")
	}
	sub := s.world.newSubscription(c, p, line{parent.ContractNo, c.nextLine(parent.ContractNo), order.Quantity, stellr.DateOf(q.now)})
	sub.ParentID, sub.ResellerPONo = parent.SubscriptionID, order.ResellerPONo
	if !sub.EndDate.IsZero() && !parent.EndDate.IsZero() {
		sub.EndDate = parent.EndDate
	}
	o := s.world.place(q, c, []*subscription{sub})
	return q.did(s.world.encoder.record(o.accepted(sub), sub.SubscriptionID)), nil
}

package sim

import (
	"time"

	"stellr-gateway/stellr"
)

// lifecycle serves every verb on one subscription.
func (s *Server) lifecycle(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("subscription")
	}
	s.world.open(c, q.now)
	defer c.close()
	sub := c.subscription(q.path("subscriptionId"))
	if sub == nil {
		return answer{}, notFound("subscription")
	}
	m := &move{w: s.world, c: c, s: sub, rules: s.world.rules[sub.VendorID], action: q.action, now: q.now, by: q.client}
	if refusal := m.read(q); refusal != nil {
		return answer{}, refusal
	}
	v, refusal := m.allow()
	if refusal != nil {
		return answer{}, refusal
	}
	o := s.world.begin(q, c, work{subs: []*subscription{sub}, apply: func(at time.Time) *subscription { return m.carryOut(v, at) }})
	return q.did(s.world.encoder.record(o.accepted(sub), sub.SubscriptionID)), nil
}

// read takes from the body what the verb needs.
func (m *move) read(q *call) *refusal {
	switch q.action {
	case stellr.ActionChangeSeats:
		var body stellr.SeatChange
		if refusal := q.readBody(&body); refusal != nil {
			return refusal
		}
		m.quantity = body.Quantity
		return m.readSeats(body)
	case stellr.ActionUpgradeSubscription, stellr.ActionDowngradeSubscription:
		var body stellr.Transition
		if refusal := q.readBody(&body); refusal != nil {
			return refusal
		}
		m.quantity = body.Quantity
		m.target = m.w.catalog.find(body.TargetProductID, body.TargetSKUNo)
		if m.target == nil {
			return badRequest("targetProductId and targetSkuNo must name a product")
		}
	case stellr.ActionChangePlan:
		if refusal := q.readBody(&m.plan); refusal != nil {
			return refusal
		}
		m.quantity = m.plan.Quantity
		if m.plan.BillingFrequency == "" && m.plan.TermDuration == "" && m.plan.PlanName == "" {
			return badRequest("billingFrequency, termDuration or planName is required")
		}
	case stellr.ActionUpdateRenewal:
		if refusal := q.readBody(&m.setting); refusal != nil {
			return refusal
		}
		if m.setting.Decision != stellr.RenewalAccept && m.setting.Decision != stellr.RenewalReject {
			return badRequest("decision must be ACCEPT or REJECT")
		}
	}
	if m.quantity < 0 {
		return badRequest("quantity must be at least 1")
	}
	return nil
}

// readSeats checks a change of seats: the resulting total, for the product that the subscription is of (A).
func (m *move) readSeats(body stellr.SeatChange) *refusal {
	if body.Quantity < 1 {
		return badRequest("quantity must be at least 1; to have no seats is to cancel")
	}
	if body.ProductID != m.s.ProductID || body.SKUNo != m.s.SKUNo {
		return badRequest("productId and skuNo must be those of the subscription")
	}
	return nil
}

// find is the product of both ids; nil when there is none.
func (c *catalog) find(productID, skuNo string) *product {
	if p := c.byID[productID]; p != nil && p.SKUNo == skuNo {
		return p
	}
	return nil
}

// withinLimits checks a quantity against the product's own limits.
func (p *product) withinLimits(quantity int) *refusal {
	switch {
	case quantity < 1:
		return badRequest("quantity must be at least 1")
	case quantity < *p.MinQuantity:
		return breaksRule("Quantity too low", "The product takes at least its minQuantity")
	case quantity > *p.MaxQuantity:
		return breaksRule("Quantity too high", "The product takes at most its maxQuantity")
	}
	return nil
}

package sim

import (
	"slices"

	"stellr-gateway/stellr"
)

// getRenewalOptions answers what a subscription can become at the end of its term (A). One without a term, or one
// that has ended, has no plans and no date.
func (s *Server) getRenewalOptions(q *call) (answer, *refusal) {
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
	options := stellr.RenewalOptions{
		CustomerNo: sub.CustomerNo, SubscriptionID: sub.SubscriptionID, DecisionText: string(sub.decision),
		Plans: []stellr.RenewalPlan{}, CoterminousDates: []stellr.Date{},
	}
	if sub.live() && !sub.EndDate.IsZero() {
		options.RenewalDate = sub.EndDate
		options.CoterminousDates = c.coterminousDates(sub)
		for _, p := range s.world.renewalProducts(sub) {
			options.Plans = append(options.Plans, stellr.RenewalPlan{
				ProductID: p.ProductID, SKUNo: p.SKUNo, Name: p.Name, BillingFrequency: p.BillingFrequency, TermDuration: p.TermDuration,
				UnitCost: c.inCurrency(*p.tierFor(*sub.Quantity).Cost), Currency: sub.Currency,
			})
		}
	}
	return q.one(s.world.encoder.record(&options, sub.SubscriptionID)), nil
}

// renewalProducts are what a subscription can renew into: its own product, and with vendors that have plans the other
// variants of its offer and the products of its family with the same term.
func (w *world) renewalProducts(s *subscription) []*product {
	found := []*product{s.product}
	if s.VendorID == AcronisID {
		return found
	}
	for _, p := range w.catalog.byVendor[s.VendorID] {
		variant := p.offer.id == s.product.offer.id && p.TermDuration != "" && p.PlanName != planTrial
		if p != s.product && !p.offer.gone && (variant || s.product.transition(p) != "") {
			found = append(found, p)
		}
	}
	return found
}

// coterminousDates are the days on which other subscriptions of the same vendor end, within the next term.
func (c *customer) coterminousDates(s *subscription) []stellr.Date {
	days := []stellr.Date{}
	last := endOfTerm(s.EndDate, s.TermDuration)
	for _, other := range c.subs {
		day := other.EndDate
		if other != s && other.live() && other.VendorID == s.VendorID && s.EndDate.Before(day) && !last.Before(day) && !slices.Contains(days, day) {
			days = append(days, day)
		}
	}
	slices.SortFunc(days, func(a, b stellr.Date) int { return a.Time().Compare(b.Time()) })
	return days
}

// renewalPlan checks a decision: at most one plan, among the renewal options (A).
func renewalPlan(m *move) *refusal {
	if refusal := hasTerm(m); refusal != nil {
		return refusal
	}
	plans := m.setting.NewPlans
	if m.setting.Decision == stellr.RenewalReject || len(plans) == 0 {
		return nil
	}
	if len(plans) > 1 {
		return breaksRule("Not offered", "A subscription renews into one plan")
	}
	m.target = m.w.catalog.find(plans[0].ProductID, plans[0].SKUNo)
	if m.target == nil || !slices.Contains(m.w.renewalProducts(m.s), m.target) {
		return breaksRule("Not offered", "The plan is not among the renewal options")
	}
	if word := plans[0].BillingFrequency; word != "" && word != m.target.BillingFrequency {
		return breaksRule("Not offered", "The plan is not billed so")
	}
	if word := plans[0].TermDuration; word != "" && word != m.target.TermDuration {
		return breaksRule("Not offered", "The plan has another term")
	}
	if day := plans[0].CoterminousDate; day != nil && !slices.Contains(m.c.coterminousDates(m.s), *day) {
		return breaksRule("Not offered", "The day is not among the coterminous dates")
	}
	m.quantity = plans[0].Quantity
	return m.target.withinLimits(m.quantity)
}

package sim

import "stellr-gateway/stellr"

// microsoftRules are those of New Commerce (S): windows for cancelling and for giving back seats, upgrades at once,
// downgrades and other plans at the end of the term. Cancelling from Suspended, within the window, is A.
func microsoftRules() *rules {
	active, suspended := []string{statusActive}, []string{statusSuspended}
	return &rules{
		needsAgreement: true, windows: true,
		verbs: map[stellr.Action]verb{
			stellr.ActionCreateAddOn:            {from: active},
			stellr.ActionChangeSeats:            {from: active, check: microsoftSeats, do: setSeats},
			stellr.ActionCancelSubscription:     {from: []string{statusActive, statusSuspended}, check: withinCancelWindow, do: cancel},
			stellr.ActionSuspendSubscription:    {from: active, do: suspend},
			stellr.ActionActivateSubscription:   {from: suspended, do: resume},
			stellr.ActionReactivateSubscription: {from: suspended, do: resume},
			stellr.ActionUpgradeSubscription:    {from: active, check: eligible("upgrade"), do: moveNow},
			stellr.ActionDowngradeSubscription:  {from: active, check: eligible("downgrade"), do: schedule, keeps: true},
			stellr.ActionChangePlan:             {from: active, check: microsoftPlan, do: schedule, keeps: true},
			stellr.ActionUpdateRenewal:          {from: active, check: renewalPlan, do: decideRenewal, keeps: true},
		},
	}
}

// microsoftSeats lets seats grow at any time and shrink by what may still be given back.
func microsoftSeats(m *move) *refusal {
	if refusal := changesSomething(m); refusal != nil {
		return refusal
	}
	if less := *m.s.Quantity - m.quantity; less > 0 && (m.s.RefundableQuantity == nil || less > *m.s.RefundableQuantity) {
		return vendorRefuses("The quantity was refused by the vendor", "Only seats within their own refund window can be removed")
	}
	return nil
}

func withinCancelWindow(m *move) *refusal {
	if m.now.After(m.s.CancellableUntil) {
		return vendorRefuses("The cancellation was refused by the vendor", "The cancellation window has closed")
	}
	return nil
}

// microsoftPlan finds the variant of the same offer with the wanted billing and term.
func microsoftPlan(m *move) *refusal {
	if refusal := hasTerm(m); refusal != nil {
		return refusal
	}
	if m.plan.PlanName != "" {
		return badRequest("planName is for Google")
	}
	billing, duration := m.plan.BillingFrequency, m.plan.TermDuration
	if billing == "" {
		billing = m.s.BillingFrequency
	}
	if duration == "" {
		duration = m.s.TermDuration
	}
	for _, p := range m.w.catalog.variants(m.s.product) {
		if p.BillingFrequency == billing && p.TermDuration == duration && !p.offer.gone {
			m.target = p
		}
	}
	if m.target == nil {
		return breaksRule("Not offered", "The product is not sold with this term and billing")
	}
	if m.target == m.s.product && m.quantity == 0 {
		return breaksRule("Nothing to change", "The subscription has this term and billing")
	}
	if m.quantity > 0 {
		return m.target.withinLimits(m.quantity)
	}
	return nil
}

// variants are the products of the same offer, itself included.
func (c *catalog) variants(p *product) []*product {
	var found []*product
	for _, other := range c.byVendor[p.VendorID] {
		if other.offer.id == p.offer.id && other.offer.name == p.offer.name {
			found = append(found, other)
		}
	}
	return found
}

package sim

import (
	"strconv"
	"time"

	"stellr-gateway/stellr"
)

// The effects that the vendors' tables are made of.

func setSeats(m *move, at time.Time) (entry, *subscription) {
	delta := m.quantity - *m.s.Quantity
	if m.rules.windows && delta > 0 {
		m.s.addSeats(delta, m.w.windowFrom(m.s, at))
	}
	if m.rules.windows && delta < 0 {
		m.s.returnSeats(-delta)
	}
	tier := m.s.product.tierFor(m.quantity)
	m.s.Quantity, m.s.UnitCost = new(m.quantity), m.c.inCurrency(*tier.Cost)
	return entry{activity: "Change Seats", text: seatsText(delta)}, nil
}

// windowFrom is until when seats that are added now may be given back: seven days, and never past the term.
func (w *world) windowFrom(s *subscription, at time.Time) time.Time {
	until := at.AddDate(0, 0, 7)
	if end := s.EndDate.Time(); !s.EndDate.IsZero() && end.Before(until) {
		return end
	}
	return until
}

// cancel ends a subscription and its add-ons.
func cancel(m *move, at time.Time) (entry, *subscription) {
	for _, s := range append(m.c.addOnsOf(m.s), m.s) {
		s.StatusText, s.scheduled, s.batches = statusCancelled, nil, nil
		s.AutoRenew = new(false)
		s.touch()
		if s != m.s {
			m.note(s, at, "Cancel", "Cancelled with its subscription")
		}
	}
	return entry{activity: "Cancel", text: "Cancel subscription"}, nil
}

// suspend stops the use; billing and the term go on (S).
func suspend(m *move, at time.Time) (entry, *subscription) {
	m.s.StatusText, m.s.suspendedAt = statusSuspended, at
	return entry{activity: "Suspend", text: "Suspend subscription"}, nil
}

func resume(m *move, _ time.Time) (entry, *subscription) {
	m.s.StatusText, m.s.suspendedAt = statusActive, time.Time{}
	return entry{activity: "Activate", text: "Activate subscription"}, nil
}

// moveNow makes the subscription one of the target, at once. Some targets give a new subscription id (S): then the
// old one is cancelled and the new one is a further line of the contract.
func moveNow(m *move, at time.Time) (entry, *subscription) {
	quantity := *m.s.Quantity
	if m.quantity > 0 {
		quantity = m.quantity
	}
	text := "Upgrade from " + m.s.Name + " to " + m.target.Name
	activity := "Upgrade"
	if m.action == stellr.ActionDowngradeSubscription {
		activity, text = "Downgrade", "Downgrade from "+m.s.Name+" to "+m.target.Name
	}
	if !m.target.offer.moves {
		added := quantity - *m.s.Quantity
		m.c.assign(m.s, m.target, quantity)
		if m.rules.windows && added > 0 {
			m.s.addSeats(added, m.w.windowFrom(m.s, at))
		}
		return entry{activity: activity, text: text}, nil
	}
	fresh := *m.s
	line := m.c.nextLine(m.s.ContractNo)
	fresh.LineNo, fresh.SubscriptionID = new(line), m.s.ContractNo+"_"+strconv.Itoa(line)
	fresh.VendorSubscriptionID = vendorSubscriptionID(throw(m.w.opts.Seed, "vendor "+fresh.SubscriptionID), fresh.VendorID)
	m.c.assign(&fresh, m.target, quantity)
	fresh.StartDate, fresh.EndDate = stellr.DateOf(at), endOfTerm(stellr.DateOf(at), fresh.TermDuration)
	m.w.openWindows(&fresh, at)
	m.c.subs = append(m.c.subs, &fresh)
	for _, addOn := range m.c.addOnsOf(m.s) {
		addOn.ParentID = fresh.SubscriptionID
		addOn.touch()
	}
	m.s.StatusText, m.s.batches = statusCancelled, nil
	m.note(&fresh, at, activity, text)
	return entry{activity: activity, text: "Replaced by " + fresh.SubscriptionID}, &fresh
}

// nextLine is the first line number of a contract that nothing has.
func (c *customer) nextLine(contract string) int {
	line := 1
	for _, s := range c.subs {
		if s.ContractNo == contract && *s.LineNo >= line {
			line = *s.LineNo + 1
		}
	}
	return line
}

// schedule has the target take over at the end of the term.
func schedule(m *move, _ time.Time) (entry, *subscription) {
	quantity := *m.s.Quantity
	if m.quantity > 0 {
		quantity = m.quantity
	}
	m.s.scheduled, m.s.decision, m.s.AutoRenew = &renewal{product: m.target, quantity: quantity}, stellr.RenewalAccept, new(true)
	return entry{activity: "Renewal", text: "Set to Renew with " + m.target.Name}, nil
}

// decideRenewal accepts the renewal, with the current plan or another, or rejects it, which does not cancel (D).
func decideRenewal(m *move, _ time.Time) (entry, *subscription) {
	m.s.decision = m.setting.Decision
	m.s.scheduled = nil
	m.s.AutoRenew = new(m.setting.Decision == stellr.RenewalAccept)
	if m.setting.Decision == stellr.RenewalReject {
		return entry{activity: "Renewal", text: "Set to not Renew"}, nil
	}
	if m.target == nil {
		return entry{activity: "Renewal", text: "Set to Renew with current plan"}, nil
	}
	m.s.scheduled = &renewal{product: m.target, quantity: m.quantity}
	if day := m.setting.NewPlans[0].CoterminousDate; day != nil {
		m.s.scheduled.end = *day
	}
	return entry{activity: "Renewal", text: "Set to Renew with " + m.target.Name}, nil
}

func changesSomething(m *move) *refusal {
	if m.quantity == *m.s.Quantity {
		return breaksRule("Nothing to change", "The subscription has that many seats")
	}
	return m.s.product.withinLimits(m.quantity)
}

func hasTerm(m *move) *refusal {
	if m.s.EndDate.IsZero() {
		return breaksRule("Not offered", "The subscription has no term that ends")
	}
	return nil
}

package sim

import (
	"slices"
	"time"

	"stellr-gateway/stellr"
)

// age gives a subscription of the start its windows: those of its term and, with some, seats that were added a few
// days ago and may still be given back.
func (w *world) age(s *subscription, d *dice) {
	if !w.rules[s.VendorID].windows || s.BillingFrequency == "" {
		return
	}
	hour := time.Duration(d.between(12*3600, 22*3600)) * time.Second
	w.openWindows(s, s.StartDate.Time().Add(hour))
	s.dropBatches(w.start.Time())
}

// justAdded makes the last so many seats ones that were added the given days ago.
func (w *world) justAdded(c *customer, s *subscription, seats, daysAgo int) {
	at := w.start.Time().AddDate(0, 0, -daysAgo).Add(15 * time.Hour)
	if w.rules[s.VendorID].windows {
		s.addSeats(seats, at.AddDate(0, 0, 7))
	}
	c.note(s, at, entry{"Change Seats", seatsText(seats), c.record.ContactName, sourcePortal})
}

// remember makes up what happened to a subscription before the start: its order, and changes that lead to the seats it
// has.
func (w *world) remember(c *customer, s *subscription, d *dice) {
	at := s.StartDate.Time().Add(time.Duration(d.between(12*3600, 20*3600)) * time.Second)
	c.note(s, at, entry{"Create", "Create subscription", c.record.ContactName, sourcePortal})
	days := int(w.start.Time().Sub(at).Hours() / 24)
	if days < 10 || s.StatusText == statusPending {
		return
	}
	seats := *s.Quantity
	steps := d.below(4)
	for n := range steps {
		at = at.AddDate(0, 0, max(1, days/(steps+2))).Add(time.Duration(d.below(7200)) * time.Second)
		delta := d.between(1, 5)
		if n%3 == 2 && seats > 1 {
			delta = -1
		}
		c.note(s, at, entry{"Change Seats", seatsText(delta), c.record.ContactName, pick(d, sourcePortal, sourceAPI)})
	}
	if d.percent(20) && !s.EndDate.IsZero() && s.live() {
		s.decision = stellr.RenewalAccept
		c.note(s, at.AddDate(0, 0, 1), entry{"Renewal", "Set to Renew with current plan", c.record.ContactName, sourcePortal})
	}
}

// end lets a subscription be one that is over, or that waits, or is in a state nobody knows.
func (w *world) end(c *customer, s *subscription, status string) {
	s.StatusText = status
	at := w.start.Time().AddDate(0, 0, -2).Add(17 * time.Hour)
	switch status {
	case statusSuspended:
		s.suspendedAt = at
		c.note(s, at, entry{"Suspend", "Suspend subscription", c.record.ContactName, sourcePortal})
	case statusCancelled:
		s.batches, s.AutoRenew = nil, new(false)
		c.note(s, at, entry{"Cancel", "Cancel subscription", c.record.ContactName, sourcePortal})
	case statusPending: // ordered in these days
		s.since = w.start.AddDays(-(*s.Quantity % 3))
		s.StartDate, s.EndDate, s.decision = s.since, endOfTerm(s.since, s.TermDuration), ""
		c.log = slices.DeleteFunc(c.log, func(e stellr.ChangeLogEntry) bool { return e.SubscriptionID == s.SubscriptionID })
		c.note(s, s.since.Time().Add(9*time.Hour), entry{"Create", "Create subscription", c.record.ContactName, sourcePortal})
		s.VendorSubscriptionID, s.CancellableUntil, s.RefundableQuantity, s.batches = "", time.Time{}, nil, nil
	case statusExpired, statusExpire:
		if late := s.EndDate.Time().Sub(stellr.DateOf(at).Time()); !s.EndDate.IsZero() {
			s.StartDate, s.EndDate = stellr.DateOf(s.StartDate.Time().Add(-late)), stellr.DateOf(at)
			if !s.CancellableUntil.IsZero() {
				s.CancellableUntil = s.CancellableUntil.Add(-late)
			}
		}
		s.batches, s.AutoRenew = nil, new(false)
		c.note(s, at, entry{"Expire", "Expired at the end of the term", bySystem, sourceSystem})
	}
	s.touch()
}

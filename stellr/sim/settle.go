package sim

import (
	"time"

	"stellr-gateway/stellr"
)

// open locks a customer and brings it to the state of the given time: operations that ended, windows that closed,
// terms that renewed or expired, each at its own moment and in their order. The caller closes the customer.
func (w *world) open(c *customer, now time.Time) {
	w.openLightly(c)
	if !c.populated {
		c.populated = true
		w.populate(c)
		for _, s := range c.subs {
			c.billed = append(c.billed, billed{s.Subscription, s.since, s.BillingFrequency == "one_time"})
		}
		c.due = w.start.Time()
	}
	for !c.due.IsZero() && !now.Before(c.due) {
		at, happen := w.nextEvent(c)
		c.due = at
		if happen == nil || now.Before(at) {
			return
		}
		happen(at)
	}
}

// openLightly locks a customer without looking at its subscriptions.
func (w *world) openLightly(c *customer) {
	c.mu.Lock()
	if c.agreement == nil {
		c.agreement, c.accounts = w.seedAgreement(c), w.seedAccounts(c)
	}
}

func (c *customer) close() { c.mu.Unlock() }

// changed says that something was done to an open customer, so that what happens next must be found again.
func (c *customer) changed(now time.Time) { c.due = now }

// nextEvent is the earliest moment at which time alone changes the customer, and what happens then.
func (w *world) nextEvent(c *customer) (at time.Time, happen func(time.Time)) {
	consider := func(moment time.Time, event func(time.Time)) {
		if !moment.IsZero() && (happen == nil || moment.Before(at)) {
			at, happen = moment, event
		}
	}
	for _, o := range c.running {
		consider(o.ends, func(at time.Time) { w.finish(c, o, at) })
	}
	for _, s := range c.subs {
		if !s.live() {
			continue
		}
		if !s.EndDate.IsZero() {
			consider(s.EndDate.Time(), func(at time.Time) { w.endTerm(c, s, at) })
		}
		for _, b := range s.batches {
			consider(b.until, s.dropBatches)
		}
		limit := w.rules[s.VendorID].suspendLimit
		if limit > 0 && s.StatusText == statusSuspended {
			consider(s.suspendedAt.Add(limit), func(at time.Time) {
				s.StatusText = statusCancelled
				s.touch()
				c.note(s, at, entry{"Cancel", "Cancelled after 60 days of suspension", bySystem, sourceSystem})
			})
		}
	}
	return at, happen
}

// endTerm renews a subscription into its next term, with what was scheduled, or lets it expire (S).
func (w *world) endTerm(c *customer, s *subscription, at time.Time) {
	lapses := s.StatusText == statusSuspended && w.rules[s.VendorID].suspendedLapses
	if s.AutoRenew == nil || !*s.AutoRenew || lapses {
		s.StatusText, s.scheduled, s.batches = statusExpired, nil, nil
		s.touch()
		c.note(s, at, entry{"Expire", "Expired at the end of the term", bySystem, sourceSystem})
		return
	}
	s.StartDate = s.EndDate
	text := "Renewed with current plan"
	next := s.scheduled
	if next != nil {
		c.assign(s, next.product, next.quantity)
		text = "Renewed with " + next.product.Name
	}
	s.EndDate = endOfTerm(s.StartDate, s.TermDuration)
	if next != nil && !next.end.IsZero() {
		s.EndDate = next.end
	}
	s.scheduled, s.decision = nil, ""
	if s.EndDate.IsZero() {
		s.AutoRenew = nil
	}
	w.openWindows(s, at)
	c.note(s, at, entry{"Renew", text, bySystem, sourceSystem})
}

// openWindows begins a term's windows for cancelling and for giving back seats, where the vendor has such windows. How
// long they are is a date of each subscription: 7, 15 and 30 days have been seen.
func (w *world) openWindows(s *subscription, at time.Time) {
	s.touch()
	if !w.rules[s.VendorID].windows {
		return
	}
	d := throw(w.opts.Seed, "window "+s.SubscriptionID, int(s.StartDate.Time().Unix()/86400))
	until := at.AddDate(0, 0, pick(d, 7, 7, 15, 30))
	s.CancellableUntil = until
	s.batches = nil
	s.addSeats(*s.Quantity, until)
}

// assign makes a subscription one of a product, at that product's price.
func (c *customer) assign(s *subscription, p *product, quantity int) {
	tier := p.tierFor(quantity)
	s.product = p
	s.ProductID, s.SKUNo, s.MfgPartNo, s.OfferID, s.Name = p.ProductID, p.SKUNo, p.MfgPartNo, p.offer.id, p.Name
	s.BillingFrequency, s.TermDuration, s.PlanName = p.BillingFrequency, p.TermDuration, p.PlanName
	s.UnitCost, s.UnitPrice = c.inCurrency(*tier.Cost), c.inCurrency(*tier.MSRP)
	s.Quantity = new(quantity)
	s.touch()
}

// endOfTerm is the day on which a term that begins on start has run out; no date where there is no term.
func endOfTerm(start stellr.Date, duration string) stellr.Date {
	years, months := 0, 0
	switch duration {
	case "P1M":
		months = 1
	case "P1Y":
		years = 1
	case "P3Y":
		years = 3
	default:
		return stellr.Date{}
	}
	return stellr.DateOf(start.Time().AddDate(years, months, 0))
}

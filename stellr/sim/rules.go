package sim

import (
	"slices"
	"time"

	"stellr-gateway/stellr"
)

// rules is how one vendor's subscriptions behave: a table of verbs, and what time does to them.
type rules struct {
	verbs           map[stellr.Action]verb
	instant         bool // writes are done at once and name no operation
	needsAgreement  bool // orders need the Microsoft Customer Agreement
	oneItem         bool // an order has one subscription (D for Google)
	windows         bool // cancelling and giving back seats have windows
	suspendedLapses bool // what is suspended when its term ends does not renew
	suspendLimit    time.Duration
}

// verb is one thing that can be done to a subscription.
type verb struct {
	from  []string             // the status words it can be done from
	check func(*move) *refusal // what else must hold; nil: nothing
	do    effect               // what it does, when the operation ends
	keeps bool                 // it leaves alone what was scheduled for the renewal
	newID bool                 // the vendor's own id changes (S that it can with Google)
}

// effect changes a subscription and says what to note in the change log. Where another subscription comes out of it,
// that is told too.
type effect func(m *move, at time.Time) (entry, *subscription)

// move is one verb on its way: the subscription and what is wanted of it.
type move struct {
	w        *world
	c        *customer
	s        *subscription
	rules    *rules
	action   stellr.Action
	now      time.Time
	by       string // the client
	quantity int
	target   *product // what it shall become; nil: what it is
	plan     stellr.PlanChange
	setting  stellr.RenewalSetting
}

// allRules are the tables of all vendors.
func allRules() map[string]*rules {
	return map[string]*rules{MicrosoftID: microsoftRules(), GoogleID: googleRules(), AcronisID: acronisRules()}
}

// allow says whether the verb can be done now.
func (m *move) allow() (verb, *refusal) {
	v, offered := m.rules.verbs[m.action]
	if !offered {
		return v, breaksRule("Not offered", "The vendor does not offer "+string(m.action))
	}
	if !slices.Contains(v.from, m.s.StatusText) {
		return v, notNow("The subscription is " + m.s.StatusText)
	}
	if m.s.operation != nil {
		return v, notNow("Operation " + m.s.operation.OperationID + " is still running")
	}
	if m.s.BillingFrequency == "one_time" && m.action != stellr.ActionCancelSubscription {
		return v, breaksRule("Not offered", "A one-time purchase can only be cancelled")
	}
	if v.check != nil {
		return v, v.check(m)
	}
	return v, nil
}

// carryOut does the verb's work on the subscription: the effect, the change log, and what every change brings with it.
func (m *move) carryOut(v verb, at time.Time) *subscription {
	if !v.keeps && m.s.scheduled != nil {
		m.s.scheduled, m.s.decision = nil, "" // any change in mid-term deletes what was scheduled (S)
		m.note(m.s, at, "Renewal", "Scheduled renewal removed")
	}
	noted, other := v.do(m, at)
	m.s.touch()
	if v.newID && m.s.live() {
		m.s.VendorSubscriptionID = vendorSubscriptionID(throw(m.w.opts.Seed, "update "+m.s.VendorSubscriptionID), m.s.VendorID)
	}
	m.note(m.s, at, noted.activity, noted.text)
	m.c.changed(at)
	return other
}

func (m *move) note(s *subscription, at time.Time, activity, text string) {
	m.c.note(s, at, entry{activity, text, m.by, sourceAPI})
}

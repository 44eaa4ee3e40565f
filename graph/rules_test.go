package graph

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// rulesNow is when the rules are asked.
func rulesNow() time.Time { return time.Date(2026, 7, 16, 9, 30, 0, 0, time.UTC) }

// of is a subscription that tells all that rules look at, changed as the case needs it.
func of(vendorID string, change func(*stellr.Subscription)) *stellr.Subscription {
	s := &stellr.Subscription{
		SubscriptionID: "411833_1", VendorID: vendorID, Status: stellr.SubscriptionActive, Quantity: new(12), RefundableQuantity: new(3),
		BillingFrequency: "month", TermDuration: "P1Y", EndDate: stellr.NewDate(2027, 3, 1), CancellableUntil: rulesNow().Add(time.Hour),
	}
	if vendorID == "Google" {
		s.RefundableQuantity, s.CancellableUntil, s.PlanName = nil, time.Time{}, "ANNUAL_MONTHLY_PAY"
	}
	if change != nil {
		change(s)
	}
	return s
}

func status(status stellr.SubscriptionStatus) func(*stellr.Subscription) {
	return func(s *stellr.Subscription) { s.Status = status }
}

// TestRulesInWords has every rule say no at least once, in its words, and let pass what lies just beside it.
func TestRulesInWords(t *testing.T) {
	const no, nonsense = journal.NotAllowedNow, journal.InvalidInput
	flexible := func(s *stellr.Subscription) { s.PlanName, s.TermDuration, s.EndDate = "FLEXIBLE", "", stellr.Date{} }
	trial := func(s *stellr.Subscription) { s.PlanName, s.TermDuration = "trial", "P1M" }
	endless := func(s *stellr.Subscription) { s.TermDuration, s.EndDate = "", stellr.Date{} }
	once := func(s *stellr.Subscription) { s.BillingFrequency = "one_time" }
	until := func(at time.Time) func(*stellr.Subscription) {
		return func(s *stellr.Subscription) { s.CancellableUntil = at }
	}
	back := func(seats int) func(*stellr.Subscription) {
		return func(s *stellr.Subscription) { s.RefundableQuantity = &seats }
	}
	plan := func(billing, term, name string) step {
		return step{action: model.LifecycleActionChangePlan, plan: stellr.PlanChange{BillingFrequency: billing, TermDuration: term, PlanName: name}}
	}
	seats := func(n int) step { return step{action: model.LifecycleActionChangeSeats, quantity: &n} }
	does := func(action model.LifecycleAction) step { return step{action: action} }
	upgrade := func(n int) step { return step{action: model.LifecycleActionUpgrade, quantity: &n} }
	for _, c := range []struct {
		name    string
		s       *stellr.Subscription
		step    step
		code    journal.Code
		message string
		field   string
	}{
		{"a pending one", of("4", status(stellr.SubscriptionPending)), does(model.LifecycleActionCancel), no, "The subscription is still pending: nothing can be done to it before it is active.", ""},
		{"an expired one", of("31", status(stellr.SubscriptionExpired)), does(model.LifecycleActionReactivate), no, "The subscription has expired: nothing can be done to it any more.", ""},
		{"a cancelled one", of("Google", status(stellr.SubscriptionCancelled)), seats(13), no, "The subscription is cancelled: nothing can be done to it any more.", ""},
		{"suspending a suspended one", of("4", status(stellr.SubscriptionSuspended)), does(model.LifecycleActionSuspend), no, "The subscription is suspended: it can be suspended only while it is active.", ""},
		{"seats of a suspended one", of("31", status(stellr.SubscriptionSuspended)), seats(13), no, "The subscription is suspended: it can be given another number of seats only while it is active.", ""},
		{"adding to a suspended one", of("4", status(stellr.SubscriptionSuspended)), does(model.LifecycleActionCreateAddOn), no, "The subscription is suspended: it can be added to only while it is active.", ""},
		{"upgrading a suspended one", of("31", status(stellr.SubscriptionSuspended)), does(model.LifecycleActionUpgrade), no, "The subscription is suspended: it can be upgraded only while it is active.", ""},
		{"downgrading a suspended one", of("Google", status(stellr.SubscriptionSuspended)), does(model.LifecycleActionDowngrade), no, "The subscription is suspended: it can be downgraded only while it is active.", ""},
		{"another plan for a suspended one", of("31", status(stellr.SubscriptionSuspended)), does(model.LifecycleActionChangePlan), no, "The subscription is suspended: it can be given another plan only while it is active.", ""},
		{"renewal of a suspended one", of("Google", status(stellr.SubscriptionSuspended)), does(model.LifecycleActionUpdateRenewal), no, "The subscription is suspended: it can be told how to renew only while it is active.", ""},
		{"activating an active one", of("Google", nil), does(model.LifecycleActionActivate), no, "The subscription is active: it can be activated only while it is suspended.", ""},
		{"reactivating an active one", of("4", nil), does(model.LifecycleActionReactivate), no, "The subscription is active: it can be reactivated only while it is suspended.", ""},
		{"cancelling a suspended one", of("4", status(stellr.SubscriptionSuspended)), does(model.LifecycleActionCancel), "", "", ""},

		{"no seats", of("31", nil), seats(0), nonsense, "A quantity is at least 1: to have none is to cancel.", "quantity"},
		{"no seats of an expired one", of("31", status(stellr.SubscriptionExpired)), seats(0), nonsense, "A quantity is at least 1: to have none is to cancel.", "quantity"},
		{"fewer than no seats of a new plan", of("4", nil), step{action: model.LifecycleActionChangePlan, quantity: new(-1)}, nonsense, "A quantity is at least 1: to have none is to cancel.", "quantity"},
		{"as many as now", of("31", nil), seats(12), nonsense, "It has 12 seats already.", "quantity"},
		{"as many as now, with a window", of("4", nil), seats(12), nonsense, "It has 12 seats already.", "quantity"},
		{"as many as now, for a year", of("Google", nil), seats(12), nonsense, "It has 12 seats already.", "quantity"},
		{"as many as now, one", of("31", func(s *stellr.Subscription) { s.Quantity = new(1) }), seats(1), nonsense, "It has 1 seat already.", "quantity"},
		{"as many as now, better", of("4", nil), upgrade(12), "", "", ""},

		{"bought once: seats", of("4", once), seats(13), no, "It was bought once and is not billed again: all that can be done to it is to cancel it.", ""},
		{"bought once: renewal", of("31", once), does(model.LifecycleActionUpdateRenewal), no, "It was bought once and is not billed again: all that can be done to it is to cancel it.", ""},
		{"bought once: cancel", of("4", once), does(model.LifecycleActionCancel), "", "", ""},
		{"billed in a way nobody knows", of("4", func(s *stellr.Subscription) { s.BillingFrequency = "fortnight" }), seats(13), "", "", ""},

		{"cancelled too late", of("4", until(rulesNow().Add(-time.Second))), does(model.LifecycleActionCancel), no, "Cancelling was possible until 2026-07-16T09:29:59Z.", ""},
		{"cancelled at the last moment", of("4", until(rulesNow())), does(model.LifecycleActionCancel), "", "", ""},
		{"cancelled, and nobody knows until when", of("4", until(time.Time{})), does(model.LifecycleActionCancel), "", "", ""},
		{"cancelled, of another vendor", of("31", until(rulesNow().Add(-time.Hour))), does(model.LifecycleActionCancel), "", "", ""},
		{"cancelled, of Google", of("Google", until(rulesNow().Add(-time.Hour))), does(model.LifecycleActionCancel), "", "", ""},

		{"all that can be given back", of("4", nil), seats(9), "", "", ""},
		{"one more than can be given back", of("4", nil), seats(8), no, "It has 12 seats, of which 3 can still be given back: at least 9 must stay. Its term ends on 2027-03-01.", "quantity"},
		{"nothing can be given back", of("4", back(0)), seats(11), no, "It has 12 seats, of which none can still be given back: at least 12 must stay. Its term ends on 2027-03-01.", "quantity"},
		{"nothing can be given back, so to say", of("4", back(-2)), seats(11), no, "It has 12 seats, of which none can still be given back: at least 12 must stay. Its term ends on 2027-03-01.", "quantity"},
		{"given back, without an end", of("4", endless), seats(8), no, "It has 12 seats, of which 3 can still be given back: at least 9 must stay.", "quantity"},
		{"more, where nothing can be given back", of("4", back(0)), seats(13), "", "", ""},
		{"more, where nothing can be given back, so to say", of("4", back(-2)), seats(13), "", "", ""},
		{"a better product, where nothing can be given back, so to say", of("4", back(-2)), does(model.LifecycleActionUpgrade), "", "", ""},
		{"fewer with a better product", of("4", nil), upgrade(8), no, "It has 12 seats, of which 3 can still be given back: at least 9 must stay. Its term ends on 2027-03-01.", "quantity"},
		{"fewer with a smaller product", of("4", nil), step{action: model.LifecycleActionDowngrade, quantity: new(1)}, "", "", ""},
		{"fewer, of another vendor", of("31", back(0)), seats(1), "", "", ""},

		{"fewer of an annual plan", of("Google", nil), seats(11), no, "It has 12 seats of an annual plan: until its term ends on 2027-03-01 they can only become more.", "quantity"},
		{"fewer of an annual plan, in other words", of("Google", func(s *stellr.Subscription) { s.PlanName, s.EndDate = "Annual - Yearly Pay", stellr.Date{} }), seats(11), no, "It has 12 seats of an annual plan: until its term ends they can only become more.", "quantity"},
		{"fewer of an annual plan, and better", of("Google", nil), upgrade(11), no, "It has 12 seats of an annual plan: until its term ends on 2027-03-01 they can only become more.", "quantity"},
		{"more of an annual plan", of("Google", nil), seats(13), "", "", ""},
		{"fewer of a flexible plan", of("Google", flexible), seats(1), "", "", ""},
		{"fewer of a plan that nobody knows", of("Google", func(s *stellr.Subscription) { s.PlanName = "" }), seats(1), "", "", ""},
		{"fewer of an annual plan at the end of its term", of("Google", nil), step{action: model.LifecycleActionDowngrade, quantity: new(1)}, "", "", ""},
		{"suspending a trial", of("Google", trial), does(model.LifecycleActionSuspend), no, "A trial cannot be suspended.", ""},
		{"suspending what is paid", of("Google", flexible), does(model.LifecycleActionSuspend), "", "", ""},

		{"another plan than an annual one", of("Google", nil), plan("", "", "FLEXIBLE"), no, "It has an annual plan, which stays until its term ends on 2027-03-01. What it renews into can be set with updateRenewal.", ""},
		{"an annual plan for a trial", of("Google", trial), plan("", "", "ANNUAL_YEARLY_PAY"), "", "", ""},
		{"an annual plan for a flexible one", of("Google", flexible), plan("annual", "", ""), "", "", ""},
		{"an annual plan for one that nobody knows", of("Google", func(s *stellr.Subscription) { s.PlanName = "" }), plan("", "", "annual_monthly_pay"), "", "", ""},
		{"the plan it has", of("Google", flexible), plan("", "", "Flexible"), nonsense, "It has the plan FLEXIBLE already.", "planName"},
		{"a flexible plan for a trial", of("Google", trial), plan("", "", "FLEXIBLE"), nonsense, "A trial or a flexible plan can only become an annual one: ANNUAL_MONTHLY_PAY or ANNUAL_YEARLY_PAY.", "planName"},
		{"an annual plan with fewer", of("Google", flexible), step{action: model.LifecycleActionChangePlan, quantity: new(2), plan: stellr.PlanChange{PlanName: "ANNUAL_YEARLY_PAY"}}, "", "", ""},

		{"Google's word for Microsoft", of("4", nil), plan("", "", "FLEXIBLE"), nonsense, "Microsoft's subscriptions have no plan names: their plan is billingFrequency and termDuration.", "planName"},
		{"billed once", of("4", nil), plan("one_time", "", ""), nonsense, "A subscription is billed again and again, not once.", "billingFrequency"},
		{"the billing it has", of("4", nil), plan("Monthly", "", ""), nonsense, "It is billed like this, for this term, already.", "billingFrequency"},
		{"the term it has", of("4", nil), plan("", "p1y", ""), nonsense, "It has this term already.", "termDuration"},
		{"both that it has", of("4", nil), plan("month", "P1Y", ""), nonsense, "It is billed like this, for this term, already.", "billingFrequency"},
		{"both that it has, for more", of("4", nil), step{action: model.LifecycleActionChangePlan, quantity: new(13), plan: stellr.PlanChange{TermDuration: "P1Y"}}, "", "", ""},
		{"another billing", of("4", nil), plan("annual", "P1Y", ""), "", "", ""},
		{"another term", of("4", nil), plan("month", "P3Y", ""), "", "", ""},
		{"a plan for one that does not tell its own", of("4", func(s *stellr.Subscription) { s.BillingFrequency = "" }), plan("month", "", ""), "", "", ""},
		{"a plan of another vendor's", of("31", nil), plan("month", "P1Y", "GOLD"), "", "", ""},

		{"renewal without a term", of("4", endless), does(model.LifecycleActionUpdateRenewal), no, "The subscription has no term that ends, so nothing can be set for the end of it.", ""},
		{"plan without a term", of("4", endless), plan("annual", "", ""), no, "The subscription has no term that ends, so nothing can be set for the end of it.", ""},
		{"downgrade without a term", of("4", endless), does(model.LifecycleActionDowngrade), no, "The subscription has no term that ends, so nothing can be set for the end of it.", ""},
		{"renewal of a flexible plan", of("Google", flexible), does(model.LifecycleActionUpdateRenewal), no, "The subscription has no term that ends, so nothing can be set for the end of it.", ""},
		{"downgrade of a flexible plan", of("Google", flexible), does(model.LifecycleActionDowngrade), "", "", ""},
		{"renewal of one that does not tell its end", of("4", func(s *stellr.Subscription) { s.EndDate = stellr.Date{} }), does(model.LifecycleActionUpdateRenewal), "", "", ""},
		{"renewal of one that does not tell its term", of("4", func(s *stellr.Subscription) { s.TermDuration = "" }), does(model.LifecycleActionUpdateRenewal), "", "", ""},
		{"renewal without a term, of another vendor", of("31", endless), does(model.LifecycleActionUpdateRenewal), "", "", ""},
	} {
		if c.s.VendorID == "4" {
			c.s.VendorName = "Microsoft"
		}
		c.step.subscription, c.step.now = c.s, rulesNow()
		var want *journal.Problem
		if c.code != "" {
			want = &journal.Problem{Code: c.code, Message: c.message}
		}
		if c.field != "" {
			want.Field = strings.Split(c.field, ".")
		}
		if got := c.step.forbidden(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, want)
		}
	}
}

// What nobody told forbids nothing.
func TestRulesForbidNothingThatIsNotKnown(t *testing.T) {
	for _, vendorID := range []string{"Microsoft", "Google", "31", ""} {
		for _, status := range []stellr.SubscriptionStatus{"", stellr.SubscriptionOther} {
			s := &stellr.Subscription{SubscriptionID: "1_1", VendorID: vendorID, Status: status, TermDuration: "P1Y"}
			if got := allowedActions(s, rulesNow()); !slices.Equal(got, model.AllLifecycleAction) {
				t.Errorf("vendor %q, status %q: %v", vendorID, status, got)
			}
			for _, action := range model.AllLifecycleAction {
				wanted := step{action: action, subscription: s, now: rulesNow(), quantity: new(7), plan: stellr.PlanChange{BillingFrequency: "month"}}
				if problem := wanted.forbidden(); problem != nil {
					t.Errorf("vendor %q, status %q, %s: %s", vendorID, status, action, problem.Message)
				}
			}
		}
	}
}

func TestAllowedActions(t *testing.T) {
	const (
		addOn, seats, cancel, suspend    = model.LifecycleActionCreateAddOn, model.LifecycleActionChangeSeats, model.LifecycleActionCancel, model.LifecycleActionSuspend
		activate, reactivate, upgrade    = model.LifecycleActionActivate, model.LifecycleActionReactivate, model.LifecycleActionUpgrade
		downgrade, plan, renewal         = model.LifecycleActionDowngrade, model.LifecycleActionChangePlan, model.LifecycleActionUpdateRenewal
		active, suspended, over, waiting = stellr.SubscriptionActive, stellr.SubscriptionSuspended, stellr.SubscriptionCancelled, stellr.SubscriptionPending
	)
	for _, c := range []struct {
		name string
		s    *stellr.Subscription
		want []model.LifecycleAction
	}{
		{"Microsoft, active", of("Microsoft", nil), []model.LifecycleAction{addOn, seats, cancel, suspend, upgrade, downgrade, plan, renewal}},
		{"Microsoft, window closed", of("Microsoft", func(s *stellr.Subscription) {
			s.CancellableUntil, s.RefundableQuantity = rulesNow().AddDate(0, 0, -1), new(0)
		}),
			[]model.LifecycleAction{addOn, seats, suspend, upgrade, downgrade, plan, renewal}},
		{"Microsoft, suspended", of("Microsoft", status(suspended)), []model.LifecycleAction{cancel, activate, reactivate}},
		{"Microsoft, without a term", of("Microsoft", func(s *stellr.Subscription) { s.EndDate, s.TermDuration = stellr.Date{}, "" }), []model.LifecycleAction{addOn, seats, cancel, suspend, upgrade}},
		{"Microsoft, bought once", of("Microsoft", func(s *stellr.Subscription) { s.BillingFrequency = "one_time" }), []model.LifecycleAction{cancel}},
		{"Microsoft, pending", of("Microsoft", status(waiting)), []model.LifecycleAction{}},
		{"Google, annual", of("Google", status(active)), []model.LifecycleAction{addOn, seats, cancel, suspend, upgrade, downgrade, renewal}},
		{"Google, a trial", of("Google", func(s *stellr.Subscription) { s.PlanName = "TRIAL" }), []model.LifecycleAction{addOn, seats, cancel, upgrade, downgrade, plan, renewal}},
		{"Google, suspended", of("Google", status(suspended)), []model.LifecycleAction{cancel, activate, reactivate}},
		{"another, active", of("31", nil), []model.LifecycleAction{addOn, seats, cancel, suspend, upgrade, downgrade, plan, renewal}},
		{"another, suspended", of("31", status(suspended)), []model.LifecycleAction{cancel, activate, reactivate}},
		{"another, cancelled", of("31", status(over)), []model.LifecycleAction{}},
	} {
		if got := allowedActions(c.s, rulesNow()); !slices.Equal(got, c.want) || got == nil {
			t.Errorf("%s:\n got %v\nwant %v", c.name, got, c.want)
		}
	}
}

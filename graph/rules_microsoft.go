package graph

import (
	"fmt"
	"strings"
	"time"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// microsoftRules are those of New Commerce (S): windows for cancelling and for giving seats back, and what is set for
// the end of the term needs one. Cancelling what is suspended, within the window, is A.
func microsoftRules() rulebook {
	active, suspended := []stellr.SubscriptionStatus{stellr.SubscriptionActive}, []stellr.SubscriptionStatus{stellr.SubscriptionSuspended}
	return rulebook{
		model.LifecycleActionCreateAddOn:   {from: active},
		model.LifecycleActionChangeSeats:   {from: active, guards: []guard{anotherQuantity, withinRefund}},
		model.LifecycleActionCancel:        {from: append(active, suspended...), guards: []guard{withinCancelWindow}},
		model.LifecycleActionSuspend:       {from: active},
		model.LifecycleActionActivate:      {from: suspended},
		model.LifecycleActionReactivate:    {from: suspended},
		model.LifecycleActionUpgrade:       {from: active, guards: []guard{withinRefund}},
		model.LifecycleActionDowngrade:     {from: active, guards: []guard{hasTerm}},
		model.LifecycleActionChangePlan:    {from: active, guards: []guard{hasTerm, microsoftPlan}},
		model.LifecycleActionUpdateRenewal: {from: active, guards: []guard{hasTerm}},
	}
}

// withinRefund lets seats be given back only as far as the subscription says they still can be (S).
func withinRefund(s step) *journal.Problem {
	refundable := s.subscription.RefundableQuantity
	if refundable == nil || s.fewer() <= max(0, *refundable) {
		return nil
	}
	have, back := *s.subscription.Quantity, max(0, *refundable)
	words := fmt.Sprintf("%d", back)
	if back == 0 {
		words = "none"
	}
	message := fmt.Sprintf("It has %s, of which %s can still be given back: at least %d must stay.", seats(have), words, have-back)
	if end := s.subscription.EndDate; !end.IsZero() {
		message += fmt.Sprintf(" Its term ends on %s.", end)
	}
	return notNow(message, "quantity")
}

// withinCancelWindow lets a subscription be cancelled only until its own day and hour (S).
func withinCancelWindow(s step) *journal.Problem {
	until := s.subscription.CancellableUntil
	if until.IsZero() || !s.now.After(until) {
		return nil
	}
	return notNow("Cancelling was possible until " + until.UTC().Format(time.RFC3339) + ".")
}

// microsoftPlan refuses a plan that is none, or the one that the subscription has.
func microsoftPlan(s step) *journal.Problem {
	if s.plan.PlanName != "" {
		return invalid("Microsoft's subscriptions have no plan names: their plan is billingFrequency and termDuration.", "planName")
	}
	if months, known := stellr.MonthsPerBilling(s.plan.BillingFrequency); known && months == 0 {
		return invalid("A subscription is billed again and again, not once.", "billingFrequency")
	}
	if s.quantity != nil || !keepsBilling(s) || !keepsTerm(s) || s.plan == (stellr.PlanChange{}) {
		return nil
	}
	if s.plan.BillingFrequency == "" {
		return invalid("It has this term already.", "termDuration")
	}
	return invalid("It is billed like this, for this term, already.", "billingFrequency")
}

// keepsBilling says whether the wanted plan is certainly billed like the present one.
func keepsBilling(s step) bool {
	wanted, now := s.plan.BillingFrequency, s.subscription.BillingFrequency
	return wanted == "" || sameBilling(wanted, now)
}

// keepsTerm says whether the wanted plan certainly has the present one's term.
func keepsTerm(s step) bool {
	wanted := s.plan.TermDuration
	return wanted == "" || strings.EqualFold(wanted, s.subscription.TermDuration)
}

// sameBilling says whether two words for how often is billed mean the same.
func sameBilling(a, b string) bool {
	x, known := stellr.MonthsPerBilling(a)
	y, also := stellr.MonthsPerBilling(b)
	return strings.EqualFold(a, b) || known && also && x == y
}

package graph

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// step is something that somebody wants to do to a subscription, or may want to: then what is not said is nil.
type step struct {
	action       model.LifecycleAction
	subscription *stellr.Subscription
	now          time.Time
	quantity     *int // the new total
	plan         stellr.PlanChange
}

// rulebook is what can be done to the subscriptions of one kind of vendor. The gateway never forbids what may be
// possible: what it cannot know, because a record does not tell it or only the catalogue would, it leaves to Stellr.
type rulebook map[model.LifecycleAction]rule

// rule says when one thing can be done.
type rule struct {
	from   []stellr.SubscriptionStatus // the states it can be done from
	guards []guard                     // what else must hold
}

// guard says what forbids a step; nil when nothing does. Of a step that says no values it says whether none would do.
type guard func(step) *journal.Problem

// rulesOf is the rulebook of a kind of vendor.
func rulesOf(kind stellr.VendorKind) rulebook {
	switch kind {
	case stellr.VendorMicrosoft:
		return microsoftRules()
	case stellr.VendorGoogle:
		return googleRules()
	}
	return otherRules()
}

// forbidden says why the step cannot be taken; nil when nothing that the gateway knows speaks against it.
func (s step) forbidden() *journal.Problem {
	return s.against(rulesOf(s.subscription.VendorKind()))
}

// allowedActions is what can be done to a subscription as it stands.
func allowedActions(s *stellr.Subscription, now time.Time) []model.LifecycleAction {
	rules, allowed := rulesOf(s.VendorKind()), []model.LifecycleAction{}
	for _, action := range model.AllLifecycleAction {
		if (step{action: action, subscription: s, now: now}).against(rules) == nil {
			allowed = append(allowed, action)
		}
	}
	return allowed
}

// against is what the rules say against the step.
func (s step) against(rules rulebook) *journal.Problem {
	rule, known := rules[s.action]
	if !known {
		return nil
	}
	for _, holds := range append([]guard{countsSeats, from(rule.from), notOnce}, rule.guards...) {
		if problem := holds(s); problem != nil {
			return problem
		}
	}
	return nil
}

// countsSeats refuses a total that can never be meant.
func countsSeats(s step) *journal.Problem {
	if s.quantity != nil && *s.quantity < 1 {
		return invalid("A quantity is at least 1: to have none is to cancel.", "quantity")
	}
	return nil
}

// from has a step start from certain states. Nothing can be done to what is pending, expired or cancelled (S). A state
// that is not told, or that nobody knows, forbids nothing.
func from(states []stellr.SubscriptionStatus) guard {
	return func(s step) *journal.Problem {
		status := s.subscription.Status
		switch status {
		case "", stellr.SubscriptionOther:
			return nil
		case stellr.SubscriptionPending:
			return notNow("The subscription is still pending: nothing can be done to it before it is active.")
		case stellr.SubscriptionExpired:
			return notNow("The subscription has expired: nothing can be done to it any more.")
		case stellr.SubscriptionCancelled:
			return notNow("The subscription is cancelled: nothing can be done to it any more.")
		}
		if slices.Contains(states, status) {
			return nil
		}
		return notNow(fmt.Sprintf("The subscription is %s: it %s only while it is %s.", stateWord(status), possibility(s.action), stateWord(states[0])))
	}
}

func stateWord(status stellr.SubscriptionStatus) string { return strings.ToLower(string(status)) }

// possibility is what can be done to a subscription, in words that follow "it".
func possibility(action model.LifecycleAction) string {
	switch action {
	case model.LifecycleActionCreateAddOn:
		return "can be added to"
	case model.LifecycleActionChangeSeats:
		return "can be given another number of seats"
	case model.LifecycleActionCancel:
		return "can be cancelled"
	case model.LifecycleActionSuspend:
		return "can be suspended"
	case model.LifecycleActionActivate:
		return "can be activated"
	case model.LifecycleActionReactivate:
		return "can be reactivated"
	case model.LifecycleActionUpgrade:
		return "can be upgraded"
	case model.LifecycleActionDowngrade:
		return "can be downgraded"
	case model.LifecycleActionChangePlan:
		return "can be given another plan"
	}
	return "can be told how to renew"
}

// notOnce leaves a one-time purchase, which has no seats that move and no term, nothing but to be cancelled (S).
func notOnce(s step) *journal.Problem {
	months, known := stellr.MonthsPerBilling(s.subscription.BillingFrequency)
	if known && months == 0 && s.action != model.LifecycleActionCancel {
		return notNow("It was bought once and is not billed again: all that can be done to it is to cancel it.")
	}
	return nil
}

// anotherQuantity refuses the quantity that the subscription has.
func anotherQuantity(s step) *journal.Problem {
	if s.quantity != nil && s.subscription.Quantity != nil && *s.quantity == *s.subscription.Quantity {
		return invalid(fmt.Sprintf("It has %s already.", seats(*s.quantity)), "quantity")
	}
	return nil
}

// hasTerm refuses what is set for the end of the term where there is none. A subscription that tells how long its term
// is has one, whether or not it tells its end.
func hasTerm(s step) *journal.Problem {
	if s.subscription.EndDate.IsZero() && s.subscription.TermDuration == "" {
		return notNow("The subscription has no term that ends, so nothing can be set for the end of it.")
	}
	return nil
}

// fewer is by how many seats a step would lower the number; 0 where it would not, or that is not known.
func (s step) fewer() int {
	if s.quantity == nil || s.subscription.Quantity == nil {
		return 0
	}
	return max(0, *s.subscription.Quantity-*s.quantity)
}

// seats is so many seats, in words.
func seats(n int) string {
	if n == 1 {
		return "1 seat"
	}
	return fmt.Sprintf("%d seats", n)
}

// notNow is a problem with the state that things are in.
func notNow(message string, field ...string) *journal.Problem {
	return &journal.Problem{Code: journal.NotAllowedNow, Message: message, Field: field}
}

// invalid is a problem with what was asked.
func invalid(message string, field ...string) *journal.Problem {
	return &journal.Problem{Code: journal.InvalidInput, Message: message, Field: field}
}

package graph

import (
	"fmt"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// googleRules are those of Workspace (S): the plan decides what can be done. Cancelling at any time is A.
func googleRules() rulebook {
	active, suspended := []stellr.SubscriptionStatus{stellr.SubscriptionActive}, []stellr.SubscriptionStatus{stellr.SubscriptionSuspended}
	return rulebook{
		model.LifecycleActionCreateAddOn:   {from: active},
		model.LifecycleActionChangeSeats:   {from: active, guards: []guard{anotherQuantity, annualGrows}},
		model.LifecycleActionCancel:        {from: append(active, suspended...)},
		model.LifecycleActionSuspend:       {from: active, guards: []guard{noTrial}},
		model.LifecycleActionActivate:      {from: suspended},
		model.LifecycleActionReactivate:    {from: suspended},
		model.LifecycleActionUpgrade:       {from: active, guards: []guard{annualGrows}},
		model.LifecycleActionDowngrade:     {from: active},
		model.LifecycleActionChangePlan:    {from: active, guards: []guard{googlePlan}},
		model.LifecycleActionUpdateRenewal: {from: active, guards: []guard{hasTerm}},
	}
}

const planTrial = "TRIAL" // Google's word for the plan (S)

// annualGrows has the seats of an annual plan only grow within the term; those of others move both ways (S).
func annualGrows(s step) *journal.Problem {
	if s.fewer() == 0 || !stellr.AnnualPlan(s.subscription.PlanName) {
		return nil
	}
	return notNow(fmt.Sprintf("It has %s of an annual plan: until its term ends%s they can only become more.",
		seats(*s.subscription.Quantity), onDay(s.subscription.EndDate)), "quantity")
}

// onDay is when something is, in words; nothing where that is not known.
func onDay(day stellr.Date) string {
	if day.IsZero() {
		return ""
	}
	return " on " + day.String()
}

// noTrial refuses to suspend what is not paid for (S).
func noTrial(s step) *journal.Problem {
	if stellr.PlanWord(s.subscription.PlanName) == planTrial {
		return notNow("A trial cannot be suspended.")
	}
	return nil
}

// googlePlan lets a trial or a flexible plan become an annual one, and nothing else (S).
func googlePlan(s step) *journal.Problem {
	now, wanted := s.subscription.PlanName, s.plan.PlanName
	switch {
	case stellr.AnnualPlan(now):
		return notNow(fmt.Sprintf("It has an annual plan, which stays until its term ends%s. What it renews into can be set with updateRenewal.", onDay(s.subscription.EndDate)))
	case wanted == "" || stellr.AnnualPlan(wanted):
		return nil
	case now != "" && stellr.PlanWord(now) == stellr.PlanWord(wanted):
		return invalid(fmt.Sprintf("It has the plan %s already.", stellr.PlanWord(now)), "planName")
	}
	return invalid("A trial or a flexible plan can only become an annual one: ANNUAL_MONTHLY_PAY or ANNUAL_YEARLY_PAY.", "planName")
}

package sim

import (
	"strings"
	"time"

	"stellr-gateway/stellr"
)

// googleRules are those of Workspace (S): the plan decides what can be done. Cancelling at any time and moving between
// editions are A.
func googleRules() *rules {
	active, suspended := []string{statusActive}, []string{statusSuspended}
	return &rules{
		oneItem: true, suspendedLapses: true, suspendLimit: 60 * 24 * time.Hour,
		verbs: map[stellr.Action]verb{
			stellr.ActionCreateAddOn:            {from: active},
			stellr.ActionChangeSeats:            {from: active, check: googleSeats, do: setSeats, newID: true},
			stellr.ActionCancelSubscription:     {from: []string{statusActive, statusSuspended}, do: cancel},
			stellr.ActionSuspendSubscription:    {from: active, check: paid, do: suspend},
			stellr.ActionActivateSubscription:   {from: suspended, do: resume},
			stellr.ActionReactivateSubscription: {from: suspended, do: resume},
			stellr.ActionUpgradeSubscription:    {from: active, check: eligible("upgrade"), do: moveNow, newID: true},
			stellr.ActionDowngradeSubscription:  {from: active, check: eligible("downgrade"), do: googleDowngrade, keeps: true, newID: true},
			stellr.ActionChangePlan:             {from: active, check: googlePlan, do: changePlanNow, newID: true},
			stellr.ActionUpdateRenewal:          {from: active, check: renewalPlan, do: decideRenewal, keeps: true},
		},
	}
}

func (s *subscription) annual() bool { return strings.HasPrefix(s.PlanName, "ANNUAL") }

// googleSeats lets annual seats only grow in mid-term; others move both ways.
func googleSeats(m *move) *refusal {
	if refusal := changesSomething(m); refusal != nil {
		return refusal
	}
	if m.s.annual() && m.quantity < *m.s.Quantity {
		return vendorRefuses("The quantity was refused by the vendor", "Seats of an annual plan only grow within the term")
	}
	return nil
}

func paid(m *move) *refusal {
	if m.s.PlanName == planTrial {
		return vendorRefuses("The suspension was refused by the vendor", "A trial cannot be suspended")
	}
	return nil
}

// googlePlan lets a trial or a flexible plan become an annual one, and nothing else.
func googlePlan(m *move) *refusal {
	name := m.plan.PlanName
	if name == "" && m.plan.BillingFrequency == "annual" {
		name = planAnnualYearly
	} else if name == "" {
		name = planAnnualMonthly
	}
	if m.s.annual() {
		return vendorRefuses("The plan was refused by the vendor", "An annual plan ends with its term")
	}
	for _, p := range m.w.catalog.variants(m.s.product) {
		if p.PlanName == name && strings.HasPrefix(name, "ANNUAL") {
			m.target = p
		}
	}
	if m.target == nil {
		return breaksRule("Not offered", "A trial or flexible plan can only become an annual plan that the edition is sold with")
	}
	if m.quantity > 0 {
		return m.target.withinLimits(m.quantity)
	}
	return nil
}

// changePlanNow begins an annual commitment today.
func changePlanNow(m *move, at time.Time) (entry, *subscription) {
	quantity := *m.s.Quantity
	if m.quantity > 0 {
		quantity = m.quantity
	}
	text := "Change plan from " + m.s.PlanName + " to " + m.target.PlanName
	m.c.assign(m.s, m.target, quantity)
	m.s.StartDate = stellr.DateOf(at)
	m.s.EndDate = endOfTerm(m.s.StartDate, m.s.TermDuration)
	m.s.AutoRenew = new(true)
	return entry{activity: "Change Plan", text: text}, nil
}

// googleDowngrade waits for the end of an annual term; a flexible plan moves at once.
func googleDowngrade(m *move, at time.Time) (entry, *subscription) {
	if m.s.annual() {
		return schedule(m, at)
	}
	return moveNow(m, at)
}

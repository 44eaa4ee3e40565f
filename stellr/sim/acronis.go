package sim

import "stellr-gateway/stellr"

// acronisRules stand for the many vendors with plain monthly billing (A): everything is done at once, seats move both
// ways, and there are no windows and no plans.
func acronisRules() *rules {
	active, suspended := []string{statusActive}, []string{statusSuspended}
	return &rules{
		instant: true,
		verbs: map[stellr.Action]verb{
			stellr.ActionCreateAddOn:            {from: active},
			stellr.ActionChangeSeats:            {from: active, check: changesSomething, do: setSeats},
			stellr.ActionCancelSubscription:     {from: []string{statusActive, statusSuspended}, do: cancel},
			stellr.ActionSuspendSubscription:    {from: active, do: suspend},
			stellr.ActionActivateSubscription:   {from: suspended, do: resume},
			stellr.ActionReactivateSubscription: {from: suspended, do: resume},
			stellr.ActionUpgradeSubscription:    {from: active, check: eligible("upgrade"), do: moveNow},
			stellr.ActionDowngradeSubscription:  {from: active, check: eligible("downgrade"), do: moveNow},
			stellr.ActionUpdateRenewal:          {from: active, check: renewalPlan, do: decideRenewal, keeps: true},
		},
	}
}

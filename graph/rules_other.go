package graph

import (
	"stellr-gateway/graph/model"
	"stellr-gateway/stellr"
)

// otherRules are for vendors without known rules of their own: what each state allows, and nothing else (A).
func otherRules() rulebook {
	active, suspended := []stellr.SubscriptionStatus{stellr.SubscriptionActive}, []stellr.SubscriptionStatus{stellr.SubscriptionSuspended}
	return rulebook{
		model.LifecycleActionCreateAddOn:   {from: active},
		model.LifecycleActionChangeSeats:   {from: active, guards: []guard{anotherQuantity}},
		model.LifecycleActionCancel:        {from: append(active, suspended...)},
		model.LifecycleActionSuspend:       {from: active},
		model.LifecycleActionActivate:      {from: suspended},
		model.LifecycleActionReactivate:    {from: suspended},
		model.LifecycleActionUpgrade:       {from: active},
		model.LifecycleActionDowngrade:     {from: active},
		model.LifecycleActionChangePlan:    {from: active},
		model.LifecycleActionUpdateRenewal: {from: active},
	}
}

package graph

import (
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

// forbidden says why the step cannot be taken; nil when nothing that the gateway knows speaks against it.
func (s step) forbidden() *journal.Problem { return nil }

// allowedActions is what can be done to a subscription as it stands.
func allowedActions(s *stellr.Subscription, now time.Time) []model.LifecycleAction {
	return []model.LifecycleAction{}
}

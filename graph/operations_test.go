package graph_test

import (
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// An operation that takes longer than it is followed still tells how its command ended.
func TestOperationThatEndsLate(t *testing.T) {
	for fault, status := range map[sim.FaultKind]string{"": "SUCCEEDED", sim.FaultFailed: "FAILED"} {
		g := openQuick(t, sim.Options{OperationTime: 500 * time.Millisecond}, func(_ *stellr.Config, o *graph.Options) {
			o.Writes.FollowFor = 50 * time.Millisecond
			o.Writes.ReadBack = []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 200 * time.Millisecond, 200 * time.Millisecond, 200 * time.Millisecond, time.Second}
		})
		if fault != "" {
			g.sim.Inject(sim.Fault{Action: stellr.ActionChangeSeats, Kind: fault, Count: 1})
		}
		s := g.one("100001", activeOf(sim.MicrosoftID))
		o := g.do("changeSeats", subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 1, "idempotencyKey": key("late")}))
		g.until(o.Command.ID, func(now string) bool { return now == "UNKNOWN" })
		end := g.settled(o.Command.ID)
		if end.Command.Status != status || end.Command.Inferred {
			t.Errorf("it ended as %+v", end.Command)
		}
		if e := end.Command.Error; status == "FAILED" && (e == nil || e.Code != "VENDOR_REFUSED") {
			t.Errorf("the error is %+v", e)
		}
	}
}

package graph_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
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

// What was refused of an order at once is not forgotten while nobody knows how the rest of it ends.
func TestPartRefusedAndTheRestLate(t *testing.T) {
	g := openQuick(t, sim.Options{OperationTime: 500 * time.Millisecond}, func(_ *stellr.Config, o *graph.Options) {
		o.Writes.FollowFor = 50 * time.Millisecond
		o.Writes.ReadBack = []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond, 300 * time.Millisecond, time.Second}
	}, answering(t, "/subscriptions", func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		answer := httptest.NewRecorder()
		pass.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, strings.Replace(answer.Body.String(), `"subscriptions":[`, `"subscriptions":[{"status":"FAILED","errorMessage":"no stock"},`, 1))
	}))
	o := g.do("createSubscriptions", g.order("PO-1", 3))
	g.until(o.Command.ID, func(now string) bool { return now == "UNKNOWN" })
	end := g.settled(o.Command.ID)
	if e := end.Command.Error; end.Command.Status != "FAILED" || e == nil || !strings.Contains(e.Message, "no stock") || !strings.Contains(e.Message, "leftBehind") {
		t.Errorf("it ended as %+v, %+v", end.Command, e)
	}
}

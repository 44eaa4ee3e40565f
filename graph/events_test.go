package graph_test

import (
	"bufio"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// TestOperationUpdated follows an operation until it has ended, over server-sent events. Time passes when the gateway
// pauses.
func TestOperationUpdated(t *testing.T) {
	for name, test := range map[string]struct {
		faults []sim.Fault
		want   []string
	}{
		"ends well":            {nil, []string{"ACCEPTED", "RUNNING", "SUCCEEDED"}},
		"done, but it failed":  {[]sim.Fault{{Action: stellr.ActionSuspendSubscription, Kind: sim.FaultDoneFailed}}, []string{"ACCEPTED", "RUNNING", "FAILED"}},
		"fails":                {[]sim.Fault{{Action: stellr.ActionSuspendSubscription, Kind: sim.FaultFailed}}, []string{"ACCEPTED", "RUNNING", "FAILED"}},
		"the upstream refuses": {[]sim.Fault{{Action: stellr.ActionGetOperation, Kind: sim.FaultStatus, Status: 403, Nth: 2}}, []string{"ACCEPTED", "RUNNING", "SUCCEEDED"}},
		"the upstream falters": {[]sim.Fault{{Action: stellr.ActionGetOperation, Kind: sim.FaultStatus, Status: 503, Every: 2}}, []string{"ACCEPTED", "RUNNING", "SUCCEEDED"}},
	} {
		t.Run(name, func(t *testing.T) {
			var passed atomic.Int64
			clock := func() time.Time { return day.Add(time.Duration(passed.Load())) }
			g := open(t, sim.Options{Clock: clock, OperationTime: 20 * time.Second, Faults: test.faults}, func(c *stellr.Config, o *graph.Options) {
				c.RetryDelay = time.Millisecond
				o.Pause = func(ctx context.Context, d time.Duration) error {
					passed.Add(int64(d))
					return ctx.Err()
				}
			})
			accepted, err := g.client.SuspendSubscription(t.Context(), "100001", g.activeSubscription(), stellr.Reason{})
			if err != nil {
				t.Fatal(err)
			}
			got := g.listen(`subscription {operationUpdated(operationId: "` + accepted.OperationID + `") {operationId status subscription {name}}}`)
			var seen []string
			for _, event := range got {
				var payload struct {
					Data struct {
						OperationUpdated struct {
							Status       string
							Subscription struct{ Name string }
						}
					}
				}
				if err := json.Unmarshal([]byte(event), &payload); err != nil || payload.Data.OperationUpdated.Subscription.Name == "" {
					t.Errorf("%s: %v", event, err)
				}
				seen = append(seen, payload.Data.OperationUpdated.Status)
			}
			if !slices.Equal(seen, test.want) {
				t.Errorf("got %v, want %v", seen, test.want)
			}
		})
	}
}

// TestOperationUpdatedOfNothing ends at once where there is no such operation.
func TestOperationUpdatedOfNothing(t *testing.T) {
	if got := open(t, sim.Options{}).listen(`subscription {operationUpdated(operationId: "1") {status}}`); len(got) != 0 {
		t.Error(got)
	}
}

func (g *gateway) activeSubscription() string {
	g.t.Helper()
	var data struct {
		Customer struct {
			Subscriptions struct {
				Nodes []struct{ SubscriptionID string }
			}
		}
	}
	g.must(`{customer(customerNo: "100001") {subscriptions(first: 1, filter: {status: ACTIVE, vendorId: "4"}) {nodes {subscriptionId}}}}`, &data)
	return data.Customer.Subscriptions.Nodes[0].SubscriptionID
}

// listen sends a subscription and returns the events' data when it has ended.
func (g *gateway) listen(query string) (events []string) {
	g.t.Helper()
	response := g.post(query, nil, "text/event-stream")
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	complete := false
	for lines.Scan() {
		complete = complete || lines.Text() == "event: complete"
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && data != "" {
			events = append(events, data)
		}
	}
	if !complete {
		g.t.Errorf("status %d: the stream did not end as it should: %v", response.StatusCode, events)
	}
	return events
}

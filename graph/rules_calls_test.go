package graph_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/stellr/sim"
)

// What can be done is worked out from the record: asking for it costs no request more.
func TestAllowedActionsCostNothing(t *testing.T) {
	g := open(t, sim.Options{})
	without := g.calls(`{customer(customerNo: "100001") {subscriptions {nodes {subscriptionId}}}}`)
	with := g.calls(`{customer(customerNo: "100001") {subscriptions {nodes {subscriptionId allowedActions}}}}`)
	if with != without {
		t.Errorf("%d requests with allowedActions, %d without", with, without)
	}
}

// The clock of the rules is the gateway's: a window closes without anybody's doing.
func TestAllowedActionsAsTimePasses(t *testing.T) {
	var passed atomic.Int64
	g := open(t, sim.Options{Clock: func() time.Time { return day.Add(time.Duration(passed.Load())) }})
	mayCancel := func() bool {
		var got struct {
			Customer struct {
				Subscriptions struct {
					Nodes []struct{ AllowedActions []string }
				}
			}
		}
		g.must(`{customer(customerNo: "100001") {subscriptions(first: 2) {nodes {allowedActions}}}}`, &got)
		return slices.Contains(got.Customer.Subscriptions.Nodes[1].AllowedActions, "CANCEL")
	}
	if !mayCancel() {
		t.Error("two days after the order, it cannot be cancelled")
	}
	passed.Store(int64(31 * 24 * time.Hour))
	if mayCancel() {
		t.Error("33 days after the order, it can still be cancelled")
	}
}

package graph_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// falls is the part of an answer's extensions that says what it was made of.
type falls struct {
	Rows []struct {
		Action, Method, Path, Code string
		Status, Attempt, Age       int
		Start, Duration            float64
		Cached, Shared             bool
	}
	LeftOut   int
	Took      float64
	Forbidden bool
}

// watch asks with the header, and answers what the answer was made of and the whole text of it.
func (g *gateway) watch(query string) (falls, string) {
	g.t.Helper()
	_, text := g.fetch("POST", "", bodyOf(g.t, map[string]any{"query": query}), "X-Gateway-Calls", "1", "X-Test-Caller", g.caller)
	var a struct {
		Extensions struct{ Calls *falls }
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil || a.Extensions.Calls == nil {
		g.t.Fatalf("%v %.500s", err, text)
	}
	return *a.Extensions.Calls, text[strings.LastIndex(text, `"extensions"`):]
}

const linked = `{customer(customerNo: "100001") {name subscriptions(first: 3) {nodes {name product {name}}} invoices(first: 1) {nodes {invoiceNo}}}}`

// The waterfall has the requests that were sent, each with its path and status and without anybody's keys; the second time
// it has the same reads, which were kept.
func TestWaterfall(t *testing.T) {
	g := open(t, sim.Options{}, keeping(graph.DefaultLives()))
	if _, text := g.fetch("POST", "", bodyOf(t, map[string]any{"query": `{vendors {nodes {name}}}`})); strings.Contains(text, `"calls"`) {
		t.Errorf("nobody asked for it: %s", text)
	}
	g.sim.ResetLedger()
	seen, text := g.watch(linked)
	if len(seen.Rows) != g.sim.CallsTotal() || len(seen.Rows) < 4 || seen.LeftOut != 0 || seen.Took <= 0 {
		t.Fatalf("%d requests, %s", g.sim.CallsTotal(), text)
	}
	if strings.Contains(text, "100001") {
		t.Errorf("it holds a key: %s", text)
	}
	paths := map[string]bool{}
	for i, row := range seen.Rows {
		paths[row.Path] = true
		if row.Status != http.StatusOK || row.Attempt != 1 || row.Cached || row.Shared || row.Method != "GET" || row.Code != "" || row.Action == "" ||
			row.Start+row.Duration > seen.Took+0.2 || i > 0 && row.Start < seen.Rows[i-1].Start {
			t.Errorf("%+v", row)
		}
	}
	if !paths["/api/v1/customers/{customerNo}/subscriptions"] {
		t.Error(text)
	}
	again, text := g.watch(linked)
	for _, row := range again.Rows {
		if !row.Cached || row.Status != 0 || row.Duration != 0 || !paths[row.Path] {
			t.Errorf("%+v", row)
		}
	}
	if len(again.Rows) == 0 || strings.Contains(text, "100001") {
		t.Error(text)
	}
}

// A request that fails is in it with its status and its word, and so is each further attempt; so is a write.
func TestWaterfallOfFailuresAndWrites(t *testing.T) {
	g := open(t, sim.Options{})
	g.sim.Inject(sim.Fault{Action: stellr.ActionListVendors, Kind: sim.FaultStatus, Status: 503, Count: 1})
	seen, text := g.watch(`{vendors {nodes {name}}}`)
	if len(seen.Rows) != 2 || seen.Rows[0].Status != 503 || seen.Rows[0].Code == "" || seen.Rows[0].Attempt != 1 || seen.Rows[1].Status != 200 || seen.Rows[1].Attempt != 2 {
		t.Error(text)
	}
	var a struct {
		Customer struct {
			Subscriptions struct {
				Nodes []struct{ SubscriptionID string }
			}
		}
	}
	g.must(`{customer(customerNo: "100001") {subscriptions(filter: {status: ACTIVE}, first: 1) {nodes {subscriptionId}}}}`, &a)
	id := a.Customer.Subscriptions.Nodes[0].SubscriptionID
	seen, text = g.watch(`mutation {suspendSubscription(input: {customerNo: "100001", subscriptionId: "` + id + `"}) {command {status} userErrors {code}}}`)
	written := false
	for _, row := range seen.Rows {
		written = written || row.Method == "POST" && row.Path == "/api/v1/customers/{customerNo}/subscriptions/{subscriptionId}/suspend" && row.Status/100 == 2
	}
	if !written || strings.Contains(text, id) {
		t.Error(text)
	}
}

// Only admins see it. Others are told so, whatever else they may do.
func TestWaterfallIsForAdmins(t *testing.T) {
	g := open(t, sim.Options{})
	for caller, forbidden := range map[string]bool{"acme/anna/VIEWER": true, "acme/ben/BUYER": true, "acme/eve/ADMIN": false} {
		seen, text := g.as(caller).watch(`{vendors {nodes {name}}}`)
		if seen.Forbidden != forbidden || forbidden != (len(seen.Rows) == 0) || forbidden && strings.Contains(text, "/api/") {
			t.Errorf("%s: %s", caller, text)
		}
	}
}

// Of very many rows only the first are shown, and how many more there were.
func TestWaterfallIsBounded(t *testing.T) {
	g := openWith(t, sim.Options{Customers: 600, SubscriptionsPerCustomer: 1}, graph.HandlerOptions{Limits: graph.Limits{Cost: 100_000}}, func(_ *stellr.Config, r *graph.Options) { r.MaxCalls = 10_000 })
	seen, text := g.watch(`{subscriptions(first: 1, orderBy: {field: NAME}) {totalCount}}`)
	if len(seen.Rows) != 500 || seen.LeftOut != 600+3-500 { // each customer's list, and three pages of customers
		t.Errorf("%d rows, %d left out of %d, %.300s", len(seen.Rows), seen.LeftOut, g.sim.CallsTotal(), text)
	}
}

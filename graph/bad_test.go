package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// beside is asked together with everything that goes wrong, and must come all the same.
const beside = ` vendors {nodes {name}}`

// intact fails the test where what was asked beside is not there.
func (a answer) intact(t *testing.T) {
	t.Helper()
	var data struct{ Vendors connection }
	if err := json.Unmarshal(a.Data, &data); err != nil || len(data.Vendors.Nodes) != 3 {
		t.Errorf("the vendors beside are gone: %s", a.Data)
	}
}

// TestBadInput gives each wrong argument its code, and loses nothing else of the answer.
func TestBadInput(t *testing.T) {
	g := open(t, sim.Options{})
	foreign := g.list("vendors", "first: 1", "id").PageInfo.EndCursor
	other := g.list("customer.subscriptions", "first: 1", "id").PageInfo.EndCursor
	for query, code := range map[string]string{
		`x: customer(customerNo: "999999") {name}`:                                                 "",
		`x: customer(customerNo: "") {name}`:                                                       "",
		`x: customer(customerNo: "../../vendors") {name}`:                                          "",
		`x: subscription(customerNo: "100001", subscriptionId: "1_1") {name}`:                      "",
		`x: subscription(customerNo: "999999", subscriptionId: "1_1") {name}`:                      "",
		`x: product(productId: "999999") {name}`:                                                   "",
		`x: productBySku(skuNo: "999999") {name}`:                                                  "",
		`x: vendor(vendorId: "nobody") {name}`:                                                     "",
		`x: invoice(invoiceNo: "nothing") {total {amount}}`:                                        "",
		`x: operation(operationId: "") {status}`:                                                   "",
		`x: productBySku(skuNo: "") {name}`:                                                        "",
		`x: subscription(customerNo: "100001", subscriptionId: "..") {name}`:                       "",
		`x: vendorAccounts(customerNo: "") {nodes {id}}`:                                           "",
		`x: azureConsumption(filter: {customerNo: ""}) {nodes {id}}`:                               "",
		`x: invoices(filter: {customerNo: ""}) {nodes {id}}`:                                       "",
		`x: subscriptions(filter: {customerNo: ""}) {nodes {id}}`:                                  "",
		`x: checkVendorAccount(vendorId: "4", checkType: "domain", value: "") {value valid}`:       "BAD_USER_INPUT",
		`x: operation(operationId: "999999") {status}`:                                             "",
		`x: agreement(customerNo: "999999", agreementType: "x") {status}`:                          "",
		`x: node(id: "Q3VzdG9tZXIvOTk5OTk5") {id}`:                                                 "",
		`x: node(id: "garbage") {id}`:                                                              "BAD_USER_INPUT",
		`x: node(id: "") {id}`:                                                                     "BAD_USER_INPUT",
		`x: nodes(ids: ["garbage"]) {id}`:                                                          "BAD_USER_INPUT",
		`x: customers(first: 0) {nodes {name}}`:                                                    "BAD_USER_INPUT",
		`x: customers(first: 201) {nodes {name}}`:                                                  "BAD_USER_INPUT",
		`x: customers(first: -1) {nodes {name}}`:                                                   "BAD_USER_INPUT",
		`x: customers(last: 0) {nodes {name}}`:                                                     "BAD_USER_INPUT",
		`x: customers(after: "garbage") {nodes {name}}`:                                            "BAD_USER_INPUT",
		`x: customers(after: "` + foreign + `") {nodes {name}}`:                                    "BAD_USER_INPUT",
		`x: subscriptions(first: 0) {nodes {name}}`:                                                "BAD_USER_INPUT",
		`x: subscriptions(after: "` + other + `") {nodes {name}}`:                                  "BAD_USER_INPUT",
		`x: customer(customerNo: "100001") {subscriptions(after: "` + other + `") {nodes {name}}}`: "BAD_USER_INPUT",
		`x: customer(customerNo: "100001") {subscriptions(first: 0) {nodes {name}}}`:               "BAD_USER_INPUT",
		`x: azureConsumption(filter: {billingMonth: "June"}) {nodes {id}}`:                         "BAD_USER_INPUT",
		`x: invoiceReport(from: "2026-06-30", to: "2026-06-01") {totals {cost {amount}}}`:          "BAD_USER_INPUT",
	} {
		t.Run(query, func(t *testing.T) {
			a := g.ask("{"+query+beside+"}", nil)
			if a.code() != code || code == "" && len(a.Errors) > 0 {
				t.Errorf("got %+v, want %q", a.Errors, code)
			}
			a.intact(t)
		})
	}
}

// TestBadUpstream breaks the upstream for one action in each way there is. The caller gets the code and no word of the
// upstream's; the field is null or empty; the rest of the answer is there.
func TestBadUpstream(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault sim.Fault
		code  string
	}{
		{"reset", sim.Fault{Kind: sim.FaultReset}, "UPSTREAM_UNAVAILABLE"},
		{"slow", sim.Fault{Kind: sim.FaultHang}, "UPSTREAM_TIMEOUT"},
		{"HTML", sim.Fault{Kind: sim.FaultHTML}, "UPSTREAM_ERROR"},
		{"half a JSON", sim.Fault{Kind: sim.FaultTruncate}, "UPSTREAM_ERROR"},
		{"500", sim.Fault{Kind: sim.FaultStatus, Status: 500}, "UPSTREAM_UNAVAILABLE"},
		{"502", sim.Fault{Kind: sim.FaultStatus, Status: 502}, "UPSTREAM_UNAVAILABLE"},
		{"503", sim.Fault{Kind: sim.FaultStatus, Status: 503}, "UPSTREAM_UNAVAILABLE"},
		{"429", sim.Fault{Kind: sim.FaultStatus, Status: 429, RetryAfter: time.Hour}, "RATE_LIMITED"},
		{"403", sim.Fault{Kind: sim.FaultStatus, Status: 403}, "UPSTREAM_FORBIDDEN"},
		{"400", sim.Fault{Kind: sim.FaultStatus, Status: 400}, "UPSTREAM_ERROR"},
		{"business failure in 200", sim.Fault{Kind: sim.FaultRefuse}, "UPSTREAM_ERROR"},
	} {
		for _, place := range []struct {
			action stellr.Action
			query  string
			want   string // of the field named x
		}{
			{stellr.ActionGetCustomer, `x: customer(customerNo: "100001") {name}`, `null`},
			{stellr.ActionListInvoices, `x: invoices {nodes {invoiceNo} totalCount}`, `{"nodes":[],"totalCount":null}`},
			{stellr.ActionListSubscriptions, `x: customer(customerNo: "100001") {customerNo subscriptions {nodes {name}}}`, `{"customerNo":"100001","subscriptions":null}`},
			{stellr.ActionInvoiceReport, `x: invoiceReport(from: "2026-06-01", to: "2026-06-30") {from totals {cost {amount}}}`, `{"from":"2026-06-01","totals":[]}`},
			{stellr.ActionCheckVendorAccount, `x: checkVendorAccount(vendorId: "4", checkType: "domain", value: "a.example") {value valid}`, `{"value":"a.example","valid":null}`},
		} {
			t.Run(test.name+" "+string(place.action), func(t *testing.T) {
				fault := test.fault
				fault.Action = place.action
				g := open(t, sim.Options{Faults: []sim.Fault{fault}}, func(c *stellr.Config, _ *graph.Options) {
					c.RetryDelay, c.ThrottleWait = time.Millisecond, time.Millisecond
					if test.fault.Kind == sim.FaultHang {
						c.ReadTimeout, c.WriteTimeout = 500*time.Millisecond, 500*time.Millisecond
					}
				})
				a := g.ask("{"+place.query+beside+"}", nil)
				a.intact(t)
				if a.code() != test.code {
					t.Errorf("got %+v, want %s", a.Errors, test.code)
				}
				var data struct{ X json.RawMessage }
				if err := json.Unmarshal(a.Data, &data); err != nil || string(data.X) != place.want {
					t.Errorf("got %s, want %s (%v)", data.X, place.want, err)
				}
				if said := fmt.Sprintf("%+v", a.Errors); strings.Contains(said, "127.0.0.1") || strings.Contains(said, "/api/") || strings.Contains(strings.ToLower(said), "bearer") || strings.Contains(said, "<html") {
					t.Errorf("an error tells too much: %s", said)
				}
			})
		}
	}
}

// TestCustomersThatFail answers for all customers but those that fail, with one error for each of these.
func TestCustomersThatFail(t *testing.T) {
	var faults []sim.Fault
	for i := range 14 {
		faults = append(faults, sim.Fault{Action: stellr.ActionListSubscriptions, CustomerNo: fmt.Sprint(100002 + i), Kind: sim.FaultStatus, Status: 403})
	}
	g := open(t, sim.Options{Faults: faults})
	a := g.ask(`{subscriptions(first: 200, orderBy: {field: NAME}) {totalCount nodes {customer {customerNo}}}`+beside+`}`, nil)
	a.intact(t)
	failed := map[string]bool{}
	for _, e := range a.Errors {
		failed[fmt.Sprint(e.Extensions["customerNo"])] = true
		if e.Extensions["code"] != "UPSTREAM_FORBIDDEN" || fmt.Sprint(e.Path) != "[subscriptions]" {
			t.Errorf("%+v", e)
		}
	}
	if len(a.Errors) != 14 || len(failed) != 14 || !failed["100002"] || !failed["100015"] {
		t.Errorf("%d errors for %d customers", len(a.Errors), len(failed))
	}
	var data struct{ Subscriptions connection }
	if err := json.Unmarshal(a.Data, &data); err != nil || len(data.Subscriptions.Nodes) < 100 || data.Subscriptions.TotalCount != nil {
		t.Errorf("%d subscriptions, %v in all, %v", len(data.Subscriptions.Nodes), data.Subscriptions.TotalCount, err)
	}
	for _, node := range data.Subscriptions.Nodes {
		if no := node["customer"].(map[string]any)["customerNo"].(string); failed[no] {
			t.Fatalf("customer %s failed and is there", no)
		}
	}
}

// TestFailingCustomersBeforeThePageIsFull tells of the customers that fail also where no more are read than a page needs.
func TestFailingCustomersBeforeThePageIsFull(t *testing.T) {
	g := open(t, sim.Options{Customers: 40, SubscriptionsPerCustomer: 5, Faults: []sim.Fault{
		{Action: stellr.ActionListSubscriptions, CustomerNo: "100002", Kind: sim.FaultStatus, Status: 403},
	}})
	a := g.ask(`{subscriptions(first: 10) {nodes {customer {customerNo}} pageInfo {hasNextPage}}`+beside+`}`, nil)
	a.intact(t)
	if a.code() != "UPSTREAM_FORBIDDEN" || fmt.Sprint(a.Errors[0].Path) != "[subscriptions]" || a.Errors[0].Extensions["customerNo"] != "100002" {
		t.Errorf("%+v", a.Errors)
	}
	var data struct{ Subscriptions connection }
	if err := json.Unmarshal(a.Data, &data); err != nil || len(data.Subscriptions.Nodes) != 10 || !data.Subscriptions.PageInfo.HasNextPage {
		t.Errorf("%s, %v", a.Data, err)
	}
	for i, node := range data.Subscriptions.Nodes {
		if want := []string{"100001", "100003"}[i/5]; node["customer"].(map[string]any)["customerNo"] != want {
			t.Errorf("subscription %d is of %v, want %s", i, node, want)
		}
	}
	if calls := g.sim.Calls(stellr.ActionListSubscriptions); calls >= 40 {
		t.Errorf("all %d customers were read for ten subscriptions", calls)
	}
}

// TestEmptyKeysFindNothing: a key that is there and empty is nobody's, not everybody's.
func TestEmptyKeysFindNothing(t *testing.T) {
	g := open(t, sim.Options{})
	for _, query := range []string{
		`vendorAccounts(customerNo: "")`, `vendorAccounts(vendorId: "")`, `vendorAccounts(customerNo: "", vendorId: "4")`, `vendorAccounts(customerNo: "100001", vendorId: "")`,
		`azureConsumption(filter: {customerNo: ""})`, `invoices(filter: {customerNo: ""})`, `subscriptions(filter: {customerNo: ""})`,
	} {
		var data struct{ L connection }
		g.must(`{l: `+query+` {totalCount nodes {id}}}`, &data)
		if len(data.L.Nodes) != 0 || data.L.TotalCount == nil || *data.L.TotalCount != 0 {
			t.Errorf("%s: %d records", query, len(data.L.Nodes))
		}
	}
	if calls := g.sim.CallsTotal(); calls != 0 {
		t.Errorf("%d requests to Stellr, for nobody", calls)
	}
}

// TestCursorOfAFailingCustomer does not guess where a page goes on when the customer of its cursor cannot be read.
func TestCursorOfAFailingCustomer(t *testing.T) {
	g := open(t, sim.Options{Customers: 4})
	for _, fields := range []string{"nodes {subscriptionId}", "totalCount nodes {subscriptionId}"} {
		query := func(after string) answer {
			return g.ask(`{subscriptions(first: 5`+after+`) {`+fields+` pageInfo {endCursor}}}`, nil)
		}
		g.sim.ClearFaults()
		var data struct{ Subscriptions connection }
		if err := json.Unmarshal(query("").Data, &data); err != nil || len(data.Subscriptions.Nodes) != 5 {
			t.Fatal(data, err)
		}
		g.sim.Inject(sim.Fault{Action: stellr.ActionListSubscriptions, CustomerNo: "100001", Kind: sim.FaultStatus, Status: 403})
		a := query(fmt.Sprintf(" after: %q", data.Subscriptions.PageInfo.EndCursor))
		if err := json.Unmarshal(a.Data, &data); err != nil || len(data.Subscriptions.Nodes) != 0 || a.code() != "UPSTREAM_FORBIDDEN" {
			t.Errorf("%s %+v", a.Data, a.Errors)
		}
	}
}

// TestTooManyRecords stops an answer that would go round in circles, long before memory does.
func TestTooManyRecords(t *testing.T) {
	dear := graph.HandlerOptions{Limits: graph.Limits{Cost: 1_000_000}}
	g := openWith(t, sim.Options{}, dear, func(_ *stellr.Config, o *graph.Options) { o.MaxObjects = 2000 })
	a := g.ask(`{customer(customerNo: "100007") {subscriptions(first: 200) {nodes {customer {subscriptions(first: 200) {nodes {customer {
		subscriptions(first: 200) {nodes {subscriptionId}}}}}}}}}`+beside+`}`, nil)
	if len(a.Errors) != 10 || a.Errors[0].Extensions["code"] != "QUERY_TOO_EXPENSIVE" || len(a.Data) > 1<<20 {
		t.Errorf("%d errors, %d bytes", len(a.Errors), len(a.Data))
	}
}

// TestTooManyCalls stops an operation at its share of upstream requests, and says so.
func TestTooManyCalls(t *testing.T) {
	g := open(t, sim.Options{Customers: 60}, func(_ *stellr.Config, o *graph.Options) { o.MaxCalls = 30 })
	a := g.ask(`{customers(first: 60) {nodes {customerNo subscriptions {nodes {name}}}}`+beside+`}`, nil)
	a.intact(t)
	var data struct{ Customers connection }
	if err := json.Unmarshal(a.Data, &data); err != nil || len(data.Customers.Nodes) != 60 || g.sim.Calls(stellr.ActionListSubscriptions) > 30 {
		t.Errorf("%d customers, %v, %d calls", len(data.Customers.Nodes), err, g.sim.CallsTotal())
	}
	if len(a.Errors) == 0 || a.Errors[0].Extensions["code"] != "QUERY_TOO_EXPENSIVE" {
		t.Errorf("%+v", a.Errors)
	}
	a = g.ask(`{subscriptions {totalCount nodes {name}}`+beside+`}`, nil)
	a.intact(t)
	if a.code() != "QUERY_TOO_EXPENSIVE" {
		t.Errorf("%+v", a.Errors)
	}
}

// TestCallsAtOnce lets one operation have no more than its share of requests under way, however many the client may.
func TestCallsAtOnce(t *testing.T) {
	var under, most atomic.Int64
	sleep := func(ctx context.Context, d time.Duration) {
		defer under.Add(-1)
		for now := under.Add(1); ; {
			if seen := most.Load(); now <= seen || most.CompareAndSwap(seen, now) {
				break
			}
		}
		runtime.Gosched()
	}
	g := open(t, sim.Options{Customers: 60, Latency: time.Nanosecond, Sleep: sleep}, func(c *stellr.Config, o *graph.Options) {
		c.Concurrency, o.CallsAtOnce = 40, 3
	})
	g.must(`{customers(first: 60) {nodes {subscriptions {nodes {name}}}}}`, nil)
	if got := most.Load(); got > 3 {
		t.Errorf("%d at once", got)
	}
}

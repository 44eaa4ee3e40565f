package graph_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// The question that every dashboard asks: all customers, what they have, what that is, who makes it.
const tour = `{customers(first: 100) {nodes {name subscriptions {nodes {quantity product {name vendor {name}}}}}}}`

// TestCalls holds questions to the number of upstream requests they may take.
func TestCalls(t *testing.T) {
	dashboard := sim.Options{Customers: 100, SubscriptionsPerCustomer: 5, Products: 60}
	for name, test := range map[string]struct {
		query string
		most  int
		data  sim.Options
	}{
		"all customers with products and vendors": {tour, 105, dashboard},
		"vendors with more than a name": {
			`{customers(first: 100) {nodes {name subscriptions {nodes {quantity product {name vendor {name status}}}}}}}`, 105, dashboard},
		"the same list under five aliases": {`{
			a: customers(first: 3) {nodes {name}} b: customers(first: 3) {nodes {name}} c: customers(first: 3) {nodes {name}}
			d: customers(first: 3) {nodes {name}} e: customers(first: 3) {nodes {name}}}`, 1, dashboard},
		"the same list with other arguments": {`{
			a: customers(first: 3) {nodes {name}} b: customers(filter: {search: "a"}) {nodes {name}} c: customers(last: 1) {nodes {name}}}`, 1, dashboard},
		"the same record under five aliases": {`{
			a: product(productId: "1") {name} b: product(productId: "1") {name} c: product(productId: "1") {name}
			d: product(productId: "1") {name} e: product(productId: "1") {name}}`, 1, dashboard},
		"there and back": {
			`{subscription(customerNo: "100001", subscriptionId: "ID") {customer {subscriptions {nodes {customer {name}}}}}}`, 3, sim.Options{}},
		"a customer that a list brought": {
			`{customers(first: 1) {nodes {subscriptions(first: 1) {nodes {customer {name}}}}}}`, 2, sim.Options{}},
		"nodes that are left out": {
			`{customers(first: 100) {nodes @skip(if: true) {subscriptions {nodes {product {name}}}} totalCount}}`, 1, dashboard},
		"a fragment that is left out": {
			`{customers(first: 100) {nodes {name ... @include(if: false) {subscriptions {nodes {name}}} ...F @skip(if: true)}}} fragment F on Customer {subscriptions {nodes {product {name}}}}`, 1, dashboard},
		"a customer's subscriptions that are left out": {
			`{customer(customerNo: "100001") {name ... @skip(if: true) {subscriptions {nodes {name}}}}}`, 1, dashboard},
		"a fragment in two places": {
			`{customers(first: 100) {nodes {a: subscriptions {nodes {...F}} b: subscriptions(filter: {status: ACTIVE}) {nodes {...F}}}}} fragment F on Subscription {name product {name vendor {name}}}`, 105, dashboard},
		"customers of many invoices": {`{invoices(first: 200) {nodes {customer {name}}}}`, 3, sim.Options{}},
		"invoices of many customers": {`{customers(first: 45) {nodes {invoices(first: 1) {nodes {invoiceNo}}}}}`, 8, sim.Options{}},
		"accounts of many customers": {`{customers(first: 45) {nodes {vendorAccounts {nodes {domain}}}}}`, 3, sim.Options{}},
		"a vendor from its product":  {`{customer(customerNo: "100001") {subscriptions(first: 1) {nodes {vendor {vendorId name}}}}}`, 2, sim.Options{}},
		"the first of all subscriptions": {
			`{subscriptions(first: 10) {nodes {name}}}`, 17, dashboard},
		"a page of many customers": {`{customers(first: 50) {totalCount nodes {name}}}`, 1, sim.Options{Customers: 1000}},
	} {
		t.Run(name, func(t *testing.T) {
			got := 0
			for range 3 { // keys are gathered for a millisecond, which on a busy machine some siblings may miss
				g := open(t, test.data)
				if got = g.calls(withSubscription(g, test.query)); got <= test.most {
					return
				}
			}
			t.Errorf("%d upstream requests, at most %d allowed", got, test.most)
		})
	}
}

// TestCallsInTrouble does not ask an upstream in trouble for each record whose list it could not give, but for the few
// that come alone; where a list is only forbidden, its records are asked for.
func TestCallsInTrouble(t *testing.T) {
	for _, test := range []struct {
		query  string
		list   stellr.Action
		single stellr.Action
		lists  int
	}{
		{`{customer(customerNo: "100007") {subscriptions(first: 200) {nodes {product {description}}}}}`, stellr.ActionListVendorProducts, stellr.ActionGetProduct, 3},
		{`{invoices(first: 200) {nodes {customer {name}}}}`, stellr.ActionListCustomers, stellr.ActionGetCustomer, 1},
	} {
		for _, status := range []int{500, 502, 503, 504, 403} {
			g := open(t, sim.Options{Faults: []sim.Fault{{Action: test.list, Kind: sim.FaultStatus, Status: status}}}, func(c *stellr.Config, _ *graph.Options) {
				c.RetryDelay, c.ThrottleWait = time.Millisecond, time.Millisecond
			})
			a := g.ask(test.query, nil)
			lists, singles := g.sim.Calls(test.list), g.sim.Calls(test.single)
			if forbidden := status == 403; forbidden && (len(a.Errors) > 0 || singles < 40) || !forbidden && (len(a.Errors) == 0 || singles > 20) {
				t.Errorf("%s, %d: %d errors, %d records asked for", test.list, status, len(a.Errors), singles)
			}
			if tries := 3; lists > test.lists*tries {
				t.Errorf("%s, %d: %d tries of %d lists", test.list, status, lists, test.lists)
			}
		}
	}
}

// withSubscription puts the id of the first customer's first subscription into the query.
func withSubscription(g *gateway, query string) string {
	if !strings.Contains(query, `"ID"`) {
		return query
	}
	var data struct {
		Customer struct {
			Subscriptions struct {
				Nodes []struct{ SubscriptionID string }
			}
		}
	}
	g.must(`{customer(customerNo: "100001") {subscriptions(first: 1) {nodes {subscriptionId}}}}`, &data)
	return strings.ReplaceAll(query, `"ID"`, strconv.Quote(data.Customer.Subscriptions.Nodes[0].SubscriptionID))
}

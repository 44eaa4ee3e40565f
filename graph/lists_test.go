package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stellr-gateway/stellr/sim"
)

// connection is what every list looks like.
type connection struct {
	Nodes      []map[string]any
	Edges      []struct{ Cursor string }
	TotalCount *int
	PageInfo   struct {
		HasNextPage, HasPreviousPage bool
		StartCursor, EndCursor       string
	}
}

// list asks for a list at the root or, with a dot, below the first customer.
func (g *gateway) list(field, arguments, fields string) connection {
	g.t.Helper()
	body := fmt.Sprintf("(%s) {totalCount edges {cursor} pageInfo {hasNextPage hasPreviousPage startCursor endCursor} nodes {%s}}", arguments, fields)
	var data struct {
		L        connection
		Customer struct{ L connection }
	}
	if name, ok := strings.CutPrefix(field, "customer."); ok {
		g.must(`{customer(customerNo: "100007") {l: `+name+body+`}}`, &data)
		return data.Customer.L
	}
	g.must(`{l: `+field+body+`}`, &data)
	return data.L
}

// TestPages walks lists forwards and backwards, page by page, and wants to meet each record once, in the same order.
func TestPages(t *testing.T) {
	g := open(t, sim.Options{})
	for _, test := range []struct{ field, extra, key string }{
		{"customers", "", "customerNo"},
		{"customers", "orderBy: {field: NAME, direction: DESC}", "customerNo"},
		{"invoices", "", "invoiceNo"},
		{"invoices", `filter: {status: "Open"}`, "invoiceNo"},
		{"subscriptions", "orderBy: {field: QUANTITY}", "id"},
		{"subscriptions", "filter: {status: ACTIVE}", "id"},
		{"vendors", "", "vendorId"},
		{"vendorAccounts", "", "id"},
		{"azureConsumption", "", "id"},
		{"customer.subscriptions", "", "id"},
		{"customer.subscriptions", "orderBy: {field: RENEWAL_DATE}", "id"},
		{"customer.invoices", "", "id"},
	} {
		t.Run(test.field+test.extra, func(t *testing.T) {
			keys := func(c connection) (keys []string) {
				for i, node := range c.Nodes {
					keys = append(keys, fmt.Sprint(node[test.key]))
					if c.Edges[i].Cursor == "" {
						t.Error("no cursor")
					}
				}
				return keys
			}
			const size = 61
			var forwards, backwards []string
			total := 0
			for after := ""; ; {
				c := g.list(test.field, fmt.Sprintf("first: %d %s %s", size, after, test.extra), test.key)
				if total == 0 {
					total = *c.TotalCount
				}
				forwards = append(forwards, keys(c)...)
				if after = fmt.Sprintf("after: %q", c.PageInfo.EndCursor); !c.PageInfo.HasNextPage || len(c.Nodes) == 0 {
					break
				}
			}
			for before := ""; ; {
				c := g.list(test.field, fmt.Sprintf("last: %d %s %s", size, before, test.extra), test.key)
				backwards = append(keys(c), backwards...)
				if before = fmt.Sprintf("before: %q", c.PageInfo.StartCursor); !c.PageInfo.HasPreviousPage || len(c.Nodes) == 0 {
					break
				}
			}
			if len(forwards) == 0 || len(forwards) != total || !slices.Equal(forwards, backwards) {
				t.Errorf("%d forwards, %d backwards, %d in all", len(forwards), len(backwards), total)
			}
			once := slices.Compact(slices.Sorted(slices.Values(forwards)))
			if len(once) != len(forwards) {
				t.Errorf("%d records came more than once", len(forwards)-len(once))
			}
		})
	}
}

// TestWhetherMoreFollows looks at the edges of a list of 48 that is read in part.
func TestWhetherMoreFollows(t *testing.T) {
	g := open(t, sim.Options{})
	for first, more := range map[int]bool{1: true, 47: true, 48: false, 49: false} {
		c := g.list("customers", fmt.Sprintf("first: %d", first), "name")
		if c.PageInfo.HasNextPage != more || c.PageInfo.HasPreviousPage || *c.TotalCount != 48 {
			t.Errorf("first %d: %+v of %d", first, c.PageInfo, *c.TotalCount)
		}
		if more {
			rest := g.list("customers", fmt.Sprintf("first: %d, after: %q", 48-first, c.PageInfo.EndCursor), "name")
			if len(rest.Nodes) != 48-first || rest.PageInfo.HasNextPage || !rest.PageInfo.HasPreviousPage {
				t.Errorf("the %d behind: %d, %+v", 48-first, len(rest.Nodes), rest.PageInfo)
			}
		}
	}
}

// TestPagesUntilFull walks all subscriptions without asking how many there are, which reads no more customers than
// each page needs, and wants what the whole list has.
func TestPagesUntilFull(t *testing.T) {
	g := open(t, sim.Options{})
	var all, walked []string
	read := func(arguments string) (ids []string, next string) {
		var data struct{ Subscriptions connection }
		g.must(`{subscriptions(`+arguments+`, filter: {statuses: [ACTIVE, SUSPENDED]}) {nodes {id} pageInfo {hasNextPage endCursor}}}`, &data)
		for _, node := range data.Subscriptions.Nodes {
			ids = append(ids, node["id"].(string))
		}
		if data.Subscriptions.PageInfo.HasNextPage {
			next = fmt.Sprintf(" after: %q", data.Subscriptions.PageInfo.EndCursor)
		}
		return ids, next
	}
	for after := ""; ; {
		ids, next := read("first: 37" + after)
		walked = append(walked, ids...)
		if after = next; after == "" {
			break
		}
	}
	for after := ""; ; {
		c := g.list("subscriptions", "first: 200, filter: {statuses: [ACTIVE, SUSPENDED]}"+after, "id")
		for _, node := range c.Nodes {
			all = append(all, node["id"].(string))
		}
		if after = fmt.Sprintf(" after: %q", c.PageInfo.EndCursor); !c.PageInfo.HasNextPage {
			break
		}
	}
	if len(all) < 300 || !slices.Equal(all, walked) {
		t.Errorf("%d walked, %d in all", len(walked), len(all))
	}
}

// TestFilters narrows lists, and wants all that is left to match and something to be left.
func TestFilters(t *testing.T) {
	g := open(t, sim.Options{})
	within := func(field, from, to string) func(map[string]any) bool {
		return func(n map[string]any) bool { return n[field].(string) >= from && n[field].(string) <= to }
	}
	is := func(field string, value any) func(map[string]any) bool {
		return func(n map[string]any) bool { return n[field] == value }
	}
	for _, test := range []struct {
		field, filter, fields string
		matches               func(map[string]any) bool
	}{
		{"customers", `search: "DENTAL"`, "name", func(n map[string]any) bool { return strings.Contains(n["name"].(string), "Dental") }},
		{"customers", `status: DISCONTINUED`, "status statusText", is("statusText", "Discontinued")},
		{"customers", `status: OTHER`, "status statusText", is("status", "OTHER")},
		{"customers", `country: "ca"`, "address {country}", func(n map[string]any) bool { return n["address"].(map[string]any)["country"] == "CA" }},
		{"subscriptions", `customerNo: "100007"`, "customer {customerNo}", func(n map[string]any) bool { return n["customer"].(map[string]any)["customerNo"] == "100007" }},
		{"subscriptions", `vendorId: "Google"`, "vendor {vendorId}", func(n map[string]any) bool { return n["vendor"].(map[string]any)["vendorId"] == "Google" }},
		{"subscriptions", `status: EXPIRED`, "status", is("status", "EXPIRED")},
		{"subscriptions", `status: OTHER`, "status", is("status", "OTHER")},
		{"subscriptions", `statuses: [PENDING, CANCELLED]`, "status", func(n map[string]any) bool { return n["status"] == "PENDING" || n["status"] == "CANCELLED" }},
		{"subscriptions", `search: "business basic"`, "name", func(n map[string]any) bool { return strings.Contains(n["name"].(string), "Business Basic") }},
		{"subscriptions", `renewsFrom: "2026-08-01", renewsTo: "2026-08-31"`, "endDate", within("endDate", "2026-08-01", "2026-08-31")},
		{"subscriptions", `autoRenew: false`, "autoRenew", is("autoRenew", false)},
		{"subscriptions", `marginBelowZero: true`, "monthlyMargin {amount}", func(n map[string]any) bool {
			return strings.HasPrefix(n["monthlyMargin"].(map[string]any)["amount"].(string), "-")
		}},
		{"customer.subscriptions", `marginBelowZero: false`, "monthlyMargin {amount}", func(n map[string]any) bool {
			return !strings.HasPrefix(n["monthlyMargin"].(map[string]any)["amount"].(string), "-")
		}},
		{"subscriptions", `suspendedButBilled: true`, "status billingFrequency", func(n map[string]any) bool { return n["status"] == "SUSPENDED" && n["billingFrequency"] != "one_time" }},
		{"customer.subscriptions", `suspendedButBilled: false`, "status billingFrequency unitCost {amount}", func(n map[string]any) bool {
			return n["status"] != "SUSPENDED" || n["billingFrequency"] == "one_time" || n["unitCost"].(map[string]any)["amount"] == "0" // a trial
		}},
		{"customer.subscriptions", `status: SUSPENDED`, "status", is("status", "SUSPENDED")},
		{"invoices", `customerNo: "100001"`, "customer {customerNo}", func(n map[string]any) bool { return n["customer"].(map[string]any)["customerNo"] == "100001" }},
		{"invoices", `from: "2026-05-01", to: "2026-05-31"`, "date", within("date", "2026-05-01", "2026-05-31")},
		{"invoices", `status: "paid"`, "status", is("status", "Paid")},
		{"customer.invoices", `from: "2026-05-01"`, "date", within("date", "2026-05-01", "9999")},
		{"azureConsumption", `customerNo: "100001", billingMonth: "2026-06"`, "billingMonth", is("billingMonth", "2026-06")},
	} {
		t.Run(test.field+" "+test.filter, func(t *testing.T) {
			c := g.list(test.field, "first: 200, filter: {"+test.filter+"}", test.fields)
			if len(c.Nodes) == 0 {
				t.Error("nothing is left")
			}
			for _, node := range c.Nodes {
				if !test.matches(node) {
					t.Errorf("%v does not match", node)
				}
			}
		})
	}
	for _, empty := range []string{`customers(filter: {search: "no such word"})`, `subscriptions(filter: {statuses: []})`,
		`subscriptions(filter: {customerNo: "999999"})`, `invoices(filter: {customerNo: "999999"})`} {
		var data struct{ L connection }
		if g.must(`{l: `+empty+` {totalCount nodes {id}}}`, &data); *data.L.TotalCount != 0 || len(data.L.Nodes) != 0 {
			t.Errorf("%s: %+v", empty, data.L)
		}
	}
}

// TestOrders wants lists in order, and what has no value last.
func TestOrders(t *testing.T) {
	g := open(t, sim.Options{})
	life := "PENDING ACTIVE SUSPENDED EXPIRED CANCELLED OTHER"
	for _, test := range []struct {
		field, orderBy, value string
		less                  func(a, b any) bool
	}{
		{"customers", "NAME", "name", func(a, b any) bool { return strings.ToLower(a.(string)) < strings.ToLower(b.(string)) }},
		{"customers", "CUSTOMER_NO", "customerNo", func(a, b any) bool { return a.(string) < b.(string) }},
		{"customer.subscriptions", "NAME", "name", func(a, b any) bool { return strings.ToLower(a.(string)) < strings.ToLower(b.(string)) }},
		{"customer.subscriptions", "QUANTITY", "quantity", func(a, b any) bool { return a.(float64) < b.(float64) }},
		{"customer.subscriptions", "RENEWAL_DATE", "endDate", func(a, b any) bool { return a.(string) < b.(string) }},
		{"subscriptions", "STATUS", "status", func(a, b any) bool {
			return strings.Index(life, a.(string)) < strings.Index(life, b.(string))
		}},
	} {
		for _, direction := range []string{"ASC", "DESC"} {
			t.Run(test.field+" "+test.orderBy+" "+direction, func(t *testing.T) {
				c := g.list(test.field, fmt.Sprintf("first: 200, orderBy: {field: %s, direction: %s}", test.orderBy, direction), test.value)
				empty := false
				for i, node := range c.Nodes {
					value := node[test.value]
					if empty = empty || value == nil; empty && value != nil {
						t.Fatalf("%v comes behind nothing", value)
					}
					if i == 0 || value == nil {
						continue
					}
					before := c.Nodes[i-1][test.value]
					if direction == "ASC" && test.less(value, before) || direction == "DESC" && test.less(before, value) {
						t.Fatalf("%v comes behind %v", value, before)
					}
				}
			})
		}
	}
}

// TestRecurring compares what a customer's subscriptions come to with their sum.
func TestRecurring(t *testing.T) {
	g := open(t, sim.Options{})
	var data struct {
		Customer struct {
			Recurring struct {
				Cost, Price, Margin []struct{ Amount, Currency string }
			}
			Subscriptions struct {
				Nodes []struct {
					Status, BillingFrequency string
					MonthlyCost              *struct{ Amount json.Number }
				}
			}
		}
	}
	g.must(`{customer(customerNo: "100001") {recurring {cost {amount currency} price {amount currency} margin {amount currency}}
		subscriptions(first: 200) {nodes {status billingFrequency monthlyCost {amount}}}}}`, &data)
	sum, counted := 0.0, 0
	for _, s := range data.Customer.Subscriptions.Nodes {
		if s.MonthlyCost != nil && s.BillingFrequency == "one_time" {
			t.Error("a one-time charge has a monthly cost")
		}
		if s.MonthlyCost != nil && (s.Status == "ACTIVE" || s.Status == "SUSPENDED") {
			amount, err := s.MonthlyCost.Amount.Float64()
			if err != nil {
				t.Fatal(err)
			}
			sum, counted = sum+amount, counted+1
		}
	}
	var cost float64
	if _, err := fmt.Sscan(data.Customer.Recurring.Cost[0].Amount, &cost); err != nil || counted < 5 || cost < sum-0.5 || cost > sum+0.5 {
		t.Errorf("%v, but %d subscriptions come to %.2f", data.Customer.Recurring, counted, sum)
	}
}

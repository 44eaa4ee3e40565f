package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// Subscriptions are below cost, or suspended and billed, or not, or nobody knows: each is found by one filter at most.
func TestFiltersOfFigures(t *testing.T) {
	g := openChanged(t, "/subscriptions", func(i int, record map[string]any) {
		switch i % 9 {
		case 0:
			record["customerPrice"] = "1.00"
			record["unitPrice"] = "1.01"
		case 1:
			record["customerPrice"] = "1.00"
			record["unitPrice"] = "1.00"
		case 2:
			delete(record, "unitPrice")
		case 3:
			record["billingFrequency"] = "one_time"
			record["status"] = "Suspended"
		case 4:
			record["billingFrequency"] = "fortnightly"
			record["status"] = "Suspended"
		case 5:
			record["status"] = "Suspended"
			record["billingFrequency"] = "annual"
		}
	})
	for field, want := range map[string]map[string]string{
		"marginBelowZero":    {"0": "true", "1": "false", "2": "neither", "3": "neither", "4": "neither"},
		"suspendedButBilled": {"3": "false", "4": "neither", "5": "true"},
	} {
		all := g.idsOf(`subscriptions(first: 200)`)
		for i, id := range all {
			for list, ids := range map[string]func(value string) []string{
				"the customer's": func(value string) []string {
					return g.idsOf(fmt.Sprintf(`subscriptions(first: 200, filter: {%s: %s})`, field, value))
				},
				"all": func(value string) []string {
					var data struct{ Subscriptions connection }
					g.must(fmt.Sprintf(`{subscriptions(first: 200, filter: {customerNo: "100001", %s: %s}) {nodes {id}}}`, field, value), &data)
					return idsIn(data.Subscriptions)
				},
			} {
				found := "neither"
				for _, value := range []string{"true", "false"} {
					if slices.Contains(ids(value), id) {
						found = strings.TrimPrefix(found+" "+value, "neither ")
					}
				}
				if expected, ok := want[fmt.Sprint(i%9)]; ok && found != expected {
					t.Errorf("%s of %s: the %d. is %s, want %s", field, list, i, found, expected)
				}
			}
		}
		if n := len(g.idsOf(fmt.Sprintf("subscriptions(first: 200, filter: {%s: null})", field))); n != len(all) || n < 18 {
			t.Errorf("%s: a filter of null finds %d of %d", field, n, len(all))
		}
	}
}

// idsOf are the ids in a list of customer 100001.
func (g *gateway) idsOf(field string) []string {
	g.t.Helper()
	var data struct{ Customer struct{ L connection } }
	g.must(`{customer(customerNo: "100001") {l: `+field+` {nodes {id}}}}`, &data)
	return idsIn(data.Customer.L)
}

func idsIn(c connection) (ids []string) {
	for _, node := range c.Nodes {
		ids = append(ids, node["id"].(string))
	}
	return ids
}

// seats are what a customer's subscriptions changed by since a day; "null" where nobody knows.
func (g *gateway) seats(since string) map[string]string {
	g.t.Helper()
	var data struct {
		Customer struct {
			Subscriptions struct {
				Nodes []struct {
					SubscriptionID string
					SeatsChanged   *int
				}
			}
		}
	}
	g.must(fmt.Sprintf(`{customer(customerNo: "100001") {subscriptions(first: 200) {nodes {subscriptionId seatsChanged(since: %q)}}}}`, since), &data)
	changed := map[string]string{}
	for _, node := range data.Customer.Subscriptions.Nodes {
		changed[node.SubscriptionID] = "null"
		if node.SeatsChanged != nil {
			changed[node.SubscriptionID] = fmt.Sprint(*node.SeatsChanged)
		}
	}
	return changed
}

// By how many seats subscriptions changed is the sum of what their change logs say from the day on.
func TestSeatsChanged(t *testing.T) {
	g := open(t, sim.Options{})
	some := 0
	for _, since := range []stellr.Date{stellr.NewDate(2020, 1, 1), stellr.NewDate(2026, 5, 9), stellr.NewDate(2026, 7, 8), stellr.NewDate(2026, 7, 9), stellr.NewDate(2027, 1, 1)} {
		for id, changed := range g.seats(since.String()) {
			contract, _, _ := strings.Cut(id, "_")
			log, err := g.client.ChangeLog("100001", stellr.ChangeLogQuery{ContractNo: contract, Since: stellr.NewDate(2020, 1, 1)}).Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want := 0
			for _, e := range log.Items {
				var seats int
				if e.SubscriptionID != id || stellr.DateOf(e.At).Before(since) {
					continue
				}
				if _, err := fmt.Sscanf(e.Text, "Add %d seat", &seats); err == nil {
					want += seats
				}
				if _, err := fmt.Sscanf(e.Text, "Remove %d seat", &seats); err == nil {
					want -= seats
				}
			}
			if changed != fmt.Sprint(want) {
				t.Errorf("%s since %s: %s, want %d", id, since, changed, want)
			}
			if want != 0 {
				some++
			}
		}
	}
	if some < 10 {
		t.Errorf("only %d changed", some)
	}
}

// An entry about seats that does not say how many, or not when, leaves the sum unknown; any other is no matter.
func TestSeatsChangedInOtherWords(t *testing.T) {
	for name, c := range map[string]struct {
		change func(record map[string]any)
		known  bool
	}{
		"as it is":                 {func(map[string]any) {}, true},
		"changed, not by how many": {func(r map[string]any) { r["changeLog"] = "Seats changed" }, false},
		"by the activity alone":    {func(r map[string]any) { r["changeLog"] = "Changed" }, false},
		"without a day":            {func(r map[string]any) { delete(r, "entryDatetime") }, false},
		"something else": {func(r map[string]any) {
			r["activityLog"], r["changeLog"] = "Note", "The customer called"
		}, true},
	} {
		g := openChanged(t, "/changelogs", func(_ int, record map[string]any) {
			if record["changeLog"] == "Add 3 seats" && strings.HasPrefix(fmt.Sprint(record["entryDatetime"]), "2026-07-08") {
				c.change(record)
			}
		})
		nulls := 0
		for _, changed := range g.seats("2026-07-01") {
			if changed == "null" {
				nulls++
			}
		}
		if c.known != (nulls == 0) || nulls > 1 {
			t.Errorf("%s: %d are not known", name, nulls)
		}
		changes := g.namesIn(`seatChanges(since: "2026-07-01", first: 50)`)
		if want := name != "something else"; slices.Contains(changes, "Microsoft 365 Business Premium (Annual Term, Annual Billing)") != want {
			t.Errorf("%s: the changes are of %q", name, changes)
		}
	}
}

// namesIn are the names in a list of customer 100001.
func (g *gateway) namesIn(field string) (names []string) {
	g.t.Helper()
	var data struct{ Customer struct{ L connection } }
	g.must(`{customer(customerNo: "100001") {l: `+field+` {nodes {name}}}}`, &data)
	for _, node := range data.Customer.L.Nodes {
		names = append(names, node["name"].(string))
	}
	return names
}

// Whose seats changed is whoever's sum is not zero, page by page. A change log that cannot be read is an error, once for its
// contract, and the others are there.
func TestSeatChanges(t *testing.T) {
	g := open(t, sim.Options{})
	of := func(g *gateway) (ids []string, total string, errors int) {
		for after := ""; ; {
			a := g.ask(`{customer(customerNo: "100001") {l: seatChanges(since: "2026-01-01", first: 4`+after+`) {totalCount pageInfo {hasNextPage endCursor} nodes {subscriptionId}}}}`, nil)
			var data struct{ Customer struct{ L connection } }
			if err := json.Unmarshal(a.Data, &data); err != nil {
				t.Fatal(err)
			}
			total, errors = "null", errors+len(a.Errors)
			if data.Customer.L.TotalCount != nil {
				total = fmt.Sprint(*data.Customer.L.TotalCount)
			}
			for _, node := range data.Customer.L.Nodes {
				ids = append(ids, node["subscriptionId"].(string))
			}
			if len(ids) > 100 {
				t.Fatal("the pages have no end")
			}
			if after = fmt.Sprintf(", after: %q", data.Customer.L.PageInfo.EndCursor); !data.Customer.L.PageInfo.HasNextPage {
				return ids, total, errors
			}
		}
	}
	ids, total, errors := of(g)
	if errors > 0 || total != fmt.Sprint(len(ids)) || len(ids) < 5 {
		t.Errorf("%d of %s, %d errors", len(ids), total, errors)
	}
	for id, changed := range g.seats("2026-01-01") {
		if slices.Contains(ids, id) != (changed != "0") {
			t.Errorf("%s changed by %s, and is among %q", id, changed, ids)
		}
	}
	if n := g.calls(`{customer(customerNo: "100001") {seatChanges(since: "2026-01-01") {nodes {seatsChanged(since: "2026-01-01")}}}}`); n != 2+20 {
		t.Errorf("%d requests: the customer, its subscriptions, and a log for each of 20 contracts are 22", n)
	}
	g.sim.Inject(sim.Fault{Action: stellr.ActionListChangeLog, Kind: sim.FaultStatus, Status: 403, Nth: 3})
	a := g.ask(`{customer(customerNo: "100001") {l: seatChanges(since: "2026-01-01") {totalCount nodes {subscriptionId}}}}`, nil)
	if text := string(a.Data); a.code() != "UPSTREAM_FORBIDDEN" || fmt.Sprint(a.Errors[0].Path) != "[customer l]" || !strings.Contains(text, `"totalCount":null`) ||
		strings.Count(text, "subscriptionId") < len(ids)-2 {
		t.Errorf("got %s %+v", text, a.Errors)
	}
	g = open(t, sim.Options{Faults: []sim.Fault{{Action: stellr.ActionListChangeLog, Kind: sim.FaultStatus, Status: 403}}})
	if ids, total, errors := of(g); len(ids) > 0 || total != "null" || errors != 20 {
		t.Errorf("where no log can be read: %q of %s, %d errors, and there are 20 contracts", ids, total, errors)
	}
}

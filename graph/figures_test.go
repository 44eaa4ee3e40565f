package graph_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

const recurringFields = `{cost {amount currency} price {amount currency} margin {amount currency} uncounted}`

// recurring is what recurringFields bring.
type recurring struct {
	Cost, Price, Margin []struct{ Amount, Currency string }
	Uncounted           int
}

// added is what these customers' subscriptions come to, added up from the records as fractions.
func (g *gateway) added(customerNos ...string) (r recurring) {
	g.t.Helper()
	sums := map[string]map[string]*big.Rat{"cost": {}, "price": {}, "margin": {}}
	add := func(what string, s *stellr.Subscription, months int64, unit fmt.Stringer, sign int64) {
		part, _ := new(big.Rat).SetString(unit.String())
		part.Mul(part, big.NewRat(sign*int64(*s.Quantity), months))
		if sums[what][s.Currency] == nil {
			sums[what][s.Currency] = new(big.Rat)
		}
		sums[what][s.Currency].Add(sums[what][s.Currency], part)
	}
	for _, customerNo := range customerNos {
		all, err := g.client.Subscriptions(customerNo).Collect(g.t.Context())
		if err != nil {
			g.t.Fatal(err)
		}
		for _, s := range all.Items {
			months := map[string]int64{"month": 1, "annual": 12}[s.BillingFrequency]
			if s.Status != stellr.SubscriptionActive && s.Status != stellr.SubscriptionSuspended || s.BillingFrequency == "one_time" {
				continue
			}
			if months == 0 || s.UnitCost == nil || s.UnitPrice == nil {
				r.Uncounted++
			}
			if months > 0 && s.UnitCost != nil {
				add("cost", s, months, s.UnitCost, 1)
			}
			if months > 0 && s.UnitPrice != nil {
				add("price", s, months, s.UnitPrice, 1)
			}
			if months > 0 && s.UnitCost != nil && s.UnitPrice != nil {
				add("margin", s, months, s.UnitPrice, 1)
				add("margin", s, months, s.UnitCost, -1)
			}
		}
	}
	for what, to := range map[string]*[]struct{ Amount, Currency string }{"cost": &r.Cost, "price": &r.Price, "margin": &r.Margin} {
		for _, currency := range []string{"CAD", "USD"} {
			if sum := sums[what][currency]; sum != nil {
				text := strings.TrimSuffix(strings.TrimRight(sum.FloatString(2), "0"), ".")
				*to = append(*to, struct{ Amount, Currency string }{text, currency})
			}
		}
	}
	return r
}

// What recurs of all customers is what their records come to, and of those only whom the caller sees.
func TestRecurringOfAll(t *testing.T) {
	g := open(t, sim.Options{})
	customers, err := g.client.Customers().Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var everybody, canadian []string
	for _, c := range customers.Items {
		everybody = append(everybody, c.CustomerNo)
		if c.Country == "CA" {
			canadian = append(canadian, c.CustomerNo)
		}
	}
	for caller, of := range map[string][]string{
		"reseller/anna/VIEWER": everybody, "acme/anna/VIEWER": everybody, "only/anna/VIEWER": nil, "only 199999/anna/VIEWER": nil,
		"only 100001/anna/VIEWER": {"100001"}, "only 100001 " + canadian[0] + "/anna/VIEWER": {"100001", canadian[0]},
	} {
		var data struct{ Recurring recurring }
		g.as(caller).must(`{recurring `+recurringFields+`}`, &data)
		if got, want := fmt.Sprint(data.Recurring), fmt.Sprint(g.added(of...)); got != want {
			t.Errorf("%s: %s, want %s", caller, got, want)
		}
	}
	if all := g.added(everybody...); len(all.Cost) != 2 || all.Uncounted == 0 {
		t.Errorf("the simulator has nothing to be told apart: %+v", all)
	}
}

// A sum that misses a customer is no sum: it is null, and the errors say whose subscriptions are missing. What can be known
// of the others is there.
func TestFiguresWithoutACustomer(t *testing.T) {
	g := open(t, sim.Options{Faults: []sim.Fault{
		{Action: stellr.ActionListSubscriptions, CustomerNo: "100002", Kind: sim.FaultStatus, Status: 500},
		{Action: stellr.ActionListSubscriptions, CustomerNo: "100015", Kind: sim.FaultStatus, Status: 403},
	}}, impatientRetry)
	a := g.ask(`{recurring `+recurringFields+` renewals(within: 60, first: 200) {totalCount nodes {subscription {customer {customerNo}}}}
		customers(first: 3) {nodes {recurring {uncounted}}}}`, nil)
	if text := string(a.Data); !strings.Contains(text, `"recurring":null,"renewals":{"totalCount":null,"nodes":[{`) || strings.Contains(text, `"100002"`) ||
		!strings.Contains(text, `"customers":{"nodes":[{"recurring":{"uncounted":0}},{"recurring":null},{"recurring":{`) {
		t.Errorf("got %.400s … %s", text, text[max(0, len(text)-200):])
	}
	var said []string
	for _, e := range a.Errors {
		said = append(said, fmt.Sprint(e.Path, e.Extensions["customerNo"], e.Extensions["code"]))
	}
	slices.Sort(said)
	want := []string{"[customers nodes 1 recurring] <nil>UPSTREAM_UNAVAILABLE", "[recurring]100002UPSTREAM_UNAVAILABLE", "[recurring]100015UPSTREAM_FORBIDDEN",
		"[renewals]100002UPSTREAM_UNAVAILABLE", "[renewals]100015UPSTREAM_FORBIDDEN"}
	if !slices.Equal(said, want) {
		t.Errorf("the errors are %q, want %q", said, want)
	}
	var data struct{ Recurring *recurring }
	if g.as("only 100001 100003/anna/VIEWER").must(`{recurring `+recurringFields+`}`, &data); data.Recurring == nil {
		t.Error("who does not see the customers that failed has no sum either")
	}
}

// impatientRetry tries again at once.
func impatientRetry(c *stellr.Config, _ *graph.Options) {
	c.RetryDelay, c.ThrottleWait = time.Millisecond, time.Millisecond
}

// No sum is made of the customers that the operation's requests reach to.
func TestRecurringOfTooMany(t *testing.T) {
	g := open(t, sim.Options{}, func(_ *stellr.Config, o *graph.Options) { o.MaxCalls = 20 })
	a := g.ask(`{recurring {uncounted}}`, nil)
	if string(a.Data) != `{"recurring":null}` || a.code() != "QUERY_TOO_EXPENSIVE" {
		t.Errorf("got %s %+v", a.Data, a.Errors)
	}
}

// The subscriptions of all customers are read once, whatever is asked of them.
func TestFiguresReadOnce(t *testing.T) {
	g := open(t, sim.Options{})
	one := g.calls(`{recurring {uncounted}}`)
	all := open(t, sim.Options{}).calls(`{recurring {uncounted} again: recurring {uncounted} subscriptions(filter: {marginBelowZero: true}) {totalCount}
		renewals(within: 30) {totalCount nodes {daysLeft}} customers(first: 200) {nodes {recurring {uncounted} renewals(within: 9) {totalCount}}}}`)
	if one != 48+1+1 || all != one { // the customers, their subscriptions, and the second page of one of them
		t.Errorf("%d requests for one of them, %d for all", one, all)
	}
	if n := g.as("only 100001 100003/anna/VIEWER").calls(`{recurring {uncounted} renewals(within: 30) {totalCount}}`); n != 2 {
		t.Errorf("%d requests for who sees two customers", n)
	}
	if n := open(t, sim.Options{}).calls(`{customer(customerNo: "100001") {renewals(within: 30) {nodes {outcome decision decisionText subscription {renewalOptions {decision}}}}}}`); n != 2+5+2 {
		t.Errorf("%d requests: the customer, its subscriptions, the options of five, and two change logs are nine", n)
	}
}

// renewal is a row of renewals.
type renewal struct {
	RenewalDate  string
	DaysLeft     int
	Outcome      *string
	Decision     *string
	DecisionText *string
	Subscription struct {
		ID, EndDate, Status, BillingFrequency string
		RenewalOptions                        *struct{ Decision *string }
	}
}

// What a page of renewals has, walked forwards and backwards, is what the subscriptions have that end soon, the soonest first.
func TestPagesOfRenewals(t *testing.T) {
	today := stellr.NewDate(2026, 7, 23) // terms end on it, 90 days later, the day before it and the day after those
	g := open(t, sim.Options{Clock: func() time.Time { return day }}, func(_ *stellr.Config, o *graph.Options) {
		o.Clock = func() time.Time { return today.Time().Add(9 * time.Hour) }
	})
	const size = 7
	walk := func(field string) (forwards, backwards []string, days []float64) {
		for after := ""; ; {
			c := g.list(field, fmt.Sprintf("within: 90, first: %d %s", size, after), "daysLeft subscription {id}")
			for _, node := range c.Nodes {
				forwards = append(forwards, node["subscription"].(map[string]any)["id"].(string))
				days = append(days, node["daysLeft"].(float64))
			}
			if after = fmt.Sprintf("after: %q", c.PageInfo.EndCursor); !c.PageInfo.HasNextPage {
				break
			}
		}
		for before := ""; ; {
			c := g.list(field, fmt.Sprintf("within: 90, last: %d %s", size, before), "subscription {id}")
			var ids []string
			for _, node := range c.Nodes {
				ids = append(ids, node["subscription"].(map[string]any)["id"].(string))
			}
			backwards = append(ids, backwards...)
			if before = fmt.Sprintf("before: %q", c.PageInfo.StartCursor); !c.PageInfo.HasPreviousPage {
				break
			}
		}
		return forwards, backwards, days
	}
	customers, err := g.client.Customers().Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want, edges := map[string][]string{}, map[int]int{} // by field; how many end so many days from today
	for _, c := range customers.Items {
		all, err := g.client.Subscriptions(c.CustomerNo).Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all.Items {
			left := int(s.EndDate.Time().Sub(today.Time()).Hours() / 24)
			if s.Status != stellr.SubscriptionActive && s.Status != stellr.SubscriptionSuspended || s.EndDate.IsZero() || s.BillingFrequency == "one_time" {
				continue
			}
			if edges[left]++; left < 0 || left > 90 {
				continue
			}
			want["renewals"] = append(want["renewals"], s.RefID())
			if c.CustomerNo == "100007" {
				want["customer.renewals"] = append(want["customer.renewals"], s.RefID())
			}
		}
	}
	for _, edge := range []int{-1, 0, 90, 91} {
		if edges[edge] == 0 {
			t.Errorf("no term ends %d days from the day: nothing could be there or missing by mistake", edge)
		}
	}
	for _, field := range []string{"renewals", "customer.renewals"} {
		want := want[field]
		forwards, backwards, days := walk(field)
		if !slices.Equal(forwards, backwards) || !slices.IsSorted(days) || len(want) <= 2*size {
			t.Errorf("%s: %d forwards, %d backwards, %d wanted, %v", field, len(forwards), len(backwards), len(want), days)
		}
		if slices.Sort(want); !slices.Equal(slices.Sorted(slices.Values(forwards)), want) {
			t.Errorf("%s: %d were met, %d end", field, len(forwards), len(want))
		}
	}
	for field, query := range map[string]string{"renewals": `{renewals(%s) {totalCount}}`, "customer.renewals": `{customer(customerNo: "100007") {renewals(%s) {totalCount}}}`} {
		cursor := g.list(field, "within: 90, first: 1", "daysLeft").PageInfo.EndCursor
		for _, arguments := range []string{`within: -1`, `within: 1101`, `within: 90, first: 0`, `within: 90, last: 201`, `within: 91, after: "` + cursor + `"`} {
			if a := g.ask(fmt.Sprintf(query, arguments), nil); a.code() != "BAD_USER_INPUT" {
				t.Errorf("%s of %s: %s %+v", arguments, field, a.Data, a.Errors)
			}
		}
		g.must(fmt.Sprintf(query, `within: 90, after: "`+cursor+`"`), &struct{}{})
	}
	if c := g.list("renewals", "within: 1100, first: 1", "daysLeft"); *c.TotalCount < 300 {
		t.Errorf("%d renewals in three years", *c.TotalCount)
	}
}

// Days begin at midnight in UTC, whatever zone the clock is in.
func TestRenewalsAroundMidnight(t *testing.T) {
	var now atomic.Pointer[time.Time]
	set := func(at time.Time) { now.Store(&at) }
	east, west := time.FixedZone("east", 2*3600), time.FixedZone("west", -5*3600) // where it is the day after, or still the day before
	set(time.Date(2026, 7, 24, 0, 0, 0, 0, time.UTC).Add(-time.Second).In(east))
	g := open(t, sim.Options{Clock: func() time.Time { return day }}, func(_ *stellr.Config, o *graph.Options) {
		o.Clock = func() time.Time { return *now.Load() }
	})
	of := func(within int) string {
		var data struct {
			Customer struct{ Renewals struct{ Nodes []renewal } }
		}
		g.must(fmt.Sprintf(`{customer(customerNo: "100001") {renewals(within: %d, first: 1) {nodes {daysLeft renewalDate}}}}`, within), &data)
		return fmt.Sprint(data.Customer.Renewals.Nodes)
	}
	row := func(daysLeft int, date string) string {
		return fmt.Sprint([]renewal{{DaysLeft: daysLeft, RenewalDate: date}})
	}
	if got := of(1); got != row(1, "2026-07-24") {
		t.Errorf("a second before midnight it is a day: %s", got)
	}
	if got := of(0); got != "[]" {
		t.Errorf("a second before midnight nothing ends: %s", got)
	}
	set(time.Date(2026, 7, 24, 0, 0, 0, 0, time.UTC).In(west))
	if got := of(0); got != row(0, "2026-07-24") {
		t.Errorf("at midnight it is today: %s", got)
	}
	set(time.Date(2026, 7, 25, 0, 0, 0, 0, time.UTC))
	if got := of(5); got != row(4, "2026-07-29") {
		t.Errorf("a day later it is past: %s", got)
	}
}

// outcomes are the renewals of customer 100001 within three years, by subscription.
func (g *gateway) outcomes() map[string]renewal {
	g.t.Helper()
	var data struct {
		Customer struct{ Renewals struct{ Nodes []renewal } }
	}
	g.must(`{customer(customerNo: "100001") {renewals(within: 1100) {nodes {outcome decision decisionText subscription {id renewalOptions {decision}}}}}}`, &data)
	found := map[string]renewal{}
	for _, r := range data.Customer.Renewals.Nodes {
		if fmt.Sprint(orNull(r.Decision)) != fmt.Sprint(orNull(r.Subscription.RenewalOptions.Decision)) {
			g.t.Errorf("%s: %s, but its options say %s", r.Subscription.ID, orNull(r.Decision), orNull(r.Subscription.RenewalOptions.Decision))
		}
		found[r.Subscription.ID] = r
	}
	return found
}

// orNull is a text, or a word for none.
func orNull(text *string) string {
	if text == nil {
		return "null"
	}
	return *text
}

// What is decided through the gateway is what becomes of a subscription, decision after decision.
func TestOutcomesFollowDecisions(t *testing.T) {
	g := openQuick(t, sim.Options{})
	all := g.outcomes()
	count := map[string]int{}
	for _, r := range all {
		count[orNull(r.Outcome)]++
	}
	if len(count) != 4 || count["null"] > 0 {
		t.Errorf("the outcomes are %v", count)
	}
	s := g.one("100001", func(s *stellr.Subscription) bool {
		return s.VendorID == sim.MicrosoftID && s.Status == stellr.SubscriptionActive && orNull(all[s.RefID()].Outcome) == "UNDECIDED" && s.TermDuration == "P1Y"
	})
	options, err := g.client.RenewalOptions(t.Context(), "100001", s.SubscriptionID)
	if err != nil {
		t.Fatal(err)
	}
	other := options.Plans[slices.IndexFunc(options.Plans, func(p stellr.RenewalPlan) bool { return p.ProductID != s.ProductID })]
	plan := []any{map[string]any{"productId": other.ProductID, "quantity": 1}}
	for i, step := range []struct {
		decision string
		plans    []any
		want     string
	}{
		{"ACCEPT", nil, "RENEWS"}, {"ACCEPT", plan, "CHANGES"}, {"REJECT", nil, "ENDS"}, {"ACCEPT", plan, "CHANGES"}, {"ACCEPT", nil, "RENEWS"},
	} {
		input := subscriptionInput(s, map[string]any{"decision": step.decision, "idempotencyKey": key(fmt.Sprint("renewal-", i)), "confirmDuplicate": true})
		if step.plans != nil {
			input["plans"] = step.plans
		}
		g.settled(g.do("updateRenewal", input).Command.ID)
		if r := g.outcomes()[s.RefID()]; orNull(r.Outcome) != step.want || orNull(r.Decision) != step.decision || orNull(r.DecisionText) != step.decision {
			t.Errorf("after %d decisions: %s, %s %s", i+1, orNull(r.Outcome), orNull(r.Decision), orNull(r.DecisionText))
		}
	}
	g.settled(g.do("changeSeats", subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 1, "idempotencyKey": key("seats")})).Command.ID)
	if r := g.outcomes()[s.RefID()]; orNull(r.Outcome) != "RENEWS" {
		t.Errorf("with another seat it is still %s", orNull(r.Outcome))
	}
}

// Options or a change log that cannot be read leave what depends on them null, with one error for each renewal, and nothing
// else. That nothing could be read is not that nothing is decided.
func TestOutcomesInTrouble(t *testing.T) {
	const all = "outcome decision decisionText"
	for _, c := range []struct {
		action stellr.Action
		status int
		fields string
		nulls  int
		at     string // the field that each error is at
	}{
		{stellr.ActionGetRenewalOptions, 500, all, 5, "outcome"}, {stellr.ActionGetRenewalOptions, 403, all, 5, "outcome"},
		{stellr.ActionGetRenewalOptions, 500, "decisionText outcome", 5, "decisionText"},
		{stellr.ActionGetRenewalOptions, 500, "outcome @skip(if: true) ... on Renewal {a: decision} b: decision outcome", 5, "a"},
		{stellr.ActionGetRenewalOptions, 500, "outcome again: outcome", 5, "outcome"},
		{stellr.ActionListChangeLog, 500, all, 2, "outcome"}, {stellr.ActionListChangeLog, 403, "decisionText outcome", 2, "outcome"},
	} {
		g := open(t, sim.Options{Faults: []sim.Fault{{Action: c.action, Kind: sim.FaultStatus, Status: c.status}}}, impatientRetry)
		a := g.ask(`{customer(customerNo: "100001") {renewals(within: 30) {totalCount nodes {daysLeft `+c.fields+` subscription {name}}}}}`, nil)
		text := string(a.Data)
		if n := strings.Count(text, `"outcome":null`); n != c.nulls || !strings.Contains(text, `"totalCount":5`) || strings.Count(text, `"name":"`) != 5 {
			t.Errorf("%s, %d: %d nulls in %s", c.action, c.status, n, text)
		}
		if c.action == stellr.ActionGetRenewalOptions && strings.Contains(text, "UNDECIDED") {
			t.Errorf("%s, %d: %s", c.action, c.status, text)
		}
		var at []string
		for _, e := range a.Errors {
			if len(e.Path) != 5 || e.Path[2] != "nodes" || e.Path[4] != c.at {
				t.Errorf("%s of %s: an error at %v", c.action, c.fields, e.Path)
			}
			at = append(at, fmt.Sprint(e.Path))
		}
		if slices.Sort(at); len(at) != c.nulls || len(slices.Compact(at)) != c.nulls {
			t.Errorf("%s of %s: errors at %q", c.action, c.fields, at)
		}
	}
	g := open(t, sim.Options{Faults: []sim.Fault{{Action: stellr.ActionGetRenewalOptions, Kind: sim.FaultStatus, Status: 404}}})
	var data struct {
		Customer struct{ Renewals struct{ Nodes []renewal } }
	}
	g.must(`{customer(customerNo: "100001") {renewals(within: 30) {nodes {outcome decision}}}}`, &data)
	var got []string
	for _, r := range data.Customer.Renewals.Nodes {
		got = append(got, orNull(r.Outcome)+" "+orNull(r.Decision))
	}
	if want := []string{"RENEWS null", "ENDS null", "RENEWS null", "RENEWS null", "RENEWS null"}; !slices.Equal(got, want) {
		t.Errorf("without options: %q", got)
	}
}

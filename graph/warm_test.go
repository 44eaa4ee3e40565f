package graph_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// long are lives that no test outlives.
func long() graph.Lives {
	return graph.Lives{Catalogue: time.Hour, Customers: time.Hour, Subscriptions: time.Hour, Invoices: time.Hour, Missing: time.Hour, Stale: time.Hour}
}

// openWarm is a gateway that forgets nothing by itself; answers says whether it keeps whole answers too.
func openWarm(t *testing.T, answers bool, tune ...func(*stellr.Config, *graph.Options)) *gateway {
	t.Helper()
	var h graph.HandlerOptions
	if answers {
		h.AnswerCache = time.Hour
	}
	o := sim.Options{OperationTime: 30 * time.Millisecond, Clock: moving()}
	return openWith(t, o, h, append([]func(*stellr.Config, *graph.Options){quick, allowSuspending(t), keeping(long())}, tune...)...)
}

// The matrix over one warm cache: whoever has asked before, each caller gets what is theirs, and the same as when it is read
// anew. What is kept serves the first round, and whole answers the second.
func TestMatrixOverOneCache(t *testing.T) {
	callers := []string{"reseller/rita/ADMIN", "only " + ours + "/anna/VIEWER", "only " + theirs + "/anna/VIEWER", "only/anna/VIEWER"}
	for _, order := range []string{"who sees all first", "who sees none first"} {
		t.Run(order, func(t *testing.T) {
			g := openWarm(t, true, marked(t))
			g.must(`{invoices(first: 200) {totalCount}}`, nil) // the marker learns whose they are
			all, asking := g.matrix(), slices.Clone(callers)
			if order == "who sees none first" {
				slices.Reverse(asking)
				slices.Reverse(all)
			}
			got := map[string]string{}
			for range 2 {
				for _, q := range all {
					for _, caller := range asking {
						a := g.as(caller).ask(q.asked, nil)
						text := string(a.Data) + fmt.Sprintf("%+v", a.Errors)
						if found := strangers(text, ofCaller(caller)...); found != nil && caller != callers[0] {
							t.Errorf("%s: %s got %q: %.1000s", q.name, caller, found, text)
						}
						got[q.name+caller] = text
					}
				}
			}
			for _, q := range all {
				for _, caller := range asking {
					if text := g.as(caller).anew(q.asked); about(q.name) && text != got[q.name+caller] {
						t.Errorf("%s: %s got %.300s, when read anew %.300s", q.name, caller, got[q.name+caller], text)
					}
				}
			}
		})
	}
}

// anew is the answer to a question that is made of nothing that was kept.
func (g *gateway) anew(query string) string {
	g.t.Helper()
	_, text := g.fetch("POST", "", bodyOf(g.t, map[string]any{"query": query}), "X-Gateway-Cache", "bypass")
	var a answer
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		g.t.Fatal(err)
	}
	return string(a.Data) + fmt.Sprintf("%+v", a.Errors)
}

// ofCaller are the customers of whom a caller may see something.
func ofCaller(caller string) []string {
	scope, _, _ := strings.Cut(caller, "/")
	return strings.Fields(strings.TrimPrefix(scope, "only"))
}

// All ask at once over one cache, and each gets what is theirs.
func TestManyOrganizationsOverOneCache(t *testing.T) {
	g := openWarm(t, true, marked(t))
	g.must(`{invoices(first: 200) {totalCount}}`, nil)
	const query = `{customers {totalCount nodes {name subscriptions {nodes {name}}}} invoices {nodes {invoiceNo lines {description}}} subscriptions {nodes {name}}}`
	var all sync.WaitGroup
	for i := range 24 {
		customerNo := fmt.Sprint(100001 + i%6)
		all.Go(func() {
			caller := g.as("only " + customerNo + "/anna/VIEWER")
			if i%8 == 7 {
				caller, customerNo = g.as("reseller/anna/VIEWER"), ""
			}
			for range 3 {
				a := caller.ask(query, nil)
				text := string(a.Data) + fmt.Sprintf("%+v", a.Errors)
				if found := strangers(text, customerNo); found != nil && customerNo != "" || !strings.Contains(text, mark(customerNo)) && customerNo != "" || len(a.Errors) > 0 {
					t.Errorf("%s got %q: %.500s", customerNo, found, text)
				}
			}
		})
	}
	all.Wait()
}

// shown is what a query shows of a subscription.
func (g *gateway) shown(s *stellr.Subscription) (quantity int, status string) {
	g.t.Helper()
	var data struct {
		Subscription struct {
			Quantity int
			Status   string
		}
		Customer struct {
			Subscriptions struct {
				Nodes []struct {
					SubscriptionID, Status string
					Quantity               int
				}
			}
		}
	}
	g.must(fmt.Sprintf(`{subscription(customerNo: %q, subscriptionId: %q) {quantity status} customer(customerNo: %[1]q) {subscriptions(first: 200) {nodes {subscriptionId quantity status}}}}`,
		s.CustomerNo, s.SubscriptionID), &data)
	for _, other := range data.Customer.Subscriptions.Nodes {
		if other.SubscriptionID == s.SubscriptionID && (other.Quantity != data.Subscription.Quantity || other.Status != data.Subscription.Status) {
			g.t.Errorf("the list has %+v, by itself it is %+v", other, data.Subscription)
		}
	}
	return data.Subscription.Quantity, data.Subscription.Status
}

// What one caller has changed another sees at once, though all of it was kept, and what the payload says was read anew.
func TestSeatsAreSeenByOthersAtOnce(t *testing.T) {
	for _, answers := range []bool{false, true} {
		g := openWarm(t, answers)
		s := g.one(ours, activeOf(sim.MicrosoftID))
		reader, buyer := g.as("only "+ours+"/rob/VIEWER"), g.as("only "+ours+"/anna/BUYER")
		if before, _ := reader.shown(s); before != *s.Quantity {
			t.Fatalf("%d seats at first, not %d", before, *s.Quantity)
		}
		input := subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 2, "expectedQuantity": *s.Quantity})
		input["idempotencyKey"] = key("seats")
		o := buyer.do("changeSeats", input)
		g.settled(o.Command.ID)
		if after, _ := reader.shown(s); after != *s.Quantity+2 {
			t.Errorf("answers %v: %d seats are seen, not %d", answers, after, *s.Quantity+2)
		}
	}
}

// A mutation goes by what is there, not by what is kept: another has changed it at Stellr itself meanwhile.
func TestMutationsReadAnew(t *testing.T) {
	g := openWarm(t, true)
	s := g.one(ours, activeOf(sim.MicrosoftID))
	before, _ := g.shown(s)
	if _, err := g.client.ChangeSeats(t.Context(), ours, s.SubscriptionID, stellr.SeatChange{Quantity: before + 5, ProductID: s.ProductID, SKUNo: s.SKUNo}); err != nil {
		t.Fatal(err)
	}
	now := s
	for deadline := time.Now().Add(30 * time.Second); *now.Quantity != before+5; time.Sleep(5 * time.Millisecond) {
		there, err := g.client.Subscription(t.Context(), ours, s.SubscriptionID)
		if err == nil {
			now = there
		}
		if time.Now().After(deadline) {
			t.Fatalf("it stays at %d: %v", *now.Quantity, err)
		}
	}
	if kept, _ := g.shown(s); kept != before {
		t.Fatalf("%d is shown: nothing is kept here", kept)
	}
	input := subscriptionInput(now, map[string]any{"quantity": before + 6, "expectedQuantity": before})
	input["idempotencyKey"] = key("outdated")
	if o := g.do("changeSeats", input); o.refused() == "" {
		t.Errorf("what was kept was taken for what is there: %+v", o)
	}
	input["expectedQuantity"], input["idempotencyKey"], input["dryRun"] = before+5, key("dry"), true
	if o := g.do("changeSeats", input); o.refused() != "" {
		t.Errorf("a dry run goes by what was kept: %+v", o.UserErrors)
	}
	delete(input, "dryRun")
	input["idempotencyKey"] = key("right")
	o := g.do("changeSeats", input)
	if o.refused() != "" || o.Subscription == nil || o.Subscription.Quantity == before {
		t.Errorf("the payload has what was kept: %+v", o)
	}
}

// When an operation's end is told, or its command's or its subscription's, what is read then is how it is.
func TestAfterEventsNothingOldIsRead(t *testing.T) {
	for _, event := range []string{"operationUpdated", "commandUpdated", "subscriptionChanged"} {
		t.Run(event, func(t *testing.T) {
			g := openWarm(t, true)
			s := g.one(ours, activeOf(sim.MicrosoftID))
			reader := g.as("only " + ours + "/adele/ADMIN")
			listened := map[string]string{
				"commandUpdated": `commandUpdated {status}`, "subscriptionChanged": `subscriptionChanged(customerNo: "` + ours + `") {status}`,
			}[event]
			var h *heard
			if listened != "" {
				h = reader.hear("subscription {" + listened + "}")
			}
			reader.shown(s)
			o := g.as("only "+ours+"/anna/ADMIN").do("suspendSubscription", subscriptionInput(s, nil))
			reader.shown(s) // as it is until the operation ends
			if h == nil {
				if o.Operation == nil {
					t.Fatalf("there is no operation: %+v", o)
				}
				h = reader.hear(`subscription {operationUpdated(operationId: "` + o.Operation.OperationID + `") {status}}`)
			}
			h.until(map[string]string{"operationUpdated": `"SUCCEEDED"`, "commandUpdated": `"SUCCEEDED"`, "subscriptionChanged": `"SUSPENDED"`}[event])
			if _, status := reader.shown(s); status != "SUSPENDED" {
				t.Errorf("it is %s after it was told", status)
			}
		})
	}
}

// A new customer is in the list at once, and by number also for whom it was known not to be there.
func TestNewCustomersAreSeenAtOnce(t *testing.T) {
	g := openWarm(t, true)
	count := func(g *gateway) int {
		var data struct{ Customers struct{ TotalCount int } }
		g.must(`{customers {totalCount}}`, &data)
		return data.Customers.TotalCount
	}
	everybody := g.as("acme/anna/VIEWER") // by numbers, also of those to come
	before, byName := count(g), count(everybody)
	o := g.as("reseller/rita/ADMIN").do("createCustomer", map[string]any{"name": "New Harbour", "email": "it@newharbour.example",
		"address": map[string]any{"city": "Reno", "country": "US"}, "idempotencyKey": key("new")})
	if o.Customer == nil {
		t.Fatalf("%+v", o)
	}
	if after, byNumber := count(g), count(everybody); after != before+1 || byNumber != byName+1 {
		t.Errorf("%d customers after %d; by their numbers %d after %d", after, before, byNumber, byName)
	}
}

// A request that nobody here understands drops everything.
func TestGenericWritesDropEverything(t *testing.T) {
	g := openWarm(t, true)
	questions := []string{`{customers {totalCount}}`, `{vendors {nodes {name status}}}`, `{invoices(filter: {customerNo: "100002"}) {totalCount}}`}
	for _, query := range questions {
		g.must(query, nil)
	}
	s := g.one(ours, activeOf(sim.MicrosoftID))
	g.settled(g.do("stellrRequest", map[string]any{"method": "POST", "path": "/api/v1/customers/100001/subscriptions/" + s.SubscriptionID + "/suspend", "idempotencyKey": key("generic")}).Command.ID)
	for _, query := range questions {
		if g.took(); true {
			g.must(query, nil)
		}
		if len(g.took()) == 0 {
			t.Errorf("%s was not read again", query)
		}
	}
}

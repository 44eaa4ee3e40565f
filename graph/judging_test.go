package graph_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// answering has what is posted to the path with this ending answered by a handler in front of the simulator.
func answering(t *testing.T, ending string, handle func(w http.ResponseWriter, r *http.Request, pass http.Handler)) func(*stellr.Config, *graph.Options) {
	t.Helper()
	return fronted(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, ending) {
			handle(w, r, pass)
			return
		}
		pass.ServeHTTP(w, r)
	})
}

// What an answer says is what counts: without an operation, a write is done only when the answer says so.
func TestAnswersAreTakenAtTheirWord(t *testing.T) {
	for _, c := range []struct{ ending, body, status string }{
		{"/changeSeats", `{"data":{"status":"DONE","subscriptionId":"1"}}`, "SUCCEEDED"},
		{"/changeSeats", `{"data":{"subscriptionId":"1"}}`, "SUCCEEDED"},
		{"/changeSeats", `{"data":{"status":"FAILED","subscriptionId":"1","errorMessage":"no stock"}}`, "REJECTED"},
		{"/changeSeats", `{"data":{"status":"PENDING","subscriptionId":"1"}}`, "UNKNOWN"},
		{"/changeSeats", `{"data":{"status":"Unheard of","subscriptionId":"1"}}`, "UNKNOWN"},
		{"/changeSeats", `{"data":{}}`, "UNKNOWN"},
		{"/changeSeats", `{"data":{"operationId":"7"},"errorMessage":"accepted with warnings"}`, "UNKNOWN"},
		{"/changeSeats", `{"data":null,"errorMessage":"no"}`, "REJECTED"},
		{"/subscriptions", `{"data":{"subscriptions":[{"subscriptionId":"1_1","status":"DONE"}]}}`, "SUCCEEDED"},
		{"/subscriptions", `{"data":{"subscriptions":[{"status":"FAILED","errorMessage":"no stock"}]}}`, "REJECTED"},
		{"/subscriptions", `{"data":{"status":"DONE","subscriptions":[]}}`, "UNKNOWN"},
	} {
		g := openQuick(t, sim.Options{}, neverBack, answering(t, c.ending, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			_, _ = io.Copy(io.Discard, r.Body)
			say(w, c.body)
		}))
		mutation, input := "createSubscriptions", g.order("PO-1", 3)
		if c.ending == "/changeSeats" {
			s := g.one("100001", activeOf(sim.MicrosoftID))
			mutation, input = "changeSeats", subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 1, "idempotencyKey": key("seats")})
		}
		if o := g.do(mutation, input); o.Command == nil || o.Command.Status != c.status {
			t.Errorf("%s: %+v", c.body, o.Command)
		}
	}
}

// Of two items one came to life and one did not: what is there is told, and the same order again is suspect.
func TestPartlyFailedOrder(t *testing.T) {
	g := openQuick(t, sim.Options{}, answering(t, "/subscriptions", func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		_, _ = io.Copy(io.Discard, r.Body)
		say(w, `{"data":{"subscriptions":[{"subscriptionId":"400126_1","status":"DONE"},{"status":"FAILED","errorMessage":"no stock"}]}}`)
	}))
	order := g.order("PO-1", 3)
	item := order["items"].([]any)[0]
	order["items"] = []any{item, map[string]any{"productId": item.(map[string]any)["productId"], "quantity": 4}}
	o := g.do("createSubscriptions", order)
	end := g.settled(o.Command.ID)
	if end.Command.Status != "FAILED" || end.Command.Error == nil || !strings.Contains(end.Command.Error.Message, "no stock") || !strings.Contains(end.Command.Error.Message, "leftBehind") {
		t.Errorf("got %+v", end.Command)
	}
	order["idempotencyKey"] = key("again")
	if o := g.do("createSubscriptions", order); o.refused() != "DUPLICATE_SUSPECTED" {
		t.Errorf("the repetition brought %+v", o)
	}
}

// What another command only changed is still what the lost order brought. What is cancelled may be what is left of an order
// that came to nothing: it proves neither.
func TestLostOrderThatWasChangedByAnotherCommand(t *testing.T) {
	for mutation, status := range map[string]string{"suspendSubscription": "SUCCEEDED", "cancelSubscription": "UNKNOWN"} {
		t.Run(mutation, func(t *testing.T) { lostAndChanged(t, mutation, status) })
	}
}

func lostAndChanged(t *testing.T, mutation, status string) {
	t.Helper()
	g := openQuick(t, sim.Options{}, neverBack)
	there := map[string]bool{}
	fresh := func(s *stellr.Subscription) bool {
		return !there[s.SubscriptionID] && s.Status == stellr.SubscriptionActive
	}
	g.one("100001", func(s *stellr.Subscription) bool {
		there[s.SubscriptionID] = true
		return s.SubscriptionID == "400126_1"
	})
	lost := g.lost(g.order("PO-1", 3), true)
	var found *stellr.Subscription
	for deadline := time.Now().Add(20 * time.Second); found == nil && time.Now().Before(deadline); {
		all, err := g.client.Subscriptions("100001").Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all.Items {
			if fresh(s) {
				found = s
			}
		}
	}
	if found == nil {
		t.Fatal("the order was not carried out")
	}
	o := g.do(mutation, subscriptionInput(found, map[string]any{"idempotencyKey": key("change")}))
	if len(o.UserErrors) > 0 {
		t.Fatalf("got %+v", o)
	}
	if o = g.settled(o.Command.ID); o.Command.Status != "SUCCEEDED" {
		t.Fatalf("got %+v", o.Command)
	}
	if o := g.do("reconcileCommand", map[string]any{"id": lost.Command.ID}); o.Command.Status != status {
		t.Errorf("got %+v", o.Command)
	}
}

// A reading that is forbidden for good is no reading that found nothing: the outcome stays open, and reading ends.
func TestReadingForbidden(t *testing.T) {
	g := openQuick(t, sim.Options{})
	order := g.order("PO-1", 3)
	g.sim.Inject(sim.Fault{Action: stellr.ActionCreateSubscriptions, Kind: sim.FaultStatus, Status: 502, Count: 1})
	g.sim.Inject(sim.Fault{Action: stellr.ActionListSubscriptions, Nth: 2, Kind: sim.FaultStatus, Status: 403})
	for nth := 3; nth < 10; nth++ {
		g.sim.Inject(sim.Fault{Action: stellr.ActionListSubscriptions, Nth: nth, Kind: sim.FaultStatus, Status: 403})
	}
	o := g.do("createSubscriptions", order)
	deadline := time.Now().Add(20 * time.Second)
	for {
		c, err := g.journal.ByKey(t.Context(), "test", "reseller", "", key("PO-1"))
		if err != nil {
			t.Fatal(err)
		}
		if c.Step == "ended" {
			if c.Status != "UNKNOWN" || c.Error == nil || !strings.Contains(c.Error.Message, "a person must find out") {
				t.Errorf("it ended as %+v", c)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never ends: %+v, first %+v", c, o.Command)
		}
	}
}

// An operation that is missing for a moment is followed on.
func TestOperationMissingForAMoment(t *testing.T) {
	g := openQuick(t, sim.Options{OperationTime: 300 * time.Millisecond}, func(_ *stellr.Config, o *graph.Options) { o.Writes.MissingAfter = time.Minute })
	g.sim.Inject(sim.Fault{Action: stellr.ActionGetOperation, Kind: sim.FaultStatus, Status: 404, Count: 2})
	s := g.one("100001", activeOf(sim.MicrosoftID))
	o := g.do("changeSeats", subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 1, "idempotencyKey": key("seats")}))
	if end := g.settled(o.Command.ID); end.Command.Status != "SUCCEEDED" || end.Command.Inferred {
		t.Errorf("it ended as %+v", end.Command)
	}
}

// Whoever says how many seats there are is not let in while a change of them is running.
func TestExpectedQuantityWhileChanging(t *testing.T) {
	g := openQuick(t, sim.Options{OperationTime: time.Hour})
	s := g.one("100001", activeOf(sim.MicrosoftID))
	seats := func(name string, more int) map[string]any {
		return subscriptionInput(s, map[string]any{"quantity": *s.Quantity + more, "expectedQuantity": *s.Quantity, "idempotencyKey": key(name)})
	}
	g.do("changeSeats", seats("first", 1))
	if o := g.do("changeSeats", seats("second", 2)); o.refused() != "NOT_ALLOWED_NOW" || g.committed() != 1 {
		t.Errorf("got %+v", o)
	}
}

// A caller of whom nothing is known sees no commands and sends none.
func TestNobody(t *testing.T) {
	g := openQuick(t, sim.Options{})
	order := g.order("PO-1", 3)
	g.do("createSubscriptions", order)
	nobody := g.as("//ADMIN")
	var data struct{ Commands struct{ TotalCount int } }
	if nobody.must(`{commands {totalCount}}`, &data); data.Commands.TotalCount != 0 {
		t.Errorf("nobody sees %+v", data)
	}
	if _, a := nobody.try("createSubscriptions", order); a.code() != "FORBIDDEN" {
		t.Errorf("nobody got %+v", a)
	}
}

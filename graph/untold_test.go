package graph_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// What is not told is neither success nor failure.

// retold passes a request on and changes the JSON object that comes back.
func retold(t *testing.T, w http.ResponseWriter, r *http.Request, pass http.Handler, change func(all map[string]any)) {
	recorder := httptest.NewRecorder()
	pass.ServeHTTP(recorder, r)
	var all map[string]any
	if err := json.Unmarshal(recorder.Body.Bytes(), &all); err != nil {
		t.Errorf("%v: %s", err, recorder.Body)
	}
	change(all)
	raw, err := json.Marshal(all)
	if err != nil {
		t.Error(err)
	}
	say(w, string(raw))
}

// judged waits until a command has ended, or nothing but a person can tell how.
func (g *gateway) judged(id string) string {
	g.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		o := g.until(id, func(status string) bool { return status != "PENDING" })
		if o.Command.Status != "UNKNOWN" || o.Command.Error != nil && strings.Contains(o.Command.Error.Message, "a person must find out") {
			return o.Command.Status
		}
	}
	g.t.Fatal("the command does not end")
	return ""
}

func TestPartsOfWhichNothingIsSaid(t *testing.T) {
	const begun = `{"subscriptionId":"400126_1","operationId":"77","status":"ACCEPTED"}`
	for _, c := range []struct{ parts, status string }{
		{begun + `,{"status":"PENDING"}`, "UNKNOWN"},
		{begun, "UNKNOWN"},
		{begun + `,{"status":"FAILED","errorMessage":"no stock"}`, "FAILED"},
		{begun + `,{"status":"DONE","subscriptionId":"400126_2"}`, "SUCCEEDED"},
		{`{"status":"FAILED","errorMessage":"no stock"},{"status":"PENDING"}`, "UNKNOWN"},
		{`{"status":"FAILED","errorMessage":"no stock"}`, "UNKNOWN"},
		{`{"status":"FAILED"},{"status":"FAILED","errorMessage":"no stock"}`, "REJECTED"},
	} {
		g := openQuick(t, sim.Options{}, func(_ *stellr.Config, o *graph.Options) {
			if !strings.Contains(c.parts, "operationId") {
				neverBack(nil, o)
			}
		}, fronted(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
			switch {
			case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/subscriptions"):
				_, _ = io.Copy(io.Discard, r.Body)
				say(w, `{"data":{"subscriptions":[`+c.parts+`]}}`)
			case strings.HasSuffix(r.URL.Path, "/operations/77"):
				say(w, `{"data":{"operationId":"77","status":"DONE","customerNo":"100001","results":[{"subscriptionId":"400126_1","status":"DONE"}]}}`)
			default:
				pass.ServeHTTP(w, r)
			}
		}))
		order := g.order("PO-1", 3)
		item := order["items"].([]any)[0]
		order["items"] = []any{item, map[string]any{"productId": item.(map[string]any)["productId"], "quantity": 4}}
		o := g.do("createSubscriptions", order)
		got := o.Command.Status
		if got == "PENDING" {
			got = g.judged(o.Command.ID)
		}
		if got != c.status {
			t.Errorf("%s: %s, want %s", c.parts, got, c.status)
		}
		order["idempotencyKey"] = key("again")
		if again := g.do("createSubscriptions", order); got == "UNKNOWN" && again.refused() != "PREVIOUS_COMMAND_UNRESOLVED" {
			t.Errorf("%s: the same under another key brought %+v", c.parts, again)
		}
	}
}

// Of two orders that are alike one is lost and the other's subscription is not told yet: it is not taken for the lost one's.
func TestWhatAnotherOrderBroughtAndDoesNotTellYet(t *testing.T) {
	arrived, ended := make(chan struct{}), make(chan struct{})
	g := openQuick(t, sim.Options{}, neverBack, func(_ *stellr.Config, o *graph.Options) {
		o.Writes.FirstLook, o.Writes.SeldomLook = time.Hour, time.Hour
	}, answering(t, "/subscriptions", func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "LOST") {
			close(arrived)
			<-ended
			hangUp(w)
			return
		}
		<-arrived
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		retold(t, w, r, pass, func(all map[string]any) {
			all["data"] = map[string]any{"operationId": all["data"].(map[string]any)["operationId"], "status": "ACCEPTED"}
		})
	}))
	a, b := g.order("PO-1", 3), g.order("PO-1", 3)
	a["endUserPoNo"], b["endUserPoNo"], b["idempotencyKey"] = "LOST", "OK", key("b")
	before, err := g.client.Subscriptions("100001").Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	lost := make(chan outcome)
	go func() { lost <- g.do("createSubscriptions", a) }()
	if other := g.do("createSubscriptions", b); other.Command == nil || other.Command.Status != "PENDING" {
		t.Fatalf("got %+v", other)
	}
	close(ended)
	o := <-lost
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		all, err := g.client.Subscriptions("100001").Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		active := 0
		for _, s := range all.Items[len(before.Items):] {
			if s.Status == stellr.SubscriptionActive {
				active++
			}
		}
		if active == 1 {
			break
		}
	}
	if end := g.do("reconcileCommand", map[string]any{"id": o.Command.ID}); end.Command.Status != "UNKNOWN" {
		t.Errorf("%d orders were carried out, and the lost one is said to be %+v", g.committed(), end.Command)
	}
}

// A new subscription of the product that is not as it was ordered is no proof that nothing came of the order.
func TestLostOrderWhoseSeatsWereChangedSince(t *testing.T) {
	g := openQuick(t, sim.Options{}, func(_ *stellr.Config, o *graph.Options) {
		o.Writes.ReadBack = []time.Duration{time.Hour, time.Hour}
	})
	there := map[string]bool{}
	all, err := g.client.Subscriptions("100001").Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all.Items {
		there[s.SubscriptionID] = true
	}
	lost := g.lost(g.order("PO-1", 3), true)
	fresh := g.one("100001", func(s *stellr.Subscription) bool { return !there[s.SubscriptionID] })
	for deadline := time.Now().Add(20 * time.Second); fresh.Status != stellr.SubscriptionActive && time.Now().Before(deadline); {
		if fresh, err = g.client.Subscription(t.Context(), "100001", fresh.SubscriptionID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := g.client.ChangeSeats(t.Context(), "100001", fresh.SubscriptionID, stellr.SeatChange{Quantity: 4, ProductID: fresh.ProductID, SKUNo: fresh.SKUNo}); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); *fresh.Quantity != 4 && time.Now().Before(deadline); {
		if fresh, err = g.client.Subscription(t.Context(), "100001", fresh.SubscriptionID); err != nil {
			t.Fatal(err)
		}
	}
	if fresh.Quantity == nil || *fresh.Quantity != 4 {
		t.Fatalf("got %+v", fresh)
	}
	g.readForTheLastTime("PO-1")
	if got := g.judged(lost.Command.ID); got != "UNKNOWN" {
		t.Errorf("it is there with other seats, and the order is said to be %s", got)
	}
}

// readForTheLastTime has the reseller's command of unknown outcome with this key read back for the last time, now.
func (g *gateway) readForTheLastTime(name string) {
	g.t.Helper()
	for {
		c, err := g.journal.ByKey(g.t.Context(), "test", "reseller", "", key(name))
		if err != nil || c == nil {
			g.t.Fatalf("%v %v", c, err)
		}
		c.Reads, c.DueAt, c.DispatchedAt = 1, c.DispatchedAt, c.DispatchedAt.Add(-3*time.Hour)
		if g.journal.Save(g.t.Context(), c) == nil {
			return
		}
	}
}

// Where Stellr does not tell what is decided, nothing is proven against a decision.
func TestLostDecisionThatIsNotTold(t *testing.T) {
	g := openQuick(t, sim.Options{}, fronted(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		if !strings.HasSuffix(r.URL.Path, "/renew/options") {
			pass.ServeHTTP(w, r)
			return
		}
		retold(t, w, r, pass, func(all map[string]any) {
			if data, ok := all["data"].(map[string]any); ok {
				delete(data, "decision")
			}
		})
	}))
	s := g.one("100001", activeOf(sim.MicrosoftID))
	g.sim.Inject(sim.Fault{Action: stellr.ActionUpdateRenewal, Kind: sim.FaultStatus, Status: 502, Commit: true, Count: 1})
	o := g.do("updateRenewal", subscriptionInput(s, map[string]any{"decision": "REJECT", "idempotencyKey": key("renew")}))
	if got := g.judged(o.Command.ID); got != "UNKNOWN" {
		t.Errorf("got %s", got)
	}
}

// A complaint beside the new customer's number does not mean that there is no new customer.
func TestCustomerMadeWithAComplaint(t *testing.T) {
	g := openQuick(t, sim.Options{}, neverBack, answering(t, "/customers", func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
		retold(t, w, r, pass, func(all map[string]any) { all["errorMessage"] = "the welcome mail could not be sent" })
	}))
	o := g.do("createCustomer", map[string]any{"name": "Mail Ltd", "email": "a@mail.example", "idempotencyKey": key("customer")})
	if o.Command == nil || o.Command.Status != "UNKNOWN" || g.committed() != 1 {
		t.Errorf("%d made: %+v", g.committed(), o.Command)
	}
}

// The change log's entry for another command is no proof for one that was lost.
func TestAnotherCommandsEntryInTheChangeLog(t *testing.T) {
	g := openQuick(t, sim.Options{}, neverBack)
	s, target := g.downgradable()
	in := func(name string, quantity int) map[string]any {
		return subscriptionInput(s, map[string]any{"targetProductId": target.ProductID, "targetSkuNo": target.SKUNo, "quantity": quantity, "idempotencyKey": key(name)})
	}
	g.sim.Inject(sim.Fault{Action: stellr.ActionDowngradeSubscription, Kind: sim.FaultStatus, Status: 502, Count: 1})
	lost := g.do("downgradeSubscription", in("first", *s.Quantity))
	other := g.do("downgradeSubscription", in("second", *s.Quantity+1))
	if other.Command == nil {
		t.Fatalf("got %+v", other)
	}
	if other = g.settled(other.Command.ID); other.Command.Status != "SUCCEEDED" {
		t.Fatalf("got %+v", other.Command)
	}
	if end := g.do("reconcileCommand", map[string]any{"id": lost.Command.ID}); g.committed() != 1 || end.Command.Status != "UNKNOWN" {
		t.Errorf("%d carried out, and the lost one is said to be %+v", g.committed(), end.Command)
	}
}

// downgradable is a subscription, and a product that it may be downgraded to.
func (g *gateway) downgradable() (*stellr.Subscription, *stellr.Product) {
	g.t.Helper()
	for _, customer := range []string{"100001", "100002", "100003", "100004", "100005", "100008", "100009"} {
		all, err := g.client.Subscriptions(customer).Collect(g.t.Context())
		if err != nil {
			g.t.Fatal(err)
		}
		for _, s := range all.Items {
			if !activeOf(sim.MicrosoftID)(s) {
				continue
			}
			to, err := g.client.TransitionProducts(customer, s.SubscriptionID).Collect(g.t.Context())
			if err != nil {
				g.t.Fatal(err)
			}
			for _, p := range to.Items {
				if p.TransitionType == "downgrade" && p.Eligible != nil && *p.Eligible {
					return s, p
				}
			}
		}
	}
	g.t.Fatal("nothing can be downgraded")
	return nil, nil
}

// overtaken is a journal in which a person decides on a command just before the node writes that it knows nothing of it.
type overtaken struct{ journal.Journal }

func (j *overtaken) Save(ctx context.Context, c *journal.Command) error {
	if c.Status == journal.Unknown {
		there, err := j.Get(ctx, c.Account, c.ID)
		if err != nil {
			return err
		}
		if there.InFlight() {
			there.Status, there.Step, there.FinishedAt, there.DueAt = journal.Succeeded, journal.Ended, there.DispatchedAt, time.Time{}
			if err := j.Journal.Save(ctx, there); err != nil {
				return err
			}
		}
	}
	return j.Journal.Save(ctx, c)
}

// A node that does not know what came of its request does not overwrite what a person has found out meanwhile.
func TestNotToKnowIsNoNews(t *testing.T) {
	g := openQuick(t, sim.Options{}, neverBack, func(_ *stellr.Config, o *graph.Options) {
		o.Journal = &overtaken{openJournal(t)}
	})
	g.sim.Inject(sim.Fault{Action: stellr.ActionCreateSubscriptions, Kind: sim.FaultStatus, Status: 502, Count: 1})
	o := g.do("createSubscriptions", g.order("PO-1", 3))
	if o.Command == nil || o.Command.Status != "SUCCEEDED" {
		t.Errorf("got %+v", o.Command)
	}
}

package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// outcome is what a mutation answered.
type outcome struct {
	Command *struct {
		ID, Action, Status, Actor, IdempotencyKey, StellrRequestID string
		CreatedAt, FinishedAt                                      string
		Inferred                                                   bool
		Input                                                      map[string]any
		Error                                                      *userError
	}
	Operation     *struct{ OperationID, Status string }
	Operations    []struct{ OperationID, Status string }
	Subscription  *subscriptionRow
	Subscriptions []subscriptionRow
	Customer      *struct{ CustomerNo, Name string }
	Agreement     *struct{ Status string }
	VendorAccount *struct{ Domain string }
	Status        *int
	Body          json.RawMessage
	Replayed      bool
	UserErrors    []userError
	Preview       *struct {
		Request                        json.RawMessage
		Cost, Price, CostNow, PriceNow *struct{ Amount, Currency string }
	}
}

type userError struct {
	Code, Message, StellrRequestID string
	Field                          []string
}

type subscriptionRow struct {
	SubscriptionID, Status, ProductID, SkuNo, PlanName, AutoRenew string
	Quantity                                                      int
}

const (
	commandFields = `command {id action status actor idempotencyKey stellrRequestId createdAt finishedAt inferred input error {code message stellrRequestId field}}`
	payloadFields = commandFields + ` replayed userErrors {code message field stellrRequestId} preview {request cost {amount currency} price {amount currency} costNow {amount currency} priceNow {amount currency}}`
	rowFields     = `{subscriptionId status quantity planName}`
)

// fieldsOf is what is asked of a mutation's payload.
func fieldsOf(mutation string) string {
	switch mutation {
	case "createSubscriptions":
		return payloadFields + ` operation {operationId status} operations {operationId status} subscriptions ` + rowFields
	case "createCustomer":
		return payloadFields + ` customer {customerNo name}`
	case "acceptAgreement":
		return payloadFields + ` agreement {status}`
	case "saveVendorAccount":
		return payloadFields + ` vendorAccount {domain}`
	case "stellrRequest":
		return payloadFields + ` status requestId body`
	case "reconcileCommand":
		return commandFields + ` replayed userErrors {code message field stellrRequestId}`
	}
	return payloadFields + ` operation {operationId status} subscription ` + rowFields
}

// try sends a mutation and answers what came, errors included.
func (g *gateway) try(mutation string, input map[string]any) (outcome, answer) {
	g.t.Helper()
	kind := strings.ToUpper(mutation[:1]) + mutation[1:]
	a := g.ask(fmt.Sprintf("mutation ($in: %sInput!) {%s(input: $in) {%s}}", kind, mutation, fieldsOf(mutation)), map[string]any{"in": input})
	var data map[string]outcome
	if len(a.Data) > 0 {
		if err := json.Unmarshal(a.Data, &data); err != nil {
			g.t.Fatalf("%v: %s", err, a.Data)
		}
	}
	return data[mutation], a
}

// do sends a mutation that does not break.
func (g *gateway) do(mutation string, input map[string]any) outcome {
	g.t.Helper()
	o, a := g.try(mutation, input)
	if len(a.Errors) > 0 {
		g.t.Fatalf("%s: %+v", mutation, a.Errors)
	}
	return o
}

// refused is the code of the only user error; empty where there is not exactly one.
func (o outcome) refused() string {
	if len(o.UserErrors) != 1 {
		return ""
	}
	return o.UserErrors[0].Code
}

// settled waits until a command is not pending or unknown any more.
func (g *gateway) settled(id string) outcome {
	g.t.Helper()
	return g.until(id, func(status string) bool { return status != "PENDING" && status != "UNKNOWN" })
}

// until waits until a command's status is as wanted.
func (g *gateway) until(id string, wanted func(status string) bool) outcome {
	g.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		var o outcome
		g.must(`{`+strings.Replace(commandFields, "command {", `command(id: "`+id+`") {`, 1)+`}`, &o)
		switch {
		case o.Command == nil:
			g.t.Fatalf("there is no command %s", id)
		case wanted(o.Command.Status):
			return o
		case time.Now().After(deadline):
			g.t.Fatalf("the command stays as it is: %+v", o.Command)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// writes is the ledger without what only reads: checks of vendor accounts.
func (g *gateway) writes() []sim.Entry {
	var all []sim.Entry
	for _, entry := range g.sim.Ledger() {
		if entry.Action != stellr.ActionCheckVendorAccount {
			all = append(all, entry)
		}
	}
	return all
}

// moving is a clock that goes on from day.
func moving() func() time.Time {
	start := time.Now()
	return func() time.Time { return day.Add(time.Since(start)) }
}

// quick makes following and reading back quick.
func quick(_ *stellr.Config, o *graph.Options) {
	o.Writes = graph.Writes{
		FirstLook: 10 * time.Millisecond, SeldomLook: 50 * time.Millisecond,
		ReadBack: []time.Duration{20 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond},
	}
}

// openQuick is a gateway whose operations take a moment.
func openQuick(t testing.TB, o sim.Options, tune ...func(*stellr.Config, *graph.Options)) *gateway {
	t.Helper()
	if o.OperationTime == 0 {
		o.OperationTime = 30 * time.Millisecond
	}
	o.Clock = moving()
	return open(t, o, append([]func(*stellr.Config, *graph.Options){quick}, tune...)...)
}

// key is an idempotency key of the test's.
func key(name string) string { return name + "-0123456789-0123456789" }

// one is the first subscription of a customer that passes.
func (g *gateway) one(customerNo string, pass func(*stellr.Subscription) bool) *stellr.Subscription {
	g.t.Helper()
	all, err := g.client.Subscriptions(customerNo).Collect(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	for _, s := range all.Items {
		if pass(s) {
			return s
		}
	}
	g.t.Fatalf("customer %s has no such subscription", customerNo)
	return nil
}

func activeOf(vendorID string) func(*stellr.Subscription) bool {
	return func(s *stellr.Subscription) bool {
		return s.VendorID == vendorID && s.Status == stellr.SubscriptionActive && s.BillingFrequency != "one_time" && s.ParentID == ""
	}
}

func TestChangeSeats(t *testing.T) {
	g := openQuick(t, sim.Options{})
	s := g.one("100001", activeOf(sim.MicrosoftID))
	input := map[string]any{"customerNo": "100001", "subscriptionId": s.SubscriptionID, "quantity": *s.Quantity + 2, "expectedQuantity": *s.Quantity, "idempotencyKey": key("seats")}
	g.sim.ResetLedger()
	o := g.do("changeSeats", input)
	if len(o.UserErrors) > 0 || o.Command == nil || o.Command.Status != "PENDING" || o.Operation == nil || o.Replayed {
		t.Fatalf("got %+v", o)
	}
	if writes := g.writes(); len(writes) != 1 || !writes[0].Committed || writes[0].Action != stellr.ActionChangeSeats {
		t.Fatalf("the ledger has %+v", writes)
	}
	if calls := g.sim.CallsTotal(); calls > 4 { // a token, two reads, the write
		t.Errorf("it took %d calls", calls)
	}
	if end := g.settled(o.Command.ID); end.Command.Status != "SUCCEEDED" || end.Command.FinishedAt == "" {
		t.Errorf("it ended as %+v", end.Command)
	}
	again := g.do("changeSeats", input)
	if !again.Replayed || again.Command.ID != o.Command.ID || again.Command.Status != "SUCCEEDED" || again.Subscription.Quantity != *s.Quantity+2 {
		t.Errorf("the repetition brought %+v", again)
	}
	input["quantity"] = *s.Quantity + 3
	if other := g.do("changeSeats", input); other.refused() != "IDEMPOTENCY_KEY_REUSED" || other.Command != nil {
		t.Errorf("the key with another input brought %+v", other)
	}
	if writes := g.writes(); len(writes) != 1 {
		t.Errorf("the ledger has %d writes", len(writes))
	}
}

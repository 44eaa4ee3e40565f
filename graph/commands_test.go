package graph_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// neverBack is a gateway that reads back so seldom that what is unknown stays so.
func neverBack(_ *stellr.Config, o *graph.Options) {
	o.Writes.ReadBack = []time.Duration{time.Hour, time.Hour}
}

// lost is an order whose answer never came.
func (g *gateway) lost(order map[string]any, carriedOut bool) outcome {
	g.t.Helper()
	g.sim.Inject(sim.Fault{Action: stellr.ActionCreateSubscriptions, Kind: sim.FaultStatus, Status: 502, Commit: carriedOut, Count: 1})
	o := g.do("createSubscriptions", order)
	if o.Command == nil || o.Command.Status != "UNKNOWN" {
		g.t.Fatalf("got %+v", o)
	}
	return o
}

// While nobody knows what became of a command, no more of the same is bought for the customer; then it is.
func TestUnknownBlocks(t *testing.T) {
	g := openQuick(t, sim.Options{}, neverBack)
	lost := g.lost(g.order("PO-1", 3), true)
	more, again := g.order("PO-2", 5), g.order("PO-2", 5)
	o := g.do("createSubscriptions", more)
	if o.refused() != "PREVIOUS_COMMAND_UNRESOLVED" || !strings.Contains(o.UserErrors[0].Message, lost.Command.ID) {
		t.Errorf("got %+v", o)
	}
	if o := g.as("acme/anna/BUYER").do("createSubscriptions", more); o.refused() != "PREVIOUS_COMMAND_UNRESOLVED" || strings.Contains(o.UserErrors[0].Message, lost.Command.ID) {
		t.Errorf("another organization got %+v", o)
	}
	seats := g.one("100001", activeOf(sim.MicrosoftID)) // of the same product
	if o := g.do("changeSeats", subscriptionInput(seats, map[string]any{"quantity": *seats.Quantity + 1, "idempotencyKey": key("seats")})); o.refused() != "PREVIOUS_COMMAND_UNRESOLVED" {
		t.Errorf("got %+v", o)
	}
	if o := g.do("suspendSubscription", subscriptionInput(seats, nil)); len(o.UserErrors) > 0 {
		t.Errorf("what is no purchase was refused: %+v", o)
	}
	other := g.one("100001", func(s *stellr.Subscription) bool {
		return activeOf(sim.MicrosoftID)(s) && s.ProductID != seats.ProductID
	})
	more["items"] = []any{map[string]any{"productId": other.ProductID, "quantity": 2}}
	more["idempotencyKey"] = key("PO-3")
	if o := g.do("createSubscriptions", more); len(o.UserErrors) > 0 {
		t.Errorf("another product was refused: %+v", o)
	}
	if would := g.do("reconcileCommand", map[string]any{"id": lost.Command.ID, "dryRun": true, "outcome": "CARRIED_OUT"}); would.Command.Status != "SUCCEEDED" || would.Replayed {
		t.Errorf("a dry run says it would be %+v", would.Command)
	}
	if o := g.do("createSubscriptions", again); o.refused() != "PREVIOUS_COMMAND_UNRESOLVED" {
		t.Errorf("after a dry run more is bought: %+v", o)
	}
	found := g.do("reconcileCommand", map[string]any{"id": lost.Command.ID})
	for deadline := time.Now().Add(20 * time.Second); found.Command.Status == "UNKNOWN" && time.Now().Before(deadline); { // it is pending at first
		found = g.do("reconcileCommand", map[string]any{"id": lost.Command.ID})
	}
	if found.Command.Status != "SUCCEEDED" || !found.Command.Inferred || len(found.UserErrors) > 0 {
		t.Errorf("reading back brought %+v", found)
	}
	if o := g.do("createSubscriptions", again); len(o.UserErrors) > 0 || o.Command.Status != "PENDING" {
		t.Errorf("got %+v", o)
	}
}

// Nothing accepts an agreement but acceptAgreement: an order that lacks one is refused, and that is all.
func TestAgreementsAreNotAcceptedOnTheSide(t *testing.T) {
	g := openQuick(t, sim.Options{})
	order := g.order("PO-1", 3)
	order["customerNo"] = "100006" // who has accepted none
	if o := g.do("createSubscriptions", order); o.refused() != "VENDOR_REFUSED" || o.Command.Status != "REJECTED" {
		t.Errorf("got %+v", o)
	}
	for _, write := range g.writes() {
		if write.Action != stellr.ActionCreateSubscriptions || write.Committed {
			t.Errorf("it was sent: %+v", write)
		}
	}
}

// What was not bought can stand in the way of buying too: seats may be suspended, and a generic request may have been about
// any product.
func TestUnknownOfWhatIsNoPurchaseBlocks(t *testing.T) {
	suspend := func(g *gateway) outcome {
		s := g.one("100001", activeOf(sim.MicrosoftID)) // of the product that is ordered
		return g.do("suspendSubscription", subscriptionInput(s, nil))
	}
	generic := func(g *gateway) outcome {
		s := g.one("100001", activeOf(sim.GoogleID))
		return g.do("stellrRequest", map[string]any{"method": "POST", "path": "/api/v1/customers/100001/subscriptions/" + s.SubscriptionID + "/suspend"})
	}
	for name, send := range map[string]func(*gateway) outcome{"suspended": suspend, "generic": generic} {
		g := openQuick(t, sim.Options{}, neverBack, allowSuspending(t))
		g.sim.Inject(sim.Fault{Action: stellr.ActionSuspendSubscription, Kind: sim.FaultStatus, Status: 502, Count: 1})
		lost := send(g)
		if lost.Command == nil || lost.Command.Status != "UNKNOWN" {
			t.Fatalf("%s: %+v", name, lost)
		}
		if o := g.do("createSubscriptions", g.order("PO-1", 3)); o.refused() != "PREVIOUS_COMMAND_UNRESOLVED" || !strings.Contains(o.UserErrors[0].Message, lost.Command.ID) {
			t.Errorf("%s: %+v", name, o)
		}
		other := g.one("100002", activeOf(sim.MicrosoftID))
		order := map[string]any{"customerNo": "100002", "vendorId": other.VendorID, "idempotencyKey": key("other"), "items": []any{map[string]any{"productId": other.ProductID, "quantity": 2}}}
		if o := g.do("createSubscriptions", order); len(o.UserErrors) > 0 {
			t.Errorf("%s: another customer's order: %+v", name, o)
		}
	}
}

// What reading cannot tell, a person can: an admin, and nobody below.
func TestDecidingByHand(t *testing.T) {
	g := openQuick(t, sim.Options{}, neverBack, allowSuspending(t))
	s := g.one("100001", activeOf(sim.MicrosoftID))
	send := func(name string) outcome {
		g.sim.Inject(sim.Fault{Action: stellr.ActionSuspendSubscription, Kind: sim.FaultStatus, Status: 502, Count: 1})
		return g.do("stellrRequest", map[string]any{"method": "POST", "path": "/api/v1/customers/100001/subscriptions/" + s.SubscriptionID + "/suspend",
			"body": map[string]any{"reason": name}, "idempotencyKey": key(name)})
	}
	for outcome, status := range map[string]string{"CARRIED_OUT": "SUCCEEDED", "NOT_CARRIED_OUT": "FAILED"} {
		o := send(outcome)
		if o.Command.Status != "UNKNOWN" {
			t.Fatalf("got %+v", o)
		}
		if read := g.do("reconcileCommand", map[string]any{"id": o.Command.ID}); read.Command.Status != "UNKNOWN" || read.refused() != "OUTCOME_UNKNOWN" {
			t.Errorf("reading brought %+v", read)
		}
		if _, a := g.as("reseller/bob/BUYER").try("reconcileCommand", map[string]any{"id": o.Command.ID, "outcome": outcome}); a.code() != "FORBIDDEN" {
			t.Errorf("a buyer was told %+v", a)
		}
		if by := g.do("reconcileCommand", map[string]any{"id": o.Command.ID, "outcome": outcome}); by.Command.Status != status || !by.Command.Inferred {
			t.Errorf("got %+v", by.Command)
		}
		if by := g.do("reconcileCommand", map[string]any{"id": o.Command.ID, "outcome": "CARRIED_OUT"}); by.Command.Status != status || !by.Replayed {
			t.Errorf("what was decided was changed: %+v", by.Command)
		}
	}
	if o := g.do("reconcileCommand", map[string]any{"id": stellr.Ref{Kind: "Command", Keys: []string{"NONE"}}.String()}); o.refused() != "NOT_FOUND" || o.Command != nil {
		t.Errorf("got %+v", o)
	}
}

// The same bought twice within ten minutes under two keys is suspect, unless it is meant.
func TestDuplicates(t *testing.T) {
	g := openQuick(t, sim.Options{})
	first := g.do("createSubscriptions", g.order("PO-1", 3))
	again := g.order("PO-1", 3)
	again["idempotencyKey"] = key("another")
	o := g.do("createSubscriptions", again)
	if o.refused() != "DUPLICATE_SUSPECTED" || !slices.Equal(o.UserErrors[0].Field, []string{"confirmDuplicate"}) || !strings.Contains(o.UserErrors[0].Message, first.Command.ID) || o.Command != nil {
		t.Errorf("got %+v", o)
	}
	again["dryRun"] = true
	if o := g.do("createSubscriptions", again); o.refused() != "DUPLICATE_SUSPECTED" || o.Preview == nil {
		t.Errorf("the dry run brought %+v", o)
	}
	delete(again, "dryRun")
	again["confirmDuplicate"] = true
	if o := g.do("createSubscriptions", again); len(o.UserErrors) > 0 || o.Command.ID == first.Command.ID || g.committed() != 2 {
		t.Errorf("got %+v with %d orders", o, g.committed())
	}
	if o := g.do("createSubscriptions", g.order("PO-2", 3)); len(o.UserErrors) > 0 {
		t.Errorf("what differs is suspect: %+v", o)
	}
	item := g.order("PO-2", 3)["items"].([]any)[0].(map[string]any)
	for i, said := range []map[string]any{
		{"customerNo": "100001", "items": []any{map[string]any{"productId": item["productId"], "quantity": 3}}},
		{"customerNo": "100001", "items": []any{map[string]any{"skuNo": item["skuNo"], "quantity": 3}}},
		{"customerNo": "0100001", "items": []any{map[string]any{"productId": "00" + item["productId"].(string), "skuNo": item["skuNo"], "quantity": 3}}},
	} {
		same := g.order("PO-2", 3)
		same["customerNo"], same["items"], same["idempotencyKey"] = said["customerNo"], said["items"], key(fmt.Sprint("said otherwise ", i))
		if o := g.do("createSubscriptions", same); o.refused() != "DUPLICATE_SUSPECTED" {
			t.Errorf("the same in other words, %v, brought %+v", said, o)
		}
	}
}

// Keys and commands belong to organizations; a key is one intention of one mutation.
func TestKeysAndOrganizations(t *testing.T) {
	g := openQuick(t, sim.Options{})
	acme, globex := g.as("acme/anna/BUYER"), g.as("globex/gus/BUYER")
	order := g.order("PO-1", 3)
	mine := acme.do("createSubscriptions", order)
	if o := globex.do("createSubscriptions", order); o.refused() != "DUPLICATE_SUSPECTED" || strings.Contains(o.UserErrors[0].Message, mine.Command.ID) {
		t.Errorf("the same for the same customer, by another organization, got %+v", o)
	}
	confirmed := maps.Clone(order)
	confirmed["confirmDuplicate"] = true
	yours := globex.do("createSubscriptions", confirmed)
	if mine.Command.ID == yours.Command.ID || yours.Replayed || g.committed() != 2 {
		t.Fatalf("two organizations got %+v and %+v", mine.Command, yours.Command)
	}
	if o := g.as("acme/ben/BUYER").do("createSubscriptions", order); !o.Replayed || o.Command.ID != mine.Command.ID {
		t.Errorf("a colleague got %+v", o)
	}
	var data struct {
		Command, CommandByKey *struct{ ID string }
		Node                  *struct{ ID string }
		Commands              struct {
			TotalCount int
			Nodes      []struct{ ID, Actor string }
		}
	}
	query := fmt.Sprintf(`{command(id: %q) {id} node(id: %q) {id} commandByKey(idempotencyKey: %q) {id} commands {totalCount nodes {id actor}}}`, mine.Command.ID, mine.Command.ID, key("PO-1"))
	globex.must(query, &data)
	if data.Command != nil || data.Node != nil || data.CommandByKey.ID != yours.Command.ID || data.Commands.TotalCount != 1 || data.Commands.Nodes[0].Actor != "gus" {
		t.Errorf("another organization sees %+v", data)
	}
	if g.as("acme/ben/BUYER").must(query, &data); data.Command != nil || data.Commands.TotalCount != 0 {
		t.Errorf("a colleague who is no admin sees %+v", data)
	}
	if g.as("acme/adele/ADMIN").must(query, &data); data.Command == nil || data.Node == nil || data.Commands.TotalCount != 1 {
		t.Errorf("the organization's admin sees %+v", data)
	}
	if g.must(query, &data); data.Command == nil || data.Commands.TotalCount != 2 {
		t.Errorf("the reseller's admin sees %+v", data)
	}
	if o := globex.do("reconcileCommand", map[string]any{"id": mine.Command.ID}); o.refused() != "NOT_FOUND" {
		t.Errorf("another organization reconciles: %+v", o)
	}
}

// Who may do what: the least role that may, and the one below, which may not.
func TestRights(t *testing.T) {
	g := openQuick(t, sim.Options{}, allowSuspending(t))
	ladder := []string{"VIEWER", "OPERATOR", "BUYER", "ADMIN"}
	least := map[string]string{
		"suspendSubscription": "OPERATOR", "activateSubscription": "OPERATOR", "reactivateSubscription": "OPERATOR", "updateRenewal": "OPERATOR",
		"createSubscriptions": "BUYER", "createAddOn": "BUYER", "changeSeats": "BUYER", "cancelSubscription": "BUYER", "upgradeSubscription": "BUYER",
		"downgradeSubscription": "BUYER", "changePlan": "BUYER", "transferSubscription": "BUYER", "acceptAgreement": "BUYER",
		"createCustomer": "ADMIN", "saveVendorAccount": "ADMIN", "stellrRequest": "ADMIN",
	}
	for _, c := range mutationCases() {
		input := c.input(g)
		input["dryRun"] = true
		at := slices.Index(ladder, least[c.name])
		organization := "acme"
		if c.name == "createCustomer" {
			organization = "reseller" // which is whose customer it becomes
			if _, a := g.as("acme/anna/ADMIN").try(c.name, input); a.code() != "FORBIDDEN" {
				t.Errorf("%s: an organization's admin got %+v", c.name, a)
			}
		}
		if o, a := g.as(organization+"/anna/"+ladder[at]).try(c.name, input); len(a.Errors) > 0 || o.Preview == nil {
			t.Errorf("%s: %s got %+v %+v", c.name, ladder[at], o, a.Errors)
		}
		if _, a := g.as(organization+"/anna/"+ladder[at-1]).try(c.name, input); a.code() != "FORBIDDEN" {
			t.Errorf("%s: %s got %+v", c.name, ladder[at-1], a)
		}
	}
	if len(g.writes()) > 0 {
		t.Errorf("the ledger has %+v", g.writes())
	}
}

// The audit trail: filtered, paged, newest first, and without secrets.
func TestCommands(t *testing.T) {
	g := openQuick(t, sim.Options{})
	for i := range 7 {
		order := g.order(fmt.Sprintf("PO-%d", i), 3+i)
		g.as(fmt.Sprintf("acme/anna%d/BUYER", i%2)).do("createSubscriptions", order)
	}
	s := g.one("100001", activeOf(sim.GoogleID))
	token := sim.TransferToken(stellr.DateOf(day).AddDays(3), "cedar")
	moved := g.do("transferSubscription", map[string]any{"customerNo": "100001", "vendorId": sim.GoogleID, "transferToken": token,
		"domain": "cedar.example", "productId": s.ProductID, "quantity": 4, "idempotencyKey": key("move")})
	if moved.Command == nil || moved.Command.Input["transferToken"] != "[redacted]" {
		t.Errorf("got %+v", moved)
	}
	record, err := g.journal.ByKey(t.Context(), "test", "reseller", "", key("move"))
	if raw, _ := json.Marshal(record); err != nil || strings.Contains(string(raw), token) {
		t.Errorf("the journal has the token: %s, %v", raw, err)
	}
	count := func(filter string) int {
		var data struct{ Commands struct{ TotalCount int } }
		g.must(`{commands(filter: {`+filter+`}) {totalCount}}`, &data)
		return data.Commands.TotalCount
	}
	for filter, want := range map[string]int{
		``: 8, `actor: "anna1"`: 3, `action: "transferSubscription"`: 1, `customerNo: "100001"`: 8, `customerNo: "100002"`: 0, `customerNo: ""`: 0,
		`actor: "anna0", action: "createSubscriptions"`: 4, `from: "2026-07-09T00:00:00Z"`: 8, `to: "2026-07-09T00:00:00Z"`: 0, `status: REJECTED`: 0,
	} {
		if got := count(filter); got != want {
			t.Errorf("%s: %d", filter, got)
		}
	}
	var ids []string
	after := ""
	for {
		var data struct {
			Commands struct {
				Nodes    []struct{ ID, CreatedAt string }
				PageInfo struct {
					HasNextPage, HasPreviousPage bool
					EndCursor                    string
				}
			}
		}
		g.must(`{commands(first: 3`+after+`) {nodes {id createdAt} pageInfo {hasNextPage hasPreviousPage endCursor}}}`, &data)
		for _, c := range data.Commands.Nodes {
			ids = append(ids, c.ID)
		}
		if data.Commands.PageInfo.HasPreviousPage != (after != "") {
			t.Errorf("hasPreviousPage of %q is %v", after, data.Commands.PageInfo.HasPreviousPage)
		}
		if !data.Commands.PageInfo.HasNextPage {
			break
		}
		after = `, after: "` + data.Commands.PageInfo.EndCursor + `"`
	}
	if len(ids) != 8 || ids[0] != moved.Command.ID || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 8 {
		t.Errorf("the pages have %v", ids)
	}
	var last struct {
		Commands struct{ Nodes []struct{ ID string } }
	}
	if g.must(`{commands(last: 2) {nodes {id}}}`, &last); len(last.Commands.Nodes) != 2 || last.Commands.Nodes[1].ID != ids[7] {
		t.Errorf("the last are %+v of %v", last, ids)
	}
}

// Inputs that cannot be meant, and states that do not allow it: nothing is sent and nothing recorded.
func TestRefusals(t *testing.T) {
	g := openQuick(t, sim.Options{})
	s := g.one("100001", activeOf(sim.MicrosoftID))
	google := g.one("100001", activeOf(sim.GoogleID))
	cancelled := g.one("100001", func(s *stellr.Subscription) bool { return s.Status == stellr.SubscriptionCancelled })
	seats := func(more map[string]any) map[string]any {
		input := subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 1, "idempotencyKey": key("refused")})
		for name, value := range more {
			input[name] = value
		}
		return input
	}
	item := map[string]any{"productId": google.ProductID, "quantity": 1}
	for _, c := range []struct {
		mutation string
		input    map[string]any
		code     string
		field    string
	}{
		{"changeSeats", seats(map[string]any{"idempotencyKey": nil}), "INVALID_INPUT", "idempotencyKey"},
		{"changeSeats", seats(map[string]any{"idempotencyKey": "too short"}), "INVALID_INPUT", "idempotencyKey"},
		{"changeSeats", seats(map[string]any{"idempotencyKey": strings.Repeat("a", 256)}), "INVALID_INPUT", "idempotencyKey"},
		{"changeSeats", seats(map[string]any{"idempotencyKey": strings.Repeat("a", 20) + "\n"}), "INVALID_INPUT", "idempotencyKey"},
		{"changeSeats", seats(map[string]any{"quantity": 0}), "INVALID_INPUT", "quantity"},
		{"changeSeats", seats(map[string]any{"quantity": -3}), "INVALID_INPUT", "quantity"},
		{"changeSeats", seats(map[string]any{"quantity": *s.Quantity}), "INVALID_INPUT", "quantity"},
		{"changeSeats", seats(map[string]any{"expectedQuantity": *s.Quantity + 7}), "STALE_QUANTITY", "expectedQuantity"},
		{"changeSeats", seats(map[string]any{"subscriptionId": "1_1"}), "NOT_FOUND", "subscriptionId"},
		{"changeSeats", seats(map[string]any{"customerNo": "100002"}), "NOT_FOUND", "subscriptionId"},
		{"changeSeats", seats(map[string]any{"customerNo": "999999"}), "NOT_FOUND", "subscriptionId"},
		{"cancelSubscription", subscriptionInput(cancelled, nil), "NOT_ALLOWED_NOW", ""},
		{"createSubscriptions", map[string]any{"customerNo": "100001", "vendorId": sim.GoogleID, "items": []any{item, item}, "idempotencyKey": key("two")}, "INVALID_INPUT", "items"},
		{"createSubscriptions", map[string]any{"customerNo": "100001", "vendorId": sim.GoogleID, "items": []any{}, "idempotencyKey": key("none")}, "INVALID_INPUT", "items"},
		{"createSubscriptions", map[string]any{"customerNo": "999999", "vendorId": sim.GoogleID, "items": []any{item}, "idempotencyKey": key("nobody")}, "NOT_FOUND", "customerNo"},
		{"createSubscriptions", map[string]any{"customerNo": "100001", "vendorId": sim.GoogleID, "items": []any{map[string]any{"productId": "1", "quantity": 1}}, "idempotencyKey": key("nothing")}, "NOT_FOUND", "productId"},
		{"updateRenewal", subscriptionInput(s, map[string]any{"decision": "OTHER", "idempotencyKey": key("renewal")}), "INVALID_INPUT", "decision"},
		{"changePlan", subscriptionInput(s, map[string]any{"idempotencyKey": key("plan")}), "INVALID_INPUT", "billingFrequency"},
		{"acceptAgreement", map[string]any{"customerNo": "999999", "agreementType": "MicrosoftCustomerAgreement", "firstName": "A", "lastName": "B", "email": "a@b.example", "acceptedOn": "2026-07-09"}, "NOT_FOUND", "customerNo"},
		{"saveVendorAccount", map[string]any{"ownerType": "CUSTOMER", "vendorId": "4"}, "INVALID_INPUT", "customerNo"},
		{"createCustomer", map[string]any{"name": " "}, "INVALID_INPUT", "name"},
	} {
		o := g.do(c.mutation, c.input)
		if o.refused() != c.code || o.Command != nil || c.field != "" && !slices.Contains(o.UserErrors[0].Field, c.field) {
			t.Errorf("%s %v: %+v", c.mutation, c.input, o)
		}
	}
	var data struct{ Commands struct{ TotalCount int } }
	if g.must(`{commands {totalCount}}`, &data); data.Commands.TotalCount > 0 || len(g.writes()) > 0 {
		t.Errorf("%d commands are recorded and %d writes sent", data.Commands.TotalCount, len(g.writes()))
	}
}

// One operation spends once.
func TestOneSpendingMutation(t *testing.T) {
	g := openQuick(t, sim.Options{})
	one := `changeSeats(input: {customerNo: "100001", subscriptionId: "1_1", quantity: 1, dryRun: true}) {replayed}`
	if a := g.ask(`mutation {a: `+one+` b: `+one+`}`, nil); a.code() != "QUERY_TOO_EXPENSIVE" {
		t.Errorf("got %+v", a)
	}
	if a := g.ask(`mutation {a: `+one+` ...F} fragment F on Mutation {b: `+one+`}`, nil); a.code() != "QUERY_TOO_EXPENSIVE" {
		t.Errorf("got %+v", a)
	}
	suspend := `suspendSubscription(input: {customerNo: "100001", subscriptionId: "1_1"}) {replayed}`
	if a := g.ask(`mutation {a: `+one+` b: `+suspend+` c: `+suspend+`}`, nil); len(a.Errors) > 0 {
		t.Errorf("got %+v", a)
	}
}

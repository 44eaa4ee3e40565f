package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/graph/generated"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// questions name each root field once at least, with arguments that bring something from the demonstration.
var questions = map[string]string{
	"agreement":                  `(customerNo: "100001", agreementType: "MicrosoftCustomerAgreement")`,
	"azureConsumption":           `(first: 5)`,
	"command":                    `(id: "COMMAND")`,
	"commandByKey":               `(idempotencyKey: "every-field-0123456789")`,
	"commands":                   `(first: 3)`,
	"checkVendorAccount":         `(vendorId: "4", checkType: "domain", value: "example.com")`,
	"customer":                   `(customerNo: "100001")`,
	"customers":                  `(first: 12)`,
	"googleTransferableProducts": `(first: 5, domain: "cedar.example", transferToken: "TOKEN")`,
	"invoice":                    `(invoiceNo: "INVOICE")`,
	"invoiceReport":              `(from: "2026-05-01", to: "2026-06-30")`,
	"invoices":                   `(first: 5)`,
	"node":                       `(id: "NODE")`,
	"nodes":                      `(ids: ["NODE", "NODE"])`,
	"operation":                  `(operationId: "OPERATION")`,
	"product":                    `(productId: "PRODUCT")`,
	"productBySku":               `(skuNo: "SKU")`,
	"recurring":                  ``,
	"renewals":                   `(within: 25, last: 12)`,
	"subscription":               `(customerNo: "100001", subscriptionId: "SUBSCRIPTION")`,
	"subscriptions":              `(first: 20, orderBy: {field: NAME})`,
	"upstream":                   ``,
	"vendor":                     `(vendorId: "4")`,
	"vendorAccounts":             `(first: 20)`,
	"vendors":                    ``,
	"viewer":                     ``,
}

// further asks for what the questions do not reach: they would be longer than a document may be.
var further = []string{
	`{customer(customerNo: "100001") {__typename subscribedUsers(vendorId: "4", first: 3) {nodes {
		subscriptions {__typename subscription {id} product {id}}}}}}`,
	`{customer(customerNo: "100001") {subscriptions(first: 50) {nodes {__typename planName
		changeLog {__typename subscription {id}}
		renewalOptions {plans {__typename product {id}}}
		transitionProducts(first: 1) {__typename nodes {id} edges {__typename reason node {id}}}}}}}`,
	`{invoiceReport(from: "2026-05-01", to: "2026-06-30") {lines(first: 50) {__typename edges {__typename node {id: description}}
		nodes {__typename customer {id} subscription {id} product {id} invoice {id}}}}}`,
	`{operation(operationId: "FAILED") {results {__typename message detail}}}`,
	`{commands(first: 1) {nodes {operation {__typename command {id}}}}}`,
	`mutation {changeSeats(input: {customerNo: "100001", subscriptionId: "SUBSCRIPTION", quantity: 0, dryRun: true}) {userErrors {__typename field}}}`,
}

// arguments that nested fields need, or that keep them short.
var nested = map[string]string{
	"agreement":       `(agreementType: "MicrosoftCustomerAgreement")`,
	"subscribedUsers": `(vendorId: "4", first: 3)`,
	"renewals":        `(within: 400, first: 3)`,
	"seatChanges":     `(since: "2026-07-01", first: 3)`,
	"seatsChanged":    `(since: "2026-07-01")`,
}

// selection is all fields of a type, with links followed so many levels deep.
func selection(schema *ast.Schema, def *ast.Definition, deep int) string {
	var out strings.Builder
	out.WriteString("{__typename ")
	if def.Kind == ast.Interface {
		out.WriteString("id ")
	}
	for _, field := range def.Fields {
		inner := schema.Types[field.Type.Name()]
		if strings.HasPrefix(field.Name, "__") || inner.IsLeafType() && def.Kind == ast.Interface {
			continue
		}
		if inner.IsLeafType() {
			out.WriteString(field.Name + nested[field.Name] + " ")
			continue
		}
		left := deep
		if !value(inner.Name) {
			left--
		}
		if left < 0 {
			continue
		}
		arguments := nested[field.Name]
		if arguments == "" && strings.HasSuffix(inner.Name, "Connection") {
			arguments = "(first: 3)"
		}
		out.WriteString(field.Name + arguments + selection(schema, inner, left) + " ")
	}
	return out.String() + "}"
}

// value says whether a type is a part of a record and not another record.
func value(name string) bool {
	return strings.HasSuffix(name, "Edge") || slices.Contains([]string{
		"Money", "Address", "Recurring", "PageInfo", "PriceTier", "RenewalPlan", "InvoiceTotal", "OperationResult", "AssignedSubscription",
	}, name)
}

// TestEveryField asks for every field of every type, and wants each of them to bring something.
func TestEveryField(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	var passed atomic.Int64 // since day
	g := open(t, sim.Options{Clock: func() time.Time { return day.Add(time.Duration(passed.Load())) }})
	known := g.names()
	command := g.orphaned(known.Replace("PRODUCT"), "every-field-0123456789")
	passed.Store(int64(time.Minute)) // the operations that were begun have ended
	g.settled(command)
	brought := map[string]bool{}
	for _, field := range schema.Query.Fields {
		arguments, ok := questions[field.Name]
		if !ok && !strings.HasPrefix(field.Name, "__") {
			t.Errorf("no question for %s", field.Name)
		}
		if !ok {
			continue
		}
		deep := 2
		if slices.Contains([]string{"subscription", "invoice", "invoices", "invoiceReport", "operation", "command", "commandByKey", "commands"}, field.Name) {
			deep = 1 // more is more than a document may hold
		}
		arguments = strings.ReplaceAll(known.Replace(arguments), "COMMAND", command)
		top := g.brings(t, "{"+field.Name+arguments+selection(schema, schema.Types[field.Type.Name()], deep)+"}", brought)
		if top[field.Name] == nil {
			t.Errorf("%s brings nothing", field.Name)
		}
	}
	for _, query := range further {
		g.brings(t, known.Replace(query), brought)
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		def := schema.Types[name]
		if def.Kind != ast.Object || def.BuiltIn || name == "Query" || name == "Events" || answersMutation(name) {
			continue
		}
		for _, field := range def.Fields {
			if !brought[name+"."+field.Name] {
				t.Errorf("%s.%s is null or empty everywhere", name, field.Name)
			}
		}
	}
}

// answersMutation says whether a type is for mutations only, whose tests ask for its fields.
func answersMutation(name string) bool {
	return name == "Mutation" || name == "Preview" || strings.HasSuffix(name, "Payload")
}

// orphaned is the id of an order that fails and leaves something behind.
func (g *gateway) orphaned(productID, key string) string {
	g.t.Helper()
	g.sim.Inject(sim.Fault{Action: stellr.ActionCreateSubscriptions, Kind: sim.FaultOrphan, Count: 1})
	o := g.do("createSubscriptions", map[string]any{"customerNo": "100001", "vendorId": sim.MicrosoftID, "idempotencyKey": key,
		"items": []any{map[string]any{"productId": productID, "quantity": 3}}})
	if o.Command == nil {
		g.t.Fatalf("the order was refused: %+v", o.UserErrors)
	}
	return o.Command.ID
}

// brings asks, fails the test on every error, and notes what came.
func (g *gateway) brings(t *testing.T, query string, brought map[string]bool) map[string]any {
	t.Helper()
	a := g.ask(query, nil)
	for _, e := range a.Errors {
		t.Errorf("%.60s: %s %v %v", query, e.Message, e.Path, e.Extensions)
	}
	var top map[string]any
	if err := json.Unmarshal(a.Data, &top); err != nil {
		t.Fatalf("%.60s: %v", query, err)
	}
	note(top, brought)
	return top
}

// TestEveryNode asks once more, by its global id, for a record of each type.
func TestEveryNode(t *testing.T) {
	g := open(t, sim.Options{})
	known := g.names()
	byType := map[string]string{}
	for _, query := range []string{
		`{customer(customerNo: "100001") {__typename id
			subscriptions(first: 50) {nodes {__typename id product {__typename id vendor {__typename id}} renewalOptions {__typename id} changeLog {__typename id}}}
			invoices(first: 1) {nodes {__typename id}} agreement(agreementType: "MicrosoftCustomerAgreement") {__typename id}
			vendorAccounts {nodes {__typename id}} subscribedUsers(vendorId: "4", first: 2) {nodes {__typename id}}
			azureConsumption(first: 3) {nodes {__typename id}}}}`,
		`{operation(operationId: "OPERATION") {__typename id}}`,
		`{command(id: "` + g.orphaned(known.Replace("PRODUCT"), "every-node-0123456789") + `") {__typename id}}`,
	} {
		collect(g.brings(t, known.Replace(query), map[string]bool{}), byType)
	}
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	for _, def := range schema.GetPossibleTypes(schema.Types["Node"]) {
		id := byType[def.Name]
		var data struct{ Node, Missing map[string]string }
		g.must(fmt.Sprintf(`{node(id: %q) {__typename id}}`, id), &data)
		if data.Node["__typename"] != def.Name || data.Node["id"] != id {
			t.Errorf("%s: asked for %q, got %v", def.Name, id, data.Node)
		}
	}
}

// collect keeps one id of each type.
func collect(v any, byType map[string]string) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			collect(item, byType)
		}
	case map[string]any:
		if id, ok := v["id"].(string); ok {
			byType[fmt.Sprint(v["__typename"])] = id
		}
		for _, inner := range v {
			collect(inner, byType)
		}
	}
}

// note marks each field that holds something.
func note(v any, brought map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			note(item, brought)
		}
	case map[string]any:
		for key, inner := range v {
			list, isList := inner.([]any)
			if inner != nil && (!isList || len(list) > 0) {
				brought[fmt.Sprint(v["__typename"])+"."+key] = true
			}
			note(inner, brought)
		}
	}
}

// names are the keys of records that the questions need.
func (g *gateway) names() *strings.Replacer {
	g.t.Helper()
	var data struct {
		Customer struct {
			ID            string
			Subscriptions struct {
				Nodes []struct {
					SubscriptionID string
					Product        struct{ ProductID, SkuNo string }
				}
			}
			Invoices struct{ Nodes []struct{ InvoiceNo string } }
		}
	}
	g.must(`{customer(customerNo: "100001") {id
		subscriptions(first: 3, filter: {vendorId: "4", status: ACTIVE}) {nodes {subscriptionId product {productId skuNo}}}
		invoices(first: 1) {nodes {invoiceNo}}}}`, &data)
	first := data.Customer.Subscriptions.Nodes[0]
	done, err := g.client.SuspendSubscription(context.Background(), "100001", data.Customer.Subscriptions.Nodes[1].SubscriptionID, stellr.Reason{})
	if err != nil {
		g.t.Fatal(err)
	}
	g.sim.Inject(sim.Fault{Action: stellr.ActionSuspendSubscription, Kind: sim.FaultDoneFailed, Count: 1})
	failed, err := g.client.SuspendSubscription(context.Background(), "100001", data.Customer.Subscriptions.Nodes[2].SubscriptionID, stellr.Reason{})
	if err != nil {
		g.t.Fatal(err)
	}
	return strings.NewReplacer("FAILED", failed.OperationID, "SUBSCRIPTION", first.SubscriptionID, "PRODUCT", first.Product.ProductID, "SKU", first.Product.SkuNo,
		"INVOICE", data.Customer.Invoices.Nodes[0].InvoiceNo, "NODE", data.Customer.ID, "OPERATION", done.OperationID, "TOKEN", sim.TransferToken(stellr.DateOf(day).AddDays(3), "cedar"))
}

package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/graph/generated"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// more is what a mutation's input can hold beyond what its case has.
func (g *gateway) more(mutation string, input map[string]any) map[string]any {
	switch mutation {
	case "createCustomer":
		return map[string]any{"contactName": "Ada Byron", "phone": "+1-775-555-0100", "domain": "newharbour.example", "address": map[string]any{
			"line1": "1 Harbour Way", "line2": "Suite 2", "city": "Reno", "region": "NV", "postalCode": "89501", "country": "US"}}
	case "acceptAgreement":
		return map[string]any{"phone": "+1-775-555-0100"}
	case "createSubscriptions":
		s := g.one(ours, func(s *stellr.Subscription) bool { return activeOf(sim.MicrosoftID)(s) && !s.EndDate.IsZero() })
		return map[string]any{"endUserPoNo": "EU-77", "paymentMethod": "INVOICE", "dynamicParams": map[string]any{"b": 2, "a": "x"}, "items": []any{map[string]any{
			"productId": s.ProductID, "skuNo": s.SKUNo, "quantity": 3, "billingFrequency": s.BillingFrequency, "termDuration": s.TermDuration,
			"autoRenew": false, "coterminousSubscriptionId": s.SubscriptionID}}}
	case "createAddOn", "changeSeats":
		return map[string]any{"resellerPoNo": "PO-78"}
	case "upgradeSubscription", "downgradeSubscription":
		return map[string]any{"quantity": 42}
	case "changePlan":
		return map[string]any{"billingFrequency": "month", "termDuration": "P1Y", "quantity": 99, "resellerPoNo": "PO-79"}
	case "transferSubscription":
		return map[string]any{"resellerPoNo": "PO-80"}
	case "updateRenewal":
		s := g.one(ours, func(s *stellr.Subscription) bool { return s.SubscriptionID == input["subscriptionId"] })
		return map[string]any{"decision": "ACCEPT", "plans": []any{map[string]any{"productId": s.ProductID, "skuNo": s.SKUNo, "quantity": 5,
			"billingFrequency": "annual", "termDuration": "P3Y", "coterminousDate": "2027-01-31"}}}
	case "saveVendorAccount":
		return map[string]any{"tenantId": "5b0e1c1a-0000-4000-8000-000000000001", "adminEmail": "ada@cedar.example"}
	case "stellrRequest":
		return map[string]any{"query": map[string]any{"notify": []any{"a", true, 7}}}
	}
	return nil
}

// leastOf is an input with no more than a mutation needs.
func leastOf(mutation string, input map[string]any) map[string]any {
	input = maps.Clone(input)
	for _, name := range []string{"reason", "expectedQuantity", "resellerPoNo", "email", "address", "domain", "body"} {
		if mutation != "acceptAgreement" || name != "email" {
			delete(input, name)
		}
	}
	return input
}

// unset are the fields of an input that hold nothing, wherever they stand.
func unset(schema *ast.Schema, def *ast.Definition, input map[string]any) (names []string) {
	for _, field := range def.Fields {
		value, inner := input[field.Name], schema.Types[field.Type.Name()]
		if list, ok := value.([]any); ok && len(list) > 0 && inner.Kind == ast.InputObject {
			value = list[0]
		}
		nested, isObject := value.(map[string]any)
		switch {
		case field.Name == "dryRun":
		case value == nil:
			names = append(names, def.Name+"."+field.Name)
		case isObject && inner.Kind == ast.InputObject:
			names = append(names, unset(schema, inner, nested)...)
		}
	}
	return names
}

// What of a mutation's input goes where: the request of each, with all that it can hold and with no more than it needs.
func TestWhatMutationsSend(t *testing.T) {
	schema := generated.NewExecutableSchema(generated.Config{}).Schema()
	var got bytes.Buffer
	for _, c := range mutationCases() {
		for _, full := range []bool{true, false} {
			g := openQuick(t, sim.Options{}, allowSuspending(t))
			name, input := "least", leastOf(c.name, c.input(g))
			if full {
				name, input = "full", c.input(g)
				maps.Copy(input, g.more(c.name, input))
				if field := schema.Types[strings.ToUpper(c.name[:1])+c.name[1:]+"Input"]; field.Fields.ForName("confirmDuplicate") != nil {
					input["confirmDuplicate"] = true
				}
			}
			input["idempotencyKey"] = key(c.name)
			if def := schema.Types[strings.ToUpper(c.name[:1])+c.name[1:]+"Input"]; full {
				if missing := unset(schema, def, input); len(missing) > 0 {
					t.Errorf("the full %s does not have %v", c.name, missing)
				}
			}
			g.sim.ResetLedger()
			g.took()
			o := g.do(c.name, input)
			writes := g.writes()
			if len(writes) != 1 {
				t.Fatalf("%s %s: %d writes: %+v", name, c.name, len(writes), o)
			}
			var body bytes.Buffer
			if len(writes[0].Body) > 0 {
				if err := json.Indent(&body, writes[0].Body, "", "  "); err != nil {
					t.Fatal(err)
				}
			}
			asked, _ := json.Marshal(input)
			path := writes[0].Path
			for _, uri := range g.took() {
				if c.name == "stellrRequest" && strings.HasPrefix(uri, path) {
					path = uri // with its query, which the ledger leaves out
				}
			}
			fmt.Fprintf(&got, "# %s, %s: %s\n%s %s\n%s\n\n", c.name, name, asked, writes[0].Method, path, &body)
		}
	}
	compare(t, "testdata/writes.golden", got.Bytes())
}

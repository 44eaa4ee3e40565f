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

// request is what a dry run would have sent.
type request struct {
	Method, Path string
	Body         map[string]any
}

func (o outcome) request(t *testing.T) request {
	t.Helper()
	var r request
	if o.Preview == nil {
		t.Fatalf("there is no preview: %+v", o)
	}
	if err := json.Unmarshal(o.Preview.Request, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A dry run shows the very request that is sent after it, secrets aside.
func TestRehearsalIsTrue(t *testing.T) {
	for _, c := range mutationCases() {
		g := openQuick(t, sim.Options{}, allowSuspending(t))
		input := c.input(g)
		input["dryRun"] = true
		rehearsed := g.do(c.name, input).request(t)
		delete(input, "dryRun")
		input["idempotencyKey"] = key(c.name)
		g.do(c.name, input)
		sent := g.writes()[0]
		var body map[string]any
		if err := json.Unmarshal(sent.Body, &body); err != nil {
			t.Fatal(err)
		}
		if _, secret := body["transferToken"]; secret {
			body["transferToken"] = "[redacted]"
		}
		if rehearsed.Method != sent.Method || rehearsed.Path != sent.Path || fmt.Sprint(rehearsed.Body) != fmt.Sprint(body) {
			t.Errorf("%s: rehearsed %+v, sent %s %s %s", c.name, rehearsed, sent.Method, sent.Path, sent.Body)
		}
	}
}

// threeYears is a subscription of an offer that is sold for three years too, and has not that term.
func (g *gateway) threeYears() *stellr.Subscription {
	g.t.Helper()
	products, err := g.client.VendorProducts(sim.MicrosoftID, stellr.ProductQuery{}).Collect(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	return g.one("100001", func(s *stellr.Subscription) bool {
		offer, ok := stellr.ParseOffer(s.OfferID, s.MfgPartNo)
		return ok && activeOf(sim.MicrosoftID)(s) && s.TermDuration != "P3Y" && slices.ContainsFunc(products.Items, func(p *stellr.Product) bool {
			other, ok := stellr.ParseOffer(p.MfgPartNo)
			return ok && other.Is(offer) && p.TermDuration == "P3Y" && p.BillingFrequency == "annual"
		})
	})
}

// A dry run finds in the catalogue and the renewal options what an order would only be refused for.
func TestRehearsalFinds(t *testing.T) {
	g := openQuick(t, sim.Options{})
	s := g.one("100001", func(s *stellr.Subscription) bool { return activeOf(sim.MicrosoftID)(s) && !s.EndDate.IsZero() })
	up, better := g.target("upgrade")
	order := func(customerNo string, item map[string]any) map[string]any {
		return map[string]any{"customerNo": customerNo, "vendorId": s.VendorID, "items": []any{item}, "dryRun": true}
	}
	good := map[string]any{"productId": s.ProductID, "quantity": 3}
	renewal := func(plan map[string]any) map[string]any {
		return subscriptionInput(s, map[string]any{"decision": "ACCEPT", "plans": []any{plan}, "dryRun": true})
	}
	plan := func(plan map[string]any) map[string]any {
		plan["dryRun"] = true
		return subscriptionInput(g.threeYears(), plan)
	}
	for _, c := range []struct {
		mutation string
		input    map[string]any
		code     string
		field    string
	}{
		{"createSubscriptions", order("100006", good), "NOT_ALLOWED_NOW", ""}, // no agreement
		{"createSubscriptions", order("100001", map[string]any{"productId": s.ProductID, "quantity": 100_000}), "INVALID_INPUT", "quantity"},
		{"createSubscriptions", order("100001", map[string]any{"productId": s.ProductID, "skuNo": "1", "quantity": 3}), "INVALID_INPUT", "skuNo"},
		{"changeSeats", subscriptionInput(s, map[string]any{"quantity": 100_000, "dryRun": true}), "INVALID_INPUT", "quantity"},
		{"upgradeSubscription", subscriptionInput(s, map[string]any{"targetProductId": s.ProductID, "dryRun": true}), "NOT_ALLOWED_NOW", ""},
		{"upgradeSubscription", subscriptionInput(up, map[string]any{"targetProductId": better.ProductID, "quantity": 100_000, "dryRun": true}), "INVALID_INPUT", "quantity"},
		{"changePlan", plan(map[string]any{"termDuration": "P5Y"}), "INVALID_INPUT", "termDuration"},
		{"changePlan", plan(map[string]any{"termDuration": "P3Y", "billingFrequency": "annual", "quantity": 100_015}), "INVALID_INPUT", "quantity"},
		{"updateRenewal", renewal(map[string]any{"productId": g.one("100001", activeOf(sim.AcronisID)).ProductID, "quantity": 1}), "NOT_ALLOWED_NOW", "productId"},
		{"updateRenewal", renewal(map[string]any{"productId": s.ProductID, "quantity": 1, "coterminousDate": "2020-01-01"}), "NOT_ALLOWED_NOW", "coterminousDate"},
		{"saveVendorAccount", map[string]any{"ownerType": "RESELLER", "vendorId": "none", "dryRun": true}, "NOT_FOUND", "vendorId"},
		{"saveVendorAccount", map[string]any{"ownerType": "CUSTOMER", "customerNo": "999999", "vendorId": "4", "dryRun": true}, "NOT_FOUND", "customerNo"},
	} {
		o := g.do(c.mutation, c.input)
		found := slices.ContainsFunc(o.UserErrors, func(e userError) bool {
			return e.Code == c.code && (c.field == "" || slices.Contains(e.Field, c.field)) && strings.HasSuffix(e.Message, ".")
		})
		if !found || o.Command != nil {
			t.Errorf("%s %v: %+v", c.mutation, c.input, o.UserErrors)
		}
	}
	if o := g.do("createSubscriptions", order("100001", good)); len(o.UserErrors) > 0 || o.Preview.Cost == nil || o.Preview.Price == nil || o.Preview.CostNow != nil {
		t.Errorf("a good order brought %+v", o)
	}
	if o := g.do("changePlan", plan(map[string]any{"termDuration": "P3Y", "billingFrequency": "annual"})); len(o.UserErrors) > 0 || o.Preview.Cost == nil || o.Preview.CostNow == nil || *o.Preview.Cost == *o.Preview.CostNow {
		t.Errorf("a good plan brought %+v", o)
	}
	if o := g.do("updateRenewal", renewal(map[string]any{"productId": s.ProductID, "quantity": 2})); len(o.UserErrors) > 0 || o.Preview.Cost == nil {
		t.Errorf("a good renewal brought %+v", o)
	}
	if len(g.writes()) > 0 {
		t.Errorf("written: %+v", g.writes())
	}
}

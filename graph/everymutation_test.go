package graph_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"stellr-gateway/graph"
	"stellr-gateway/graph/generated"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// mutationCase is a mutation with an input that works in the demonstration.
type mutationCase struct {
	name   string
	action stellr.Action
	input  func(*gateway) map[string]any
	ends   string // the command's status in the end; SUCCEEDED when empty
	reads  int    // requests beside the write, at most
}

func subscriptionInput(s *stellr.Subscription, more map[string]any) map[string]any {
	input := map[string]any{"customerNo": s.CustomerNo, "subscriptionId": s.SubscriptionID}
	for name, value := range more {
		input[name] = value
	}
	return input
}

// target is a product that a subscription can move to, and a subscription that can.
func (g *gateway) target(kind string) (*stellr.Subscription, *stellr.Product) {
	g.t.Helper()
	var product *stellr.Product
	s := g.one("100001", func(s *stellr.Subscription) bool {
		if !activeOf(sim.MicrosoftID)(s) {
			return false
		}
		products, err := g.client.TransitionProducts(s.CustomerNo, s.SubscriptionID).Collect(g.t.Context())
		if err != nil {
			g.t.Fatal(err)
		}
		i := slices.IndexFunc(products.Items, func(p *stellr.Product) bool { return p.TransitionType == kind && *p.Eligible })
		if i < 0 {
			return false
		}
		product = products.Items[i]
		return true
	})
	return s, product
}

// addOn is a subscription and a product that can be added to it.
func (g *gateway) addOn() (*stellr.Subscription, *stellr.Product) {
	g.t.Helper()
	var product *stellr.Product
	s := g.one("100001", func(s *stellr.Subscription) bool {
		if !activeOf(sim.MicrosoftID)(s) {
			return false
		}
		products, err := g.client.RelatedProducts(s.ProductID).Collect(g.t.Context())
		if err != nil {
			g.t.Fatal(err)
		}
		i := slices.IndexFunc(products.Items, func(p *stellr.Product) bool { return p.PrimaryProductID == s.ProductID })
		if i < 0 {
			return false
		}
		product = products.Items[i]
		return true
	})
	return s, product
}

func mutationCases() []mutationCase {
	reason := func(g *gateway, pass func(*stellr.Subscription) bool) map[string]any {
		return subscriptionInput(g.one("100001", pass), map[string]any{"reason": "test"})
	}
	suspended := func(s *stellr.Subscription) bool {
		return s.Status == stellr.SubscriptionSuspended && s.VendorID == sim.MicrosoftID
	}
	move := func(kind string) func(*gateway) map[string]any {
		return func(g *gateway) map[string]any {
			s, p := g.target(kind)
			return subscriptionInput(s, map[string]any{"targetProductId": p.ProductID, "targetSkuNo": p.SKUNo})
		}
	}
	return []mutationCase{
		{name: "createCustomer", action: stellr.ActionCreateCustomer, reads: 1, input: func(*gateway) map[string]any {
			return map[string]any{"name": "New Harbour", "email": "it@newharbour.example", "address": map[string]any{"city": "Reno", "country": "US"}}
		}},
		{name: "acceptAgreement", action: stellr.ActionAcceptAgreement, reads: 2, input: func(*gateway) map[string]any {
			return map[string]any{"customerNo": "100006", "agreementType": stellr.MicrosoftCustomerAgreement, "firstName": "Ada", "lastName": "Byron", "email": "ada@example.com", "acceptedOn": "2026-07-09"}
		}},
		{name: "createSubscriptions", action: stellr.ActionCreateSubscriptions, reads: 2, input: func(g *gateway) map[string]any {
			s := g.one("100001", activeOf(sim.MicrosoftID))
			return map[string]any{"customerNo": "100001", "vendorId": s.VendorID, "resellerPoNo": "PO-77",
				"items": []any{map[string]any{"productId": s.ProductID, "skuNo": s.SKUNo, "quantity": 3}}}
		}},
		{name: "createAddOn", action: stellr.ActionCreateAddOn, reads: 2, input: func(g *gateway) map[string]any {
			s, p := g.addOn()
			return subscriptionInput(s, map[string]any{"productId": p.ProductID, "skuNo": p.SKUNo, "quantity": 1})
		}},
		{name: "changeSeats", action: stellr.ActionChangeSeats, reads: 2, input: func(g *gateway) map[string]any {
			s := g.one("100001", activeOf(sim.MicrosoftID))
			return subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 1, "expectedQuantity": *s.Quantity})
		}},
		{name: "cancelSubscription", action: stellr.ActionCancelSubscription, reads: 2, input: func(g *gateway) map[string]any {
			return reason(g, activeOf(sim.AcronisID))
		}},
		{name: "suspendSubscription", action: stellr.ActionSuspendSubscription, reads: 2, input: func(g *gateway) map[string]any {
			return reason(g, activeOf(sim.MicrosoftID))
		}},
		{name: "activateSubscription", action: stellr.ActionActivateSubscription, reads: 2, input: func(g *gateway) map[string]any { return reason(g, suspended) }},
		{name: "reactivateSubscription", action: stellr.ActionReactivateSubscription, reads: 2, input: func(g *gateway) map[string]any { return reason(g, suspended) }},
		{name: "upgradeSubscription", action: stellr.ActionUpgradeSubscription, reads: 2, input: move("upgrade")},
		{name: "downgradeSubscription", action: stellr.ActionDowngradeSubscription, reads: 2, input: move("downgrade")},
		{name: "changePlan", action: stellr.ActionChangePlan, reads: 2, input: func(g *gateway) map[string]any {
			s := g.one("100001", func(s *stellr.Subscription) bool { return s.VendorID == sim.GoogleID && s.PlanName == "FLEXIBLE" })
			return subscriptionInput(s, map[string]any{"planName": "ANNUAL_MONTHLY_PAY"})
		}},
		{name: "transferSubscription", action: stellr.ActionTransferSubscription, reads: 2, input: func(g *gateway) map[string]any {
			s := g.one("100001", activeOf(sim.GoogleID))
			return map[string]any{"customerNo": "100001", "vendorId": sim.GoogleID, "transferToken": sim.TransferToken(stellr.DateOf(day).AddDays(3), "cedar"),
				"domain": "cedar.example", "productId": s.ProductID, "skuNo": s.SKUNo, "quantity": 4}
		}},
		{name: "updateRenewal", action: stellr.ActionUpdateRenewal, reads: 2, input: func(g *gateway) map[string]any {
			s := g.one("100001", func(s *stellr.Subscription) bool { return activeOf(sim.MicrosoftID)(s) && !s.EndDate.IsZero() })
			return subscriptionInput(s, map[string]any{"decision": "REJECT"})
		}},
		{name: "saveVendorAccount", action: stellr.ActionSaveVendorAccount, reads: 1, input: func(*gateway) map[string]any {
			return map[string]any{"ownerType": "CUSTOMER", "customerNo": "100001", "vendorId": sim.MicrosoftID, "domain": "cedar.example"}
		}},
		{name: "stellrRequest", action: stellr.ActionSuspendSubscription, reads: 0, input: func(g *gateway) map[string]any {
			s := g.one("100001", activeOf(sim.MicrosoftID))
			return map[string]any{"method": "POST", "path": "/api/v1/customers/100001/subscriptions/" + s.SubscriptionID + "/suspend", "body": map[string]any{"reason": "test"}}
		}},
	}
}

// allowSuspending lets generic requests suspend.
func allowSuspending(t testing.TB) func(*stellr.Config, *graph.Options) {
	t.Helper()
	routes, err := stellr.ParseGenericRoutes([]stellr.GenericRoute{
		{Method: "POST", Path: "/api/v1/customers/{customerNo}/subscriptions/{subscriptionId}/suspend"},
		{Method: "GET", Path: "/api/v1/cloud/customers/{customerNo}"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(_ *stellr.Config, o *graph.Options) { o.Requests = routes }
}

// Each mutation rehearses without writing, then sends one request, is followed to its end and is in the journal; its
// repetition brings the same and sends nothing.
func TestEveryMutation(t *testing.T) {
	cases := mutationCases()
	for _, field := range generated.NewExecutableSchema(generated.Config{}).Schema().Mutation.Fields {
		if field.Name != "reconcileCommand" && !slices.ContainsFunc(cases, func(c mutationCase) bool { return c.name == field.Name }) {
			t.Errorf("there is no case for %s", field.Name)
		}
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			counted := make(chan struct{}) // before that nobody gets to see the operation: who follows it is not counted
			g := openQuick(t, sim.Options{}, allowSuspending(t), fronted(t, func(w http.ResponseWriter, r *http.Request, pass http.Handler) {
				if strings.Contains(r.URL.Path, "/operations/") {
					select {
					case <-counted:
					case <-r.Context().Done():
						return
					}
				}
				pass.ServeHTTP(w, r)
			}))
			input := c.input(g)
			input["dryRun"] = true
			g.must(`{customer(customerNo: "none") {name}}`, nil) // a token is there before counting starts
			g.sim.ResetLedger()
			if o := g.do(c.name, input); len(o.UserErrors) > 0 || o.Preview == nil || len(o.Preview.Request) < 10 || o.Command != nil {
				t.Fatalf("the dry run brought %+v", o)
			}
			if writes := g.writes(); len(writes) > 0 {
				t.Fatalf("the dry run wrote %+v", writes)
			}
			delete(input, "dryRun")
			input["idempotencyKey"] = key(c.name)
			g.sim.ResetLedger()
			g.took()
			o := g.do(c.name, input)
			if len(o.UserErrors) > 0 || o.Command == nil || o.Replayed || o.Command.StellrRequestID == "" {
				t.Fatalf("got %+v", o)
			}
			if calls := g.sim.CallsTotal(); calls > c.reads+1 {
				t.Errorf("it took %d requests beside the write: %q", calls-1, g.took())
			}
			close(counted)
			if writes := g.writes(); len(writes) != 1 || !writes[0].Committed || writes[0].Action != c.action {
				t.Fatalf("the ledger has %+v", writes)
			}
			end := g.settled(o.Command.ID)
			if end.Command.Status != "SUCCEEDED" || end.Command.Inferred || end.Command.Error != nil {
				t.Errorf("it ended as %+v", end.Command)
			}
			if again := g.do(c.name, input); !again.Replayed || again.Command.ID != o.Command.ID {
				t.Errorf("the repetition brought %+v", again)
			}
			if n := len(g.writes()); n != 1 {
				t.Errorf("the ledger has %d writes", n)
			}
		})
	}
}

// The operation that a generic request begins is followed like any other's: what it ends in is the command's end.
func TestGenericRequestIsFollowed(t *testing.T) {
	for kind, status := range map[sim.FaultKind]string{"": "SUCCEEDED", sim.FaultDoneFailed: "FAILED", sim.FaultFailed: "FAILED"} {
		g := openQuick(t, sim.Options{}, allowSuspending(t))
		s := g.one("100001", activeOf(sim.MicrosoftID))
		if kind != "" {
			g.sim.Inject(sim.Fault{Action: stellr.ActionSuspendSubscription, Kind: kind, Count: 1})
		}
		o := g.do("stellrRequest", map[string]any{"method": "POST", "path": "/api/v1/customers/100001/subscriptions/" + s.SubscriptionID + "/suspend"})
		if o.Command == nil || o.Command.Status != "PENDING" || *o.Status != 200 {
			t.Errorf("%q: at first %+v", kind, o)
			continue
		}
		if end := g.settled(o.Command.ID); end.Command.Status != status {
			t.Errorf("%q: it ended as %+v", kind, end.Command)
		}
		var data struct {
			Command struct {
				Operations []struct{ OperationID string }
			}
		}
		if g.must(`{command(id: "`+o.Command.ID+`") {operations {operationId}}}`, &data); len(data.Command.Operations) != 1 {
			t.Errorf("%q: it has the operations %+v", kind, data.Command.Operations)
		}
	}
}

// A write costs two requests beside it, however many items it has and however its products are named, as long as the
// customer has such already. A product that is new to the customer and named by one key costs one more.
func TestReadsBesideAWrite(t *testing.T) {
	item := func(keys ...string) map[string]any {
		item := map[string]any{"quantity": 3}
		for _, key := range keys {
			name, value, _ := strings.Cut(key, "=")
			item[name] = value
		}
		return item
	}
	g := openQuick(t, sim.Options{})
	var owned []*stellr.Subscription
	g.one(ours, func(s *stellr.Subscription) bool {
		if activeOf(sim.MicrosoftID)(s) && !slices.ContainsFunc(owned, func(o *stellr.Subscription) bool { return o.ProductID == s.ProductID }) {
			owned = append(owned, s)
		}
		return len(owned) == 3
	})
	id := func(i int) string { return "productId=" + owned[i].ProductID }
	sku := func(i int) string { return "skuNo=" + owned[i].SKUNo }
	fresh := g.foreign()
	for name, c := range map[string]struct {
		items []any
		most  int
	}{
		"one by both":     {[]any{item(id(0), sku(0))}, 2},
		"one by its id":   {[]any{item(id(0))}, 2},
		"one by its sku":  {[]any{item(sku(1))}, 2},
		"two by both":     {[]any{item(id(0), sku(0)), item(id(1), sku(1))}, 2},
		"two by their id": {[]any{item(id(0)), item(id(1))}, 2},
		"three by sku":    {[]any{item(sku(0)), item(sku(1)), item(sku(2))}, 2},
		"a new product":   {[]any{item("productId=" + fresh.ProductID)}, 3},
	} {
		g := openQuick(t, sim.Options{})
		g.must(`{customer(customerNo: "none") {name}}`, nil) // a token is there before counting starts
		g.sim.ResetLedger()
		g.took()
		o := g.do("createSubscriptions", map[string]any{"customerNo": ours, "vendorId": sim.MicrosoftID, "idempotencyKey": key(name), "items": c.items})
		if n := g.sim.CallsTotal(); len(o.UserErrors) > 0 || o.Command == nil || n-1 > c.most {
			t.Errorf("%s: %d requests beside the write: %q %+v", name, n-1, g.took(), o.UserErrors)
		}
	}
}

// foreign is a product that the customer has not got yet.
func (g *gateway) foreign() *stellr.Product {
	g.t.Helper()
	products, err := g.client.VendorProducts(sim.MicrosoftID, stellr.ProductQuery{}).Collect(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	all, err := g.client.Subscriptions(ours).Collect(g.t.Context())
	if err != nil {
		g.t.Fatal(err)
	}
	i := slices.IndexFunc(products.Items, func(p *stellr.Product) bool {
		return p.PrimaryProductID == "" && !slices.ContainsFunc(all.Items, func(s *stellr.Subscription) bool { return s.ProductID == p.ProductID })
	})
	return products.Items[i]
}

// A generic request that reads is answered and not recorded; what is not allowed goes nowhere.
func TestGenericRequest(t *testing.T) {
	g := openQuick(t, sim.Options{}, allowSuspending(t))
	o := g.do("stellrRequest", map[string]any{"method": "GET", "path": "/api/v1/cloud/customers/100001"})
	if o.Status == nil || *o.Status != 200 || len(o.Body) < 10 || o.Command != nil || len(o.UserErrors) > 0 {
		t.Errorf("got %+v", o)
	}
	g.sim.ResetLedger()
	for _, path := range []string{"/api/v1/cloud/customers", "/api/v1/cloud/customers/100001/", "/api/v1/cloud/customers/..", "//evil.example/100001", "/api/v1/cloud/customers/100001?x=1", "/api/v1/cloud/customers/%2e%2e", ""} {
		if o := g.do("stellrRequest", map[string]any{"method": "GET", "path": path}); o.refused() != "INVALID_INPUT" {
			t.Errorf("%q brought %+v", path, o)
		}
	}
	if o := g.do("stellrRequest", map[string]any{"method": "DELETE", "path": "/api/v1/cloud/customers/100001"}); o.refused() != "INVALID_INPUT" {
		t.Errorf("got %+v", o)
	}
	if calls := g.sim.CallsTotal(); calls > 0 {
		t.Errorf("%d requests were sent", calls)
	}
	if o := openQuick(t, sim.Options{}).do("stellrRequest", map[string]any{"method": "GET", "path": "/api/v1/cloud/customers/100001"}); o.refused() != "INVALID_INPUT" {
		t.Errorf("without a configuration it brought %+v", o)
	}
}

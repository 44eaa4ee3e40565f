package graph_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// lab is a simulator with a gateway in a process of its own before it, which is killed and started again.
type lab struct {
	t         testing.TB
	sim       *sim.Server
	client    *stellr.Client // straight to the simulator
	plan      plan
	later     atomic.Int64                     // how much later it is at Stellr
	strike    atomic.Pointer[http.HandlerFunc] // what becomes of writes on their way; nil: the simulator has them
	customers []string                         // who can buy
	used      map[string]bool                  // subscriptions that were changed
	facts     facts
}

func newLab(t testing.TB, tune ...func(*plan)) *lab {
	t.Helper()
	l := &lab{t: t, used: map[string]bool{}}
	l.plan = plan{
		Operations: 15 * time.Millisecond,
		Journal:    "sqlite:" + filepath.Join(t.TempDir(), "journal.db"), Node: "test", Ahead: time.Until(day),
		Writes: graph.Writes{
			FirstLook: 5 * time.Millisecond, SeldomLook: 20 * time.Millisecond,
			ReadBack: []time.Duration{5 * time.Millisecond, 15 * time.Millisecond, 30 * time.Millisecond},
		},
	}
	for _, f := range tune {
		f(&l.plan)
	}
	l.sim = sim.New(sim.Options{OperationTime: l.plan.Operations, Clock: func() time.Time { return l.plan.now().Add(time.Duration(l.later.Load())) }})
	upstream := httptest.NewServer(l)
	t.Cleanup(upstream.Close)
	l.plan.Upstream = upstream.URL
	client, err := stellr.New(stellr.Config{
		ClientID: sim.DefaultClientID, ClientSecret: sim.DefaultClientSecret,
		BaseURL: upstream.URL, TokenURL: upstream.URL + sim.TokenPath, Now: l.plan.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.client = client
	l.findCustomers()
	return l
}

func (l *lab) findCustomers() {
	l.t.Helper()
	all, err := l.client.Customers().Collect(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	for _, c := range all.Items {
		if c.Status != stellr.CustomerActive || c.CustomerNo == "100007" { // that one has more than a page
			continue
		}
		a, err := l.client.Agreement(l.t.Context(), c.CustomerNo, stellr.MicrosoftCustomerAgreement)
		if err == nil && a.Status == stellr.AgreementAccepted {
			l.customers = append(l.customers, c.CustomerNo)
		}
	}
}

// ServeHTTP is the way to the simulator.
func (l *lab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strike := l.strike.Load(); strike != nil && r.Method != http.MethodGet && r.URL.Path != sim.TokenPath {
		(*strike)(w, r)
		return
	}
	l.sim.ServeHTTP(w, r)
}

// pick finds a subscription that was not used yet, beginning with the n-th customer.
func (l *lab) pick(n int, pass func(*stellr.Subscription) bool) *stellr.Subscription {
	l.t.Helper()
	for i := range l.customers {
		all, err := l.client.Subscriptions(l.customers[(n+i)%len(l.customers)]).Collect(l.t.Context())
		if err != nil {
			l.t.Fatal(err)
		}
		for _, s := range all.Items {
			if !l.used[s.SubscriptionID] && pass(s) {
				l.used[s.SubscriptionID] = true
				return s
			}
		}
	}
	l.t.Fatal("no customer has such a subscription")
	return nil
}

// errand is the n-th errand of a kind.
func (l *lab) errand(n int, kind string) errand {
	l.t.Helper()
	name := fmt.Sprintf("%s-%03d-0123456789", kind, n)
	var product *stellr.Product
	microsoft := activeOf(sim.MicrosoftID)
	has := func(list func(*stellr.Subscription) []*stellr.Product, wanted func(*stellr.Subscription, *stellr.Product) bool) func(*stellr.Subscription) bool {
		return func(s *stellr.Subscription) bool {
			if !microsoft(s) {
				return false
			}
			products := list(s)
			i := slices.IndexFunc(products, func(p *stellr.Product) bool { return wanted(s, p) })
			if i >= 0 {
				product = products[i]
			}
			return i >= 0
		}
	}
	switch kind {
	case "createSubscriptions":
		s := l.pick(n, has(l.itself, func(_ *stellr.Subscription, p *stellr.Product) bool {
			return !*p.Discontinued && p.PrimaryProductID == "" && *p.MaxQuantity > 5
		}))
		return errandOf("acme", kind, name, map[string]any{"customerNo": s.CustomerNo, "vendorId": s.VendorID,
			"items": []any{map[string]any{"productId": s.ProductID, "skuNo": s.SKUNo, "quantity": 2 + n%3}}})
	case "createAddOn":
		s := l.pick(n, has(l.related, func(s *stellr.Subscription, p *stellr.Product) bool {
			return p.PrimaryProductID == s.ProductID && !*p.Discontinued
		}))
		return errandOf("acme", kind, name, subscriptionInput(s, map[string]any{"productId": product.ProductID, "skuNo": product.SKUNo, "quantity": 1}))
	case "changeSeats":
		s := l.pick(n, has(l.itself, func(s *stellr.Subscription, p *stellr.Product) bool { return *s.Quantity+2 <= *p.MaxQuantity }))
		return errandOf("acme", kind, name, subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 2, "expectedQuantity": *s.Quantity}))
	case "upgradeSubscription":
		s := l.pick(n, has(l.above, func(_ *stellr.Subscription, p *stellr.Product) bool {
			return p.TransitionType == "upgrade" && *p.Eligible && (n/8%2 == 1 || bringsAnother(p))
		}))
		return bare(kind, name, "/upgrade", subscriptionInput(s, map[string]any{"targetProductId": product.ProductID, "targetSkuNo": product.SKUNo}))
	}
	s := l.pick(n, activeOf(sim.AcronisID))
	return bare(kind, name, "/cancel", subscriptionInput(s, nil))
}

// bringsAnother says whether an upgrade to the product gives a new subscription.
func bringsAnother(p *stellr.Product) bool {
	return strings.HasPrefix(p.Name, "Microsoft 365 E5") || strings.HasPrefix(p.Name, "Microsoft 365 Business Premium")
}

// bare is an errand whose mark is the end of its request's path: nothing of the caller's choice is in the body.
func bare(kind, name, verb string, input map[string]any) errand {
	e := errandOf("acme", kind, name, input)
	delete(e.input, "resellerPoNo")
	e.mark = fmt.Sprint("/", input["subscriptionId"], verb)
	return e
}

func (l *lab) itself(s *stellr.Subscription) []*stellr.Product {
	p, err := l.client.Product(l.t.Context(), s.ProductID)
	if err != nil {
		l.t.Fatal(err)
	}
	return []*stellr.Product{p}
}

func (l *lab) related(s *stellr.Subscription) []*stellr.Product {
	return l.products(l.client.RelatedProducts(s.ProductID).Collect(l.t.Context()))
}

func (l *lab) above(s *stellr.Subscription) []*stellr.Product {
	return l.products(l.client.TransitionProducts(s.CustomerNo, s.SubscriptionID).Collect(l.t.Context()))
}

func (l *lab) products(all *stellr.Records[*stellr.Product], err error) []*stellr.Product {
	if err != nil {
		l.t.Fatal(err)
	}
	return all.Items
}

// note makes an errand, and what its caller was told, a part of the facts.
func (l *lab) note(e errand, answers ...told) {
	if !slices.Contains(l.facts.intents, e.intent) {
		l.facts.intents = append(l.facts.intents, e.intent)
	}
	l.facts.told = append(l.facts.told, answers...)
}

// committed is how often an errand was carried out.
func (l *lab) committed(e errand) int {
	n := 0
	for _, entry := range l.sim.Ledger() {
		if entry.Committed && e.caused(entry) {
			n++
		}
	}
	return n
}

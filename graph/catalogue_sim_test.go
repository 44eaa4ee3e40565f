package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// What dry runs find out in the catalogue, against the simulator, which is asked to do it.

// catalogue is all products of the sandbox.
func (w *sandbox) catalogue() []*stellr.Product {
	var all []*stellr.Product
	for _, vendorID := range []string{sim.MicrosoftID, sim.GoogleID, sim.AcronisID} {
		all = append(all, w.list("all of "+vendorID, w.client.VendorProducts(vendorID, stellr.ProductQuery{IncludeDiscontinued: true}))...)
	}
	return all
}

// fresh are loaders that have read nothing yet.
func (w *sandbox) fresh() *loaders {
	return NewResolver(Options{Client: w.client, Clock: w.now}).load(context.Background())
}

// agree complains where the gateway and the simulator differ, but for refusals with words that the gateway cannot foresee.
func (w *sandbox) agree(what string, problem *journal.Problem, refusal string, unforeseen ...string) {
	w.t.Helper()
	unknowable := slices.ContainsFunc(unforeseen, func(words string) bool { return strings.Contains(refusal, words) })
	switch {
	case problem != nil && refusal == "":
		w.t.Errorf("%s is forbidden, and the simulator does it: %s", what, problem.Message)
	case problem == nil && refusal != "" && !unknowable:
		w.t.Errorf("%s is not forbidden, and the simulator refuses: %s", what, refusal)
	}
}

// Every product is ordered as it is and in every wrong way, by customers who may order and by others.
func TestCatalogueOfPurchasesIsTheSimulators(t *testing.T) {
	w := newSandbox(t, sim.Options{})
	ways := map[string]func(*stellr.Product, *purchase){
		"as it is":           func(*stellr.Product, *purchase) {},
		"in its own words":   func(p *stellr.Product, b *purchase) { b.billing, b.term = p.BillingFrequency, p.TermDuration },
		"as many as can be":  func(p *stellr.Product, b *purchase) { b.quantity = *p.MaxQuantity },
		"one too many":       func(p *stellr.Product, b *purchase) { b.quantity = *p.MaxQuantity + 1 },
		"one too few":        func(p *stellr.Product, b *purchase) { b.quantity = *p.MinQuantity - 1 },
		"billed by the year": func(_ *stellr.Product, b *purchase) { b.billing = "annual" },
		"for a month":        func(_ *stellr.Product, b *purchase) { b.term = "P1M" },
		"of another vendor": func(_ *stellr.Product, b *purchase) {
			b.vendorID = map[string]string{sim.MicrosoftID: sim.GoogleID, sim.GoogleID: sim.AcronisID, sim.AcronisID: sim.MicrosoftID}[b.vendorID]
		},
		"by another number": func(_ *stellr.Product, b *purchase) { b.skuNo += "7" },
		"not there":         func(_ *stellr.Product, b *purchase) { b.productID += "7" },
	}
	tried := map[bool]int{}
	for _, customerNo := range []string{"100001", "100006", "100010", "100031"} { // two are discontinued, one has not accepted
		l := w.fresh()
		for _, p := range w.catalogue() {
			for way, change := range ways {
				b := purchase{productID: p.ProductID, skuNo: p.SKUNo, vendorID: p.VendorID, quantity: *p.MinQuantity}
				if change(p, &b); b.quantity < 1 {
					continue // no input
				}
				problem := w.orderProblem(l, customerNo, b)
				refusal := w.send(func(ctx context.Context) (*stellr.Accepted, error) {
					_, err := w.client.CreateSubscriptions(ctx, customerNo, stellr.Order{VendorID: b.vendorID, Items: []stellr.OrderItem{{
						ProductID: b.productID, SKUNo: b.skuNo, Quantity: b.quantity, BillingFrequency: b.billing, TermDuration: b.term,
					}}})
					return nil, err
				})
				var unforeseen []string
				if b.term != "" && p.TermDuration == "" { // a product that tells no term may have one
					unforeseen = []string{"The product has another term"}
				}
				w.agree(fmt.Sprintf("customer %s: %s %s", customerNo, p.Name, way), problem, refusal, unforeseen...)
				tried[refusal == ""]++
			}
		}
	}
	if t.Logf("taken and refused: %v", tried); tried[true] < 100 || tried[false] < 100 {
		t.Error("hardly anything was tried")
	}
}

// orderProblem is the first of what a dry run of an order says.
func (w *sandbox) orderProblem(l *loaders, customerNo string, b purchase) *journal.Problem {
	buyer, err := l.customerProblem(w.t.Context(), customerNo)
	if err != nil {
		w.t.Fatal(err)
	}
	vendor, err := l.vendor(w.t.Context(), b.vendorID)
	if err != nil {
		w.t.Fatal(err)
	}
	agreement, err := l.agreementProblem(w.t.Context(), customerNo, vendor.VendorKind())
	if err != nil {
		w.t.Fatal(err)
	}
	_, problem, err := l.purchaseProblem(w.t.Context(), b)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, p := range []*journal.Problem{buyer, agreement, problem} {
		if p != nil {
			return p
		}
	}
	return nil
}

// Every product is added to every subscription of the customer who has something of everything.
func TestCatalogueOfAddOnsIsTheSimulators(t *testing.T) {
	w := newSandbox(t, sim.Options{})
	l, taken := w.fresh(), 0
	for _, s := range w.all(0)[:22] {
		for _, p := range w.catalogue() {
			wanted := step{action: model.LifecycleActionCreateAddOn, subscription: s, now: w.now()}
			_, problem, err := l.purchaseProblem(t.Context(), purchase{productID: p.ProductID, skuNo: p.SKUNo, vendorID: s.VendorID, quantity: *p.MinQuantity, addOnTo: s.ProductID})
			if err != nil {
				t.Fatal(err)
			}
			if forbidden := wanted.forbidden(); forbidden != nil {
				problem = forbidden
			}
			refusal := w.send(func(ctx context.Context) (*stellr.Accepted, error) {
				return w.client.CreateAddOn(ctx, s.CustomerNo, s.SubscriptionID, stellr.AddOnOrder{ProductID: p.ProductID, SKUNo: p.SKUNo, Quantity: *p.MinQuantity})
			})
			if refusal == "" {
				taken++
			}
			w.agree(p.Name+" to "+s.Name, problem, refusal, "The product does not add to", "The subscription is Provisioning")
		}
	}
	if taken == 0 {
		t.Error("nothing could be added to anything")
	}
}

// move is one subscription on its way to become another product.
type move struct {
	step
	target  *stellr.Product
	problem *journal.Problem
}

func (m move) send(w *sandbox) string {
	call, to := (*stellr.Client).UpgradeSubscription, stellr.Transition{TargetProductID: m.target.ProductID, TargetSKUNo: m.target.SKUNo}
	if m.action == model.LifecycleActionDowngrade {
		call = (*stellr.Client).DowngradeSubscription
	}
	return w.send(func(ctx context.Context) (*stellr.Accepted, error) {
		return call(w.client, ctx, m.subscription.CustomerNo, m.subscription.SubscriptionID, to)
	})
}

// moves are all ways to become another product that a subscription has, and those that it does not have.
func (w *sandbox) moves(s *stellr.Subscription) (possible, forbidden []move) {
	l := w.fresh()
	for _, p := range w.catalogue() {
		for kind, action := range map[string]model.LifecycleAction{"upgrade": model.LifecycleActionUpgrade, "downgrade": model.LifecycleActionDowngrade} {
			if p.VendorID != s.VendorID {
				continue
			}
			m := move{step: step{action: action, subscription: s, now: w.now()}, target: p}
			_, problem, err := l.transitionProblem(w.t.Context(), s, p.ProductID, p.SKUNo, kind)
			if err != nil {
				w.t.Fatal(err)
			}
			if m.problem = m.forbidden(); m.problem == nil {
				m.problem = problem
			}
			if m.problem == nil {
				possible = append(possible, m)
			} else {
				forbidden = append(forbidden, m)
			}
		}
	}
	return possible, forbidden
}

// Subscriptions of each customer are moved to every product of their vendor's.
func TestCatalogueOfTransitionsIsTheSimulators(t *testing.T) {
	if testing.Short() {
		t.Skip("it asks the simulator some ten thousand times")
	}
	w := newSandbox(t, sim.Options{})
	var waiting [][]move // of each subscription
	check := func(m move) {
		t.Helper()
		w.agree(fmt.Sprintf("%s of %s (%s) to %s", m.action, m.subscription.Name, m.subscription.StatusText, m.target.Name), m.problem, m.send(w))
	}
	for _, s := range w.all(3) {
		possible, forbidden := w.moves(s)
		for _, m := range forbidden {
			check(m)
		}
		if len(possible) > 0 {
			waiting = append(waiting, possible)
		}
	}
	count := 0
	for lists := w.lists; len(waiting) > 0; {
		w = newSandbox(t, sim.Options{}) // what is moved is not what it was
		w.lists = lists
		for i, moves := range waiting {
			check(moves[0])
			waiting[i], count = moves[1:], count+1
		}
		waiting = slices.DeleteFunc(waiting, func(moves []move) bool { return len(moves) == 0 })
	}
	if t.Logf("%d moves", count); count < 80 {
		t.Error("hardly anything was moved")
	}
}

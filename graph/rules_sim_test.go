package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// The rules against the simulator: whatever they forbid, the simulator refuses, and what it refuses they forbid, but for
// what the gateway cannot know.

// sandbox is a simulator and a client of it, with a clock that can be moved.
type sandbox struct {
	t      *testing.T
	client *stellr.Client
	passed atomic.Int64                 // time since the start
	lists  map[string][]*stellr.Product // what was read of related and transition products
}

func (w *sandbox) now() time.Time {
	return time.Date(2026, 7, 9, 15, 0, 0, 0, time.UTC).Add(time.Duration(w.passed.Load()))
}

func (w *sandbox) pass(d time.Duration) { w.passed.Add(int64(d)) }

func newSandbox(t *testing.T, o sim.Options) *sandbox {
	t.Helper()
	w := &sandbox{t: t, lists: map[string][]*stellr.Product{}}
	o.Clock = w.now
	server := httptest.NewServer(sim.New(o))
	t.Cleanup(server.Close)
	client, err := stellr.New(stellr.Config{
		ClientID: sim.DefaultClientID, ClientSecret: sim.DefaultClientSecret, BaseURL: server.URL, TokenURL: server.URL + "/oauth2/v1/token", Now: w.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	return w
}

// all are the subscriptions of all customers, at most so many of each; 0: all.
func (w *sandbox) all(most int) []*stellr.Subscription {
	w.t.Helper()
	customers, err := w.client.Customers().Collect(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var all []*stellr.Subscription
	for _, c := range customers.Items {
		subscriptions, err := w.client.Subscriptions(c.CustomerNo).Collect(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		count := len(subscriptions.Items)
		if most > 0 {
			count = min(count, most)
		}
		all = append(all, subscriptions.Items[:count]...)
	}
	return all
}

// list reads a list, once for a scenario.
func (w *sandbox) list(name string, list *stellr.List[*stellr.Product]) []*stellr.Product {
	w.t.Helper()
	products, read := w.lists[name]
	if !read {
		all, err := list.Collect(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		products, w.lists[name] = all.Items, all.Items
	}
	return products
}

// attempt is one way to try something in good faith. It fills in the step's values and returns what sends it; nil where
// there is nothing to try.
type attempt struct {
	name   string
	action model.LifecycleAction
	try    func(*sandbox, *step) func(context.Context) (*stellr.Accepted, error)
}

func attempts() []attempt {
	return slices.Concat(
		[]attempt{{"add on", model.LifecycleActionCreateAddOn, tryAddOn}},
		[]attempt{
			trySeats("one more", func(have, _ int) int { return have + 1 }),
			trySeats("one fewer", func(have, _ int) int { return have - 1 }),
			trySeats("all refundable fewer", func(have, back int) int { return have - back }),
			trySeats("more fewer than refundable", func(have, back int) int { return have - back - 1 }),
			trySeats("the same", func(have, _ int) int { return have }),
			trySeats("none", func(int, int) int { return 0 }),
		},
		[]attempt{
			tryVerb("cancel", model.LifecycleActionCancel, (*stellr.Client).CancelSubscription),
			tryVerb("suspend", model.LifecycleActionSuspend, (*stellr.Client).SuspendSubscription),
			tryVerb("activate", model.LifecycleActionActivate, (*stellr.Client).ActivateSubscription),
			tryVerb("reactivate", model.LifecycleActionReactivate, (*stellr.Client).ReactivateSubscription),
		},
		[]attempt{
			tryTransition("upgrade", model.LifecycleActionUpgrade, nil),
			tryTransition("upgrade to more", model.LifecycleActionUpgrade, new(1)),
			tryTransition("upgrade to fewer", model.LifecycleActionUpgrade, new(-1)),
			tryTransition("downgrade", model.LifecycleActionDowngrade, nil),
			tryTransition("downgrade to fewer", model.LifecycleActionDowngrade, new(-1)),
		},
		[]attempt{
			tryPlan("annual", stellr.PlanChange{BillingFrequency: "annual", TermDuration: "P1Y"}),
			tryPlan("monthly for a year", stellr.PlanChange{BillingFrequency: "month", TermDuration: "P1Y"}),
			tryPlan("monthly", stellr.PlanChange{BillingFrequency: "month", TermDuration: "P1M"}),
			tryPlan("three years", stellr.PlanChange{TermDuration: "P3Y"}),
			tryPlan("annual monthly pay", stellr.PlanChange{PlanName: "ANNUAL_MONTHLY_PAY"}),
			tryPlan("annual yearly pay", stellr.PlanChange{PlanName: "ANNUAL_YEARLY_PAY"}),
			tryPlan("flexible", stellr.PlanChange{PlanName: "FLEXIBLE"}),
			tryRenewal("renew", stellr.RenewalAccept),
			tryRenewal("renew not", stellr.RenewalReject),
		},
	)
}

func tryAddOn(w *sandbox, s *step) func(context.Context) (*stellr.Accepted, error) {
	sub := s.subscription
	products := w.list("added to "+sub.ProductID, w.client.RelatedProducts(sub.ProductID))
	order := stellr.AddOnOrder{ProductID: sub.ProductID, SKUNo: sub.SKUNo, Quantity: 1} // no add-on at all
	if len(products) > 0 {
		order.ProductID, order.SKUNo, order.Quantity = products[0].ProductID, products[0].SKUNo, *products[0].MinQuantity
	}
	return func(ctx context.Context) (*stellr.Accepted, error) {
		return w.client.CreateAddOn(ctx, sub.CustomerNo, sub.SubscriptionID, order)
	}
}

func trySeats(name string, wanted func(have, refundable int) int) attempt {
	return attempt{"seats: " + name, model.LifecycleActionChangeSeats, func(w *sandbox, s *step) func(context.Context) (*stellr.Accepted, error) {
		sub := s.subscription
		s.quantity = new(wanted(*sub.Quantity, number(sub.RefundableQuantity, nil)))
		change := stellr.SeatChange{Quantity: *s.quantity, ProductID: sub.ProductID, SKUNo: sub.SKUNo}
		return func(ctx context.Context) (*stellr.Accepted, error) {
			return w.client.ChangeSeats(ctx, sub.CustomerNo, sub.SubscriptionID, change)
		}
	}}
}

func tryVerb(name string, action model.LifecycleAction, call func(*stellr.Client, context.Context, string, string, stellr.Reason) (*stellr.Accepted, error)) attempt {
	return attempt{name, action, func(w *sandbox, s *step) func(context.Context) (*stellr.Accepted, error) {
		return func(ctx context.Context) (*stellr.Accepted, error) {
			return call(w.client, ctx, s.subscription.CustomerNo, s.subscription.SubscriptionID, stellr.Reason{})
		}
	}}
}

func tryTransition(name string, action model.LifecycleAction, more *int) attempt {
	kind, call := "upgrade", (*stellr.Client).UpgradeSubscription
	if action == model.LifecycleActionDowngrade {
		kind, call = "downgrade", (*stellr.Client).DowngradeSubscription
	}
	return attempt{name, action, func(w *sandbox, s *step) func(context.Context) (*stellr.Accepted, error) {
		sub := s.subscription
		body := stellr.Transition{TargetProductID: sub.ProductID, TargetSKUNo: sub.SKUNo} // no target at all
		for _, p := range w.list("from "+sub.SubscriptionID, w.client.TransitionProducts(sub.CustomerNo, sub.SubscriptionID)) {
			if p.TransitionType == kind && (body.TargetProductID == sub.ProductID || *p.Eligible) {
				body.TargetProductID, body.TargetSKUNo = p.ProductID, p.SKUNo
			}
		}
		if more != nil {
			if s.quantity = new(*sub.Quantity + *more); *s.quantity < 1 {
				return nil
			}
			body.Quantity = *s.quantity
		}
		return func(ctx context.Context) (*stellr.Accepted, error) {
			return call(w.client, ctx, sub.CustomerNo, sub.SubscriptionID, body)
		}
	}}
}

func tryPlan(name string, plan stellr.PlanChange) attempt {
	return attempt{"plan: " + name, model.LifecycleActionChangePlan, func(w *sandbox, s *step) func(context.Context) (*stellr.Accepted, error) {
		if (s.subscription.VendorKind() == stellr.VendorGoogle) != (plan.PlanName != "") && plan.BillingFrequency != "annual" {
			return nil // another vendor's words
		}
		s.plan = plan
		return func(ctx context.Context) (*stellr.Accepted, error) {
			return w.client.ChangePlan(ctx, s.subscription.CustomerNo, s.subscription.SubscriptionID, plan)
		}
	}}
}

func tryRenewal(name string, decision stellr.RenewalDecision) attempt {
	return attempt{name, model.LifecycleActionUpdateRenewal, func(w *sandbox, s *step) func(context.Context) (*stellr.Accepted, error) {
		return func(ctx context.Context) (*stellr.Accepted, error) {
			return w.client.UpdateRenewal(ctx, s.subscription.CustomerNo, s.subscription.SubscriptionID, stellr.RenewalSetting{Decision: decision, NewPlans: []stellr.NewPlan{}})
		}
	}}
}

// beyond are the refusals of the simulator that the gateway cannot foresee from the record alone, by words of theirs.
func beyond() map[string][]string {
	return map[string][]string{
		"an operation is still running":                    {"is still running"},
		"a state that nobody knows":                        {"The subscription is Provisioning", "The subscription is Migrating"},
		"what a vendor without known rules does not offer": {"The vendor does not offer changePlan"},
		"the catalogue: what adds to a product":            {"The product does not add to", "The product is not sold any more"},
		"the catalogue: in what numbers":                   {"its maxQuantity", "its minQuantity", "The product takes fewer seats"},
		"the catalogue: with what plans":                   {"The product is not sold with this term", "an annual plan that the edition is sold with"},
		"the transition products":                          {"among the transition products", "The product is discontinued"},
		"an upgrade that gives seats back":                 {"An upgrade does not take seats away"},
	}
}

// scenario is a world in some state.
type scenario struct {
	name    string
	options sim.Options
	prepare func(*sandbox)
	most    int // subscriptions of one customer that are tried; 0: all
}

func scenarios() []scenario {
	const days = 24 * time.Hour
	demo := func(name string, later time.Duration, most int) scenario {
		return scenario{"demo, " + name, sim.Options{}, func(w *sandbox) { w.pass(later) }, most}
	}
	even := func(customers int, name string, prepare func(*sandbox)) scenario {
		return scenario{"even, " + name, sim.Options{Customers: customers, SubscriptionsPerCustomer: 20, Quirks: sim.QuirksAll}, prepare, 0}
	}
	return []scenario{
		demo("today", 0, 60), demo("windows closed", 40*days, 8), demo("terms over", 400*days, 8),
		even(30, "today", func(*sandbox) {}),
		even(6, "suspended", func(w *sandbox) { w.suspend(); w.pass(time.Minute) }),
		even(6, "suspended for long", func(w *sandbox) { w.suspend(); w.pass(70 * days) }),
		even(6, "with new seats", func(w *sandbox) { w.addSeats(2); w.pass(2 * days) }),
		even(6, "with an operation", func(w *sandbox) { w.addSeats(1); w.pass(time.Second) }),
	}
}

// begin is a sandbox in the scenario's state.
func (sc scenario) begin(t *testing.T) *sandbox {
	w := newSandbox(t, sc.options)
	sc.prepare(w)
	return w
}

func (w *sandbox) suspend() {
	for _, s := range w.all(0) {
		w.send(func(ctx context.Context) (*stellr.Accepted, error) {
			return w.client.SuspendSubscription(ctx, s.CustomerNo, s.SubscriptionID, stellr.Reason{})
		})
	}
}

func (w *sandbox) addSeats(more int) {
	for _, s := range w.all(0) {
		w.send(func(ctx context.Context) (*stellr.Accepted, error) {
			return w.client.ChangeSeats(ctx, s.CustomerNo, s.SubscriptionID, stellr.SeatChange{Quantity: *s.Quantity + more, ProductID: s.ProductID, SKUNo: s.SKUNo})
		})
	}
}

// send sends a write, and returns the words that it was refused with; none when it was taken.
func (w *sandbox) send(write func(context.Context) (*stellr.Accepted, error)) (refusal string) {
	w.t.Helper()
	_, err := write(w.t.Context())
	failure, ok := errors.AsType[*stellr.Error](err)
	switch {
	case err == nil:
		return ""
	case ok && failure.Code == stellr.CodeInvalid:
		return "never sent: it cannot be meant"
	case !ok || failure.Stage != stellr.Rejected || failure.Message+failure.Detail == "":
		w.t.Fatal(err)
	}
	return failure.Detail
}

func TestRulesAreTheSimulators(t *testing.T) {
	if testing.Short() {
		t.Skip("it asks the simulator some fifty thousand times")
	}
	met := struct {
		sync.Mutex
		exceptions map[string]int
	}{exceptions: map[string]int{}}
	t.Run("scenarios", func(t *testing.T) {
		for _, sc := range scenarios() {
			t.Run(sc.name, func(t *testing.T) {
				t.Parallel()
				for name, n := range compare(t, sc) {
					met.Lock()
					met.exceptions[name] += n
					met.Unlock()
				}
			})
		}
	})
	for name := range beyond() {
		if met.exceptions[name] == 0 {
			t.Errorf("never met, so no exception any more: %s", name)
		}
	}
}

// compare tries everything with every subscription of a scenario, and returns how often the simulator refused for a
// reason that the gateway cannot know.
func compare(t *testing.T, sc scenario) map[string]int {
	w := sc.begin(t)
	all, now := w.all(sc.most), w.now()
	slices.SortStableFunc(all, func(a, b *stellr.Subscription) int { // a parent takes its add-ons with it when it is cancelled
		return strings.Compare(b.ParentID, a.ParentID)
	})
	exceptions, possible, left := map[string]int{}, map[cell]bool{}, map[string][]attempt{}
	for _, s := range all {
		left[s.SubscriptionID] = attempts()
	}
	forbidden, taken := 0, 0
	for lists := w.lists; len(left) > 0; w = sc.begin(t) { // what is taken changes the subscription: the rest is tried where all is as it was
		w.lists = lists
		for _, s := range all {
			for len(left[s.SubscriptionID]) > 0 {
				a := left[s.SubscriptionID][0]
				left[s.SubscriptionID] = left[s.SubscriptionID][1:]
				problem, refusal, exception, tried := w.try(a, s)
				if !tried {
					continue
				}
				possible[cell{s.SubscriptionID, a.action}] = possible[cell{s.SubscriptionID, a.action}] || problem == nil
				if problem == nil && exception != "" {
					exceptions[exception]++
				}
				if problem != nil {
					forbidden++
				} else if refusal == "" {
					taken++
					break
				}
			}
			if len(left[s.SubscriptionID]) == 0 {
				delete(left, s.SubscriptionID)
			}
		}
	}
	for _, s := range all {
		allowed := allowedActions(s, now)
		for _, action := range model.AllLifecycleAction {
			if is := slices.Contains(allowed, action); is != possible[cell{s.SubscriptionID, action}] {
				t.Errorf("%s (%s, %s): that %s is in allowedActions is %v, and the contrary is true of every attempt", s.SubscriptionID, s.Name, s.StatusText, action, is)
			}
		}
	}
	t.Logf("%d subscriptions: %d steps taken, %d forbidden, left to the upstream: %v", len(all), taken, forbidden, exceptions)
	return exceptions
}

// cell is one thing to do to one subscription.
type cell struct {
	id     string
	action model.LifecycleAction
}

// try asks the rules and then the simulator, and complains where they differ. exception names what the gateway cannot
// know, where the refusal is about that.
func (w *sandbox) try(a attempt, s *stellr.Subscription) (problem *journal.Problem, refusal, exception string, tried bool) {
	wanted := step{action: a.action, subscription: s, now: w.now()}
	write := a.try(w, &wanted)
	if write == nil {
		return nil, "", "", false
	}
	problem, refusal = wanted.forbidden(), w.send(write)
	for name, words := range beyond() {
		if slices.ContainsFunc(words, func(said string) bool { return strings.Contains(refusal, said) }) {
			exception = name
		}
	}
	switch what := fmt.Sprintf("%s: %s (%s, %s, %s)", a.name, s.SubscriptionID, s.Name, s.PlanName, s.StatusText); {
	case problem != nil && refusal == "":
		w.t.Errorf("%s is forbidden, and the simulator does it: %s", what, problem.Message)
	case problem == nil && refusal != "" && exception == "":
		w.t.Errorf("%s is not forbidden, and the simulator refuses: %s", what, refusal)
	}
	return problem, refusal, exception, true
}

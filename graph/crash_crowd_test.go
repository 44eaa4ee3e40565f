package graph_test

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// Many callers at once, in one gateway.

// silent writes no log.
func silent(_ *stellr.Config, o *graph.Options) { o.Logger = slog.New(slog.DiscardHandler) }

// crowd sends errands all at once, each to one of the gateways in turn, and is what was told.
func crowd(errands []errand, urls ...string) []told {
	answers := make([]told, len(errands))
	gate := make(chan struct{})
	var wait sync.WaitGroup
	for i, e := range errands {
		wait.Go(func() {
			<-gate
			answers[i] = e.send(urls[i%len(urls)])
		})
	}
	close(gate)
	wait.Wait()
	return answers
}

// factsOf are the facts about errands when nothing is left to do.
func (g *gateway) factsOf(errands []errand, answers []told) facts {
	g.t.Helper()
	f := facts{told: answers, rows: rowsOf(g.t, g.journal), ledger: g.writes()}
	for _, e := range errands {
		if !slices.Contains(f.intents, e.intent) {
			f.intents = append(f.intents, e.intent)
		}
	}
	return f
}

// rowsOf waits until nothing is left to do, and is what is in the journal then.
func rowsOf(t testing.TB, j journal.Journal) []*journal.Command {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		rows, err := j.List(t.Context(), journal.Filter{Account: "test"}, journal.Page{Limit: 100_000})
		if err != nil {
			t.Fatal(err)
		}
		left := func(c *journal.Command) bool { return c.Step != journal.Ended }
		if !slices.ContainsFunc(rows, left) || time.Now().After(deadline) {
			return rows
		}
	}
}

// check has the checker look at what came of errands.
func (g *gateway) check(errands []errand, answers []told) {
	g.t.Helper()
	for _, violation := range violations(g.factsOf(errands, answers)) {
		g.t.Error(violation)
	}
}

// bought is the input of an order, without what the errand adds.
func (g *gateway) bought(quantity int) map[string]any {
	order := g.order("", quantity)
	delete(order, "idempotencyKey")
	return order
}

// Two hundred callers with one key make one order, and all are told of it.
func TestOneKeyManyCallers(t *testing.T) {
	g := openQuick(t, sim.Options{OperationTime: time.Hour}, silent)
	errands := slices.Repeat([]errand{errandOf("acme", "createSubscriptions", key("one"), g.bought(3))}, 200)
	answers := crowd(errands, g.url)
	first := slices.IndexFunc(answers, func(a told) bool { return !a.replayed })
	if first < 0 {
		t.Fatal("nobody was told that it is new")
	}
	for i, a := range answers {
		same := a.command == answers[first].command && slices.Equal(a.operations, answers[first].operations) && slices.Equal(a.subscriptions, answers[first].subscriptions)
		if !a.accepted() || !same || len(a.subscriptions) != 1 || a.replayed == (i == first) {
			t.Fatalf("%d was told %v %+v, and %d %+v", i, a, a.operations, first, answers[first].operations)
		}
	}
	if n := g.committed(); n != 1 {
		t.Errorf("there are %d orders", n)
	}
}

// Two hundred callers with keys of their own, for orders that differ in the purchase order only, make as many orders.
func TestManyKeysManyOrders(t *testing.T) {
	g := openQuick(t, sim.Options{}, silent)
	order := g.bought(3)
	errands := make([]errand, 200)
	for i := range errands {
		errands[i] = errandOf("acme", "createSubscriptions", key(fmt.Sprint("many-", i)), order)
	}
	answers := crowd(errands, g.url)
	for _, a := range answers {
		if !a.accepted() || a.replayed {
			t.Errorf("told %v", a)
		}
	}
	g.check(errands, answers)
	if n := g.committed(); n != len(errands) {
		t.Errorf("there are %d orders", n)
	}
}

// Two hundred callers with keys of their own for the same order make one, unless they say that they mean it.
func TestSameOrderManyKeys(t *testing.T) {
	g := openQuick(t, sim.Options{}, silent)
	order := g.bought(3)
	errands := make([]errand, 200)
	for i := range errands {
		errands[i] = errandOf("acme", "createSubscriptions", key(fmt.Sprint("same-", i)), order)
		errands[i].input["resellerPoNo"] = "PO-1"
	}
	accepted := 0
	for _, a := range crowd(errands, g.url) {
		switch {
		case a.accepted():
			accepted++
		case a.code != "DUPLICATE_SUSPECTED" || a.command != "":
			t.Errorf("told %v", a)
		}
	}
	if accepted != 1 || g.committed() != 1 {
		t.Errorf("%d were accepted, and there are %d orders", accepted, g.committed())
	}
	for i := range errands[:50] {
		errands[i].input["confirmDuplicate"] = true
	}
	before := slices.DeleteFunc(crowd(errands[:50], g.url), func(a told) bool { return a.accepted() })
	if len(before) > 0 || g.committed() != 50 && g.committed() != 51 { // the one that was accepted is in there or not
		t.Errorf("of those who mean it %v were refused, and there are %d orders", before, g.committed())
	}
}

// Fifty callers who all change the seats that they saw: one does, the others are told, and no change is lost. Where
// the vendor has operations, the one's has not ended when the others ask.
func TestManyChangeSeats(t *testing.T) {
	for _, vendor := range []string{sim.MicrosoftID, sim.AcronisID} { // with operations, and at once
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			var later atomic.Int64
			now := moving()
			g := open(t, sim.Options{OperationTime: time.Hour, Clock: func() time.Time { return now().Add(time.Duration(later.Load())) }}, quick, silent)
			s := g.one("100001", activeOf(vendor))
			errands := make([]errand, 50)
			for i := range errands {
				errands[i] = errandOf("acme", "changeSeats", key(fmt.Sprint("seats-", i)),
					subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 1 + i, "expectedQuantity": *s.Quantity}))
			}
			answers := crowd(errands, g.url)
			later.Store(int64(2 * time.Hour))
			wanted, accepted := 0, 0
			for i, a := range answers {
				switch {
				case a.accepted():
					accepted++
					wanted = *s.Quantity + 1 + i
				case a.status == "REJECTED" && vendor == sim.MicrosoftID: // Stellr has an operation under way
				case a.command != "" || a.code != "STALE_QUANTITY" && a.code != "NOT_ALLOWED_NOW":
					t.Errorf("told %v", a)
				}
			}
			g.check(errands, answers)
			after := g.one("100001", func(n *stellr.Subscription) bool { return n.SubscriptionID == s.SubscriptionID })
			if accepted != 1 || *after.Quantity != wanted {
				t.Errorf("%d were accepted, the last of them for %d, and there are %d seats", accepted, wanted, *after.Quantity)
			}
		})
	}
}

package graph_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// crashPoint is a moment at which the gateway dies, and how many orders there must be after that.
type crashPoint struct {
	name   string
	armed  []string                                       // where it kills itself, in turn
	strike func(l *lab, victim *process) http.HandlerFunc // how it is killed from outside
	orders int                                            // that were carried out when nobody asks again
	again  int                                            // when somebody does
	kinds  []string                                       // of errands; all when nil
}

func crashPoints() []crashPoint {
	followed := []string{"createSubscriptions", "changeSeats", "createSubscriptions", "createAddOn", "createSubscriptions", "upgradeSubscription"}
	return []crashPoint{
		{name: "before the claim", armed: []string{beforeClaim}, again: 1},
		{name: "after the claim", armed: []string{afterClaim}, again: 1},
		{name: "after the dispatch was recorded", armed: []string{afterDispatch}},
		{name: "in the middle of sending the request", armed: []string{halfSent}},
		{name: "in the middle of the request's arrival", strike: halfRead},
		{name: "after the write was carried out", strike: carriedOut, orders: 1, again: 1},
		{name: "after the answer was written", strike: answered, orders: 1, again: 1},
		{name: "after the outcome was recorded", armed: []string{afterOutcome}, orders: 1, again: 1},
		{name: "while following", armed: []string{whenTaken, beforeFollowed, afterFollowed}, orders: 1, again: 1, kinds: followed},
	}
}

// halfRead is a Stellr that has read half of the request when the gateway dies.
func halfRead(l *lab, victim *process) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadFull(r.Body, make([]byte, r.ContentLength/2)); err != nil {
			l.t.Error(err)
		}
		victim.kill()
	}
}

// carriedOut is a Stellr that has carried out the request when the gateway dies, and has not answered.
func carriedOut(l *lab, victim *process) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		l.sim.ServeHTTP(httptest.NewRecorder(), r)
		victim.kill()
	}
}

// answered is a Stellr that has answered when the gateway dies: it may have read that or not.
func answered(l *lab, victim *process) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		l.sim.ServeHTTP(w, r)
		_ = http.NewResponseController(w).Flush()
		victim.kill()
	}
}

// The gateway is killed at each point of a write, over and over, and started again on the same journal; some callers
// ask again before it has found out what became of their write, some after that, some never. Nothing is bought twice,
// nothing is forgotten, and nobody is told what is not so.
func TestKilled(t *testing.T) {
	for _, point := range crashPoints() {
		t.Run(point.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			g := launch(t, l.plan)
			g.control("/work", nil)
			for i := range crashes {
				g = l.crash(g, i, point)
			}
			l.judge(g)
		})
	}
}

// judge has the checker look at everything that happened.
func (l *lab) judge(g *process) {
	l.t.Helper()
	l.facts.rows, l.facts.ledger = g.settled(), l.sim.Ledger()
	for _, violation := range violations(l.facts) {
		l.t.Error(violation)
	}
}

// crash has a gateway killed in the i-th write, and is the one that comes after it, with nothing left to do.
func (l *lab) crash(g *process, i int, point crashPoint) *process {
	l.t.Helper()
	kinds := point.kinds
	if kinds == nil {
		kinds = []string{"createSubscriptions", "changeSeats", "createSubscriptions", "createAddOn", "createSubscriptions", "upgradeSubscription", "createSubscriptions", "cancelSubscription"}
	}
	e := l.errand(i, kinds[i%len(kinds)])
	if point.strike != nil {
		strike := point.strike(l, g)
		l.strike.Store(&strike)
	} else {
		g.control("/arm/"+point.armed[i/3%len(point.armed)], nil)
	}
	l.note(e, e.send(g.url))
	g.gone()
	l.strike.Store(nil)

	g = launch(l.t, l.plan)
	orders := point.again
	switch i % 3 {
	case 0: // two ask again before anything was found out
		l.note(e, both(e, g)...)
	case 1: // asked again when everything is known
		g.control("/work", nil)
		g.settled()
	case 2: // never
		g.control("/work", nil)
		orders = point.orders
	}
	g.settled()
	if i%3 < 2 {
		l.note(e, e.insist(g.url)...)
		g.settled()
	}
	if n := l.committed(e); n != orders {
		l.t.Errorf("%s was carried out %d times, not %d", e.intent, n, orders)
	}
	return g
}

// both are the answers to two who ask again while the gateway does not look after commands yet.
func both(e errand, g *process) []told {
	answers := make([][]told, 2)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() { answers[i] = e.insist(g.url) })
	}
	g.control("/work?after=asked", nil)
	wait.Wait()
	return append(answers[0], answers[1]...)
}

// String is the answer in short.
func (t told) String() string {
	return fmt.Sprintf("{%s: %s %s replayed %t lost %t}", t.intent, t.status, t.code, t.replayed, t.lost)
}

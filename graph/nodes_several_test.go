package graph_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
	"stellr-gateway/internal/journal/pgtest"
	"stellr-gateway/stellr"
)

// shared has a lab's gateways share a database, and lets them take over soon from one that is lost.
func shared(t testing.TB) func(*plan) {
	database := pgtest.Start(t)
	return func(p *plan) {
		p.Journal = database
		p.Writes.Patience, p.Writes.Margin, p.Writes.Lease = 400*time.Millisecond, 200*time.Millisecond, 500*time.Millisecond
	}
}

// watch sees which node has which command.
type watch struct {
	mu     sync.Mutex
	held   map[string]string // command → node
	looks  int               // at commands whose operations run
	double []string
}

// watched is a node's journal under watch.
type watched struct {
	journal.Journal
	*watch
	stall chan struct{} // not nil: what was dispatched is held up until it is closed
}

func (j *watched) Take(ctx context.Context, account, node string, now time.Time, lease time.Duration, most int) ([]*journal.Command, error) {
	taken, err := j.Journal.Take(ctx, account, node, now, lease, most)
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range taken {
		if other := j.held[c.ID]; other != "" {
			j.double = append(j.double, fmt.Sprintf("%s has the command of %s, and %s took it", other, c.Key, node))
		}
		j.held[c.ID] = node
		if c.Step == journal.Following {
			j.looks++
		}
	}
	return taken, err
}

func (j *watched) Save(ctx context.Context, c *journal.Command) error {
	j.mu.Lock()
	delete(j.held, c.ID) // from here on it may be another's
	j.mu.Unlock()
	err := j.Journal.Save(ctx, c)
	if j.stall != nil && c.Step == journal.Dispatched {
		<-j.stall
	}
	return err
}

// node is one more gateway, in this process.
func (l *lab) node(name string, w *watch, stall chan struct{}) (url string, j journal.Journal) {
	l.t.Helper()
	kept, err := journal.Open(l.t.Context(), l.plan.Journal)
	if err != nil {
		l.t.Fatal(err)
	}
	p := l.plan
	p.Node = name
	resolver, handler, err := p.node(&watched{kept, w, stall})
	if err != nil {
		l.t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); resolver.Work(ctx) }()
	l.t.Cleanup(func() {
		server.Close()
		stop()
		<-stopped
		if err := kept.Close(); err != nil {
			l.t.Error(err)
		}
	})
	return server.URL, kept
}

// conclude has the checker look at everything once nothing is left to do.
func (l *lab) conclude(j journal.Journal) {
	l.t.Helper()
	l.facts.rows, l.facts.ledger = rowsOf(l.t, j), l.sim.Ledger()
	for _, violation := range violations(l.facts) {
		l.t.Error(violation)
	}
}

// A hundred callers with one key, spread over nodes, make one order, and all are told of it.
func TestOneKeyOverNodes(t *testing.T) {
	t.Parallel()
	l := newLab(t, shared(t), patient)
	w := &watch{held: map[string]string{}}
	a, j := l.node("a", w, nil)
	b, _ := l.node("b", w, nil)
	c, _ := l.node("c", w, nil)
	var errands []errand
	for i := range 4 {
		errands = append(errands, slices.Repeat([]errand{l.errand(i, "createSubscriptions")}, 25)...)
	}
	one := slices.Repeat([]errand{l.errand(9, "createSubscriptions")}, 100)
	for _, crowded := range [][]errand{one, errands} {
		for _, answer := range crowd(crowded, a, b, c) {
			if !answer.accepted() {
				t.Errorf("told %v", answer)
			}
			l.note(errand{intent: answer.intent}, answer)
		}
	}
	l.conclude(j)
	if n := len(l.facts.rows); n != 5 {
		t.Errorf("there are %d commands", n)
	}
}

// patient never takes a command for lost.
func patient(p *plan) { p.Writes.Patience, p.Writes.Margin, p.Writes.Lease = 0, 0, 0 }

// A command is looked after by one node at a time: Stellr is asked for an operation once for each turn, however many
// nodes there are.
func TestOneNodeFollows(t *testing.T) {
	t.Parallel()
	l := newLab(t, shared(t), patient)
	w := &watch{held: map[string]string{}}
	var urls []string
	var j journal.Journal
	for _, name := range []string{"a", "b", "c"} {
		var url string
		url, j = l.node(name, w, nil)
		urls = append(urls, url)
	}
	var errands []errand
	for i := range 20 {
		errands = append(errands, l.errand(i, "createSubscriptions"))
	}
	for _, answer := range crowd(errands, urls...) {
		l.note(errand{intent: answer.intent}, answer)
	}
	l.conclude(j)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, double := range w.double {
		t.Error(double)
	}
	if asked := l.sim.Calls(stellr.ActionGetOperation); w.looks < len(errands) || asked != w.looks {
		t.Errorf("Stellr was asked for operations %d times in %d turns", asked, w.looks)
	}
}

// What a lost node had on its way, or followed, is ended by another: found out by reading, never sent again.
func TestNodeLost(t *testing.T) {
	for _, point := range crashPoints() {
		t.Run(point.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, shared(t))
			var b *process
			for i, kind := range []string{"createSubscriptions", "changeSeats"} {
				b = l.lose(l.errand(i, kind), point)
			}
			l.judge(b)
		})
	}
}

// lose has a node killed in a write, and the caller ask another one again, which is returned.
func (l *lab) lose(e errand, point crashPoint) *process {
	l.t.Helper()
	other := l.plan
	other.Node = "other"
	a, b := launch(l.t, l.plan), launch(l.t, other)
	switch {
	case point.strike != nil:
		strike := point.strike(l, a)
		l.strike.Store(&strike)
	default:
		a.control("/arm/"+point.armed[0], nil)
	}
	if point.name == "while following" {
		a.control("/work", nil)
	}
	l.note(e, e.send(a.url))
	a.gone()
	l.strike.Store(nil)
	b.control("/work", nil)
	b.settled()
	l.note(e, e.insist(b.url)...)
	b.settled()
	if n := l.committed(e); n != point.again {
		l.t.Errorf("%s was carried out %d times, not %d", e.intent, n, point.again)
	}
	return b
}

// A node that slept between writing down that it sends and sending does not send what others have given up meanwhile.
func TestNodeThatSlept(t *testing.T) {
	t.Parallel()
	l := newLab(t, shared(t))
	w, stall := &watch{held: map[string]string{}}, make(chan struct{})
	a, j := l.node("a", w, stall)
	b, _ := l.node("b", &watch{held: map[string]string{}}, nil)
	var sent atomic.Int64
	counting := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		l.sim.ServeHTTP(w, r)
	})
	l.strike.Store(&counting)
	e := l.errand(0, "createSubscriptions")
	answer := make(chan told)
	go func() { answer <- e.send(a) }()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		rows := rowsOf(t, j)
		if len(rows) == 1 && rows[0].Step == journal.Ended {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("nobody took it over: %+v", rows)
		}
	}
	close(stall)
	l.note(e, <-answer)
	if n := sent.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	l.note(e, e.insist(b)...)
	l.conclude(j)
	if n := l.committed(e); n != 1 {
		t.Errorf("it was carried out %d times", n)
	}
}

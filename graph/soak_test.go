package graph_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// stopwatch adds up where the time of a mutation went.
type stopwatch struct {
	mu                        sync.Mutex
	all, upstream, inJournals time.Duration
	sent                      bool // others wait for somebody else's request: their time says nothing
}

type stopwatchKey struct{}

func (s *stopwatch) add(to *time.Duration, d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*to += d
}

// timed is a journal that notes how long whoever waits for it waits.
type timed struct{ journal.Journal }

func (j timed) measure(ctx context.Context) func() {
	s, _ := ctx.Value(stopwatchKey{}).(*stopwatch)
	if s == nil {
		return func() {}
	}
	start := time.Now()
	return func() { s.add(&s.inJournals, time.Since(start)) }
}

func (j timed) Claim(ctx context.Context, c *journal.Command, check journal.Check) (journal.Verdict, *journal.Command, error) {
	defer j.measure(ctx)()
	verdict, other, err := j.Journal.Claim(ctx, c, check)
	if s, _ := ctx.Value(stopwatchKey{}).(*stopwatch); s != nil && verdict == journal.Won {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sent = true
	}
	return verdict, other, err
}

func (j timed) ByKey(ctx context.Context, account, organization, action, key string) (*journal.Command, error) {
	defer j.measure(ctx)()
	return j.Journal.ByKey(ctx, account, organization, action, key)
}

func (j timed) Mark(ctx context.Context, account, customerNo, subscriptionID string) (int64, error) {
	defer j.measure(ctx)()
	return j.Journal.Mark(ctx, account, customerNo, subscriptionID)
}

func (j timed) Save(ctx context.Context, c *journal.Command) error {
	defer j.measure(ctx)()
	return j.Journal.Save(ctx, c)
}

// stopwatches are those of all mutations that a gateway answered.
type stopwatches struct {
	mu  sync.Mutex
	all []*stopwatch
}

// measured has each request of a handler timed.
func (s *stopwatches) measured(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		one := &stopwatch{}
		ctx := context.WithValue(r.Context(), stopwatchKey{}, one)
		ctx = stellr.WithObserver(ctx, func(call stellr.Call) { one.add(&one.upstream, call.Duration) })
		start := time.Now()
		handler.ServeHTTP(w, r.WithContext(ctx))
		one.add(&one.all, time.Since(start))
		s.mu.Lock()
		defer s.mu.Unlock()
		s.all = append(s.all, one)
	})
}

// count is how many mutations have been answered, or given up.
func (s *stopwatches) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// quantiles are the median and the 99th percentile of what is read from the stopwatches of what was sent.
func (s *stopwatches) quantiles(read func(*stopwatch) time.Duration) (median, p99 time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []time.Duration
	for _, one := range s.all {
		one.mu.Lock()
		if one.sent {
			all = append(all, read(one))
		}
		one.mu.Unlock()
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], all[len(all)*99/100]
}

func (s *stopwatches) String() string {
	own, ownLate := s.quantiles(func(s *stopwatch) time.Duration { return s.all - s.upstream })
	kept, keptLate := s.quantiles(func(s *stopwatch) time.Duration { return s.inJournals })
	all, allLate := s.quantiles(func(s *stopwatch) time.Duration { return s.all })
	return fmt.Sprintf("median and p99: a mutation %v, %v; the gateway's own part of it %v, %v; the journal's part of that %v, %v", all, allLate, own, ownLate, kept, keptLate)
}

// timedNode is a gateway of a lab in this process whose time is measured.
func (l *lab) timedNode(j journal.Journal) (url string, times *stopwatches) {
	l.t.Helper()
	resolver, handler, err := l.plan.node(timed{j})
	if err != nil {
		l.t.Fatal(err)
	}
	times = &stopwatches{}
	server := httptest.NewServer(times.measured(handler))
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); resolver.Work(ctx) }()
	l.t.Cleanup(func() { server.Close(); stop(); <-stopped })
	return server.URL, times
}

// Fifty writes a second, for as long as the variable SOAK says (SOAK=1m), with a Stellr that now and then breaks in
// the middle and callers who now and then ask twice. None is lost, none is doubled.
func TestSoak(t *testing.T) {
	lasts, err := time.ParseDuration(os.Getenv("SOAK"))
	if err != nil {
		t.Skip("set SOAK to a duration, such as 1m")
	}
	l := newLab(t)
	j := openJournal(t)
	url, times := l.timedNode(j)
	const rate = 50
	errands := make([]errand, rate*int(lasts/time.Second))
	var places []errand
	for i := range 60 {
		places = append(places, l.errand(i, "createSubscriptions"))
	}
	for i := range errands {
		at := places[i%len(places)]
		errands[i] = errandOf("acme", at.action, key(fmt.Sprintf("soak-%06d", i)), at.input)
		errands[i].input["idempotencyKey"] = errands[i].key
	}
	for _, f := range []sim.Fault{{Kind: sim.FaultStatus, Status: 502, Commit: true}, {Kind: sim.FaultStatus, Status: 504}, {Kind: sim.FaultReset, Commit: true}, {Kind: sim.FaultTruncate}} {
		f.Action, f.Probability = stellr.ActionCreateSubscriptions, 0.005
		l.sim.Inject(f)
	}
	start := time.Now()
	answers := l.steadily(errands, rate, url)
	took := time.Since(start)
	l.conclude(j)
	if held := float64(len(errands)) / took.Seconds(); held < rate*0.9 {
		t.Errorf("%d writes took %v: that is %.1f a second, not %d", len(errands), took, held, rate)
	}
	if sent := len(l.sim.Ledger()); sent < len(errands) {
		t.Errorf("%d writes were asked for, and Stellr heard of %d", len(errands), sent)
	}
	told := map[string]int{}
	for _, a := range answers {
		told[a.status+" "+a.code]++
	}
	t.Logf("%d writes, %d of them repeated, told %v, %d requests", len(errands), len(answers)-len(errands), told, len(l.sim.Ledger()))
	t.Log(times)
}

// steadily sends so many errands a second, some of them twice, and notes what was told.
func (l *lab) steadily(errands []errand, rate int, url string) []told {
	var mu sync.Mutex
	var wait sync.WaitGroup
	var answers []told
	send := func(e errand) {
		a := e.send(url)
		mu.Lock()
		defer mu.Unlock()
		answers = append(answers, a)
	}
	beat := time.NewTicker(time.Second / time.Duration(rate))
	defer beat.Stop()
	for i, e := range errands {
		<-beat.C
		wait.Go(func() { send(e) })
		if i%20 == 0 {
			wait.Go(func() { send(e) })
		}
	}
	wait.Wait()
	for _, e := range errands {
		l.facts.intents = append(l.facts.intents, e.intent)
	}
	l.facts.told = append(l.facts.told, answers...)
	return answers
}

// What the journal adds to a write: the same with a file, and with a journal in memory.
func BenchmarkChangeSeats(b *testing.B) {
	for name, opened := range map[string]func(testing.TB) journal.Journal{
		"sqlite": openJournal,
		"memory": func(testing.TB) journal.Journal { return &memory{keys: map[string]*journal.Command{}} },
	} {
		b.Run(name, func(b *testing.B) {
			l := newLab(b)
			url, times := l.timedNode(opened(b))
			s := l.pick(0, activeOf(sim.AcronisID))
			for i := 0; b.Loop(); i++ {
				e := errandOf("acme", "changeSeats", key(fmt.Sprintf("bench-%06d", i)),
					subscriptionInput(s, map[string]any{"quantity": *s.Quantity + 1 + i%2, "confirmDuplicate": true}))
				if a := e.send(url); !a.accepted() {
					b.Fatal(a)
				}
			}
			for unit, read := range map[string]func(*stopwatch) time.Duration{
				"own-p50-ms":     func(s *stopwatch) time.Duration { return s.all - s.upstream },
				"journal-p50-ms": func(s *stopwatch) time.Duration { return s.inJournals },
			} {
				median, _ := times.quantiles(read)
				b.ReportMetric(float64(median.Microseconds())/1000, unit)
			}
		})
	}
}

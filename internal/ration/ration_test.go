package ration

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"stellr-gateway/internal/redistest"
)

// crowd is several nodes that want as much as they can get.
type crowd struct {
	t       *testing.T
	nodes   []*Ration
	through atomic.Int64
	failed  atomic.Pointer[error]
}

const workers = 4 // on each node

func newCrowd(t *testing.T, server *redistest.Server, nodes int, perSecond float64, log *slog.Logger) *crowd {
	t.Helper()
	c := &crowd{t: t}
	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	for i := range nodes {
		r := New(Options{Client: server.Client(), Account: "test", Node: fmt.Sprint("node ", i), Rate: perSecond, Logger: log})
		c.nodes = append(c.nodes, r)
		t.Cleanup(r.Close)
	}
	t.Cleanup(func() { stop(); working.Wait() })
	for _, r := range c.nodes {
		for range workers {
			working.Go(func() {
				for {
					err := r.Wait(ctx)
					if ctx.Err() != nil {
						return
					}
					if err != nil {
						c.failed.Store(&err)
						return
					}
					c.through.Add(1)
				}
			})
		}
	}
	return c
}

// keeps says whether no more than the ration came through until many have, but for so many beyond it.
func (c *crowd) keeps(perSecond float64, many int64, beyond float64) {
	c.t.Helper()
	start, before := time.Now(), c.through.Load()
	for deadline := start.Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		n, took := c.through.Load()-before, time.Since(start)
		if most := perSecond*took.Seconds()*1.02 + beyond + c.parts(perSecond); float64(n) > most {
			c.t.Fatalf("%d requests came through in %v, where %.0f may", n, took, most)
		}
		if err := c.failed.Load(); err != nil {
			c.t.Fatal(*err)
		}
		if n >= many {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("only %d requests came through in %v", n, took)
		}
	}
}

// parts is what nodes may send beyond the ration which found Redis away while others did not, as on a busy machine.
func (c *crowd) parts(perSecond float64) (sum float64) {
	for _, r := range c.nodes {
		r.mu.Lock()
		if !r.warned.IsZero() {
			sum += 1 + perSecond/float64(r.nodes)
		}
		r.mu.Unlock()
	}
	return sum
}

// until waits for something that is about to be on every node.
func (c *crowd) until(what string, is func(*Ration) bool) {
	c.t.Helper()
	for _, r := range c.nodes {
		eventually(c.t, what, func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return is(r)
		})
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

// Three nodes share one ration; while Redis is away each has a third of it; when it is back they share again.
func TestNodesShareTheRation(t *testing.T) {
	const perSecond = 50
	server := redistest.Start(t)
	var said lines
	c := newCrowd(t, server, 3, perSecond, slog.New(slog.NewTextHandler(&said, nil)))
	c.until("they know of each other", func(r *Ration) bool { return r.nodes == 3 })
	c.keeps(perSecond, 100, 1+3*workers) // those that have their turns already
	server.Kill()
	c.until("it is noticed", func(r *Ration) bool { return !r.away.IsZero() })
	c.keeps(perSecond, 100, 3+3*workers)
	server.Restart()
	c.until("it is back", func(r *Ration) bool { return r.away.IsZero() })
	c.keeps(perSecond, 100, 4+3*workers)
	c.until("nobody holds back", func(r *Ration) bool { return time.Now().After(r.back) })
	c.keeps(perSecond, 50, 4+3*workers)
	text := said.String()
	if n := strings.Count(text, "does not answer"); n < 3 || strings.Contains(text, server.Password()) {
		t.Errorf("it was said %d times:\n%s", n, text)
	}
}

// Whoever asks first has the first turn, and one ration from its beginning is no more than it says.
func TestTheRationFromItsBeginning(t *testing.T) {
	server := redistest.Start(t)
	start := time.Now()
	r := New(Options{Client: server.Client(), Account: "test", Node: "a", Rate: 20})
	t.Cleanup(r.Close)
	for i := range 10 {
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if least := time.Duration(i) * 49 * time.Millisecond; time.Since(start) < least {
			t.Errorf("the request %d went after %v", i, time.Since(start))
		}
	}
}

// A turn that would come too late is not taken, so that the next who has time can have it.
func TestTooLate(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client()
	r := New(Options{Client: client, Account: "test", Node: "a", Rate: 0.1})
	t.Cleanup(r.Close)
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	turn := func() string {
		value, err := client.Do(t.Context(), client.B().Get().Key(r.turnKey()).Build()).ToString()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
	before := turn()
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if err := r.Wait(ctx); !errors.Is(err, ErrTooLate) {
			t.Error(err)
		}
		cancel()
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Wait(gone); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if after := turn(); after != before {
		t.Errorf("the next turn was %s and is %s", before, after)
	}
	leaving, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- r.Wait(leaving) }()
	eventually(t, "it has a turn", func() bool { return turn() != before })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A clock that went back would have everybody wait until it is where it was.
func TestTheClockOfRedisGoesBack(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client()
	r := New(Options{Client: client, Account: "test", Node: "a", Rate: 100})
	t.Cleanup(r.Close)
	if err := client.Do(t.Context(), client.B().Set().Key(r.turnKey()).Value("9000000000000000").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for range 3 {
		if err := r.Wait(ctx); err != nil {
			t.Fatal(err)
		}
	}
}

// A Redis that hangs, or was never there, holds nobody up.
func TestRedisThatDoesNotAnswer(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client()
	r := New(Options{Client: server.Client(), Account: "test", Node: "a", Rate: 1000})
	t.Cleanup(r.Close)
	if err := r.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := client.Do(t.Context(), client.B().Arbitrary("CLIENT", "PAUSE", "5000", "ALL").Build()).Error(); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for range 100 {
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("it took %v", took)
	}
	server.Kill()
	r = New(Options{Client: server.Client(), Account: "test", Node: "b", Rate: 1000})
	for range 10 {
		if err := r.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.Close()
	if err := r.Wait(t.Context()); err != nil {
		t.Error(err)
	}
}

// Accounts have rations of their own, nodes that leave are not counted, and fewer nodes are believed after a while only.
func TestWhoIsCounted(t *testing.T) {
	server := redistest.Start(t)
	client := server.Client()
	counted := func() int64 {
		n, err := client.Do(t.Context(), client.B().Zcard().Key("stellr-gateway:{ration:one}:nodes").Build()).AsInt64()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	a := New(Options{Client: client, Account: "one", Node: "a", Rate: 30})
	b := New(Options{Client: client, Account: "one", Node: "b", Rate: 30})
	other := New(Options{Client: client, Account: "two", Node: "c", Rate: 30})
	t.Cleanup(other.Close)
	eventually(t, "both are there", func() bool { return counted() == 2 })
	b.Close()
	eventually(t, "one has left", func() bool { return counted() == 1 })
	a.Close()
	a = &Ration{o: Options{Rate: 30}, own: rate.NewLimiter(30, 1), nodes: 1}
	now := time.Now()
	for _, c := range []struct {
		nodes int
		after time.Duration
		want  float64
	}{{1, 0, 30}, {3, time.Second, 10}, {1, 2 * time.Second, 10}, {2, 10 * time.Second, 10}, {2, 11 * time.Second, 15}, {0, 22 * time.Second, 30}} {
		a.count(c.nodes, now.Add(c.after))
		if got := float64(a.own.Limit()); got != c.want {
			t.Errorf("after %v with %d nodes its part is %v, not %v", c.after, c.nodes, got, c.want)
		}
	}
}

// What many ask for at once is asked for in few trips, and still spaced.
func TestManyAtOnce(t *testing.T) {
	server := redistest.Start(t)
	r := New(Options{Client: server.Client(), Account: "test", Node: "a", Rate: 2000})
	t.Cleanup(r.Close)
	start := time.Now()
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			if err := r.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took := time.Since(start); took < 490*time.Millisecond {
		t.Errorf("a thousand went in %v", took)
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

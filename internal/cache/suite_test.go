package cache

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/internal/redistest"
)

// Both halves are the same to whoever asks.

// halves runs a test over both. open makes a node; those over Redis share what they read.
func halves(t *testing.T, test func(t *testing.T, open func(Options) Cache)) {
	t.Run("memory", func(t *testing.T) {
		test(t, func(o Options) Cache {
			c := Memory(o)
			t.Cleanup(func() { _ = c.Close() })
			return c
		})
	})
	t.Run("redis", func(t *testing.T) {
		server := redistest.Start(t)
		test(t, func(o Options) Cache { return node(t, server, o) })
	})
}

// node is a cache over a server, which has time enough for a busy machine where the options do not say.
func node(t testing.TB, server *redistest.Server, o Options) *redis {
	t.Helper()
	if o.patience == 0 {
		o.patience = 10 * time.Second
	}
	c, err := Redis(server.Options(), "account", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c.(*redis)
}

// clock is a time that can be moved on.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

var errUpstream = errors.New("the upstream fails")

// upstream counts how often it is asked, and answers with that.
type upstream struct {
	calls atomic.Int64
	fails atomic.Bool
	wait  chan struct{} // answers come when it is closed, or fail with the context's error; nil: at once
}

func (u *upstream) question(key string, tags ...string) Question {
	return Question{
		Key: key, Tags: tags, Life: Life{Fresh: time.Minute, Stale: time.Minute, Brief: 10 * time.Second},
		Fetch: func(ctx context.Context) ([]byte, bool, error) {
			n := u.calls.Add(1)
			if u.wait != nil {
				select {
				case <-u.wait:
				case <-ctx.Done():
					return nil, false, ctx.Err()
				}
			}
			if u.fails.Load() {
				return nil, false, errUpstream
			}
			return []byte(strconv.FormatInt(n, 10)), false, nil
		},
		Decode: func(raw []byte) (any, error) { return string(raw), nil },
	}
}

func get(t testing.TB, c Cache, q Question, want string) Answer {
	t.Helper()
	answer, err := c.Get(context.Background(), q)
	if err != nil || answer.Value != any(want) {
		t.Fatalf("got %v, %v; want %q", answer.Value, err, want)
	}
	return answer
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come to this: %s", what)
		}
	}
}

// waiting is how many wait for fetches on a node.
func waiting(c Cache) int {
	f := (*flights)(nil)
	switch c := c.(type) {
	case *memory:
		f = c.flights
	case *redis:
		f = c.flights
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	many := 0
	for _, there := range f.all {
		many += there.waiting
	}
	return many
}

func TestHitAndMiss(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c, u := open(Options{}), &upstream{}
		q := u.question("account key \x00\n%", "tag")
		if _, ok := c.Peek(q.Key, q.Tags); ok {
			t.Error("something is there at the start")
		}
		first := get(t, c, q, "1")
		if first.Kept || first.Age != 0 || first.Left < 50*time.Second || first.Left > time.Minute {
			t.Errorf("what was fetched: %+v", first)
		}
		second := get(t, c, q, "1")
		if !second.Kept || second.Age <= 0 || second.Left <= 0 {
			t.Errorf("what was kept: %+v", second)
		}
		if peeked, ok := c.Peek(q.Key, q.Tags); !ok || peeked.Value != "1" || !peeked.Kept {
			t.Errorf("what is at hand: %+v, %v", peeked, ok)
		}
		get(t, c, u.question("account other", "tag"), "2")
		if err := c.Check(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestNothingIsKeptBriefly(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		clock, u := &clock{}, &upstream{}
		c, q := open(Options{Now: clock.now}), u.question("k", "tag")
		fetch := q.Fetch
		q.Fetch = func(ctx context.Context) ([]byte, bool, error) {
			raw, _, err := fetch(ctx)
			return raw, true, err
		}
		get(t, c, q, "1")
		if kept := get(t, c, q, "1"); kept.Left > 10*time.Second {
			t.Errorf("%+v", kept)
		}
		clock.advance(11 * time.Second)
		get(t, c, q, "2")
		q.Life.Brief = 0
		c.Drop(t.Context(), "tag")
		get(t, c, q, "3")
		get(t, c, q, "4")
	})
}

func TestZeroLife(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		u := &upstream{wait: make(chan struct{})}
		c, q := open(Options{}), u.question("k", "tag")
		q.Life = Life{}
		asked := askMany(t, c, q, 10)
		eventually(t, "ten wait", func() bool { return waiting(c) == 10 })
		close(u.wait)
		asked("1")
		if answer := get(t, c, q, "2"); answer.Kept || answer.Left != 0 {
			t.Errorf("%+v", answer)
		}
		if _, ok := c.Peek(q.Key, q.Tags); ok {
			t.Error("it was kept")
		}
	})
}

// askMany asks at once. The function it returns waits for the answers.
func askMany(t *testing.T, c Cache, q Question, many int) func(want string) {
	var asking sync.WaitGroup
	values := make([]any, many)
	for i := range many {
		asking.Go(func() {
			answer, err := c.Get(context.Background(), q)
			if values[i] = answer.Value; err != nil {
				values[i] = err
			}
		})
	}
	return func(want string) {
		t.Helper()
		asking.Wait()
		for _, value := range values {
			if value != any(want) {
				t.Fatalf("got %v; want %q", value, want)
			}
		}
	}
}

func TestStaleIsGivenAndRefreshedOnce(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		clock, u := &clock{}, &upstream{}
		c, q := open(Options{Now: clock.now}), u.question("k", "tag")
		get(t, c, q, "1")
		clock.advance(90 * time.Second)
		u.wait = make(chan struct{})
		for range 20 {
			if stale := get(t, c, q, "1"); stale.Left != 0 || stale.Age < 90*time.Second || !stale.Kept {
				t.Fatalf("%+v", stale)
			}
		}
		if _, ok := c.Peek(q.Key, q.Tags); ok {
			t.Error("what is stale can be peeked at")
		}
		close(u.wait)
		eventually(t, "it was refreshed", func() bool { answer, ok := c.Peek(q.Key, q.Tags); return ok && answer.Value == "2" })
		get(t, c, q, "2")
		if calls := u.calls.Load(); calls != 2 {
			t.Errorf("the upstream was asked %d times", calls)
		}
		clock.advance(3 * time.Minute)
		if answer := get(t, c, q, "3"); answer.Kept {
			t.Errorf("%+v", answer)
		}
	})
}

func TestFailedRefreshWaits(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		clock, u := &clock{}, &upstream{}
		c, q := open(Options{Now: clock.now}), u.question("k", "tag")
		get(t, c, q, "1")
		clock.advance(90 * time.Second)
		u.fails.Store(true)
		get(t, c, q, "1")
		eventually(t, "it was asked", func() bool { return u.calls.Load() == 2 })
		for range 100 {
			get(t, c, q, "1")
		}
		if calls := u.calls.Load(); calls != 2 {
			t.Errorf("the upstream was asked %d times", calls)
		}
		eventually(t, "it is tried again", func() bool {
			clock.advance(2 * time.Millisecond)
			get(t, c, q, "1")
			return u.calls.Load() == 3
		})
	})
}

func TestFresh(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		u := &upstream{}
		c, q := open(Options{}), u.question("k", "tag")
		get(t, c, q, "1")
		anew := q
		anew.Fresh = true
		if answer := get(t, c, anew, "2"); answer.Kept || answer.Age != 0 {
			t.Errorf("%+v", answer)
		}
		get(t, c, q, "2")
		if err := c.Drop(t.Context(), "tag"); err != nil {
			t.Fatal(err)
		}
		old := &upstream{wait: make(chan struct{})} // on its way since before
		slow := old.question("k", "tag")
		before := askMany(t, c, slow, 1)
		eventually(t, "it is on its way", func() bool { return old.calls.Load() == 1 })
		get(t, c, anew, "3")
		close(old.wait)
		before("1")
		get(t, c, q, "3") // and did not overwrite what began later
	})
}

func TestDroppedWhileOnItsWay(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c, old, u := open(Options{}), &upstream{wait: make(chan struct{})}, &upstream{}
		u.calls.Store(10)
		before := askMany(t, c, old.question("k", "a", "b"), 1)
		eventually(t, "it is on its way", func() bool { return old.calls.Load() == 1 })
		if err := c.Drop(t.Context(), "b"); err != nil {
			t.Fatal(err)
		}
		get(t, c, u.question("k", "a", "b"), "11")
		close(old.wait)
		before("1")
		get(t, c, u.question("k", "a", "b"), "11")

		old, u = &upstream{wait: make(chan struct{})}, &upstream{}
		u.calls.Store(20)
		before = askMany(t, c, old.question("l", "a"), 1)
		eventually(t, "it is on its way", func() bool { return old.calls.Load() == 1 })
		if err := c.Drop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		close(old.wait)
		before("1")
		get(t, c, u.question("l", "a"), "21")
	})
}

func TestDrop(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c, u := open(Options{}), &upstream{}
		one, both, other := u.question("one", "a"), u.question("both", "a", "b"), u.question("other", "c")
		get(t, c, one, "1")
		get(t, c, both, "2")
		get(t, c, other, "3")
		if err := c.Drop(t.Context(), "b", "nothing"); err != nil {
			t.Fatal(err)
		}
		if _, ok := c.Peek(both.Key, both.Tags); ok {
			t.Error("what was dropped can be peeked at")
		}
		get(t, c, one, "1")
		get(t, c, both, "4")
		get(t, c, other, "3")
	})
}

// Whoever drops meets nothing from before, however often.
func TestDropAgainAndAgain(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c := open(Options{})
		var lanes sync.WaitGroup
		for lane := range 8 {
			lanes.Go(func() {
				u, tag := &upstream{}, fmt.Sprint("tag", lane)
				q := u.question(fmt.Sprint("k", lane), tag)
				for i := range 100 {
					if answer, err := c.Get(t.Context(), q); err != nil || answer.Value != fmt.Sprint(i+1) {
						t.Errorf("after %d: %v, %v", i, answer.Value, err)
						return
					}
					if err := c.Drop(t.Context(), tag); err != nil {
						t.Error(err)
					}
					if _, ok := c.Peek(q.Key, q.Tags); ok {
						t.Error("it is still there")
					}
				}
			})
		}
		lanes.Wait()
	})
}

func TestWhatCannotBeDecodedIsNotKept(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c, u := open(Options{}), &upstream{}
		q := u.question("k", "tag")
		q.Decode = func([]byte) (any, error) { return nil, errUpstream }
		if _, err := c.Get(t.Context(), q); !errors.Is(err, errUpstream) {
			t.Error(err)
		}
		get(t, c, u.question("k", "tag"), "2")
	})
}

func TestMemoryIsBounded(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c, u := open(Options{MaxBytes: 100 << 10}), &upstream{}
		for i := range 200 {
			if _, err := c.Get(t.Context(), u.question(fmt.Sprint(i), "tag")); err != nil {
				t.Fatal(err)
			}
		}
		size := func() uint64 { return 0 }
		switch c := c.(type) {
		case *memory:
			size = func() uint64 { c.entries.CleanUp(); return c.entries.WeightedSize() }
		case *redis:
			size = func() uint64 { c.entries.CleanUp(); return c.entries.WeightedSize() }
		}
		eventually(t, "what is too much is gone", func() bool { return size() <= 100<<10 })
		if size() == 0 {
			t.Error("nothing is kept")
		}
	})
}

func TestVersion(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c := open(Options{})
		a, ab, other, whole := c.Version("a"), c.Version("a", "b"), c.Version("c"), c.Version()
		same := func(when string, changed bool) {
			t.Helper()
			for range 3 {
				if c.Version("c") != other {
					t.Errorf("%s: that of another tag changed", when)
				}
				if (c.Version("a") != a) != changed || (c.Version("a", "b") != ab) != changed || (c.Version() != whole) != changed {
					t.Errorf("%s: changed %v, %v, %v", when, c.Version("a") != a, c.Version("a", "b") != ab, c.Version() != whole)
				}
			}
		}
		same("at the start", false)
		get(t, c, (&upstream{}).question("k", "a"), "1")
		same("after something was kept", false)
		if err := c.Drop(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		same("after it was dropped", true)
		a, ab, whole = c.Version("a"), c.Version("a", "b"), c.Version()
		same("later", false)
	})
}

package cache

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// One fetch is for all who wait, over both halves.

func TestOneFetchForAll(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		u := &upstream{wait: make(chan struct{})}
		one := open(Options{})
		q := u.question("k", "tag")
		asked := askMany(t, one, q, 100)
		eventually(t, "all wait", func() bool { return waiting(one) == 100 })
		close(u.wait)
		asked("1")
		if calls := u.calls.Load(); calls != 1 {
			t.Errorf("the upstream was asked %d times", calls)
		}
	})
}

// Asking while it ends must not fetch twice.
func TestOneFetchWhileItEnds(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c, u := open(Options{}), &upstream{}
		for i := range 50 {
			q := u.question(fmt.Sprint("k", i), "tag")
			askMany(t, c, q, 20)(fmt.Sprint(i + 1))
		}
	})
}

func TestHangUp(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		for _, who := range []string{"first", "second", "all"} {
			c, u := open(Options{}), &upstream{wait: make(chan struct{})}
			ended := make(chan struct{})
			q := u.question("k"+who, "tag")
			fetch := q.Fetch
			q.Fetch = func(ctx context.Context) ([]byte, bool, error) {
				defer close(ended)
				return fetch(ctx)
			}
			type outcome struct {
				answer Answer
				err    error
			}
			ask := func() (chan outcome, context.CancelFunc) {
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan outcome, 1)
				go func() {
					answer, err := c.Get(ctx, q)
					done <- outcome{answer, err}
				}()
				return done, cancel
			}
			first, hangUpFirst := ask()
			eventually(t, "it is on its way", func() bool { return u.calls.Load() == 1 })
			second, hangUpSecond := ask()
			eventually(t, "both wait", func() bool { return waiting(c) == 2 })
			left := second
			if who != "second" {
				hangUpFirst()
				if got := <-first; !errors.Is(got.err, context.Canceled) {
					t.Errorf("who hung up: %+v", got)
				}
			} else {
				left = first
			}
			if who != "first" {
				hangUpSecond()
				if got := <-second; !errors.Is(got.err, context.Canceled) {
					t.Errorf("who hung up: %+v", got)
				}
			}
			if who == "all" {
				<-ended
				again := &upstream{}
				get(t, c, again.question("k"+who, "tag"), "1")
			} else {
				close(u.wait)
				if got := <-left; got.err != nil || got.answer.Value != "1" {
					t.Errorf("who stayed when the %s hung up: %+v", who, got)
				}
			}
			hangUpFirst()
			hangUpSecond()
		}
	})
}

func TestFailureIsForWhom(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		for _, shares := range []bool{true, false} {
			c, u := open(Options{}), &upstream{wait: make(chan struct{})}
			u.fails.Store(true)
			q := u.question(fmt.Sprint("k", shares), "tag")
			q.Shares = func(err error) bool { return shares }
			fails := atomic.Int64{}
			var asking sync.WaitGroup
			for range 5 {
				asking.Go(func() {
					if _, err := c.Get(t.Context(), q); errors.Is(err, errUpstream) {
						fails.Add(1)
					}
				})
			}
			eventually(t, "all wait", func() bool { return waiting(c) == 5 })
			close(u.wait)
			asking.Wait()
			want := int64(1)
			if !shares {
				want = 5
			}
			if fails.Load() != 5 || u.calls.Load() != want {
				t.Errorf("shared %v: %d failed, %d asked", shares, fails.Load(), u.calls.Load())
			}
		}
	})
}

func TestPanics(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		c, u := open(Options{}), &upstream{wait: make(chan struct{})}
		q := u.question("k", "tag")
		fetch := q.Fetch
		q.Fetch = func(ctx context.Context) ([]byte, bool, error) {
			_, _, _ = fetch(ctx)
			panic("of the fetch")
		}
		panicked := make(chan any, 1)
		go func() {
			defer func() { panicked <- recover() }()
			_, _ = c.Get(context.Background(), q)
		}()
		eventually(t, "it is on its way", func() bool { return u.calls.Load() == 1 })
		other := make(chan error, 1)
		go func() {
			_, err := c.Get(context.Background(), q)
			other <- err
		}()
		eventually(t, "both wait", func() bool { return waiting(c) == 2 })
		close(u.wait)
		if got := <-panicked; got != "of the fetch" {
			t.Errorf("it panics with %v", got)
		}
		if err := <-other; !errors.Is(err, errPanicked) {
			t.Errorf("the other gets %v", err)
		}
		get(t, c, u.question("k", "tag"), "2")
	})
}

func TestPanicWhileRefreshing(t *testing.T) {
	halves(t, func(t *testing.T, open func(Options) Cache) {
		clock, u := &clock{}, &upstream{}
		c, q := open(Options{Now: clock.now}), u.question("k", "tag")
		get(t, c, q, "1")
		clock.advance(90 * time.Second)
		broken := q
		broken.Fetch = func(context.Context) ([]byte, bool, error) { u.calls.Add(1); panic("of the fetch") }
		get(t, c, broken, "1")
		eventually(t, "it was asked", func() bool { return u.calls.Load() == 2 })
		get(t, c, q, "1")
		clock.advance(time.Minute)
		get(t, c, q, "3")
	})
}

// Whoever stays is fetched for on its own goroutine, and can be left by nobody: its fetch goes on for the others.
func TestWhoStays(t *testing.T) {
	f := newFlights()
	ctx, hangUp := context.WithCancel(t.Context())
	begun, release := make(chan struct{}), make(chan struct{})
	question := Question{Key: "k", Stays: true}
	fetch := func(running context.Context) (Answer, error) {
		close(begun)
		select {
		case <-release:
			return Answer{Value: 1}, nil
		case <-running.Done():
			return Answer{}, running.Err()
		}
	}
	var first, second sync.WaitGroup
	first.Go(func() { _, _, _ = f.do(ctx, place{key: "k"}, question, fetch) })
	<-begun
	second.Go(func() {
		answer, joined, err := f.do(t.Context(), place{key: "k"}, question, nil)
		if answer.Value != 1 || !joined || err != nil {
			t.Errorf("%v, %v, %v", answer, joined, err)
		}
	})
	for waiting := 0; waiting < 2; {
		f.mu.Lock()
		waiting = f.all[place{key: "k"}].waiting
		f.mu.Unlock()
		runtime.Gosched()
	}
	hangUp()
	close(release)
	first.Wait()
	second.Wait()

	ctx, hangUp = context.WithCancel(t.Context())
	hangUpWhenBegun := func(running context.Context) (Answer, error) {
		hangUp()
		<-running.Done() // nobody waits
		return Answer{}, running.Err()
	}
	if _, _, err := f.do(ctx, place{key: "k"}, question, hangUpWhenBegun); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

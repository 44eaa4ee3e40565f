package stellr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestGateOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		if g.enter(t.Context(), false) != nil {
			t.Fatal("it is free")
		}
		var mu sync.Mutex
		var order []string
		wait := func(name string, ahead bool) {
			go func() {
				if g.enter(context.Background(), ahead) != nil {
					return
				}
				mu.Lock()
				order = append(order, name)
				mu.Unlock()
				g.leave()
			}()
			synctest.Wait()
		}
		for i := range 3 {
			wait(fmt.Sprintf("b%d", i), false)
		}
		for i := range 6 {
			wait(fmt.Sprintf("a%d", i), true)
		}
		g.leave()
		synctest.Wait()
		if want := []string{"a0", "a1", "a2", "a3", "b0", "a4", "a5", "b1", "b2"}; !slices.Equal(order, want) {
			t.Errorf("got %v, want %v", order, want)
		}
		if g.free != 1 {
			t.Errorf("%d places are free, want 1", g.free)
		}
	})
}

func TestGateOfThoseWhoLeaveTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1)
		g.enter(t.Context(), false)
		ctx, cancel := context.WithCancel(t.Context())
		for i := range 20 {
			go func() {
				if g.enter(ctx, i%2 == 0) == nil {
					t.Error("there was no place")
				}
			}()
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		if g.ahead.Len()+g.behind.Len() != 0 {
			t.Error("they are still in the queue")
		}
		g.leave()
		if g.free != 1 || g.enter(t.Context(), false) != nil {
			t.Error("the place is lost")
		}
		if g.enter(ctx, true) == nil {
			t.Error("who gave up does not enter")
		}
	})
}

// A place that is given at the very moment at which its taker gives up must not be lost.
func TestGatePlaceOfOneWhoJustLeft(t *testing.T) {
	g := newGate(1)
	for range 500 {
		g.enter(t.Context(), false)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			if g.enter(ctx, false) == nil {
				g.leave()
			}
		}()
		for queued := false; !queued; {
			g.mu.Lock()
			if queued = g.behind.Len() == 1; queued {
				cancel()
				runtime.Gosched()
				g.pass()
			}
			g.mu.Unlock()
		}
		<-done
		cancel()
		if g.free != 1 {
			t.Fatalf("%d places are free, want 1", g.free)
		}
	}
}

func TestGateKeepsItsPlacesUnderStress(t *testing.T) {
	g := newGate(3)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for j := range 50 {
				ctx, cancel := context.WithCancel(context.Background())
				if (i+j)%3 == 0 {
					go cancel()
				}
				if g.enter(ctx, i%2 == 0) == nil {
					g.leave()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if g.free != 3 || g.ahead.Len()+g.behind.Len() != 0 {
		t.Errorf("%d places are free, want 3", g.free)
	}
}

func TestConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			answerJSON(w, 200, oneCustomer)
		})
		c := f.client(t)
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() { c.Customer(t.Context(), "100001") })
		}
		start := time.Now()
		all.Wait()
		if most != 16 || time.Since(start) != 4*time.Second {
			t.Errorf("%d at once for %v, want 16 for 4s", most, time.Since(start))
		}
	})
}

// One who asks for much leaves room for the others.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			answerJSON(w, 200, oneCustomer)
		})
		c := f.client(t)
		greedy := WithShare(t.Context(), 4)
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() { c.Customer(greedy, "100001") })
		}
		synctest.Wait()
		start := time.Now()
		if _, err := c.Customer(t.Context(), "100001"); err != nil || time.Since(start) != time.Second {
			t.Errorf("another waited %v, %v", time.Since(start), err)
		}
		all.Wait()
		if time.Since(start) != 3*time.Second {
			t.Errorf("twelve calls, four at once, took %v, want 3s", time.Since(start))
		}
		if _, err := c.Customer(WithShare(t.Context(), 0), "100001"); err != nil {
			t.Errorf("no share at all is one: %v", err)
		}
	})
}

func TestCatalogueReadsOvertake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			answerJSON(w, 200, `{"data":{"productId":1,"customerNo":1,"subscriptionId":"1_1"}}`)
		})
		c := f.client(t, func(cfg *Config) { cfg.Concurrency = 1 })
		start := func(f func()) { go f(); synctest.Wait() }
		ctx := t.Context()
		start(func() { c.Customer(ctx, "1") })
		start(func() { c.Customer(ctx, "1") })
		start(func() { c.Product(ctx, "1") })
		start(func() { changeSeats(ctx, c) })
		start(func() { c.Subscription(WithPriority(ctx, true), "1", "1_1") })
		start(func() { c.ProductBySKU(WithPriority(ctx, false), "1") })
		time.Sleep(10 * time.Second)
		var order []string
		for _, request := range f.seen() {
			order = append(order, request.path)
		}
		want := []string{"/api/v1/cloud/customers/1", "/api/v1/cloud/products/1", "/api/v1/customers/100001/subscriptions/411833_1/changeSeats",
			"/api/v1/customers/1/subscriptions/1_1", "/api/v1/cloud/customers/1", "/api/v1/cloud/products/skuNo/1"}
		if !slices.Equal(order, want) {
			t.Errorf("got %v", order)
		}
	})
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, answering(200, oneCustomer))
		c := f.client(t, func(cfg *Config) { cfg.Rate = 2 })
		start := time.Now()
		for range 5 {
			if _, err := c.Customer(t.Context(), "100001"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("five requests took %v, want 2s", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		wantError(t, changeSeats(ctx, c), CodeThrottled, NotSent)
		if len(f.seen()) != 5 {
			t.Error("it was sent")
		}
	})
}

// A ration from outside holds instead of the client's own.
func TestPace(t *testing.T) {
	f := newFake(t, answering(200, oneCustomer))
	turns, late := 0, errors.New("too late")
	var refused error
	c := f.client(t, func(cfg *Config) {
		cfg.Rate = 1e-9
		cfg.Pace = func(context.Context) error { turns++; return refused }
	})
	for range 3 {
		if _, err := c.Customer(t.Context(), "100001"); err != nil {
			t.Fatal(err)
		}
	}
	refused = late
	wantError(t, changeSeats(t.Context(), c), CodeThrottled, NotSent)
	ctx, cancel := context.WithCancel(t.Context())
	c.pace = func(ctx context.Context) error { cancel(); return ctx.Err() }
	wantError(t, changeSeats(ctx, c), CodeCanceled, NotSent)
	if turns != 4 || len(f.seen()) != 3 {
		t.Errorf("%d turns, %d requests", turns, len(f.seen()))
	}
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/stellr/sim"
)

// A node hears of what another has written a moment after that. While Redis is away it does not hear at all, and whoever asks
// may be answered with what was being read for others when the write ended. That much older than the write an answer may be.
const heardWithin = 500 * time.Millisecond

// witness knows how many seats a subscription may have while one writer raises them by one again and again.
type witness struct {
	*cluster
	seat  seat
	begun atomic.Int64
	mu    sync.Mutex
	phase string
	ended []time.Time // of each write
	said  map[string]*tally
}

// tally is how often something was asked.
type tally struct{ reads, late, wrong int }

// least is how many seats there are at least for whoever asks, and how many where all were heard of.
func (w *witness) least(asked time.Time) (least, now int, phase string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ended := range w.ended {
		if ended.Before(asked.Add(-heardWithin)) {
			least++
		}
	}
	return w.seat.quantity + least, w.seat.quantity + len(w.ended), w.phase
}

// read asks a node, and says when that is older than what was there before it was asked, or newer than what there can be.
func (w *witness) read(ctx context.Context, n int, words string) {
	least, now, phase := w.least(time.Now())
	got, err := w.quantity(w.nodes[n].url, w.seat, words)
	if ctx.Err() != nil {
		return
	}
	most := int(w.begun.Load())
	w.mu.Lock()
	defer w.mu.Unlock()
	of := w.said[phase]
	of.reads++
	switch {
	case err != nil || got < least || got > most:
		if of.wrong++; of.wrong < 5 {
			w.t.Errorf("%s: node %d says of %q that there are %d seats, and there are %d to %d: %v", phase, n, words, got, least, most, err)
		}
	case got < now:
		of.late++
	}
}

// enter begins a part of the test.
func (w *witness) enter(phase string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phase, w.said[phase] = phase, &tally{}
}

// write raises the seats, and asks all nodes.
func (w *witness) write(n int) {
	w.t.Helper()
	quantity := int(w.begun.Add(1))
	answer, err := w.change(w.nodes[n%3].url, w.seat, quantity, key(n))
	if err != nil || answer.Command == nil || answer.Command.Status != "SUCCEEDED" {
		w.t.Fatalf("write %d: %+v, %v", n, answer, err)
	}
	w.mu.Lock()
	w.ended = append(w.ended, time.Now())
	w.mu.Unlock()
	for i := range w.nodes {
		w.read(w.t.Context(), i, "name")
		w.read(w.t.Context(), i, fmt.Sprintf("write%d: name", n))
	}
}

// late answers as things were a while ago, as every answer that comes from afar does.
func (c *cluster) late(w http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	c.sim.ServeHTTP(answer, r)
	if r.Method == http.MethodGet {
		time.Sleep(30 * time.Millisecond)
	}
	relay(w, answer)
}

// Redis is killed, and comes back empty, while everybody reads and writes go on. At no time does any node answer what
// was kept from before a write that had ended when it was asked.
func TestNodesWithoutRedis(t *testing.T) {
	c := many(t, sim.Options{Customers: 20, OperationTime: -1})
	late := http.HandlerFunc(c.late)
	c.upstream.guard.Store(&late)
	w := &witness{cluster: c, seat: c.seats(1)[0], said: map[string]*tally{}}
	w.begun.Store(int64(w.seat.quantity))
	w.enter("with Redis")
	ctx, cancel := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	for i := range 6 {
		reading.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				time.Sleep(3 * time.Millisecond) // else nobody else has a turn
				words := "name"
				if n%2 == 0 {
					words = fmt.Sprintf("reader%d_%d: name", i, n%10)
				}
				w.read(ctx, i%3, words)
			}
		})
	}
	const writes = 12
	for n := range writes {
		w.write(n)
	}
	w.enter("Redis goes")
	var going sync.WaitGroup
	going.Go(c.redis.Kill)
	for n := range writes {
		w.write(writes + n)
	}
	going.Wait()
	w.enter("without Redis")
	for n := range writes {
		w.write(2*writes + n)
	}
	w.enter("Redis is back")
	c.redis.Restart()
	for n := range writes {
		w.write(3*writes + n)
	}
	cancel()
	reading.Wait()
	for phase, of := range w.said {
		t.Logf("%s: %d answers, %d of them late, %d wrong", phase, of.reads, of.late, of.wrong)
		if of.late > of.reads/20 {
			t.Errorf("%s: %d of %d answers were late", phase, of.late, of.reads)
		}
	}
	customer := 0
	c.eventually("what one reads the others need not read", func() error {
		customer = customer%20 + 1
		query := fmt.Sprintf(`{customer(customerNo: "%d") {name round%d: name subscriptions(first: 5) {nodes {quantity}}}}`, 100000+customer, customer)
		for i, n := range c.nodes {
			if err := c.post(t.Context(), n.url, query, &json.RawMessage{}); err != nil {
				return err
			}
			if asked, total := c.upstream.since(); i > 0 && total > 0 {
				return fmt.Errorf("node %d asked %v", i, asked)
			}
		}
		return nil
	})
}

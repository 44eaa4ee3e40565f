package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"stellr-gateway/stellr/sim"
)

// witness knows how many seats a subscription may have while one writer raises them by one again and again.
type witness struct {
	*cluster
	seat         seat
	begun, ended atomic.Int64
	phase        atomic.Value
	reads, wrong atomic.Int64
}

// read asks a node, and says when that is older than what was there before it was asked, or newer than what there can be.
func (w *witness) read(ctx context.Context, n int, words string) {
	least, phase := w.ended.Load(), w.phase.Load()
	got, err := w.quantity(w.nodes[n].url, w.seat, words)
	if ctx.Err() != nil {
		return
	}
	w.reads.Add(1)
	if most := w.begun.Load(); err != nil || int64(got) < least || int64(got) > most {
		if w.wrong.Add(1) < 10 {
			w.t.Errorf("%s: node %d says of %q that there are %d seats, and there are %d to %d: %v", phase, n, words, got, least, most, err)
		}
	}
}

// write raises the seats, and asks all nodes.
func (w *witness) write(n int) {
	w.t.Helper()
	quantity := int(w.begun.Add(1))
	answer, err := w.change(w.nodes[n%3].url, w.seat, quantity, key(n))
	if err != nil || answer.Command == nil || answer.Command.Status != "SUCCEEDED" {
		w.t.Fatalf("%s: %+v, %v", w.phase.Load(), answer, err)
	}
	w.ended.Add(1)
	for i := range w.nodes {
		w.read(w.t.Context(), i, "name")
		w.read(w.t.Context(), i, fmt.Sprintf("write%d: name", n))
	}
}

// Redis is killed, and comes back empty, while everybody reads and writes go on. At no time does any node answer what was
// before a write that had ended when it was asked.
func TestNodesWithoutRedis(t *testing.T) {
	c := many(t, sim.Options{Customers: 20, OperationTime: -1})
	w := &witness{cluster: c, seat: c.seats(1)[0]}
	w.begun.Store(int64(w.seat.quantity))
	w.ended.Store(int64(w.seat.quantity))
	w.phase.Store("with Redis")
	ctx, cancel := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	defer reading.Wait()
	defer cancel()
	for i := range 6 {
		reading.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
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
	w.phase.Store("Redis goes")
	var going sync.WaitGroup
	going.Go(c.redis.Kill)
	for n := range writes {
		w.write(writes + n)
	}
	going.Wait()
	w.phase.Store("without Redis")
	for n := range writes {
		w.write(2*writes + n)
	}
	w.phase.Store("Redis is back")
	c.redis.Restart()
	for n := range writes {
		w.write(3*writes + n)
	}
	cancel()
	reading.Wait()
	t.Logf("%d of %d answers were wrong", w.wrong.Load(), w.reads.Load())
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

package stellr

import (
	"container/list"
	"context"
	"errors"
	"sync"
)

// overtakes is how many requests may overtake before one that was overtaken has its turn.
const overtakes = 4

type aheadKey struct{}

// WithPriority says whether the calls made with the context overtake those that wait for their turn. Without it,
// catalogue reads and writes do: many rows wait on one product, and a person on a write.
func WithPriority(ctx context.Context, ahead bool) context.Context {
	return context.WithValue(ctx, aheadKey{}, ahead)
}

func isAhead(ctx context.Context, rq *call) bool {
	if ahead, ok := ctx.Value(aheadKey{}).(bool); ok {
		return ahead
	}
	switch rq.action {
	case ActionGetProduct, ActionGetProductBySKU, ActionListVendors, ActionListVendorProducts:
		return true
	}
	return rq.method != "GET"
}

// queued lets so many requests through at once.
func (c *Client) queued(next step) step {
	return func(ctx context.Context, rq *call) (*answer, error) {
		ahead := isAhead(ctx, rq)
		if share, ok := ctx.Value(shareKey{}).(*gate); ok {
			if err := share.enter(ctx, ahead); err != nil {
				return nil, gaveUp(rq.action, NotSent, err)
			}
			defer share.leave()
		}
		if err := c.gate.enter(ctx, ahead); err != nil {
			return nil, gaveUp(rq.action, NotSent, err)
		}
		defer c.gate.leave()
		return next(ctx, rq)
	}
}

type shareKey struct{}

// WithShare lets no more than so many calls made with the context be under way at once (at least one), whatever the
// client's own Concurrency: the share of one of many that use the client.
func WithShare(ctx context.Context, calls int) context.Context {
	return context.WithValue(ctx, shareKey{}, newGate(max(calls, 1)))
}

// paced keeps the ration of requests a second.
func (c *Client) paced(next step) step {
	if c.pace == nil {
		return next
	}
	return func(ctx context.Context, rq *call) (*answer, error) {
		if err := c.pace(ctx); err != nil {
			if ctx.Err() != nil {
				return nil, gaveUp(rq.action, NotSent, ctx.Err())
			}
			return nil, notSent(rq.action, CodeThrottled, errRation)
		}
		return next(ctx, rq)
	}
}

var errRation = errors.New("the configured ration of requests a second does not reach it in time")

// gate is a semaphore with two queues, each first come, first served. Those ahead go first, but after four of them in
// a row one of the others does.
type gate struct {
	mu     sync.Mutex
	free   int
	ahead  list.List // of chan struct{}, closed when it is one's turn
	behind list.List
	streak int // how many ahead went in a row while others waited
}

func newGate(size int) *gate { return &gate{free: size} }

// enter waits for a place. It fails with the context's error, and only then is leave not to be called.
func (g *gate) enter(ctx context.Context, ahead bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	queue := &g.behind
	if ahead {
		queue = &g.ahead
	}
	turn := make(chan struct{})
	place := queue.PushBack(turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-turn: // it came at the same moment: hand it on
		g.pass()
	default:
		queue.Remove(place)
	}
	return ctx.Err()
}

// leave gives the place to the next in the queues.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pass()
}

// pass needs the lock.
func (g *gate) pass() {
	queue := &g.behind
	if g.ahead.Len() > 0 && (g.behind.Len() == 0 || g.streak < overtakes) {
		queue = &g.ahead
	}
	if queue == &g.ahead && g.behind.Len() > 0 {
		g.streak++
	} else {
		g.streak = 0
	}
	first := queue.Front()
	if first == nil {
		g.free++
		return
	}
	close(queue.Remove(first).(chan struct{}))
}

// Package ration shares one ration of requests a second among several nodes, over Redis. While Redis is away each node
// keeps to its own part of it.
package ration

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/rueidis"
	"golang.org/x/time/rate"
)

// ErrTooLate says that the turn does not come before the context's deadline. Nothing was taken from the ration.
var ErrTooLate = errors.New("the ration does not reach it in time")

const (
	longest     = time.Minute            // nobody is given a turn that is further away; who has no deadline asks again
	askAgain    = time.Second            // after that long
	patience    = 100 * time.Millisecond // Redis has so long to answer, then it is away
	awayFor     = time.Second            // and is left alone so long
	lateAnswers = 2 * time.Second        // an answer that nobody waits for may still open the connection
	together    = 256                    // turns that are reserved in one trip, at most
	beatEvery   = 2 * time.Second        // a node says that it is there
	aliveFor    = 10 * time.Second       // and counts so long after it said so last
	quietLog    = 10 * time.Second       // at most one warning in that time
)

// Options are what a Ration works with. Logger alone may be nil.
type Options struct {
	Client  rueidis.Client
	Account string  // whose ration it is, in every node the same; a hash, since it becomes part of names in Redis
	Node    string  // names this node among the others
	Rate    float64 // requests a second of all nodes together; more than 0
	Logger  *slog.Logger
}

// Ration lets so many requests a second through, of all nodes with the same account together, evenly spaced. It is safe
// for concurrent use.
//
// Turns are given in Redis, by its clock alone. While Redis does not answer, the node goes on with its part: the rate
// divided by how many nodes there were; as one of n it is one of n then, also where it alone cannot reach Redis.
type Ration struct {
	o      Options
	turns  *rueidis.Lua
	beats  *rueidis.Lua
	asks   chan *ask
	own    *rate.Limiter // this node's part
	log    *slog.Logger
	cancel context.CancelFunc
	ctx    context.Context // ends with Close
	ended  sync.WaitGroup

	mu     sync.Mutex
	away   time.Time // until when Redis is left alone; zero when it answered last
	back   time.Time // until when this node keeps to its part although Redis answers: the others may not know yet
	warned time.Time
	nodes  int       // how many there are, this one included
	many   time.Time // when there were last known to be so many
}

// ask is one request that waits for its turn.
type ask struct {
	ctx    context.Context
	answer chan answer // with room for one
}

// answer is what Redis says to it.
type answer struct {
	kind kind
	wait time.Duration // until its turn, where one was given
}

type kind int

const (
	given   kind = iota
	tooLate      // its turn would come too late: none was given
	unknown      // Redis is away
)

// New makes a ration and says to the other nodes that this one is there. Redis need not be reachable.
func New(o Options) *Ration {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Ration{
		o: o, log: o.Logger, turns: rueidis.NewLuaScript(turnsScript), beats: rueidis.NewLuaScript(beatScript), asks: make(chan *ask),
		own: rate.NewLimiter(rate.Limit(o.Rate), 1), ctx: ctx, cancel: cancel, nodes: 1,
	}
	r.ended.Go(r.serve)
	r.ended.Go(r.beat)
	return r
}

// Close takes this node out of the count. Who waits, or comes later, has this node's part of the ration. The client stays
// open.
func (r *Ration) Close() {
	r.cancel()
	r.ended.Wait()
}

// Wait returns when it is the caller's turn. It fails with the context's error when that ends first, and at once with
// ErrTooLate when the turn would come after its deadline. A turn that was given to a context which ends before is lost.
func (r *Ration) Wait(ctx context.Context) error {
	for {
		a, err := r.reserve(ctx)
		switch {
		case err != nil:
			return err
		case a.kind == unknown:
			return r.waitOwn(ctx)
		case a.kind == given:
			if err := pause(ctx, a.wait); err != nil || !r.isBack() {
				return err
			}
			return r.waitOwn(ctx)
		}
		if _, limited := ctx.Deadline(); limited {
			return ErrTooLate
		}
		if err := pause(ctx, askAgain); err != nil {
			return err
		}
	}
}

// reserve asks Redis for a turn.
func (r *Ration) reserve(ctx context.Context) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	if r.ctx.Err() != nil || r.isAway() {
		return answer{kind: unknown}, nil
	}
	a := &ask{ctx: ctx, answer: make(chan answer, 1)}
	select {
	case r.asks <- a:
	case <-r.ctx.Done():
		return answer{kind: unknown}, nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
	select {
	case said := <-a.answer: // which is never long in coming
		return said, nil
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// waitOwn is Wait for this node's part.
func (r *Ration) waitOwn(ctx context.Context) error {
	err := r.own.Wait(ctx)
	if err != nil && ctx.Err() == nil {
		return ErrTooLate
	}
	return err
}

// pause waits, or returns early with the context's error.
func pause(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

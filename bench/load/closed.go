// Package load asks over and over, and costs little: it shares the machine with what it measures.
package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

// Plan is a load in a closed loop: each connection asks again as soon as it has its answer.
type Plan struct {
	Address     string
	Requests    [][]byte // each connection draws from these
	Connections int
	For         time.Duration // 0: until so many answers
	Answers     int
	Seed        uint64
}

// Result is what came of a load.
type Result struct {
	Answered, Failed int
	Elapsed          time.Duration
	Failure          error // the first
}

// PerSecond is how many questions were answered in a second.
func (r Result) PerSecond() float64 { return float64(r.Answered) / r.Elapsed.Seconds() }

// Run puts the load on. The error says why it could not be put on at all; failed answers are in the result.
func (p Plan) Run(ctx context.Context) (Result, error) {
	connections := make([]*Connection, p.Connections)
	for i := range connections {
		var err error
		if connections[i], err = Dial(ctx, p.Address); err != nil {
			return Result{}, err
		}
		defer connections[i].Close()
	}
	start := time.Now()
	var end time.Time
	if p.For > 0 {
		end = start.Add(p.For)
	}
	var mu sync.Mutex
	var total Result
	var running sync.WaitGroup
	stop := context.AfterFunc(ctx, func() {
		for _, c := range connections {
			c.Close()
		}
	})
	defer stop()
	for i, c := range connections {
		share := p.Answers / p.Connections
		if i < p.Answers%p.Connections {
			share++
		}
		running.Go(func() {
			one := c.loop(p.Requests, rand.New(rand.NewPCG(p.Seed, uint64(i))), end, share)
			mu.Lock()
			defer mu.Unlock()
			total.Answered += one.Answered
			total.Failed += one.Failed
			if total.Failure == nil {
				total.Failure = one.Failure
			}
		})
	}
	running.Wait()
	total.Elapsed = time.Since(start)
	return total, ctx.Err()
}

// loop asks until the end, or for so many answers where there is no end. A broken connection ends it: servers that
// break connections under load should not look fast because of it.
func (c *Connection) loop(requests [][]byte, random *rand.Rand, end time.Time, answers int) Result {
	var r Result
	for {
		if end.IsZero() && r.Answered+r.Failed >= answers || !end.IsZero() && !time.Now().Before(end) {
			return r
		}
		_, err := c.Ask(requests[random.IntN(len(requests))])
		if err == nil {
			r.Answered++
			continue
		}
		r.Failed++
		if r.Failure == nil {
			r.Failure = err
		}
		if _, readable := errors.AsType[*Failure](err); !readable {
			return r
		}
	}
}

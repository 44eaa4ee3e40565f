package load

import (
	"context"
	"sync"
	"time"
)

// Schedule is a load in an open loop: a question goes out when it is due, whether or not those before were answered.
type Schedule struct {
	Every time.Duration
	For   time.Duration
	Do    func(i int) error // asks the i-th question; several run at once
}

// Outcome is what came of a schedule.
type Outcome struct {
	Times   []time.Duration // of each answer, from when it was due: waiting for its turn counts
	Failed  int
	Failure error // the first
}

// Run asks all of it, and waits for what is under way.
func (s Schedule) Run(ctx context.Context) (Outcome, error) {
	var mu sync.Mutex
	var outcome Outcome
	var running sync.WaitGroup
	start := time.Now()
	for i := range int(s.For / s.Every) {
		due := start.Add(time.Duration(i) * s.Every)
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			running.Wait()
			return outcome, ctx.Err()
		}
		running.Go(func() {
			err := s.Do(i)
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				outcome.Times = append(outcome.Times, took)
				return
			}
			outcome.Failed++
			if outcome.Failure == nil {
				outcome.Failure = err
			}
		})
	}
	running.Wait()
	return outcome, ctx.Err()
}

// Pool is connections to one address, as many as are needed at once.
type Pool struct {
	Address string

	mu   sync.Mutex
	idle []*Connection
}

// Ask sends a request on a connection that is free, and throws the answer away. See Connection.Ask for its errors.
func (p *Pool) Ask(ctx context.Context, request []byte) error {
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.Close() })
	_, err = c.Ask(request)
	_, readable := err.(*Failure)
	if !stop() || err != nil && !readable {
		c.Close()
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, c)
	return err
}

func (p *Pool) take(ctx context.Context) (*Connection, error) {
	p.mu.Lock()
	if last := len(p.idle) - 1; last >= 0 {
		c := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return Dial(ctx, p.Address)
}

// Close ends the connections that are free.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		c.Close()
	}
	p.idle = nil
}

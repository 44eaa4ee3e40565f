package stellr

import (
	"context"
	"errors"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

var errOpen = errors.New("Stellr failed too often and is left alone for a while")

// newBreaker opens when BreakerShare of at least BreakerRequests within BreakerWindow failed, and lets one request try
// after BreakerPause.
func newBreaker(cfg Config) circuitbreaker.CircuitBreaker[*answer] {
	log := cfg.Logger
	return circuitbreaker.NewBuilder[*answer]().
		WithFailureRateThreshold(cfg.BreakerShare, uint(cfg.BreakerRequests), cfg.BreakerWindow).
		WithSuccessThreshold(1).
		WithDelay(cfg.BreakerPause).
		OnStateChanged(func(change circuitbreaker.StateChangedEvent) {
			log.Warn("stellr circuit", "from", change.OldState.String(), "to", change.NewState.String())
		}).
		Build()
}

// guarded refuses requests while the circuit is open, and tells the circuit how the others went.
func (c *Client) guarded(next step) step {
	return func(ctx context.Context, rq *call) (*answer, error) {
		if !c.breaker.TryAcquirePermit() {
			failure := notSent(rq.action, CodeUnavailable, errOpen)
			failure.RetryAfter = c.breaker.RemainingDelay()
			return nil, failure
		}
		got, err := next(ctx, rq)
		switch blames(err) {
		case healthy:
			c.breaker.RecordSuccess()
		case ill:
			c.breaker.RecordFailure()
		case silent:
			c.releaseProbe()
		}
		return got, err
	}
}

// releaseProbe lets another request try when the one that tried said nothing about Stellr: a permit is only given
// back with a verdict, and without one a half-open circuit would stay so for ever.
func (c *Client) releaseProbe() {
	if c.breaker.IsHalfOpen() {
		c.breaker.Open()
		c.breaker.HalfOpen()
	}
}

type verdict int

const (
	healthy verdict = iota
	ill
	silent
)

// blames is what a request's end says about the health of Stellr. Callers who gave up, and requests that were not
// sent for reasons of our own, say nothing. A readable refusal is a sign of health.
func blames(err error) verdict {
	e, ok := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return healthy
	case !ok:
		return silent
	case e.cause == context.Canceled, e.cause == context.DeadlineExceeded:
		return silent
	case e.Code == CodeUnavailable, e.Code == CodeTimeout, e.Code == CodeBadAnswer && e.again:
		return ill
	case e.Stage == Rejected:
		return healthy
	}
	return silent
}

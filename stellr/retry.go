package stellr

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

const (
	maxRetryAfter = 24 * time.Hour   // more than that is taken for that
	maxDelay      = 10 * time.Second // upper end of a random delay
	maxPatience   = 30 * time.Second // the longest wait for a caller without a deadline
	unsentTries   = 3                // of a write of which nothing left
)

// later is a failure after which the same request is worth sending again, after a wait.
type later struct {
	error
	wait time.Duration
}

// retried repeats a read that failed for a reason that passes, with growing random delays. Repetitions are at most
// RetryBudget of what is in flight (but three are always allowed), so that an upstream in trouble is not buried.
func (c *Client) retried(next step) step {
	policy := retrypolicy.NewBuilder[*answer]().
		WithMaxAttempts(c.cfg.ReadAttempts).
		WithBudget(budget.NewBuilder().WithMaxRate(c.cfg.RetryBudget).Build()).
		HandleErrorTypes(later{}).
		WithDelayFunc(func(attempt failsafe.ExecutionAttempt[*answer]) time.Duration {
			failure, _ := errors.AsType[later](attempt.LastError())
			return failure.wait
		}).
		ReturnLastFailure().
		Build()
	return func(ctx context.Context, rq *call) (*answer, error) {
		var last error // the policy has errors of its own, for an exhausted budget and for a caller who gave up
		tries := 0
		got, err := failsafe.With(policy).WithContext(ctx).Get(func() (*answer, error) {
			var got *answer
			got, last = next(ctx, rq)
			tries++
			if wait, again := c.waitBefore(ctx, last, tries); again {
				return nil, later{last, wait}
			}
			return got, last
		})
		switch {
		case err == nil:
			return got, nil
		case last == nil:
			return nil, gaveUp(rq.action, NotSent, err)
		case ctx.Err() == context.Canceled:
			return nil, gaveUp(rq.action, StageOf(last), context.Canceled)
		}
		return nil, last
	}
}

// repeatedIfUnprocessed repeats a write in the cases in which it was certainly not carried out, and in no other:
// nothing was sent (twice at most), or it was throttled and the time that Stellr asks for is there (once). The third
// case, a 401, is in authorised.
func (c *Client) repeatedIfUnprocessed(next step) step {
	return func(ctx context.Context, rq *call) (*answer, error) {
		throttled := false
		for tries := 1; ; {
			got, err := next(ctx, rq)
			failure, _ := errors.AsType[*Error](err)
			wait, again := c.waitBefore(ctx, err, tries)
			switch {
			case !again:
				return got, err
			case failure.Stage == NotSent && tries < unsentTries:
				tries++
			case failure.Status == http.StatusTooManyRequests && failure.timed && !throttled:
				throttled = true
			default:
				return nil, err
			}
			if pause(ctx, wait) != nil {
				return nil, err
			}
		}
	}
}

// waitBefore says whether a request that failed with err may succeed when it is sent again, and how long to wait
// first: what Stellr asks for, or a random time below a limit that doubles with each try. There is no second try
// where the wait does not fit the caller's deadline.
func (c *Client) waitBefore(ctx context.Context, err error, tries int) (wait time.Duration, again bool) {
	failure, ok := errors.AsType[*Error](err)
	if !ok || !failure.again || ctx.Err() != nil {
		return 0, false
	}
	limit := c.cfg.RetryDelay
	if failure.Code == CodeThrottled {
		limit = c.cfg.ThrottleWait
	}
	wait = failure.RetryAfter + c.cfg.Rand(c.cfg.RetryDelay)
	if !failure.timed {
		wait = c.cfg.Rand(min(min(limit, maxDelay)<<min(tries-1, 10), maxDelay))
	}
	if deadline, ok := ctx.Deadline(); ok {
		return wait, wait < time.Until(deadline)
	}
	return wait, wait <= maxPatience
}

// parseRetryAfter reads a Retry-After header: whole seconds, or an HTTP date seen from now. A date that has passed is
// no wait; anything else that cannot be read is not ok. At most 24 hours are returned.
func parseRetryAfter(header string, now time.Time) (wait time.Duration, ok bool) {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseUint(header, 10, 63); err == nil {
		return min(time.Duration(min(seconds, uint64(maxRetryAfter/time.Second)))*time.Second, maxRetryAfter), true
	}
	at, err := http.ParseTime(header)
	if err != nil {
		return 0, false
	}
	return min(max(at.Sub(now), 0), maxRetryAfter), true
}

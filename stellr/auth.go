package stellr

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	renewAt       = 0.8              // of its life
	renewPause    = 30 * time.Second // after a renewal that failed while the old token is still good
	refusedPause  = 10 * time.Second // how long refused credentials are not tried again
	distrustPause = 10 * time.Second // how long 401s do not cost another token after a new one did not help
)

// tokens holds the access token. One request fetches it for all callers who wait; a caller who gives up does not
// disturb it.
type tokens struct {
	fetch func(context.Context) (string, time.Duration, error)
	now   func() time.Time

	mu         sync.Mutex
	value      string
	expiresAt  time.Time
	renewAfter time.Time
	flight     *flight // the request under way, if any
	refused    *Error  // the last answer, while the credentials are not tried again
	retryAfter time.Time
	keepUntil  time.Time // until when a 401 is not blamed on the token
}

// flight is one token request. Its fields are set before done is closed.
type flight struct {
	done  chan struct{}
	value string
	err   *Error
}

func newTokens(cfg Config, tokenURL string) *tokens {
	return &tokens{now: cfg.Now, fetch: fetcher(cfg, tokenURL)}
}

// get is a token that has not expired, from memory or fetched.
func (t *tokens) get(ctx context.Context) (string, *Error) {
	t.mu.Lock()
	now := t.now()
	if t.value != "" && now.Before(t.expiresAt) {
		defer t.mu.Unlock()
		if !now.Before(t.renewAfter) && t.flight == nil {
			t.start() // nobody waits for it
		}
		return t.value, nil
	}
	if t.refused != nil && now.Before(t.retryAfter) {
		defer t.mu.Unlock()
		return "", t.refused
	}
	if t.flight == nil {
		t.start()
	}
	waiting := t.flight
	t.mu.Unlock()
	select {
	case <-waiting.done:
		return waiting.value, waiting.err
	case <-ctx.Done():
		return "", gaveUp("", NotSent, ctx.Err())
	}
}

// start needs the lock.
func (t *tokens) start() {
	started := &flight{done: make(chan struct{})}
	t.flight = started
	go func() {
		defer close(started.done)
		value, life, err := t.fetch(context.Background())
		t.mu.Lock()
		defer t.mu.Unlock()
		t.flight = nil
		now := t.now()
		if err != nil {
			failure, _ := errors.AsType[*Error](err)
			started.err = failure
			t.renewAfter = now.Add(renewPause)
			if !failure.again {
				t.refused, t.retryAfter = failure, now.Add(refusedPause)
			}
			return
		}
		started.value, t.value, t.refused = value, value, nil
		t.expiresAt, t.renewAfter = now.Add(life), now.Add(time.Duration(float64(life)*renewAt))
	}()
}

// drop forgets a token that was answered with 401, unless another has come in the meantime. It says whether a new one
// is worth fetching.
func (t *tokens) drop(value string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != value {
		return true
	}
	if t.now().Before(t.keepUntil) {
		return false
	}
	t.value, t.expiresAt = "", time.Time{}
	return true
}

// distrust is told that a new token did not help against a 401 either: it is not the token.
func (t *tokens) distrust() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keepUntil = t.now().Add(distrustPause)
}

func (t *tokens) expires() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.expiresAt
}

// authorised adds the token. A 401 is answered once with a new one: it comes from the layer before Stellr, so the
// request was not processed (O).
func (c *Client) authorised(next step) step {
	return func(ctx context.Context, rq *call) (*answer, error) {
		for {
			token, failure := c.tokens.get(ctx)
			if failure != nil {
				mine := *failure
				mine.Action = rq.action
				return nil, &mine
			}
			rq.token = token
			got, err := next(ctx, rq)
			if codeOf(err) != CodeUnauthorized {
				return got, err
			}
			if rq.renewed {
				c.tokens.distrust()
				return nil, err
			}
			rq.renewed = true
			if !c.tokens.drop(token) {
				return nil, err
			}
		}
	}
}

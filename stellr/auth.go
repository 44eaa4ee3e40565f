package stellr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	assumedLife   = 2 * time.Hour    // of a token that does not say (O)
	renewAt       = 0.8              // of its life
	renewPause    = 30 * time.Second // after a renewal that failed while the old token is still good
	refusedPause  = 10 * time.Second // how long refused credentials are not tried again
	distrustPause = 30 * time.Second // how long 401s do not cost another token after a new one did not help
	maxToken      = 64 << 10         // bytes of a token answer
)

// tokens holds the access token. One request fetches it for all callers who wait; a caller who gives up does not
// disturb it.
type tokens struct {
	fetch func(context.Context) (string, time.Duration, error)
	now   func() time.Time
	log   *slog.Logger

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
	t := &tokens{now: cfg.Now, log: cfg.Logger}
	t.fetch = fetcher(cfg, tokenURL)
	return t
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

// fetcher makes the function that asks the token endpoint. The client id and secret travel as form fields (O), and no
// other way is tried: probing would double the requests and send the secret twice.
func fetcher(cfg Config, tokenURL string) func(context.Context) (string, time.Duration, error) {
	credentials := &clientcredentials.Config{
		ClientID: cfg.ClientID, ClientSecret: string(cfg.ClientSecret), TokenURL: tokenURL, AuthStyle: oauth2.AuthStyleInParams,
	}
	transport := readTransport(cfg)
	transport.DisableKeepAlives = true
	client := &http.Client{
		Transport:     tokenTransport{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context) (string, time.Duration, error) {
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, client), cfg.TokenTimeout)
		defer cancel()
		start := cfg.Now()
		token, err := credentials.Token(ctx)
		value, life, failure := judgeToken(token, err)
		seen := Call{Action: ActionToken, Method: http.MethodPost, Start: start, Duration: cfg.Now().Sub(start), Attempt: 1, Status: http.StatusOK}
		if failure != nil {
			seen.Status, seen.Code, seen.Stage = failure.Status, failure.Code, failure.Stage
			cfg.Logger.Warn("stellr token request", "status", failure.Status, "error", failure.Error())
		}
		if cfg.Observe != nil {
			cfg.Observe(ctx, seen)
		}
		if failure != nil {
			return "", 0, failure
		}
		return value, life, nil
	}
}

var (
	errTokenAnswer = errors.New("the token endpoint's answer is not a token in JSON")
	errNotJSON     = errors.New("not JSON")
)

// judgeToken makes a token and its life, or a safe error, of what oauth2 says. Its errors hold the endpoint's answer
// and must not go any further.
func judgeToken(token *oauth2.Token, err error) (string, time.Duration, *Error) {
	refusal, refused := errors.AsType[*oauth2.RetrieveError](err)
	fail := func(status int, again bool, cause error) (string, time.Duration, *Error) {
		return "", 0, &Error{Action: ActionToken, Stage: NotSent, Code: CodeToken, Status: status, again: again, cause: cause}
	}
	switch {
	case refused:
		status := refusal.Response.StatusCode
		passes := status == http.StatusTooManyRequests || status >= 500
		return fail(status, passes, fmt.Errorf("the token endpoint answered %d%s", status, knownReason(refusal.ErrorCode)))
	case errors.Is(err, errNotJSON):
		return fail(0, true, errTokenAnswer)
	case err != nil && strings.HasPrefix(err.Error(), "oauth2: "):
		return fail(0, true, errTokenAnswer)
	case err != nil:
		_, cause := safeCause(err)
		return fail(0, true, fmt.Errorf("the token endpoint: %w", cause))
	case !printable(token.AccessToken):
		return fail(http.StatusOK, true, errTokenAnswer)
	}
	life := assumedLife
	if !token.Expiry.IsZero() {
		life = time.Until(token.Expiry).Round(time.Second)
	}
	return token.AccessToken, life, nil
}

// knownReason repeats the endpoint's own word only where it is one of the standard's.
func knownReason(word string) string {
	switch word {
	case "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope":
		return " (" + word + ")"
	}
	return ""
}

func printable(token string) bool {
	return token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' })
}

// tokenTransport lets only JSON through, and not much of it.
type tokenTransport struct{ next http.RoundTripper }

func (t tokenTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if success := response.StatusCode >= 200 && response.StatusCode <= 299; success && !isJSON(response.Header.Get("Content-Type")) {
		response.Body.Close()
		return nil, errNotJSON
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxToken), response.Body}
	return response, nil
}

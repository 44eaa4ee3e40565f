package stellr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	assumedLife = 2 * time.Hour // of a token that does not say (O)
	maxToken    = 64 << 10      // bytes of a token answer
)

// fetcher makes the function that asks the token endpoint. The client id and secret travel as form fields (O), and no
// other way is tried: probing would double the requests and send the secret twice.
func fetcher(cfg Config, tokenURL string) func(context.Context) (string, time.Duration, error) {
	credentials := &clientcredentials.Config{
		ClientID: cfg.ClientID, ClientSecret: string(cfg.ClientSecret), TokenURL: tokenURL, AuthStyle: oauth2.AuthStyleInParams,
	}
	client := &http.Client{
		Transport:     tokenTransport{writeTransport(cfg)},
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

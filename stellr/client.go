package stellr

import (
	"context"
	"fmt"
	"hash/maphash"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"golang.org/x/time/rate"
)

// Client talks to one Stellr account. It is safe for concurrent use, and one is enough for a whole program: the token,
// the connections, the circuit breaker and the ration of requests are in it.
type Client struct {
	cfg       Config
	base      *url.URL
	currency  string // of records that do not say
	endpoints map[Action]Endpoint
	decoder   *decoder
	seed      maphash.Seed // of page marks

	tokens  *tokens
	gate    *gate
	pace    func(context.Context) error // nil: no ration
	breaker circuitbreaker.CircuitBreaker[*answer]

	read  step // the chain of requests that may be repeated
	write step // the chain of requests that may not
}

// New makes a client. It sends nothing yet; Check does. The error says in words what the configuration lacks.
func New(cfg Config) (*Client, error) {
	cfg.setDefaults()
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("stellr: %w", err)
	}
	baseURL, tokenURL, currency, err := locate(cfg)
	if err != nil {
		return nil, fmt.Errorf("stellr: %w", err)
	}
	base, err := parseAddress("base URL", strings.TrimRight(baseURL, "/"), cfg.PlainHTTP)
	if err != nil {
		return nil, fmt.Errorf("stellr: %w", err)
	}
	if _, err := parseAddress("token URL", tokenURL, cfg.PlainHTTP); err != nil {
		return nil, fmt.Errorf("stellr: %w", err)
	}
	endpoints, err := endpointsWith(cfg.Paths)
	if err != nil {
		return nil, fmt.Errorf("stellr: %w", err)
	}
	c := &Client{cfg: cfg, base: base, currency: currency, endpoints: endpoints, decoder: &decoder{}, seed: maphash.MakeSeed()}
	c.tokens = newTokens(cfg, tokenURL)
	c.gate = newGate(cfg.Concurrency)
	c.breaker = newBreaker(cfg)
	c.pace = cfg.Pace
	if c.pace == nil && cfg.Rate > 0 {
		c.pace = rate.NewLimiter(rate.Limit(cfg.Rate), 1).Wait
	}
	c.read, c.write = c.readChain(), c.writeChain()
	return c, nil
}

// endpointsWith is the endpoint table with the configured paths in it.
func endpointsWith(paths map[Action]string) (map[Action]Endpoint, error) {
	table := make(map[Action]Endpoint)
	for _, row := range Endpoints() {
		table[row.Action] = row
	}
	for action, path := range paths {
		row, ok := table[action]
		if !ok || action == ActionGenericRequest {
			return nil, fmt.Errorf("no path can be configured for %q: it is not in the endpoint table", action)
		}
		if err := cleanTemplate(path, row.Path); err != nil {
			return nil, fmt.Errorf("the path configured for %s: %w", action, err)
		}
		row.Path = path
		table[action] = row
	}
	return table, nil
}

// Available says whether a path is known for the action. ActionGenericRequest needs none.
func (c *Client) Available(action Action) bool {
	return c.endpoints[action].Path != "" || action == ActionGenericRequest
}

// HasResellerSubscriptions says whether a path is configured for the list of all subscriptions of the reseller.
func (c *Client) HasResellerSubscriptions() bool { return c.Available(ActionListResellerSubscriptions) }

// Region is where the client's Stellr runs.
func (c *Client) Region() Region { return c.cfg.Region }

// Sandbox says whether the client talks to the UAT environment.
func (c *Client) Sandbox() bool { return c.cfg.Sandbox }

// BaseURL is what all requests go below, without a slash at its end.
func (c *Client) BaseURL() string { return c.base.String() }

// Authenticated says whether there is an access token that has not expired.
func (c *Client) Authenticated() bool { return c.tokens.expires().After(c.cfg.Now()) }

// TokenExpiresAt is when the present access token ends; the zero time when there is none.
func (c *Client) TokenExpiresAt() time.Time { return c.tokens.expires() }

// Circuit is closed (all is well), open (Stellr failed too often and is left alone for a while) or half-open (one
// request is trying).
func (c *Client) Circuit() string { return c.breaker.State().String() }

// Format prints the region and the base URL, whatever the verb: a client holds secrets.
func (c *Client) Format(out fmt.State, _ rune) {
	fmt.Fprintf(out, "stellr.Client(%s, %s)", c.Region(), c.BaseURL())
}

// send puts a call through its chain.
func (c *Client) send(ctx context.Context, rq *call) (*answer, error) {
	if rq.err != nil {
		return nil, rq.err
	}
	if err := c.within(ctx, rq); err != nil {
		return nil, err
	}
	if rq.method == http.MethodGet {
		return c.read(ctx, rq)
	}
	if only, err := c.rehearsed(ctx, rq); only {
		return nil, err
	}
	return c.write(ctx, rq)
}

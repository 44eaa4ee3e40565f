package stellr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"time"
)

// Config says which Stellr to talk to and how. A zero value of a tuning field means its default.
type Config struct {
	ClientID     string
	ClientSecret Secret

	Region   Region // empty: US
	Sandbox  bool   // the UAT environment, which has credentials of its own (O)
	BaseURL  string // instead of the region's
	TokenURL string // instead of the region's
	// PlainHTTP allows http:// for hosts other than this machine. Without it, secrets only travel over TLS.
	PlainHTTP bool

	// Paths overrides rows of the endpoint table. A path must have the same {placeholders} as the row it replaces.
	Paths map[Action]string

	// Scope says which customers a request that is made with a context may be for; requests for others fail as those for
	// what is not there, and are not sent, and records of others are left out of answers. It is asked before each
	// request and again for each answer. nil: every customer.
	Scope func(context.Context) Scope

	// Cache keeps what is read, for the calls that are made with WithReuse. nil: nothing is kept.
	Cache Cache

	Rate        float64 // requests a second; 0: no ration
	Concurrency int     // requests at once; default 16
	// Pace waits for a request's turn instead of the client's own ration: where several programs share one. It is called
	// before each HTTP request but those for tokens, after a place among those at once was had, and must return when the
	// context ends. An error means that the request is not sent: its turn does not come in time. nil: Rate holds.
	Pace   func(context.Context) error
	Logger *slog.Logger
	// Observe is told of each HTTP request after it ended, token requests included. It must be quick and must not block.
	Observe func(context.Context, Call)

	// Dial makes the connections instead of the network, for proxies and for tests; nil: the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	ConnectTimeout time.Duration // for TCP, and again for TLS; default 2 s
	ReadTimeout    time.Duration // for one request that reads, answer included; default 15 s
	WriteTimeout   time.Duration // for one request that writes, answer included; default 30 s
	TokenTimeout   time.Duration // for one token request; default 5 s
	MaxAnswer      int64         // bytes of one answer after decompression; default 8 MiB

	ReadAttempts int           // tries of a read, the first included; default 3
	RetryDelay   time.Duration // upper end of the first random delay before another try, doubled each time; default 50 ms
	ThrottleWait time.Duration // the same after a 429 that does not say how long; default 1 s
	RetryBudget  float64       // share of the requests in flight that may be repetitions; default 0.2

	BreakerShare    float64       // share of failures that opens the circuit; default 0.5
	BreakerRequests int           // requests that must have been seen for it; default 20
	BreakerWindow   time.Duration // within which; default 10 s
	BreakerPause    time.Duration // how long an open circuit waits before it lets one request try; default 30 s

	Now  func() time.Time                    // the clock of tokens and Retry-After dates; default time.Now
	Rand func(n time.Duration) time.Duration // a random duration below n, n > 0; default math/rand/v2
}

func (c *Config) setDefaults() {
	fallback(&c.Region, US)
	fallback(&c.Concurrency, 16)
	fallback(&c.ConnectTimeout, 2*time.Second)
	fallback(&c.ReadTimeout, 15*time.Second)
	fallback(&c.WriteTimeout, 30*time.Second)
	fallback(&c.TokenTimeout, 5*time.Second)
	fallback(&c.MaxAnswer, 8<<20)
	fallback(&c.ReadAttempts, 3)
	fallback(&c.RetryDelay, 50*time.Millisecond)
	fallback(&c.ThrottleWait, time.Second)
	fallback(&c.RetryBudget, 0.2)
	fallback(&c.BreakerShare, 0.5)
	fallback(&c.BreakerRequests, 20)
	fallback(&c.BreakerWindow, 10*time.Second)
	fallback(&c.BreakerPause, 30*time.Second)
	fallback(&c.Logger, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.N[time.Duration]
	}
}

func fallback[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// check says what cannot work, after the defaults are in.
func (c *Config) check() error {
	switch {
	case c.ClientID == "" || c.ClientSecret == "":
		return errors.New("client id and client secret are both needed")
	case c.Rate < 0 || c.Concurrency < 0 || c.MaxAnswer < 0 || c.ReadAttempts < 0 || c.BreakerRequests < 0:
		return errors.New("rate, concurrency, answer size, attempts and breaker requests must not be negative")
	case min(c.ConnectTimeout, c.ReadTimeout, c.WriteTimeout, c.TokenTimeout, c.RetryDelay, c.ThrottleWait, c.BreakerWindow, c.BreakerPause) < 0:
		return errors.New("durations must not be negative")
	case c.RetryBudget < 0 || c.RetryBudget > 1 || c.BreakerShare < 0 || c.BreakerShare > 1:
		return errors.New("retry budget and breaker share are between 0 and 1")
	}
	return nil
}

// parseAddress reads a base or token URL: absolute, without user, query or fragment, and over TLS unless it is this
// machine or plain HTTP was asked for.
func parseAddress(name, address string, plain bool) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" || u.Hostname() == "" || !printable(u.Host) {
		return nil, fmt.Errorf("the %s must look like https://host/path, without user, query or fragment", name)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !plain && !isLoopback(u.Hostname())) {
		return nil, fmt.Errorf("the %s must begin with https://, or secrets would travel in the open", name)
	}
	if _, err := cleanPath(strings.TrimRight(u.EscapedPath(), "/")); err != nil && strings.TrimRight(u.Path, "/") != "" {
		return nil, fmt.Errorf("the path of the %s is not clean", name)
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

package stellr

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"slices"
	"time"
)

const (
	idleTimeout = 75 * time.Second
	maxHeader   = 64 << 10 // bytes of an answer's headers
	readBuffer  = 16 << 10 // bytes: most answers come in one reading
)

// readChain is what a request that only reads goes through, outermost first. It may be repeated.
func (c *Client) readChain() step {
	return chain(
		c.retried,    // temporary failures again, within a budget
		c.queued,     // so many at once, catalogue reads ahead
		c.authorised, // with a token; a 401 once more with a new one
		c.guarded,    // not while the circuit is open
		c.paced,      // so many a second
		c.budgeted,   // what the caller allows itself
		c.observed,   // the log, the hooks
		c.exchange(readTransport(c.cfg), c.cfg.ReadTimeout),
	)
}

// writeChain is what a request that writes goes through, outermost first. Its transport cannot send anything twice,
// and repeatedIfUnprocessed holds all the cases in which the chain does.
func (c *Client) writeChain() step {
	return chain(
		c.repeatedIfUnprocessed,
		c.queued,
		c.authorised,
		c.guarded,
		c.paced,
		c.budgeted,
		c.observed,
		c.exchange(writeTransport(c.cfg), c.cfg.WriteTimeout),
	)
}

// readTransport keeps connections. Transports are used bare, without an http.Client: no redirect is ever followed, no
// cookie kept, and no proxy is taken from the environment.
func readTransport(cfg Config) *http.Transport {
	dial := cfg.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
			defer cancel()
			return dial(ctx, network, address)
		},
		TLSHandshakeTimeout:    cfg.ConnectTimeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           cfg.Concurrency,
		MaxIdleConnsPerHost:    cfg.Concurrency,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeader,
		ReadBufferSize:         readBuffer,
	}
}

// writeTransport opens a connection for each request and speaks HTTP/1.1 only. net/http repeats a request by itself
// on a kept connection that died and on an HTTP/2 stream that was refused; here there is neither.
func writeTransport(cfg Config) *http.Transport {
	transport := readTransport(cfg)
	transport.DisableKeepAlives = true
	transport.ForceAttemptHTTP2 = false
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	return transport
}

// layer adds one concern in front of the step that it is given.
type layer func(next step) step

// chain puts layers before each other, outermost first. The last one sends and needs no next.
func chain(layers ...layer) step {
	var sending step
	for _, add := range slices.Backward(layers) {
		sending = add(sending)
	}
	return sending
}

package stellr

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
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
		c.exchange(newConnections(c.cfg, c.base).send, c.cfg.ReadTimeout),
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
		c.exchange(c.once(writeTransport(c.cfg)), c.cfg.WriteTimeout),
	)
}

// sender sends a call, which may take so long, and returns when the head of its answer is there. sent is false when
// certainly nothing left. No sender follows a redirect, keeps a cookie or takes a proxy from the environment.
type sender func(ctx context.Context, rq *call, limit time.Duration) (response *http.Response, sent bool, err error)

// once sends through a transport that sends nothing twice.
func (c *Client) once(transport *http.Transport) sender {
	return func(ctx context.Context, rq *call, limit time.Duration) (*http.Response, bool, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		var sent atomic.Bool
		request, err := rq.request(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
		}), c.base)
		if err != nil {
			cancel()
			return nil, false, notSent(rq.action, CodeInvalid, err)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			cancel()
			return nil, sent.Load(), err
		}
		response.Body = &timedBody{response.Body, cancel}
		return response, true, nil
	}
}

// timedBody ends the time for a request with its answer.
type timedBody struct {
	io.ReadCloser
	done context.CancelFunc
}

func (b *timedBody) Close() error {
	defer b.done()
	return b.ReadCloser.Close()
}

// writeTransport opens a connection for each request and speaks HTTP/1.1 only. net/http repeats a request by itself
// on a kept connection that died and on an HTTP/2 stream that was refused; here there is neither.
func writeTransport(cfg Config) *http.Transport {
	transport := &http.Transport{
		DialContext:            dialer(cfg),
		TLSHandshakeTimeout:    cfg.ConnectTimeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		Protocols:              new(http.Protocols),
		MaxResponseHeaderBytes: maxHeader,
	}
	transport.Protocols.SetHTTP1(true)
	return transport
}

// dialer opens connections, each within ConnectTimeout.
func dialer(cfg Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	dial := cfg.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
		defer cancel()
		return dial(ctx, network, address)
	}
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

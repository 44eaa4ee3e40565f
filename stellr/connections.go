package stellr

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// connections carries requests that only read, over HTTP/1.1 connections that it keeps. Whoever asks writes and reads
// on the connection itself: net/http's transport has two goroutines for each connection, and waking them cost a
// seventh of the work of an answer. Answers are parsed by net/http.
//
// It has no place for writes: a request on a kept connection that turns out to be dead is sent again on a new one.
type connections struct {
	open func(context.Context) (net.Conn, error)
	path string // of the base, escaped; every request is for what is below it
	head string // of every request, between its first line and the token
	keep int    // how many idle ones

	mu    sync.Mutex
	idle  []*connection // the one that was used last is the last
	sweep *time.Timer   // closes those that nobody wants; nil while there are none
}

// connection is used by one request at a time.
type connection struct {
	net.Conn

	in    *bufio.Reader
	out   *bufio.Writer
	left  int64 // bytes that may still come before the head of an answer is whole; negative: no limit
	heard bool  // a byte of the answer came
	since time.Time
	until time.Time // the deadline that is set
}

const (
	mostInformational = 5  // answers of status 1xx before the real one
	slack             = 16 // a request on a kept connection may take this part of its time longer
)

var (
	errLongHead = errors.New("the head of the answer is too long")
	errNoHTTP   = errors.New("the other side changed the protocol")
	longAgo     = time.Unix(1, 0)
)

// newConnections keeps connections to the host of base.
func newConnections(cfg Config, base *url.URL) *connections {
	dial := dialer(cfg)
	usual := "80"
	if base.Scheme == "https" {
		usual = "443"
	}
	address := net.JoinHostPort(base.Hostname(), cmp.Or(base.Port(), usual))
	open := func(ctx context.Context) (net.Conn, error) { return dial(ctx, "tcp", address) }
	if base.Scheme == "https" {
		plain, settings := open, &tls.Config{MinVersion: tls.VersionTLS12, ServerName: base.Hostname(), NextProtos: []string{"http/1.1"}}
		open = func(ctx context.Context) (net.Conn, error) {
			return encrypted(ctx, plain, settings, cfg.ConnectTimeout)
		}
	}
	return &connections{
		open: open,
		path: base.EscapedPath(),
		head: " HTTP/1.1\r\nHost: " + base.Host + "\r\nUser-Agent: " + userAgent + "\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer ",
		keep: cfg.Concurrency,
	}
}

// encrypted opens a connection and speaks TLS on it.
func encrypted(ctx context.Context, open func(context.Context) (net.Conn, error), settings *tls.Config, limit time.Duration) (net.Conn, error) {
	plain, err := open(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	secure := tls.Client(plain, settings)
	if err := secure.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return secure, nil
}

// send sends a call without a body and returns when the head of its answer is there. The answer's body must be closed.
func (c *connections) send(ctx context.Context, rq *call, limit time.Duration) (response *http.Response, sent bool, err error) {
	target := c.path + rq.target()
	if !printable(target) { // it would begin another line; the token was looked at when it came
		return nil, false, notSent(rq.action, CodeInvalid, errors.New("the path cannot be sent"))
	}
	deadline := time.Now().Add(limit) // and not the caller's: it must be known whose time was over
	if kept := c.ready(); kept != nil {
		response, err := c.ask(ctx, kept, target, rq.token, deadline, limit/slack)
		if err == nil || kept.heard || ctx.Err() != nil || isLate(err) {
			return response, true, err
		}
	}
	opening, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	opened, err := c.open(opening)
	if err != nil {
		return nil, false, err
	}
	fresh := &connection{Conn: opened}
	fresh.in, fresh.out = bufio.NewReaderSize(fresh, readBuffer), bufio.NewWriter(opened)
	response, err = c.ask(ctx, fresh, target, rq.token, deadline, limit/slack)
	return response, true, err
}

// isLate says whether the time for a request was over.
func isLate(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// ask sends a request on a connection, which is closed if that fails.
func (c *connections) ask(ctx context.Context, on *connection, target, token string, deadline time.Time, later time.Duration) (*http.Response, error) {
	on.heard = false
	if err := on.endAt(deadline, later); err != nil {
		on.Close()
		return nil, err
	}
	inTime := context.AfterFunc(ctx, func() { on.SetDeadline(longAgo) })
	response, err := on.exchange("GET ", target, c.head, token, "\r\n\r\n")
	if err != nil {
		inTime()
		on.Close()
		return nil, err
	}
	response.Body = &answerBody{ReadCloser: response.Body, from: c, on: on, inTime: inTime, reusable: !response.Close}
	if response.Header.Get("Content-Encoding") == "gzip" {
		response.Body, response.ContentLength = &unzipped{packed: response.Body}, -1
	}
	return response, nil
}

// endAt has what is done on the connection from now on end at a time, on a kept connection somewhat later: its deadline
// need not be moved for each request then, which costs as much as a small read.
func (c *connection) endAt(deadline time.Time, later time.Duration) error {
	if beyond := c.until.Sub(deadline); 0 <= beyond && beyond <= later {
		return nil
	}
	if !c.until.IsZero() {
		deadline = deadline.Add(later)
	}
	c.until = deadline
	return c.SetDeadline(c.until)
}

// exchange writes a request and reads the head of its answer.
func (c *connection) exchange(request ...string) (*http.Response, error) {
	for _, text := range request {
		_, _ = c.out.WriteString(text) // Flush says what went wrong
	}
	if err := c.out.Flush(); err != nil {
		return nil, err
	}
	c.left = maxHeader
	for range mostInformational + 1 {
		response, err := http.ReadResponse(c.in, nil)
		if err != nil {
			return nil, err
		}
		if response.StatusCode == http.StatusSwitchingProtocols {
			return nil, errNoHTTP
		}
		if response.StatusCode >= 200 {
			c.left = -1
			return response, nil
		}
	}
	return nil, errLongHead
}

// Read reads from the other side, within what is left of an answer's head.
func (c *connection) Read(to []byte) (int, error) {
	if c.left == 0 {
		return 0, errLongHead
	}
	if c.left > 0 && int64(len(to)) > c.left {
		to = to[:c.left]
	}
	n, err := c.Conn.Read(to)
	c.heard = c.heard || n > 0
	if c.left > 0 {
		c.left -= int64(n)
	}
	return n, err
}

// take is an idle connection, the one that was used last; nil where there is none.
func (c *connections) take() *connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) == 0 {
		return nil
	}
	last := len(c.idle) - 1
	kept := c.idle[last]
	c.idle[last], c.idle = nil, c.idle[:last]
	return kept
}

// ready is an idle connection over which nothing has come since its last answer; nil where there is none.
func (c *connections) ready() *connection {
	for {
		kept := c.take()
		if kept == nil {
			return nil
		}
		below := kept.Conn
		if secure, ok := below.(*tls.Conn); ok {
			below = secure.NetConn()
		}
		if isQuiet(below) {
			return kept
		}
		kept.Close()
	}
}

// put keeps a connection for the next request.
func (c *connections) put(back *connection) {
	back.since = time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.idle) >= c.keep {
		back.Close()
		return
	}
	c.idle = append(c.idle, back)
	if c.sweep == nil {
		c.sweep = time.AfterFunc(idleTimeout, c.closeOld)
	}
}

// closeOld closes the connections that were not used for idleTimeout, and looks again later while there are others.
func (c *connections) closeOld() {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := 0
	for old < len(c.idle) && time.Since(c.idle[old].since) >= idleTimeout {
		c.idle[old].Close()
		old++
	}
	c.idle = append(c.idle[:0:0], c.idle[old:]...)
	c.sweep = nil
	if len(c.idle) > 0 {
		c.sweep = time.AfterFunc(idleTimeout-time.Since(c.idle[0].since), c.closeOld)
	}
}

// answerBody gives the connection back once the whole answer was read.
type answerBody struct {
	io.ReadCloser

	from     *connections
	on       *connection
	inTime   func() bool // false: the deadline of the connection has been moved into the past
	reusable bool
	whole    bool
}

func (b *answerBody) Read(to []byte) (int, error) {
	n, err := b.ReadCloser.Read(to)
	b.whole = b.whole || err == io.EOF
	return n, err
}

// Close does not read the rest: it closes the connection where there is one.
func (b *answerBody) Close() error {
	if b.on == nil {
		return nil
	}
	on := b.on
	b.on = nil
	if b.inTime() && b.whole && b.reusable && on.in.Buffered() == 0 {
		b.from.put(on)
		return nil
	}
	return on.Close()
}

package stellr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	testSecret = "s3cr3t-of-the-client"
	testToken  = "t0k3n-of-the-upstream"
)

// fake is an upstream over connections in memory, so that a test can run it on a clock of its own. It answers token
// requests itself and gives all others to handle.
type fake struct {
	handle http.HandlerFunc
	token  http.HandlerFunc // instead of the usual answer to a token request
	log    lockedBuffer

	mu       sync.Mutex
	requests []seen
	tokens   int
	dialled  []string
	refuse   int // dials to refuse
	listener *pipeListener
	server   *http.Server
}

// seen is a request that arrived.
type seen struct {
	method, path, query, body, authorization string
	header                                   http.Header
	closes                                   bool
}

func newFake(t *testing.T, handle http.HandlerFunc) *fake {
	t.Helper()
	f := &fake{handle: handle, listener: &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}}
	f.server = &http.Server{Handler: f, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go f.server.Serve(f.listener)
	t.Cleanup(func() { f.server.Close() })
	return f
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/token" {
		f.mu.Lock()
		f.tokens++
		number, answer := f.tokens, f.token
		f.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		if answer != nil {
			answer(w, r)
			return
		}
		answerJSON(w, 200, fmt.Sprintf(`{"access_token":"%s-%d","token_type":"Bearer","expires_in":7200}`, testToken, number))
		return
	}
	f.mu.Lock()
	f.requests = append(f.requests, seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Get("Authorization"), r.Header.Clone(), r.Close})
	f.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.handle(w, r)
}

// client talks to the fake. Its random waits are none unless the test says otherwise.
func (f *fake) client(t *testing.T, change ...func(*Config)) *Client {
	t.Helper()
	cfg := Config{
		ClientID: "client", ClientSecret: testSecret, BaseURL: "http://stellr.test", TokenURL: "http://stellr.test/token", PlainHTTP: true,
		Logger: slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Dial:   f.dial,
		Rand:   func(time.Duration) time.Duration { return 0 },
	}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (f *fake) dial(ctx context.Context, _, address string) (net.Conn, error) {
	f.mu.Lock()
	f.dialled = append(f.dialled, address)
	refused := f.refuse != 0
	if f.refuse > 0 {
		f.refuse--
	}
	f.mu.Unlock()
	if refused {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("refused at https://user:" + testSecret + "@stellr.test/?token=" + testToken)}
	}
	return f.listener.dial(ctx)
}

func (f *fake) seen() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.requests...)
}

func (f *fake) tokenRequests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tokens
}

func (f *fake) dials() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.dialled...)
}

func answerJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// answering gives every request the same answer.
func answering(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { answerJSON(w, status, body) }
}

// inTurn gives the first request the first answer and so on; the last one goes on for ever.
func inTurn(handlers ...http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	next := 0
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		handle := handlers[min(next, len(handlers)-1)]
		next++
		mu.Unlock()
		handle(w, r)
	}
}

const oneCustomer = `{"requestId":"req-1","data":{"customerNo":100001,"name":"Acme"}}`

// pipeListener is a network in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// wantError checks an error's kind and that nothing secret is in it, however it is printed.
func wantError(t *testing.T, err error, code Code, stage Stage) *Error {
	t.Helper()
	e, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %v, want an *Error of code %q", err, code)
	}
	if e.Code != code || e.Stage != stage {
		t.Fatalf("got code %q stage %q (%v), want code %q stage %q", e.Code, e.Stage, err, code, stage)
	}
	wantNoSecrets(t, printed(err))
	return e
}

// printed is everything that printing an error and its causes gives.
func printed(err error) string {
	var all strings.Builder
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintf(&all, "%v %+v %#v %s %q\n", err, err, err, err.Error(), err)
	}
	return all.String()
}

func wantNoSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{testSecret, testToken, url.QueryEscape(testSecret), "http://", "https://", "<html"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q must not be in:\n%s", secret, text)
		}
	}
}

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"stellr-gateway/graph"
)

// A request that a caller numbered keeps its number if it looks like one.
var plainID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

type requestKey struct{}

// requestID is the number of the request that ctx belongs to; empty outside of requests.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// numbered gives each request a number, which its answer and all its log lines carry.
func numbered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !plainID.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		ctx := graph.WithRequestID(context.WithValue(r.Context(), requestKey{}, id), id)
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// secured sets the headers that every answer carries; the playground adds its own.
func secured(next http.Handler) http.Handler {
	always := http.Header{
		"Cache-Control":                {"no-store"},
		"Content-Security-Policy":      {"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		"Referrer-Policy":              {"no-referrer"},
		"X-Content-Type-Options":       {"nosniff"},
		"X-Frame-Options":              {"DENY"},
		"Cross-Origin-Opener-Policy":   {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"}, // pages that GATEWAY_ORIGINS lists ask by CORS, which it leaves alone
		"Permissions-Policy":           {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for name, values := range always {
			h[name] = values[:1:1] // whoever adds one gets a list of its own
		}
		if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
			// net/http forgets a length that was told beside the chunks, by which a proxy in front may have gone: what
			// stands behind the chunks may be no request at all.
			h.Set("Connection", "close")
		}
		if r.TLS != nil { // over plain HTTP browsers ignore it, and a proxy that ends TLS has its own
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// logged writes a line for each request when it has ended, and turns a panic into an answer. Of what the caller sent,
// the line holds the method and the path.
func logged(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, answer := time.Now(), &answer{ResponseWriter: w}
		defer func() {
			failure := recover()
			if failure == http.ErrAbortHandler {
				panic(failure)
			}
			if failure != nil {
				log.ErrorContext(r.Context(), "a request panicked", "failure", failure, "stack", string(debug.Stack()))
				if answer.status == 0 {
					refuse(answer, r, http.StatusInternalServerError, "INTERNAL", "Something went wrong inside the gateway.")
				}
			}
			level := slog.LevelInfo
			if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
				level = slog.LevelDebug
			}
			path := r.URL.EscapedPath()
			log.Log(r.Context(), level, "request", "method", r.Method[:min(len(r.Method), 20)], "path", path[:min(len(path), 200)],
				"status", max(answer.status, http.StatusOK), "ms", time.Since(start).Milliseconds())
		}()
		next.ServeHTTP(answer, r)
	})
}

// answer is an answer that remembers its status.
type answer struct {
	http.ResponseWriter
	status int // 0 before it has begun
}

// WriteHeader begins the answer.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write writes a part of the answer's body.
func (a *answer) Write(part []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(part)
}

// Hijack hands over the connection, for WebSockets.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	a.status = http.StatusSwitchingProtocols
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// Unwrap is what the answer is written to.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// timed bounds how long the body of a request may take to arrive, and the answer to be made and taken: each part of it,
// and but for streams the whole. The server's own time-outs would end streams.
func timed(l limits, most time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &paced{ResponseWriter: w, control: http.NewResponseController(w), part: l.writeWait, end: time.Now().Add(most), connection: connectionOf(r)}
		if r.Body != nil && r.Body != http.NoBody {
			_ = p.control.SetReadDeadline(time.Now().Add(l.bodyWait)) // net/http lifts it when the body is there
		}
		_ = p.control.SetWriteDeadline(p.end)
		next.ServeHTTP(p, r)
	})
}

// paced is an answer whose parts must each be taken in time: who reads a byte a second would otherwise keep a large one
// in memory for as long as a whole answer may take.
type paced struct {
	http.ResponseWriter
	control *http.ResponseController
	part    time.Duration // for so many bytes as partBytes
	end     time.Time     // of the whole

	connection *joined // nil where it cannot join parts
}

const partBytes = 64 << 10

// Write writes a part of the answer's body.
func (p *paced) Write(body []byte) (written int, err error) {
	stream := strings.HasPrefix(p.Header().Get("Content-Type"), "text/event-stream")
	for err == nil && written < len(body) {
		deadline := time.Now().Add(p.part)
		if !stream && deadline.After(p.end) {
			deadline = p.end
		}
		_ = p.control.SetWriteDeadline(deadline) // some writers of tests have no deadlines
		var n int
		part := body[written:min(len(body), written+partBytes)]
		if p.connection != nil && !stream {
			n, err = p.connection.whole(func() (int, error) { return p.ResponseWriter.Write(part) })
		} else {
			n, err = p.ResponseWriter.Write(part)
		}
		written += n
	}
	return written, err
}

// Unwrap is what the answer is written to.
func (p *paced) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// refuse answers with a GraphQL error.
func refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	extensions := map[string]any{"code": code, "retryable": false, "requestId": requestID(r.Context())}
	writeJSON(w, status, map[string]any{"errors": []any{map[string]any{"message": message, "extensions": extensions}}})
}

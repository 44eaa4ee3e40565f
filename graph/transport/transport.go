// Package transport carries GraphQL requests and answers over HTTP: one answer to a POST or GET, server-sent events,
// and WebSockets with the sub-protocol graphql-transport-ws. It knows nothing of the schema.
//
// The rules are those of the GraphQL over HTTP specification, the GraphQL over WebSocket protocol and the distinct
// connections mode of GraphQL over server-sent events, and strict where they leave a choice.
package transport

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Options are what a Handler works with. Every number must be set.
type Options struct {
	// Executor runs operations. It presents the errors of this package as well: *Refusal and *Panic.
	Executor graphql.GraphExecutor
	// Answers answers queries that may be shared; nil: each is run for itself.
	Answers Answers
	// Authenticate says who calls, by the token behind "Bearer " in the Authorization header, or under that name in
	// the payload of connection_init; the token is empty when there is none. A deadline on the context that it
	// answers ends the caller's sockets and streams. Everyone may call when it is nil.
	Authenticate func(ctx context.Context, bearer string) (context.Context, error)
	// CallerName tells callers apart. Where it answers nothing, the peer's address does.
	CallerName func(ctx context.Context) string
	// Admit takes a place for one operation and answers what gives it back; false where there is none, which is then told
	// at once. There is always one when it is nil.
	Admit func() (leave func(), ok bool)
	// Stopping is closed when the server is about to stop: sockets and streams end, so that their callers go to
	// another node, and single answers go on. It never is when nil.
	Stopping <-chan struct{}

	MaxBody    int64         // bytes in the body of a POST
	MaxMessage int64         // bytes in a WebSocket message
	MaxStreams int           // operations at once on one socket
	MaxSockets int           // sockets for one caller, who may have as many event streams as these could carry
	InitWait   time.Duration // until connection_init
	Ping       time.Duration // between signs of life
	WriteWait  time.Duration // until a caller who does not read is given up
}

// Handler is the HTTP side of a GraphQL endpoint.
type Handler struct {
	Options
	sockets, streams *quota
	compressor       *compressor
}

// New makes a Handler.
func New(o Options) *Handler {
	return &Handler{Options: o, sockets: newQuota(o.MaxSockets), streams: newQuota(o.MaxSockets * o.MaxStreams), compressor: newCompressor()}
}

// ServeHTTP answers one request, or all that comes over a WebSocket.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	want := wishOf(r.Header)
	r = r.WithContext(graphql.StartOperationTrace(r.Context()))
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			panic(p)
		default:
			h.fail(w, r, want, NewPanic(p))
		}
	}()
	if r.Method == http.MethodGet && tokenIn(r.Header, "Upgrade", "websocket") {
		h.serveSocket(w, r)
		return
	}
	if err := h.serve(w, r, want); err != nil {
		h.fail(w, r, want, err)
	}
}

// fail answers a request that got no further than the transport.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, want wish, err error) {
	list := listOf(err)
	refusalIn(list).explain(w.Header())
	h.write(w, r, want.media, statusOf(list, want.media), NewAnswer(h.Executor.DispatchError(r.Context(), list)))
}

// serve answers a POST or a GET.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, want wish) error {
	if want.media == "" && !want.stream {
		return refuse(http.StatusNotAcceptable, "The answer can be application/graphql-response+json, application/json or text/event-stream.")
	}
	ctx, body, err := h.receive(w, r)
	if err != nil {
		return err
	}
	leave, err := h.enter()
	if err != nil {
		return err
	}
	defer leave()
	if body != nil && want.media != "" && !want.preferStream && h.Answers != nil {
		if answer := h.Answers.Join(ctx, r.Header, body); answer != nil {
			leave() // who takes long to read the answer keeps nobody out
			h.answer(w, r, want.media, answer)
			return nil
		}
	}
	params, err := paramsOf(r, body)
	if err != nil {
		return err
	}
	params.Headers = r.Header
	ctx = withRequest(ctx, Request{params.documentID, r.Method == http.MethodGet})
	operation, list := h.Executor.CreateOperationContext(ctx, params.RawParams)
	if refusal := refusalIn(list); refusal != nil {
		return refusal
	}
	if list != nil {
		response := h.Executor.DispatchError(graphql.WithOperationContext(ctx, operation), list)
		if want.media == "" || want.preferStream {
			h.stream(ctx, w, func(ctx context.Context) (graphql.ResponseHandler, context.Context) {
				return graphql.OneShot(response), ctx
			})
			return nil
		}
		h.write(w, r, want.media, statusOf(list, want.media), NewAnswer(response))
		return nil
	}
	kind := operation.Operation.Operation
	switch {
	case r.Method == http.MethodGet && kind != ast.Query:
		return &Refusal{Status: http.StatusMethodNotAllowed, Message: "A GET can only query.", Allow: http.MethodPost}
	case kind == ast.Subscription && !want.stream:
		return refuse(http.StatusNotAcceptable, "A subscription is answered over WebSocket, or as text/event-stream to those who accept it.")
	case kind == ast.Subscription:
		leave() // streams have a quota of their own
		return h.streamOperation(ctx, w, r, operation)
	case want.media == "" || want.preferStream:
		return h.streamOperation(ctx, w, r, operation)
	}
	answer := h.ask(ctx, operation, body)
	leave() // who takes long to read the answer keeps nobody out
	h.answer(w, r, want.media, answer)
	return nil
}

// ask is the one answer to a query or mutation.
func (h *Handler) ask(ctx context.Context, operation *graphql.OperationContext, body []byte) *Answer {
	if h.Answers != nil && operation.Operation.Operation == ast.Query {
		return h.Answers.Ask(ctx, operation, body)
	}
	responses, own := h.Executor.DispatchOperation(ctx, operation)
	return NewAnswer(responses(own))
}

// answer sends what an operation was answered.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, media string, a *Answer) {
	status := http.StatusOK
	if a.Response.Data == nil {
		refusalIn(a.Response.Errors).explain(w.Header())
		status = statusOf(a.Response.Errors, media)
	}
	h.write(w, r, media, status, a)
}

// receive says who calls, and takes the body of a POST.
func (h *Handler) receive(w http.ResponseWriter, r *http.Request) (context.Context, []byte, error) {
	switch r.Method {
	case http.MethodPost:
		if refusal := checkContentType(r.Header); refusal != nil {
			return nil, nil, refusal
		}
	case http.MethodGet:
		if fromElsewhere(r) {
			return nil, nil, refuse(http.StatusForbidden, "A page of another site cannot ask this way.")
		}
	default:
		return nil, nil, &Refusal{Status: http.StatusMethodNotAllowed, Message: "The method must be POST, or GET for a query.", Allow: "GET, POST"}
	}
	ctx, err := h.authenticate(r.Context(), r.Header.Values("Authorization"))
	if err != nil {
		return nil, nil, err
	}
	if r.Method == http.MethodGet {
		return ctx, nil, nil
	}
	leave, err := h.enter()
	if err != nil {
		return nil, nil, err // before memory is taken for the body
	}
	leave() // who takes long to send it keeps nobody out
	body, err := readBody(w, r, h.MaxBody)
	return ctx, body, err
}

// paramsOf reads what a request asks for.
func paramsOf(r *http.Request, body []byte) (received, error) {
	if r.Method == http.MethodGet {
		return urlParams(r.URL)
	}
	return decodeParams(body)
}

// authenticate says who calls with these values of an Authorization header.
func (h *Handler) authenticate(ctx context.Context, authorization []string) (context.Context, error) {
	if h.Authenticate == nil {
		return ctx, nil
	}
	bearer := ""
	switch len(authorization) {
	case 0:
	case 1:
		if scheme, token, _ := strings.Cut(authorization[0], " "); strings.EqualFold(scheme, "Bearer") {
			bearer = strings.TrimSpace(token)
		}
	default:
		return nil, refuse(http.StatusUnauthorized, "There may be one Authorization header.")
	}
	known, err := h.Authenticate(ctx, bearer)
	if err != nil {
		return nil, &Refusal{Status: http.StatusUnauthorized, Message: "The credentials are missing, wrong or out of date.", Cause: err}
	}
	return known, nil
}

// caller is a name for who sent the request.
func (h *Handler) caller(ctx context.Context, r *http.Request) string {
	if h.CallerName != nil {
		if name := h.CallerName(ctx); name != "" {
			return name
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// tokenIn says whether a header that lists tokens has this one.
func tokenIn(header http.Header, name, token string) bool {
	for _, line := range header.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

package graph

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stellr-gateway/graph/generated"
	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// HandlerOptions are how operations are let in and answered. What is zero has a default.
type HandlerOptions struct {
	Limits Limits
	// Deadline is how long a query or mutation may take; 30 s. What has come by then is answered.
	Deadline time.Duration
	// InitWait is how long a WebSocket may take to send connection_init; 5 s.
	InitWait time.Duration
	// Ping is the time between signs of life on WebSockets and event streams; 20 s.
	Ping time.Duration
	// WriteWait is how long a caller on a WebSocket or event stream may take to read; 10 s.
	WriteWait time.Duration
	// Logger gets each error of an answer once, in full and with the request's context; slog.Default() when nil.
	Logger *slog.Logger
	// Authenticate says who calls, by the token behind "Bearer " in the Authorization header, or in the payload of a
	// WebSocket's connection_init; the token is empty when there is none. The caller's sockets and streams end with
	// the context that it answers. Everyone may call when it is nil.
	Authenticate func(ctx context.Context, bearer string) (context.Context, error)
	// CallerRate is how many points of cost a second each caller may use, by access.Caller's ID; 0 sets no limit.
	CallerRate float64
	// AnswerCache is how long whole answers of queries are kept, at most; 0 keeps none.
	AnswerCache time.Duration
	// Introspection is who may ask for the schema; IntrospectionRoles when empty.
	Introspection Introspection
	// Trusted is a list of documents that operators have looked at; nil is none. TrustMode is what it is for; TrustOff
	// when empty.
	Trusted   *Trusted
	TrustMode TrustMode
	// Clock is for the callers' rates; time.Now when nil.
	Clock func() time.Time
	// Admit takes a place for one operation and answers what gives it back; false where there is none. There always is
	// one when it is nil.
	Admit func() (leave func(), ok bool)
	// Stopping is closed when the server is about to stop: sockets and streams end, single answers go on.
	Stopping <-chan struct{}
}

// NewHandler serves GraphQL over HTTP, WebSocket and server-sent events, at whatever path it is mounted.
func NewHandler(r *Resolver, o HandlerOptions) http.Handler {
	config := generated.Config{Resolvers: r, Schema: schema(), Directives: generated.DirectiveRoot{Requires: requires}}
	return newHandler(generated.NewExecutableSchema(config), backend{
		begin: r.begin, customers: r.customersSeen, resellerList: r.Client.Available(stellr.ActionListResellerSubscriptions),
		version: r.Kept.Store.Version,
	}, o)
}

// schema is the schema that is executed.
func schema() *ast.Schema {
	return withoutDefer(generated.NewExecutableSchema(generated.Config{}).Schema())
}

func newHandler(es graphql.ExecutableSchema, b backend, o HandlerOptions) http.Handler {
	o.setDefaults()
	gate := newGate(es, b, o)
	return transport.New(transport.Options{
		Executor:     gate,
		Answers:      gate,
		Authenticate: o.Authenticate,
		CallerName:   callerName,
		Stopping:     o.Stopping,
		Admit:        o.Admit,
		MaxBody:      o.Limits.Body,
		MaxMessage:   o.Limits.Message,
		MaxStreams:   o.Limits.Streams,
		MaxSockets:   o.Limits.Sockets,
		InitWait:     o.InitWait,
		Ping:         o.Ping,
		WriteWait:    o.WriteWait,
	})
}

func (o *HandlerOptions) setDefaults() {
	o.Limits = o.Limits.orDefaults()
	setDefault(&o.Deadline, 30*time.Second)
	setDefault(&o.InitWait, 5*time.Second)
	setDefault(&o.Ping, 20*time.Second)
	setDefault(&o.WriteWait, 10*time.Second)
	setDefault(&o.Logger, slog.Default())
	setDefault(&o.Introspection, IntrospectionRoles)
	setDefault(&o.TrustMode, TrustOff)
	if o.Clock == nil {
		o.Clock = time.Now
	}
}

// callerName tells callers apart; empty for who has no name.
func callerName(ctx context.Context) string {
	if caller := access.From(ctx); caller.Subject != "" {
		return caller.ID()
	}
	return ""
}

// withoutDefer is the schema without the directive @defer, which gqlgen adds: no transport here can send the parts
// of an answer that come later, and the goroutines that bring them would wait forever.
func withoutDefer(schema *ast.Schema) *ast.Schema {
	without := *schema
	without.Directives = maps.Clone(schema.Directives)
	delete(without.Directives, "defer")
	return &without
}

// logError writes an error of an answer to the log: what callers did wrong for those who debug, what the upstream
// did as a warning, and what the gateway did as an error.
func logError(ctx context.Context, log *slog.Logger, shown *gqlerror.Error) {
	code, _ := shown.Extensions["code"].(string)
	level := slog.LevelWarn
	switch Code(code) {
	case CodeBadInput, CodeParseFailed, CodeValidationFailed, CodeTooExpensive, CodeNotPersisted, CodeOverloaded: // the last is told of by who refuses
		level = slog.LevelDebug
	case CodeUnauthenticated, CodeForbidden, CodeNotTrusted:
		level = slog.LevelInfo
	case CodeInternal, CodeJournalUnavailable:
		level = slog.LevelError
	}
	if _, refused := errors.AsType[*transport.Refusal](shown.Err); refused && level == slog.LevelWarn {
		level = slog.LevelInfo // nothing is wrong here: a caller asks for too much
	}
	if errors.Is(shown.Err, context.Canceled) && errors.Is(ctx.Err(), context.Canceled) {
		level = slog.LevelDebug // the caller has gone
	}
	if !log.Enabled(ctx, level) {
		return
	}
	text := shown.Message
	if shown.Err != nil {
		text = withoutSecrets(cause(shown.Err).Error())
	}
	attrs := []slog.Attr{
		slog.String("code", code), slog.String("error", text), slog.String("path", shown.Path.String()),
	}
	if graphql.HasOperationContext(ctx) {
		if operation := graphql.GetOperationContext(ctx).Operation; operation != nil {
			attrs = append(attrs, slog.String("operation", short(operation.Name)))
		}
	}
	if upstream, ok := errors.AsType[*stellr.Error](shown.Err); ok {
		attrs = append(attrs, slog.String("stellr_request_id", upstream.RequestID), slog.Int("upstream_status", upstream.Status))
		if log.Enabled(ctx, slog.LevelDebug) { // Stellr's words may repeat what the caller sent
			attrs = append(attrs, slog.String("upstream_message", withoutSecrets(upstream.Message+" "+upstream.Detail)))
		}
	}
	if panicked, ok := errors.AsType[*transport.Panic](shown.Err); ok {
		attrs = append(attrs, slog.String("stack", string(panicked.Stack)))
	}
	log.LogAttrs(ctx, level, "an operation met an error", attrs...)
}

// cause is an error without what gqlgen has wrapped around it.
func cause(err error) error {
	wrapped, ok := err.(*gqlerror.Error)
	if !ok || wrapped.Err == nil {
		return err
	}
	return cause(wrapped.Err)
}

// secret is what looks like a credential in an error's text. Errors of this gateway's own packages hold none; this is
// for those of libraries.
var secret = regexp.MustCompile(`(?i)((?:token|secret|password|authorization|api_?key|client_?id)["']?\s*[=:]\s*["']?(?:(?:bearer|basic)\s+)?|(?:bearer|basic)\s+)[^\s"'&,;]+`)

func withoutSecrets(text string) string { return secret.ReplaceAllString(text, "${1}[removed]") }

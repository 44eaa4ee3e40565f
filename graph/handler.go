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
	// Trusted are documents that requests may name by their id; Trust says what becomes of others, TrustAll when empty.
	Trusted map[string]string
	Trust   Trust
	// Admit takes a place for one operation and answers what gives it back; false where there is none. There always is
	// one when it is nil.
	Admit func() (leave func(), ok bool)
	// Stopping is closed when the server is about to stop: sockets and streams end, single answers go on.
	Stopping <-chan struct{}
}

// NewHandler serves GraphQL over HTTP, WebSocket and server-sent events, at whatever path it is mounted.
func NewHandler(r *Resolver, o HandlerOptions) http.Handler {
	config := generated.Config{Resolvers: r, Directives: generated.DirectiveRoot{Requires: requires}}
	config.Schema = withoutDefer(generated.NewExecutableSchema(config).Schema())
	return newHandler(generated.NewExecutableSchema(config), r.begin, o)
}

func newHandler(es graphql.ExecutableSchema, begin func(context.Context) context.Context, o HandlerOptions) http.Handler {
	o.Limits = o.Limits.orDefaults()
	setDefault(&o.Deadline, 30*time.Second)
	setDefault(&o.InitWait, 5*time.Second)
	setDefault(&o.Ping, 20*time.Second)
	setDefault(&o.WriteWait, 10*time.Second)
	setDefault(&o.Logger, slog.Default())
	g := newGate(es, begin, o)
	return transport.New(transport.Options{
		Executor:     g,
		Document:     newDocuments(g, o).find,
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
	case CodeBadInput, CodeParseFailed, CodeValidationFailed, CodeTooExpensive, CodeOverloaded: // the last is told of by who refuses
		level = slog.LevelDebug
	case CodeUnauthenticated, CodeForbidden:
		level = slog.LevelInfo
	case CodeInternal, CodeJournalUnavailable:
		level = slog.LevelError
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

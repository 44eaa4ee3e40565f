package graph

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stellr-gateway/graph/relay"
	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/events"
	"stellr-gateway/stellr"
)

// Code is what an error's extensions call it. Clients branch on it; messages are for people.
type Code string

// The codes. The set is closed.
const (
	CodeUnauthenticated     Code = "UNAUTHENTICATED"
	CodeForbidden           Code = "FORBIDDEN"
	CodeBadInput            Code = "BAD_USER_INPUT"
	CodeParseFailed         Code = "GRAPHQL_PARSE_FAILED"
	CodeValidationFailed    Code = "GRAPHQL_VALIDATION_FAILED"
	CodeNotPersisted        Code = "PERSISTED_QUERY_NOT_FOUND"
	CodeNotTrusted          Code = "DOCUMENT_NOT_TRUSTED"
	CodeTooExpensive        Code = "QUERY_TOO_EXPENSIVE"
	CodeRateLimited         Code = "RATE_LIMITED"
	CodeOverloaded          Code = "OVERLOADED"
	CodeUpstream            Code = "UPSTREAM_ERROR"
	CodeUpstreamUnavailable Code = "UPSTREAM_UNAVAILABLE"
	CodeUpstreamTimeout     Code = "UPSTREAM_TIMEOUT"
	CodeUpstreamForbidden   Code = "UPSTREAM_FORBIDDEN"
	CodeJournalUnavailable  Code = "JOURNAL_UNAVAILABLE"
	CodeInternal            Code = "INTERNAL"
)

// Errors that resolvers fail with, wrapped or not. Their texts are for logs.
var (
	ErrTooManyCalls       = errors.New("the operation needs more upstream requests than it may send")
	ErrTooManyObjects     = errors.New("the answer has more records than one may have")
	ErrForbidden          = errors.New("the caller may not do this")
	ErrJournalUnavailable = errors.New("the journal cannot be written")
	ErrJournalUnreadable  = errors.New("the journal cannot be read")
)

// requestError is a document or variables that cannot be executed. Its message is for the caller.
type requestError struct {
	code      Code
	message   string
	locations []gqlerror.Location
}

func (e *requestError) Error() string { return e.message }

// answer is what a caller is told of an error.
type answer struct {
	code       Code
	message    string
	retryable  bool
	extensions map[string]any // more of them; may be nil
}

// answerTo is the one table of errors: what each of them is to a caller. What is not in it is INTERNAL.
func answerTo(ctx context.Context, err error) answer {
	if request, ok := errors.AsType[*requestError](err); ok {
		return answer{code: request.code, message: request.message}
	}
	if refusal, ok := errors.AsType[*transport.Refusal](err); ok {
		return answerToRefusal(refusal)
	}
	if argument, ok := errors.AsType[*relay.ArgumentError](err); ok {
		return answer{code: CodeBadInput, message: argument.Message}
	}
	if upstream, ok := errors.AsType[*stellr.Error](err); ok && !errors.Is(err, ErrTooManyCalls) {
		return answerToStellr(ctx, upstream)
	}
	switch _, panicked := errors.AsType[*transport.Panic](err); {
	case panicked:
	case errors.Is(err, ErrTooManyCalls):
		return answer{code: CodeTooExpensive, message: "The operation needs more requests to Stellr than one operation may send: ask for less at a time."}
	case errors.Is(err, ErrTooManyObjects):
		return answer{code: CodeTooExpensive, message: "The answer would have more records than one answer may have: ask for less at a time."}
	case errors.Is(err, ErrForbidden):
		return answer{code: CodeForbidden, message: "You do not have the rights for this."}
	case errors.Is(err, ErrJournalUnavailable):
		return answer{code: CodeJournalUnavailable, retryable: true, message: "Nothing was sent, because the gateway cannot record writes right now."}
	case errors.Is(err, events.ErrSlow):
		return answer{code: CodeRateLimited, retryable: true, message: "Too much happened at once for this subscription to be told: subscribe again and read the present state first."}
	case errors.Is(err, ErrJournalUnreadable):
		return answer{code: CodeJournalUnavailable, retryable: true, message: "The gateway cannot read its record of writes right now."}
	case errors.Is(err, context.DeadlineExceeded):
		return answer{code: CodeUpstreamTimeout, retryable: true, message: "The time for the operation was over before this part of the answer came."}
	case errors.Is(err, context.Canceled):
		return answer{code: CodeUpstreamUnavailable, retryable: true, message: "The operation was called off before this part of the answer came."}
	case errors.Is(err, graphql.ErrInvalidNull):
		return answer{code: CodeUpstream, message: "Stellr's record lacks something that it must have."}
	case inArguments(ctx):
		return answer{code: CodeBadInput, message: argumentMessage(err)}
	}
	return answer{code: CodeInternal, message: "The gateway met an error of its own; its log has the details."}
}

// answerToStellr is the part of the table for calls to Stellr.
func answerToStellr(ctx context.Context, e *stellr.Error) answer {
	a := answer{code: CodeUpstream, retryable: e.Temporary(), extensions: map[string]any{}}
	if e.RequestID != "" {
		a.extensions["stellrRequestId"] = e.RequestID
	}
	if e.Status != 0 {
		a.extensions["upstreamStatus"] = e.Status
	}
	switch e.Code {
	case stellr.CodeForbidden:
		a.code, a.message = CodeUpstreamForbidden, "Stellr forbids the action "+string(e.Action)+": its endpoint permission is not ticked in TD SYNNEX's developer portal."
	case stellr.CodeUnauthorized:
		a.code, a.message = CodeUpstreamUnavailable, "Stellr refuses the gateway's own credentials."
	case stellr.CodeToken:
		a.code, a.message = CodeUpstreamUnavailable, "Stellr gives the gateway no access token: its token service is out of order, or refuses the gateway's own credentials."
	case stellr.CodeThrottled:
		a.code, a.message = CodeRateLimited, "Stellr takes no more requests for the moment."
	case stellr.CodeTimeout:
		a.code, a.message = CodeUpstreamTimeout, "Stellr did not answer in time."
	case stellr.CodeCanceled:
		a.code, a.retryable, a.message = CodeUpstreamUnavailable, true, "The request to Stellr was called off before its answer came."
	case stellr.CodeUnavailable:
		a.code, a.message = CodeUpstreamUnavailable, "Stellr cannot be reached, or is out of order."
	case stellr.CodeBadAnswer:
		a.message = "Stellr gave an answer that cannot be read."
	case stellr.CodeRefused:
		a.message = "Stellr refused the request."
	case stellr.CodeNotFound:
		a.message = "Stellr has no such record."
	case stellr.CodeNotConfigured:
		a.message = "The gateway's configuration knows no path for the action " + string(e.Action) + "."
	case stellr.CodeBudget:
		a.code, a.message = CodeTooExpensive, "The gateway's own limits do not let this request to Stellr through."
	case stellr.CodeInvalid:
		a.code, a.message = CodeBadInput, "An argument is not of a form that Stellr takes."
	default:
		a.code, a.message = CodeInternal, "The gateway met an error of its own; its log has the details."
	}
	if e.RetryAfter > 0 {
		a.extensions["retryAfterSeconds"] = transport.Seconds(e.RetryAfter)
	}
	if e.Stage == stellr.Unknown && isMutation(ctx) {
		a.retryable = false // it may have been carried out
	}
	return a
}

// answerToRefusal is the part of the table for requests that got no further than the transport.
func answerToRefusal(r *transport.Refusal) answer {
	code := CodeBadInput
	switch r.Status {
	case http.StatusUnauthorized:
		code = CodeUnauthenticated
	case http.StatusForbidden:
		code = CodeForbidden
	case http.StatusTooManyRequests:
		code = CodeRateLimited
	case http.StatusServiceUnavailable:
		code = CodeOverloaded
	}
	a := answer{code: code, message: r.Message, retryable: code == CodeRateLimited || code == CodeOverloaded}
	if r.RetryAfter > 0 {
		a.extensions = map[string]any{"retryAfterSeconds": transport.Seconds(r.RetryAfter)}
	}
	return a
}

// presentError is the error as the caller sees it: code and message from the table, and where in the answer it is. The
// error itself stays with it for the log and is not written.
func presentError(ctx context.Context, err error) *gqlerror.Error {
	a := answerTo(ctx, err)
	shown := &gqlerror.Error{Err: err, Message: a.message, Extensions: map[string]any{"code": string(a.code), "retryable": a.retryable}}
	for name, value := range a.extensions {
		shown.Extensions[name] = value
	}
	if id := requestID(ctx); id != "" {
		shown.Extensions["requestId"] = id
	}
	if customer, ok := errors.AsType[*customerFailed](err); ok {
		shown.Extensions["customerNo"] = customer.customerNo
	}
	if request, ok := errors.AsType[*requestError](err); ok {
		shown.Locations = request.locations
		return shown
	}
	if placed, ok := errors.AsType[*gqlerror.Error](err); ok {
		shown.Path, shown.Locations = placed.Path, placed.Locations
	}
	if field := graphql.GetFieldContext(ctx); field != nil && (shown.Path == nil || inArguments(ctx)) {
		shown.Path = field.Path() // the place in the answer, not in the arguments
	}
	return shown
}

// inArguments says whether the field's arguments are being read: they are known when its resolver runs.
func inArguments(ctx context.Context) bool {
	field := graphql.GetFieldContext(ctx)
	return field != nil && field.Args == nil && field.Field.Field != nil && len(field.Field.Arguments) > 0
}

// argumentMessage is what is wrong with an argument: which one, and what its type's reader says of it.
func argumentMessage(err error) string {
	placed, ok := errors.AsType[*gqlerror.Error](err)
	if !ok {
		return "An argument cannot be used."
	}
	name := ""
	if n := len(placed.Path); n > 0 {
		name = fmt.Sprintf(" %v", placed.Path[n-1])
	}
	return short("The argument" + name + " cannot be used: " + placed.Message + ".")
}

// short cuts a message that a caller's own names have made long.
func short(message string) string {
	const most = 300
	if len(message) <= most {
		return message
	}
	cut := most
	for !utf8.RuneStart(message[cut]) {
		cut--
	}
	return message[:cut] + "…"
}

func isMutation(ctx context.Context) bool {
	if !graphql.HasOperationContext(ctx) {
		return false
	}
	operation := graphql.GetOperationContext(ctx).Operation
	return operation != nil && operation.Operation == ast.Mutation
}

// boundErrors is the rule for how many errors an answer has: at most so many, of which the last says how many were left
// out. The ones that say which customer's part is missing are all kept beside these, because a list without them
// would pass for complete.
func boundErrors(errs gqlerror.List, most int) gqlerror.List {
	others := 0
	for _, err := range errs {
		if _, ok := err.Extensions["customerNo"]; !ok {
			others++
		}
	}
	if others <= most {
		return errs
	}
	kept, room := make(gqlerror.List, 0, len(errs)-others+most), most-1
	var code any // of the first that is left out
	for _, err := range errs {
		_, partial := err.Extensions["customerNo"]
		switch {
		case partial:
			kept = append(kept, err)
		case room > 0:
			kept, room = append(kept, err), room-1
		case code == nil:
			code = err.Extensions["code"]
		}
	}
	left := others - (most - 1)
	return append(kept, &gqlerror.Error{
		Message:    fmt.Sprintf("%d more errors were left out.", left),
		Extensions: map[string]any{"code": code, "leftOut": left},
	})
}

type requestIDKey struct{}

// WithRequestID is ctx of the request with this id, which its errors and log lines carry.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

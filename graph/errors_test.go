package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stellr-gateway/graph/relay"
	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/events"
	"stellr-gateway/stellr"
)

// leak is what no caller may ever read.
const leak = "https://api.example.com/secret-path?token=t0ken"

func upstream(code stellr.Code) *stellr.Error {
	return &stellr.Error{Action: stellr.ActionListCustomers, Stage: stellr.Unknown, Code: code, Message: leak, Detail: leak}
}

func TestEveryErrorHasItsPlaceInTheTable(t *testing.T) {
	type row struct {
		name      string
		err       error
		code      Code
		retryable bool
		says      string
	}
	rows := []row{
		{"parse", &requestError{code: CodeParseFailed, message: "Expected Name"}, CodeParseFailed, false, "Expected Name"},
		{"validation", &requestError{code: CodeValidationFailed, message: "Cannot query"}, CodeValidationFailed, false, "Cannot query"},
		{"too large", tooExpensive("%d deep", 13), CodeTooExpensive, false, "13 deep"},
		{"too many calls", fmt.Errorf("reading: %w", ErrTooManyCalls), CodeTooExpensive, false, "ask for less"},
		{"argument", &relay.ArgumentError{Message: "first must be from 1 to 200"}, CodeBadInput, false, "first must be"},
		{"no rights", fmt.Errorf("cancelling: %w", ErrForbidden), CodeForbidden, false, "rights"},
		{"journal", fmt.Errorf("disk full: %w", ErrJournalUnavailable), CodeJournalUnavailable, true, "Nothing was sent"},
		{"slow", fmt.Errorf("telling: %w", events.ErrSlow), CodeRateLimited, true, "subscribe again"},
		{"deadline", fmt.Errorf("waiting: %w", context.DeadlineExceeded), CodeUpstreamTimeout, true, "time"},
		{"called off", context.Canceled, CodeUpstreamUnavailable, true, "called off"},
		{"a null that may not be", fmt.Errorf("x: %w", graphql.ErrInvalidNull), CodeUpstream, false, "lacks"},
		{"panic", transport.NewPanic(leak), CodeInternal, false, "error of its own"},
		{"unknown", errors.New(leak), CodeInternal, false, "error of its own"},
		{"a GraphQL error of a library", gqlerror.Errorf("%s", leak), CodeInternal, false, "error of its own"},
		{"a URL", &url.Error{Op: "Get", URL: leak, Err: io.EOF}, CodeInternal, false, "error of its own"},

		{"400", &transport.Refusal{Status: http.StatusBadRequest, Message: "The body"}, CodeBadInput, false, "The body"},
		{"401", &transport.Refusal{Status: http.StatusUnauthorized, Message: "The credentials", Cause: errors.New(leak)}, CodeUnauthenticated, false, "The credentials"},
		{"403", &transport.Refusal{Status: http.StatusForbidden, Message: "A page"}, CodeForbidden, false, "A page"},
		{"429", &transport.Refusal{Status: http.StatusTooManyRequests, Message: "Too many"}, CodeRateLimited, true, "Too many"},
		{"503", &transport.Refusal{Status: http.StatusServiceUnavailable, Message: "As much"}, CodeOverloaded, true, "As much"},
	}
	calls := map[stellr.Code]row{
		stellr.CodeForbidden:     {"", nil, CodeUpstreamForbidden, false, "listCustomers: its endpoint permission is not ticked"},
		stellr.CodeUnauthorized:  {"", nil, CodeUpstreamUnavailable, false, "refuses the gateway's own credentials"},
		stellr.CodeToken:         {"", nil, CodeUpstreamUnavailable, false, "no access token"},
		stellr.CodeThrottled:     {"", nil, CodeRateLimited, true, "no more requests"},
		stellr.CodeTimeout:       {"", nil, CodeUpstreamTimeout, true, "in time"},
		stellr.CodeCanceled:      {"", nil, CodeUpstreamUnavailable, true, "called off"},
		stellr.CodeUnavailable:   {"", nil, CodeUpstreamUnavailable, true, "cannot be reached"},
		stellr.CodeBadAnswer:     {"", nil, CodeUpstream, true, "cannot be read"},
		stellr.CodeRefused:       {"", nil, CodeUpstream, false, "refused the request"},
		stellr.CodeNotFound:      {"", nil, CodeUpstream, false, "no such record"},
		stellr.CodeNotConfigured: {"", nil, CodeUpstream, false, "listCustomers"},
		stellr.CodeBudget:        {"", nil, CodeTooExpensive, false, "limits"},
		stellr.CodeInvalid:       {"", nil, CodeBadInput, false, "argument"},
		"something new":          {"", nil, CodeInternal, false, "error of its own"},
	}
	for code, want := range calls {
		want.name, want.err = string(code), fmt.Errorf("customer 1: %w", upstream(code))
		rows = append(rows, want)
	}
	seen := map[Code]bool{}
	for _, want := range rows {
		shown := presentError(t.Context(), graphql.ErrorOnPath(t.Context(), want.err))
		if shown.Extensions["code"] != string(want.code) || shown.Extensions["retryable"] != want.retryable || !strings.Contains(shown.Message, want.says) {
			t.Errorf("%s: %q %v", want.name, shown.Message, shown.Extensions)
		}
		if !strings.HasSuffix(shown.Message, ".") && want.says != shown.Message && want.code != CodeBadInput && !strings.HasPrefix(shown.Message, want.says) {
			t.Errorf("%s: %q is no sentence", want.name, shown.Message)
		}
		text, err := json.Marshal(shown)
		if err != nil || strings.Contains(string(text), "example.com") || strings.Contains(string(text), "t0ken") {
			t.Errorf("%s leaks: %s %v", want.name, text, err)
		}
		seen[want.code] = true
	}
	for _, code := range []Code{
		CodeUnauthenticated, CodeForbidden, CodeBadInput, CodeParseFailed, CodeValidationFailed, CodeTooExpensive, CodeRateLimited, CodeOverloaded, CodeUpstream,
		CodeUpstreamUnavailable, CodeUpstreamTimeout, CodeUpstreamForbidden, CodeJournalUnavailable, CodeInternal,
	} {
		if !seen[code] {
			t.Errorf("nothing leads to %s", code)
		}
	}
}

func TestErrorExtensions(t *testing.T) {
	failure := upstream(stellr.CodeThrottled)
	failure.Status, failure.RequestID, failure.RetryAfter = 429, "st-1", 1500*time.Millisecond
	ctx := WithRequestID(t.Context(), "rq-1")
	shown := presentError(ctx, graphql.ErrorOnPath(ctx, &customerFailed{"100001", failure}))
	want := map[string]any{
		"code": "RATE_LIMITED", "retryable": true, "requestId": "rq-1", "stellrRequestId": "st-1", "upstreamStatus": 429,
		"retryAfterSeconds": 2, "customerNo": "100001",
	}
	if !reflect.DeepEqual(shown.Extensions, want) {
		t.Fatalf("%v", shown.Extensions)
	}
	plain := presentError(t.Context(), errors.New("x"))
	if !reflect.DeepEqual(plain.Extensions, map[string]any{"code": "INTERNAL", "retryable": false}) {
		t.Fatalf("%v", plain.Extensions)
	}
}

// A caller must not be told to repeat a write that may have been carried out.
func TestWritesThatMayHaveHappenedAreNotRetryable(t *testing.T) {
	for kind, want := range map[ast.Operation]bool{ast.Query: true, ast.Mutation: false} {
		ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: kind}})
		if got := presentError(ctx, upstream(stellr.CodeTimeout)).Extensions["retryable"]; got != want {
			t.Errorf("%s: %v", kind, got)
		}
	}
	never := upstream(stellr.CodeUnavailable)
	never.Stage = stellr.NotSent
	ctx := graphql.WithOperationContext(t.Context(), &graphql.OperationContext{Operation: &ast.OperationDefinition{Operation: ast.Mutation}})
	if presentError(ctx, never).Extensions["retryable"] != true {
		t.Error("a write that was never sent may be repeated")
	}
}

func TestHowManyErrorsAnAnswerHas(t *testing.T) {
	list := func(n int, customer bool) gqlerror.List {
		var errs gqlerror.List
		for i := range n {
			err := &gqlerror.Error{Message: fmt.Sprint(i), Extensions: map[string]any{"code": "INTERNAL"}}
			if customer {
				err.Extensions["customerNo"] = "1"
			}
			errs = append(errs, err)
		}
		return errs
	}
	for _, c := range []struct{ others, customers, want int }{
		{0, 0, 0}, {10, 0, 10}, {11, 0, 10}, {500, 0, 10}, {0, 500, 500}, {10, 500, 510}, {25, 500, 510},
	} {
		errs := slices.Concat(list(c.others, false), list(c.customers, true))
		got := boundErrors(errs, 10)
		if len(got) != c.want {
			t.Errorf("%+v: %d", c, len(got))
		}
		if c.others > 10 {
			last := got[len(got)-1]
			if left := c.others - 9; last.Extensions["leftOut"] != left || last.Message != fmt.Sprintf("%d more errors were left out.", left) || last.Extensions["code"] != "INTERNAL" {
				t.Errorf("%+v: %v", c, last)
			}
		}
	}
	if got := boundErrors(list(3, false), 1); len(got) != 1 || got[0].Extensions["leftOut"] != 3 {
		t.Error(got)
	}
}

func TestLogHasTheWholeErrorButNoSecrets(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	failure := upstream(stellr.CodeRefused)
	failure.RequestID, failure.Message, failure.Detail = "st-1", "No such SKU", "Authorization: Bearer abc.def"
	for _, err := range []error{
		failure, transport.NewPanic("out of range"), &requestError{code: CodeParseFailed, message: "Expected Name"},
		errors.New(`Post "https://x/y?access_token=abc.def&a=b": client_secret=abc.def; "token": "abc.def", Basic abc.def`),
	} {
		logError(t.Context(), log, presentError(t.Context(), err))
	}
	text := out.String()
	for _, want := range []string{"level=WARN", "UPSTREAM_ERROR", "st-1", "No such SKU", "level=ERROR", "panic: out of range", "errors_test.go", "level=DEBUG", "Expected Name", "a=b"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the log", want)
		}
	}
	if strings.Contains(text, "abc") {
		t.Errorf("a secret is in the log: %s", text)
	}
}

func TestCallersWhoLeaveAreNoWarning(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	ctx, leave := context.WithCancel(t.Context())
	logError(ctx, log, presentError(ctx, context.Canceled))
	if !strings.Contains(out.String(), "level=WARN") {
		t.Error("what was called off while the caller waits is not in the log")
	}
	out.Reset()
	leave()
	logError(ctx, log, presentError(ctx, context.Canceled))
	if out.Len() > 0 {
		t.Error(out.String())
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	got := short(strings.Repeat("ü", 1000))
	if len(got) > 310 || !strings.HasSuffix(got, "ü…") {
		t.Errorf("%d %q", len(got), got)
	}
}

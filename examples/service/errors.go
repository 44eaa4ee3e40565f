package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"syscall"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stellr-gateway/examples/service/gateway"
)

// usageError is a command line that cannot be meant so.
type usageError struct{ error }

func (e usageError) Error() string { return e.error.Error() + "; -help says what there is" }

// refusedError is a change that was refused or failed: it has ended, and its intention is forgotten.
type refusedError struct {
	status   gateway.CommandStatus // empty: it was refused before anything was sent
	problems []gateway.Problem
}

func (e *refusedError) Error() string {
	text := "refused, nothing was sent"
	if e.status != "" {
		text = "the change has ended as " + string(e.status)
	}
	for _, p := range e.problems {
		text += fmt.Sprintf(": %s (%s)", p.Message, p.Code)
	}
	return text
}

// has is whether one of the problems is of this kind.
func (e *refusedError) has(code gateway.UserErrorCode) bool {
	for _, p := range e.problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

// unknownError is a change that was sent and whose outcome nobody knows. Its intention is kept.
type unknownError struct{ customer, subscription string }

func (e *unknownError) Error() string {
	return fmt.Sprintf("it was sent, and nobody knows yet whether it was carried out; it is not sent again. The gateway finds out by reading; "+
		"to have it read now: service reconcile -customer %s -subscription %s", e.customer, e.subscription)
}

// openError is a change that has not ended, or that the gateway was not reached for. Its intention is kept, so the same
// command goes on with it.
type openError struct {
	why   string
	cause error
}

func (e *openError) Error() string {
	if e.cause == nil {
		return e.why
	}
	return e.why + ": " + e.cause.Error()
}

func (e *openError) Unwrap() error { return e.cause }

// callError is an error of the gateway's own, by its first entry.
type callError struct {
	code, message string
	requestID     string // what the gateway's log has it under
	foreign       bool   // it is not the gateway's: a proxy answered, and the gateway may have been asked
	retryable     bool
	after         time.Duration // how long the gateway asks to wait; 0 when it does not say
}

func (e *callError) Error() string {
	text := e.message + " (" + e.code
	if e.requestID != "" {
		text += ", request " + e.requestID
	}
	text += ")"
	if e.code == "UNAUTHENTICATED" {
		text += ": set GATEWAY_KEY or GATEWAY_KEY_FILE to a key that the gateway knows"
	}
	return text
}

// exitCode is what the program ends with after this error.
func exitCode(err error) int {
	_, passes := passing(err)
	switch {
	case errors.As(err, new(usageError)):
		return 2
	case errors.As(err, new(*refusedError)):
		return 3
	case errors.As(err, new(*unknownError)):
		return 4
	case errors.As(err, new(*openError)), passes:
		return 5
	}
	return 1
}

// explain makes of an error of the client one that says what the gateway says. What never met the gateway stays as it is.
func explain(err error) error {
	var list gqlerror.List
	var failed *graphql.HTTPError
	var unreached *url.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &failed):
		list = failed.Response.Errors
	case errors.Is(err, syscall.ECONNREFUSED) && errors.As(err, &unreached):
		return fmt.Errorf("no gateway answers at %s (`go run .` in the gateway's folder starts one, -demo another): %w", unreached.URL, unreached.Err)
	case !errors.As(err, &list):
		return err
	}
	if len(list) == 0 {
		list = gqlerror.List{{}}
	}
	first := list[0]
	e := &callError{code: "no code", message: first.Message}
	if code, ok := first.Extensions["code"].(string); ok {
		e.code = code
	} else if failed != nil { // its words may be a page, of any length
		e.code, e.message = fmt.Sprintf("HTTP %d", failed.StatusCode), "the answer is not a gateway's"
		e.foreign, e.retryable = true, failed.StatusCode >= 502
	}
	e.requestID, _ = first.Extensions["requestId"].(string)
	if retryable, ok := first.Extensions["retryable"].(bool); ok {
		e.retryable = retryable
	}
	if seconds, ok := first.Extensions["retryAfterSeconds"].(float64); ok {
		e.after = time.Duration(seconds * float64(time.Second))
	}
	return e
}

// passing is whether the same may go well a little later, and how long the gateway asks to wait.
func passing(err error) (after time.Duration, is bool) {
	var e *callError
	if errors.As(err, &e) {
		return e.after, e.retryable || e.code == "RATE_LIMITED"
	}
	var network net.Error
	return 0, !errors.Is(err, context.Canceled) && (errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF))
}

// attempts is how often a call is tried: with the pauses between them, for about half a minute.
const attempts = 8

// repeat calls until it goes well, fails for a reason that stays, or has been tried often enough. A write must carry its
// idempotency key: then a repetition is answered with the first outcome.
func (s *service) repeat(ctx context.Context, what string, call func() error) error {
	pause := s.pause
	for attempt := 1; ; attempt++ {
		err := explain(call())
		after, is := passing(err)
		if err == nil || !is || attempt == attempts || ctx.Err() != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s: %v; trying again\n", what, err)
		if sleep(ctx, max(after, pause/2+rand.N(pause))) != nil {
			return err
		}
		pause *= 2
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

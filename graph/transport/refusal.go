package transport

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Refusal is a request that got no further than the transport: its HTTP status and one sentence for the caller, which
// never holds anything of what the caller sent.
type Refusal struct {
	Status  int
	Message string
	Allow   string // the methods that would do, with status 405
	// RetryAfter is when it is worth trying again; 0 where that is not known.
	RetryAfter time.Duration
	Cause      error // for logs
}

func (r *Refusal) Error() string {
	if r.Cause != nil {
		return r.Message + ": " + r.Cause.Error()
	}
	return r.Message
}

// Unwrap is what led to the refusal.
func (r *Refusal) Unwrap() error { return r.Cause }

func refuse(status int, message string) *Refusal { return &Refusal{Status: status, Message: message} }

func badRequest(message string) *Refusal { return refuse(http.StatusBadRequest, message) }

// Panic is what a resolver or a transport panicked with. It is for logs only.
type Panic struct {
	Value any
	Stack []byte
}

// NewPanic keeps what recover answered, with the stack of the goroutine that calls it; one that is kept already, and was
// handed on to another goroutine, stays as it is.
func NewPanic(value any) *Panic {
	if p, ok := value.(*Panic); ok {
		return p
	}
	return &Panic{Value: value, Stack: debug.Stack()}
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// listOf is how an error of the transport's own is handed to the executor, which presents it.
func listOf(err error) gqlerror.List {
	return gqlerror.List{{Err: err, Message: http.StatusText(http.StatusInternalServerError)}}
}

// refusalIn is the refusal among errors; nil when there is none.
func refusalIn(list gqlerror.List) *Refusal {
	for _, err := range list {
		if refusal, ok := errors.AsType[*Refusal](err.Err); ok {
			return refusal
		}
	}
	return nil
}

// explain sets the headers that go with a refusal's status.
func (r *Refusal) explain(header http.Header) {
	switch {
	case r == nil:
	case r.Status == http.StatusUnauthorized:
		header.Set("WWW-Authenticate", "Bearer")
	case r.Status == http.StatusMethodNotAllowed:
		header.Set("Allow", r.Allow)
	case r.RetryAfter > 0:
		header.Set("Retry-After", strconv.Itoa(Seconds(r.RetryAfter)))
	}
}

// Seconds is a wait in whole seconds, at least as long.
func Seconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }

// statusOf is the HTTP status for errors that came instead of an execution.
func statusOf(list gqlerror.List, media string) int {
	if refusal := refusalIn(list); refusal != nil {
		return refusal.Status
	}
	for _, err := range list {
		if _, ok := errors.AsType[*Panic](err.Err); ok {
			return http.StatusInternalServerError
		}
		if errors.Is(err.Err, context.DeadlineExceeded) {
			return http.StatusGatewayTimeout
		}
	}
	if media == mediaResponse {
		return http.StatusBadRequest
	}
	return http.StatusOK // what application/json has always meant: the request was well-formed, see the body
}

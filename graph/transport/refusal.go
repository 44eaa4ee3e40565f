package transport

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Refusal is a request that got no further than the transport: its HTTP status and one sentence for the caller, which
// never holds anything of what the caller sent.
type Refusal struct {
	Status  int
	Message string
	Allow   string // the methods that would do, with status 405
	Cause   error  // for logs
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

// NewPanic keeps what recover answered, with the stack of the goroutine that calls it.
func NewPanic(value any) *Panic { return &Panic{Value: value, Stack: debug.Stack()} }

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// listOf is how an error of the transport's own is handed to the executor, which presents it.
func listOf(err error) gqlerror.List {
	return gqlerror.List{{Err: err, Message: http.StatusText(http.StatusInternalServerError)}}
}

// statusOf is the HTTP status for errors that came instead of an execution.
func statusOf(list gqlerror.List, media string) int {
	for _, err := range list {
		if refusal, ok := errors.AsType[*Refusal](err.Err); ok {
			return refusal.Status
		}
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

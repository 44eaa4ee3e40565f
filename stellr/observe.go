package stellr

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// ActionToken is what a token request is called in logs and by Config.Observe. It is not in the endpoint table.
const ActionToken Action = "token"

// Call is one HTTP request that was sent, or that could not be for want of a connection.
type Call struct {
	Action    Action
	Method    string
	Path      string // the path with its placeholders: it holds no key
	Status    int    // 0 when no answer came
	Code      Code   // empty when all went well
	Stage     Stage  // empty when all went well
	Start     time.Time
	Duration  time.Duration
	Bytes     int // of the answer's body, decompressed, where it was read whole
	Attempt   int // 1 for the first request of a call
	RequestID string
}

type observerKey struct{}

// WithObserver has f told of each HTTP request that is made with the context, after it ended. It may be called from
// several goroutines at once. An observer that the context has already is told too. Token requests are not told of:
// they are made for all callers.
//
// This is how the caller of a write learns Stellr's number of the request, be it carried out or not: f is told before
// the method returns, and the last call that it is told of is the one that decided. A write of which nothing was sent
// may end without any.
func WithObserver(ctx context.Context, f func(Call)) context.Context {
	if outer, ok := ctx.Value(observerKey{}).(func(Call)); ok {
		inner := f
		f = func(call Call) { outer(call); inner(call) }
	}
	return context.WithValue(ctx, observerKey{}, f)
}

type budgetKey struct{}

// WithBudget has f asked before each HTTP request that is made with the context, repetitions included. When f returns
// an error the request is not sent, and the call fails with an *Error of stage NotSent and CodeBudget that wraps it.
// f may be called from several goroutines at once. A hook that the context has already is asked first.
func WithBudget(ctx context.Context, f func() error) context.Context {
	if outer, ok := ctx.Value(budgetKey{}).(func() error); ok {
		inner := f
		f = func() error {
			if err := outer(); err != nil {
				return err
			}
			return inner()
		}
	}
	return context.WithValue(ctx, budgetKey{}, f)
}

// budgeted asks the caller's own hook.
func (c *Client) budgeted(next step) step {
	return func(ctx context.Context, rq *call) (*answer, error) {
		if allow, ok := ctx.Value(budgetKey{}).(func() error); ok {
			if err := allow(); err != nil {
				return nil, notSent(rq.action, CodeBudget, err)
			}
		}
		return next(ctx, rq)
	}
}

// observed logs each request and tells the hooks of it. Neither the log nor a Call holds keys, query values, bodies or
// tokens.
func (c *Client) observed(next step) step {
	return func(ctx context.Context, rq *call) (*answer, error) {
		rq.attempt++
		start := c.cfg.Now()
		got, err := next(ctx, rq)
		seen := Call{Action: rq.action, Method: rq.method, Path: rq.template, Start: start, Duration: c.cfg.Now().Sub(start), Attempt: rq.attempt}
		if got != nil {
			seen.Status, seen.RequestID, seen.Bytes = got.status, got.requestID, len(got.body)
		}
		failure, failed := errors.AsType[*Error](err)
		if failed {
			seen.Status, seen.RequestID, seen.Bytes = failure.Status, failure.RequestID, failure.bytes
			seen.Code, seen.Stage = failure.Code, failure.Stage
		}
		c.logCall(ctx, seen, failure)
		if tell, ok := ctx.Value(observerKey{}).(func(Call)); ok {
			tell(seen)
		}
		if c.cfg.Observe != nil {
			c.cfg.Observe(ctx, seen)
		}
		return got, err
	}
}

func (c *Client) logCall(ctx context.Context, seen Call, failure *Error) {
	level := slog.LevelDebug
	if failure != nil && failure.Code != CodeNotFound && failure.Code != CodeCanceled {
		level = slog.LevelWarn
	}
	if !c.cfg.Logger.Enabled(ctx, level) {
		return
	}
	attributes := []slog.Attr{
		slog.String("action", string(seen.Action)), slog.String("method", seen.Method), slog.String("path", seen.Path),
		slog.Int("status", seen.Status), slog.Duration("duration", seen.Duration), slog.Int("attempt", seen.Attempt),
		slog.Int("bytes", seen.Bytes), slog.String("stellr_request_id", seen.RequestID),
	}
	if failure != nil {
		attributes = append(attributes, slog.String("error", failure.Error()))
		if c.cfg.Logger.Enabled(ctx, slog.LevelDebug) { // Stellr's words may repeat what was sent
			attributes = append(attributes, slog.String("message", failure.Message), slog.String("detail", failure.Detail))
		}
	}
	c.cfg.Logger.LogAttrs(ctx, level, "stellr request", attributes...)
}

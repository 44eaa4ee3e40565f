package transport

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
)

// start begins an operation and answers where its responses come from, and the context to ask for them with.
type start func(ctx context.Context) (graphql.ResponseHandler, context.Context)

// streamOperation answers an operation with server-sent events.
func (h *Handler) streamOperation(ctx context.Context, w http.ResponseWriter, r *http.Request, operation *graphql.OperationContext) error {
	caller := h.caller(ctx, r)
	if !h.streams.take(caller) {
		return refuse(http.StatusTooManyRequests, "The caller has too many event streams open.")
	}
	defer h.streams.giveBack(caller)
	h.stream(ctx, w, func(ctx context.Context) (graphql.ResponseHandler, context.Context) {
		return h.Executor.DispatchOperation(ctx, operation)
	})
	return nil
}

// stream writes each response as an event, with signs of life in between, until there are no more, the caller goes
// or the server stops. Only the first of these completes the stream; after the others callers come again.
func (h *Handler) stream(ctx context.Context, w http.ResponseWriter, begin start) {
	header := w.Header()
	header.Set("Content-Type", mediaStream+"; charset=utf-8")
	header.Set("Cache-Control", "no-cache, no-store")
	header.Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	out := &eventWriter{w: w, control: http.NewResponseController(w), wait: h.WriteWait}
	defer out.end()

	var others sync.WaitGroup
	defer others.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out.signOfLife()
	others.Go(func() {
		defer cancel()
		h.keepAlive(ctx, out)
	})
	if h.events(ctx, out, begin) && ctx.Err() == nil {
		out.write("complete", nil)
	}
}

// events writes the responses; false when the caller is gone.
func (h *Handler) events(ctx context.Context, out *eventWriter, begin start) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			ok = out.response(h.Executor.DispatchError(ctx, listOf(NewPanic(p))))
		}
	}()
	responses, own := begin(ctx)
	for response := responses(own); response != nil; response = responses(own) {
		if !out.response(response) {
			return false
		}
	}
	return true
}

// keepAlive returns when the stream is over or should be.
func (h *Handler) keepAlive(ctx context.Context, out *eventWriter) {
	ticker := time.NewTicker(h.Ping)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.Stopping:
			return
		case <-ticker.C:
			if !out.signOfLife() {
				return
			}
		}
	}
}

// eventWriter writes events one at a time.
type eventWriter struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
	wait    time.Duration
}

func (e *eventWriter) response(response *graphql.Response) bool {
	data, err := encode(response)
	if err != nil {
		panic(err)
	}
	for i, c := range data {
		if c == '\n' || c == '\r' {
			data[i] = ' ' // a line break, which can only be between tokens, would end the event's data
		}
	}
	return e.write("next", data)
}

func (e *eventWriter) write(event string, data []byte) bool {
	return e.send("event: " + event + "\ndata: " + string(data) + "\n\n")
}

// signOfLife writes a comment, which callers skip and proxies count as traffic.
func (e *eventWriter) signOfLife() bool { return e.send(":\n\n") }

// send is false when the caller is gone, or has not read for too long.
func (e *eventWriter) send(text string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_ = e.control.SetWriteDeadline(time.Now().Add(e.wait)) // some writers of tests have no deadlines
	_, err := e.w.Write([]byte(text))
	return err == nil && e.control.Flush() == nil
}

func (e *eventWriter) end() { _ = e.control.SetWriteDeadline(time.Time{}) }

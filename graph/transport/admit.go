package transport

import (
	"net/http"
	"sync"
	"time"
)

// crowdedFor is when a caller whom there was no place for is told to try again.
const crowdedFor = time.Second

// enter takes a place for an operation. The function that it answers gives it back, once; the error is a *Refusal.
func (h *Handler) enter() (leave func(), err error) {
	if h.Admit == nil {
		return func() {}, nil
	}
	leave, ok := h.Admit()
	if !ok {
		return nil, &Refusal{
			Status: http.StatusServiceUnavailable, RetryAfter: crowdedFor,
			Message: "The gateway has as much to do as it can: nothing of this was begun. Try again in a moment.",
		}
	}
	return sync.OnceFunc(leave), nil
}

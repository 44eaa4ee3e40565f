// Package events tells what happens to whoever listens.
package events

import (
	"errors"
	"sync"
)

// ErrSlow says that a listener was dropped because it did not read what it was told.
var ErrSlow = errors.New("too slow: more happened than was read")

// Hub passes events on to those who listen to their topic. It never waits for a listener: one whose queue is full is
// dropped. It is safe for concurrent use.
type Hub[T any] struct {
	queue int
	mu    sync.Mutex
	all   map[string]map[*Stream[T]]struct{}
}

// Stream is what one listener is told.
type Stream[T any] struct {
	hub   *Hub[T]
	topic string
	c     chan T
	once  sync.Once
	err   error // set before c is closed
}

// NewHub makes a hub whose listeners may be so many events behind.
func NewHub[T any](queue int) *Hub[T] {
	return &Hub[T]{queue: queue, all: map[string]map[*Stream[T]]struct{}{}}
}

// Publish tells everybody who listens to the topic. It does not wait.
func (h *Hub[T]) Publish(topic string, event T) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.all[topic] {
		select {
		case s.c <- event:
		default:
			h.drop(s, ErrSlow)
		}
	}
}

// Listening says whether anybody listens to the topic.
func (h *Hub[T]) Listening(topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all[topic]) > 0
}

// Listen begins to listen to a topic. The listener closes the stream when it has had enough.
func (h *Hub[T]) Listen(topic string) *Stream[T] {
	s := &Stream[T]{hub: h, topic: topic, c: make(chan T, h.queue)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all[topic] == nil {
		h.all[topic] = map[*Stream[T]]struct{}{}
	}
	h.all[topic][s] = struct{}{}
	return s
}

// drop ends a stream. The hub is locked.
func (h *Hub[T]) drop(s *Stream[T], err error) {
	s.once.Do(func() {
		s.err = err
		delete(h.all[s.topic], s)
		if len(h.all[s.topic]) == 0 {
			delete(h.all, s.topic)
		}
		close(s.c)
	})
}

// Events is what is told. It is closed when the listener closed the stream or was dropped.
func (s *Stream[T]) Events() <-chan T { return s.c }

// Err is why Events was closed: ErrSlow, or nil when the listener closed it. It is to be asked after that only.
func (s *Stream[T]) Err() error { return s.err }

// Close ends listening. It may be called more than once.
func (s *Stream[T]) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.drop(s, nil)
}

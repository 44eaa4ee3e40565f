// Package events tells what happens to whoever listens.
package events

import (
	"errors"
	"sync"
)

// ErrSlow says that a listener was dropped because it did not read what it was told.
var ErrSlow = errors.New("too slow: more happened than was read")

// Hub passes events on to those who listen to their topic, each event at most once and in the order in which they were
// published. It never waits for a listener: one whose queue is full is dropped. It is safe for concurrent use.
//
// One lock is enough: telling a thousand listeners takes less time than one of them needs to write what it was told.
type Hub[T any] struct {
	queue int
	mu    sync.Mutex
	all   map[string]map[*Stream[T]]struct{} // no topic is kept that nobody listens to
}

// Stream is what one listener is told.
type Stream[T any] struct {
	hub    *Hub[T]
	topic  string
	wanted func(T) bool
	c      chan T
	closed bool  // guarded by the hub's lock
	err    error // set before c is closed
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
		if s.wanted != nil && !s.wanted(event) {
			continue
		}
		select {
		case s.c <- event:
		default:
			h.end(s, ErrSlow)
		}
	}
}

// Listening says whether anybody listens to the topic.
func (h *Hub[T]) Listening(topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all[topic]) > 0
}

// Listeners is how many listen, to all topics together.
func (h *Hub[T]) Listeners() (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, streams := range h.all {
		n += len(streams)
	}
	return n
}

// Listen begins to listen to a topic. The listener closes the stream when it has had enough.
//
// It is told only what is wanted, so that what is not never fills its queue; everything where wanted is nil. That is asked
// while the hub is locked: it must be quick, and must not use the hub. What is given as first, which no queue is too
// short for, is told before everything else, wanted or not.
func (h *Hub[T]) Listen(topic string, wanted func(T) bool, first ...T) *Stream[T] {
	s := &Stream[T]{hub: h, topic: topic, wanted: wanted, c: make(chan T, h.queue+len(first))}
	for _, event := range first {
		s.c <- event
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all[topic] == nil {
		h.all[topic] = map[*Stream[T]]struct{}{}
	}
	h.all[topic][s] = struct{}{}
	return s
}

// End ends the streams of a topic: nothing more will happen there. What was told before is still read.
func (h *Hub[T]) End(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.all[topic] {
		h.end(s, nil)
	}
}

// end ends a stream. The hub is locked.
func (h *Hub[T]) end(s *Stream[T], err error) {
	if s.closed {
		return
	}
	s.closed, s.err = true, err
	delete(h.all[s.topic], s)
	if len(h.all[s.topic]) == 0 {
		delete(h.all, s.topic)
	}
	close(s.c)
}

// Events is what is told. It is closed when the topic ended, and when the listener closed the stream or was dropped;
// what was told by then is still in it.
func (s *Stream[T]) Events() <-chan T { return s.c }

// Err is why Events was closed: ErrSlow when the listener was dropped, else nil. It is to be asked after that only.
func (s *Stream[T]) Err() error { return s.err }

// Close ends listening. It may be called more than once.
func (s *Stream[T]) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.end(s, nil)
}

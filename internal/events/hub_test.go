package events

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
)

// rest is everything that is left in a stream that has ended.
func rest[T any](s *Stream[T]) (all []T) {
	for event := range s.Events() {
		all = append(all, event)
	}
	return all
}

func wantNobody[T any](t *testing.T, h *Hub[T]) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.all) != 0 {
		t.Errorf("the hub still knows %d topics", len(h.all))
	}
}

func numbers(from, to int) (all []int) {
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

func TestEventsComeInOrderToThoseWhoListen(t *testing.T) {
	h := NewHub[int](10)
	h.Publish("a", -1)
	a, also, b := h.Listen("a", nil), h.Listen("a", nil), h.Listen("b", nil)
	for i := range 10 {
		h.Publish("a", i)
	}
	h.Publish("b", 100)
	h.Publish("nobody's", 200)
	for _, s := range []*Stream[int]{a, also, b} {
		s.Close()
		if s.Err() != nil {
			t.Error(s.Err())
		}
	}
	if got := rest(a); !slices.Equal(got, numbers(0, 10)) {
		t.Error(got)
	}
	if got := rest(also); !slices.Equal(got, numbers(0, 10)) {
		t.Error(got)
	}
	if got := rest(b); !slices.Equal(got, []int{100}) {
		t.Error(got)
	}
	wantNobody(t, h)
}

func TestNothingIsToldAfterTheEnd(t *testing.T) {
	h := NewHub[int](10)
	s := h.Listen("a", nil)
	s.Close()
	s.Close()
	h.Publish("a", 1)
	if got := rest(s); got != nil || s.Err() != nil {
		t.Error(got, s.Err())
	}
	wantNobody(t, h)
}

func TestASlowListenerIsDroppedAndOthersAreNot(t *testing.T) {
	h := NewHub[int](4)
	slow, quick := h.Listen("a", nil), h.Listen("a", nil)
	for i := range 100 {
		h.Publish("a", i)
		if got := <-quick.Events(); got != i {
			t.Fatalf("%d came where %d should", got, i)
		}
		if want := i < 4; h.all["a"] != nil && (len(h.all["a"]) == 2) != want {
			t.Fatalf("%d listeners after %d events", len(h.all["a"]), i+1)
		}
	}
	if got := rest(slow); !slices.Equal(got, numbers(0, 4)) || !errors.Is(slow.Err(), ErrSlow) {
		t.Error(got, slow.Err())
	}
	slow.Close() // changes nothing any more
	if !errors.Is(slow.Err(), ErrSlow) || !h.Listening("a") {
		t.Error("the one that was dropped took something with it")
	}
	quick.Close()
	if quick.Err() != nil {
		t.Error(quick.Err())
	}
	wantNobody(t, h)
}

// The publisher would stand still forever if it waited.
func TestAListenerWhoNeverReadsHoldsNobody(t *testing.T) {
	h := NewHub[int](8)
	s := h.Listen("a", nil)
	for i := range 100_000 {
		h.Publish("a", i)
	}
	if got := rest(s); !slices.Equal(got, numbers(0, 8)) || !errors.Is(s.Err(), ErrSlow) {
		t.Error(len(got), s.Err())
	}
	wantNobody(t, h)
}

func TestWhatIsNotWantedTakesNoPlace(t *testing.T) {
	h := NewHub[int](4)
	s := h.Listen("a", func(i int) bool { return i%100 == 0 })
	for i := 1; i <= 400; i++ {
		h.Publish("a", i)
	}
	s.Close()
	if got := rest(s); !slices.Equal(got, []int{100, 200, 300, 400}) || s.Err() != nil {
		t.Error(got, s.Err())
	}
}

func TestTheFirstComesFirstAndTakesNoPlace(t *testing.T) {
	h := NewHub[int](2)
	s := h.Listen("a", func(i int) bool { return i > 0 }, -2, -1)
	for i := range 4 {
		h.Publish("a", i-1)
	}
	s.Close()
	if got := rest(s); !slices.Equal(got, []int{-2, -1, 1, 2}) || s.Err() != nil {
		t.Error(got, s.Err())
	}
}

func TestATopicEndsForAll(t *testing.T) {
	h := NewHub[int](2)
	a, also, b := h.Listen("a", nil), h.Listen("a", nil), h.Listen("b", nil)
	h.Publish("a", 1)
	if n := h.Listeners(); n != 3 {
		t.Error(n)
	}
	h.End("a")
	h.End("a")
	h.Publish("a", 2)
	for _, s := range []*Stream[int]{a, also} {
		if got := rest(s); !slices.Equal(got, []int{1}) || s.Err() != nil {
			t.Error(got, s.Err())
		}
		s.Close()
	}
	if h.Listening("a") || !h.Listening("b") {
		t.Error("the wrong topic ended")
	}
	b.Close()
	wantNobody(t, h)
}

func TestClosingWhilePublishing(t *testing.T) {
	h := NewHub[int](4)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for i := range 2_000 {
				h.Publish("a", i)
			}
		})
	}
	for range 100 {
		s := h.Listen("a", nil)
		wait.Go(s.Close)
		wait.Go(s.Close)
		wait.Go(func() {
			rest(s)
			if err := s.Err(); err != nil && !errors.Is(err, ErrSlow) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	wantNobody(t, h)
}

// Whoever stays hears everything in order, however many others come and go.
func TestAThousandComeAndGo(t *testing.T) {
	const topics, events = 7, 500
	h := NewHub[int](events)
	steady := h.Listen("0", func(i int) bool { return i >= 0 })
	var wait sync.WaitGroup
	for i := range 1_000 {
		wait.Go(func() {
			s := h.Listen(fmt.Sprint(i%topics), nil)
			defer s.Close()
			if i%3 == 0 {
				<-s.Events() // stays until it has heard one
			}
		})
	}
	gone := make(chan struct{})
	go func() { wait.Wait(); close(gone) }()
	for left, i := true, 0; left || i < events; i++ {
		if i < events {
			h.Publish("0", i)
		}
		for topic := range topics {
			h.Publish(fmt.Sprint(topic), -1)
		}
		select {
		case <-gone:
			left = false
		default:
		}
	}
	steady.Close()
	if got := rest(steady); !slices.Equal(got, numbers(0, events)) {
		t.Errorf("%d events came where %d should", len(got), events)
	}
	wantNobody(t, h)
}

func BenchmarkPublishToAThousand(b *testing.B) {
	h := NewHub[int](1)
	var all []*Stream[int]
	for range 1_000 {
		all = append(all, h.Listen("a", nil))
	}
	for i := range b.N {
		h.Publish("a", i)
		b.StopTimer()
		for _, s := range all {
			<-s.Events()
		}
		b.StartTimer()
	}
}

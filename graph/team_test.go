package graph

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"stellr-gateway/graph/transport"
)

// A panic in one of many comes to whoever waits for them, after all others are done.
func TestPanicsComeToWhoWaits(t *testing.T) {
	for name, each := range map[string]func(length int, do func(int)){
		"team": func(length int, do func(int)) {
			var all team
			for i := range length {
				all.Go(func() { do(i) })
			}
			all.Wait()
		},
		"at once":  func(length int, do func(int)) { atOnce(length, do) },
		"in parts": func(length int, do func(int)) { inParts(length, 2, do) },
		"in one":   func(length int, do func(int)) { inParts(length, 1, do) },
	} {
		for _, bad := range []int{0, 1, 5} {
			var done atomic.Int64
			func() {
				defer func() {
					if p, ok := recover().(*transport.Panic); !ok || p.Value != "bad" || len(p.Stack) == 0 {
						t.Errorf("%s: %d brought %v", name, bad, p)
					}
				}()
				each(10, func(i int) {
					if i == bad {
						panic("bad")
					}
					done.Add(1)
				})
			}()
			if done.Load() != 9 && name != "in one" { // whose only goroutine has ended
				t.Errorf("%s: %d were done", name, done.Load())
			}
		}
	}
}

// A memo's panic is everybody's error who asks for the key.
func TestMemoPanicsOnce(t *testing.T) {
	calls := 0
	m := newMemo(func(_ context.Context, key int) (int, error) { calls++; panic(key) })
	for range 2 {
		if _, err := m.load(t.Context(), 7); err == nil || calls != 1 {
			t.Errorf("%v after %d calls", err, calls)
		} else if p, ok := errors.AsType[*transport.Panic](err); !ok || p.Value != 7 {
			t.Error(err)
		}
	}
}

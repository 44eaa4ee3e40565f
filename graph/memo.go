package graph

import (
	"context"
	"sync"

	"stellr-gateway/graph/transport"
)

// memo fetches each key once, for all who ask, on the goroutine of whoever asks first. It is a loader that has nothing to
// gather.
type memo[K comparable, V any] struct {
	fetch func(context.Context, K) (V, error)
	known sync.Map // K → *fetched[V]
}

// fetched is what was fetched for a key.
type fetched[V any] struct {
	once  sync.Once
	value V
	err   error
}

func newMemo[K comparable, V any](fetch func(context.Context, K) (V, error)) *memo[K, V] {
	return &memo[K, V]{fetch: fetch}
}

// load is what there is for a key.
func (m *memo[K, V]) load(ctx context.Context, key K) (V, error) {
	got, ok := m.known.Load(key)
	if !ok {
		got, _ = m.known.LoadOrStore(key, new(fetched[V]))
	}
	f := got.(*fetched[V])
	f.once.Do(func() {
		defer func() {
			if p := recover(); p != nil { // nobody may be there who could take it
				f.err = transport.NewPanic(p)
			}
		}()
		f.value, f.err = m.fetch(ctx, key)
	})
	return f.value, f.err
}

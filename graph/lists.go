package graph

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/graph-gophers/dataloader/v7"

	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// list reads the lists of one kind, each page once for an answer, whole or in part.
type list[K comparable, T any] struct {
	l        *loaders
	source   func(K) *stellr.List[T]
	pages    *dataloader.Loader[pageKey[K], *stellr.Page[T]]
	wholes   *dataloader.Loader[K, *stellr.Records[T]]
	asked    sync.Map // the keys whose whole list was asked for
	touched  sync.Map // the keys of which a page was asked for
	flying   atomic.Int64
	priority bool
	seen     func(context.Context, T) // is told of each record that comes
	size     *listSize                // remembers between answers how long the list is; may be nil
}

type pageKey[K comparable] struct {
	key    K
	number int // from 1
}

func newList[K comparable, T any](l *loaders, source func(K) *stellr.List[T]) *list[K, T] {
	s := &list[K, T]{l: l, source: source}
	s.pages = each(func(ctx context.Context, k pageKey[K]) (*stellr.Page[T], error) {
		page, err := s.source(k.key).Page(stellr.WithPriority(ctx, s.priority), k.number)
		if err == nil && s.size != nil && page.Total > 0 && access.From(ctx).Customers.All() {
			s.size.learn(page.Total)
		}
		if err == nil && s.seen != nil {
			for _, item := range page.Items {
				s.seen(ctx, item)
			}
		}
		return page, err
	})
	s.wholes = each(func(ctx context.Context, key K) (*stellr.Records[T], error) {
		return s.source(key).Via(func(ctx context.Context, number int) (*stellr.Page[T], error) {
			return s.page(ctx, key, number)
		}).Collect(ctx)
	})
	return s
}

// ahead lets these lists overtake others that wait for the upstream: many rows wait for what is in them.
func (s *list[K, T]) ahead() *list[K, T] {
	s.priority = true
	return s
}

// page is one page of the list, the first has number 1. A list that is not there has empty pages.
func (s *list[K, T]) page(ctx context.Context, key K, number int) (*stellr.Page[T], error) {
	s.touched.Store(key, true)
	s.flying.Add(1)
	defer s.flying.Add(-1)
	page, err := s.pages.Load(ctx, pageKey[K]{key, number})()
	if stellr.IsNotFound(err) {
		return &stellr.Page[T]{}, nil
	}
	return page, err
}

// whole is all of the list's records; none when the list is not there.
func (s *list[K, T]) whole(ctx context.Context, key K) ([]T, error) {
	s.asked.Store(key, true)
	records, err := s.wholes.Load(ctx, key)()
	if err != nil {
		return nil, err
	}
	return records.Items, nil
}

// wanted says whether the whole list was asked for already, so that asking again costs nothing.
func (s *list[K, T]) wanted(key K) bool {
	_, ok := s.asked.Load(key)
	return ok
}

// begun says whether a page of the list was asked for already.
func (s *list[K, T]) begun(key K) bool {
	_, ok := s.touched.Load(key)
	return ok
}

// inFlight is how many pages of such lists are waited for right now.
func (s *list[K, T]) inFlight() int { return int(s.flying.Load()) }

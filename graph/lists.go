package graph

import (
	"context"
	"sync"
	"sync/atomic"

	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// list reads the lists of one kind, each page once for an answer, whole or in part.
type list[K comparable, T any] struct {
	l        *loaders
	source   func(K) *stellr.List[T]
	pages    *memo[pageKey[K], *stellr.Page[T]]
	wholes   *memo[K, *stellr.Records[T]]
	asked    sync.Map // the keys whose whole list was asked for
	touched  sync.Map // the keys of which a page was asked for
	flying   atomic.Int64
	priority bool
	seen     func(context.Context, T) // is told of each record that Stellr is asked for
	known    func(T)                  // is told of each record, also of those that were kept
	got      sync.Map                 // pages that were kept, by pageKey
	gotAll   sync.Map                 // whole lists that were, by key
	size     *listSize                // remembers between answers how long the list is; may be nil
}

type pageKey[K comparable] struct {
	key    K
	number int // from 1
}

func newList[K comparable, T any](l *loaders, source func(K) *stellr.List[T]) *list[K, T] {
	s := &list[K, T]{l: l, source: source}
	s.pages = newMemo(func(ctx context.Context, k pageKey[K]) (*stellr.Page[T], error) {
		page, fresh, err := s.read(ctx, k)
		if err == nil && s.size != nil && page.Total > 0 && access.From(ctx).Customers.All() {
			s.size.learn(page.Total)
		}
		if err == nil && s.seen != nil && fresh {
			for _, item := range page.Items {
				s.seen(ctx, item)
			}
		}
		return page, s.tell(page, err)
	})
	s.wholes = newMemo(func(ctx context.Context, key K) (*stellr.Records[T], error) {
		return s.source(key).Via(func(ctx context.Context, number int) (*stellr.Page[T], error) {
			return s.page(ctx, key, number)
		}).Collect(ctx)
	})
	return s
}

// read reads a page. fresh says that Stellr was asked for it now.
func (s *list[K, T]) read(ctx context.Context, k pageKey[K]) (page *stellr.Page[T], fresh bool, err error) {
	fresh = true
	page, err = s.source(k.key).Page(stellr.WithPriority(whetherFresh(ctx, &fresh), s.priority), k.number)
	return page, fresh, err
}

// whetherFresh is a context for one read, which tells whether Stellr was asked for it now.
func whetherFresh(ctx context.Context, fresh *bool) context.Context {
	return stellr.WithReadings(ctx, func(r stellr.Reading) { *fresh = !r.Kept && r.Age == 0 })
}

// tell tells of the records of a page.
func (s *list[K, T]) tell(page *stellr.Page[T], err error) error {
	if err == nil && s.known != nil {
		for _, item := range page.Items {
			s.known(item)
		}
	}
	return err
}

// kept is a page that is kept. It stays the same for the whole answer.
func (s *list[K, T]) kept(ctx context.Context, key K, number int) (*stellr.Page[T], bool) {
	at := pageKey[K]{key, number}
	if got, ok := s.got.Load(at); ok {
		page := got.(*stellr.Page[T])
		return page, page != nil
	}
	if !s.l.reuses {
		return nil, false
	}
	page, ok := s.source(key).Kept(ctx, number)
	first, there := s.got.LoadOrStore(at, page) // also that it is not: it is asked for then, once
	if page = first.(*stellr.Page[T]); ok && !there {
		_ = s.tell(page, nil)
	}
	return page, page != nil
}

// keptWhole is the whole list, where it is one page and kept.
func (s *list[K, T]) keptWhole(ctx context.Context, key K) ([]T, bool) {
	if items, ok := s.gotAll.Load(key); ok {
		return items.([]T), true
	}
	page, ok := s.kept(ctx, key, 1)
	if !ok || page.Total >= stellr.PageSize || len(page.Items) >= stellr.PageSize {
		return nil, false
	}
	records, err := s.source(key).Via(func(context.Context, int) (*stellr.Page[T], error) { return page, nil }).Collect(ctx)
	if err != nil || records.Pages > 1 { // the page does not tell all
		return nil, false
	}
	s.gotAll.Store(key, records.Items)
	return records.Items, true
}

// isKept says whether all pages of a list are kept, as far as that is not long.
func (s *list[K, T]) isKept(ctx context.Context, key K) bool {
	for number := 1; number <= manyPages; number++ {
		page, kept := s.kept(ctx, key, number)
		if !kept || page.Total < 0 {
			return false
		}
		if page.Total <= number*stellr.PageSize {
			return true
		}
	}
	return false
}

// find is the record with an id in a list that is kept, as far as that is not long.
func (s *list[K, T]) find(ctx context.Context, key K, id string, idOf func(T) string) (record T, ok bool) {
	for number := 1; number <= manyPages; number++ {
		page, kept := s.kept(ctx, key, number)
		if !kept {
			break
		}
		if record, ok = page.Find(id, idOf); ok || page.Total <= number*stellr.PageSize {
			break
		}
	}
	return record, ok
}

// ahead lets these lists overtake others that wait for the upstream: many rows wait for what is in them.
func (s *list[K, T]) ahead() *list[K, T] {
	s.priority = true
	return s
}

// page is one page of the list, the first has number 1. A list that is not there has empty pages.
func (s *list[K, T]) page(ctx context.Context, key K, number int) (*stellr.Page[T], error) {
	if page, ok := s.kept(ctx, key, number); ok {
		return page, nil
	}
	s.touched.Store(key, true)
	s.flying.Add(1)
	defer s.flying.Add(-1)
	page, err := s.pages.load(ctx, pageKey[K]{key, number})
	if stellr.IsNotFound(err) {
		return &stellr.Page[T]{}, nil
	}
	if err == nil {
		s.got.Store(pageKey[K]{key, number}, page) // for those who look for a record in it
	}
	return page, err
}

// whole is all of the list's records; none when the list is not there.
func (s *list[K, T]) whole(ctx context.Context, key K) ([]T, error) {
	if items, ok := s.keptWhole(ctx, key); ok {
		return items, nil
	}
	s.asked.Store(key, true)
	records, err := s.wholes.load(ctx, key)
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

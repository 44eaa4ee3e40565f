package graph

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/graph-gophers/dataloader/v7"

	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// fewRecords is how many records are asked for one by one before their list is tried.
const fewRecords = 2

// search finds records by key, one by one or in the list they all stand in, whichever takes fewer upstream requests.
type search[K comparable, T any] struct {
	page   func(ctx context.Context, number int) (*stellr.Page[T], error)
	single func(context.Context, K) (T, error)
	keyOf  func(T) K
	// inList says that the list is worth reading whatever the number of keys: more are expected, or it is read anyway.
	inList bool
	// size remembers, between answers, how many pages the list was found to have.
	size *listSize
}

// found is what became of one key.
type found[T any] struct {
	record T
	err    error
}

// find looks for all keys at once. What is not there is the zero record and no error.
func (s search[K, T]) find(ctx context.Context, keys []K) map[K]found[T] {
	known := make(map[K]found[T], len(keys))
	missing := keys
	pages := s.size.pages() // 0: not known yet
	if (len(keys) > fewRecords && pages <= len(keys)) || (s.inList && pages <= max(len(keys), manyPages)) {
		missing = s.fromList(ctx, keys, known)
	}
	s.oneByOne(ctx, missing, known)
	return known
}

// manyPages is how long a list may be at most to be read because more of its records are expected soon.
const manyPages = 5

// fromList reads the first page, and the others where they are fewer than the keys that are still missing. It returns
// those. A page that cannot be read leaves its keys missing; where the first one fails for a reason that passes, many keys
// fail with it.
func (s search[K, T]) fromList(ctx context.Context, keys []K, known map[K]found[T]) (missing []K) {
	first, err := s.page(ctx, 1)
	if failure, ok := errors.AsType[*stellr.Error](err); ok && failure.Temporary() && len(keys) > fewRecords {
		for _, key := range keys { // an upstream in trouble is not asked for each of them
			known[key] = found[T]{err: err}
		}
		return nil
	}
	if err != nil {
		return keys
	}
	missing = s.take(first.Items, keys, known)
	pages := pagesOf(first.Total)
	if access.From(ctx).Customers.All() { // others are shown less of it
		s.size.learn(first.Total)
	}
	rest := pages - 1
	if rest <= 0 || len(missing) == 0 || (rest >= len(missing) && !(s.inList && pages <= manyPages)) {
		return missing
	}
	items := make([][]T, rest)
	var wait team
	for i := range rest {
		wait.Go(func() {
			if page, err := s.page(ctx, i+2); err == nil {
				items[i] = page.Items
			}
		})
	}
	wait.Wait()
	for _, page := range items {
		missing = s.take(page, missing, known)
	}
	return missing
}

// take moves the keys that stand in items from missing to known.
func (s search[K, T]) take(items []T, keys []K, known map[K]found[T]) (missing []K) {
	byKey := make(map[K]T, len(items))
	for _, item := range items {
		if _, ok := byKey[s.keyOf(item)]; !ok { // the first of a key, as everywhere
			byKey[s.keyOf(item)] = item
		}
	}
	for _, key := range keys {
		if item, ok := byKey[key]; ok {
			known[key] = found[T]{record: item}
		} else {
			missing = append(missing, key)
		}
	}
	return missing
}

func (s search[K, T]) oneByOne(ctx context.Context, keys []K, known map[K]found[T]) {
	var lock sync.Mutex
	atOnce(len(keys), func(i int) {
		record, err := s.single(ctx, keys[i])
		lock.Lock()
		defer lock.Unlock()
		known[keys[i]] = found[T]{record, err}
	})
}

// atOnce does something for each of so many at once, for the last of them on the goroutine that is there already.
func atOnce(length int, do func(i int)) {
	if length == 0 {
		return
	}
	var wait team
	for i := range length - 1 {
		wait.Go(func() { do(i) })
	}
	defer wait.Wait()
	do(length - 1)
}

// listSize is how long a list was when it was last read.
type listSize struct{ last atomic.Int64 }

// records is how many records the list had; 0 when it was never read.
func (s *listSize) records() int { return int(s.last.Load()) }

// pages is how many pages the list had; 0 when it was never read.
func (s *listSize) pages() int {
	if s.records() == 0 {
		return 0
	}
	return pagesOf(s.records())
}

// learn keeps the total that a page of the list told.
func (s *listSize) learn(total int) { s.last.Store(int64(max(total, 1))) }

func pagesOf(total int) int { return (max(total, 1) + stellr.PageSize - 1) / stellr.PageSize }

// answers puts what was found into the order of the keys.
func answers[K comparable, T any](keys []K, known map[K]found[T]) []*dataloader.Result[T] {
	results := make([]*dataloader.Result[T], len(keys))
	for i, key := range keys {
		f := known[key]
		results[i] = &dataloader.Result[T]{Data: f.record, Error: f.err}
	}
	return results
}

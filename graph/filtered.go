package graph

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/graph-gophers/dataloader/v7"

	"stellr-gateway/stellr"
)

// filtered reads lists that the upstream filters by customer and more. Where many customers are asked for, and the
// list of all customers is shorter than one list each, that list is read instead. That the upstream filters is an
// assumption, so what comes is filtered once more: a row of nobody's or of another customer never passes.
type filtered[Q comparable, T any] struct {
	list     *list[Q, T]
	general  func(Q) Q // the query without its customer
	customer func(Q) string
	matches  func(T, Q) bool
}

func (f filtered[Q, T]) read(ctx context.Context, keys []Q) []*dataloader.Result[[]T] {
	results := make([]*dataloader.Result[[]T], len(keys))
	byGeneral := make(map[Q][]int)
	for i, key := range keys {
		byGeneral[f.general(key)] = append(byGeneral[f.general(key)], i)
	}
	var wait team
	for general, group := range byGeneral {
		wait.Go(func() {
			missing := slices.ContainsFunc(group, func(i int) bool { return !f.list.isKept(ctx, keys[i]) })
			whole := missing && f.wholeIsCheaper(ctx, general, len(group))
			for _, i := range group {
				wait.Go(func() {
					query := keys[i]
					if whole {
						query = general
					}
					items, err := f.list.whole(ctx, query)
					results[i] = &dataloader.Result[[]T]{Data: keep(items, func(item T) bool { return f.matches(item, keys[i]) }), Error: err}
					if left := len(items) - len(results[i].Data); left > 0 && !whole {
						f.list.l.r.Logger.WarnContext(ctx, "rows were left out: Stellr answered more than it was asked for, or rows that name no customer",
							slog.String("query", fmt.Sprintf("%T", keys[i])), slog.Int("rows", left))
					}
				})
			}
		})
	}
	wait.Wait()
	return results
}

// wholeIsCheaper says whether to read one list for all customers: where it is there anyway, or where its first page tells
// that it is short.
func (f filtered[Q, T]) wholeIsCheaper(ctx context.Context, general Q, customers int) bool {
	if f.list.wanted(general) || f.list.isKept(ctx, general) {
		return true
	}
	if customers <= fewRecords {
		return false
	}
	first, err := f.list.page(ctx, general, 1)
	return err == nil && pagesOf(first.Total) < customers
}

// keep is the items that pass, in a slice of their own.
func keep[T any](items []T, pass func(T) bool) []T {
	kept := make([]T, 0, len(items))
	for _, item := range items {
		if pass(item) {
			kept = append(kept, item)
		}
	}
	return kept
}

// isCustomer says whether a row is the wanted customer's; where none is wanted, all are. A row that names nobody is
// nobody's.
func isCustomer(wanted, customerNo string) bool {
	return wanted == "" || stellr.SameKey(wanted, customerNo)
}

// is says whether a value is the wanted one; where none is wanted, all are.
func is(wanted, value string) bool { return wanted == "" || wanted == value }

// within says whether a day lies between two others, both included. An end that is not given is open; a day that is
// not known lies nowhere but between two open ends.
func within(day, from, to stellr.Date) bool {
	if from.IsZero() && to.IsZero() {
		return true
	}
	return !day.IsZero() && (from.IsZero() || !day.Before(from)) && (to.IsZero() || !to.Before(day))
}

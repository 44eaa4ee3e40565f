package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// page cuts a page out of a list that has been read.
func page[T relay.Node](ctx context.Context, l *loaders, items []T, err error, scope relay.Scope, args relay.Args) (*relay.Connection[T], error) {
	if argErr := args.Check(); argErr != nil {
		return nil, argErr
	}
	if err != nil {
		return nil, err
	}
	connection, err := relay.Cut(items, T.RefID, scope, args)
	if err != nil {
		return nil, err
	}
	return withAhead(ctx, l, connection, l.put(ctx, len(connection.Nodes())))
}

// window cuts a page out of a list in the upstream's own order, of which it reads no more than the page needs.
func window[K comparable, T relay.Node](ctx context.Context, s *list[K, T], key K, scope relay.Scope, args relay.Args) (*relay.Connection[T], error) {
	w, forward, err := args.Window(scope)
	if err != nil {
		return nil, err
	}
	if forward && !s.wanted(key) {
		connection, err := part(ctx, s, key, scope, w)
		if connection != nil && err == nil {
			err = s.l.put(ctx, len(connection.Nodes()))
		}
		if err != nil {
			return nil, err
		}
		if connection != nil {
			return withAhead(ctx, s.l, connection, nil)
		}
	}
	items, err := s.whole(ctx, key)
	return page(ctx, s.l, items, err, scope, args)
}

// part reads the upstream's pages that the window touches. It is nil where they do not fit together: a total that is
// not told, a page that is not full, an item that is no longer where the cursor said.
func part[K comparable, T relay.Node](ctx context.Context, s *list[K, T], key K, scope relay.Scope, w relay.Window) (*relay.Connection[T], error) {
	begin := w.From // the first item to read: the one that the cursor names, where there is one
	if w.Follows {
		begin--
	}
	first, last := begin/stellr.PageSize, (w.From+w.Count-1)/stellr.PageSize
	pages, err := readPages(ctx, s, key, first, last)
	if err != nil {
		return nil, err
	}
	var items []T
	total := pages[0].Total
	for i, p := range pages {
		full := min(stellr.PageSize, max(0, total-(first+i)*stellr.PageSize))
		if p.Total != total || len(p.Items) != full {
			return nil, nil
		}
		items = append(items, p.Items...)
	}
	offset := w.From - first*stellr.PageSize
	if offset > len(items) || (w.Follows && items[offset-1].RefID() != w.After) {
		return nil, nil
	}
	items = items[offset:min(len(items), offset+w.Count)]
	return relay.Partial(items, T.RefID, scope, w.From, total, w.From+len(items) < total), nil
}

// readPages reads pages first to last, counted from 0, at once; the later ones only where the first says that they
// exist, unless the list's length is not known.
func readPages[K comparable, T any](ctx context.Context, s *list[K, T], key K, first, last int) ([]*stellr.Page[T], error) {
	pages := make([]*stellr.Page[T], last-first+1)
	errs := make([]error, len(pages))
	pages[0], errs[0] = s.page(ctx, key, first+1)
	if errs[0] != nil {
		return nil, errs[0]
	}
	if pages[0].Total <= (first+1)*stellr.PageSize {
		return pages[:1], nil
	}
	var wait team
	for i := 1; i < len(pages); i++ {
		wait.Go(func() { pages[i], errs[i] = s.page(ctx, key, first+i+1) })
	}
	wait.Wait()
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	return pages, nil
}

// orEmpty is for fields that are never null: where the list could not be read it is empty, its total is unknown, and
// the error stands at the field.
func orEmpty[T any](ctx context.Context, connection *relay.Connection[T], err error) (*relay.Connection[T], error) {
	if err == nil {
		return connection, nil
	}
	graphql.AddError(ctx, err)
	return relay.Empty[T](), nil
}

// orNone is orEmpty for plain lists.
func orNone[T any](ctx context.Context, items []T, err error) ([]T, error) {
	if err != nil {
		graphql.AddError(ctx, err)
	}
	if items == nil || err != nil {
		return []T{}, nil
	}
	return items, nil
}

// selected are the names of the fields that the field's answer, of this type, is asked for.
func selected(ctx context.Context, typeName string) []string {
	var names []string
	for _, field := range graphql.CollectFieldsCtx(ctx, []string{typeName}) {
		if field.Name != "__typename" {
			names = append(names, field.Name)
		}
	}
	return names
}

package relay

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// How many items a page has when nobody says, and at most.
const (
	DefaultPage = 50
	MaxPage     = 200
)

// longest is more than any list has.
const longest = 10_000_000

// Args are the arguments of a connection field.
type Args struct {
	First  *int
	After  *string
	Last   *int
	Before *string
	// Exact refuses, with ErrGone, a cursor whose item is not there any more.
	Exact bool
}

// ErrGone says that a cursor's item is not in the list.
var ErrGone = errors.New("the cursor's item is not in the list")

// ArgumentError says what is wrong with a caller's arguments, in words for the caller.
type ArgumentError struct{ Message string }

func (e *ArgumentError) Error() string { return e.Message }

// Check refuses page sizes that are out of bounds, with an *ArgumentError.
func (a Args) Check() error {
	for name, n := range map[string]*int{"first": a.First, "last": a.Last} {
		if n != nil && (*n < 1 || *n > MaxPage) {
			return &ArgumentError{fmt.Sprintf("%s must be from 1 to %d", name, MaxPage)}
		}
	}
	return nil
}

// size is how many items the page has at most, from its start; 0 says that only `last` bounds it.
func (a Args) size() int {
	switch {
	case a.First != nil:
		return *a.First
	case a.Last != nil:
		return 0
	}
	return DefaultPage
}

// Scope tells the cursors of one list from those of every other: a list is a field of a parent with a filter and an
// order.
type Scope string

// NewScope is the scope of the list that these parts describe. Parts are told apart as they look in JSON.
func NewScope(parts ...any) Scope {
	hash := fnv.New64a()
	_ = json.NewEncoder(hash).Encode(parts) // parts are texts, filters and orders, which all encode
	return Scope(strconv.FormatUint(hash.Sum64(), 36))
}

func (s Scope) cursor(index int, key string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s,%d,%s", s, index, key))
}

var errCursor = &ArgumentError{"after and before take cursors that this same list gave, with the same filter and order"}

// read is the index and key that a cursor of this scope holds.
func (s Scope) read(cursor string) (index int, key string, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) > 4096 {
		return 0, "", errCursor
	}
	scope, rest, _ := strings.Cut(string(raw), ",")
	number, key, found := strings.Cut(rest, ",")
	index, err = strconv.Atoi(number)
	if err != nil || !found || scope != string(s) || index < 0 || index > longest {
		return 0, "", errCursor
	}
	return index, key, nil
}

// Cut is the page of items that the arguments ask for. key gives each item's own name within the list. A cursor whose
// item has gone since stands for the place where it was. The error is an *ArgumentError.
func Cut[T any](items []T, key func(T) string, scope Scope, a Args) (*Connection[T], error) {
	if err := a.Check(); err != nil {
		return nil, err
	}
	from, to := 0, len(items)
	if a.After != nil {
		index, gone, err := locate(items, key, scope, *a.After)
		if err != nil {
			return nil, err
		}
		from = index + 1
		if gone {
			from = index
		}
		if gone && a.Exact {
			return nil, ErrGone
		}
	}
	if a.Before != nil {
		index, gone, err := locate(items, key, scope, *a.Before)
		if err != nil {
			return nil, err
		}
		if gone && a.Exact {
			return nil, ErrGone
		}
		to = index
	}
	to = max(from, to)
	if size := a.size(); size > 0 {
		to = min(to, from+size)
	}
	if a.Last != nil {
		from = max(from, to-*a.Last)
	}
	return &Connection[T]{
		items: items[from:to:to], keys: key, scope: scope,
		start: from, prev: from > 0, next: to < len(items), total: len(items),
	}, nil
}

// locate finds a cursor's item: at its index, else anywhere. An item that is not there any more is gone.
func locate[T any](items []T, key func(T) string, scope Scope, cursor string) (index int, gone bool, err error) {
	index, name, err := scope.read(cursor)
	if err != nil {
		return 0, false, err
	}
	if index < len(items) && key(items[index]) == name {
		return index, false, nil
	}
	for i, item := range items {
		if key(item) == name {
			return i, false, nil
		}
	}
	return min(index, len(items)), true, nil
}

// Window is the part of a list that a forward page needs, so that the rest need not be read.
type Window struct {
	From  int    // index of the first item
	Count int    // how many items at most
	After string // key of the item before From, where Follows says so
	// Follows says that the page follows an item that the caller named.
	Follows bool
}

// Window is what a forward page needs of its list; ok is false when the arguments look backwards. The error is an
// *ArgumentError.
func (a Args) Window(scope Scope) (w Window, ok bool, err error) {
	if err := a.Check(); err != nil {
		return Window{}, false, err
	}
	if a.Last != nil || a.Before != nil {
		return Window{}, false, nil
	}
	w.Count = a.size()
	if a.After != nil {
		index, key, err := scope.read(*a.After)
		if err != nil {
			return Window{}, false, err
		}
		w.From, w.After, w.Follows = index+1, key, true
	}
	return w, true, nil
}

// Bounds are where a page begins and ends in a list that can be read from either end.
type Bounds struct {
	After, Before string // the keys of the items that it stands between; empty where there is none
	Limit         int    // how many items at most
	FromEnd       bool   // the last of what stands there and not the first

	last       int // of these, only so many from their end; 0: all
	start, end int // the indexes of the first that may stand there and of the one behind the last; end is -1 when not known
}

// Bounds are the bounds that the arguments ask for. The error is an *ArgumentError.
func (a Args) Bounds(scope Scope) (b Bounds, err error) {
	if err := a.Check(); err != nil {
		return Bounds{}, err
	}
	b.end = -1
	if a.After != nil {
		index, key, err := scope.read(*a.After)
		if err != nil {
			return Bounds{}, err
		}
		b.After, b.start = key, index+1
	}
	if a.Before != nil {
		index, key, err := scope.read(*a.Before)
		if err != nil {
			return Bounds{}, err
		}
		b.Before, b.end = key, index
	}
	b.Limit = a.size()
	switch {
	case b.Limit == 0:
		b.Limit, b.FromEnd = *a.Last, true
	case a.Last != nil:
		b.last = *a.Last
	}
	return b, nil
}

// Bounded is a page that was read by Bounds: items are those within the bounds, and one more where there is one, in the
// list's order; total is the whole list's length.
func Bounded[T any](items []T, key func(T) string, scope Scope, b Bounds, total int) *Connection[T] {
	more := len(items) > b.Limit
	page := &Connection[T]{keys: key, scope: scope, total: total}
	if b.FromEnd {
		page.items = items[len(items)-min(len(items), b.Limit):]
		end := b.end
		if end < 0 {
			end = total
		}
		page.start, page.prev, page.next = max(0, end-len(page.items)), more || b.After != "", b.Before != ""
		return page
	}
	page.items, page.start = items[:min(len(items), b.Limit)], b.start
	page.prev, page.next = b.start > 0, more || b.Before != ""
	if cut := len(page.items) - b.last; b.last > 0 && cut > 0 {
		page.items, page.start, page.prev = page.items[cut:], page.start+cut, true
	}
	return page
}

// Partial is a page that was cut by Window: items are those from the index on, total is the whole list's length, or
// negative when it is not known; more says whether something follows.
func Partial[T any](items []T, key func(T) string, scope Scope, from, total int, more bool) *Connection[T] {
	return &Connection[T]{
		items: items, keys: key, scope: scope,
		start: from, prev: from > 0, next: more, total: total, unsure: total < 0,
	}
}

package stellr

import (
	"context"
	"iter"
	"log/slog"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
)

const (
	pageSize = 200  // the most that Stellr gives; without page number and size it gives nothing (O)
	maxPages = 2000 // of one list
)

// List is a list of Stellr's that nothing has been read of yet. All, Collect and Page each read it anew; it can be used
// by several goroutines.
type List[T any] struct {
	client *Client
	action Action
	call   func() *call
	read   func(data []byte, n *notes) (record T, end int, ok bool) // the record that data begins with
	key    func(T) string                                           // nil, or empty for a record: it has no key of its own
	fetch  func(context.Context, int) (*Page[T], error)             // reads a page instead; nil: Stellr is asked
}

// PageSize is how many records a page has, but for the last: the most that Stellr gives (O).
const PageSize = pageSize

// Via is the same list with its pages read by fetch: by a cache of pages, which calls Page of the list itself for those
// it does not have. The pages are not changed.
func (l *List[T]) Via(fetch func(ctx context.Context, number int) (*Page[T], error)) *List[T] {
	via := *l
	via.fetch = fetch
	return &via
}

// Page is one page of a list.
type Page[T any] struct {
	Items     []T
	Number    int    // from 1
	Total     int    // of the whole list, as Stellr tells it, records out of scope included; -1 where it does not
	Dropped   int    // records that were left out: without their key, or of another customer
	RequestID string // Stellr's number of the request

	rows int      // on the wire
	mark pageMark // of the rows

	indexing sync.Once
	index    map[string]T
}

// Find is the first item with a key; false where there is none. All who look in one page must mean the same key.
func (p *Page[T]) Find(key string, keyOf func(T) string) (T, bool) {
	p.indexing.Do(func() {
		p.index = make(map[string]T, len(p.Items))
		for _, item := range p.Items {
			if _, known := p.index[keyOf(item)]; !known {
				p.index[keyOf(item)] = item
			}
		}
	})
	item, ok := p.index[key]
	return item, ok
}

// seenBy is the page without the records that are out of scope.
func (p *Page[T]) seenBy(scope Scope) *Page[T] {
	if scope == nil {
		return p
	}
	for i, item := range p.Items {
		if shown, ok := seenBy(scope, item); !ok || any(shown) != any(item) {
			return p.filtered(scope, i)
		}
	}
	return p
}

// filtered is a page of its own, of whose items the first ones are known to be in scope as they are.
func (p *Page[T]) filtered(scope Scope, known int) *Page[T] {
	less := &Page[T]{Number: p.Number, Total: p.Total, Dropped: p.Dropped, RequestID: p.RequestID, rows: p.rows, mark: p.mark}
	less.Items = append(make([]T, 0, len(p.Items)), p.Items[:known]...)
	for _, item := range p.Items[known:] {
		if shown, ok := seenBy(scope, item); ok {
			less.Items = append(less.Items, shown)
		}
	}
	return less
}

// Records is a whole list.
type Records[T any] struct {
	Items    []T
	Total    int // the largest that Stellr told, records out of scope included; -1 where it told none
	Pages    int // that were read
	Dropped  int // records that were left out: without their key, or of another customer
	Repeated int // records that came more than once and are in Items once
}

// newList makes a list of records of type R. place fills in what the path tells and says whether the record belongs
// there; it may be nil.
func newList[R any](c *Client, rq *call, key func(*R) string, place func(*R) bool) *List[*R] {
	return &List[*R]{
		client: c,
		action: rq.action,
		call:   func() *call { fresh := *rq; return &fresh },
		key:    key,
		read:   func(data []byte, n *notes) (*R, int, bool) { return readRecord(c, data, place, n) },
	}
}

// Page reads the page of the given number, from 1. A page beyond the end is empty.
func (l *List[T]) Page(ctx context.Context, number int) (*Page[T], error) {
	if l.fetch != nil {
		return l.fetch(ctx, number)
	}
	rq := l.numbered(number)
	if rq.err != nil {
		return nil, rq.err
	}
	page, err := ask(ctx, l.client, rq, l.reader(rq, number))
	if err != nil {
		return nil, err
	}
	return page.seenBy(l.client.scope(ctx)), nil
}

// Kept is the page of the given number, if Config.Cache has it at hand and the context lets it be used.
func (l *List[T]) Kept(ctx context.Context, number int) (*Page[T], bool) {
	if !l.client.mayPeek(ctx, l.action) {
		return nil, false
	}
	rq := l.numbered(number)
	page, ok := peek(ctx, l.client, rq, l.reader(rq, number))
	if !ok {
		return nil, false
	}
	return page.seenBy(l.client.scope(ctx)), true
}

// numbered is the call for a page.
func (l *List[T]) numbered(number int) *call {
	rq := l.call().require(number >= 1, "pages are counted from 1")
	if rq.err == nil {
		rq.page, rq.at = number, ""
	}
	return rq
}

// reader reads the answer to the call for a page, with everybody's records in it.
func (l *List[T]) reader(rq *call, number int) func(context.Context, *answer) (*Page[T], error) {
	return func(ctx context.Context, got *answer) (*Page[T], error) {
		page := &Page[T]{Number: number, RequestID: got.requestID}
		if !l.fill(ctx, rq, page, got.data) {
			failure := badAnswer(rq.action, got.status, "the answer is not a page of records")
			failure.RequestID = got.requestID
			return nil, failure
		}
		return page, nil
	}
}

// worthSharing is how many bytes of records are worth a goroutine to read them.
const worthSharing = 24 << 10

// fill reads the records of a page, and says whether data is one.
func (l *List[T]) fill(ctx context.Context, rq *call, page *Page[T], data []byte) (ok bool) {
	all := part[T]{items: make([]T, 0, 1+len(data)/usualRecord)}
	read := func(i int) (end int) { return all.read(l, data, i) }
	var rows []int
	long := len(data) >= 2*worthSharing
	if long {
		read = func(i int) (end int) { rows = append(rows, i); return valueEnd(data, i) }
	}
	begin, end := 0, 0
	page.Total, ok = eachRow(data, func(i int) int {
		if page.rows == 0 {
			begin = i
		}
		page.rows++
		end = read(i)
		return end
	})
	if long {
		all.readApart(l, data, rows)
	}
	page.Items, page.Dropped, page.mark = all.items, all.dropped, l.client.markOf(data[begin:end])
	l.client.report(ctx, rq.action, page.RequestID, page.Dropped, all.notes)
	return ok
}

const usualRecord = 512 // bytes

// part is what was read of some rows of a page.
type part[T any] struct {
	items   []T
	dropped int
	notes   notes

	panicked any // on a goroutine of its own, on which a panic would end the program
}

// read reads the row that begins at i, and answers where it ends.
func (p *part[T]) read(l *List[T], data []byte, i int) (end int) {
	item, length, ok := l.read(data[i:], &p.notes)
	if ok {
		p.items = append(p.items, item)
	} else {
		p.dropped++
	}
	return i + length
}

// readApart reads the rows that begin at some places; they are shared out among the processors.
func (p *part[T]) readApart(l *List[T], data []byte, rows []int) {
	parts := make([]part[T], min(len(rows), len(data)/worthSharing, runtime.GOMAXPROCS(0)))
	var wait sync.WaitGroup
	for i := range parts {
		wait.Go(func() {
			defer func() { parts[i].panicked = recover() }()
			for _, row := range rows[i*len(rows)/len(parts) : (i+1)*len(rows)/len(parts)] {
				parts[i].read(l, data, row)
			}
		})
	}
	wait.Wait()
	for _, one := range parts {
		if one.panicked != nil {
			panic(one.panicked) // where whoever asked can recover
		}
		p.items = append(p.items, one.items...)
		p.dropped += one.dropped
		p.notes.dropped += one.notes.dropped
		for _, name := range one.notes.wrong {
			p.notes.odd(name)
		}
	}
}

// report logs what was odd about records, without their content.
func (c *Client) report(ctx context.Context, action Action, requestID string, dropped int, n notes) {
	if dropped+n.dropped > 0 {
		c.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "stellr records dropped: without their key, or of another customer",
			slog.String("action", string(action)), slog.Int("records", dropped), slog.Int("nested", n.dropped), slog.String("stellr_request_id", requestID))
	}
	if len(n.wrong) > 0 {
		c.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "stellr fields that could not be read",
			slog.String("action", string(action)), slog.Any("fields", n.wrong), slog.String("stellr_request_id", requestID))
	}
}

// All reads the list page by page, as far as it is asked for. After an error there is nothing more.
func (l *List[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		reading := l.begin()
		for number := 1; !reading.done; number++ {
			page, err := l.next(ctx, number)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range reading.take(page) {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// Collect reads the whole list: the first page, then, once the total is known, the others at once. It fails when a page
// does; what was read by then is lost.
func (l *List[T]) Collect(ctx context.Context) (*Records[T], error) {
	reading := l.begin()
	first, err := l.next(ctx, 1)
	if err != nil {
		return nil, err
	}
	reading.add(first)
	number := 2
	if first.rows >= pageSize {
		last := min((reading.records.Total+pageSize-1)/pageSize, maxPages)
		for number <= last && !reading.done {
			pages, err := l.several(ctx, number, min(last, number+l.client.cfg.Concurrency-1))
			if err != nil {
				return nil, err
			}
			for _, page := range pages {
				reading.add(page)
				number++
			}
		}
	}
	for ; !reading.done; number++ {
		page, err := l.next(ctx, number)
		if err != nil {
			return nil, err
		}
		reading.add(page)
	}
	return &reading.records, nil
}

// several reads the pages from first to last at once, in their order.
func (l *List[T]) several(ctx context.Context, first, last int) ([]*Page[T], error) {
	pages := make([]*Page[T], last-first+1)
	group := new(errgroup.Group)
	if l.fetch == nil { // pages that are kept must not fail with each other
		group, ctx = errgroup.WithContext(ctx)
	}
	for i := range pages {
		group.Go(func() (err error) {
			pages[i], err = l.Page(ctx, first+i)
			return err
		})
	}
	return pages, group.Wait()
}

// next is the page, if the list is not longer than any list can be.
func (l *List[T]) next(ctx context.Context, number int) (*Page[T], error) {
	if number > maxPages {
		failure := badAnswer(l.call().action, 0, "the list does not end")
		failure.again = false
		return nil, failure
	}
	return l.Page(ctx, number)
}

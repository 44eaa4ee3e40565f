package stellr

import "hash/maphash"

// reading is a list on the way: what has come, and whether it is all.
type reading[T any] struct {
	key     func(T) string
	keys    map[string]bool
	marks   map[pageMark]bool
	rows    int
	done    bool
	records Records[T]
}

func (l *List[T]) begin() *reading[T] {
	return &reading[T]{key: l.key, keys: map[string]bool{}, marks: map[pageMark]bool{}, records: Records[T]{Items: []T{}, Total: -1}}
}

func (r *reading[T]) add(page *Page[T]) {
	if !r.done {
		r.records.Items = append(r.records.Items, r.take(page)...)
	}
}

// take is what is new on the next page. It ends the list at a page that is empty or brings nothing new, at the total,
// and at a short page unless the total says that more is to come.
//
// Totals lie. One that is smaller than what has come is not believed any more; one that equals a full first page may be
// the page's own and costs one more request; one that is too large ends at the empty page behind the last.
func (r *reading[T]) take(page *Page[T]) []T {
	r.records.Pages++
	r.records.Total = max(r.records.Total, page.Total)
	if page.rows == 0 || r.marks[page.mark] {
		r.done = true
		return nil
	}
	r.marks[page.mark] = true
	fresh := r.unseen(page.Items)
	if len(fresh) == 0 && len(page.Items) > 0 {
		r.done = true
		return nil
	}
	r.rows += page.rows
	r.records.Dropped += page.Dropped
	full, total := page.rows >= pageSize, r.records.Total
	switch {
	case r.rows < total:
	case r.rows == total:
		r.done = !full || total != pageSize
	default:
		r.done = !full
	}
	return fresh
}

// unseen leaves out the items whose key has come before.
func (r *reading[T]) unseen(items []T) []T {
	if r.key == nil {
		return items
	}
	fresh := make([]T, 0, len(items))
	for _, item := range items {
		key := r.key(item)
		if key != "" && r.keys[key] {
			r.records.Repeated++
			continue
		}
		r.keys[key] = true
		fresh = append(fresh, item)
	}
	return fresh
}

// pageMark tells pages apart by the bytes of their rows, within one process.
type pageMark uint64

func (c *Client) markOf(rows []byte) pageMark { return pageMark(maphash.Bytes(c.seed, rows)) }

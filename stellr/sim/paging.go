package sim

import (
	"net/url"
	"strconv"
)

// maxPageSize is the most records a page can have; a larger pageSize is cut to it (A).
const maxPageSize = 200

// window is the part of a list that was asked for; size 0 asks for nothing.
type window struct{ number, size int }

// readWindow reads pageNo and pageSize. Without both the list answers 0 records (O).
func readWindow(query url.Values) (window, *refusal) {
	if query.Get("pageNo") == "" || query.Get("pageSize") == "" {
		return window{}, nil
	}
	number, err := strconv.Atoi(query.Get("pageNo"))
	if err != nil || number < 1 {
		return window{}, badRequest("pageNo must be a number from 1")
	}
	size, err := strconv.Atoi(query.Get("pageSize"))
	if err != nil || size < 1 {
		return window{}, badRequest("pageSize must be a number from 1")
	}
	return window{number, min(size, maxPageSize)}, nil
}

// within is the window's half-open range in a list of so many.
func (w window) within(total int) (from, to int) {
	if w.size == 0 || w.number-1 > total/w.size {
		return 0, 0
	}
	from = min((w.number-1)*w.size, total)
	return from, min(from+w.size, total)
}

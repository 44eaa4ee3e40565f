package upstream

import (
	"bytes"
	"net/http"
	"net/url"
	"strconv"
	"sync"
)

// reply is an answer as it goes out; the headers are made once, because they would cost more than the rest.
type reply struct {
	status int
	length []string
	body   []byte
}

func newReply(status int, body []byte) *reply {
	return &reply{status: status, length: []string{strconv.Itoa(len(body))}, body: body}
}

func one(record []byte) *reply {
	return newReply(http.StatusOK, envelope(record))
}

func missing() *reply {
	return newReply(http.StatusNotFound, []byte(`{"requestId":"659f433c-6631-4e4e-a128-e8ccde09ec9c","errorMessage":"Not found","errorDetail":"There is nothing here"}`))
}

func envelope(data []byte) []byte {
	return slicesOf(`{"requestId":"5ae5600a-0d56-4f11-a86c-1e46381a962d","data":`, data, "}")
}

func slicesOf(before string, data []byte, after string) []byte {
	whole := make([]byte, 0, len(before)+len(data)+len(after))
	return append(append(append(whole, before...), data...), after...)
}

// list is records that are answered in pages. A page is put together when it is asked for first, and then kept.
type list struct {
	records [][]byte
	mu      sync.RWMutex
	pages   map[string]*reply // by the query as it was sent
}

func (l *list) page(query string) *reply {
	l.mu.RLock()
	page := l.pages[query]
	l.mu.RUnlock()
	if page != nil {
		return page
	}
	page = l.encode(query)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pages == nil {
		l.pages = map[string]*reply{}
	}
	l.pages[query] = page
	return page
}

// encode makes a page. Without pageNo and pageSize it is empty, as Stellr's is.
func (l *list) encode(query string) *reply {
	values, _ := url.ParseQuery(query) // what cannot be read is not there
	number, _ := strconv.Atoi(values.Get("pageNo"))
	size, _ := strconv.Atoi(values.Get("pageSize"))
	size = min(max(size, 0), 200)
	total, from, to := len(l.records), 0, 0
	if number < 1 || size == 0 {
		total = 0
	} else {
		from = min((number-1)*size, total)
		to = min(from+size, total)
	}
	data := slicesOf(`{"total":`+strconv.Itoa(total)+`,"records":[`, bytes.Join(l.records[from:to], []byte(",")), "]}")
	return newReply(http.StatusOK, envelope(data))
}

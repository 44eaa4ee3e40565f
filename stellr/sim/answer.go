package sim

import (
	"net/http"
	"strconv"
)

// handler serves one action.
type handler func(*Server, *call) (answer, *refusal)

// answer is what a handler has to say.
type answer struct {
	status    int // 0 means 200
	body      []byte
	committed bool // something changed
	header    http.Header
}

// one answers with a single record.
func (q *call) one(record []byte) answer {
	b := make([]byte, 0, len(record)+80)
	b = append(b, `{"requestId":"`...)
	b = append(b, q.requestID...)
	b = append(b, `","data":`...)
	b = append(b, record...)
	return answer{status: http.StatusOK, body: append(b, '}')}
}

// did answers a write that changed something.
func (q *call) did(record []byte) answer {
	a := q.one(record)
	a.committed = true
	return a
}

// list answers with the window that was asked for; at gives a record by its place in the whole list.
func (q *call) list(total int, at func(int) []byte) answer {
	from, to := q.page.within(total)
	switch {
	case q.page.size == 0, q.fault != nil && q.fault.Kind == FaultEmpty:
		total, from, to = 0, 0, 0
	case q.fault != nil && q.fault.Kind == FaultWrongTotal:
		total = q.fault.Total
	}
	return q.records(total, from, to, at)
}

func (q *call) records(total, from, to int, at func(int) []byte) answer {
	b := make([]byte, 0, 256+(to-from)*640)
	b = append(b, `{"requestId":"`...)
	b = append(b, q.requestID...)
	b = append(b, `","data":{"total":`...)
	b = strconv.AppendInt(b, int64(total), 10)
	b = append(b, `,"records":[`...)
	for i := from; i < to; i++ {
		if i > from {
			b = append(b, ',')
		}
		b = append(b, at(i)...)
	}
	return answer{status: http.StatusOK, body: append(b, "]}}"...)}
}

func (s *Server) tell(q *call, a answer) {
	h := q.w.Header()
	for name, values := range a.header {
		h[name] = values
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	if h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	q.w.WriteHeader(a.status)
	_, _ = q.w.Write(a.body) // whoever asked may have gone
}

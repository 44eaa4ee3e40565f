package sim

import (
	"net"
	"net/http"
	"strconv"
	"time"
)

// page of HTML, as a proxy between the client and the API answers it.
const htmlPage = "<!DOCTYPE html><html><head><title>Service</title></head><body><h1>We will be back soon</h1></body></html>"

// play lets a handler answer, and whatever is injected go wrong. The ledger knows the call before its answer is told.
func (s *Server) play(q *call, handle handler) {
	var delay time.Duration
	delay, q.fault = s.faults.strike(s.opts.Seed, q)
	if delay > 0 {
		s.opts.Sleep(q.r.Context(), delay)
	}
	if q.fault == nil {
		s.tell(q, s.carryOut(q, handle))
		return
	}
	switch q.fault.Kind {
	case FaultStatus, FaultReset, FaultHTML, FaultHang:
		s.breakCall(q, handle)
	case FaultRefuse:
		a := vendorRefuses("The request was refused by the vendor", "Try again later").answer(q)
		s.ledger.record(q, false, a.status)
		s.tell(q, a)
	case FaultTruncate:
		a := s.carryOut(q, handle)
		whole := len(a.body)
		a.body = a.body[:whole/2]
		q.w.Header().Set("Content-Length", strconv.Itoa(whole))
		s.tell(q, a)
	default:
		if q.fault.Kind == FaultRepeat {
			q.page.number = 1
		}
		s.tell(q, s.carryOut(q, handle))
	}
}

// carryOut does what was asked for and enters it into the ledger.
func (s *Server) carryOut(q *call, handle handler) answer {
	a, refusal := handle(s, q)
	if refusal != nil {
		a = refusal.answer(q)
	}
	s.ledger.record(q, a.committed, a.status)
	return a
}

// breakCall is for the faults after which a client cannot know what became of its request.
func (s *Server) breakCall(q *call, handle handler) {
	told := q.fault.Status
	switch q.fault.Kind {
	case FaultHTML:
		told = http.StatusOK
	case FaultReset, FaultHang:
		told = 0
	}
	committed := false
	if q.fault.Commit {
		a, _ := handle(s, q)
		committed = a.committed
	}
	s.ledger.record(q, committed, told)
	switch q.fault.Kind {
	case FaultReset:
		q.reset()
	case FaultHang:
		<-q.r.Context().Done()
	case FaultHTML:
		s.tell(q, answer{status: told, body: []byte(htmlPage), header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}})
	default:
		no := refuse(told, http.StatusText(told), "Injected")
		no.oauth = q.action == ActionToken
		no.header = q.fault.retryAfter(q.now)
		s.tell(q, no.answer(q))
	}
}

// retryAfter is the header that goes with a status (D for 429 and 503).
func (f *Fault) retryAfter(now time.Time) http.Header {
	switch {
	case f.RetryAfter == 0:
		return nil
	case f.AsDate:
		return http.Header{"Retry-After": {now.Add(f.RetryAfter).UTC().Format(http.TimeFormat)}}
	}
	return http.Header{"Retry-After": {strconv.Itoa(int((f.RetryAfter + time.Second - 1) / time.Second))}}
}

// reset ends the connection with a TCP reset where that is possible, else without an answer.
func (q *call) reset() {
	conn, _, err := http.NewResponseController(q.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // the connection ends either way
	}
	_ = conn.Close()
}

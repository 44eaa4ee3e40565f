package sim

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"stellr-gateway/stellr"
)

// Entry is one write that reached the server, whatever became of it. It is how a test proves that at most one order was
// placed.
type Entry struct {
	At         time.Time
	Action     stellr.Action // empty when the path fits no action
	Method     string
	Path       string
	ClientID   string
	CustomerNo string // from the path; empty where there is none
	RequestID  string
	Body       []byte
	Committed  bool // it changed something
	Status     int  // what was told; 0 when nothing was
}

// ledger keeps every write whole and counts everything.
type ledger struct {
	mu     sync.Mutex
	writes []Entry
	calls  map[stellr.Action]int
	total  int
}

func (l *ledger) record(q *call, committed bool, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	l.calls[q.action]++
	if q.r.Method == http.MethodGet || q.action == ActionToken {
		return
	}
	l.writes = append(l.writes, Entry{
		At: q.now, Action: q.action, Method: q.r.Method, Path: q.r.URL.Path, ClientID: q.client, CustomerNo: q.path("customerNo"),
		RequestID: q.requestID, Body: q.body, Committed: committed, Status: status,
	})
}

// Ledger tells all writes so far, the oldest first.
func (s *Server) Ledger() []Entry {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return slices.Clone(s.ledger.writes)
}

// Calls tells how many requests for an action have been answered, refused ones included. The token endpoint counts as
// ActionToken.
func (s *Server) Calls(action stellr.Action) int {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return s.ledger.calls[action]
}

// CallsTotal tells how many requests have been answered, those for tokens included.
func (s *Server) CallsTotal() int {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	return s.ledger.total
}

// ResetLedger forgets all writes and counts. The data stays.
func (s *Server) ResetLedger() {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	s.ledger.writes, s.ledger.total = nil, 0
	clear(s.ledger.calls)
}

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
	Committed  bool // it changed something, or began to
	Status     int  // what was told; 0 when nothing was

	// SubscriptionIDs are those that the write was made to change, or created. One that an operation creates at its end,
	// as some upgrades do, is there once somebody has looked at the customer after that.
	SubscriptionIDs []string

	made *made
}

// made is the subscriptions of a write. Its operation may add to it when the write is long in the ledger.
type made struct {
	mu  sync.Mutex
	ids []string
}

func (m *made) add(s *subscription) {
	if s == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.ids = append(m.ids, s.SubscriptionID)
}

func (m *made) all() []string {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ids)
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
		RequestID: q.requestID, Body: q.body, Committed: committed, Status: status, made: q.made,
	})
}

// Ledger tells all writes so far, the oldest first.
func (s *Server) Ledger() []Entry {
	s.ledger.mu.Lock()
	defer s.ledger.mu.Unlock()
	entries := slices.Clone(s.ledger.writes)
	for i := range entries {
		entries[i].SubscriptionIDs = entries[i].made.all()
	}
	return entries
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

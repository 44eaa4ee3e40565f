package sim

import (
	"sync"
	"sync/atomic"
	"time"

	"stellr-gateway/stellr"
)

// FaultKind says how something goes wrong.
type FaultKind string

// The kinds of faults. Those above the line can strike before or after the request is carried out: see Fault.Commit.
const (
	FaultStatus FaultKind = "status" // answers Fault.Status
	FaultReset  FaultKind = "reset"  // the connection is reset
	FaultHTML   FaultKind = "html"   // answers a page of HTML with status 200
	FaultHang   FaultKind = "hang"   // never answers: waits until the client leaves

	FaultLatency    FaultKind = "latency"    // answers late, by Fault.Delay
	FaultTruncate   FaultKind = "truncate"   // carried out; the connection ends in the middle of the answer
	FaultRefuse     FaultKind = "refuse"     // a business failure within HTTP 200; not carried out
	FaultFailed     FaultKind = "failed"     // the operation of the write ends FAILED
	FaultDoneFailed FaultKind = "doneFailed" // the operation reads DONE and holds a failed result (D)
	FaultOrphan     FaultKind = "orphan"     // the operation ends FAILED and leaves a pending record behind (D)
	FaultEmpty      FaultKind = "empty"      // a list answers 0 records
	FaultRepeat     FaultKind = "repeat"     // a list answers its first page, whichever was asked for
	FaultWrongTotal FaultKind = "wrongTotal" // a list tells Fault.Total
)

// Fault is something that goes wrong on a schedule. The zero values match every call, every time.
type Fault struct {
	Action     stellr.Action // empty: any but tokens; ActionToken: the token endpoint
	CustomerNo string        // empty: any

	Nth         int     // only the n-th call that matches
	Every       int     // only each n-th call that matches
	Probability float64 // only with this probability, from the seed
	Count       int     // at most so many times

	Kind       FaultKind
	Status     int           // for FaultStatus
	RetryAfter time.Duration // sent as Retry-After with FaultStatus
	AsDate     bool          // Retry-After is a date, not seconds
	Commit     bool          // the request is carried out before the fault strikes
	Delay      time.Duration // for FaultLatency
	Total      int           // for FaultWrongTotal
}

// armed is a fault and what it has met so far.
type armed struct {
	Fault
	index, matched, struck int
}

type faults struct {
	some atomic.Bool // there are any: calls need not look otherwise
	mu   sync.Mutex
	all  []*armed
}

// Inject adds a fault to those of the options.
func (s *Server) Inject(f Fault) { s.faults.add(f) }

// ClearFaults ends all faults.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.all = nil
	s.faults.some.Store(false)
}

func (f *faults) add(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, &armed{Fault: fault, index: len(f.all)})
	f.some.Store(true)
}

// strike tells the delay and the fault that are due for a call. Delays add up; of other faults the first that is due
// strikes.
func (f *faults) strike(seed uint64, q *call) (delay time.Duration, struck *Fault) {
	if !f.some.Load() {
		return 0, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.all {
		if !a.matches(q) || a.Kind != FaultLatency && struck != nil || !a.due(seed) {
			continue
		}
		if a.Kind == FaultLatency {
			delay += a.Delay
		} else {
			struck = &a.Fault
		}
	}
	return delay, struck
}

func (a *armed) matches(q *call) bool {
	if a.Action != q.action && (a.Action != "" || q.action == ActionToken) {
		return false
	}
	return a.CustomerNo == "" || a.CustomerNo == q.path("customerNo") || a.CustomerNo == q.query.Get("customerNo")
}

// due counts a call that matches and says whether the fault strikes it.
func (a *armed) due(seed uint64) bool {
	if a.Count > 0 && a.struck >= a.Count {
		return false
	}
	a.matched++
	switch {
	case a.Nth > 0 && a.matched != a.Nth, a.Every > 0 && a.matched%a.Every != 0:
		return false
	case a.Probability > 0 && throw(seed, "fault", a.index, a.matched).below(1_000_000) >= int(a.Probability*1_000_000):
		return false
	}
	a.struck++
	return true
}

// failsLater says how the operation of a write is meant to fail; empty: it is not.
func (q *call) failsLater() FaultKind {
	if q.fault == nil {
		return ""
	}
	switch q.fault.Kind {
	case FaultDoneFailed, FaultFailed, FaultOrphan:
		return q.fault.Kind
	}
	return ""
}

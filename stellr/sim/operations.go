package sim

import (
	"slices"
	"strconv"
	"sync"
	"time"

	"stellr-gateway/stellr"
)

// The words of operations (A).
const (
	operationAccepted = "ACCEPTED"
	operationPending  = "PENDING"
	operationDone     = "DONE"
	operationFailed   = "FAILED"
)

// firstOperation is the number of the first operation.
const firstOperation = 9_000_001

// operation is work that takes time. What it changes is changed when it ends.
type operation struct {
	stellr.Operation
	customer *customer
	ends     time.Time
	subs     []*subscription                  // the ones it works on
	apply    func(at time.Time) *subscription // may tell another subscription that came out of it
	undo     func()                           // takes back what was shown at once; nil: nothing was
	outcome  FaultKind                        // how it goes wrong; empty: it does not
	made     *made                            // what the ledger is told of
}

// operations finds operations by their ids. It is locked after a customer, never before.
type operations struct {
	mu    sync.RWMutex
	byID  map[string]*operation
	count int
}

// work is what a write does to an open customer.
type work struct {
	subs  []*subscription
	apply func(at time.Time) *subscription
	undo  func()
}

// begin starts the work of a write. Where the vendor, or the options, have no operations it is done at once and nil is
// returned, unless the operation is meant to fail.
func (w *world) begin(q *call, c *customer, job work) *operation {
	kind := q.failsLater()
	c.changed(q.now)
	q.made = new(made)
	for _, s := range job.subs {
		q.made.add(s)
	}
	if kind == "" && (w.opts.OperationTime < 0 || w.rules[job.subs[0].VendorID].instant) {
		q.made.add(job.apply(q.now))
		return nil
	}
	w.operations.mu.Lock()
	defer w.operations.mu.Unlock()
	o := &operation{customer: c, ends: q.now.Add(max(w.opts.OperationTime, 0)), subs: job.subs, apply: job.apply, undo: job.undo, outcome: kind, made: q.made}
	o.Operation = stellr.Operation{
		OperationID: strconv.Itoa(firstOperation + w.operations.count), Action: string(q.action), StatusText: operationAccepted,
		CustomerNo: c.record.CustomerNo, SubscriptionID: job.subs[0].SubscriptionID, CreatedAt: q.now,
	}
	w.operations.count++
	w.operations.byID[o.OperationID] = o
	c.running = append(c.running, o)
	for _, s := range job.subs {
		s.operation = o
	}
	return o
}

// finish ends an operation of an open customer.
func (w *world) finish(c *customer, o *operation, at time.Time) {
	c.running = slices.DeleteFunc(c.running, func(other *operation) bool { return other == o })
	for _, s := range o.subs {
		s.operation = nil
	}
	o.StatusText, o.CompletedAt = operationDone, at
	if o.outcome == "" {
		if other := o.apply(at); other != nil {
			o.subs = []*subscription{other}
			o.made.add(other)
		}
		o.results(operationDone, "", "")
		return
	}
	if o.outcome != FaultDoneFailed {
		o.StatusText = operationFailed
	}
	o.results(operationFailed, "The vendor could not carry out the request", "VENDOR_ERROR")
	if o.undo != nil && o.outcome != FaultOrphan {
		o.undo()
	}
}

func (o *operation) results(status, message, detail string) {
	for _, s := range o.subs {
		o.Results = append(o.Results, stellr.OperationResult{SubscriptionID: s.SubscriptionID, StatusText: status, Message: message, Detail: detail})
	}
}

// accepted is the answer to a lifecycle write; no operation means that it was done at once (D that this happens).
func (o *operation) accepted(s *subscription) stellr.Accepted {
	if o == nil {
		return stellr.Accepted{SubscriptionID: s.SubscriptionID, StatusText: operationDone}
	}
	return stellr.Accepted{SubscriptionID: s.SubscriptionID, OperationID: o.OperationID, StatusText: operationAccepted}
}

func (s *Server) getOperation(q *call) (answer, *refusal) {
	s.world.operations.mu.RLock()
	o := s.world.operations.byID[q.path("operationId")]
	s.world.operations.mu.RUnlock()
	if o == nil {
		return answer{}, notFound("operation")
	}
	s.world.open(o.customer, q.now)
	defer o.customer.close()
	record := o.Operation
	if record.CompletedAt.IsZero() && !q.now.Before(record.CreatedAt.Add(s.opts.OperationTime/3)) {
		record.StatusText = operationPending
	}
	return q.one(s.world.encoder.record(&record, record.OperationID)), nil
}

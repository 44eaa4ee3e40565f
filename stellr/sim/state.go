package sim

import (
	"slices"
	"sync"
	"time"

	"stellr-gateway/stellr"
)

// The status words of subscriptions (Active O, the others S).
const (
	statusActive    = "Active"
	statusPending   = "Pending"
	statusSuspended = "Suspended"
	statusExpired   = "Expired"
	statusCancelled = "Cancelled"
)

// customer is one customer and all that belongs to it. What it has from the start is made when it is first looked at.
type customer struct {
	index   int
	record  stellr.Customer // does not change
	profile profile

	mu        sync.Mutex // guards the rest
	encoded   []byte
	populated bool
	subs      []*subscription
	billed    []billed // what it had at the start; does not change
	log       []stellr.ChangeLogEntry
	accounts  []*account
	agreement *stellr.Agreement
	contracts int // how many contract numbers have been used
	running   []*operation
	due       time.Time // before this moment nothing changes by itself; zero: never does
}

// subscription is one subscription and what the wire does not show of it.
type subscription struct {
	stellr.Subscription
	product     *product
	since       stellr.Date // when it was ordered
	encoded     []byte      // nil when something changed
	batches     []batch
	scheduled   *renewal // what it becomes at the end of the term; nil: what it is
	decision    stellr.RenewalDecision
	suspendedAt time.Time
	operation   *operation // the one that runs; nil: none
}

// batch is seats that were added together and may be given back until a moment of their own (S).
type batch struct {
	seats int
	until time.Time
}

// renewal is what was scheduled for the end of a term.
type renewal struct {
	product  *product
	quantity int
	end      stellr.Date // of the new term, where it is not the term's own length
}

func (s *subscription) live() bool {
	return s.StatusText == statusActive || s.StatusText == statusSuspended
}

// touch says that something changed.
func (s *subscription) touch() { s.encoded = nil }

// refundable counts the seats that may still be given back, for the wire. It is told where there are windows.
func (s *subscription) refundable() {
	sum := 0
	for _, b := range s.batches {
		sum += b.seats
	}
	s.RefundableQuantity = new(sum)
	s.touch()
}

// addSeats makes seats that may be given back until the given moment.
func (s *subscription) addSeats(seats int, until time.Time) {
	s.batches = append(s.batches, batch{seats, until})
	s.refundable()
}

// returnSeats takes seats from the latest batches first.
func (s *subscription) returnSeats(seats int) {
	for seats > 0 && len(s.batches) > 0 {
		last := &s.batches[len(s.batches)-1]
		taken := min(seats, last.seats)
		last.seats -= taken
		seats -= taken
		if last.seats == 0 {
			s.batches = s.batches[:len(s.batches)-1]
		}
	}
	s.refundable()
}

func (s *subscription) dropBatches(now time.Time) {
	s.batches = slices.DeleteFunc(s.batches, func(b batch) bool { return !now.Before(b.until) })
	s.refundable()
}

// subscription finds one of an open customer's; nil when there is none.
func (c *customer) subscription(id string) *subscription {
	for _, s := range c.subs {
		if s.SubscriptionID == id {
			return s
		}
	}
	return nil
}

// addOnsOf are the live add-ons of one of an open customer's subscriptions.
func (c *customer) addOnsOf(parent *subscription) []*subscription {
	var found []*subscription
	for _, s := range c.subs {
		if s.ParentID == parent.SubscriptionID && s.live() {
			found = append(found, s)
		}
	}
	return found
}

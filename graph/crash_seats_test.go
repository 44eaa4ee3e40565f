package graph_test

import (
	"net/http"
	"testing"
	"time"

	"stellr-gateway/stellr/sim"
)

// Whoever says how many seats there are is refused while an operation may be about to change that: the seats that are
// read say nothing of those that there will be when the write arrives.
func TestSeatsWhileAnOperationEnds(t *testing.T) {
	l := newLab(t, func(p *plan) { p.Operations, p.Writes.FirstLook, p.Writes.SeldomLook = time.Hour, time.Hour, time.Hour })
	url, _ := l.timedNode(openJournal(t))
	s := l.pick(0, activeOf(sim.MicrosoftID))
	change := func(name string, more int) errand {
		return errandOf("acme", "changeSeats", key(name), subscriptionInput(s, map[string]any{"quantity": *s.Quantity + more, "expectedQuantity": *s.Quantity}))
	}
	if first := change("first", 5).send(url); !first.accepted() {
		t.Fatal(first)
	}
	ending := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the first one's operation ends on the way
		l.later.Store(int64(2 * time.Hour))
		l.sim.ServeHTTP(w, r)
	})
	l.strike.Store(&ending)
	second := change("second", 7)
	if told := second.send(url); told.code != "NOT_ALLOWED_NOW" || told.command != "" {
		t.Errorf("told %v", told)
	}
	l.strike.Store(nil)
	l.later.Store(int64(2 * time.Hour))
	after, err := l.client.Subscription(t.Context(), s.CustomerNo, s.SubscriptionID)
	if err != nil {
		t.Fatal(err)
	}
	if l.committed(second) > 0 || *after.Quantity != *s.Quantity+5 {
		t.Errorf("there are %d seats, and there were %d", *after.Quantity, *s.Quantity)
	}
}

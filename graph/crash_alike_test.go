package graph_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// alike are errands for one more of what a customer has already: the product, the quantity, and no purchase order.
func (l *lab) alike(names ...string) (*stellr.Subscription, []errand) {
	l.t.Helper()
	s := l.pick(0, func(s *stellr.Subscription) bool { return activeOf(sim.MicrosoftID)(s) && s.ResellerPONo == "" })
	errands := make([]errand, len(names))
	for i, name := range names {
		errands[i] = errandOf("acme", "createSubscriptions", key(name), map[string]any{"customerNo": s.CustomerNo, "vendorId": s.VendorID,
			"items": []any{map[string]any{"productId": s.ProductID, "skuNo": s.SKUNo, "quantity": *s.Quantity}}})
		errands[i].input["endUserPoNo"] = errands[i].mark
		delete(errands[i].input, "resellerPoNo")
	}
	return s, errands
}

// hangUp ends a connection without an answer.
func hangUp(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = connection.Close()
	}
}

// What a customer had before is not taken for what an order brought whose answer was lost.
func TestNotWhatWasThere(t *testing.T) {
	for _, carried := range []bool{true, false} {
		l := newLab(t)
		j := openJournal(t)
		url, _ := l.timedNode(j)
		had, errands := l.alike("one-more")
		lost := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if carried {
				l.sim.ServeHTTP(httptest.NewRecorder(), r)
			}
			hangUp(w)
		})
		l.strike.Store(&lost)
		l.note(errands[0], errands[0].send(url))
		l.conclude(j)
		c := l.facts.rows[0]
		if wanted := map[bool]journal.Status{true: journal.Succeeded, false: journal.Failed}[carried]; c.Status != wanted || !c.Inferred {
			t.Errorf("carried out is %v, and the journal says %s", carried, c.Status)
		}
		if slices.Contains(c.SubscriptionIDs, had.SubscriptionID) {
			t.Error("the command has a subscription that was there before")
		}
	}
}

// What another order brought is not taken for what an order brought whose answer was lost, though they are alike and
// neither was there when both were made.
func TestNotWhatAnotherBrought(t *testing.T) {
	l := newLab(t)
	j := openJournal(t)
	url, _ := l.timedNode(j)
	_, errands := l.alike("the-first", "the-second")
	for _, e := range errands {
		e.input["confirmDuplicate"] = true
	}
	arrived, ended := make(chan struct{}), make(chan struct{})
	way := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if bytes.Contains(body, []byte(errands[1].mark)) { // it never arrives
			close(arrived)
			<-ended
			hangUp(w)
			return
		}
		<-arrived
		r.Body = io.NopCloser(bytes.NewReader(body))
		l.sim.ServeHTTP(w, r)
	})
	l.strike.Store(&way)
	second := make(chan told)
	first := make(chan told)
	go func() { first <- errands[0].send(url) }()
	go func() { second <- errands[1].send(url) }()
	l.note(errands[0], <-first)
	close(ended)
	l.note(errands[1], <-second)
	l.conclude(j)
	if n, m := l.committed(errands[0]), l.committed(errands[1]); n != 1 || m != 0 {
		t.Errorf("they were carried out %d and %d times", n, m)
	}
}

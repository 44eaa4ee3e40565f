package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// However hard all nodes are asked, Stellr is asked no faster than it is set for all of them together.
func TestNodesKeepToTheRation(t *testing.T) {
	const rate, lasts, burst = 30, 2 * time.Second, 15
	c := many(t, sim.Options{Customers: 20, OperationTime: -1}, fmt.Sprintf("STELLR_RATE=%d", rate))
	began := time.Now()
	c.upstream.since()
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var callers sync.WaitGroup
	for i := range 30 {
		callers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				query := fmt.Sprintf(`{customer(customerNo: "%d") {name caller%d_%d: name}}`, 100001+(i+n)%20, i, n)
				_ = c.post(ctx, c.nodes[i%3].url, query, &json.RawMessage{}, "X-Gateway-Cache", "bypass")
			}
		})
	}
	callers.Wait()
	_, total := c.upstream.since()
	took := time.Since(began)
	if most := rate*took.Seconds() + burst; total == 0 || float64(total) > most {
		t.Errorf("%d requests in %v, %.0f are allowed", total, took, most)
	}
}

// holdup stands before the simulator and answers no write until it is let go. Every fourth is not even carried out until
// then, nor after that when its caller has gone.
type holdup struct {
	sim     http.Handler
	arrived atomic.Int64
	gate    chan struct{}
}

func (h *holdup) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		h.sim.ServeHTTP(w, r)
		return
	}
	if h.arrived.Add(1)%4 == 0 {
		<-h.gate
		if r.Context().Err() == nil {
			h.sim.ServeHTTP(w, r)
		}
		return
	}
	answer := httptest.NewRecorder()
	h.sim.ServeHTTP(answer, r)
	<-h.gate
	relay(w, answer)
}

// relay answers with an answer.
func relay(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// outcome is what a node knows of a key.
func (c *cluster) outcome(url string, n int) (status string, inferred bool, err error) {
	var data struct {
		CommandByKey *struct {
			Status   string
			Inferred bool
		}
	}
	err = c.post(c.t.Context(), url, fmt.Sprintf(`{commandByKey(idempotencyKey: %q) {status inferred}}`, key(n)), &data)
	if err != nil || data.CommandByKey == nil {
		return "", false, errors.Join(errors.New("nobody knows of it"), err)
	}
	return data.CommandByKey.Status, data.CommandByKey.Inferred, nil
}

// A node that is killed with writes on their way loses none and doubles none: callers who ask again with the same key are
// answered by the others, who find out what became of what was on its way.
func TestNodesLoseNoWrites(t *testing.T) {
	const writes, callers = 60, 12
	c := many(t, sim.Options{Customers: 40, OperationTime: -1})
	all := c.seats(writes)
	held := &holdup{sim: c.sim, gate: make(chan struct{})}
	guard := http.HandlerFunc(held.ServeHTTP)
	c.upstream.guard.Store(&guard)
	url := c.balancer()
	var next atomic.Int64
	var again atomic.Int64
	var working sync.WaitGroup
	for range callers {
		working.Go(func() {
			for n := int(next.Add(1) - 1); n < writes; n = int(next.Add(1) - 1) {
				for deadline := time.Now().Add(nodesPatience); ; again.Add(1) {
					answer, err := c.change(url, all[n], all[n].quantity+1, key(n))
					if err == nil && answer.Command != nil {
						break
					}
					if time.Now().After(deadline) {
						t.Errorf("write %d is never answered: %+v, %v", n, answer, err)
						return
					}
				}
			}
		})
	}
	c.eventually("all callers' writes are on their way", func() error {
		if n := held.arrived.Load(); n < callers {
			return fmt.Errorf("%d are", n)
		}
		return nil
	})
	c.nodes[0].kill()
	close(held.gate)
	working.Wait()
	if again.Load() < callers/3 {
		t.Errorf("only %d were asked again: the node had nothing on its way", again.Load())
	}
	c.conclude(all)
}

// conclude waits until every write has ended, and compares what is said of it with what the simulator got.
func (c *cluster) conclude(all []seat) {
	c.t.Helper()
	foundOut, count := 0, map[string]int{}
	for n := range all {
		var status string
		var inferred bool
		c.eventually(fmt.Sprintf("write %d ends", n), func() (err error) {
			if status, inferred, err = c.outcome(c.nodes[1+n%2].url, n); status == "PENDING" || status == "UNKNOWN" {
				err = errors.New(status)
			}
			return err
		})
		arrived, committed := 0, 0
		for _, entry := range c.sim.Ledger() {
			if entry.Action == stellr.ActionChangeSeats && strings.Contains(string(entry.Body), key(n)) {
				arrived++
				if entry.Committed {
					committed++
				}
			}
		}
		if want := map[string]int{"SUCCEEDED": 1, "FAILED": 0}[status]; arrived > 1 || committed != want {
			c.t.Errorf("write %d is %s, %d arrived and %d were carried out", n, status, arrived, committed)
		}
		if got, err := c.quantity(c.nodes[2-n%2].url, all[n], "name"); err != nil || got != all[n].quantity+committed {
			c.t.Errorf("write %d, carried out %d times, leaves %d seats of %d: %v", n, committed, got, all[n].quantity, err)
		}
		count[status]++
		if inferred && status == "SUCCEEDED" {
			foundOut++
		}
	}
	c.t.Logf("%v, of which %d were found out", count, foundOut)
	if foundOut == 0 || count["SUCCEEDED"] < len(all)*9/10 {
		c.t.Errorf("%v, of which %d were found out", count, foundOut)
	}
}

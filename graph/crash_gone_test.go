package graph_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
)

// A caller who leaves ends nothing but the wait: the write goes on to its end, and its answer is taken.
func TestCallerLeaves(t *testing.T) {
	for _, kind := range []string{"createSubscriptions", "changeSeats", "cancelSubscription"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			j := openJournal(t)
			url, times := l.timedNode(j)
			e := l.errand(0, kind)
			ctx, leave := context.WithCancel(t.Context())
			slow := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				leave()
				for deadline := time.Now().Add(30 * time.Second); times.count() == 0 && time.Now().Before(deadline); {
					time.Sleep(time.Millisecond) // until nobody waits in the gateway any more
				}
				l.sim.ServeHTTP(w, r)
			})
			l.strike.Store(&slow)
			first := e.sendWhile(ctx, url)
			if !first.lost {
				t.Errorf("told %v", first)
			}
			l.note(e, first)
			rows := rowsOf(t, j)
			if len(rows) != 1 {
				t.Fatalf("the journal has %d commands", len(rows))
			}
			if c := rows[0]; c.Status != journal.Succeeded || c.Inferred {
				t.Errorf("the journal has %+v", c)
			}
			l.note(e, e.insist(url)...)
			l.conclude(j)
			if n := l.committed(e); n != 1 {
				t.Errorf("it was carried out %d times", n)
			}
		})
	}
}

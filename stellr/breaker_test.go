package stellr

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var down atomic.Bool
		down.Store(true)
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Millisecond)
			if down.Load() {
				answerJSON(w, 502, `{}`)
				return
			}
			answerJSON(w, 200, oneCustomer)
		})
		c := f.client(t, func(cfg *Config) { cfg.ReadAttempts = 1 })
		read := func() error { _, err := c.Customer(t.Context(), "100001"); return err }
		for range 19 {
			wantError(t, read(), CodeUnavailable, Unknown)
		}
		if c.Circuit() != "closed" {
			t.Fatal("19 failures are too few")
		}
		wantError(t, read(), CodeUnavailable, Unknown)
		if c.Circuit() != "open" {
			t.Fatalf("the circuit is %s after 20 failures", c.Circuit())
		}
		if e := wantError(t, read(), CodeUnavailable, NotSent); e.RetryAfter <= 0 || e.RetryAfter > 30*time.Second || e.Status != 0 {
			t.Errorf("got %+v", e)
		}
		wantError(t, changeSeats(t.Context(), c), CodeUnavailable, NotSent)
		if len(f.seen()) != 20 {
			t.Errorf("%d requests, want 20", len(f.seen()))
		}

		time.Sleep(31 * time.Second) // one probe, which fails
		for range 5 {
			go read()
		}
		synctest.Wait()
		if got := c.Circuit(); got != "half-open" {
			t.Errorf("the circuit is %s during the probe", got)
		}
		time.Sleep(time.Second)
		if len(f.seen()) != 21 || c.Circuit() != "open" {
			t.Errorf("%d requests, want 21; circuit %s", len(f.seen()), c.Circuit())
		}

		down.Store(false)
		time.Sleep(31 * time.Second)
		if err := read(); err != nil || c.Circuit() != "closed" {
			t.Errorf("%v, circuit %s", err, c.Circuit())
		}
	})
}

// A probe whose caller gives up says nothing about Stellr, and must not keep the circuit half-open for ever.
func TestProbeWithoutVerdictLetsAnotherTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, inTurn(answering(502, `{}`), func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, answering(200, oneCustomer)))
		c := f.client(t, func(cfg *Config) { cfg.ReadAttempts, cfg.BreakerRequests = 1, 1 })
		_, err := c.Customer(t.Context(), "100001")
		wantError(t, err, CodeUnavailable, Unknown)
		time.Sleep(31 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.Customer(ctx, "100001")
		wantError(t, err, CodeTimeout, Unknown)
		if _, err = c.Customer(t.Context(), "100001"); err != nil || c.Circuit() != "closed" {
			t.Errorf("%v, circuit %s", err, c.Circuit())
		}
	})
}

// What is not Stellr's fault does not open the circuit.
func TestCircuitStaysClosed(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"throttled": answering(429, `{}`), "not found": answering(404, `{}`), "forbidden": answering(403, `{}`),
		"refused": answering(400, `{"errorMessage":"no"}`), "business failure": answering(200, `{"errorMessage":"no"}`),
	}
	for name, handle := range tests {
		f := newFake(t, handle)
		c := f.client(t, func(cfg *Config) { cfg.ReadAttempts = 1 })
		for range 40 {
			c.Customer(t.Context(), "100001")
		}
		if c.Circuit() != "closed" {
			t.Errorf("%s: the circuit is %s", name, c.Circuit())
		}
	}
	f := newFake(t, nil)
	f.token = answering(500, `{}`)
	c := f.client(t, func(cfg *Config) { cfg.ReadAttempts = 1 })
	for range 40 {
		c.Customer(t.Context(), "100001")
	}
	if c.Circuit() != "closed" {
		t.Error("the token endpoint is another upstream")
	}
}

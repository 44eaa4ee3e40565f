package graph

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// saved is a journal that takes everything.
type saved struct {
	journal.Journal
	steps []journal.Step
}

func (j *saved) Save(_ context.Context, c *journal.Command) error {
	j.steps = append(j.steps, c.Step)
	return nil
}

// A fault of the gateway's own while a write is on its way leaves its outcome open, and ends nothing else.
func TestPanicOnTheWay(t *testing.T) {
	client, err := stellr.New(stellr.Config{ClientID: "a", ClientSecret: "b"})
	if err != nil {
		t.Fatal(err)
	}
	j := &saved{}
	r := NewResolver(Options{Client: client, Journal: j, Logger: slog.New(slog.DiscardHandler)})
	w := &write{send: func(context.Context) (*sent, error) { panic("a fault") }}
	o := r.keeper.dispatch(t.Context(), w, &journal.Command{ID: "1", Step: journal.Claimed, Status: journal.Pending})
	if o.err != nil || o.command == nil || o.command.Status != journal.Unknown || o.command.Step != journal.Reading || o.command.DueAt.Before(time.Now()) {
		t.Errorf("got %+v", o)
	}
	if len(j.steps) != 2 || j.steps[0] != journal.Dispatched || j.steps[1] != journal.Reading {
		t.Errorf("saved were %v", j.steps)
	}
	r.keeper.flights.wait.Wait()
}

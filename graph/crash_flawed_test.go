package graph_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
)

// flawed is a journal one of whose writes fails for the gateway's eyes: it may be on disk nevertheless, as when the
// connection to a database breaks in the middle of a commit.
type flawed struct {
	journal.Journal
	claims, dispatches, outcomes atomic.Int64 // how many of them fail yet
	written                      bool         // they are on disk nevertheless
}

var errFlawed = errors.New("unexpected EOF")

// spoil does a write that fails, or not.
func (j *flawed) spoil(left *atomic.Int64, write func() error) error {
	if left.Add(-1) < 0 {
		return write()
	}
	if j.written {
		return errors.Join(errFlawed, write())
	}
	return errFlawed
}

func (j *flawed) Claim(ctx context.Context, c *journal.Command, check journal.Check) (verdict journal.Verdict, other *journal.Command, err error) {
	err = j.spoil(&j.claims, func() (err error) {
		verdict, other, err = j.Journal.Claim(ctx, c, check)
		return err
	})
	return verdict, other, err
}

func (j *flawed) Save(ctx context.Context, c *journal.Command) error {
	left := &j.outcomes
	if c.Step == journal.Dispatched {
		left = &j.dispatches
	}
	before := c.Version
	err := j.spoil(left, func() error { return j.Journal.Save(ctx, c) })
	if errors.Is(err, errFlawed) {
		c.Version = before // who is told of a failure knows of no new version
	}
	return err
}

// Whatever the journal fails to do, and whether it has done it nevertheless: an order is carried out once when the
// caller insists, and what could not be written down is found out by reading.
func TestFlawedJournal(t *testing.T) {
	for _, c := range []struct {
		name    string
		written bool
		fail    func(*flawed) *atomic.Int64
		times   int64
		told    string // the first answer: its status, or its code
	}{
		{"a claim is not on disk", false, func(j *flawed) *atomic.Int64 { return &j.claims }, 1, "JOURNAL_UNAVAILABLE"},
		{"a claim is on disk", true, func(j *flawed) *atomic.Int64 { return &j.claims }, 1, "JOURNAL_UNAVAILABLE"},
		{"a dispatch is not on disk", false, func(j *flawed) *atomic.Int64 { return &j.dispatches }, 1, "JOURNAL_UNAVAILABLE"},
		{"a dispatch is on disk", true, func(j *flawed) *atomic.Int64 { return &j.dispatches }, 1, "JOURNAL_UNAVAILABLE"},
		{"an outcome is not on disk", false, func(j *flawed) *atomic.Int64 { return &j.outcomes }, 2, "PENDING"},
		{"an outcome is on disk", true, func(j *flawed) *atomic.Int64 { return &j.outcomes }, 2, "PENDING"},
		{"an outcome is never on disk", false, func(j *flawed) *atomic.Int64 { return &j.outcomes }, 1000, "PENDING"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, func(p *plan) { p.Writes.Patience, p.Writes.Margin = 400*time.Millisecond, 200*time.Millisecond })
			j := &flawed{Journal: openJournal(t), written: c.written}
			url, _ := l.timedNode(j)
			e := l.errand(0, "createSubscriptions")
			c.fail(j).Store(c.times)
			first := e.send(url)
			if got := first.status + first.code; got != c.told {
				t.Errorf("told %v", first)
			}
			if n := l.committed(e); c.told == "JOURNAL_UNAVAILABLE" && n > 0 {
				t.Errorf("%d orders were carried out that the journal did not take", n)
			}
			l.note(e, first)
			c.fail(j).Store(0)
			l.note(e, e.insist(url)...)
			l.conclude(j)
			if n := l.committed(e); n != 1 {
				t.Errorf("it was carried out %d times", n)
			}
		})
	}
}

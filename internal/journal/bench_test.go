package journal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
)

// BenchmarkWrite is what a write costs in the journal: its claim, that it is sent, and what came of it. Each is on disk
// before the next begins.
func BenchmarkWrite(b *testing.B) {
	for _, s := range stores() {
		for _, writers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/writers=%d", s.name, writers), func(b *testing.B) {
				j, m := open(b, s.fresh(b)), &maker{}
				work := make(chan struct{})
				done := make(chan error, writers)
				for range writers {
					go func() {
						var err error
						for range work {
							if err == nil {
								err = write(b.Context(), j, m)
							}
						}
						done <- err
					}()
				}
				for b.Loop() {
					work <- struct{}{}
				}
				close(work)
				for range writers {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// write is a purchase from its claim to its outcome.
func write(ctx context.Context, j journal.Journal, m *maker) error {
	c := m.command(func(c *journal.Command) {
		c.CustomerNo, c.SubscriptionIDs = "customer of "+c.ID, []string{"subscription of " + c.ID}
		c.Input = json.RawMessage(`{"customerNo":"100001","items":[{"productId":"CFQ7TTC0LH18:0001","quantity":25}]}`)
		c.Evidence = json.RawMessage(`{"existing":[{"subscriptionId":"s1","quantity":20}],"wanted":25}`)
	})
	check := journal.Check{DuplicatesSince: noon.Add(-10 * time.Minute), Based: true}
	if verdict, _, err := j.Claim(ctx, c, check); err != nil || verdict != journal.Won {
		return fmt.Errorf("%q: %w", verdict, err)
	}
	c.Step, c.DispatchedAt, c.DueAt = journal.Dispatched, noon, noon.Add(time.Minute)
	if err := j.Save(ctx, c); err != nil {
		return err
	}
	c.Status, c.Step, c.FinishedAt, c.DueAt = journal.Succeeded, journal.Ended, noon, time.Time{}
	c.Operations = []journal.Operation{{OperationID: "operation of " + c.ID, StatusText: "completed", Ended: true}}
	return j.Save(ctx, c)
}

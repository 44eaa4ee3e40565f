package journal_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
)

// due claims a command that somebody must look at then.
func due(t *testing.T, j journal.Journal, m *maker, at time.Time) *journal.Command {
	t.Helper()
	return won(t, j, m.command(func(c *journal.Command) { c.DueAt = at }))
}

// takes fails unless node is given these commands, in this order.
func takes(t *testing.T, j journal.Journal, node string, now time.Time, most int, wanted ...*journal.Command) []*journal.Command {
	t.Helper()
	taken, err := j.Take(t.Context(), "account", node, now, time.Minute, most)
	if err != nil || fmt.Sprint(ids(taken)) != fmt.Sprint(ids(wanted)) {
		t.Fatalf("%s takes %v, %v; want %v", node, ids(taken), err, ids(wanted))
	}
	for _, c := range taken {
		if c.Node != node || !c.LeaseUntil.Equal(now.Add(time.Minute)) {
			t.Errorf("%s has a lease of %q until %v", node, c.Node, c.LeaseUntil)
		}
	}
	return taken
}

func TestTake(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		nodes, m := s.openAll(t), &maker{}
		j, other := nodes[0], nodes[len(nodes)-1]
		second, fourth, first := due(t, j, m, noon.Add(2)), due(t, j, m, noon.Add(time.Second)), due(t, j, m, noon.Add(-time.Hour))
		third := due(t, j, m, noon)
		due(t, j, m, time.Time{})
		won(t, j, m.command(func(c *journal.Command) { c.Account, c.DueAt = "sandbox", noon }))

		takes(t, j, "a", noon.Add(-2*time.Hour), 9)
		takes(t, j, "a", noon, 0)
		takes(t, j, "a", noon, 2, first, second)
		takes(t, other, "b", noon, 9, third)
		takes(t, j, "a", noon, 9)
		takes(t, other, "b", noon.Add(time.Second), 9, fourth)
		takes(t, other, "b", noon.Add(time.Minute-time.Microsecond), 9)
		// Leases that have lapsed: the node that had them is lost.
		again := takes(t, other, "b", noon.Add(time.Minute), 9, first, second, third)
		takes(t, j, "a", noon.Add(time.Minute), 9)
		// What is given back is there for all, and what is not due any more for nobody.
		saved(t, other, again[0], func(c *journal.Command) { c.Node, c.LeaseUntil = "", time.Time{} })
		saved(t, other, again[1], func(c *journal.Command) { c.Node, c.LeaseUntil, c.DueAt = "", time.Time{}, time.Time{} })
		takes(t, j, "a", noon.Add(time.Minute), 9, first)
		if _, err := j.Take(t.Context(), "account", "", noon, time.Minute, 1); err == nil {
			t.Error("commands were given to a node without a name")
		}
	})
}

// Whoever was slow and lost its lease may still say how it ended: what was saved counts, and not who was given it.
func TestALeaseIsNoVersion(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		c := due(t, j, m, noon)
		taken := takes(t, j, "b", noon, 1, c)[0]
		saved(t, j, c, func(c *journal.Command) { c.Status = journal.Succeeded })
		if err := j.Save(t.Context(), taken); err == nil {
			t.Error("a node that was given the command wrote over what was saved meanwhile")
		}
	})
}

func TestNoCommandIsGivenToTwoNodes(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		nodes, m := s.openAll(t), &maker{}
		const all = 120
		for range all {
			due(t, nodes[0], m, noon)
		}
		var mu sync.Mutex
		var wait sync.WaitGroup
		given := map[string]string{}
		for n := range 8 {
			wait.Go(func() {
				name := fmt.Sprint("node ", n)
				for {
					taken, err := nodes[n%len(nodes)].Take(t.Context(), "account", name, noon, time.Minute, 7)
					if err != nil {
						t.Error(err)
						return
					}
					if len(taken) > 7 {
						t.Errorf("%d commands at once", len(taken))
					}
					mu.Lock()
					for _, c := range taken {
						if before, twice := given[c.ID]; twice {
							t.Errorf("%s was given to %s and to %s", c.ID, before, name)
						}
						given[c.ID] = name
					}
					done := len(given) >= all || t.Failed()
					mu.Unlock()
					if done {
						return
					}
				}
			})
		}
		wait.Wait()
		if len(given) != all {
			t.Errorf("%d of %d were given", len(given), all)
		}
	})
}

func TestNextDue(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		next := func(wanted time.Time) {
			t.Helper()
			if got, err := j.NextDue(t.Context(), "account"); err != nil || got != wanted {
				t.Errorf("%v, %v; want %v", got, err, wanted)
			}
		}
		next(time.Time{})
		due(t, j, m, time.Time{})
		next(time.Time{})
		won(t, j, m.command(func(c *journal.Command) { c.Account, c.DueAt = "sandbox", noon.Add(-time.Hour) }))
		later := due(t, j, m, noon.Add(time.Hour))
		next(noon.Add(time.Hour))
		due(t, j, m, noon)
		next(noon)
		takes(t, j, "a", noon, 1, &journal.Command{ID: "00000004"})
		next(noon.Add(time.Minute))
		saved(t, j, later, func(c *journal.Command) { c.DueAt = noon.Add(time.Second) })
		next(noon.Add(time.Second))
		saved(t, j, later, func(c *journal.Command) { c.Node, c.LeaseUntil = "a", noon.Add(time.Millisecond) }) // lapses before
		next(noon.Add(time.Second))
	})
}

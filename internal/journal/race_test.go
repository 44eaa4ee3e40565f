package journal_test

import (
	"fmt"
	"sync"
	"testing"

	"stellr-gateway/internal/journal"
)

// claimAll claims commands at once, on all nodes, and returns how often each verdict was given and about which commands.
func claimAll(t *testing.T, nodes []journal.Journal, check journal.Check, all []*journal.Command) (verdicts map[journal.Verdict]int, about map[string]int) {
	t.Helper()
	verdicts, about = map[journal.Verdict]int{}, map[string]int{}
	var mu sync.Mutex
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i, c := range all {
		wait.Go(func() {
			<-start
			verdict, other, err := nodes[i%len(nodes)].Claim(t.Context(), c, check)
			if err != nil {
				t.Error(err)
			}
			if verdict == journal.Won {
				other = c
			}
			mu.Lock()
			defer mu.Unlock()
			verdicts[verdict]++
			if other != nil {
				about[other.ID]++
			}
		})
	}
	close(start)
	wait.Wait()
	return verdicts, about
}

// many makes 200 commands.
func many(change func(n int, c *journal.Command)) []*journal.Command {
	m := &maker{}
	var all []*journal.Command
	for n := range 200 {
		all = append(all, m.command(func(c *journal.Command) { change(n, c) }))
	}
	return all
}

func TestClaimsAtOnce(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		nodes := s.openAll(t)
		for _, test := range []struct {
			name   string
			change func(n int, c *journal.Command)
			check  journal.Check
			loser  journal.Verdict
		}{
			{"one key", func(n int, c *journal.Command) { c.Key = "key" }, journal.Check{}, journal.Taken},
			{"one key, nothing else in common", func(n int, c *journal.Command) {
				c.Key, c.CustomerNo, c.Spends = "key", fmt.Sprint(n), false
			}, journal.Check{}, journal.Taken},
			{"one key, customers apart", func(n int, c *journal.Command) { c.Key, c.CustomerNo = "key", fmt.Sprint(n) }, journal.Check{}, journal.Taken},
			{"all apart", func(int, *journal.Command) {}, journal.Check{DuplicatesSince: noon, Based: true}, ""},
			{"the same bought", func(n int, c *journal.Command) { c.Purchase = "same" }, journal.Check{DuplicatesSince: noon}, journal.Duplicate},
			{"the same bought, without a customer", func(n int, c *journal.Command) { c.Purchase, c.CustomerNo = "same", "" },
				journal.Check{DuplicatesSince: noon}, journal.Duplicate},
			{"the same bought, customers apart", func(n int, c *journal.Command) { c.Purchase, c.CustomerNo = "same", fmt.Sprint(n) },
				journal.Check{DuplicatesSince: noon}, journal.Duplicate},
			{"one subscription", func(n int, c *journal.Command) {
				c.Spends, c.Organization, c.SubscriptionIDs = false, fmt.Sprint(n), []string{"s1"}
			}, journal.Check{Based: true}, journal.Busy},
		} {
			t.Run(test.name, func(t *testing.T) {
				all := many(func(n int, c *journal.Command) {
					c.ID, c.Account = test.name+c.ID, test.name
					test.change(n, c)
				})
				verdicts, about := claimAll(t, nodes, test.check, all)
				wanted := map[journal.Verdict]int{journal.Won: 1, test.loser: len(all) - 1}
				winners := 1
				if test.loser == "" {
					wanted, winners = map[journal.Verdict]int{journal.Won: len(all)}, len(all)
				}
				if fmt.Sprint(verdicts) != fmt.Sprint(wanted) || len(about) != winners {
					t.Errorf("verdicts %v about %d commands; want %v", verdicts, len(about), wanted)
				}
				if n, err := nodes[0].Count(t.Context(), journal.Filter{Account: test.name}); err != nil || n != winners {
					t.Errorf("%d are in the journal, %v; want %d", n, err, winners)
				}
			})
		}
	})
}

// Of savers of one version, one wins.
func TestSavesAtOnce(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		nodes, m := s.openAll(t), &maker{}
		c := won(t, nodes[0], m.command(nil))
		var wait sync.WaitGroup
		results := make(chan error, 50)
		for n := range cap(results) {
			mine := *c
			wait.Go(func() { results <- nodes[n%len(nodes)].Save(t.Context(), &mine) })
		}
		wait.Wait()
		close(results)
		saved := 0
		for err := range results {
			if err == nil {
				saved++
			}
		}
		if saved != 1 {
			t.Errorf("%d of %d savers of one version won", saved, cap(results))
		}
	})
}

package journal_test

import (
	"testing"
	"time"

	"stellr-gateway/internal/journal"
)

func TestTaken(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		first := won(t, j, m.command(func(c *journal.Command) { c.Key = "key" }))
		if first.Version != 1 || first.Step != journal.Claimed {
			t.Errorf("a claimed command has version %d and step %q", first.Version, first.Step)
		}
		same := func(change func(c *journal.Command)) *journal.Command {
			return m.command(func(c *journal.Command) { c.Key = "key"; change(c) })
		}
		want(t, j, same(func(c *journal.Command) { c.CustomerNo = "another"; c.Spends = false }), journal.Check{}, journal.Taken, first)
		want(t, j, same(func(c *journal.Command) { c.Organization = "umbrella" }), journal.Check{}, journal.Won, nil)
		want(t, j, same(func(c *journal.Command) { c.Account = "sandbox" }), journal.Check{}, journal.Won, nil)
		want(t, j, same(func(c *journal.Command) { c.Action = "changeSeats" }), journal.Check{}, journal.Won, nil)
		want(t, j, m.command(func(c *journal.Command) { c.Key = "" }), journal.Check{}, journal.Won, nil)
		want(t, j, m.command(func(c *journal.Command) { c.Key = "" }), journal.Check{}, journal.Won, nil)
	})
}

func TestAReleasedKeyIsFree(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		named := func(c *journal.Command) { c.Key = "key" }
		for range 2 { // as often as may be
			c := won(t, j, m.command(named))
			want(t, j, m.command(named), journal.Check{}, journal.Taken, c)
			saved(t, j, c, func(c *journal.Command) { c.Released, c.Status, c.Step = true, journal.Failed, journal.Ended })
		}
	})
}

func TestAClaimedCommandIsWhatWasGiven(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		c := m.command(func(c *journal.Command) { c.Step, c.Version = journal.Ended, 7 })
		won(t, j, c)
		if c.Version != 1 || c.Step != journal.Claimed {
			t.Errorf("the command has version %d and step %q", c.Version, c.Step)
		}
		for _, broken := range []*journal.Command{
			m.command(func(c *journal.Command) { c.CreatedAt = time.Time{} }),
			m.command(func(c *journal.Command) { c.ID = "" }),
			m.command(func(c *journal.Command) { c.Input = []byte("{") }),
			m.command(func(c *journal.Command) { c.ID = "00000001" }),
		} {
			if verdict, _, err := j.Claim(t.Context(), broken, journal.Check{}); err == nil || broken.Version != 0 {
				t.Errorf("%+v was %q, version %d", broken, verdict, broken.Version)
			}
		}
		if n, err := j.Count(t.Context(), journal.Filter{Account: "account"}); err != nil || n != 1 {
			t.Errorf("%d commands, %v; want 1", n, err)
		}
	})
}

func TestBlocked(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		unknown := saved(t, j, won(t, j, m.command(func(c *journal.Command) {
			c.ProductIDs, c.SubscriptionIDs = []string{"p1", "p2"}, []string{"s1", "s2"}
		})), func(c *journal.Command) { c.Status, c.Step = journal.Unknown, journal.Reading })
		product := func(c *journal.Command) { c.ProductIDs = []string{"p9", "p2"} }
		and := func(changes ...func(*journal.Command)) *journal.Command {
			return m.command(func(c *journal.Command) {
				for _, change := range changes {
					change(c)
				}
			})
		}
		none := journal.Check{}
		want(t, j, and(product), none, journal.Blocked, unknown)
		want(t, j, and(product, func(c *journal.Command) { c.Organization = "umbrella" }), none, journal.Blocked, unknown)
		want(t, j, and(func(c *journal.Command) { c.SubscriptionIDs = []string{"s9", "s2"} }), none, journal.Blocked, unknown)
		want(t, j, and(product, func(c *journal.Command) { c.Account = "sandbox" }), none, journal.Won, nil)
		want(t, j, and(product, func(c *journal.Command) { c.CustomerNo = "another" }), none, journal.Won, nil)
		want(t, j, and(product, func(c *journal.Command) { c.Spends = false }), none, journal.Won, nil)
		want(t, j, and(func(c *journal.Command) { c.ProductIDs, c.SubscriptionIDs = []string{"s1"}, []string{"p1"} }), none, journal.Won, nil)
		for _, status := range []journal.Status{journal.Pending, journal.Succeeded, journal.Rejected, journal.Failed} {
			saved(t, j, unknown, func(c *journal.Command) { c.Status = status })
			want(t, j, and(product), none, journal.Won, nil)
		}
		saved(t, j, unknown, func(c *journal.Command) { c.Status, c.Spends = journal.Unknown, false }) // it may have ended what more is bought of
		want(t, j, and(product), none, journal.Blocked, unknown)
		saved(t, j, unknown, func(c *journal.Command) { c.ProductIDs, c.SubscriptionIDs = []string{journal.AnyProduct}, nil })
		want(t, j, and(product), none, journal.Blocked, unknown)
	})
}

func TestBlockedByOneOfSeveral(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		var all []*journal.Command
		for range 3 {
			c := won(t, j, m.command(nil))
			all = append(all, saved(t, j, c, func(c *journal.Command) { c.Status = journal.Unknown }))
		}
		for _, other := range all {
			want(t, j, m.command(func(c *journal.Command) { c.ProductIDs = other.ProductIDs }), journal.Check{}, journal.Blocked, other)
		}
	})
}

func TestDuplicate(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		first := won(t, j, m.command(func(c *journal.Command) { c.Purchase = "same" }))
		same := func(change func(c *journal.Command)) *journal.Command {
			return m.command(func(c *journal.Command) {
				c.Purchase = "same"
				if change != nil {
					change(c)
				}
			})
		}
		since := journal.Check{DuplicatesSince: noon}
		want(t, j, same(nil), since, journal.Duplicate, first)
		want(t, j, same(func(c *journal.Command) { c.CustomerNo = "another" }), since, journal.Duplicate, first)
		want(t, j, same(func(c *journal.Command) { c.Key = "" }), since, journal.Duplicate, first)
		want(t, j, m.command(nil), since, journal.Won, nil)
		want(t, j, same(func(c *journal.Command) { c.Account = "sandbox" }), since, journal.Won, nil)
		want(t, j, same(func(c *journal.Command) { c.Organization = "umbrella" }), since, journal.Duplicate, first)
		want(t, j, same(func(c *journal.Command) { c.Action = "createAddOn" }), since, journal.Won, nil)
		want(t, j, same(func(c *journal.Command) { c.Spends = false }), since, journal.Won, nil)
		for status, verdict := range map[journal.Status]journal.Verdict{journal.Succeeded: journal.Duplicate, journal.Unknown: journal.Duplicate} {
			saved(t, j, first, func(c *journal.Command) { c.Status = status })
			want(t, j, same(nil), since, verdict, first)
		}
		want(t, j, same(nil), journal.Check{DuplicatesSince: noon.Add(time.Microsecond)}, journal.Won, nil)
		want(t, j, same(nil), journal.Check{}, journal.Won, nil)
	})
}

func TestWhatFailedIsNoDuplicate(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		for _, status := range []journal.Status{journal.Rejected, journal.Failed, journal.Failed} {
			c := m.command(func(c *journal.Command) { c.Purchase = "same" })
			want(t, j, c, journal.Check{DuplicatesSince: noon}, journal.Won, nil)
			saved(t, j, c, func(c *journal.Command) { c.Status, c.LeftBehind = status, []string{} })
		}
		partly := won(t, j, m.command(func(c *journal.Command) { c.Purchase = "partly" }))
		saved(t, j, partly, func(c *journal.Command) { c.Status, c.LeftBehind = journal.Failed, []string{"s1"} })
		want(t, j, m.command(func(c *journal.Command) { c.Purchase = "partly" }), journal.Check{DuplicatesSince: noon}, journal.Duplicate, partly)
	})
}

func TestBusyAndOutdated(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		change := func(more func(c *journal.Command)) *journal.Command {
			return m.command(func(c *journal.Command) {
				c.Spends, c.SubscriptionIDs = false, []string{"s1"}
				if more != nil {
					more(c)
				}
			})
		}
		mark := func() journal.Check {
			t.Helper()
			n, err := j.Mark(t.Context(), "account", "customer", "s1")
			if err != nil {
				t.Fatal(err)
			}
			return journal.Check{Based: true, Mark: n}
		}
		read := mark()
		first := won(t, j, change(func(c *journal.Command) { c.SubscriptionIDs = []string{"s1", "s2"} }))
		want(t, j, change(func(c *journal.Command) { c.Organization = "umbrella" }), read, journal.Busy, first)
		want(t, j, change(func(c *journal.Command) { c.SubscriptionIDs = []string{"s2", "s1"} }), read, journal.Won, nil)
		want(t, j, change(func(c *journal.Command) { c.SubscriptionIDs = nil }), read, journal.Won, nil)
		want(t, j, change(func(c *journal.Command) { c.Account = "sandbox" }), read, journal.Won, nil)
		want(t, j, change(func(c *journal.Command) { c.CustomerNo = "another" }), read, journal.Won, nil)
		// The times are those of a node whose clock is a day behind: nothing may depend on them.
		behind := noon.Add(-24 * time.Hour)
		steps := []func(c *journal.Command){
			func(c *journal.Command) { c.Step, c.DispatchedAt = journal.Dispatched, behind },
			func(c *journal.Command) { c.Step = journal.Following },
			func(c *journal.Command) { c.Step, c.FinishedAt = journal.Ended, behind },
		}
		for i, step := range steps {
			before := mark()
			saved(t, j, first, step)
			if i == 0 {
				want(t, j, change(nil), mark(), journal.Busy, first)
				continue
			}
			want(t, j, change(nil), read, journal.Outdated, first)
			want(t, j, change(nil), before, journal.Outdated, first)
			wantVerdict(t, "Look", journal.Free, nil)(j.Look(t.Context(), change(nil), mark()))
			settled := mark()
			settled.Settled = true
			if i == 1 {
				want(t, j, change(nil), settled, journal.Busy, first)
			} else {
				wantVerdict(t, "Look", journal.Free, nil)(j.Look(t.Context(), change(nil), settled))
			}
			saved(t, j, first, func(c *journal.Command) { c.Reads++ }) // what is saved and changes nothing outdates nothing
			wantVerdict(t, "Look", journal.Free, nil)(j.Look(t.Context(), change(nil), mark()))
		}
		want(t, j, change(func(c *journal.Command) { c.Account = "another" }), read, journal.Won, nil)
		want(t, j, change(nil), journal.Check{}, journal.Won, nil)
	})
}

func TestTheOrderOfVerdicts(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		subscription := []string{"s1"}
		outdated := saved(t, j, won(t, j, m.command(func(c *journal.Command) { c.SubscriptionIDs = subscription })),
			func(c *journal.Command) {
				c.Step, c.DispatchedAt, c.FinishedAt = journal.Ended, noon.Add(-time.Hour), noon.Add(time.Hour)
			})
		busy := won(t, j, m.command(func(c *journal.Command) { c.SubscriptionIDs = subscription }))
		duplicate := won(t, j, m.command(func(c *journal.Command) { c.Purchase = "same" }))
		blocked := saved(t, j, won(t, j, m.command(func(c *journal.Command) { c.ProductIDs = []string{"p1"} })),
			func(c *journal.Command) { c.Status = journal.Unknown })
		taken := won(t, j, m.command(func(c *journal.Command) { c.Key = "key" }))

		c := m.command(func(c *journal.Command) {
			c.Key, c.Purchase, c.ProductIDs, c.SubscriptionIDs = "key", "same", []string{"p1"}, subscription
		})
		mark, err := j.Mark(t.Context(), c.Account, c.CustomerNo, "s1")
		if err != nil {
			t.Fatal(err)
		}
		check := journal.Check{DuplicatesSince: noon, Based: true, Mark: mark - 1}
		want(t, j, c, check, journal.Taken, taken)
		c.Key = "another"
		want(t, j, c, check, journal.Blocked, blocked)
		c.ProductIDs = nil
		want(t, j, c, check, journal.Duplicate, duplicate)
		c.Purchase = "another"
		want(t, j, c, check, journal.Busy, busy)
		saved(t, j, busy, func(c *journal.Command) { c.Step = journal.Ended })
		want(t, j, c, check, journal.Outdated, outdated)
		check.Mark = mark
		want(t, j, c, check, journal.Won, nil)
	})
}

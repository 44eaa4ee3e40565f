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
		saved(t, j, unknown, func(c *journal.Command) { c.Status, c.Spends = journal.Unknown, false })
		want(t, j, and(product), none, journal.Won, nil)
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
		first := won(t, j, m.command(func(c *journal.Command) { c.InputHash = "same" }))
		same := func(change func(c *journal.Command)) *journal.Command {
			return m.command(func(c *journal.Command) {
				c.InputHash = "same"
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
		want(t, j, same(func(c *journal.Command) { c.Organization = "umbrella" }), since, journal.Won, nil)
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
			c := m.command(func(c *journal.Command) { c.InputHash = "same" })
			want(t, j, c, journal.Check{DuplicatesSince: noon}, journal.Won, nil)
			saved(t, j, c, func(c *journal.Command) { c.Status, c.LeftBehind = status, []string{} })
		}
		partly := won(t, j, m.command(func(c *journal.Command) { c.InputHash = "partly" }))
		saved(t, j, partly, func(c *journal.Command) { c.Status, c.LeftBehind = journal.Failed, []string{"s1"} })
		want(t, j, m.command(func(c *journal.Command) { c.InputHash = "partly" }), journal.Check{DuplicatesSince: noon}, journal.Duplicate, partly)
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
		read := journal.Check{ReadAt: noon.Add(time.Minute)}
		first := won(t, j, change(func(c *journal.Command) { c.SubscriptionIDs = []string{"s1", "s2"} }))
		want(t, j, change(func(c *journal.Command) { c.Organization = "umbrella" }), read, journal.Busy, first)
		want(t, j, change(func(c *journal.Command) { c.SubscriptionIDs = []string{"s2", "s1"} }), read, journal.Won, nil)
		want(t, j, change(func(c *journal.Command) { c.SubscriptionIDs = nil }), read, journal.Won, nil)
		want(t, j, change(func(c *journal.Command) { c.Account = "sandbox" }), read, journal.Won, nil)
		want(t, j, change(func(c *journal.Command) { c.CustomerNo = "another" }), read, journal.Won, nil)
		saved(t, j, first, func(c *journal.Command) {
			c.Step, c.DispatchedAt, c.ChangedAt = journal.Dispatched, noon, noon.Add(time.Hour)
		})
		want(t, j, change(nil), read, journal.Busy, first)
		for _, step := range []journal.Step{journal.Following, journal.Reading, journal.Ended} {
			settled := journal.Check{ReadAt: read.ReadAt, Settled: true}
			saved(t, j, first, func(c *journal.Command) { c.Step, c.FinishedAt = step, read.ReadAt })
			want(t, j, change(nil), read, journal.Outdated, first)
			saved(t, j, first, func(c *journal.Command) { c.FinishedAt, c.DispatchedAt = time.Time{}, read.ReadAt })
			want(t, j, change(nil), read, journal.Outdated, first)
			saved(t, j, first, func(c *journal.Command) { c.DispatchedAt, c.ChangedAt = noon, read.ReadAt.Add(time.Hour) })
			if step == journal.Following {
				want(t, j, change(nil), settled, journal.Busy, first)
			} else {
				wantVerdict(t, "Look", journal.Free, nil)(j.Look(t.Context(), change(nil), settled))
			}
			want(t, j, change(func(c *journal.Command) { c.SubscriptionIDs = []string{"s1"}; c.Account = string(step) }), read, journal.Won, nil)
			wantVerdict(t, "Look", journal.Free, nil)(j.Look(t.Context(), change(nil), read))
		}
		saved(t, j, first, func(c *journal.Command) { c.DispatchedAt, c.ChangedAt = time.Time{}, read.ReadAt.Add(time.Hour) })
		wantVerdict(t, "Look", journal.Free, nil)(j.Look(t.Context(), change(nil), read))
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
		duplicate := won(t, j, m.command(func(c *journal.Command) { c.InputHash = "same" }))
		blocked := saved(t, j, won(t, j, m.command(func(c *journal.Command) { c.ProductIDs = []string{"p1"} })),
			func(c *journal.Command) { c.Status = journal.Unknown })
		taken := won(t, j, m.command(func(c *journal.Command) { c.Key = "key" }))

		c := m.command(func(c *journal.Command) {
			c.Key, c.InputHash, c.ProductIDs, c.SubscriptionIDs = "key", "same", []string{"p1"}, subscription
		})
		check := journal.Check{DuplicatesSince: noon, ReadAt: noon}
		want(t, j, c, check, journal.Taken, taken)
		c.Key = "another"
		want(t, j, c, check, journal.Blocked, blocked)
		c.ProductIDs = nil
		want(t, j, c, check, journal.Duplicate, duplicate)
		c.InputHash = "another"
		want(t, j, c, check, journal.Busy, busy)
		saved(t, j, busy, func(c *journal.Command) { c.Step = journal.Ended })
		want(t, j, c, check, journal.Outdated, outdated)
		saved(t, j, outdated, func(c *journal.Command) { c.FinishedAt = noon.Add(-time.Hour) })
		want(t, j, c, check, journal.Won, nil)
	})
}

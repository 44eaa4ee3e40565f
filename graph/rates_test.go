package graph

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

func TestRates(t *testing.T) {
	now := time.Unix(1000, 0)
	r := newRates(10, 30, func() time.Time { return now })
	for _, step := range []struct {
		does string
		wait time.Duration
		do   func() time.Duration
	}{
		{"a bucket holds ten seconds' worth", 0, func() time.Duration { return r.take("a", 100) }},
		{"it is empty", 500 * time.Millisecond, func() time.Duration { return r.take("a", 5) }},
		{"what is refused is not charged", 500 * time.Millisecond, func() time.Duration { return r.take("a", 5) }},
		{"what was not used comes back", 0, func() time.Duration { r.correct("a", -7); return r.take("a", 7) }},
		{"what cost more is owed", 2 * time.Second, func() time.Duration { r.correct("a", 10); return r.take("a", 10) }},
		{"time pays", 0, func() time.Duration { now = now.Add(2 * time.Second); return r.take("a", 10) }},
		{"another has a bucket of its own", 0, func() time.Duration { return r.take("b", 100) }},
		{"a clock that goes back takes nothing away", 100 * time.Millisecond, func() time.Duration { now = now.Add(-time.Hour); return r.take("b", 1) }},
		{"and gives nothing twice", 0, func() time.Duration { now = now.Add(24 * time.Hour); return r.take("a", 100) }},
		{"no more than a bucket is saved", 100 * time.Millisecond, func() time.Duration { return r.take("a", 1) }},
		{"too much given back is not kept either", 0, func() time.Duration { r.correct("a", -1000); return r.take("a", 100) }},
		{"so that it is empty again", 100 * time.Millisecond, func() time.Duration { return r.take("a", 1) }},
	} {
		if wait := step.do(); wait != step.wait {
			t.Errorf("%s: told to wait %v, not %v", step.does, wait, step.wait)
		}
	}
	if largest := newRates(1, 500, time.Now); largest.take("a", 500) != 0 {
		t.Error("the largest operation never fits into a bucket")
	}
	off := newRates(0, 500, time.Now)
	for range 100 {
		if off.take("a", 500) != 0 {
			t.Fatal("without a rate, a caller is refused")
		}
	}
	off.correct("a", 100)
	if len(off.buckets) > 0 {
		t.Error("without a rate, callers are remembered")
	}
}

// Callers come and go; only those who have used something a short time ago are remembered.
func TestCallersWhoAreGoneAreForgotten(t *testing.T) {
	now := time.Unix(1000, 0)
	r := newRates(10, 30, func() time.Time { return now })
	most := 0
	for i := range 100_000 {
		now = now.Add(10 * time.Millisecond)
		r.take(fmt.Sprint("caller ", i), 100) // full again after ten seconds, or a thousand callers
		most = max(most, len(r.buckets))
	}
	if most > 4*fewBuckets {
		t.Errorf("%d callers were remembered", most)
	}
	if r.take("caller 99999", 1) == 0 {
		t.Error("the last one was forgotten")
	}
}

func TestCallersSpendAtOnce(t *testing.T) {
	now := time.Unix(1000, 0)
	r := newRates(10, 30, func() time.Time { return now })
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			for range 20 {
				if r.take("a", 3) == 0 {
					r.correct("a", -2)
				}
			}
		})
	}
	all.Wait()
	if left := r.left("a"); left != 100-98 && left != 100-100 && left != 100-99 {
		t.Errorf("%v points are left of 100, where each operation cost one", left)
	}
}

package graph

import (
	"sync"
	"time"
)

// rates ration what each caller may cost. A caller begins with a full bucket of points; it is charged with the estimate
// before and corrected by what an operation really cost.
type rates struct {
	perSecond float64 // 0 sets no limit
	most      float64 // points in a full bucket
	now       func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket // by caller; those that are not there are full
	crowd   int               // so many buckets are enough to look for full ones
}

// bucket is what a caller had left at a time. Below 0, operations have cost more than was estimated.
type bucket struct {
	points float64
	at     time.Time
}

// fewBuckets are not worth being looked through.
const fewBuckets = 1024

// newRates makes the ration. A bucket holds ten seconds' worth, or one operation of the largest cost.
func newRates(perSecond float64, largest int, now func() time.Time) *rates {
	return &rates{perSecond: perSecond, most: max(10*perSecond, float64(largest)), now: now, buckets: map[string]bucket{}, crowd: fewBuckets}
}

// take charges the caller. Where too little is left it charges nothing, and answers how long to wait.
func (r *rates) take(caller string, points int) time.Duration {
	if r.perSecond == 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	left := r.left(caller)
	if missing := float64(points) - left; missing > 0 {
		return time.Duration(missing / r.perSecond * float64(time.Second))
	}
	r.keep(caller, left-float64(points))
	return 0
}

// correct charges what an operation cost besides; below 0, gives back what it did not.
func (r *rates) correct(caller string, points int) {
	if r.perSecond == 0 || points == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(caller, r.left(caller)-float64(points))
}

// left is what the caller has now.
func (r *rates) left(caller string) float64 {
	b, ok := r.buckets[caller]
	if !ok {
		return r.most
	}
	return min(r.most, b.points+max(0, r.now().Sub(b.at).Seconds())*r.perSecond)
}

// keep remembers what the caller has. Callers who have not called for so long that their buckets are full are forgotten.
func (r *rates) keep(caller string, points float64) {
	r.buckets[caller] = bucket{points, r.now()}
	if len(r.buckets) < r.crowd {
		return
	}
	for name := range r.buckets {
		if r.left(name) >= r.most {
			delete(r.buckets, name)
		}
	}
	r.crowd = max(fewBuckets, 2*len(r.buckets))
}

package transport

import "sync"

// quota counts what each caller has open, and says when it is enough.
type quota struct {
	most int
	mu   sync.Mutex
	open map[string]int
}

func newQuota(most int) *quota { return &quota{most: most, open: map[string]int{}} }

// take opens one more for the caller; false when there are enough already. What was taken is given back.
func (q *quota) take(caller string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open[caller] >= q.most {
		return false
	}
	q.open[caller]++
	return true
}

func (q *quota) giveBack(caller string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open[caller]--; q.open[caller] == 0 {
		delete(q.open, caller)
	}
}

package cache

import (
	"context"
	"errors"
	"sync"
)

// flights are the fetches under way on this node, each for everybody who waits for it.
type flights struct {
	mu  sync.Mutex
	all map[place]*flight
}

// place tells flights apart. What is fetched before something was dropped is not for those who ask after.
type place struct {
	key     string
	version Version
}

// flight is one fetch.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // guarded by the flights' lock

	answer Answer // set before done is closed, like those below
	err    error
	own    bool // the failure is about whoever asked first
}

func newFlights() *flights { return &flights{all: map[place]*flight{}} }

// errPanicked is what those are told who wait for somebody whose fetch panicked.
var errPanicked = errors.New("cache: fetching panicked")

// do fetches, or waits for who fetches already; not where the question is to be fresh. joined says that somebody else's
// fetch was waited for.
func (f *flights) do(ctx context.Context, at place, q Question, fetch func(ctx context.Context) (Answer, error)) (answer Answer, joined bool, err error) {
	for {
		f.mu.Lock()
		there := f.all[at]
		if there == nil || q.Fresh {
			break // with the lock
		}
		there.waiting++
		f.mu.Unlock()
		answer, err = f.wait(ctx, there)
		if there.own && ctx.Err() == nil {
			continue
		}
		return answer, true, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	mine := &flight{done: make(chan struct{}), cancel: cancel, waiting: 1}
	f.all[at] = mine
	f.mu.Unlock()
	answer, err = f.lead(ctx, running, at, mine, q, fetch)
	return answer, false, err
}

// wait waits for a flight that it was counted for.
func (f *flights) wait(ctx context.Context, there *flight) (Answer, error) {
	defer f.leave(there)
	select {
	case <-there.done:
		return there.answer, there.err
	default:
	}
	select {
	case <-there.done:
		return there.answer, there.err
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	}
}

// lead fetches for all who wait, on the goroutine of whoever asked first.
func (f *flights) lead(own, running context.Context, at place, mine *flight, q Question, fetch func(ctx context.Context) (Answer, error)) (Answer, error) {
	stays := context.AfterFunc(own, func() { f.leave(mine) })
	defer func() {
		if stays() {
			f.leave(mine)
		}
	}()
	mine.err, mine.own = errPanicked, false // unless it returns
	defer f.end(at, mine)
	mine.answer, mine.err = fetch(running)
	mine.own = mine.err != nil && !q.concernsAll(mine.err)
	return mine.answer, mine.err
}

func (q Question) concernsAll(err error) bool {
	if q.Shares != nil {
		return q.Shares(err)
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// leave is for everybody who waits no longer. When nobody does, the fetch is called off.
func (f *flights) leave(there *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if there.waiting--; there.waiting == 0 {
		there.cancel()
	}
}

// end tells all who wait.
func (f *flights) end(at place, mine *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[at] == mine {
		delete(f.all, at)
	}
	close(mine.done)
}

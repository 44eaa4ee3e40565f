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
	at      place
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // guarded by the flights' lock

	answer   Answer // set before done is closed, like those below
	err      error
	own      bool // the failure is about whoever asked first
	panicked any  // what whoever asked first panics with
}

func newFlights() *flights { return &flights{all: map[place]*flight{}} }

// errPanicked is what those are told who wait for somebody whose fetch panicked.
var errPanicked = errors.New("cache: fetching panicked")

// do fetches, or waits for who fetches already; not where the question is to be fresh. joined says that somebody else's
// fetch was waited for.
func (f *flights) do(ctx context.Context, at place, q Question, fetch func(ctx context.Context) (Answer, error)) (answer Answer, joined bool, err error) {
	for {
		if err := ctx.Err(); err != nil {
			return Answer{}, false, err
		}
		f.mu.Lock()
		there := f.all[at]
		if there == nil || q.Fresh {
			break // with the lock
		}
		there.waiting++
		f.mu.Unlock()
		answer, err = f.wait(ctx, there)
		if ctx.Err() == nil && there.own { // in this order: only then it has ended for sure
			continue
		}
		return answer, true, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	mine := &flight{at: at, done: make(chan struct{}), cancel: cancel, waiting: 1}
	f.all[at] = mine
	f.mu.Unlock()
	if q.Stays {
		stays := context.AfterFunc(ctx, func() { f.leave(mine) })
		f.run(running, mine, q, fetch)
		if stays() {
			f.leave(mine)
		}
		answer, err = mine.answer, mine.err
	} else {
		go f.run(running, mine, q, fetch)
		answer, err = f.wait(ctx, mine)
	}
	if ctx.Err() == nil && mine.panicked != nil {
		panic(mine.panicked)
	}
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

// run fetches for all who wait, on a goroutine of its own where whoever asked first may hang up like the others.
func (f *flights) run(ctx context.Context, mine *flight, q Question, fetch func(ctx context.Context) (Answer, error)) {
	returned := false
	defer func() {
		if !returned {
			mine.panicked = recover()
			mine.answer, mine.err, mine.own = Answer{}, errPanicked, false
		}
		f.end(mine)
	}()
	mine.answer, mine.err = fetch(ctx)
	mine.own = mine.err != nil && !q.concernsAll(mine.err)
	returned = true
}

func (q Question) concernsAll(err error) bool {
	if q.Shares != nil {
		return q.Shares(err)
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// leave is for everybody who waits no longer. When nobody does, the fetch is called off, and nobody joins it any more.
func (f *flights) leave(there *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if there.waiting--; there.waiting == 0 {
		f.forget(there)
		there.cancel()
	}
}

// end tells all who wait.
func (f *flights) end(mine *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.forget(mine)
	close(mine.done)
}

// forget is called with the lock.
func (f *flights) forget(there *flight) {
	if f.all[there.at] == there {
		delete(f.all, there.at)
	}
}

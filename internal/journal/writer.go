package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// batchSize is how many writes share a transaction at most.
const batchSize = 256

var errClosed = errors.New("the journal is closed")

// writer writes to a SQLite file, one transaction at a time. Whatever waits when one begins goes into it: to bring a
// transaction to disk costs the same for one write and for a hundred.
type writer struct {
	db      *sql.DB
	session *session // on db
	jobs    chan *job
	quit    chan struct{} // closed when no more jobs are wanted
	stopped chan struct{} // closed when none will be done
	close   sync.Once
}

// job is one write of a transaction.
type job struct {
	do     func(ctx context.Context, tx *session) error
	state  atomic.Int32 // jobWaiting, then one of the others
	result error
	done   chan struct{} // closed when result is set
}

const (
	jobWaiting = iota
	jobBegun
	jobGivenUp
)

func newWriter(db *sql.DB, s *session) *writer {
	w := &writer{db: db, session: s, jobs: make(chan *job, batchSize), quit: make(chan struct{}), stopped: make(chan struct{})}
	go w.run()
	return w
}

// write does a job and returns when it is on disk, or is certainly not. A caller whose ctx ends before the job was
// begun is told so, and it is not done; after that it waits, since only then is there something true to say.
func (w *writer) write(ctx context.Context, do func(context.Context, *session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-w.quit: // asked by itself, since select takes any of what is possible
		return errClosed
	default:
	}
	j := &job{do: do, done: make(chan struct{})}
	select {
	case <-w.quit:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	case w.jobs <- j:
	}
	var gone error
	select {
	case <-j.done:
		return j.result
	case <-ctx.Done():
		gone = ctx.Err()
	case <-w.stopped:
		gone = errClosed
	}
	if j.state.CompareAndSwap(jobWaiting, jobGivenUp) {
		return gone
	}
	<-j.done
	return j.result
}

// stop does what waits and then ends.
func (w *writer) stop() {
	w.close.Do(func() { close(w.quit) })
	<-w.stopped
}

func (w *writer) run() {
	defer close(w.stopped)
	for {
		select {
		case j := <-w.jobs:
			w.commit(w.batch(j))
		case <-w.quit:
			if batch := w.batch(); len(batch) > 0 {
				w.commit(batch)
				continue
			}
			return
		}
	}
}

// batch adds the jobs that wait.
func (w *writer) batch(jobs ...*job) []*job {
	for len(jobs) < batchSize {
		select {
		case j := <-w.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

// commit does jobs in one transaction, and answers them when it is on disk.
func (w *writer) commit(waiting []*job) {
	var jobs []*job
	for _, j := range waiting {
		if j.state.CompareAndSwap(jobWaiting, jobBegun) {
			jobs = append(jobs, j)
		}
	}
	if len(jobs) == 0 {
		return
	}
	if err := w.transact(jobs); err != nil {
		for _, j := range jobs { // also those that failed by themselves: what they failed at is undone
			j.result = err
		}
	}
	for _, j := range jobs {
		close(j.done)
	}
}

// transact does jobs in one transaction. The result of each is in it; an error is that of all.
func (w *writer) transact(jobs []*job) error {
	ctx := context.Background() // what has begun is seen through
	tx, err := w.db.BeginTx(ctx, nil)
	if err != nil {
		return unwritable(err)
	}
	within := w.session.within(tx)
	for _, j := range jobs {
		if err := j.run(ctx, within); err != nil {
			return errors.Join(err, ignoreDone(tx.Rollback()))
		}
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(unwritable(err), ignoreDone(tx.Rollback()))
	}
	return nil
}

// run does one job so that it does the others no harm when it fails. An error is that of the whole transaction.
func (j *job) run(ctx context.Context, tx *session) error {
	if _, err := tx.change(ctx, "SAVEPOINT job"); err != nil {
		return err
	}
	if j.result = j.do(ctx, tx); j.result != nil {
		if _, err := tx.change(ctx, "ROLLBACK TO job"); err != nil {
			return fmt.Errorf("%w, after: %v", err, j.result)
		}
	}
	_, err := tx.change(ctx, "RELEASE job")
	return err
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

package journal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// openWriter opens the writer of a fresh SQLite journal.
func openWriter(t *testing.T) (*sqlite, *writer) {
	t.Helper()
	j, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	s := j.(*sqlite)
	if _, err := s.writes.Exec("CREATE TABLE jobs (name TEXT UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	return s, s.writer
}

// note is a job that leaves a name behind.
func note(name string) func(context.Context, *session) error {
	return func(ctx context.Context, tx *session) error {
		_, err := tx.change(ctx, "INSERT INTO jobs VALUES ($1)", name)
		return err
	}
}

func noted(t *testing.T, s *sqlite) (names string) {
	t.Helper()
	if err := s.reads.QueryRow("SELECT coalesce(group_concat(name, ' ' ORDER BY name), '') FROM jobs").Scan(&names); err != nil {
		t.Fatal(err)
	}
	return names
}

// busy keeps the writer busy until it is let go.
func busy(t *testing.T, ctx context.Context, w *writer) (begun chan struct{}, letGo func(), result chan error) {
	t.Helper()
	begun, held, result := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		result <- w.write(ctx, func(ctx context.Context, tx *session) error {
			close(begun)
			<-held
			return note("held")(ctx, tx)
		})
	}()
	return begun, sync.OnceFunc(func() { close(held) }), result
}

func TestWhoGivesUpBeforeItsJobIsBegunIsToldSo(t *testing.T) {
	s, w := openWriter(t)
	begun, letGo, held := busy(t, t.Context(), w)
	defer letGo()
	<-begun
	ctx, leave := context.WithCancelCause(t.Context())
	waiting := make(chan error)
	go func() { waiting <- w.write(ctx, note("given up")) }()
	for len(w.jobs) == 0 { // until it waits
		runtime.Gosched()
	}
	leave(nil)
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who gave up got %v", err)
	}
	letGo()
	if err := <-held; err != nil {
		t.Error(err)
	}
	if err := w.write(t.Context(), note("last")); err != nil {
		t.Error(err)
	}
	if got := noted(t, s); got != "held last" {
		t.Errorf("done: %s", got)
	}
}

func TestWhoGivesUpLaterWaitsForTheTruth(t *testing.T) {
	s, w := openWriter(t)
	ctx, leave := context.WithCancel(t.Context())
	begun, letGo, held := busy(t, ctx, w)
	<-begun
	leave()
	letGo()
	if err := <-held; err != nil {
		t.Errorf("the job was done, and its caller was told %v", err)
	}
	if got := noted(t, s); got != "held" {
		t.Errorf("done: %s", got)
	}
}

// Jobs that wait share a transaction, and one that fails takes nothing from the others.
func TestAJobThatFailsHarmsNoOther(t *testing.T) {
	s, w := openWriter(t)
	begun, letGo, held := busy(t, t.Context(), w)
	<-begun
	failure := errors.New("failure")
	results := make(chan error, 9)
	var waiting sync.WaitGroup
	for n := range 9 {
		waiting.Go(func() {
			results <- w.write(t.Context(), func(ctx context.Context, tx *session) error {
				if err := note(fmt.Sprint("job", n))(ctx, tx); err != nil || n%3 > 0 {
					return err
				}
				return failure
			})
		})
	}
	letGo()
	waiting.Wait()
	if err := <-held; err != nil {
		t.Error(err)
	}
	failed := 0
	for range 9 {
		if err := <-results; errors.Is(err, failure) {
			failed++
		} else if err != nil {
			t.Error(err)
		}
	}
	if got := noted(t, s); failed != 3 || got != "held job1 job2 job4 job5 job7 job8" {
		t.Errorf("%d failed; done: %s", failed, got)
	}
}

// A transaction that cannot be brought to disk has nobody told that it was.
func TestATransactionThatFailsIsEverybodysFailure(t *testing.T) {
	s, w := openWriter(t)
	jobs := []*job{{do: note("a")}, {do: note("b")}, {do: func(context.Context, *session) error { return ErrStale }}}
	for _, j := range jobs {
		j.done = make(chan struct{})
	}
	spoil := &job{do: func(ctx context.Context, tx *session) error { return errors.Join(tx.tx.Rollback()) }, done: make(chan struct{})}
	w.commit(append(jobs, spoil)) // beside the writer, which has nothing to do
	for i, j := range append(jobs, spoil) {
		if <-j.done; j.result == nil || errors.Is(j.result, ErrStale) {
			t.Errorf("job %d was told %v", i, j.result)
		}
	}
	if got := noted(t, s); got != "" {
		t.Errorf("done: %s", got)
	}
	if err := w.write(t.Context(), note("after")); err != nil {
		t.Error(err)
	}
}

func TestWhatWaitsIsWrittenBeforeTheWriterStops(t *testing.T) {
	s, w := openWriter(t)
	begun, letGo, held := busy(t, t.Context(), w)
	<-begun
	results := make(chan error, 2)
	for n := range 2 {
		j := &job{do: note(fmt.Sprint("job", n)), done: make(chan struct{})}
		w.jobs <- j
		go func() { <-j.done; results <- j.result }()
	}
	stopped := make(chan struct{})
	go func() { w.stop(); close(stopped) }()
	<-w.quit
	if err := w.write(t.Context(), note("late")); !errors.Is(err, errClosed) {
		t.Errorf("a write to a closed journal: %v", err)
	}
	letGo()
	<-stopped
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if err := <-held; err != nil {
		t.Error(err)
	}
	if got := noted(t, s); got != "held job0 job1" {
		t.Errorf("done: %s", got)
	}
}

package journal_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"stellr-gateway/internal/journal"
	"stellr-gateway/internal/journal/pgtest"
)

// plain opens a journal's database past the journal, for what the journal itself would never do.
func plain(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, source := "pgx", url+"&default_transaction_read_only=off"
	if path, isFile := strings.CutPrefix(url, "sqlite:"); isFile {
		driver, source = "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(context.Background(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func TestAFileIsOneProcesss(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "some ?where%20", "below")
	path := filepath.Join(folder, "journal.db")
	j := open(t, "sqlite:"+path)
	won(t, j, (&maker{}).command(nil))
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{path, "//" + path, link} {
		_, err := journal.Open(t.Context(), "sqlite:"+other)
		if !errors.Is(err, journal.ErrLocked) || !strings.Contains(err.Error(), "PostgreSQL") || !strings.Contains(err.Error(), path) {
			t.Errorf("opened as %s for the second time: %v", other, err)
		}
	}
	if runtime.GOOS != "windows" {
		for name, mode := range map[string]os.FileMode{"": 0o700 | os.ModeDir, "journal.db": 0o600, "journal.db-wal": 0o600, "journal.db.lock": 0o600} {
			if found, err := os.Stat(filepath.Join(folder, name)); err != nil || found.Mode() != mode {
				t.Errorf("%q: %v, %v; want %v", name, found.Mode(), err, mode)
			}
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := open(t, "sqlite:"+link).Count(t.Context(), journal.Filter{Account: "account"}); err != nil || n != 1 {
		t.Errorf("%d commands after opening it again, %v", n, err)
	}
}

// The process that had the file before is gone: what it left is due at once, whoever had it and until when.
func TestWhatAProcessLeftIsDueAtOnce(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		url, m := s.fresh(t), &maker{}
		j, err := journal.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		left := func(step journal.Step, due time.Time) *journal.Command {
			return saved(t, j, won(t, j, m.command(nil)), func(c *journal.Command) {
				c.Step, c.Node, c.LeaseUntil, c.DueAt = step, "before", noon.Add(time.Hour), due
			})
		}
		unfinished := []*journal.Command{won(t, j, m.command(nil)), left(journal.Claimed, noon.Add(time.Minute)), left(journal.Dispatched, time.Time{}),
			left(journal.Following, noon.Add(time.Hour)), left(journal.Reading, noon.Add(time.Hour))}
		left(journal.Ended, time.Time{})
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = open(t, url)
		if s.name == "postgres" { // others may be at work: what lapses comes, and not before
			takes(t, j, "after", noon, 9)
			takes(t, j, "after", noon.Add(time.Hour), 9, unfinished[1], unfinished[3], unfinished[4])
			return
		}
		taken := takes(t, j, "after", noon, 9, unfinished...)
		for i, c := range taken {
			if c.Version != unfinished[i].Version || c.Step != unfinished[i].Step {
				t.Errorf("%+v was %+v", c, unfinished[i])
			}
		}
	})
}

// A clock that was put back must not have what was left wait until it is again as late as it was.
func TestWhatWasMadeLaterIsDueAtOnceToo(t *testing.T) {
	s := stores()[0]
	url := s.fresh(t)
	j, err := journal.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	c := won(t, j, (&maker{}).command(func(c *journal.Command) { c.CreatedAt = noon.Add(time.Hour) }))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	takes(t, open(t, url), "after", noon, 9, c)
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		url := s.fresh(t)
		j, err := journal.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		execute(t, plain(t, url), "INSERT INTO journal_version (version_id, is_applied) VALUES (99, true)")
		if _, err := journal.Open(t.Context(), url); err == nil || !strings.Contains(err.Error(), "newer program") || !strings.Contains(err.Error(), "99") {
			t.Errorf("opened: %v", err)
		}
		execute(t, plain(t, url), "DELETE FROM journal_version WHERE version_id = 99")
		open(t, url) // the lock was given up
	})
}

func TestNodesThatStartAtOnce(t *testing.T) {
	url := pgtest.Start(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			j, err := journal.Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			if err := errors.Join(j.Check(t.Context()), j.Close()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestWhatCannotBeOpened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	running, err := url.Parse(pgtest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	for location, says := range map[string]string{
		"":                                     "must begin with sqlite:",
		"journal.db":                           "must begin with sqlite:",
		"sqlite:":                              "names no file",
		"sqlite:/":                             "cannot be made",
		"sqlite:" + file:                       "cannot be used",
		"sqlite:" + file + "/below/journal.db": "cannot be made",
		"mysql://gateway:secret@127.0.0.1/journal":                       "must begin with sqlite:",
		"gateway:secret@127.0.0.1/journal":                               "must begin with sqlite:",
		"postgres://gateway:secret@127.0.0.1:1/journal":                  "cannot be used",
		"postgres://gateway:secret %zz@127.0.0.1/journal":                "not one of PostgreSQL's",
		"postgres://gateway:secret@127.0.0.1:none/journal":               "not one of PostgreSQL's",
		"postgres://127.0.0.1/journal?password=secret&sslmode=odd":       "not one of PostgreSQL's",
		fmt.Sprintf("postgres://owner:secret@%s/postgres", running.Host): "cannot be used",
	} {
		j, err := journal.Open(t.Context(), location)
		if err == nil || j != nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, %v; want %q", location, j, err, says)
		}
	}
}

func TestAClosedJournal(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j := open(t, s.fresh(t))
		c := won(t, j, (&maker{}).command(nil))
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		broken(t, j, c, true, true)
	})
}

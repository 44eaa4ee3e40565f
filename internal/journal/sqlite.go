package journal

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver
)

//go:embed sqlite/*.sql
var sqliteFiles embed.FS

// sqlite is a journal in a file that one process uses at a time.
type sqlite struct {
	path    string
	opened  os.FileInfo // tells whether the file at path is still the one that is written
	lock    *os.File
	writes  *sql.DB // one connection
	reads   *sql.DB // some: a long list keeps no write waiting
	read    *session
	writer  *writer
	queries sqliteQueries
}

// openSQLite opens the journal in a file.
func openSQLite(ctx context.Context, path string) (Journal, error) {
	if path == "" {
		return nil, errors.New("the journal's URL names no file: write sqlite:/var/lib/stellr-gateway/journal.db")
	}
	path, err := makeFile(path)
	if err != nil {
		return nil, fmt.Errorf("the journal's file cannot be made: %w", err)
	}
	s := &sqlite{path: path, queries: sqliteQueries{insertSQL(), updateSQL()}}
	if s.lock, err = lockFile(path + ".lock"); errors.Is(err, ErrLocked) {
		return nil, fmt.Errorf("%w in %s: one process uses a SQLite file at a time, and several nodes share a PostgreSQL database (postgres://…)", err, path)
	} else if err != nil {
		return nil, fmt.Errorf("the journal in %s cannot be locked: %w", path, err)
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("the journal in %s cannot be used: %w", path, err), s.Close())
	}
	return s, nil
}

// makeFile makes the file and its folder where they are not there, for nobody else to read, and returns its real path.
func makeFile(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	if err := file.Close(); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(path) // a lock lies beside the file, whatever it was called
}

// start opens the file, which is locked, and takes over what the process before left unfinished.
func (s *sqlite) start(ctx context.Context) error {
	var err error
	if s.opened, err = os.Stat(s.path); err != nil {
		return err
	}
	files, err := fs.Sub(sqliteFiles, "sqlite")
	if err != nil {
		return err
	}
	if s.writes, err = openFile(s.path, "_txlock=immediate", "_pragma=journal_mode(WAL)"); err != nil {
		return err
	}
	s.writes.SetMaxOpenConns(1)
	if err := migrate(ctx, goose.DialectSQLite3, s.writes, files); err != nil {
		return err
	}
	// The lock says that the process before is gone: nobody else holds a lease, and nothing is on its way any more.
	// So whatever has not ended is due at once, also what was only claimed, or sent, and also where the clock was put back:
	// since the first moment that there is.
	_, err = s.writes.ExecContext(ctx, "UPDATE commands SET node = '', lease_until = 0, due_at = 1 WHERE step <> 'ended'")
	if err != nil {
		return err
	}
	if s.reads, err = openFile(s.path, "_pragma=query_only(1)"); err != nil {
		return err
	}
	s.reads.SetMaxOpenConns(8)
	s.reads.SetMaxIdleConns(8)
	if s.read, err = prepare(ctx, s.reads, append(everyQuestion(), sqlGet, sqlByKey, sqlByOperation, sqlNextDue)...); err != nil {
		return err
	}
	write, err := prepare(ctx, s.writes, append(everyQuestion(), s.queries.insert, s.queries.update, sqliteTake, sqliteForget, sqliteIndex,
		sqlCheck, "SAVEPOINT job", "ROLLBACK TO job", "RELEASE job")...)
	if err != nil {
		return err
	}
	s.writer = newWriter(s.writes, write)
	return nil
}

func openFile(path string, settings ...string) (*sql.DB, error) {
	settings = append([]string{"_pragma=busy_timeout(5000)", "_pragma=synchronous(FULL)"}, settings...)
	location := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: strings.Join(settings, "&")}
	return sql.Open("sqlite", location.String())
}

// Close ends the journal's use: what waits is written first.
func (s *sqlite) Close() error {
	if s.writer != nil {
		s.writer.stop()
	}
	var problems []error
	for _, db := range []*sql.DB{s.reads, s.writes} { // the last one to close tidies up, and must be able to write
		if db != nil {
			problems = append(problems, db.Close())
		}
	}
	if err := s.lock.Close(); !errors.Is(err, os.ErrClosed) {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// Package pgtest runs a PostgreSQL server for tests: one for a test binary, on a port of its own, with a database for
// each test that asks.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long one step may take.
const patience = time.Minute

// shared is the server of this process. It ends when the process does, however that ends.
var shared = sync.OnceValues(start)

// Start is the URL of a fresh, empty database, which is dropped after the test. The server is shared within the test
// binary, and is made by the first call. Where PostgreSQL is not installed the test is skipped, or fails where the
// variable CI is "true".
func Start(t testing.TB) (url string) {
	t.Helper()
	server, err := shared()
	if errors.Is(err, errMissing) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test_%d", server.databases.Add(1))
	if err := server.execute("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.execute("DROP DATABASE " + name + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return server.url(name)
}

// execute runs a statement as the server's owner.
func (s *server) execute(sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, sql)
	return errors.Join(err, c.Close(ctx))
}

// url is where a database of the server is.
func (s *server) url(database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword("owner", s.password), Host: fmt.Sprintf("127.0.0.1:%d", s.port),
		Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

var errMissing = errors.New("PostgreSQL is not installed: neither are initdb and postgres on the PATH, nor in /usr/lib/postgresql/*/bin")

// programs is the folder of PostgreSQL's programs, of the newest version there is.
func programs() (string, error) {
	var folders []string
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		if real, err := filepath.EvalSymlinks(filepath.Join(folder, "postgres")); err == nil {
			folders = append(folders, filepath.Dir(real))
		}
	}
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	version := func(folder string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		return n
	}
	slices.SortFunc(installed, func(a, b string) int { return version(b) - version(a) })
	for _, folder := range append(folders, installed...) {
		_, noServer := os.Stat(filepath.Join(folder, "postgres"))
		_, noInit := os.Stat(filepath.Join(folder, "initdb"))
		if noServer == nil && noInit == nil {
			return folder, nil
		}
	}
	return "", errMissing
}

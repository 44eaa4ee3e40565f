package journal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"stellr-gateway/internal/journal/pgtest"
)

// openPool opens a journal in a fresh database that has these settings.
func openPool(t *testing.T, settings ...string) *postgres {
	t.Helper()
	location := pgtest.Start(t)
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), location)
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range settings {
		if _, err := c.Exec(t.Context(), fmt.Sprintf("ALTER DATABASE %s SET %s", strings.Trim(u.Path, "/"), setting)); err != nil {
			t.Fatal(err)
		}
	}
	j, err := Open(t.Context(), location)
	if err := errors.Join(err, c.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j.(*postgres)
}

// A server can be set up so that nothing that was promised would hold.
func TestPostgresSettingsAreTheJournals(t *testing.T) {
	p := openPool(t, "default_transaction_isolation = 'serializable'", "synchronous_commit = off", "idle_in_transaction_session_timeout = 0")
	for name, wanted := range map[string]string{
		"transaction_isolation": "read committed", "synchronous_commit": "on", "idle_in_transaction_session_timeout": "15s",
	} {
		var got string
		if err := p.pool.QueryRow(t.Context(), "SHOW "+name).Scan(&got); err != nil || got != wanted {
			t.Errorf("%s is %s, %v; want %s", name, got, err, wanted)
		}
	}
	p = openPool(t, "synchronous_commit = remote_apply")
	var got string
	if err := p.pool.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&got); err != nil || got != "remote_apply" {
		t.Errorf("synchronous_commit was turned down to %s, %v", got, err)
	}
}

func TestPostgresUsesItsIndexes(t *testing.T) {
	p := openPool(t)
	c, err := p.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Release()
	if _, err := c.Exec(t.Context(), "SET enable_seqscan = off"); err != nil { // nothing else is cheaper for a table that is empty
		t.Fatal(err)
	}
	statements := everyStatement()
	statements[p.queries.take] = []any{"a", "node", int64(1), int64(2), int64(3)}
	for statement, values := range statements {
		rows, err := c.Query(t.Context(), "EXPLAIN "+statement, values...)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") {
			t.Errorf("%s:\n%s", statement, text)
		}
	}
}

// A claim that waits for a lock can be given up, and nothing came of it.
func TestAClaimThatWaitsCanBeGivenUp(t *testing.T) {
	p := openPool(t)
	c := &Command{ID: "1", Account: "a", CustomerNo: "c", Spends: true, CreatedAt: time.Unix(1, 0)}
	tx, err := p.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, lock := range claimLocks(c, Check{}) {
		if _, err := tx.Exec(t.Context(), "SELECT pg_advisory_xact_lock($1)", lock); err != nil {
			t.Fatal(err)
		}
	}
	ctx, leave := context.WithCancel(t.Context())
	told := make(chan error)
	go func() {
		_, _, err := p.Claim(ctx, c, Check{})
		told <- err
	}()
	for waiting := 0; waiting == 0; {
		if err := p.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	if err := <-told; !errors.Is(err, context.Canceled) || c.Version != 0 {
		t.Errorf("told %v, version %d", err, c.Version)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if verdict, _, err := p.Claim(t.Context(), c, Check{}); err != nil || verdict != Won {
		t.Errorf("%q, %v", verdict, err)
	}
}

func TestLocksAreTakenInOneOrder(t *testing.T) {
	turned := 0
	for n := range 20 {
		c := &Command{Account: "a", CustomerNo: fmt.Sprint(n), Purchase: "same", Spends: true}
		locks := claimLocks(c, Check{})
		if len(locks) != 2 || locks[0] >= locks[1] {
			t.Fatalf("locks %v", locks)
		}
		if locks[0] == lockID("same", "a", "", "same") {
			turned++
		}
	}
	if turned == 0 || turned == 20 {
		t.Errorf("%d of 20: the order was never tried", turned)
	}
	if len(claimLocks(&Command{}, Check{})) != 0 || len(claimLocks(&Command{}, Check{Based: true})) != 1 {
		t.Error("a command that spends nothing locks too much or too little")
	}
	if lockID("ab", "c") == lockID("a", "bc") {
		t.Error("two locks are one")
	}
}

// Connections that began while nothing could be written do not keep to that.
func TestAServerThatLetsWriteAgain(t *testing.T) {
	p := openPool(t)
	database := p.pool.Config().ConnConfig.Database
	set := func(setting string) {
		t.Helper()
		c, err := pgx.ConnectConfig(t.Context(), p.pool.Config().ConnConfig)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(context.Background())
		if _, err := c.Exec(t.Context(), "SET default_transaction_read_only = off"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Exec(t.Context(), "ALTER DATABASE "+database+" SET default_transaction_read_only = "+setting); err != nil {
			t.Fatal(err)
		}
	}
	c := &Command{ID: "1", Account: "a", CreatedAt: time.Unix(1, 0), DueAt: time.Unix(1, 0)}
	if verdict, _, err := p.Claim(t.Context(), c, Check{}); err != nil || verdict != Won {
		t.Fatal(verdict, err)
	}
	for name, write := range map[string]func() error{
		"Check": func() error { return p.Check(t.Context()) },
		"Save":  func() error { return p.Save(t.Context(), c) },
		"Take": func() error {
			_, err := p.Take(t.Context(), "a", "node", time.Unix(2, 0), 0, 1)
			return err
		},
		"Claim": func() error {
			_, _, err := p.Claim(t.Context(), &Command{ID: NewID(time.Unix(1, 0)), Account: "a", CreatedAt: time.Unix(1, 0)}, Check{})
			return err
		},
	} {
		set("on")
		p.pool.Reset() // all connections are of that time
		if err := write(); err == nil {
			t.Errorf("%s wrote", name)
		}
		set("off")
		if err := write(); err == nil {
			continue
		}
		if err := write(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where the database refuses what nothing speaks against, a claim fails and does not go on for ever.
func TestAClaimThatIsNeverTaken(t *testing.T) {
	p := openPool(t)
	c := &Command{ID: "1", Account: "a", Key: "key", Released: true, CreatedAt: time.Unix(1, 0)}
	if verdict, _, err := p.Claim(t.Context(), c, Check{}); err != nil || verdict != Won {
		t.Fatal(verdict, err)
	}
	if _, err := p.pool.Exec(t.Context(), "CREATE UNIQUE INDEX odd ON commands (account, organization, action, key)"); err != nil {
		t.Fatal(err)
	}
	again := &Command{ID: "2", Account: "a", Key: "key", CreatedAt: time.Unix(1, 0)}
	if verdict, _, err := p.Claim(t.Context(), again, Check{}); !errors.Is(err, errNotTaken) || again.Version != 0 {
		t.Errorf("%q, %v, version %d", verdict, err, again.Version)
	}
}

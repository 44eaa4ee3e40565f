package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
)

// broken fails unless every method that reads, and every one that writes, answers with an error or without one. There
// is one command in the journal, which is left as it was.
func broken(t *testing.T, j journal.Journal, there *journal.Command, reading, writing bool) {
	t.Helper()
	ctx, m := t.Context(), &maker{}
	before := *there
	m.made.Store(100)
	verdict := func(_ journal.Verdict, _ *journal.Command, err error) error { return err }
	command := func(_ *journal.Command, err error) error { return err }
	check := journal.Check{DuplicatesSince: noon, Based: true}
	c := m.command(func(c *journal.Command) { c.SubscriptionIDs = []string{"s"} })
	_, listed := j.List(ctx, journal.Filter{Account: "account"}, journal.Page{Limit: 1})
	_, counted := j.Count(ctx, journal.Filter{Account: "account"})
	_, next := j.NextDue(ctx, "account")
	reads := map[string]error{
		"Look": verdict(j.Look(ctx, c, check)), "Get": command(j.Get(ctx, "account", there.ID)), "ByKey": command(j.ByKey(ctx, "account", "", "", "key")),
		"ByOperation": command(j.ByOperation(ctx, "account", "o")), "List": listed, "Count": counted, "NextDue": next,
	}
	_, taken := j.Take(ctx, "account", "a", noon.Add(time.Hour), time.Minute, 1)
	writes := map[string]error{"Claim": verdict(j.Claim(ctx, c, check)), "Save": j.Save(ctx, there), "Take": taken, "Check": j.Check(ctx)}
	for name, err := range reads {
		if (err != nil) != reading {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range writes {
		if (err != nil) != writing || errors.Is(err, journal.ErrStale) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if writing && (c.Version != 0 || there.Version != before.Version) {
		t.Errorf("versions %d and %d were counted up although nothing was written", c.Version, there.Version)
	}
}

func TestAJournalThatCannotBeUsed(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		url := s.fresh(t)
		j, db := open(t, url), plain(t, url)
		there := won(t, j, (&maker{}).command(func(c *journal.Command) { c.DueAt = noon }))
		for range 2 { // and it can be used again after that
			execute(t, db, "ALTER TABLE commands RENAME TO gone", "ALTER TABLE checked RENAME TO gone_too",
				"ALTER TABLE command_operations RENAME TO gone_as_well")
			broken(t, j, there, true, true)
			execute(t, db, "ALTER TABLE gone RENAME TO commands", "ALTER TABLE gone_too RENAME TO checked",
				"ALTER TABLE gone_as_well RENAME TO command_operations")
			broken(t, j, there, false, false)
			execute(t, db, "DELETE FROM commands WHERE id <> '"+there.ID+"'", "UPDATE commands SET lease_until = 0")
		}
	})
}

func TestAJournalThatCannotBeWritten(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		url := s.fresh(t)
		j := open(t, url)
		there := won(t, j, (&maker{}).command(func(c *journal.Command) { c.DueAt = noon }))
		forbid(t, s, url)
		broken(t, j, there, false, true)
		if err := j.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be written") {
			t.Error(err)
		}
		got, err := j.Get(t.Context(), "account", there.ID)
		if err != nil || got.Node != "" || got.Version != 1 {
			t.Errorf("%+v, %v: something was written", got, err)
		}
		allow(t, s, url)
		broken(t, j, there, false, false)
	})
}

// forbid makes a journal's database one that can only be read, under the hands of whoever has it open.
func forbid(t *testing.T, s store, url string) {
	t.Helper()
	db := plain(t, url)
	if s.name == "sqlite" {
		for _, table := range []string{"commands", "checked"} {
			for _, event := range []string{"INSERT", "UPDATE"} {
				execute(t, db, fmt.Sprintf("CREATE TRIGGER no_%[1]s_%[2]s BEFORE %[1]s ON %[2]s BEGIN SELECT RAISE(ABORT, 'the disk is full'); END", event, table))
			}
		}
		return
	}
	setDatabase(t, url, "default_transaction_read_only = on")
}

// allow is the reverse of forbid.
func allow(t *testing.T, s store, url string) {
	t.Helper()
	if s.name == "sqlite" {
		for _, name := range []string{"no_INSERT_commands", "no_UPDATE_commands", "no_INSERT_checked", "no_UPDATE_checked"} {
			execute(t, plain(t, url), "DROP TRIGGER "+name)
		}
		return
	}
	setDatabase(t, url, "default_transaction_read_only = off")
}

// setDatabase changes a setting of a PostgreSQL database and ends all connections to it, so that it counts.
func setDatabase(t *testing.T, url, setting string) {
	t.Helper()
	db := plain(t, url)
	var name string
	if err := db.QueryRow("SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	execute(t, db, "ALTER DATABASE "+name+" SET "+setting,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
}

// A transaction that was promised to be on disk must not go to a file that nobody will find again.
func TestAFileThatIsGone(t *testing.T) {
	s := stores()[0]
	url := s.fresh(t)
	j := open(t, url)
	if err := j.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(url, "sqlite:")
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // where there is none, and where there is another
		if err := j.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "removed or replaced") {
			t.Error(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACallerWhoHasLeft(t *testing.T) {
	overBoth(t, func(t *testing.T, s store) {
		j, m := s.openAll(t)[0], &maker{}
		there := won(t, j, m.command(nil))
		ctx, leave := context.WithCancel(t.Context())
		leave()
		if _, _, err := j.Claim(ctx, m.command(nil), journal.Check{}); !errors.Is(err, context.Canceled) {
			t.Errorf("Claim: %v", err)
		}
		if err := j.Save(ctx, there); !errors.Is(err, context.Canceled) || there.Version != 1 {
			t.Errorf("Save: %v, version %d", err, there.Version)
		}
		if _, err := j.Get(ctx, "account", there.ID); !errors.Is(err, context.Canceled) {
			t.Errorf("Get: %v", err)
		}
		if n, err := j.Count(t.Context(), journal.Filter{Account: "account"}); err != nil || n != 1 {
			t.Errorf("%d commands, %v", n, err)
		}
	})
}

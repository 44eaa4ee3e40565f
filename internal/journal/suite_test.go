package journal_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/internal/journal"
	"stellr-gateway/internal/journal/pgtest"
)

// store is a kind of journal under test.
type store struct {
	name  string
	fresh func(t testing.TB) (url string) // of an empty one
	nodes int                             // how many can have one open at once
}

func stores() []store {
	return []store{
		{"sqlite", func(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "journal.db") }, 1},
		{"postgres", pgtest.Start, 2},
	}
}

// overBoth runs a test over every kind of journal.
func overBoth(t *testing.T, test func(t *testing.T, s store)) {
	for _, s := range stores() {
		t.Run(s.name, func(t *testing.T) { test(t, s) })
	}
}

// openAll opens a fresh journal on as many nodes as can.
func (s store) openAll(t testing.TB) []journal.Journal {
	t.Helper()
	url := s.fresh(t)
	var nodes []journal.Journal
	for range s.nodes {
		nodes = append(nodes, open(t, url))
	}
	return nodes
}

// open opens a journal for the time of the test.
func open(t testing.TB, url string) journal.Journal {
	t.Helper()
	j, err := journal.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// noon is when the tests take place.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

// maker makes commands with ids in the order of their making.
type maker struct{ made atomic.Int64 }

// command is a purchase that differs from every other in what matters, and as change says.
func (m *maker) command(change func(c *journal.Command)) *journal.Command {
	n := m.made.Add(1)
	c := &journal.Command{
		ID: fmt.Sprintf("%08d", n), Account: "account", Organization: "acme", Action: "createSubscriptions", Key: fmt.Sprintf("key %d", n),
		InputHash: fmt.Sprintf("hash %d", n), Purchase: fmt.Sprintf("purchase %d", n), Actor: "someone", Spends: true, CustomerNo: "customer", ProductIDs: []string{fmt.Sprintf("product %d", n)},
		Status: journal.Pending, CreatedAt: noon, ChangedAt: noon,
	}
	if change != nil {
		change(c)
	}
	return c
}

// want claims a command and fails unless the verdict is this one, about this command.
func want(t *testing.T, j journal.Journal, c *journal.Command, check journal.Check, verdict journal.Verdict, about *journal.Command) {
	t.Helper()
	looked := verdict
	if verdict == journal.Won {
		looked = journal.Free
	}
	wantVerdict(t, "Look", looked, about)(j.Look(t.Context(), c, check))
	wantVerdict(t, "Claim", verdict, about)(j.Claim(t.Context(), c, check))
}

func wantVerdict(t *testing.T, method string, verdict journal.Verdict, about *journal.Command) func(journal.Verdict, *journal.Command, error) {
	t.Helper()
	return func(got journal.Verdict, other *journal.Command, err error) {
		t.Helper()
		if err != nil || got != verdict {
			t.Fatalf("%s: %q, %v; want %q", method, got, err, verdict)
		}
		if (other == nil) != (about == nil) || other != nil && other.ID != about.ID {
			t.Fatalf("%s: %q is about %v; want %v", method, got, other, about)
		}
	}
}

// won claims a command.
func won(t *testing.T, j journal.Journal, c *journal.Command) *journal.Command {
	t.Helper()
	want(t, j, c, journal.Check{}, journal.Won, nil)
	return c
}

// saved saves a command as change says.
func saved(t *testing.T, j journal.Journal, c *journal.Command, change func(c *journal.Command)) *journal.Command {
	t.Helper()
	change(c)
	if err := j.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

// ids are those of commands.
func ids(commands []*journal.Command) []string {
	all := []string{}
	for _, c := range commands {
		all = append(all, c.ID)
	}
	return all
}

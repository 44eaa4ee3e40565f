package journal

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// everyStatement are the statements that both databases know, with values for their places.
func everyStatement() map[string][]any {
	full := Filter{"a", "o", "actor", "c", []string{"c", "d"}, Pending, "action", time.Unix(1, 0), time.Unix(2, 0)}
	all := map[string][]any{
		sqlGet: {"a", "id"}, sqlByKey: {"a", "key", "", ""}, sqlByOperation: {"a", "o"}, sqlNextDue: {"a"},
	}
	for _, q := range questions(&Command{Key: "key", Spends: true, SubscriptionIDs: []string{"s"}}, Check{DuplicatesSince: time.Unix(1, 0), Based: true}) {
		all[q.sql] = q.values
	}
	for _, f := range []Filter{{Account: "a", Organization: "o"}, {Account: "a", CustomerNo: "c"}, {Account: "a", Organization: "o", Customers: []string{"c"}}, full} {
		sql, values := listSQL(f, Page{After: "id", Limit: 9})
		all[sql] = values
		sql, values = listSQL(f, Page{Before: "id", Limit: 9, FromEnd: true})
		all[sql] = values
		sql, values = countSQL(f)
		all[sql] = values
	}
	return all
}

// A journal grows for years: what is asked at every write must not read all of it.
func TestSQLiteUsesItsIndexes(t *testing.T) {
	s, _ := openWriter(t)
	statements := everyStatement()
	statements[sqliteTake] = []any{"a", "node", int64(1), int64(2), int64(3)}
	statements[sqliteForget] = []any{"a", "id", "[]"}
	for statement, values := range statements {
		rows, err := s.reads.Query("EXPLAIN QUERY PLAN "+sqliteSQL(statement), values...)
		if err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(detail, "SCAN command") || strings.Contains(detail, "(account=?)") && !strings.Contains(detail, "due") {
				t.Errorf("%s: %s", statement, detail)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAFullDisk(t *testing.T) {
	s, _ := openWriter(t)
	ctx, n := t.Context(), 0
	claim := func() error {
		n++
		c := &Command{ID: fmt.Sprintf("%05d", n), Account: "a", CreatedAt: time.Unix(1, 0), Input: []byte(`"` + strings.Repeat("x", 5000) + `"`)}
		_, _, err := s.Claim(ctx, c, Check{})
		return err
	}
	if err := claim(); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := s.writes.QueryRow("PRAGMA page_count").Scan(&pages); err != nil {
		t.Fatal(err)
	}
	limit := func(pages int) {
		if _, err := s.writes.Exec(fmt.Sprint("PRAGMA max_page_count = ", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(pages + 10)
	done := 1
	for ; done < 50; done++ {
		if err := claim(); err != nil {
			if !strings.Contains(err.Error(), "full") {
				t.Error(err)
			}
			break
		}
	}
	if done == 50 {
		t.Fatal("the disk was never full")
	}
	limit(pages + 1000)
	if err := claim(); err != nil {
		t.Error(err)
	}
	if n, err := s.Count(ctx, Filter{Account: "a"}); err != nil || n != done+1 {
		t.Errorf("%d commands, %v; want %d", n, err, done+1)
	}
}

func TestSQLiteSettings(t *testing.T) {
	s, _ := openWriter(t)
	for pragma, wanted := range map[string]string{"journal_mode": "wal", "synchronous": "2", "busy_timeout": "5000"} {
		var got string
		if err := s.writes.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != wanted {
			t.Errorf("%s is %s, %v; want %s", pragma, got, err, wanted)
		}
	}
	if _, err := s.reads.Exec("DELETE FROM commands"); err == nil {
		t.Error("a reader could write")
	}
}

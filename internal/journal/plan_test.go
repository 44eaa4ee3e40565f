package journal

import (
	"strings"
	"testing"
	"time"
)

// sqlitePlan is how SQLite would carry a statement out.
func sqlitePlan(t *testing.T, s *sqlite, statement string, values ...any) string {
	t.Helper()
	rows, err := s.reads.Query("EXPLAIN QUERY PLAN "+sqliteSQL(statement), values...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

// All writes wait while one is decided, so a verdict reads the few commands that it is about, and not all that a
// customer ever had: an order that some other index keeps tempts SQLite to read them by that.
func TestVerdictsReadFewCommands(t *testing.T) {
	s, _ := openWriter(t)
	c := &Command{Account: "a", Key: "key", Spends: true, CustomerNo: "c", SubscriptionIDs: []string{"s"}}
	index := map[Verdict]string{Taken: "commands_key", Blocked: "commands_unknown", Duplicate: "commands_same", Busy: "commands_subject", Outdated: "commands_subject"}
	for _, q := range questions(c, Check{DuplicatesSince: time.Unix(1, 0), Based: true}) {
		if plan := sqlitePlan(t, s, q.sql, q.values...); !strings.Contains(plan, "USING INDEX "+index[q.verdict]+" ") {
			t.Errorf("%s: %s", q.verdict, plan)
		}
		delete(index, q.verdict)
	}
	if len(index) > 0 {
		t.Errorf("never asked: %v", index)
	}
}

// A page of a long list is read in its order, and not put in order first.
func TestAPageIsReadInOrder(t *testing.T) {
	s, _ := openWriter(t)
	for _, f := range []Filter{{Account: "a"}, {Account: "a", Organization: "o"}, {Account: "a", CustomerNo: "c"}, {Account: "a", Organization: "o", CustomerNo: "c"},
		{Account: "a", Organization: "o", Customers: []string{"c", "d"}}} {
		sql, values := listSQL(f, Page{Limit: 50, FromEnd: f.Organization != ""})
		plan := strings.ReplaceAll(sqlitePlan(t, s, sql, values...), "SCAN json_each", "the given list")
		if strings.Contains(plan, "TEMP B-TREE") || strings.Contains(plan, "SCAN") {
			t.Errorf("%+v: %s", f, plan)
		}
	}
}

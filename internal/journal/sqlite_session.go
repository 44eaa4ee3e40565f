package journal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// session is a SQLite database, or a transaction on one, with the statements that are kept ready: to read a statement
// takes SQLite longer than to carry it out.
type session struct {
	on interface {
		QueryContext(ctx context.Context, sql string, values ...any) (*sql.Rows, error)
		ExecContext(ctx context.Context, sql string, values ...any) (sql.Result, error)
	}
	ready map[string]*sql.Stmt
	tx    *sql.Tx // nil outside of a transaction
}

// prepare opens a session in which these statements are kept ready.
func prepare(ctx context.Context, db *sql.DB, statements ...string) (*session, error) {
	s := &session{on: db, ready: map[string]*sql.Stmt{}}
	for _, statement := range statements {
		var err error
		if s.ready[statement], err = db.PrepareContext(ctx, sqliteSQL(statement)); err != nil {
			return nil, fmt.Errorf("a statement cannot be prepared: %w", err)
		}
	}
	return s, nil
}

// within is the session within a transaction.
func (s *session) within(tx *sql.Tx) *session { return &session{on: tx, ready: s.ready, tx: tx} }

// statement is the one that is kept ready, or nil.
func (s *session) statement(ctx context.Context, sql string) *sql.Stmt {
	ready := s.ready[sql]
	if ready == nil || s.tx == nil {
		return ready
	}
	return s.tx.StmtContext(ctx, ready)
}

// change carries a statement out and returns how many rows it changed.
func (s *session) change(ctx context.Context, statement string, values ...any) (int64, error) {
	var done sql.Result
	var err error
	if ready := s.statement(ctx, statement); ready != nil {
		done, err = ready.ExecContext(ctx, values...)
	} else {
		done, err = s.on.ExecContext(ctx, sqliteSQL(statement), values...)
	}
	if err != nil {
		return 0, unwritable(err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return 0, unwritable(err)
	}
	return n, nil
}

// rows are what a statement finds.
func (s *session) rows(ctx context.Context, statement string, values ...any) (*sql.Rows, error) {
	if ready := s.statement(ctx, statement); ready != nil {
		return ready.QueryContext(ctx, values...)
	}
	return s.on.QueryContext(ctx, sqliteSQL(statement), values...)
}

// commands are what a statement finds.
func (s *session) commands(ctx context.Context, statement string, values ...any) ([]*Command, error) {
	rows, err := s.rows(ctx, statement, values...)
	if err != nil {
		return nil, unreadable(err)
	}
	defer rows.Close()
	var found []*Command
	for rows.Next() {
		c, err := scanCommand(rows)
		if err != nil {
			return nil, unreadable(err)
		}
		found = append(found, c)
	}
	if err := rows.Err(); err != nil {
		return nil, unreadable(err)
	}
	return found, nil
}

// one is the command that a statement finds, or nil.
func (s *session) one(ctx context.Context, statement string, values ...any) (*Command, error) {
	found, err := s.commands(ctx, statement, values...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// number is the number that a statement finds.
func (s *session) number(ctx context.Context, statement string, values ...any) (n int64, err error) {
	rows, err := s.rows(ctx, statement, values...)
	if err != nil {
		return 0, unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, unreadable(err)
		}
	}
	if err := rows.Err(); err != nil {
		return 0, unreadable(err)
	}
	return n, nil
}

// against is the verdict that speaks against a command, and the command that it is about; Free when none does.
func (s *session) against(ctx context.Context, c *Command, check Check) (Verdict, *Command, error) {
	for _, q := range questions(c, check) {
		found, err := s.commands(ctx, q.sql, q.values...)
		if err != nil {
			return "", nil, err
		}
		if other := q.answer(found); other != nil {
			return q.verdict, other, nil
		}
	}
	return Free, nil, nil
}

// sqliteSQL is a statement with SQLite's placeholders, and its function for the elements of a list.
func sqliteSQL(sql string) string {
	return strings.NewReplacer("$", "?", "json_array_elements_text(", "json_each(", "::json", "").Replace(sql)
}

// everyQuestion is the text of all questions about new commands.
func everyQuestion() []string {
	var all []string
	for _, q := range questions(&Command{Key: "any", Spends: true, SubscriptionIDs: []string{"any"}}, Check{DuplicatesSince: time.Unix(1, 0), Based: true}) {
		all = append(all, q.sql)
	}
	return all
}

package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// sqliteQueries are the statements that both databases know, as SQLite writes them, and its own.
type sqliteQueries struct{ insert, update, take string }

func newSQLiteQueries() sqliteQueries {
	return sqliteQueries{
		insert: sqliteSQL(insertSQL()),
		update: sqliteSQL(updateSQL()),
		take: sqliteSQL(`UPDATE commands SET node = $2, lease_until = $4 WHERE id IN (SELECT id FROM commands
			WHERE account = $1 AND due_at <> 0 AND due_at <= $3 AND (node = '' OR lease_until <= $3) ORDER BY due_at, id LIMIT $5)
			RETURNING ` + columns),
	}
}

// sqliteSQL is a statement with SQLite's placeholders.
func sqliteSQL(sql string) string { return strings.ReplaceAll(sql, "$", "?") }

// asker answers questions: a transaction, or a database.
type asker interface {
	QueryContext(ctx context.Context, sql string, values ...any) (*sql.Rows, error)
}

// commands are what a question finds.
func commands(ctx context.Context, db asker, sql string, values ...any) ([]*Command, error) {
	rows, err := db.QueryContext(ctx, sqliteSQL(sql), values...)
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

// against is the verdict that speaks against a command, and the command that it is about; Free when none does.
func against(ctx context.Context, db asker, c *Command, check Check) (Verdict, *Command, error) {
	for _, q := range questions(c, check) {
		found, err := commands(ctx, db, q.sql, q.values...)
		if err != nil {
			return "", nil, err
		}
		if other := q.answer(found); other != nil {
			return q.verdict, other, nil
		}
	}
	return Free, nil, nil
}

// Claim puts a new command into the journal; see Journal.
func (s *sqlite) Claim(ctx context.Context, c *Command, check Check) (Verdict, *Command, error) {
	row, err := claimRecord(c)
	if err != nil {
		return "", nil, err
	}
	var verdict Verdict
	var other *Command
	err = s.writer.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var err error
		if verdict, other, err = against(ctx, tx, c, check); err != nil || verdict != Free {
			return err
		}
		done, err := tx.ExecContext(ctx, s.queries.insert, row.values()...)
		if err != nil {
			return unwritable(err)
		}
		if n, err := done.RowsAffected(); err != nil || n != 1 {
			return errors.Join(errors.New("the journal did not take a command whose key is free"), err)
		}
		verdict = Won
		return s.index(ctx, tx, c)
	})
	if err != nil {
		return "", nil, err
	}
	if verdict == Won {
		c.Step, c.Version = row.Step, row.Version
	}
	return verdict, other, nil
}

// Look is Claim without writing; see Journal.
func (s *sqlite) Look(ctx context.Context, c *Command, check Check) (Verdict, *Command, error) {
	return against(ctx, s.reads, c, check)
}

// Save writes a command as it is now; see Journal.
func (s *sqlite) Save(ctx context.Context, c *Command) error {
	row, err := newRecord(c)
	if err != nil {
		return err
	}
	err = s.writer.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, s.queries.update, row.values()...)
		if err != nil {
			return unwritable(err)
		}
		switch n, err := done.RowsAffected(); {
		case err != nil:
			return unwritable(err)
		case n == 0:
			return ErrStale
		}
		return s.index(ctx, tx, c)
	})
	if err == nil {
		c.Version++
	}
	return err
}

// index keeps which operations a command started.
func (s *sqlite) index(ctx context.Context, tx *sql.Tx, c *Command) error {
	ids, err := json.Marshal(operationIDs(c))
	if err != nil {
		return err
	}
	for _, change := range []string{
		"DELETE FROM command_operations WHERE account = ?1 AND command_id = ?2 AND operation_id NOT IN (SELECT value FROM json_each(?3))",
		`INSERT INTO command_operations (account, operation_id, command_id) SELECT ?1, value, ?2 FROM json_each(?3) WHERE true
			ON CONFLICT DO NOTHING`,
	} {
		if _, err := tx.ExecContext(ctx, change, text(c.Account), text(c.ID), string(ids)); err != nil {
			return unwritable(err)
		}
	}
	return nil
}

// Get is the command with this id; see Journal.
func (s *sqlite) Get(ctx context.Context, account, id string) (*Command, error) {
	return s.one(ctx, sqlGet, text(account), text(id))
}

// ByKey is the command that has this key; see Journal.
func (s *sqlite) ByKey(ctx context.Context, account, organization, action, key string) (*Command, error) {
	return s.one(ctx, sqlByKey, text(account), text(key), text(organization), text(action))
}

// ByOperation is the command that started the operation; see Journal.
func (s *sqlite) ByOperation(ctx context.Context, account, operationID string) (*Command, error) {
	return s.one(ctx, sqlByOperation, text(account), text(operationID))
}

func (s *sqlite) one(ctx context.Context, sql string, values ...any) (*Command, error) {
	found, err := commands(ctx, s.reads, sql, values...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// List is a page of the commands that match; see Journal.
func (s *sqlite) List(ctx context.Context, f Filter, p Page) ([]*Command, error) {
	sql, values := listSQL(f, p)
	return commands(ctx, s.reads, sql, values...)
}

// Count is how many commands match; see Journal.
func (s *sqlite) Count(ctx context.Context, f Filter) (int, error) {
	sql, values := countSQL(f)
	n, err := s.number(ctx, sql, values...)
	return int(n), err
}

// NextDue is when Take will next have something; see Journal.
func (s *sqlite) NextDue(ctx context.Context, account string) (time.Time, error) {
	n, err := s.number(ctx, sqlNextDue, text(account))
	return moment(n), err
}

func (s *sqlite) number(ctx context.Context, sql string, values ...any) (n int64, err error) {
	if err := s.reads.QueryRowContext(ctx, sqliteSQL(sql), values...).Scan(&n); err != nil {
		return 0, unreadable(err)
	}
	return n, nil
}

// Take gives node the commands that are due; see Journal.
func (s *sqlite) Take(ctx context.Context, account, node string, now time.Time, lease time.Duration, most int) ([]*Command, error) {
	if node == "" {
		return nil, errNoNode
	}
	var taken []*Command
	err := s.writer.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var err error
		taken, err = commands(ctx, tx, s.queries.take, text(account), text(node), micros(now), micros(now.Add(lease)), int64(max(most, 0)))
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(taken, longestDueFirst)
	return taken, nil
}

// Check says whether the journal can be written; see Journal.
func (s *sqlite) Check(ctx context.Context) error {
	if now, err := os.Stat(s.path); err != nil || !os.SameFile(now, s.opened) {
		return fmt.Errorf("the journal's file %s was removed or replaced while it was in use", s.path)
	}
	return s.writer.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, sqlCheck); err != nil {
			return unwritable(err)
		}
		return nil
	})
}

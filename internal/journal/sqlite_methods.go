package journal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// The statements that only SQLite is given.
const (
	sqliteTake = `UPDATE commands SET node = $2, lease_until = $4 WHERE id IN (SELECT id FROM commands
		WHERE account = $1 AND due_at > 0 AND due_at <= $3 AND (node = '' OR lease_until <= $3) ORDER BY due_at, id LIMIT $5)
		RETURNING ` + columns

	sqliteForget = `DELETE FROM command_operations WHERE account = $1 AND command_id = $2
		AND operation_id NOT IN (SELECT value FROM json_each($3))`

	sqliteIndex = `INSERT INTO command_operations (account, operation_id, command_id) SELECT $1, value, $2 FROM json_each($3)
		WHERE true ON CONFLICT DO NOTHING`
)

// sqliteQueries are the long statements.
type sqliteQueries struct{ insert, update string }

var errNotTaken = errors.New("the journal did not take a command although nothing speaks against it")

// Claim puts a new command into the journal; see Journal.
func (s *sqlite) Claim(ctx context.Context, c *Command, check Check) (Verdict, *Command, error) {
	row, err := claimRecord(c)
	if err != nil {
		return "", nil, err
	}
	var verdict Verdict
	var other *Command
	err = s.writer.write(ctx, func(ctx context.Context, tx *session) error {
		var err error
		if verdict, other, err = tx.against(ctx, c, check); err != nil || verdict != Free {
			return err
		}
		if n, err := tx.change(ctx, s.queries.insert, row.values()...); err != nil || n != 1 {
			return cmp.Or(err, errNotTaken)
		}
		verdict = Won
		return index(ctx, tx, c)
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
	return s.read.against(ctx, c, check)
}

// Save writes a command as it is now; see Journal.
func (s *sqlite) Save(ctx context.Context, c *Command) error {
	row, err := newRecord(c)
	if err != nil {
		return err
	}
	err = s.writer.write(ctx, func(ctx context.Context, tx *session) error {
		if n, err := tx.change(ctx, s.queries.update, row.values()...); err != nil || n != 1 {
			return cmp.Or(err, ErrStale)
		}
		return index(ctx, tx, c)
	})
	if err == nil {
		c.Version++
	}
	return err
}

// index keeps which operations a command started.
func index(ctx context.Context, tx *session, c *Command) error {
	ids, err := json.Marshal(operationIDs(c))
	if err != nil {
		return err
	}
	for _, statement := range []string{sqliteForget, sqliteIndex} {
		if _, err := tx.change(ctx, statement, text(c.Account), text(c.ID), string(ids)); err != nil {
			return err
		}
	}
	return nil
}

// Get is the command with this id; see Journal.
func (s *sqlite) Get(ctx context.Context, account, id string) (*Command, error) {
	return s.read.one(ctx, sqlGet, text(account), text(id))
}

// ByKey is the command that has this key; see Journal.
func (s *sqlite) ByKey(ctx context.Context, account, organization, action, key string) (*Command, error) {
	return s.read.one(ctx, sqlByKey, text(account), text(key), text(organization), text(action))
}

// ByOperation is the command that started the operation; see Journal.
func (s *sqlite) ByOperation(ctx context.Context, account, operationID string) (*Command, error) {
	return s.read.one(ctx, sqlByOperation, text(account), indexed(operationID))
}

// List is a page of the commands that match; see Journal.
func (s *sqlite) List(ctx context.Context, f Filter, p Page) ([]*Command, error) {
	sql, values := listSQL(f, p)
	found, err := s.read.commands(ctx, sql, values...)
	return inOrder(found, p), err
}

// Count is how many commands match; see Journal.
func (s *sqlite) Count(ctx context.Context, f Filter) (int, error) {
	sql, values := countSQL(f)
	n, err := s.read.number(ctx, sql, values...)
	return int(n), err
}

// Mark is how far everything is that was done to a subscription; see Journal.
func (s *sqlite) Mark(ctx context.Context, account, customerNo, subscriptionID string) (int64, error) {
	return s.read.number(ctx, sqlMark, text(account), text(customerNo), indexed(subscriptionID))
}

// NextDue is when Take will next have something; see Journal.
func (s *sqlite) NextDue(ctx context.Context, account string) (time.Time, error) {
	n, err := s.read.number(ctx, sqlNextDue, text(account))
	return moment(n), err
}

// Take gives node the commands that are due; see Journal.
func (s *sqlite) Take(ctx context.Context, account, node string, now time.Time, lease time.Duration, most int) ([]*Command, error) {
	if node == "" {
		return nil, errNoNode
	}
	var taken []*Command
	err := s.writer.write(ctx, func(ctx context.Context, tx *session) error {
		var err error
		taken, err = tx.commands(ctx, sqliteTake, text(account), text(node), micros(now), micros(now.Add(lease)), int64(max(most, 0)))
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
	return s.writer.write(ctx, func(ctx context.Context, tx *session) error {
		_, err := tx.change(ctx, sqlCheck)
		return err
	})
}

package journal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresQueries are the statements that write.
type postgresQueries struct{ claim, save, take string }

func newPostgresQueries() postgresQueries {
	operations := len(columnNames()) + 1 // the place of the operations' ids
	fresh := fmt.Sprintf(`INSERT INTO command_operations (account, operation_id, command_id)
		SELECT $2, operation_id, written.id FROM written, unnest($%d::text[]) AS operation_id ON CONFLICT DO NOTHING`, operations)
	return postgresQueries{
		claim: fmt.Sprintf("WITH written AS (%s RETURNING id), fresh AS (%s) SELECT count(*) FROM written", insertSQL(), fresh),
		save: fmt.Sprintf(`WITH written AS (%s RETURNING id), fresh AS (%s), gone AS (DELETE FROM command_operations USING written
			WHERE account = $2 AND command_id = written.id AND operation_id <> ALL ($%d::text[])) SELECT count(*) FROM written`,
			updateSQL(), fresh, operations),
		// Materialized, so that no more rows are locked than are taken.
		take: `WITH due AS MATERIALIZED (SELECT id AS taken FROM commands WHERE account = $1 AND due_at > 0 AND due_at <= $3
			AND (node = '' OR lease_until <= $3) ORDER BY due_at, id LIMIT $5 FOR UPDATE SKIP LOCKED)
			UPDATE commands SET node = $2, lease_until = $4 FROM due WHERE id = taken RETURNING ` + columns,
	}
}

// Claim puts a new command into the journal; see Journal.
func (p *postgres) Claim(ctx context.Context, c *Command, check Check) (Verdict, *Command, error) {
	row, err := claimRecord(c)
	if err != nil {
		return "", nil, err
	}
	for range claimTries {
		verdict, other, err := p.tryClaim(ctx, c, row, check)
		if err != nil {
			return "", nil, p.unwritable(err)
		}
		if verdict == Won {
			c.Step, c.Version = row.Step, row.Version
		}
		if verdict != Free {
			return verdict, other, nil
		}
		// A command with this key came to be between the question and the writing: ask again.
	}
	return "", nil, p.unwritable(errNotTaken)
}

// tryClaim is Claim but for Free: another command got in between with the key.
func (p *postgres) tryClaim(ctx context.Context, c *Command, row *record, check Check) (Verdict, *Command, error) {
	asking, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	tx, err := p.pool.BeginTx(asking, pgx.TxOptions{IsoLevel: pgx.ReadCommitted})
	if err != nil {
		return "", nil, err
	}
	defer p.rollback(ctx, tx)
	verdict, other, err := postgresAgainst(asking, tx, c, check, claimLocks(c, check))
	if err != nil || verdict != Free {
		return verdict, other, err
	}
	// From here on the caller waits for the truth, even one who has left.
	writing, cancel := seenThrough(ctx)
	defer cancel()
	n := 0
	if err := tx.QueryRow(writing, p.queries.claim, append(row.values(), operationIDs(c))...).Scan(&n); err != nil {
		return "", nil, err
	}
	if n == 0 {
		return Free, nil, nil
	}
	return Won, nil, tx.Commit(writing)
}

// rollback ends a transaction that was not committed.
func (p *postgres) rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := seenThrough(ctx)
	defer cancel()
	_ = tx.Rollback(ctx) // a connection that cannot even do that is thrown away by the pool
}

// seenThrough is a context for what must not be left half done because a caller hangs up.
func seenThrough(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), answerTime)
}

// claimLocks are the locks under which a claim is decided, in the order in which every node takes them: two commands
// that can exclude each other by more than their key share one. The key has an index that is unique.
func claimLocks(c *Command, check Check) []int64 {
	var locks []int64
	if c.Spends || check.Based {
		locks = append(locks, lockID("customer", c.Account, c.CustomerNo))
	}
	if c.Spends {
		locks = append(locks, lockID("same", c.Account, c.Action, c.Purchase))
	}
	slices.Sort(locks)
	return locks
}

func lockID(parts ...string) int64 {
	hash := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(hash, "%d:%s;", len(text(part)), text(part))
	}
	return int64(binary.BigEndian.Uint64(hash.Sum(nil)))
}

// Save writes a command as it is now; see Journal.
func (p *postgres) Save(ctx context.Context, c *Command) error {
	row, err := newRecord(c)
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	connection, err := p.pool.Acquire(waiting)
	if err != nil {
		return p.unwritable(err)
	}
	defer connection.Release()
	writing, cancel := seenThrough(ctx)
	defer cancel()
	n := 0
	if err := connection.QueryRow(writing, p.queries.save, append(row.values(), operationIDs(c))...).Scan(&n); err != nil {
		return p.unwritable(err)
	}
	if n == 0 {
		return ErrStale
	}
	c.Version++
	return nil
}

// Take gives node the commands that are due; see Journal.
func (p *postgres) Take(ctx context.Context, account, node string, now time.Time, lease time.Duration, most int) ([]*Command, error) {
	if node == "" {
		return nil, errNoNode
	}
	taken, err := p.commands(ctx, p.queries.take, text(account), text(node), micros(now), micros(now.Add(lease)), int64(max(most, 0)))
	if err != nil {
		return nil, err
	}
	slices.SortFunc(taken, longestDueFirst)
	return taken, nil
}

// Check says whether the journal can be written; see Journal.
func (p *postgres) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if _, err := p.pool.Exec(ctx, sqlCheck); err != nil {
		return p.unwritable(err)
	}
	return nil
}

package journal

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// postgresAgainst is the verdict that speaks against a command, and the command that it is about; Free when none does.
// All questions go in one batch, each asked after the locks are held.
func postgresAgainst(ctx context.Context, tx pgx.Tx, c *Command, check Check, locks []int64) (Verdict, *Command, error) {
	var batch pgx.Batch
	for _, lock := range locks {
		batch.Queue("SELECT pg_advisory_xact_lock($1)", lock)
	}
	all := questions(c, check)
	for _, q := range all {
		batch.Queue(q.sql, q.values...)
	}
	if batch.Len() == 0 {
		return Free, nil, nil
	}
	answers := tx.SendBatch(ctx, &batch)
	defer answers.Close()
	for range locks {
		if _, err := answers.Exec(); err != nil {
			return "", nil, err
		}
	}
	for _, q := range all {
		rows, err := answers.Query()
		if err != nil {
			return "", nil, err
		}
		found, err := collect(rows)
		if err != nil {
			return "", nil, err
		}
		if other := q.answer(found); other != nil {
			return q.verdict, other, answers.Close()
		}
	}
	return Free, nil, answers.Close()
}

// collect reads the commands of rows.
func collect(rows pgx.Rows) ([]*Command, error) {
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*Command, error) { return scanCommand(row) })
}

// commands are what a statement finds.
func (p *postgres) commands(ctx context.Context, sql string, values ...any) ([]*Command, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	rows, err := p.pool.Query(ctx, sql, values...)
	if err != nil {
		return nil, p.unreadable(err)
	}
	found, err := collect(rows)
	if err != nil {
		return nil, p.unreadable(err)
	}
	return found, nil
}

// Look is Claim without writing; see Journal.
func (p *postgres) Look(ctx context.Context, c *Command, check Check) (Verdict, *Command, error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	tx, err := p.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return "", nil, unreadable(err)
	}
	defer p.rollback(ctx, tx)
	verdict, other, err := postgresAgainst(ctx, tx, c, check, nil)
	if err != nil {
		return "", nil, unreadable(err)
	}
	return verdict, other, nil
}

// Get is the command with this id; see Journal.
func (p *postgres) Get(ctx context.Context, account, id string) (*Command, error) {
	return p.one(ctx, sqlGet, text(account), text(id))
}

// ByKey is the command that has this key; see Journal.
func (p *postgres) ByKey(ctx context.Context, account, organization, action, key string) (*Command, error) {
	return p.one(ctx, sqlByKey, text(account), text(key), text(organization), text(action))
}

// ByOperation is the command that started the operation; see Journal.
func (p *postgres) ByOperation(ctx context.Context, account, operationID string) (*Command, error) {
	return p.one(ctx, sqlByOperation, text(account), indexed(operationID))
}

func (p *postgres) one(ctx context.Context, sql string, values ...any) (*Command, error) {
	found, err := p.commands(ctx, sql, values...)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// List is a page of the commands that match; see Journal.
func (p *postgres) List(ctx context.Context, f Filter, page Page) ([]*Command, error) {
	sql, values := listSQL(f, page)
	found, err := p.commands(ctx, sql, values...)
	return inOrder(found, page), err
}

// Count is how many commands match; see Journal.
func (p *postgres) Count(ctx context.Context, f Filter) (int, error) {
	sql, values := countSQL(f)
	n, err := p.number(ctx, sql, values...)
	return int(n), err
}

// Mark is how far everything is that was done to a subscription; see Journal.
func (p *postgres) Mark(ctx context.Context, account, customerNo, subscriptionID string) (int64, error) {
	return p.number(ctx, sqlMark, text(account), text(customerNo), indexed(subscriptionID))
}

// NextDue is when Take will next have something; see Journal.
func (p *postgres) NextDue(ctx context.Context, account string) (time.Time, error) {
	n, err := p.number(ctx, sqlNextDue, text(account))
	return moment(n), err
}

func (p *postgres) number(ctx context.Context, sql string, values ...any) (n int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := p.pool.QueryRow(ctx, sql, values...).Scan(&n); err != nil {
		return 0, unreadable(err)
	}
	return n, nil
}

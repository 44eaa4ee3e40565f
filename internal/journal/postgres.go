package journal

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed postgres/*.sql
var postgresFiles embed.FS

const (
	connectTime   = 5 * time.Second
	migrationTime = 2 * time.Minute
	answerTime    = 15 * time.Second // a database that takes longer counts as one that cannot be used
	connections   = 16               // where the URL does not say pool_max_conns
	claimTries    = 20               // each is lost to another claim of the key that came in between
	migrationLock = 0x6a6f75726e616c // "journal"
)

// postgres is a journal in a database that any number of nodes share.
type postgres struct {
	pool    *pgxpool.Pool
	queries postgresQueries
}

// openPostgres opens the journal in a database.
func openPostgres(ctx context.Context, url string) (Journal, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil { // its text can hold the password
		return nil, errors.New("the journal's URL is not one of PostgreSQL's: write postgres://user:password@host:5432/database?sslmode=verify-full, with what is not a letter or digit in the password as %XX")
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = connections
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTime
	}
	config.AfterConnect = settle
	// A connection that died unnoticed, as all do when the server is restarted, must not cost an order its record.
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return true }
	if err := migratePostgres(ctx, config.ConnConfig); err != nil {
		return nil, fmt.Errorf("the journal in PostgreSQL cannot be used: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("the journal in PostgreSQL cannot be used: %w", err)
	}
	return &postgres{pool: pool, queries: newPostgresQueries()}, nil
}

// settle makes a connection keep the journal's promises, whatever the server's defaults are: what was answered is on
// disk, a statement sees what was committed before it, and a node that is frozen while it holds a lock loses it.
func settle(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
	if err == nil {
		_, err = c.Exec(ctx, `SELECT set_config('default_transaction_isolation', 'read committed', false),
			set_config('idle_in_transaction_session_timeout', $1, false)`, fmt.Sprint(answerTime.Milliseconds()))
	}
	return err
}

// migratePostgres brings the tables up to date, one node at a time: the others wait for its lock, and find nothing left
// to do.
func migratePostgres(ctx context.Context, config *pgx.ConnConfig) error {
	ctx, cancel := context.WithTimeout(ctx, migrationTime)
	defer cancel()
	lock, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer lock.Close(context.WithoutCancel(ctx)) // gives up the lock
	if _, err := lock.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return err
	}
	files, err := fs.Sub(postgresFiles, "postgres")
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*config)
	return errors.Join(migrate(ctx, goose.DialectPostgres, db, files), db.Close())
}

// unreadable and unwritable say that a statement failed. A connection can keep to a time in which its server only let
// read, such as while its disk was full or another server was the one to write to. New ones are made after that, which
// find out how things are now.
func (p *postgres) unreadable(err error) error { return unreadable(p.renew(err)) }

func (p *postgres) unwritable(err error) error { return unwritable(p.renew(err)) }

func (p *postgres) renew(err error) error {
	const readOnly = "25006"
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == readOnly {
		p.pool.Reset()
	}
	return err
}

// Close ends the journal's use.
func (p *postgres) Close() error {
	p.pool.Close()
	return nil
}

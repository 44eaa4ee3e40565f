package journal

import (
	"context"
	"errors"
	"strings"
)

// Open opens the journal at a URL: sqlite:PATH is a file, which is made when it is not there, for one process at a
// time (others get ErrLocked); postgres://… is a database that any number of nodes share. Its tables are made, or
// brought up to date. An error is a sentence for whoever set the URL, and never holds a password.
//
// What the last process with a SQLite file left unfinished is due at once, since that process is gone. With PostgreSQL
// it may be at work on another node: it comes when it is due and its lease has lapsed.
func Open(ctx context.Context, url string) (Journal, error) {
	scheme, rest, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, url)
	}
	return nil, errors.New("the journal's URL must begin with sqlite: (a file, such as sqlite:/var/lib/stellr-gateway/journal.db) or postgres:// (a database, for several nodes)")
}

package journal

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// migrate makes a database's tables, or brings them up to date. A database that a newer program has brought further is
// refused: what this one would write there, the newer one might misread.
func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, files fs.FS, options ...goose.ProviderOption) error {
	options = append(options, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true), goose.WithTableName("journal_version"))
	provider, err := goose.NewProvider(dialect, db, files, options...)
	if err != nil {
		return err
	}
	there, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("its version cannot be read: %w", err)
	}
	if there > known {
		return fmt.Errorf("it is of version %d, and this program knows version %d: run the newer program that it was used with", there, known)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("its tables cannot be brought up to date: %w", err)
	}
	return nil
}

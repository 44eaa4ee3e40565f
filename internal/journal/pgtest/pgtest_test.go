package pgtest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"stellr-gateway/internal/journal/pgtest"
)

func TestDatabasesAreApart(t *testing.T) {
	ctx := t.Context()
	for range 2 {
		c, err := pgx.Connect(ctx, pgtest.Start(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close(context.WithoutCancel(ctx)) })
		if _, err := c.Exec(ctx, "CREATE TABLE mine (n integer)"); err != nil {
			t.Fatal(err)
		}
	}
}

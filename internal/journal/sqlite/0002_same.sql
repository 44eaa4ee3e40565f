-- The same bought twice is suspicious whichever organizations the callers are of: those of one caller may have changed.

-- +goose Up
DROP INDEX commands_same;
CREATE INDEX commands_same ON commands (account, action, purchase, created_at) WHERE spends;

-- +goose Down
DROP INDEX commands_same;
CREATE INDEX commands_same ON commands (account, organization, action, purchase, created_at) WHERE spends;

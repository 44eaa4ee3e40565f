-- Times are microseconds since 1970 in UTC; 0 stands for no time.

-- +goose Up
CREATE TABLE commands (
    id                TEXT    NOT NULL PRIMARY KEY,
    account           TEXT    NOT NULL,
    organization      TEXT    NOT NULL,
    action            TEXT    NOT NULL,
    key               TEXT    NOT NULL,
    input_hash        TEXT    NOT NULL,
    purchase          TEXT    NOT NULL,
    input             TEXT,
    actor             TEXT    NOT NULL,
    spends            INTEGER NOT NULL,
    customer_no       TEXT    NOT NULL,
    subject           TEXT    NOT NULL, -- the first of subscription_ids, or its hash where it is long
    subscription_ids  TEXT,
    vendor_id         TEXT    NOT NULL,
    product_ids       TEXT,
    status            TEXT    NOT NULL,
    step              TEXT    NOT NULL,
    released          INTEGER NOT NULL,
    inferred          INTEGER NOT NULL,
    reads             INTEGER NOT NULL,
    evidence          TEXT,
    operations        TEXT,
    left_behind       TEXT,
    stellr_request_id TEXT    NOT NULL,
    error             TEXT,
    created_at        INTEGER NOT NULL,
    dispatched_at     INTEGER NOT NULL,
    finished_at       INTEGER NOT NULL,
    changed_at        INTEGER NOT NULL,
    due_at            INTEGER NOT NULL,
    node              TEXT    NOT NULL,
    lease_until       INTEGER NOT NULL,
    version           INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX commands_key ON commands (account, organization, action, key) WHERE key <> '' AND NOT released;
CREATE INDEX commands_by_key ON commands (account, key, id) WHERE key <> '';
CREATE INDEX commands_unknown ON commands (account, customer_no, status, id) WHERE status = 'UNKNOWN';
CREATE INDEX commands_same ON commands (account, organization, action, purchase, created_at) WHERE spends;
CREATE INDEX commands_subject ON commands (account, customer_no, subject, id) WHERE subject <> '';
CREATE INDEX commands_due ON commands (account, due_at) WHERE due_at > 0;
CREATE INDEX commands_unfinished ON commands (step) WHERE step <> 'ended';
CREATE INDEX commands_all ON commands (account, id);
CREATE INDEX commands_list ON commands (account, organization, id);
CREATE INDEX commands_customer ON commands (account, customer_no, id);

-- Which command started an operation. Ids that are long are hashes.
CREATE TABLE command_operations (
    account      TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    command_id   TEXT NOT NULL,
    PRIMARY KEY (account, operation_id, command_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX command_operations_command ON command_operations (command_id);

-- What checking whether the journal can be written writes.
CREATE TABLE checked (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    times INTEGER NOT NULL
) STRICT;

-- +goose Down
DROP TABLE checked;
DROP TABLE command_operations;
DROP TABLE commands;

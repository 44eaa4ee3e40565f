-- Texts are compared by their bytes where they are put in order. Times are microseconds since 1970 in UTC; 0 stands for no time.

-- +goose Up
CREATE TABLE commands (
    id                text    COLLATE "C" NOT NULL PRIMARY KEY,
    account           text    NOT NULL,
    organization      text    NOT NULL,
    action            text    NOT NULL,
    key               text    NOT NULL,
    input_hash        text    NOT NULL,
    purchase          text    NOT NULL,
    input             json,
    actor             text    NOT NULL,
    spends            boolean NOT NULL,
    customer_no       text    NOT NULL,
    subject           text    NOT NULL, -- the first of subscription_ids, or its hash where it is long
    subscription_ids  json,
    vendor_id         text    NOT NULL,
    product_ids       json,
    status            text    NOT NULL,
    step              text    NOT NULL,
    released          boolean NOT NULL,
    inferred          boolean NOT NULL,
    reads             bigint  NOT NULL,
    evidence          json,
    operations        json,
    left_behind       json,
    stellr_request_id text    NOT NULL,
    error             json,
    created_at        bigint  NOT NULL,
    dispatched_at     bigint  NOT NULL,
    finished_at       bigint  NOT NULL,
    changed_at        bigint  NOT NULL,
    due_at            bigint  NOT NULL,
    node              text    NOT NULL,
    lease_until       bigint  NOT NULL,
    version           bigint  NOT NULL
);

CREATE UNIQUE INDEX commands_key ON commands (account, organization, action, key) WHERE key <> '' AND NOT released;
CREATE INDEX commands_by_key ON commands (account, key, id) WHERE key <> '';
CREATE INDEX commands_unknown ON commands (account, customer_no, status, id) WHERE status = 'UNKNOWN';
CREATE INDEX commands_same ON commands (account, organization, action, purchase, created_at) WHERE spends;
CREATE INDEX commands_subject ON commands (account, customer_no, subject, id) WHERE subject <> '';
CREATE INDEX commands_due ON commands (account, due_at) WHERE due_at > 0;
CREATE INDEX commands_all ON commands (account, id);
CREATE INDEX commands_list ON commands (account, organization, id);
CREATE INDEX commands_customer ON commands (account, customer_no, id);

-- Which command started an operation. Ids that are long are hashes.
CREATE TABLE command_operations (
    account      text NOT NULL,
    operation_id text NOT NULL,
    command_id   text COLLATE "C" NOT NULL,
    PRIMARY KEY (account, operation_id, command_id)
);
CREATE INDEX command_operations_command ON command_operations (command_id);

-- What checking whether the journal can be written writes.
CREATE TABLE checked (
    id    integer NOT NULL PRIMARY KEY CHECK (id = 1),
    times bigint  NOT NULL
);

-- +goose Down
DROP TABLE checked;
DROP TABLE command_operations;
DROP TABLE commands;

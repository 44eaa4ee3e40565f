package journal

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// columns are a command's, in the order of record.values and record.places. The first two are never updated.
const columns = `id, account, organization, action, key, input_hash, purchase, input, actor, spends, customer_no, subject,
	subscription_ids, vendor_id, product_ids, status, step, released, inferred, reads, evidence, operations, left_behind,
	stellr_request_id, error, created_at, dispatched_at, finished_at, changed_at, due_at, node, lease_until, version`

// record is a command as a row.
type record struct {
	Command
	subject                                                                       string
	input, subscriptionIDs, productIDs, evidence, operations, leftBehind, problem *string
	created, dispatched, finished, changed, due, leaseUntil                       int64
}

// newRecord is the row of a command.
func newRecord(c *Command) (*record, error) {
	r := &record{Command: *c}
	if len(c.SubscriptionIDs) > 0 {
		r.subject = indexed(c.SubscriptionIDs[0])
	}
	r.created, r.dispatched, r.finished = micros(c.CreatedAt), micros(c.DispatchedAt), micros(c.FinishedAt)
	r.changed, r.due, r.leaseUntil = micros(c.ChangedAt), micros(c.DueAt), micros(c.LeaseUntil)
	var broken []error
	written := func(value any, there bool) *string {
		if !there {
			return nil
		}
		raw, err := json.Marshal(value)
		broken = append(broken, err)
		written := string(raw)
		return &written
	}
	kept := func(raw json.RawMessage) *string {
		if len(raw) == 0 {
			return nil
		}
		if !json.Valid(raw) {
			broken = append(broken, errors.New("its input or evidence is not JSON"))
		}
		kept := strings.ToValidUTF8(string(raw), "\uFFFD")
		return &kept
	}
	r.input, r.evidence = kept(c.Input), kept(c.Evidence)
	r.subscriptionIDs, r.productIDs = written(c.SubscriptionIDs, c.SubscriptionIDs != nil), written(c.ProductIDs, c.ProductIDs != nil)
	r.operations, r.leftBehind = written(c.Operations, c.Operations != nil), written(c.LeftBehind, c.LeftBehind != nil)
	r.problem = written(c.Error, c.Error != nil)
	if err := errors.Join(broken...); err != nil {
		return nil, fmt.Errorf("command %s cannot be recorded: %w", c.ID, err)
	}
	return r, nil
}

// values are what a row is made of.
func (r *record) values() []any {
	return []any{text(r.ID), text(r.Account), text(r.Organization), text(r.Action), text(r.Key), text(r.InputHash), text(r.Purchase), r.input, text(r.Actor),
		r.Spends, text(r.CustomerNo), r.subject, r.subscriptionIDs, text(r.VendorID), r.productIDs, text(string(r.Status)),
		text(string(r.Step)), r.Released, r.Inferred, int64(r.Reads), r.evidence, r.operations, r.leftBehind, text(r.StellrRequestID),
		r.problem, r.created, r.dispatched, r.finished, r.changed, r.due, text(r.Node), r.leaseUntil, r.Version}
}

// places are where a row is read into.
func (r *record) places() []any {
	return []any{&r.ID, &r.Account, &r.Organization, &r.Action, &r.Key, &r.InputHash, &r.Purchase, &r.input, &r.Actor,
		&r.Spends, &r.CustomerNo, &r.subject, &r.subscriptionIDs, &r.VendorID, &r.productIDs, &r.Status,
		&r.Step, &r.Released, &r.Inferred, &r.Reads, &r.evidence, &r.operations, &r.leftBehind, &r.StellrRequestID,
		&r.problem, &r.created, &r.dispatched, &r.finished, &r.changed, &r.due, &r.Node, &r.leaseUntil, &r.Version}
}

// command is the command that a row holds.
func (r *record) command() (*Command, error) {
	c := r.Command
	c.CreatedAt, c.DispatchedAt, c.FinishedAt = moment(r.created), moment(r.dispatched), moment(r.finished)
	c.ChangedAt, c.DueAt, c.LeaseUntil = moment(r.changed), moment(r.due), moment(r.leaseUntil)
	if r.input != nil {
		c.Input = json.RawMessage(*r.input)
	}
	if r.evidence != nil {
		c.Evidence = json.RawMessage(*r.evidence)
	}
	parts := []struct {
		written *string
		into    any
	}{{r.subscriptionIDs, &c.SubscriptionIDs}, {r.productIDs, &c.ProductIDs}, {r.operations, &c.Operations},
		{r.leftBehind, &c.LeftBehind}, {r.problem, &c.Error}}
	for _, part := range parts {
		if part.written == nil {
			continue
		}
		if err := json.Unmarshal([]byte(*part.written), part.into); err != nil {
			return nil, fmt.Errorf("command %s cannot be read: %w", c.ID, err)
		}
	}
	return &c, nil
}

// scanCommand reads the command of a row.
func scanCommand(row interface{ Scan(places ...any) error }) (*Command, error) {
	var r record
	if err := row.Scan(r.places()...); err != nil {
		return nil, err
	}
	return r.command()
}

// text is what every database can keep of a text. A header of Stellr's that is not UTF-8 must not be the reason that an
// outcome is not recorded. Texts that were different can become equal by it: for keys that errs on the safe side.
func text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}

// indexed is what is looked up for an id of Stellr's: a hash where it is long, since PostgreSQL has no room for that in
// an index, and an outcome must be recorded whatever Stellr calls it.
func indexed(id string) string {
	if id = text(id); len(id) <= 255 {
		return id
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(id)))
}

// micros is a moment as it is kept: microseconds since 1970, rounded down; 0 for no time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// moment is the reverse of micros.
func moment(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// longestDueFirst is the order in which commands are taken.
func longestDueFirst(a, b *Command) int {
	return cmp.Or(a.DueAt.Compare(b.DueAt), strings.Compare(a.ID, b.ID))
}

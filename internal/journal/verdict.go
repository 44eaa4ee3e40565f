package journal

import (
	"errors"
	"slices"
)

// question is what the journal is asked before a new command is let in: a command that it finds, and that matches,
// stands against the new one.
type question struct {
	verdict Verdict
	sql     string
	values  []any
	matches func(*Command) bool // nil: every one does
}

// questions are what is asked about a new command, in the order of their weight.
func questions(c *Command, check Check) []question {
	var all []question
	ask := func(verdict Verdict, where string, matches func(*Command) bool, values ...any) {
		all = append(all, question{verdict, selectCommand + "WHERE " + where, values, matches})
	}
	account, organization, action := text(c.Account), text(c.Organization), text(c.Action)
	if c.Key != "" {
		ask(Taken, "account = $1 AND organization = $2 AND action = $3 AND key = $4 AND key <> '' AND NOT released",
			nil, account, organization, action, text(c.Key))
	}
	if c.Spends {
		ask(Blocked, "account = $1 AND customer_no = $2 AND status = 'UNKNOWN' ORDER BY id",
			func(other *Command) bool { return c.overlaps(other) }, account, text(c.CustomerNo))
	}
	if c.Spends && !check.DuplicatesSince.IsZero() {
		ask(Duplicate, `account = $1 AND action = $2 AND purchase = $3 AND purchase <> '' AND spends AND created_at >= $4
			AND (status NOT IN ('REJECTED', 'FAILED') OR CAST(left_behind AS text) LIKE '["%') ORDER BY created_at DESC, id DESC LIMIT 1`,
			nil, account, action, text(c.Purchase), micros(check.DuplicatesSince))
	}
	if len(c.SubscriptionIDs) > 0 && c.SubscriptionIDs[0] != "" && check.Based {
		same := ofSubject + " AND "
		customer, subject := text(c.CustomerNo), indexed(c.SubscriptionIDs[0])
		also := ""
		if check.Settled {
			also = string(Following)
		}
		ask(Busy, same+"(step IN ('claimed', 'dispatched') OR step = $4) ORDER BY id DESC LIMIT 1", nil, account, customer, subject, also)
		ask(Outdated, same+"dispatched_at <> 0 AND $4 < ("+sqlMark+") ORDER BY id DESC LIMIT 1",
			nil, account, customer, subject, check.Mark)
	}
	return all
}

// ofSubject are the commands that change one subscription.
const ofSubject = "account = $1 AND customer_no = $2 AND subject = $3 AND subject <> ''"

// sqlMark counts what has happened to a subscription: each command that changes it was sent, has landed, has ended. That
// number only grows, whatever the clocks of the nodes say.
const sqlMark = `SELECT coalesce(sum(CASE WHEN dispatched_at = 0 THEN 0 WHEN step = 'dispatched' THEN 1 WHEN finished_at = 0 THEN 2 ELSE 3 END), 0)
	FROM commands WHERE ` + ofSubject

// overlaps says whether two commands have a product or a subscription in common. One that may be about any product has.
func (c *Command) overlaps(other *Command) bool {
	in := func(list []string) func(string) bool {
		return func(id string) bool { return slices.Contains(list, id) }
	}
	return slices.Contains(other.ProductIDs, AnyProduct) || slices.ContainsFunc(c.ProductIDs, in(other.ProductIDs)) || slices.ContainsFunc(c.SubscriptionIDs, in(other.SubscriptionIDs))
}

// answer is the first of the commands found that stands against the new one.
func (q *question) answer(found []*Command) *Command {
	for _, other := range found {
		if q.matches == nil || q.matches(other) {
			return other
		}
	}
	return nil
}

// claimRecord is the row of a new command.
func claimRecord(c *Command) (*record, error) {
	switch {
	case c.ID == "":
		return nil, errors.New("a command without an id cannot be claimed")
	case c.CreatedAt.IsZero():
		return nil, errors.New("a command without the time of its creation cannot be claimed")
	}
	claimed := *c
	claimed.Step, claimed.Version = Claimed, 1
	return newRecord(&claimed)
}

package graph_test

import (
	"fmt"
	"slices"
	"strings"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr/sim"
)

// intent is one thing that a caller wanted once: what an idempotency key names. Its mark is in the path or the body of
// every request that is sent for it, and of no other.
type intent struct{ organization, action, key, mark string }

func (i intent) String() string { return i.organization + "/" + i.action + "/" + i.key }

// told is what a caller was told of an intent.
type told struct {
	intent
	lost          bool // no answer came
	command       string
	status        string
	code          string // of the error, or of the first user error
	operations    []string
	subscriptions []string
	replayed      bool
	text          string // the whole answer
}

// accepted says whether the caller was told that it is done, or being done.
func (a told) accepted() bool {
	return a.status == "SUCCEEDED" || a.status == "PENDING" && len(a.operations) > 0
}

// facts are all that is known when nothing happens any more.
type facts struct {
	intents []intent
	told    []told
	ledger  []sim.Entry
	rows    []*journal.Command
}

// violations says, in words, what of the facts must never be. Nothing: everything was bought once.
func violations(f facts) []string {
	c := &checker{facts: f}
	for _, i := range f.intents {
		c.checkIntent(i)
	}
	for _, a := range f.told {
		c.checkAnswer(a)
	}
	for _, e := range f.ledger {
		if e.Committed && !slices.ContainsFunc(f.intents, func(i intent) bool { return i.caused(e) }) {
			c.say("%s %s %s was carried out, and nobody asked for it", e.Method, e.Path, e.Body)
		}
	}
	for _, row := range f.rows {
		if row.Step != journal.Ended || row.Status == journal.Unknown || row.Status == journal.Pending {
			c.say("the command %s is left %s at step %s", row.Key, row.Status, row.Step)
		}
		if !slices.ContainsFunc(f.intents, func(i intent) bool { return i.has(row) }) {
			c.say("the command %s/%s/%s is in the journal, and nobody asked for it", row.Organization, row.Action, row.Key)
		}
	}
	return c.found
}

type checker struct {
	facts
	found []string
}

func (c *checker) say(format string, values ...any) {
	c.found = append(c.found, fmt.Sprintf(format, values...))
}

// caused says whether a write was sent for the intent.
func (i intent) caused(e sim.Entry) bool {
	return strings.HasSuffix(e.Path, i.mark) || strings.Contains(string(e.Body), `"`+i.mark+`"`)
}

// has says whether a command is the intent's.
func (i intent) has(row *journal.Command) bool {
	return row.Organization == i.organization && row.Action == i.action && row.Key == i.key
}

// brings says whether new subscriptions come of an action.
func brings(action string) bool {
	return action == "createSubscriptions" || action == "createAddOn" || action == "transferSubscription"
}

// orders are the writes that were carried out for an intent.
func (c *checker) orders(i intent) []sim.Entry {
	var orders []sim.Entry
	for _, e := range c.ledger {
		if e.Committed && i.caused(e) {
			orders = append(orders, e)
		}
	}
	return orders
}

// row is the command that has the intent's key for good; nil when none has.
func (c *checker) row(i intent) *journal.Command {
	for _, row := range c.rows {
		if i.has(row) && !row.Released {
			return row
		}
	}
	return nil
}

// checkIntent holds the ledger against the journal.
func (c *checker) checkIntent(i intent) {
	orders, row, keepers := c.orders(i), c.row(i), 0
	for _, r := range c.rows {
		if i.has(r) && !r.Released {
			keepers++
		}
	}
	if len(orders) > 1 {
		c.say("%s was carried out %d times", i, len(orders))
	}
	c.checkFirsts(i)
	if keepers > 1 {
		c.say("%d commands have the key of %s", keepers, i)
	}
	if len(orders) > 0 && row == nil {
		c.say("%s was carried out, and the journal has no command for it", i)
	}
	if row == nil {
		return
	}
	inVain := row.Status == journal.Rejected || row.Status == journal.Failed && len(row.Operations) == 0
	if inVain && len(orders) > 0 {
		c.say("%s was carried out, and the journal says %s", i, row.Status)
	}
	if !inVain && len(orders) == 0 {
		c.say("%s was never carried out, and the journal says %s", i, row.Status)
	}
	c.checkSubscriptions(i, row, orders)
}

// checkFirsts holds that a command is told once as new, and as a repetition after that.
func (c *checker) checkFirsts(i intent) {
	firsts := map[string]int{}
	for _, a := range c.told {
		if a.intent == i && a.command != "" && !a.replayed {
			firsts[a.command]++
		}
	}
	for command, n := range firsts {
		if n > 1 {
			c.say("the command %s of %s was told %d times as if for the first time", command, i, n)
		}
	}
}

// checkSubscriptions holds what a command says it brought against what its order brought, and others' orders.
func (c *checker) checkSubscriptions(i intent, row *journal.Command, orders []sim.Entry) {
	for _, e := range orders {
		for _, id := range e.SubscriptionIDs {
			if row.Status == journal.Succeeded && !slices.Contains(row.SubscriptionIDs, id) {
				c.say("the command of %s does not know of its subscription %s", i, id)
			}
		}
	}
	for _, e := range c.ledger {
		if !e.Committed || i.caused(e) || !brings(i.action) {
			continue
		}
		for _, id := range e.SubscriptionIDs {
			if slices.Contains(row.SubscriptionIDs, id) && brings(string(e.Action)) {
				c.say("the command of %s names the subscription %s, which another order brought", i, id)
			}
		}
	}
}

// checkAnswer holds what a caller was told against the ledger and the journal.
func (c *checker) checkAnswer(a told) {
	orders := c.orders(a.intent)
	if a.accepted() && len(orders) != 1 {
		c.say("%s was told %s, and there are %d orders", a.intent, a.status, len(orders))
	}
	for _, row := range c.rows {
		if row.Organization != a.organization && strings.Contains(a.text, row.RefID()) {
			c.say("%s was told of the command %s of %s", a.intent, row.Key, row.Organization)
		}
	}
	if a.command == "" {
		c.checkRefusal(a, orders)
		other := func(i intent) bool { return i != a.intent && i.String() == a.intent.String() }
		if a.code == "IDEMPOTENCY_KEY_REUSED" && !slices.ContainsFunc(c.intents, other) {
			c.say("%s was told that its key was used before, and nobody had", a.intent)
		}
		return
	}
	i := slices.IndexFunc(c.rows, func(row *journal.Command) bool { return row.RefID() == a.command })
	if i < 0 {
		c.say("%s was told of a command that is not in the journal", a.intent)
		return
	}
	row := c.rows[i]
	if !a.has(row) {
		c.say("%s was told of the command of %s/%s/%s", a.intent, row.Organization, row.Action, row.Key)
	}
	final := a.status != "PENDING" && a.status != "UNKNOWN"
	if final && a.status != string(row.Status) {
		c.say("%s was told %s, and ended %s", a.intent, a.status, row.Status)
	}
	for _, id := range a.operations {
		if !row.Inferred && !slices.ContainsFunc(row.Operations, func(o journal.Operation) bool { return o.OperationID == id }) {
			c.say("%s was told of the operation %s, which the command does not have", a.intent, id)
		}
	}
	for _, id := range a.subscriptions {
		if !slices.Contains(row.SubscriptionIDs, id) {
			c.say("%s was told of the subscription %s, which the command does not have", a.intent, id)
		}
	}
}

// checkRefusal holds that nothing was done for a caller who was only ever refused.
func (c *checker) checkRefusal(a told, orders []sim.Entry) {
	if a.lost || len(orders) == 0 {
		return
	}
	unsure := func(b told) bool { return b.intent == a.intent && (b.lost || b.command != "") }
	if !slices.ContainsFunc(c.told, unsure) {
		c.say("%s was only ever refused (%s), and there are %d orders", a.intent, a.code, len(orders))
	}
}

package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"unicode"
	"unicode/utf8"

	"stellr-gateway/graph/payload"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// write is one mutation on its way to Stellr. Everything that changes anything there is one, and goes through mutate.
type write struct {
	action    string          // the mutation's name
	spends    bool            // it buys, or changes what is paid: it needs a key
	input     json.RawMessage // what was asked, but for the three below
	key       string          // the idempotency key
	dryRun    bool
	expects   bool   // the caller says how the subscription stands: nothing may be under way there
	confirmed bool   // the caller means it, although it looks like a duplicate
	broken    error  // of the input, which could not be written as JSON
	secret    string // a text of the input that is kept nowhere

	customerNo, subscriptionID, vendorID string
	productIDs                           []string // what is bought or changed
	subscription                         *stellr.Subscription
	based                                bool     // on how the subscription was read to stand
	mark                                 int64    // of the journal, from before that
	reads                                int      // how often that was in vain
	evidence                             evidence // what reading back will need

	// problems are what is wrong with the input by itself.
	problems []*journal.Problem
	// look reads what the write is based on, fills in what only that tells, and says what forbids the write. It costs
	// one read.
	look func(context.Context) (*journal.Problem, error)
	// examine is what else a dry run finds out: what more forbids the write, and what it costs. It may be nil.
	examine func(context.Context, *payload.Preview) ([]*journal.Problem, error)
	// send sends the one request.
	send func(context.Context) (*sent, error)
}

// sent is what Stellr answered to a write, readably.
type sent struct {
	customerNo      string // of a new customer
	subscriptionIDs []string
	operations      []journal.Operation
	generic         *stellr.GenericAnswer

	good   int              // parts that were done or have begun
	failed *journal.Problem // of a part that went wrong at once
	open   bool             // of a part it is not said whether it was done
}

// take adds a part of the answer. Without an operation it was done at once (D), unless its own word says otherwise.
func (s *sent) take(a stellr.Accepted) {
	s.subscriptionIDs = union(s.subscriptionIDs, []string{a.SubscriptionID})
	status := a.Status()
	switch {
	case a.OperationID != "":
		s.good++
		known := slices.ContainsFunc(s.operations, func(o journal.Operation) bool { return o.OperationID == a.OperationID })
		if !known {
			s.operations = append(s.operations, journal.Operation{OperationID: a.OperationID, SubscriptionID: a.SubscriptionID, StatusText: a.StatusText})
		}
	case status == stellr.OperationFailed:
		s.failed = &journal.Problem{Code: journal.VendorRefused, Message: "Stellr could not carry it out."}
		if words := joinWords(a.Message, a.Detail); words != "" {
			s.failed.Message = words
		}
	case status == "" || status == stellr.OperationSucceeded:
		s.good++
	default:
		s.open = true
	}
}

// newWrite begins a write with what all inputs have in common.
func newWrite(action string, input any) *write {
	w := &write{action: action, spends: spends(action)}
	w.look = func(context.Context) (*journal.Problem, error) { return nil, nil }
	raw, err := json.Marshal(input)
	if err != nil {
		w.broken = err
		return w
	}
	var common struct {
		IdempotencyKey                       string
		DryRun, ConfirmDuplicate             bool
		CustomerNo, SubscriptionID, VendorID string
		TransferToken                        string
	}
	var fields map[string]json.RawMessage
	if w.broken = errors.Join(json.Unmarshal(raw, &common), json.Unmarshal(raw, &fields)); w.broken != nil {
		return w
	}
	for _, name := range []string{"idempotencyKey", "dryRun", "confirmDuplicate"} {
		delete(fields, name)
	}
	w.key, w.dryRun, w.confirmed, w.secret = common.IdempotencyKey, common.DryRun, common.ConfirmDuplicate, common.TransferToken
	w.customerNo, w.subscriptionID, w.vendorID = plainKey(common.CustomerNo), common.SubscriptionID, common.VendorID
	w.input, w.broken = json.Marshal(fields) // in the order of the names: equal inputs are equal texts
	return w
}

// spends says whether a mutation buys, or changes what is paid.
func spends(action string) bool {
	switch action {
	case actionCreateSubscriptions, actionCreateAddOn, actionChangeSeats, actionUpgradeSubscription, actionChangePlan,
		actionTransferSubscription, actionUpdateRenewal:
		return true
	}
	return false
}

// require notes a problem of the input unless ok.
func (w *write) require(ok bool, message string, field ...string) {
	if !ok {
		w.problems = append(w.problems, &journal.Problem{Code: journal.InvalidInput, Message: message, Field: field})
	}
}

// checkKey notes what is wrong with the idempotency key.
func (w *write) checkKey() {
	const least, most = 20, 255
	if w.key == "" {
		w.require(!w.spends || w.dryRun, "An idempotency key is required: without one, nobody could tell a repetition from a second order.", "idempotencyKey")
		return
	}
	printable := utf8.ValidString(w.key)
	for _, c := range w.key {
		printable = printable && unicode.IsPrint(c)
	}
	n := utf8.RuneCountInString(w.key)
	w.require(printable && n >= least && n <= most, "An idempotency key has 20 to 255 printable characters.", "idempotencyKey")
}

// mutate is the one way to change anything at Stellr: rights, rules, journal, one request, journal. That the caller has the
// role is looked at by then: the schema names it.
func (r *Resolver) mutate(ctx context.Context, w *write) (*payload.Payload, error) {
	if w.broken != nil {
		return nil, w.broken
	}
	if w.checkKey(); len(w.problems) > 0 {
		return r.refused(w.problems...), nil
	}
	if !access.From(ctx).Sees(w.customerNo) {
		return r.outOfSight(w)
	}
	if r.Journal == nil {
		return nil, ErrJournalUnavailable
	}
	if access.From(ctx).KeySpace() == "" {
		return nil, ErrForbidden // whose keys would they be?
	}
	c := r.command(ctx, w)
	if w.dryRun {
		return r.rehearse(ctx, w, c)
	}
	if known, err := r.known(ctx, c); known != nil || err != nil {
		return known, err
	}
	for {
		problem, err := w.look(ctx)
		if err != nil {
			return nil, err
		}
		if problem != nil {
			return w.shown(r.refused(problem)), nil
		}
		c.complete(ctx, w)
		r.keeper.stamp(c.Command)
		verdict, other, err := r.Journal.Claim(ctx, c.Command, r.check(w))
		switch {
		case err != nil:
			return nil, r.journalFailed(ctx, err)
		case verdict == journal.Won:
			return r.answer(ctx, c.Command, r.keeper.dispatch(ctx, w, c.Command))
		case verdict == journal.Taken:
			return r.replay(ctx, c.Command, other)
		case verdict == journal.Outdated && w.reread():
			continue // somebody changed the subscription while it was looked at
		}
		return w.shown(r.refused(w.against(ctx, r, verdict, other))), nil
	}
}

// outOfSight is the answer to a write for a customer whom the caller does not see: the one for a customer who is not there.
// What is for no customer changes the reseller itself, which takes a caller who sees everybody.
func (r *Resolver) outOfSight(w *write) (*payload.Payload, error) {
	switch {
	case w.customerNo == "":
		return nil, ErrForbidden
	case w.subscriptionID != "":
		return r.refused(noSubscription()), nil
	}
	return r.refused(noCustomer()), nil
}

func noCustomer() *journal.Problem {
	return &journal.Problem{Code: journal.NotFound, Message: "There is no such customer.", Field: []string{"customerNo"}}
}

func noSubscription() *journal.Problem {
	return &journal.Problem{Code: journal.NotFound, Message: "The customer has no such subscription.", Field: []string{"subscriptionId"}}
}

// draft is a command that is not in the journal yet.
type draft struct{ *journal.Command }

// command is the write as the journal will have it, before anything was read.
func (r *Resolver) command(ctx context.Context, w *write) draft {
	caller := access.From(ctx)
	hash := sha256.Sum256(w.input)
	c := &journal.Command{
		Account: r.Account, Organization: caller.KeySpace(), Action: w.action, Key: w.key, InputHash: hex.EncodeToString(hash[:]),
		Input: stellr.Redact(w.input, w.secret), Actor: caller.Subject, Spends: w.spends,
		Status: journal.Pending, Step: journal.Claimed,
	}
	draft{c}.fill(w)
	return draft{c}
}

// fill takes over what is known of the write by now.
func (c draft) fill(w *write) {
	c.CustomerNo, c.VendorID, c.ProductIDs = w.customerNo, w.vendorID, w.productIDs
	if w.subscriptionID != "" {
		c.SubscriptionIDs = []string{w.subscriptionID}
	}
	c.Evidence = w.evidence.marshal()
}

// complete is fill once everything was looked at: then it is known what is bought, however the caller named it.
func (c draft) complete(ctx context.Context, w *write) {
	c.fill(w)
	if !w.spends {
		return
	}
	c.Purchase = c.InputHash
	if request, _, err := madeUp(ctx, w); err == nil && request != nil {
		hash := sha256.Sum256(append(request, w.secret...))
		c.Purchase = hex.EncodeToString(hash[:])
	}
}

// based notes how far everything is that was done to the subscription, before it is read: what is done after that outdates
// what was read.
func (r *Resolver) based(ctx context.Context, w *write) error {
	if w.subscriptionID == "" {
		return nil
	}
	mark, err := r.Journal.Mark(ctx, r.Account, w.customerNo, w.subscriptionID)
	if err != nil {
		return r.journalFailed(ctx, err)
	}
	w.based, w.mark = true, mark
	return nil
}

// known is the outcome of an earlier call with the same key; nil when there was none. It comes before the rules: what a
// command has changed is no reason to refuse its repetition.
func (r *Resolver) known(ctx context.Context, c draft) (*payload.Payload, error) {
	if c.Key == "" {
		return nil, nil
	}
	known, err := r.Journal.ByKey(ctx, c.Account, c.Organization, c.Action, c.Key)
	if err != nil {
		return nil, r.journalUnreadable(ctx, err)
	}
	if known == nil || known.Released {
		return nil, nil
	}
	return r.replay(ctx, c.Command, known)
}

// check is what the journal is to look out for.
func (r *Resolver) check(w *write) journal.Check {
	check := journal.Check{Based: w.based, Mark: w.mark, Settled: w.expects}
	if w.spends && !w.confirmed {
		check.DuplicatesSince = r.Clock().Add(-r.Writes.Duplicates)
	}
	return check
}

// reread says whether the subscription is worth reading once more.
func (w *write) reread() bool {
	w.reads++
	return w.reads < 3
}

// replay answers with the command that has the key, once it has come back from Stellr.
func (r *Resolver) replay(ctx context.Context, asked, known *journal.Command) (*payload.Payload, error) {
	if known.InputHash != asked.InputHash {
		return r.refused(keyReused()), nil
	}
	p, err := r.answer(ctx, known, r.keeper.await(ctx, known))
	if p != nil {
		p.Replayed = true
	}
	return p, err
}

func keyReused() *journal.Problem {
	return &journal.Problem{Code: journal.KeyReused, Field: []string{"idempotencyKey"},
		Message: "The key was used before with another input. A key names one intention: take a new one for another."}
}

// answer is what the caller is told of a command: how it came out, or how it stands when nobody waits any longer.
func (r *Resolver) answer(ctx context.Context, c *journal.Command, o outcome) (*payload.Payload, error) {
	r.forget(ctx)
	if o.err != nil {
		return nil, o.err
	}
	if o.command != nil {
		c = o.command
	}
	p := r.refused()
	p.Command = c
	if c.Error != nil {
		p.UserErrors = append(p.UserErrors, c.Error)
	}
	if o.sent != nil && o.sent.generic != nil {
		p.Status, p.RequestID, p.Body = &o.sent.generic.Status, o.sent.generic.RequestID, o.sent.generic.Body
	}
	return p, nil
}

// shown is the payload with the subscription that was looked at: whoever is refused wants to see why.
func (w *write) shown(p *payload.Payload) *payload.Payload {
	p.Present = w.subscription
	return p
}

// refused is a payload with nothing but problems.
func (r *Resolver) refused(problems ...*journal.Problem) *payload.Payload {
	if problems == nil {
		problems = []*journal.Problem{}
	}
	return &payload.Payload{UserErrors: problems, Reader: r}
}

// against is what speaks against a write, in words. Another's command is not named to those who may not see it.
func (w *write) against(ctx context.Context, r *Resolver, verdict journal.Verdict, other *journal.Command) *journal.Problem {
	which := "another command"
	if other != nil && r.maySee(ctx, other) {
		which = "the command " + other.RefID()
	}
	p := &journal.Problem{Code: journal.NotAllowedNow}
	switch verdict {
	case journal.Blocked:
		p.Code = journal.Unresolved
		p.Message = "It is not known what became of " + which + " for the same customer and product. It must be known before more is bought: see `reconcileCommand`."
	case journal.Duplicate:
		p.Code, p.Field = journal.Suspected, []string{"confirmDuplicate"}
		p.Message = fmt.Sprintf("The same was asked for within the last %s, by %s under another key. If it is meant a second time, say so with `confirmDuplicate: true`.", r.Writes.Duplicates, which)
	case journal.Busy:
		p.Message = "Another write to the subscription is under way (" + which + "). Wait for it, then decide anew."
	default:
		p.Message = "The subscription was changed while this was looked at (by " + which + "). Look at it, then decide anew."
	}
	return p
}

// journalFailed is the failure of a write that could not be recorded, and so was not sent. The log has the cause.
func (r *Resolver) journalFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	r.Logger.ErrorContext(ctx, "the journal cannot be used: nothing is written to Stellr", slog.String("error", err.Error()))
	return fmt.Errorf("%w: %w", ErrJournalUnavailable, err)
}

package graph

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/internal/cache"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// cacheHeader asks with the value "bypass" for an answer that is made of nothing that was kept.
const cacheHeader = "X-Gateway-Cache"

// bypasses says whether a caller wants nothing that was kept.
func bypasses(header http.Header) bool { return strings.EqualFold(header.Get(cacheHeader), "bypass") }

// Lives are how long records are kept, by type. Zero is not at all.
type Lives struct {
	Catalogue     time.Duration // vendors and products
	Customers     time.Duration // with their agreements and vendor accounts
	Subscriptions time.Duration // with their renewal options, change logs and people
	Invoices      time.Duration // and consumption
	Missing       time.Duration // that something is not there, whatever it is
	// Stale is how much longer than its life a record is shown while it is read anew, at most; and never longer than its
	// life again.
	Stale time.Duration
}

// DefaultLives are the lives where nobody says otherwise.
func DefaultLives() Lives {
	return Lives{
		Catalogue: time.Hour, Customers: time.Minute, Subscriptions: 10 * time.Second, Invoices: 5 * time.Minute,
		Missing: 5 * time.Second, Stale: time.Minute,
	}
}

// Kept is what is kept of Stellr's answers, as the client of Stellr asks for it.
type Kept struct {
	Store   cache.Cache
	Account string // whose answers they are: every key begins with it
	Lives   Lives
}

// Read answers a question with what is kept, or asks Stellr.
func (k *Kept) Read(ctx context.Context, q stellr.Question) (stellr.Reading, error) {
	answer, err := k.Store.Get(ctx, cache.Question{
		Key: k.key(q), Tags: k.tags(q), Life: k.Lives.of(q.Action), Fresh: q.Fresh, Stays: true,
		Fetch: func(ctx context.Context) ([]byte, bool, error) {
			raw, found, err := q.Fetch(ctx)
			return raw, !found, err
		},
		Decode: q.Decode, Shares: concernsAll,
	})
	return reading(answer), err
}

// Keeps says whether what an action reads is kept.
func (k *Kept) Keeps(action stellr.Action) bool { return k.Lives.of(action) != cache.Life{} }

// Peek answers a question with what is at hand.
func (k *Kept) Peek(q stellr.Question) (stellr.Reading, bool) {
	answer, ok := k.Store.Peek(k.key(q), k.tags(q))
	return reading(answer), ok
}

func reading(a cache.Answer) stellr.Reading {
	return stellr.Reading{Value: a.Value, Age: a.Age, Left: a.Left, Kept: a.Kept}
}

// concernsAll says of a failure whether it is one for everybody who waits: not where it is the budget, the patience or the
// leaving of whoever asked first.
func concernsAll(err error) bool {
	failure, ok := errors.AsType[*stellr.Error](err)
	return ok && failure.Code != stellr.CodeBudget && failure.Code != stellr.CodeCanceled && failure.Code != stellr.CodeTimeout
}

func (k *Kept) key(q stellr.Question) string { return k.Account + " " + q.Path }

// tags are what drops an answer: a write to its customer, a write to any customer where it is about all, and whatever is
// written in a way that nobody here understands.
func (k *Kept) tags(q stellr.Question) []string {
	switch {
	case q.ForOne:
		return []string{k.everything(), k.customer(q.CustomerNo)}
	case isCatalogue(q.Action):
		return []string{k.everything()}
	}
	return []string{k.everything(), k.all()}
}

func (k *Kept) everything() string { return k.Account }
func (k *Kept) all() string        { return k.Account + " all" }
func (k *Kept) customer(customerNo string) string {
	return k.Account + " customer " + plainKey(customerNo)
}

// isCatalogue says whether an action reads what is the same for all customers.
func isCatalogue(action stellr.Action) bool {
	switch action {
	case stellr.ActionListVendors, stellr.ActionListVendorProducts, stellr.ActionGetProduct, stellr.ActionGetProductBySKU,
		stellr.ActionListRelatedProducts:
		return true
	}
	return false
}

// of is how long what an action reads is kept. What is about this very moment is not: operations, and what a transfer token
// opens.
func (l Lives) of(action stellr.Action) cache.Life {
	var life time.Duration
	switch action {
	case stellr.ActionListCustomers, stellr.ActionGetCustomer, stellr.ActionGetAgreement, stellr.ActionListVendorAccounts:
		life = l.Customers
	case stellr.ActionListSubscriptions, stellr.ActionListResellerSubscriptions, stellr.ActionGetSubscription, stellr.ActionListTransitionProducts,
		stellr.ActionGetRenewalOptions, stellr.ActionListChangeLog, stellr.ActionListSubscribedUsers:
		life = l.Subscriptions
	case stellr.ActionListInvoices, stellr.ActionInvoiceReport, stellr.ActionAzureConsumption:
		life = l.Invoices
	default:
		if isCatalogue(action) {
			life = l.Catalogue
		}
	}
	if life <= 0 {
		return cache.Life{}
	}
	return cache.Life{Fresh: life, Stale: min(life, l.Stale), Brief: min(life, l.Missing)}
}

// written drops what a command may have changed.
func (r *Resolver) written(ctx context.Context, c *journal.Command) {
	k := r.Kept
	if c.Action == actionStellrRequest {
		r.drop(ctx, k.everything())
		return
	}
	r.drop(ctx, k.customer(c.CustomerNo), k.all())
}

// changed drops what a change of a customer's may have changed, whoever made it.
func (r *Resolver) changed(ctx context.Context, customerNo string) {
	r.drop(ctx, r.Kept.customer(customerNo), r.Kept.all())
}

// ended drops what an operation has changed that was just seen to have ended. One that ended long ago changed nothing that
// could still be kept.
func (r *Resolver) ended(ctx context.Context, o *stellr.Operation) {
	const doubt = 2 * time.Minute // clocks differ
	l := r.Kept.Lives
	longest := max(l.Customers, l.Subscriptions, l.Invoices) // of what is kept of a customer, and as long again where it is stale
	if o != nil && o.Ended() && (o.CompletedAt.IsZero() || r.Clock().Sub(o.CompletedAt) < doubt+longest+min(longest, l.Stale)) {
		r.changed(ctx, o.CustomerNo)
	}
}

func (r *Resolver) drop(ctx context.Context, tags ...string) {
	if err := r.Kept.Store.Drop(ctx, tags...); err != nil { // it is told to the other nodes as soon as they can be reached
		r.Logger.WarnContext(ctx, "other nodes may show for a while what was before a write", slog.String("error", err.Error()))
	}
}

// reuse is how the reads of an operation may be answered. What was kept serves queries, and catalogues serve events;
// whatever leads to a write, or tells of one, is read anew.
func (t *tally) reuse(ctx context.Context, k *Kept) (stellr.Reuse, bool) {
	if !graphql.HasOperationContext(ctx) {
		return stellr.Reuse{}, false
	}
	operation := graphql.GetOperationContext(ctx)
	reuse := stellr.Reuse{Fresh: bypasses(operation.Headers), Told: func(q stellr.Question, r stellr.Reading) { t.told(k, q, r) }}
	switch {
	case operation.Operation == nil || operation.Operation.Operation == ast.Mutation:
		return stellr.Reuse{}, false
	case operation.Operation.Operation == ast.Subscription:
		reuse.Only = isCatalogue
	}
	return reuse, true
}

// age is how old the oldest part of the answer is; not kept where all of it was asked for. What was read ahead, and is not
// waited for, may be told of even now.
func (t *tally) age() (oldest time.Duration, kept bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.oldest, t.kept
}

// told notes how fresh a part of the answer is.
func (t *tally) told(k *Kept, q stellr.Question, r stellr.Reading) {
	if t.seen != nil {
		t.seen.read(q, r)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reads == 0 || r.Left < t.left {
		t.left = r.Left
	}
	t.reads++
	if r.Kept {
		t.kept = true
	}
	t.oldest = max(t.oldest, r.Age)
	if r.Left > 0 && t.tagged {
		for _, tag := range k.tags(q) {
			t.tags[tag] = true
		}
	}
}

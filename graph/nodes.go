package graph

import (
	"context"
	"slices"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// node is the record with this global id; nil when it is not there. An id of no known form is an argument error.
func (l *loaders) node(ctx context.Context, id string) (relay.Node, error) {
	ref, err := stellr.ParseRef(id)
	kind, ok := nodeKinds()[ref.Kind]
	if err != nil || !ok || kind.keys != len(ref.Keys) {
		return nil, &relay.ArgumentError{Message: "this is not an id that an id field gave"}
	}
	return kind.find(ctx, l, ref)
}

// nodes are the records with these ids, in the same order; nil where one is not there or could not be read, which is
// then an error at its place.
func (l *loaders) nodes(ctx context.Context, ids []string) ([]relay.Node, error) {
	if len(ids) > relay.MaxPage {
		return nil, &relay.ArgumentError{Message: "nodes takes at most 200 ids"}
	}
	nodes := make([]relay.Node, len(ids))
	var wait team
	for i, id := range ids {
		wait.Go(func() {
			here := graphql.WithPathContext(ctx, graphql.NewPathWithIndex(i))
			node, err := l.node(here, id)
			if err != nil {
				graphql.AddError(here, err)
				return
			}
			nodes[i] = node
		})
	}
	wait.Wait()
	return nodes, nil
}

// nodeKind is how records of one kind are found by their reference.
type nodeKind struct {
	keys int
	find func(context.Context, *loaders, stellr.Ref) (relay.Node, error)
}

func nodeKinds() map[string]nodeKind {
	return map[string]nodeKind{
		"Customer": {1, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.customer(ctx, r.Keys[0]))
		}},
		"Subscription": {2, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.subscription(ctx, r.Keys[0], r.Keys[1]))
		}},
		"Product": {1, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.product(ctx, r.Keys[0], ""))
		}},
		"Vendor": {1, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.vendor(ctx, r.Keys[0]))
		}},
		"Invoice": {1, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.invoice(ctx, r.Keys[0]))
		}},
		"Operation": {1, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.operations.Load(ctx, r.Keys[0])())
		}},
		"Agreement": {2, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.agreements.Load(ctx, agreementKey{r.Keys[0], r.Keys[1]})())
		}},
		"RenewalOptions": {2, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.renewalOptions.Load(ctx, subscriptionKey{r.Keys[0], r.Keys[1]})())
		}},
		"VendorAccount": {5, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			accounts, err := l.accountsOf.Load(ctx, stellr.VendorAccountQuery{CustomerNo: r.Keys[1], VendorID: r.Keys[2]})()
			return inNodes(r, accounts, err)
		}},
		"SubscribedUser": {3, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			users, err := l.userList.whole(ctx, userListKey{r.Keys[0], r.Keys[1]})
			return inNodes(r, users, err)
		}},
		"AzureConsumption": {8, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			query := stellr.ConsumptionQuery{CustomerNo: r.Keys[0], SubscriptionID: r.Keys[1], BillingMonth: r.Keys[2], ResourceGroup: r.Keys[3]}
			rows, err := l.consumptionOf.Load(ctx, query)()
			return inNodes(r, rows, err)
		}},
		"ChangeLogEntry": {5, findChangeLogEntry},
		"Command": {1, func(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
			return some(l.r.findCommand(ctx, r.Keys[0]))
		}},
	}
}

// findChangeLogEntry reads the contract's log from the day before the entry on: the day may be another one where the
// entry was written.
func findChangeLogEntry(ctx context.Context, l *loaders, r stellr.Ref) (relay.Node, error) {
	at, err := time.Parse("20060102T150405.000", r.Keys[3])
	if err != nil {
		return nil, nil
	}
	query := stellr.ChangeLogQuery{ContractNo: r.Keys[1], Since: stellr.DateOf(at).AddDays(-1)}
	entries, err := l.changeLogList.whole(ctx, changeLogKey{r.Keys[0], query})
	return inNodes(r, entries, err)
}

// some is the record as a node, or no node at all.
func some[T any, P interface {
	*T
	relay.Node
}](record P, err error) (relay.Node, error) {
	if record == nil || err != nil {
		return nil, err
	}
	return record, nil
}

// inNodes is the record in the list that has the reference.
func inNodes[T relay.Node](ref stellr.Ref, records []T, err error) (relay.Node, error) {
	id := ref.String()
	if i := slices.IndexFunc(records, func(record T) bool { return record.RefID() == id }); i >= 0 {
		return records[i], nil
	}
	return nil, err
}

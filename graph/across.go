package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// customerFailed is an error that hides one customer's part of an answer, while the others' parts are there.
type customerFailed struct {
	customerNo string
	err        error
}

func (e *customerFailed) Error() string { return "customer " + e.customerNo + ": " + e.err.Error() }
func (e *customerFailed) Unwrap() error { return e.err }

// subscriptionsAcross is a page of the subscriptions of all customers, or of the one that the filter names. Each
// customer that fails becomes an error of the field.
func (l *loaders) subscriptionsAcross(ctx context.Context, filter *model.SubscriptionFilter, order *model.SubscriptionOrder, args relay.Args) (*relay.SubscriptionConnection, error) {
	scope := relay.NewScope("subscriptions", filter, order)
	window, forward, err := args.Window(scope)
	if err != nil {
		return nil, err
	}
	customerNos, err := l.customersOf(ctx, filter)
	if err != nil {
		return nil, err
	}
	if customerNos != nil && forward && order == nil && !slices.Contains(selected(ctx, "SubscriptionConnection"), "totalCount") {
		connection, err := l.untilFull(ctx, customerNos, filter, scope, window)
		if connection != nil || err != nil {
			return connection, err
		}
	}
	subscriptions, failed, err := l.readAcross(ctx, customerNos)
	if err != nil {
		return nil, err
	}
	return pageAcross(ctx, l, orderSubscriptions(filterSubscriptions(subscriptions, filter), order), failed, scope, args)
}

// report makes each customer that failed an error of the field.
func report(ctx context.Context, failed []*customerFailed) {
	for _, failure := range failed {
		graphql.AddError(ctx, failure)
	}
}

// customersOf are the numbers of the customers whose subscriptions are looked through, in Stellr's order; nil where
// Stellr lists the subscriptions of all of them at once, and the caller may see all.
func (l *loaders) customersOf(ctx context.Context, filter *model.SubscriptionFilter) ([]string, error) {
	if filter != nil && filter.CustomerNo != nil && *filter.CustomerNo == "" {
		return []string{}, nil
	}
	if filter != nil && filter.CustomerNo != nil {
		return []string{*filter.CustomerNo}, nil
	}
	if customerNos, some := own(ctx); some {
		return append([]string{}, customerNos...), nil // never nil
	}
	if l.r.Client.Available(stellr.ActionListResellerSubscriptions) {
		return nil, nil
	}
	customers, err := l.customerList.whole(ctx, none{})
	customerNos := make([]string, len(customers))
	for i, customer := range customers {
		customerNos[i] = customer.CustomerNo
	}
	return customerNos, err
}

// readAcross reads the subscriptions of these customers, all at once; where none are named, Stellr's own list of all.
// More customers than the operation may still send requests for are not begun with.
func (l *loaders) readAcross(ctx context.Context, customerNos []string) (subscriptions []*stellr.Subscription, failed []*customerFailed, err error) {
	if customerNos == nil {
		all, err := l.resellerList.whole(ctx, none{})
		return keep(all, func(s *stellr.Subscription) bool { return s.CustomerNo != "" }), nil, err
	}
	unread := keep(customerNos, func(customerNo string) bool {
		_, kept := l.subscriptionList.kept(ctx, customerNo, 1)
		return !kept && !l.subscriptionList.begun(customerNo)
	})
	if l.calls.Load()+int64(len(unread)) > int64(l.r.MaxCalls) {
		return nil, nil, ErrTooManyCalls
	}
	subscriptions, failed = eachOf(customerNos, func(customerNo string) ([]*stellr.Subscription, error) {
		return l.subscriptionsOf(ctx, customerNo)
	})
	return subscriptions, failed, nil
}

// untilFull reads customer after customer, some at once, until the page is full and it is known whether more follows.
// It is nil where the cursor's subscription is not where it was: then all must be read. Where the operation may send no
// more requests, what was found by then is answered, with an error.
func (l *loaders) untilFull(ctx context.Context, customerNos []string, filter *model.SubscriptionFilter, scope relay.Scope, w relay.Window) (*relay.SubscriptionConnection, error) {
	start := 0
	if w.Follows {
		if start = indexOfCustomer(customerNos, w.After); start < 0 {
			return nil, nil
		}
	}
	var items []*stellr.Subscription
	var failed []*customerFailed
	more := false
	for first := true; start < len(customerNos) && len(items) <= w.Count; first = false {
		end := min(len(customerNos), start+l.r.CallsAtOnce)
		chunk, missed, err := l.readAcross(ctx, customerNos[start:end])
		if err != nil && len(items) > 0 {
			graphql.AddError(ctx, err)
			more = true
			break
		}
		if err != nil {
			return nil, err
		}
		chunk = filterSubscriptions(chunk, filter)
		if first && w.Follows {
			at := slices.IndexFunc(chunk, func(s *stellr.Subscription) bool { return s.RefID() == w.After })
			if at < 0 {
				return nil, nil
			}
			chunk = chunk[at+1:]
		}
		items, failed, start = append(items, chunk...), append(failed, missed...), end
	}
	report(ctx, failed)
	more = more || len(items) > w.Count
	items = items[:min(len(items), w.Count)]
	return withAhead(ctx, l, relay.Partial(items, (*stellr.Subscription).RefID, scope, w.From, -1, more), l.put(ctx, len(items)))
}

// indexOfCustomer is where the customer of the subscription with this reference stands; below 0 when nowhere.
func indexOfCustomer(customerNos []string, subscription string) int {
	ref, err := stellr.ParseRef(subscription)
	if err != nil || len(ref.Keys) != 2 {
		return -1
	}
	return slices.Index(customerNos, ref.Keys[0])
}

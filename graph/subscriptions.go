package graph

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// subscription is the customer's subscription with this id; nil when there is none.
func (l *loaders) subscription(ctx context.Context, customerNo, subscriptionID string) (*stellr.Subscription, error) {
	if customerNo == "" || subscriptionID == "" {
		return nil, nil
	}
	if l.reuses {
		if s, ok := l.r.Client.KeptSubscription(ctx, customerNo, subscriptionID); ok {
			return s, nil
		}
	}
	if s, ok := l.subscriptionList.find(ctx, customerNo, subscriptionID, func(s *stellr.Subscription) string { return s.SubscriptionID }); ok {
		return s, nil
	}
	if alone(ctx) {
		return l.oneSubscription.load(ctx, subscriptionKey{customerNo, subscriptionID})
	}
	return l.subscriptions.Load(ctx, subscriptionKey{customerNo, subscriptionID})()
}

// subscriptionsOf is all subscriptions of a customer.
func (l *loaders) subscriptionsOf(ctx context.Context, customerNo string) ([]*stellr.Subscription, error) {
	return l.subscriptionList.whole(ctx, customerNo)
}

// subscriptionPage is a page of a customer's subscriptions.
func (l *loaders) subscriptionPage(ctx context.Context, customerNo string, filter *model.SubscriptionFilter, order *model.SubscriptionOrder, args relay.Args) (*relay.SubscriptionConnection, error) {
	scope := relay.NewScope("customer.subscriptions", customerNo, filter, order)
	if filter == nil && order == nil {
		return window(ctx, l.subscriptionList, customerNo, scope, args)
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	subscriptions, err := l.subscriptionsOf(ctx, customerNo)
	return page(ctx, l, orderSubscriptions(filterSubscriptions(subscriptions, filter), order), err, scope, args)
}

// addOns are the subscriptions that are add-ons to this one.
func (l *loaders) addOns(ctx context.Context, s *stellr.Subscription) ([]*stellr.Subscription, error) {
	all, err := l.subscriptionsOf(ctx, s.CustomerNo)
	if err != nil {
		return nil, err
	}
	addOns := keep(all, func(other *stellr.Subscription) bool { return other.ParentID == s.SubscriptionID })
	return addOns, l.put(ctx, len(addOns))
}

// changeLog is what happened to the subscription from a day on, newest first, for an answer.
func (l *loaders) changeLog(ctx context.Context, s *stellr.Subscription, since stellr.Date) ([]*stellr.ChangeLogEntry, error) {
	entries, err := l.happened(ctx, s, since)
	if err != nil {
		return nil, err
	}
	return entries, l.put(ctx, len(entries))
}

// happened is what happened to the subscription from a day on, newest first. Stellr answers for the whole contract.
func (l *loaders) happened(ctx context.Context, s *stellr.Subscription, since stellr.Date) ([]*stellr.ChangeLogEntry, error) {
	entries, err := l.changeLogList.whole(ctx, changeLogKey{s.CustomerNo, stellr.ChangeLogQuery{ContractNo: contractOf(s), Since: since}})
	if err != nil {
		return nil, err
	}
	entries = keep(entries, func(e *stellr.ChangeLogEntry) bool {
		return e.SubscriptionID == s.SubscriptionID && (since.IsZero() || e.At.IsZero() || !stellr.DateOf(e.At).Before(since))
	})
	second := func(e *stellr.ChangeLogEntry) time.Time { return e.At.Truncate(time.Second) } // the log may be no finer
	if len(entries) > 0 && !second(entries[0]).After(second(entries[len(entries)-1])) {
		slices.Reverse(entries) // Stellr has them oldest first, and so those of one second
	}
	slices.SortStableFunc(entries, func(a, b *stellr.ChangeLogEntry) int { return second(b).Compare(second(a)) })
	return entries, nil
}

// contractOf is the number of the contract that the subscription is a line of.
func contractOf(s *stellr.Subscription) string {
	if s.ContractNo != "" {
		return s.ContractNo
	}
	contractNo, _, _ := strings.Cut(s.SubscriptionID, "_") // contract number, underscore, line number (O)
	return contractNo
}

// transitionPage is a page of the products that the subscription can move to.
func (l *loaders) transitionPage(ctx context.Context, s *stellr.Subscription, args relay.Args) (*relay.TransitionProductConnection, error) {
	key := subscriptionKey{s.CustomerNo, s.SubscriptionID}
	connection, err := window(ctx, l.transitionList, key, relay.NewScope("transitionProducts", s.CustomerNo, s.SubscriptionID), args)
	if err != nil {
		return nil, err
	}
	return &relay.TransitionProductConnection{Connection: *connection}, nil
}

func filterSubscriptions(subscriptions []*stellr.Subscription, f *model.SubscriptionFilter) []*stellr.Subscription {
	if f == nil {
		return subscriptions
	}
	return keep(subscriptions, func(s *stellr.Subscription) bool {
		return equals(f.CustomerNo, s.CustomerNo) && equals(f.VendorID, s.VendorID) && equals(f.ProductID, s.ProductID) &&
			equals(f.SkuNo, s.SKUNo) && equals(f.Status, s.Status) && (f.Statuses == nil || slices.Contains(f.Statuses, s.Status)) &&
			(f.AutoRenew == nil || s.AutoRenew != nil && *s.AutoRenew == *f.AutoRenew) &&
			within(s.EndDate, day(f.RenewsFrom), day(f.RenewsTo)) &&
			says(f.MarginBelowZero, s.BelowCost) && says(f.SuspendedButBilled, s.SuspendedButBilled) &&
			contains(f.Search, s.Name, s.SubscriptionID, s.SKUNo, s.MfgPartNo, s.ResellerPONo)
	})
}

// says whether something is so as wanted; what is not known is neither.
func says(wanted *bool, of func() (is, known bool)) bool {
	if wanted == nil {
		return true
	}
	is, known := of()
	return known && is == *wanted
}

// day is a date argument; no date when it was left out.
func day(d *stellr.Date) stellr.Date {
	if d == nil {
		return stellr.Date{}
	}
	return *d
}

func orderSubscriptions(subscriptions []*stellr.Subscription, order *model.SubscriptionOrder) []*stellr.Subscription {
	if order == nil {
		return subscriptions
	}
	switch order.Field {
	case model.SubscriptionOrderFieldRenewalDate:
		return sorted(subscriptions, order.Direction, func(s *stellr.Subscription) (stellr.Date, bool) { return s.EndDate, !s.EndDate.IsZero() },
			func(a, b stellr.Date) int { return a.Time().Compare(b.Time()) })
	case model.SubscriptionOrderFieldQuantity:
		return sorted(subscriptions, order.Direction, func(s *stellr.Subscription) (*int, bool) { return s.Quantity, s.Quantity != nil },
			func(a, b *int) int { return cmp.Compare(*a, *b) })
	case model.SubscriptionOrderFieldStatus:
		return sorted(subscriptions, order.Direction, func(s *stellr.Subscription) (int, bool) { return lifeOrder(s.Status), s.Status != "" }, cmp.Compare[int])
	}
	return sorted(subscriptions, order.Direction, func(s *stellr.Subscription) (string, bool) { return s.Name, s.Name != "" }, byText)
}

// lifeOrder is a status's place in a subscription's life.
func lifeOrder(status stellr.SubscriptionStatus) int {
	return slices.Index([]stellr.SubscriptionStatus{
		stellr.SubscriptionPending, stellr.SubscriptionActive, stellr.SubscriptionSuspended,
		stellr.SubscriptionExpired, stellr.SubscriptionCancelled, stellr.SubscriptionOther,
	}, status)
}

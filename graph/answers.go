package graph

import (
	"context"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// What payloads and commands show of the things that a command is about.

// made are the subscriptions that came of a command.
func made(c *journal.Command) []string {
	switch c.Action {
	case actionCreateSubscriptions, actionTransferSubscription:
		return c.SubscriptionIDs
	case actionCreateAddOn, actionUpgradeSubscription: // the first is the one that it began with
		return c.SubscriptionIDs[min(1, len(c.SubscriptionIDs)):]
	}
	return nil
}

// subjects are the subscriptions that a command is about, those that came of it before those that it changed.
func subjects(c *journal.Command) []string {
	switch c.Action {
	case actionCreateAddOn: // not its parent
		return made(c)
	case actionUpgradeSubscription:
		return union(made(c), c.SubscriptionIDs)
	}
	return c.SubscriptionIDs
}

// subscriptionsByID are a customer's subscriptions with these ids, without those that are not there.
func (l *loaders) subscriptionsByID(ctx context.Context, customerNo string, ids []string) ([]*stellr.Subscription, error) {
	keys := make([]subscriptionKey, len(ids))
	for i, id := range ids {
		keys[i] = subscriptionKey{customerNo, id}
	}
	found := []*stellr.Subscription{}
	if len(keys) == 0 {
		return found, nil
	}
	if len(keys) > 1 { // one request for all; what is not in the first page of the list is asked for by itself
		_, _ = l.subscriptionList.page(ctx, customerNo, 1)
	}
	all, errs := l.subscriptions.LoadMany(ctx, keys)()
	for _, s := range all {
		if s != nil {
			found = append(found, s)
		}
	}
	for _, err := range errs {
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// CommandSubscriptions are the subscriptions that a command is about.
func (r *Resolver) CommandSubscriptions(ctx context.Context, c *journal.Command) ([]*stellr.Subscription, error) {
	return r.load(ctx).subscriptionsByID(ctx, c.CustomerNo, subjects(c))
}

// CommandOperations are the operations of a command: as its answer told of them while they run, which costs no request,
// and as Stellr has them when they have ended.
func (r *Resolver) CommandOperations(ctx context.Context, c *journal.Command) ([]*stellr.Operation, error) {
	all := make([]*stellr.Operation, 0, len(c.Operations))
	for _, o := range c.Operations {
		operation := (&stellr.Accepted{OperationID: o.OperationID, SubscriptionID: o.SubscriptionID, StatusText: o.StatusText}).Operation(c.CustomerNo)
		if o.Ended {
			ended, err := r.load(ctx).operations.Load(ctx, o.OperationID)()
			if err != nil {
				return all, err
			}
			if ended != nil {
				operation = ended
			}
		}
		all = append(all, operation)
	}
	return all, nil
}

// operationsOf are the operations of a command as Stellr has them now.
func (l *loaders) operationsOf(ctx context.Context, c *journal.Command) ([]*stellr.Operation, error) {
	all := []*stellr.Operation{}
	for _, o := range c.Operations {
		operation, err := l.operations.Load(ctx, o.OperationID)()
		if err != nil {
			return all, err
		}
		if operation != nil {
			all = append(all, operation)
		}
	}
	return all, nil
}

// CommandCustomer is whom a command is for; nil while that is not known.
func (r *Resolver) CommandCustomer(ctx context.Context, c *journal.Command) (*stellr.Customer, error) {
	return r.load(ctx).customer(ctx, c.CustomerNo)
}

// CommandAgreement is the agreement that a command accepted.
func (r *Resolver) CommandAgreement(ctx context.Context, c *journal.Command) (*stellr.Agreement, error) {
	return r.load(ctx).agreements.Load(ctx, agreementKey{c.CustomerNo, evidenceOf(c).Type})()
}

// CommandVendorAccount is the vendor account that a command saved.
func (r *Resolver) CommandVendorAccount(ctx context.Context, c *journal.Command) (*stellr.VendorAccount, error) {
	wanted := evidenceOf(c).Account
	accounts, err := r.load(ctx).accountsOf.Load(ctx, stellr.VendorAccountQuery{CustomerNo: c.CustomerNo, VendorID: c.VendorID})()
	for _, account := range accounts {
		if wanted != nil && wanted.is(account) {
			return account, nil
		}
	}
	return nil, err
}

package graph

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// furthestRenewal is how many days ahead renewals are looked for at most: the longest term, about.
const furthestRenewal = 1100

// recurringAcross is what the live subscriptions of all customers come to each month. Where a customer fails it is nil,
// with an error of the field for each: a sum that misses a customer looks like one that does not.
func (l *loaders) recurringAcross(ctx context.Context) (*model.Recurring, error) {
	customerNos, err := l.customersOf(ctx, nil)
	if err != nil {
		return nil, err
	}
	subscriptions, failed, err := l.readAcross(ctx, customerNos)
	if err != nil || len(failed) > 0 {
		report(ctx, failed)
		return nil, err
	}
	return recurring(subscriptions), nil
}

// renewalsAcross is a page of the renewals of all customers. Each customer that fails becomes an error of the field.
func (l *loaders) renewalsAcross(ctx context.Context, within int, args relay.Args) (*relay.RenewalConnection, error) {
	if err := checkRenewals(within, args); err != nil {
		return nil, err
	}
	customerNos, err := l.customersOf(ctx, nil)
	if err != nil {
		return nil, err
	}
	subscriptions, failed, err := l.readAcross(ctx, customerNos)
	if err != nil {
		return nil, err
	}
	return pageAcross(ctx, l, l.renewals(subscriptions, within), failed, relay.NewScope("renewals", within), args)
}

// renewalPage is a page of a customer's renewals.
func (l *loaders) renewalPage(ctx context.Context, customerNo string, within int, args relay.Args) (*relay.RenewalConnection, error) {
	if err := checkRenewals(within, args); err != nil {
		return nil, err
	}
	subscriptions, err := l.subscriptionsOf(ctx, customerNo)
	return page(ctx, l, l.renewals(subscriptions, within), err, relay.NewScope("customer.renewals", customerNo, within), args)
}

func (l *loaders) renewals(subscriptions []*stellr.Subscription, within int) []*stellr.Renewal {
	return stellr.Renewals(subscriptions, stellr.DateOf(l.r.Clock()), within)
}

// checkRenewals refuses arguments before anything is read for them.
func checkRenewals(within int, args relay.Args) error {
	if within < 0 || within > furthestRenewal {
		return &relay.ArgumentError{Message: fmt.Sprintf("within must be from 0 to %d", furthestRenewal)}
	}
	return args.Check()
}

// optionsOf are the renewal options of a subscription; nil where there are none.
func (l *loaders) optionsOf(ctx context.Context, s *stellr.Subscription) (*stellr.RenewalOptions, error) {
	return l.renewalOptions.Load(ctx, subscriptionKey{s.CustomerNo, s.SubscriptionID})()
}

// outcome is what becomes of a subscription at the end of its term; nil where the decision is a word that nobody knows.
// Where the decision alone does not tell, the change log is read as well, if Stellr has one.
func (l *loaders) outcome(ctx context.Context, s *stellr.Subscription) (*stellr.RenewalOutcome, error) {
	options, err := l.optionsOf(ctx, s)
	if err != nil {
		return nil, toldOnce(ctx, err)
	}
	var log []*stellr.ChangeLogEntry
	if s.LogDecides(options) && l.r.Client.Available(stellr.ActionListChangeLog) {
		if log, err = l.happened(ctx, s, stellr.Date{}); err != nil {
			return nil, err
		}
	}
	outcome := s.Outcome(options, log)
	if outcome == "" {
		return nil, nil
	}
	return &outcome, nil
}

// decision is a renewal's decision and Stellr's own word for it; empty where nothing is decided.
func (l *loaders) decision(ctx context.Context, s *stellr.Subscription) (stellr.RenewalDecision, string, error) {
	options, err := l.optionsOf(ctx, s)
	if options == nil || err != nil {
		return "", "", toldOnce(ctx, err)
	}
	return options.Decision, options.DecisionText, nil
}

// toldOnce is the error of a renewal's options for the first of the renewal's fields that is asked for of those that need
// them, and none for the others: one call failed, and one error says so.
func toldOnce(ctx context.Context, err error) error {
	field := graphql.GetFieldContext(ctx)
	around := field.Parent
	for around != nil && around.Field.Field == nil { // a place in a list
		around = around.Parent
	}
	if err == nil || around == nil {
		return err
	}
	for _, one := range graphql.CollectFields(graphql.GetOperationContext(ctx), around.Field.Selections, []string{"Renewal"}) {
		switch one.Name {
		case "outcome", "decision", "decisionText":
			if one.Alias != field.Field.Alias {
				return nil
			}
			return err
		}
	}
	return err
}

// seatsChanged is by how many seats a subscription changed since a day; nil where its change log does not tell.
func (l *loaders) seatsChanged(ctx context.Context, s *stellr.Subscription, since stellr.Date) (*int, error) {
	log, err := l.happened(ctx, s, since)
	if err != nil {
		return nil, err
	}
	changed := 0
	for _, e := range log {
		delta := e.SeatsDelta()
		switch {
		case !e.AboutSeats():
			continue
		case delta == nil || e.At.IsZero():
			return nil, nil
		}
		changed += *delta
	}
	return &changed, nil
}

// seatChangePage is a page of a customer's subscriptions that got more or fewer seats since a day, or may have. Each
// change log that cannot be read becomes an error of the field.
func (l *loaders) seatChangePage(ctx context.Context, customerNo string, since stellr.Date, args relay.Args) (*relay.SubscriptionConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	subscriptions, err := l.subscriptionsOf(ctx, customerNo)
	if err != nil {
		return nil, err
	}
	changed, failed := l.changedSeats(ctx, subscriptions, since)
	return pageAcross(ctx, l, changed, failed, relay.NewScope("customer.seatChanges", customerNo, since), args)
}

// changedSeats are those of the subscriptions whose seats changed since a day, or may have.
func (l *loaders) changedSeats(ctx context.Context, subscriptions []*stellr.Subscription, since stellr.Date) (changed []*stellr.Subscription, failed []*customerFailed) {
	moved := make([]bool, len(subscriptions))
	errs := make([]error, len(subscriptions))
	inParts(len(subscriptions), 2*l.r.CallsAtOnce, func(i int) {
		var by *int
		by, errs[i] = l.seatsChanged(ctx, subscriptions[i], since)
		moved[i] = errs[i] == nil && (by == nil || *by != 0)
	})
	told := map[string]bool{}
	for i, s := range subscriptions {
		switch {
		case moved[i]:
			changed = append(changed, s)
		case errs[i] != nil && !told[contractOf(s)]: // one log is the whole contract's
			told[contractOf(s)] = true
			failed = append(failed, &customerFailed{s.CustomerNo, errs[i]})
		}
	}
	return changed, failed
}

package graph

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/payload"
	"stellr-gateway/graph/relay"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// maySee says whether the caller may see a command: an admin all that their organization sent, anybody else their own.
// An admin of the whole reseller sees every organization's. What is about a customer whom the caller does not see, or does
// not see any more, is nobody's.
func (r *Resolver) maySee(ctx context.Context, c *journal.Command) bool {
	f, any := r.visible(ctx)
	return any && access.From(ctx).Sees(c.CustomerNo) && c.Account == f.Account && (f.Organization == "" || c.Organization == f.Organization) && (f.Actor == "" || c.Actor == f.Actor)
}

// visible is the filter of the commands that the caller may see; false when there are none.
func (r *Resolver) visible(ctx context.Context) (f journal.Filter, any bool) {
	caller := access.From(ctx)
	if caller.Subject == "" || caller.KeySpace() == "" {
		return f, false
	}
	f = journal.Filter{Account: r.Account, Organization: caller.KeySpace(), Actor: caller.Subject}
	if customerNos, some := own(ctx); some {
		f.Customers = make([]string, len(customerNos))
		for i := range customerNos {
			f.Customers[i] = plainKey(customerNos[i])
		}
	}
	if caller.May(access.Admin) {
		f.Actor = ""
		if caller.Customers.All() {
			f.Organization = ""
		}
	}
	return f, true
}

// commandByID is the command with a global id; nil when it is not there, or not the caller's to see.
func (r *Resolver) commandByID(ctx context.Context, id string) (*journal.Command, error) {
	ref, err := stellr.ParseRef(id)
	if err != nil || ref.Kind != "Command" || len(ref.Keys) != 1 {
		return nil, &relay.ArgumentError{Message: "this is not an id that an id field of a command gave"}
	}
	return r.findCommand(ctx, ref.Keys[0])
}

func (r *Resolver) findCommand(ctx context.Context, id string) (*journal.Command, error) {
	if r.Journal == nil {
		return nil, ErrJournalUnavailable
	}
	return r.seen(ctx)(r.Journal.Get(ctx, r.Account, id))
}

// seen lets a command of the journal through where the caller may see it.
func (r *Resolver) seen(ctx context.Context) func(*journal.Command, error) (*journal.Command, error) {
	return func(c *journal.Command, err error) (*journal.Command, error) {
		switch {
		case err != nil:
			return nil, r.journalUnreadable(ctx, err)
		case c == nil || !r.maySee(ctx, c):
			return nil, nil
		}
		return c, nil
	}
}

// journalUnreadable is the failure of a question to the journal.
func (r *Resolver) journalUnreadable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrJournalUnreadable, err)
}

func (r *Resolver) commandByKey(ctx context.Context, key string) (*journal.Command, error) {
	if r.Journal == nil {
		return nil, ErrJournalUnavailable
	}
	if _, any := r.visible(ctx); !any || key == "" {
		return nil, nil
	}
	return r.seen(ctx)(r.Journal.ByKey(ctx, r.Account, access.From(ctx).KeySpace(), "", key))
}

// startedBy is the command that started an operation.
func (r *Resolver) startedBy(ctx context.Context, operationID string) (*journal.Command, error) {
	if r.Journal == nil {
		return nil, nil
	}
	return r.seen(ctx)(r.Journal.ByOperation(ctx, r.Account, operationID))
}

// commandPage is a page of the commands that the caller may see, newest first.
func (r *Resolver) commandPage(ctx context.Context, filter *model.CommandFilter, args relay.Args) (*relay.CommandConnection, error) {
	if r.Journal == nil {
		return nil, ErrJournalUnavailable
	}
	f, none := r.commandFilter(ctx, filter)
	scope := relay.NewScope("commands", filter)
	bounds, err := args.Bounds(scope)
	if err != nil || none {
		return relay.Partial[*journal.Command](nil, commandKey, scope, 0, 0, false), err
	}
	total, err := r.Journal.Count(ctx, f)
	if err != nil {
		return nil, r.journalUnreadable(ctx, err)
	}
	commands, err := r.Journal.List(ctx, f, journal.Page{
		After: bounds.After, Before: bounds.Before, Limit: bounds.Limit + 1, FromEnd: bounds.FromEnd,
	})
	if err != nil {
		return nil, r.journalUnreadable(ctx, err)
	}
	page := relay.Bounded(commands, commandKey, scope, bounds, total)
	return page, r.load(ctx).put(ctx, len(page.Nodes()))
}

func commandKey(c *journal.Command) string { return c.ID }

// commandFilter narrows what the caller may see. none says that nothing can match.
func (r *Resolver) commandFilter(ctx context.Context, filter *model.CommandFilter) (f journal.Filter, none bool) {
	f, any := r.visible(ctx)
	if filter == nil || !any {
		return f, !any
	}
	if filter.Actor != nil {
		none = *filter.Actor == "" || f.Actor != "" && f.Actor != *filter.Actor
		f.Actor = *filter.Actor
	}
	none = none || empty(filter.CustomerNo) || empty(filter.Action)
	f.CustomerNo, f.Action = plainKey(text(filter.CustomerNo)), text(filter.Action)
	if filter.Status != nil {
		f.Status = *filter.Status
	}
	f.From, f.To = moment(filter.From), moment(filter.To)
	return f, none
}

func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// reconcile finds out now what became of a command of unknown outcome. An admin may decide where reading cannot tell.
func (r *Resolver) reconcile(ctx context.Context, in model.ReconcileCommandInput) (*payload.Payload, error) {
	caller := access.From(ctx)
	if in.Outcome != nil && !caller.May(access.Admin) {
		return nil, ErrForbidden
	}
	c, err := r.commandByID(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	p := r.refused()
	if c == nil {
		p.UserErrors = append(p.UserErrors, &journal.Problem{Code: journal.NotFound, Message: "There is no such command.", Field: []string{"id"}})
		return p, nil
	}
	if p.Command = c; c.Status == journal.Unknown {
		p.Command, err = r.keeper.reconcile(ctx, c, in.Outcome, in.DryRun != nil && *in.DryRun)
	} else {
		p.Replayed = true
	}
	if p.Command != nil && p.Command.Error != nil {
		p.UserErrors = append(p.UserErrors, p.Command.Error)
	}
	return p, err
}

// reconcile reads a command of unknown outcome back out of turn, or takes a person's word for it. A dry run keeps nothing
// of what it finds.
func (k *keeper) reconcile(ctx context.Context, c *journal.Command, outcome *model.CommandOutcome, dryRun bool) (*journal.Command, error) {
	now := k.r.Clock()
	decided := journal.Problem{Code: journal.OutcomeOpen, StellrRequestID: c.StellrRequestID,
		Message: "No readable answer came; " + access.From(ctx).Subject + " has found out that it was not carried out."}
	switch {
	case outcome != nil && *outcome == model.CommandOutcomeCarriedOut:
		k.found(c, finding{}, now)
	case outcome != nil:
		end(c, journal.Failed, now, &decided)
		c.Inferred = true
	default:
		found, err := k.find(access.With(ctx, access.Gateway()), c, now)
		switch {
		case err != nil:
			return nil, err
		case found.verdict == happened:
			k.found(c, found, now)
		case c.Step != journal.Ended || c.Status == journal.Unknown:
			return c, nil // it is read again in its turn
		}
	}
	if dryRun {
		return c, nil
	}
	err := k.save(ctx, c)
	if errors.Is(err, journal.ErrStale) { // somebody else has found out meanwhile, or has read and knows no more than before
		there, err := k.r.findCommand(ctx, c.ID)
		if err != nil || there == nil || there.Status != journal.Unknown || outcome == nil || ctx.Err() != nil {
			return there, err
		}
		return k.reconcile(ctx, there, outcome, dryRun) // a person's word counts
	}
	if err != nil {
		return nil, k.r.journalFailed(ctx, err)
	}
	k.announce(ctx, c)
	return c, nil
}

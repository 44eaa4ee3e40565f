package graph

import (
	"context"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// tellOperation tells an operation, as it was just seen, to those who follow it. The record is not to be changed after.
func (r *Resolver) tellOperation(o *stellr.Operation) {
	r.feeds.operations.Publish(o.OperationID, o)
}

// tellCommand tells how a command stands now. It may be changed after: what is told is a copy.
func (r *Resolver) tellCommand(c *journal.Command) {
	now := *c
	r.feeds.commands.Publish("", &now)
}

// tellSubscription tells a subscription, as it was just read, to those who listen for its customer. The record is not to be
// changed after.
func (r *Resolver) tellSubscription(s *stellr.Subscription) {
	r.feeds.subscriptions.Publish(s.CustomerNo, s)
}

// maySee says whether whoever ctx acts for may see the command.
func (r *Resolver) maySee(context.Context, *journal.Command) bool { return true }

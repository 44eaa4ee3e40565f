// Package payload has what mutations answer.
package payload

import (
	"context"
	"encoding/json"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// Payload is what a mutation answers. The schema's payload types each show a part of it.
type Payload struct {
	Command    *journal.Command
	Replayed   bool
	UserErrors []*journal.Problem
	Preview    *Preview
	// Present is the subscription that was looked at, where no command came of it.
	Present *stellr.Subscription

	// Of a generic request.
	Status    *int
	RequestID string
	Body      json.RawMessage

	Reader Reader
}

// Preview is what a write would do.
type Preview struct {
	Request           json.RawMessage
	Cost, Price       *stellr.Money // each month, after the change
	CostNow, PriceNow *stellr.Money // each month, before it; nil for what is new
}

// Reader reads what a command is about as it is now. It is an interface for its one implementation because generated code
// knows payloads and cannot know the resolver. What is not there is nil, and so is everything of a nil command.
type Reader interface {
	CommandOperations(context.Context, *journal.Command) ([]*stellr.Operation, error)
	CommandSubscriptions(context.Context, *journal.Command) ([]*stellr.Subscription, error)
	CommandCustomer(context.Context, *journal.Command) (*stellr.Customer, error)
	CommandAgreement(context.Context, *journal.Command) (*stellr.Agreement, error)
	CommandVendorAccount(context.Context, *journal.Command) (*stellr.VendorAccount, error)
}

// Operation is the first of Operations; nil when there is none.
func (p *Payload) Operation(ctx context.Context) (*stellr.Operation, error) {
	return First(p.Operations(ctx))
}

// Operations are what Stellr works the write off in.
func (p *Payload) Operations(ctx context.Context) ([]*stellr.Operation, error) {
	if p.Command == nil {
		return []*stellr.Operation{}, nil
	}
	return p.Reader.CommandOperations(ctx, p.Command)
}

// Subscription is the first of Subscriptions; nil when there is none.
func (p *Payload) Subscription(ctx context.Context) (*stellr.Subscription, error) {
	return First(p.Subscriptions(ctx))
}

// Subscriptions are the ones that were changed or came of the write.
func (p *Payload) Subscriptions(ctx context.Context) ([]*stellr.Subscription, error) {
	switch {
	case p.Command == nil && p.Present == nil:
		return []*stellr.Subscription{}, nil
	case p.Command == nil:
		return []*stellr.Subscription{p.Present}, nil
	}
	return p.Reader.CommandSubscriptions(ctx, p.Command)
}

// Customer is the one that was made.
func (p *Payload) Customer(ctx context.Context) (*stellr.Customer, error) {
	if p.Command == nil {
		return nil, nil
	}
	return p.Reader.CommandCustomer(ctx, p.Command)
}

// Agreement is the one that was accepted.
func (p *Payload) Agreement(ctx context.Context) (*stellr.Agreement, error) {
	if p.Command == nil {
		return nil, nil
	}
	return p.Reader.CommandAgreement(ctx, p.Command)
}

// VendorAccount is the one that was saved.
func (p *Payload) VendorAccount(ctx context.Context) (*stellr.VendorAccount, error) {
	if p.Command == nil {
		return nil, nil
	}
	return p.Reader.CommandVendorAccount(ctx, p.Command)
}

// First is the first of several; nil when there is none.
func First[T any](all []*T, err error) (*T, error) {
	if len(all) == 0 {
		return nil, err
	}
	return all[0], err
}

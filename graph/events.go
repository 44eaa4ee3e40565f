package graph

import (
	"context"
	"strings"

	"stellr-gateway/internal/events"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// feeds are what happens, for whoever listens on this node. What is told is never changed after: many read it at once.
type feeds struct {
	operations    *watches
	commands      *commandFeed
	subscriptions *subscriptionFeed
}

// feedQueue is how many events a listener may be behind.
const feedQueue = 64

func newFeeds(r *Resolver) feeds {
	return feeds{operations: newWatches(r), commands: newCommandFeed(), subscriptions: newSubscriptionFeed()}
}

// ending is why a subscription operation ends, for the caller to be told. Its resolver fills it in.
type ending struct {
	reason func() error // nil where there is nothing to tell; to be asked when the last event was read
}

type endingKey struct{}

// take is the reason, once.
func (e *ending) take() error {
	if e.reason == nil {
		return nil
	}
	err := e.reason()
	e.reason = nil
	return err
}

// heard is what a stream tells, until its caller goes. Where the caller is dropped, the operation ends with the reason.
func heard[T any](ctx context.Context, stream *events.Stream[T]) <-chan T {
	context.AfterFunc(ctx, stream.Close)
	if end, ok := ctx.Value(endingKey{}).(*ending); ok {
		end.reason = stream.Err
	}
	return stream.Events()
}

// nothing is what is told of what is not there: that it is over.
func nothing[T any]() <-chan T {
	over := make(chan T)
	close(over)
	return over
}

// plainKey is one spelling for all keys that are the same (see stellr.SameKey).
func plainKey(key string) string {
	if plain := strings.TrimLeft(key, "0"); stellr.SameKey(plain, key) {
		return plain
	}
	return key
}

// tellOperation tells an operation, as it was just seen, to those who follow it, here at once and then on other nodes. The
// record is not to be changed after.
func (r *Resolver) tellOperation(o *stellr.Operation) {
	r.feeds.operations.tell(o)
	r.Bus.Publish(kindOperation, packOperation(o))
}

// tellCommand tells how a command stands now, here at once and then on other nodes. It may be changed after: what is told
// is a copy.
func (r *Resolver) tellCommand(c *journal.Command) {
	r.feeds.commands.tell(c)
	r.Bus.Publish(kindCommand, packCommand(c))
}

// tellSubscription tells a subscription, as it was just read, to those who listen for its customer, here at once and then
// on other nodes. The record is not to be changed after.
func (r *Resolver) tellSubscription(s *stellr.Subscription) {
	r.feeds.subscriptions.tell(s)
	r.Bus.Publish(kindSubscription, packSubscription(s))
}

// sawSubscription looks whether a subscription that passes is another than it was, and tells it then, here and on other
// nodes. since is what r.feeds.subscriptions.began returned when the answer began that it was read for.
func (r *Resolver) sawSubscription(s *stellr.Subscription, since uint64) {
	if r.feeds.subscriptions.saw(s, since) {
		r.Bus.Publish(kindSeen, packSubscription(s))
	}
}

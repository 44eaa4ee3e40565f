package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"stellr-gateway/internal/events"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// What nodes tell each other.
const (
	kindOperation    = "operation"
	kindCommand      = "command"
	kindSubscription = "subscription" // as a gateway's own work left it
	kindSeen         = "seen"         // a subscription that was seen to have changed
	kindInterest     = "interest"     // the customers whose subscriptions somebody listens for on a node
)

// The packed types are records on their way to other nodes. The records' own tags are Stellr's words and leave out what
// those mean, which goes beside them.
type (
	packedOperation struct {
		Operation *stellr.Operation
		Status    stellr.OperationStatus
		Results   []packedResult
	}
	packedResult struct {
		CustomerNo string
		Status     stellr.OperationStatus
	}
	packedSubscription struct {
		Subscription *stellr.Subscription
		Status       stellr.SubscriptionStatus
	}
)

func packOperation(o *stellr.Operation) packedOperation {
	p := packedOperation{Operation: o, Status: o.Status}
	for _, result := range o.Results {
		p.Results = append(p.Results, packedResult{result.CustomerNo, result.Status})
	}
	return p
}

func (p packedOperation) unpack() (*stellr.Operation, error) {
	o := p.Operation
	if o == nil || o.OperationID == "" || len(p.Results) != len(o.Results) {
		return nil, errIncomplete
	}
	o.Status = p.Status
	for i, result := range p.Results {
		o.Results[i].CustomerNo, o.Results[i].Status = result.CustomerNo, result.Status
	}
	return o, nil
}

func packSubscription(s *stellr.Subscription) packedSubscription {
	return packedSubscription{Subscription: s, Status: s.Status}
}

func (p packedSubscription) unpack() (*stellr.Subscription, error) {
	s := p.Subscription
	if s == nil || s.SubscriptionID == "" || s.CustomerNo == "" {
		return nil, errIncomplete
	}
	s.Status = p.Status
	return s, nil
}

// packCommand is a copy of a command for those who listen on other nodes. It has no hash of the input, which may be over
// secrets, and no evidence. Its version tells which of two is the later.
func packCommand(c *journal.Command) *journal.Command {
	now := outside(copyCommand(c))
	now.Step, now.Version = c.Step, c.Version
	return &now
}

func unpackCommand(c *journal.Command) (*journal.Command, error) {
	if c == nil || c.ID == "" {
		return nil, errIncomplete
	}
	if bytes.Equal(c.Input, []byte("null")) {
		c.Input = nil
	}
	c.Evidence = nil
	return c, nil
}

var errIncomplete = errors.New("it is incomplete")

// hear takes in what other nodes tell, and tells them what is listened to here, until ctx ends.
func (r *Resolver) hear(ctx context.Context) {
	done := make(chan struct{})
	go func() { defer close(done); r.tellInterest(ctx) }()
	r.Bus.Listen(ctx, func(m events.Message) {
		if err := r.heard(m); err != nil {
			r.Logger.WarnContext(ctx, "what another node tells is not understood", slog.String("kind", m.Kind), slog.String("error", err.Error()))
		}
	})
	<-done
}

// heard tells what another node tells to those who listen here, on the same way as what happens here: who may be told, and
// whether it was told already, is decided there.
func (r *Resolver) heard(m events.Message) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("taking it in met a fault")
		}
	}()
	switch m.Kind {
	case kindOperation:
		if r.feeds.operations.hub.Listeners() == 0 {
			return nil
		}
		o, err := unpacked(m, packedOperation.unpack)
		if err != nil {
			return err
		}
		r.feeds.operations.tell(o)
	case kindCommand:
		if !r.feeds.commands.hub.Listening("") {
			return nil
		}
		c, err := unpacked(m, unpackCommand)
		if err != nil || c.Account != r.Account {
			return err
		}
		r.feeds.commands.tell(c)
	case kindSubscription, kindSeen:
		if r.feeds.subscriptions.listeners.Load() == 0 {
			return nil
		}
		s, err := unpacked(m, packedSubscription.unpack)
		if err != nil {
			return err
		}
		if m.Kind == kindSeen {
			r.feeds.subscriptions.sawElsewhere(s)
		} else {
			r.feeds.subscriptions.tell(s)
		}
	case kindInterest:
		topics, err := unpacked(m, func(topics []string) ([]string, error) { return topics, nil })
		if err != nil {
			return err
		}
		r.feeds.subscriptions.listensElsewhere(m.Node, topics, r.Clock())
	default:
		return errors.New("there is no such kind")
	}
	return nil
}

// unpacked is what a message holds. The error shows nothing of it.
func unpacked[P, T any](m events.Message, unpack func(P) (T, error)) (T, error) {
	var packed P
	if json.Unmarshal(m.Event, &packed) != nil {
		var none T
		return none, fmt.Errorf("it is no %T", none)
	}
	return unpack(packed)
}

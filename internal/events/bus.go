package events

import (
	"context"
	"encoding/json"
)

// Bus carries events from each node to all others. It is safe for concurrent use.
//
// What it carries can be lost, come late or out of order, and come more than once: it saves waiting, and is no record.
type Bus interface {
	// Publish tells the other nodes of an event, soon, as what JSON makes of it. That is made later: the event is not to be
	// changed after. It never waits and never fails; an event that cannot be told is dropped.
	Publish(kind string, event any)
	// Listen hands over what other nodes tell, one after the other, until ctx ends. hear must be quick and must not panic.
	Listen(ctx context.Context, hear func(Message))
}

// Message is an event that another node tells. It is outside data: whoever hears it checks it.
type Message struct {
	Node  string // who tells it
	Kind  string
	Event json.RawMessage
}

// Alone is the bus of a node without others.
type Alone struct{}

// Publish drops the event: nobody is there.
func (Alone) Publish(string, any) {}

// Listen hears nothing.
func (Alone) Listen(ctx context.Context, _ func(Message)) { <-ctx.Done() }

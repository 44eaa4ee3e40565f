package graph

import (
	"context"
	"slices"
	"sync"
	"time"

	"stellr-gateway/internal/events"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// rememberedCommands is how many commands are remembered, at most, as they were told last.
const rememberedCommands = 10_000

// commandFeed tells what becomes of commands.
type commandFeed struct {
	hub  *events.Hub[*journal.Command] // of one topic, which has no name
	mu   sync.Mutex
	told map[string]toldCommand // by id; only while somebody listens
}

// toldCommand is how a command was told last.
type toldCommand struct {
	print   fingerprint
	version int64
}

func newCommandFeed() *commandFeed {
	return &commandFeed{hub: events.NewHub[*journal.Command](feedQueue), told: map[string]toldCommand{}}
}

// tell tells how a command stands, unless that was told already: a journal saves a command more often than anything about
// it changes for those who listen. What another node tells may be overtaken by what became of it since.
func (f *commandFeed) tell(c *journal.Command) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.hub.Listening("") {
		return
	}
	now := copyCommand(c)
	print := printOf(outside(now))
	last := f.told[c.ID]
	if c.Version < last.version {
		return
	}
	if len(f.told) >= rememberedCommands {
		clear(f.told)
	}
	f.told[c.ID] = toldCommand{print, c.Version}
	if print != last.print {
		f.hub.Publish("", now)
	}
}

// forget is for everybody who has left: nothing is remembered for nobody.
func (f *commandFeed) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.hub.Listening("") {
		clear(f.told)
	}
}

// followCommands tells what becomes of commands from now on: those that the caller may see, and of one customer where one is
// given.
func (r *Resolver) followCommands(ctx context.Context, customerNo *string) <-chan *journal.Command {
	f := r.feeds.commands
	stream := f.hub.Listen("", func(c *journal.Command) bool {
		return (customerNo == nil || *customerNo != "" && stellr.SameKey(*customerNo, c.CustomerNo)) && r.maySee(ctx, c)
	})
	context.AfterFunc(ctx, func() {
		stream.Close()
		f.forget()
	})
	return heard(ctx, stream)
}

// copyCommand is a command that shares nothing with the original that could be written to.
func copyCommand(c *journal.Command) *journal.Command {
	now := *c
	now.Input, now.Evidence = slices.Clone(c.Input), slices.Clone(c.Evidence)
	now.SubscriptionIDs, now.ProductIDs = slices.Clone(c.SubscriptionIDs), slices.Clone(c.ProductIDs)
	now.Operations, now.LeftBehind = slices.Clone(c.Operations), slices.Clone(c.LeftBehind)
	if c.Error != nil {
		problem := *c.Error
		problem.Field = slices.Clone(problem.Field)
		now.Error = &problem
	}
	return &now
}

// outside is a command without what only the gateway's own work on it is about, and without the hashes of an input that may
// hold secrets. Its times are as a journal keeps them, wherever they come from.
func outside(c *journal.Command) journal.Command {
	shown := *c
	shown.Step, shown.Evidence, shown.Reads, shown.Version = "", nil, 0, 0
	shown.DispatchedAt, shown.ChangedAt, shown.DueAt = time.Time{}, time.Time{}, time.Time{}
	shown.Node, shown.LeaseUntil = "", time.Time{}
	shown.InputHash, shown.Purchase = "", ""
	shown.CreatedAt, shown.FinishedAt = kept(c.CreatedAt), kept(c.FinishedAt)
	return shown
}

// kept is a time as a journal keeps it.
func kept(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Package graph answers GraphQL operations from Stellr's REST records.
package graph

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"stellr-gateway/internal/cache"
	"stellr-gateway/internal/events"
	"stellr-gateway/internal/journal"
	"stellr-gateway/internal/licenses"
	"stellr-gateway/stellr"
)

// Options are what a Resolver works with. Only Client is needed.
type Options struct {
	Client    *stellr.Client
	Kept      *Kept           // the client's cache, which writes drop from; nil: nothing is kept
	Simulated bool            // the upstream is the simulator
	Journal   journal.Journal // of writes; nil: none can be recorded, so none is sent
	Account   string          // names the upstream account in the journal
	Node      string          // names this process among those that share the journal
	Writes    Writes          // how writes are sent, followed and found out about
	// Requests is what the generic request may send; nil: nothing.
	Requests *stellr.GenericRoutes
	Licenses *licenses.Table  // which license is sold under which offer; nil: the table that is built in
	Bus      events.Bus       // carries events between nodes; nil: there is no other
	Clock    func() time.Time // time.Now when nil
	Logger   *slog.Logger     // slog.Default() when nil
	// Pause waits so long, or until the context ends; the real thing when nil.
	Pause func(context.Context, time.Duration) error
	// MaxCalls is how many upstream requests one operation may send; 500 when zero.
	MaxCalls int
	// MaxObjects is how many records one answer may have, all lists and their lists together; 50,000 when zero.
	MaxObjects int
	// CallsAtOnce is how many upstream requests one operation may have in flight; 16 when zero.
	CallsAtOnce int
}

// Resolver is the root of all resolvers. One serves all operations.
type Resolver struct {
	Options
	customersSize  listSize
	productsSize   sync.Map // vendor id → *listSize
	productsWanted sync.Map // vendor id → *atomic.Int64: how many of its products are being looked for
	feeds          feeds
	keeper         *keeper
}

// NewResolver makes the root of all resolvers.
func NewResolver(o Options) *Resolver {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	if o.MaxCalls == 0 {
		o.MaxCalls = 500
	}
	if o.MaxObjects == 0 {
		o.MaxObjects = 50_000
	}
	if o.CallsAtOnce == 0 {
		o.CallsAtOnce = 16
	}
	if o.Kept == nil {
		o.Kept = &Kept{Store: cache.Memory(cache.Options{}), Account: o.Account}
	}
	if o.Licenses == nil {
		o.Licenses = licenses.BuiltIn()
	}
	if o.Bus == nil {
		o.Bus = events.Alone{}
	}
	o.Writes.setDefaults()
	r := &Resolver{Options: o}
	r.feeds = newFeeds(r)
	r.keeper = newKeeper(r)
	return r
}

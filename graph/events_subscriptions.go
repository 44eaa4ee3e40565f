package graph

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"sync"
	"sync/atomic"

	"stellr-gateway/internal/access"
	"stellr-gateway/internal/events"
	"stellr-gateway/stellr"
)

// subscriptionFeed tells what this gateway changes in subscriptions, or sees that has changed. For customers whom somebody
// listens for, it remembers how each subscription was seen last: every record that passes is compared with that.
type subscriptionFeed struct {
	hub       *events.Hub[*stellr.Subscription] // topics are plainKeys of customer numbers
	listeners atomic.Int64                      // for all customers, on any node: mostly there are none, and records pass unseen
	sights    atomic.Uint64                     // counts what was remembered
	mu        sync.Mutex
	customers map[string]*remembered // by topic; only while somebody listens, on any node
	elsewhere map[string]interest    // by node
	changed   chan struct{}          // holds one when the topics have changed that are listened to here
}

// remembered is what is known of the subscriptions of one customer.
type remembered struct {
	listeners int              // on this node
	nodes     int              // others on which somebody listens
	last      map[string]sight // by subscription id
}

// sight is how a subscription was seen last.
type sight struct {
	print  fingerprint
	told   bool   // to those who listen; what is seen for the first time is not
	number uint64 // of this sight among all
}

// fingerprint tells whether two records are the same.
type fingerprint [sha256.Size]byte

// printOf is the record's fingerprint.
func printOf(record any) fingerprint {
	text, err := json.Marshal(record)
	if err != nil {
		panic(err) // records can be written: they were read
	}
	return sha256.Sum256(text)
}

func newSubscriptionFeed() *subscriptionFeed {
	return &subscriptionFeed{
		hub: events.NewHub[*stellr.Subscription](feedQueue), customers: map[string]*remembered{}, elsewhere: map[string]interest{},
		changed: make(chan struct{}, 1),
	}
}

// followSubscriptions tells what happens to a customer's subscriptions from now on. Where there is no such customer nothing
// is told.
func (r *Resolver) followSubscriptions(ctx context.Context, customerNo string) (<-chan *stellr.Subscription, error) {
	customer, err := present(r.Client.Customer(ctx, customerNo))
	if customer == nil || err != nil {
		return nothing[*stellr.Subscription](), err
	}
	topic := plainKey(customerNo)
	r.feeds.subscriptions.join(topic)
	context.AfterFunc(ctx, func() { r.feeds.subscriptions.leave(topic) })
	may := func(s *stellr.Subscription) bool { return access.From(ctx).Sees(s.CustomerNo) }
	return heard(ctx, r.feeds.subscriptions.hub.Listen(topic, may)), nil
}

// join begins to remember a customer's subscriptions. Whoever joins leaves again.
func (f *subscriptionFeed) join(topic string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.add(topic, 1, 0); f.customers[topic].listeners == 1 {
		f.notice()
	}
}

func (f *subscriptionFeed) leave(topic string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.customers[topic].listeners == 1 {
		f.notice()
	}
	f.add(topic, -1, 0)
}

// add counts so many more who listen to a topic, here and on other nodes. The feed is locked.
func (f *subscriptionFeed) add(topic string, listeners, nodes int) {
	f.listeners.Add(int64(listeners + nodes))
	customer := f.customers[topic]
	if customer == nil {
		customer = &remembered{last: map[string]sight{}}
		f.customers[topic] = customer
	}
	customer.listeners += listeners
	if customer.nodes += nodes; customer.listeners+customer.nodes == 0 {
		delete(f.customers, topic)
	}
}

// tell tells what a gateway has changed, unless it was told already.
func (f *subscriptionFeed) tell(s *stellr.Subscription) {
	f.take(s, func(last sight, known bool, print fingerprint) (remember, tell bool) {
		same := known && last.told && last.print == print
		return !same, !same
	})
}

// saw compares a record that passes with the one before, and tells it where it differs. since is what began returned when
// the answer began that the record was read for: of what was remembered after that, the record may be an older state. It
// answers whether the record differs.
func (f *subscriptionFeed) saw(s *stellr.Subscription, since uint64) bool {
	return f.take(s, func(last sight, known bool, print fingerprint) (remember, tell bool) {
		differs := last.print != print && last.number <= since
		return !known || differs, known && differs
	})
}

// sawElsewhere tells what another node saw to differ from what was before, unless it was seen to be so here.
func (f *subscriptionFeed) sawElsewhere(s *stellr.Subscription) {
	f.take(s, func(last sight, known bool, print fingerprint) (remember, tell bool) {
		differs := !known || last.print != print
		return differs, differs
	})
}

// began is how much was remembered until now.
func (f *subscriptionFeed) began() uint64 { return f.sights.Load() }

// wanted says whether somebody listens to a topic, on any node.
func (f *subscriptionFeed) wanted(topic string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	customer := f.customers[topic]
	return customer != nil && (customer.nodes > 0 || f.hub.Listening(topic))
}

// take looks at a record of a customer whom somebody listens for, and remembers and tells it where decide says so. It
// answers whether it was told.
func (f *subscriptionFeed) take(s *stellr.Subscription, decide func(last sight, known bool, print fingerprint) (remember, tell bool)) bool {
	if f.listeners.Load() == 0 {
		return false
	}
	topic := plainKey(s.CustomerNo)
	if !f.wanted(topic) {
		return false
	}
	plain := *s
	plain.CustomerNo = topic // a record has its customer's number as it was asked for
	print := printOf(&plain)
	f.mu.Lock()
	defer f.mu.Unlock()
	customer := f.customers[topic]
	if customer == nil {
		return false
	}
	last, known := customer.last[s.SubscriptionID]
	remember, tell := decide(last, known, print)
	if remember {
		customer.last[s.SubscriptionID] = sight{print: print, told: tell, number: f.sights.Add(1)}
	}
	if tell {
		f.hub.Publish(topic, s)
	}
	return tell
}

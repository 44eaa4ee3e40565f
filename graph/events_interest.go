package graph

import (
	"context"
	"slices"
	"time"
)

// Records that pass on one node are compared only for customers whom somebody listens for. So that it need not be on the
// same node, nodes tell each other which customers these are.
const (
	interestEvery = 5 * time.Second        // this is told anew
	interestPause = 100 * time.Millisecond // and not more often than that when it changes
	interestLasts = 20 * time.Second       // a node that says nothing more is forgotten
	interestMost  = 10_000                 // customers of one node
)

// interest is what is listened to on another node.
type interest struct {
	topics []string // sorted
	until  time.Time
}

// notice has other nodes told that what is listened to here has changed.
func (f *subscriptionFeed) notice() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// topics are what is listened to on this node.
func (f *subscriptionFeed) topics() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	topics := []string{}
	for topic, customer := range f.customers {
		if customer.listeners > 0 && len(topics) < interestMost {
			topics = append(topics, topic)
		}
	}
	return topics
}

// listensElsewhere notes what is listened to on another node, instead of what was before, and forgets nodes that say
// nothing any more.
func (f *subscriptionFeed) listensElsewhere(node string, topics []string, now time.Time) {
	topics = slices.Compact(slices.Sorted(slices.Values(topics[:min(len(topics), interestMost)])))
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, topic := range topics {
		f.add(topic, 0, 1)
	}
	f.forgetNode(node)
	if len(topics) > 0 {
		f.elsewhere[node] = interest{topics, now.Add(interestLasts)}
	}
	f.forgetSilent(now)
}

// forgetSilent forgets nodes that say nothing any more. The feed is locked.
func (f *subscriptionFeed) forgetSilent(now time.Time) {
	for node, listens := range f.elsewhere {
		if now.After(listens.until) {
			f.forgetNode(node)
		}
	}
}

// forgetNode forgets what is listened to on a node. The feed is locked.
func (f *subscriptionFeed) forgetNode(node string) {
	for _, topic := range f.elsewhere[node].topics {
		f.add(topic, 0, -1)
	}
	delete(f.elsewhere, node)
}

// tellInterest tells other nodes what is listened to here, until ctx ends.
func (r *Resolver) tellInterest(ctx context.Context) {
	f := r.feeds.subscriptions
	every := time.NewTicker(interestEvery)
	defer every.Stop()
	for told := false; ; {
		topics := f.topics()
		if len(topics) > 0 || told {
			r.Bus.Publish(kindInterest, topics)
		}
		told = len(topics) > 0
		f.mu.Lock()
		f.forgetSilent(r.Clock())
		f.mu.Unlock()
		if pause(ctx, interestPause) != nil {
			break
		}
		select {
		case <-every.C:
		case <-f.changed:
		case <-ctx.Done():
		}
	}
	r.Bus.Publish(kindInterest, []string{}) // of a node that stops
}

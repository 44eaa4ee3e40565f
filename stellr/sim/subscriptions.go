package sim

import (
	"sort"
	"time"
)

// listSubscriptions answers whole records (O).
func (s *Server) listSubscriptions(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("customer")
	}
	s.world.open(c, q.now)
	defer c.close()
	return q.list(len(c.subs), func(i int) []byte { return s.world.encodeSubscription(c.subs[i]) }), nil
}

func (s *Server) getSubscription(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("subscription")
	}
	s.world.open(c, q.now)
	defer c.close()
	sub := c.subscription(q.path("subscriptionId"))
	if sub == nil {
		return answer{}, notFound("subscription")
	}
	return q.one(s.world.encodeSubscription(sub)), nil
}

// listResellerSubscriptions answers the subscriptions of all customers, in the customers' order (O that it exists).
func (s *Server) listResellerSubscriptions(q *call) (answer, *refusal) {
	customers := s.world.all()
	begins := make([]int, len(customers)+1) // where each customer's part of the list begins
	for i, c := range customers {
		begins[i+1] = begins[i] + s.world.subscriptionsOf(c, q.now)
	}
	return q.list(begins[len(customers)], func(i int) []byte {
		at := sort.SearchInts(begins, i+1) - 1
		c := customers[at]
		s.world.open(c, q.now)
		defer c.close()
		if n := i - begins[at]; n < len(c.subs) {
			return s.world.encodeSubscription(c.subs[n])
		}
		return []byte("null") // taken out since it was counted
	}), nil
}

// subscriptionsOf counts a customer's subscriptions, without making those that nobody looked at.
func (w *world) subscriptionsOf(c *customer, now time.Time) int {
	w.openLightly(c)
	untouched := !c.populated
	c.close()
	if untouched {
		return c.profile.subscriptions
	}
	w.open(c, now)
	defer c.close()
	return len(c.subs)
}

// encodeSubscription encodes one of an open customer's.
func (w *world) encodeSubscription(s *subscription) []byte {
	if s.encoded == nil {
		s.encoded = w.encoder.record(&s.Subscription, s.CustomerNo+"/"+s.SubscriptionID)
	}
	return s.encoded
}

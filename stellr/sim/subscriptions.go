package sim

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
	var all [][]byte
	for _, c := range s.world.all() {
		s.world.open(c, q.now)
		for _, sub := range c.subs {
			all = append(all, s.world.encodeSubscription(sub))
		}
		c.close()
	}
	return q.list(len(all), func(i int) []byte { return all[i] }), nil
}

// encodeSubscription encodes one of an open customer's.
func (w *world) encodeSubscription(s *subscription) []byte {
	if s.encoded == nil {
		s.encoded = w.encoder.record(&s.Subscription, s.CustomerNo+"/"+s.SubscriptionID)
	}
	return s.encoded
}

package sim

func (s *Server) listCustomers(q *call) (answer, *refusal) {
	all := s.world.all()
	return q.list(len(all), func(i int) []byte { return s.world.encodeCustomer(all[i]) }), nil
}

func (s *Server) getCustomer(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("customer")
	}
	return q.one(s.world.encodeCustomer(c)), nil
}

func (w *world) encodeCustomer(c *customer) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encoded == nil {
		c.encoded = w.encoder.record(c.record, c.record.CustomerNo)
	}
	return c.encoded
}

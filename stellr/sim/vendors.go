package sim

func (s *Server) listVendors(q *call) (answer, *refusal) {
	all := s.world.catalog.vendors
	return q.list(len(all), func(i int) []byte { return all[i].encoded }), nil
}

package sim

import "stellr-gateway/stellr"

// transition says how a subscription's product stands to another of its family: upgrade, downgrade or nothing. Only
// products with the same term and billing count (A).
func (p *product) transition(other *product) string {
	if p.offer.family == "" || p.VendorID != other.VendorID || p.offer.family != other.offer.family || p.offer.rank == other.offer.rank || p.term != other.term {
		return ""
	}
	if other.offer.rank > p.offer.rank {
		return "upgrade"
	}
	return "downgrade"
}

// obstacle says why a subscription cannot become one of a product; empty: it can.
func (s *subscription) obstacle(p *product) string {
	switch {
	case s.StatusText != statusActive:
		return "The subscription is " + s.StatusText
	case p.offer.gone:
		return "The product is discontinued"
	case s.Quantity == nil || *s.Quantity > *p.MaxQuantity:
		return "The product takes fewer seats"
	}
	return ""
}

// listTransitionProducts answers whole product records with transitionType, eligible and reason (A).
func (s *Server) listTransitionProducts(q *call) (answer, *refusal) {
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
	var found []stellr.Product
	for _, p := range s.world.catalog.byVendor[sub.VendorID] {
		if kind := sub.product.transition(p); kind != "" {
			record := p.Product
			record.TransitionType, record.Reason = kind, sub.obstacle(p)
			record.Eligible = new(record.Reason == "")
			found = append(found, record)
		}
	}
	return q.list(len(found), func(i int) []byte { return s.world.encoder.record(&found[i], found[i].ProductID) }), nil
}

// eligible lets a subscription move to a transition product of the kind.
func eligible(kind string) func(*move) *refusal {
	return func(m *move) *refusal {
		if m.s.product.transition(m.target) != kind {
			return breaksRule("Not offered", "The target is no "+kind+" among the transition products")
		}
		if obstacle := m.s.obstacle(m.target); obstacle != "" {
			return vendorRefuses("The "+kind+" was refused by the vendor", obstacle)
		}
		if m.quantity > 0 && m.s.VendorID != AcronisID && m.quantity < *m.s.Quantity && kind == "upgrade" {
			return vendorRefuses("The quantity was refused by the vendor", "An upgrade does not take seats away")
		}
		if m.quantity > 0 {
			return m.target.withinLimits(m.quantity)
		}
		return nil
	}
}

package sim

import "strings"

// listVendorProducts takes the filters includeEOL=Y|N, $search and mfgPartNo (O). Without includeEOL=Y what is
// discontinued is left out (A).
func (s *Server) listVendorProducts(q *call) (answer, *refusal) {
	all, known := s.world.catalog.byVendor[q.path("vendorId")]
	if !known {
		return answer{}, notFound("vendor")
	}
	search, part := strings.ToLower(q.query.Get("$search")), strings.ToLower(q.query.Get("mfgPartNo"))
	gone := strings.EqualFold(q.query.Get("includeEOL"), "Y")
	return q.products(all, func(p *product) bool {
		found := search == "" || strings.Contains(strings.ToLower(p.Name+" "+p.MfgPartNo), search)
		return found && (part == "" || strings.ToLower(p.MfgPartNo) == part) && (gone || !p.offer.gone)
	}), nil
}

func (q *call) products(all []*product, fits func(*product) bool) answer {
	var found []*product
	for _, p := range all {
		if fits(p) {
			found = append(found, p)
		}
	}
	return q.list(len(found), func(i int) []byte { return found[i].encoded })
}

func (s *Server) getProduct(q *call) (answer, *refusal) {
	if p := s.world.catalog.byID[q.path("productId")]; p != nil {
		return q.one(p.encoded), nil
	}
	return answer{}, notFound("product")
}

func (s *Server) getProductBySKU(q *call) (answer, *refusal) {
	if p := s.world.catalog.bySKU[q.path("skuNo")]; p != nil {
		return q.one(p.encoded), nil
	}
	return answer{}, notFound("product")
}

// listRelatedProducts answers the add-ons of a product.
func (s *Server) listRelatedProducts(q *call) (answer, *refusal) {
	p := s.world.catalog.byID[q.path("primaryProductId")]
	if p == nil {
		return answer{}, notFound("product")
	}
	return q.products(s.world.catalog.byVendor[p.VendorID], func(other *product) bool { return other.PrimaryProductID == p.ProductID }), nil
}

package sim

import (
	"strconv"
	"strings"

	"stellr-gateway/stellr"
)

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

// createCustomer answers the new record (A). The same request again makes another customer: the API is not idempotent.
func (s *Server) createCustomer(q *call) (answer, *refusal) {
	var body stellr.NewCustomer
	if refusal := q.readBody(&body); refusal != nil {
		return answer{}, refusal
	}
	if strings.TrimSpace(body.Name) == "" {
		return answer{}, badRequest("name is required")
	}
	if body.Country != "" && len(body.Country) != 2 {
		return answer{}, badRequest("country must be a code of two letters")
	}
	if body.Email != "" && !strings.Contains(body.Email, "@") {
		return answer{}, badRequest("email is not an address")
	}
	s.world.mu.Lock()
	c := s.world.addCustomer(stellr.Customer{
		CustomerNo: strconv.Itoa(firstCustomerNo + len(s.world.customers)), Name: body.Name, StatusText: "Active", ContactName: body.ContactName,
		Email: body.Email, Phone: body.Phone, Domain: body.Domain, TenantID: body.TenantID, Line1: body.Line1, Line2: body.Line2, City: body.City, Region: body.Region,
		PostalCode: body.PostalCode, Country: strings.ToUpper(body.Country), CreatedAt: q.now,
	}, profile{fresh: true})
	s.world.mu.Unlock()
	return q.did(s.world.encodeCustomer(c)), nil
}

func (w *world) encodeCustomer(c *customer) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.encoded == nil {
		c.encoded = w.encoder.record(c.record, c.record.CustomerNo)
	}
	return c.encoded
}

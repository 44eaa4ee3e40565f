package sim

import (
	"strconv"
	"strings"

	"stellr-gateway/stellr"
)

// maxUsers is how many people a customer of the sandbox has at most.
const maxUsers = 240

// listSubscribedUsers answers a customer's people and what of a vendor's is assigned to them: the n-th person has a
// seat of each live subscription that has at least n.
func (s *Server) listSubscribedUsers(q *call) (answer, *refusal) {
	c := s.world.customer(q.path("customerNo"))
	if c == nil {
		return answer{}, notFound("customer")
	}
	if s.world.rules[q.path("vendorId")] == nil {
		return answer{}, notFound("vendor")
	}
	s.world.open(c, q.now)
	defer c.close()
	var assigned []*subscription
	people := 0
	for _, sub := range c.subs {
		if sub.VendorID == q.path("vendorId") && sub.live() && sub.Quantity != nil && sub.product.BillingModel == billingModel(0) {
			assigned = append(assigned, sub)
			people = max(people, min(*sub.Quantity, maxUsers))
		}
	}
	return q.list(people, func(i int) []byte {
		user := s.world.person(c, i, assigned)
		return s.world.encoder.record(&user, user.UserID)
	}), nil
}

func (w *world) person(c *customer, n int, assigned []*subscription) stellr.SubscribedUser {
	d := throw(w.opts.Seed, "person", c.index, n)
	given, family := givenName(d), familyName(d)
	mailbox := strings.ToLower(strings.NewReplacer("'", "", "é", "e").Replace(given+"."+family)) + strconv.Itoa(n+1)
	user := stellr.SubscribedUser{
		UserID: d.guid(), UserPrincipalName: mailbox + "@" + c.record.Domain, DisplayName: given + " " + family, Products: []stellr.AssignedProduct{},
	}
	for _, s := range assigned {
		if n < *s.Quantity {
			user.Products = append(user.Products, stellr.AssignedProduct{
				ProductID: s.ProductID, SKUNo: s.SKUNo, Name: s.Name, SubscriptionID: s.SubscriptionID, AssignedDate: s.StartDate.AddDays(d.below(5)),
			})
		}
	}
	return user
}

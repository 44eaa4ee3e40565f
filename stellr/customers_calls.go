package stellr

import "context"

// Customers lists the reseller's customers (D). Credentials of the wrong reseller see none, and no error (O).
func (c *Client) Customers() *List[*Customer] {
	return newList(c, c.to(ActionListCustomers, nil), func(r *Customer) string { return r.CustomerNo }, nil)
}

// Customer gets one customer (D). Where there is none, the error is one that IsNotFound knows.
func (c *Client) Customer(ctx context.Context, customerNo string) (*Customer, error) {
	rq := c.to(ActionGetCustomer, keys{"customerNo": customerNo})
	return one(ctx, c, rq, func(r *Customer) bool { return fits(&r.CustomerNo, customerNo) })
}

// KeptCustomer is Customer where Config.Cache has the record at hand and the context lets it be used.
func (c *Client) KeptCustomer(ctx context.Context, customerNo string) (*Customer, bool) {
	if !c.mayPeek(ctx, ActionGetCustomer) {
		return nil, false
	}
	rq := c.to(ActionGetCustomer, keys{"customerNo": customerNo})
	return keptOne(ctx, c, rq, func(r *Customer) bool { return fits(&r.CustomerNo, customerNo) })
}

// CreateCustomer makes a new customer and returns it with its number (D; the body and the answer are A). An error of
// stage Unknown means that the customer may exist.
func (c *Client) CreateCustomer(ctx context.Context, customer NewCustomer) (*Customer, error) {
	rq := c.to(ActionCreateCustomer, nil).of("").carrying(customer).require(customer.Name != "", "a customer needs a name")
	return one[Customer](ctx, c, rq, nil)
}

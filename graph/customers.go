package graph

import (
	"context"
	"strings"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// customer is the customer with this number; nil when there is none.
func (l *loaders) customer(ctx context.Context, customerNo string) (*stellr.Customer, error) {
	if customerNo == "" {
		return nil, nil
	}
	if l.reuses {
		if c, ok := l.r.Client.KeptCustomer(ctx, customerNo); ok {
			return c, nil
		}
	}
	if c, ok := l.customerList.find(ctx, none{}, customerNo, func(c *stellr.Customer) string { return c.CustomerNo }); ok {
		return c, nil
	}
	if alone(ctx) {
		l.aheadOfCustomer(ctx, customerNo)
		return l.oneCustomer.load(ctx, customerNo)
	}
	return l.customers.Load(ctx, customerNo)()
}

// customerPage is a page of all customers. Without a filter and an order it reads no more than the page needs.
func (l *loaders) customerPage(ctx context.Context, filter *model.CustomerFilter, order *model.CustomerOrder, args relay.Args) (*relay.CustomerConnection, error) {
	scope := relay.NewScope("customers", filter, order)
	customerNos, some := own(ctx)
	if filter == nil && order == nil && !some {
		return window(ctx, l.customerList, none{}, scope, args)
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	if some {
		customers, failed := l.ownCustomers(ctx, customerNos)
		return pageAcross(ctx, l, orderCustomers(filterCustomers(customers, filter), order), failed, scope, args)
	}
	customers, err := l.customerList.whole(ctx, none{})
	return page(ctx, l, orderCustomers(filterCustomers(customers, filter), order), err, scope, args)
}

// customersSeen is how many customers the caller sees, about, without asking Stellr.
func (r *Resolver) customersSeen(ctx context.Context) int {
	if customers := access.From(ctx).Customers; !customers.All() {
		return len(customers.Numbers())
	}
	if known := r.customersSize.records(); known > 0 {
		return known
	}
	return unknownCustomers
}

func filterCustomers(customers []*stellr.Customer, f *model.CustomerFilter) []*stellr.Customer {
	if f == nil {
		return customers
	}
	return keep(customers, func(c *stellr.Customer) bool {
		return equals(f.Status, c.Status) && contains(f.Search, c.Name, c.CustomerNo, c.ContactName, c.Email, c.Domain) &&
			(f.Country == nil || strings.EqualFold(*f.Country, c.Country))
	})
}

func orderCustomers(customers []*stellr.Customer, order *model.CustomerOrder) []*stellr.Customer {
	switch {
	case order == nil:
		return customers
	case order.Field == model.CustomerOrderFieldName:
		return sorted(customers, order.Direction, func(c *stellr.Customer) (string, bool) { return c.Name, c.Name != "" }, byText)
	}
	return sorted(customers, order.Direction, func(c *stellr.Customer) (string, bool) { return c.CustomerNo, true }, byNumber)
}

package graph

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"

	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// vendor is the vendor with this id; nil when there is none. Stellr cannot be asked for one vendor, so the list of
// them, which is short, is read once.
func (l *loaders) vendor(ctx context.Context, vendorID string) (*stellr.Vendor, error) {
	if vendorID == "" {
		return nil, nil
	}
	vendors, err := l.vendorList.whole(ctx, none{})
	if i := slices.IndexFunc(vendors, func(v *stellr.Vendor) bool { return v.VendorID == vendorID }); i >= 0 {
		return vendors[i], nil
	}
	return nil, err
}

// vendorOf is vendor for a record that names its vendor itself: where no more than the id and the name are asked for,
// nothing is read.
func (l *loaders) vendorOf(ctx context.Context, vendorID, name string) (*stellr.Vendor, error) {
	known := []string{"id", "vendorId", "name"}
	asked := func(field string) bool { return !slices.Contains(known, field) }
	if vendorID != "" && name != "" && !slices.ContainsFunc(selected(ctx, "Vendor"), asked) {
		return &stellr.Vendor{VendorID: vendorID, Name: name}, nil
	}
	return l.vendor(ctx, vendorID)
}

// accountPage is a page of the accounts with vendors, of one customer and with one vendor where they are named.
func (l *loaders) accountPage(ctx context.Context, customer, vendor *string, args relay.Args) (*relay.VendorAccountConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	if empty(customer) || empty(vendor) {
		return page[*stellr.VendorAccount](ctx, l, nil, nil, "", args)
	}
	customerNo, vendorID := text(customer), text(vendor)
	scope := relay.NewScope("vendorAccounts", customerNo, vendorID)
	if customerNos, some := own(ctx); some && customerNo == "" {
		accounts, failed := eachOf(customerNos, func(customerNo string) ([]*stellr.VendorAccount, error) {
			return l.accountsOf.Load(ctx, stellr.VendorAccountQuery{CustomerNo: customerNo, VendorID: vendorID})()
		})
		return pageAcross(ctx, l, accounts, failed, scope, args)
	}
	accounts, err := l.accountsOf.Load(ctx, stellr.VendorAccountQuery{CustomerNo: customerNo, VendorID: vendorID})()
	return page(ctx, l, accounts, err, scope, args)
}

// userPage is a page of the customer's people who have a product of the vendor.
func (l *loaders) userPage(ctx context.Context, customerNo, vendorID string, args relay.Args) (*relay.SubscribedUserConnection, error) {
	return window(ctx, l.userList, userListKey{customerNo, vendorID}, relay.NewScope("subscribedUsers", customerNo, vendorID), args)
}

// assigned are the products of a person, each with whose it is.
func assigned(user *stellr.SubscribedUser) []*stellr.AssignedProduct {
	products := make([]*stellr.AssignedProduct, len(user.Products))
	for i, product := range user.Products {
		product.CustomerNo, product.VendorID = user.CustomerNo, user.VendorID
		products[i] = &product
	}
	return products
}

// checkAccount is the vendor's answer to a check, with what was asked; that alone, and an error at the field, where there
// is no answer.
func (l *loaders) checkAccount(ctx context.Context, asked checkKey) *stellr.AccountCheckResult {
	answer := stellr.AccountCheckResult{}
	if asked.vendorID == "" || asked.checkType == "" || asked.check.Value == "" {
		graphql.AddError(ctx, &relay.ArgumentError{Message: "vendorId, checkType and value must not be empty"})
	} else if result, err := l.checks.Load(ctx, asked)(); err != nil {
		graphql.AddError(ctx, err)
	} else if result != nil {
		answer = *result
	}
	answer.CheckType, answer.Value = asked.checkType, asked.check.Value
	return &answer
}

package stellr

import (
	"context"
	"strings"
)

// Vendors lists the vendors that the reseller can sell (D).
func (c *Client) Vendors() *List[*Vendor] {
	return newList(c, c.to(ActionListVendors, nil), func(r *Vendor) string { return r.VendorID }, nil)
}

// VendorAccounts lists the accounts of the reseller and of customers with vendors (D; filters and fields are A).
func (c *Client) VendorAccounts(q VendorAccountQuery) *List[*VendorAccount] {
	rq := c.to(ActionListVendorAccounts, nil).with("customerNo", q.CustomerNo).with("vendorId", q.VendorID)
	return newList(c, rq, (*VendorAccount).RefID, func(r *VendorAccount) bool { return allows(r.CustomerNo, q.CustomerNo) })
}

// SubscribedUsers lists a customer's people and what is assigned to them of a vendor (D; the fields are A).
func (c *Client) SubscribedUsers(customerNo, vendorID string) *List[*SubscribedUser] {
	rq := c.to(ActionListSubscribedUsers, keys{"customerNo": customerNo, "vendorId": vendorID})
	return newList(c, rq, func(r *SubscribedUser) string { return r.UserID }, func(r *SubscribedUser) bool {
		r.CustomerNo, r.VendorID = customerNo, vendorID
		for i := range r.Products {
			r.Products[i].CustomerNo, r.Products[i].VendorID = customerNo, vendorID
		}
		return true
	})
}

// CheckVendorAccount asks a vendor whether a domain, a tenant or a transfer token is good (D; the body, the answer and
// the check types domain, tenant and transferToken are A). It is a POST that only asks, and is treated as a write.
func (c *Client) CheckVendorAccount(ctx context.Context, vendorID, checkType string, check AccountCheck) (*AccountCheckResult, error) {
	rq := c.to(ActionCheckVendorAccount, keys{"vendorId": vendorID, "checkType": checkType}).carrying(check).ofAny(check.CustomerNo)
	if strings.Contains(strings.ToLower(checkType), "token") {
		rq.hiding(check.Value)
	}
	return one(ctx, c, rq, func(r *AccountCheckResult) bool {
		inherit(&r.CheckType, checkType)
		inherit(&r.Value, check.Value)
		return true
	})
}

// SaveVendorAccount creates or updates an account with a vendor and returns it (D; the body and the answer are A). An
// error of stage Unknown means that it may be saved.
func (c *Client) SaveVendorAccount(ctx context.Context, setting VendorAccountSetting) (*VendorAccount, error) {
	rq := c.to(ActionSaveVendorAccount, nil).of(setting.CustomerNo).carrying(setting).require(setting.VendorID != "", "a vendor account needs a vendor")
	return one(ctx, c, rq, func(r *VendorAccount) bool {
		inherit(&r.VendorID, setting.VendorID)
		inherit(&r.OwnerType, setting.OwnerType)
		return setting.CustomerNo == "" || fits(&r.CustomerNo, setting.CustomerNo)
	})
}

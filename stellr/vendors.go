package stellr

// Vendor is a maker of cloud products (A, but that vendorId is a name at least for Google: O).
type Vendor struct {
	VendorID   string `json:"vendorId" alias:"id" key:"true"`
	Name       string `json:"vendorName" alias:"name"`
	StatusText string `json:"status"`
}

// VendorAccount is a reseller's or a customer's account with a vendor (A).
type VendorAccount struct {
	OwnerType  string `json:"ownerType"` // RESELLER or CUSTOMER
	CustomerNo string `json:"customerNo" alias:"customerNumber" wire:"int"`
	VendorID   string `json:"vendorId" key:"true"`
	Domain     string `json:"domain"`
	TenantID   string `json:"tenantId" alias:"microsoftTenantId"`
	AdminEmail string `json:"adminEmail"`
	StatusText string `json:"status"`
}

// VendorAccountQuery narrows the list of vendor accounts (A). Empty fields do not narrow.
type VendorAccountQuery struct {
	CustomerNo string
	VendorID   string
}

// VendorAccountSetting creates or updates a vendor account (A).
type VendorAccountSetting struct {
	OwnerType  string `json:"ownerType"`
	CustomerNo string `json:"customerNo,omitempty"`
	VendorID   string `json:"vendorId"`
	Domain     string `json:"domain,omitempty"`
	TenantID   string `json:"tenantId,omitempty"`
	AdminEmail string `json:"adminEmail,omitempty"`
}

// AccountCheck asks a vendor whether a value is good: a domain, a tenant or a transfer token (A).
type AccountCheck struct {
	Value      string `json:"value"`
	CustomerNo string `json:"customerNo,omitempty"`
}

// AccountCheckResult is the vendor's answer (A).
type AccountCheckResult struct {
	CheckType string `json:"checkType"`
	Value     string `json:"value"`
	Valid     *bool  `json:"valid"`
	Message   string `json:"message"`
}

// SubscribedUser is a person of a customer and the products assigned to that person (A).
type SubscribedUser struct {
	UserID            string            `json:"userId" alias:"id" key:"true"`
	UserPrincipalName string            `json:"userPrincipalName"`
	DisplayName       string            `json:"displayName"`
	Products          []AssignedProduct `json:"products"`

	CustomerNo string `json:"-"` // from the path
	VendorID   string `json:"-"` // from the path
}

// AssignedProduct is one product assigned to a user (A).
type AssignedProduct struct {
	ProductID      string `json:"productId" wire:"int"`
	SKUNo          string `json:"skuNo" wire:"int"`
	Name           string `json:"productName"`
	SubscriptionID string `json:"subscriptionId"`
	AssignedDate   Date   `json:"assignedDate"`

	CustomerNo string `json:"-"` // the person's
	VendorID   string `json:"-"` // the person's
}

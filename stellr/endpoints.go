package stellr

import "net/http"

// Mark says how sure a fact about Stellr is; the package comment explains the letters.
type Mark string

// The four degrees of certainty.
const (
	Documented Mark = "D"
	Observed   Mark = "O"
	Inferred   Mark = "S"
	Assumed    Mark = "A"
)

// Action names one row of the endpoint table. It is the key under which a path is overridden in configuration and
// under which the sandbox grants or refuses a permission.
type Action string

// The actions of the API, in the order of the endpoint table.
const (
	ActionAcceptAgreement           Action = "acceptAgreement"
	ActionGetAgreement              Action = "getAgreement"
	ActionAzureConsumption          Action = "azureConsumption"
	ActionCreateCustomer            Action = "createCustomer"
	ActionListCustomers             Action = "listCustomers"
	ActionGetCustomer               Action = "getCustomer"
	ActionGenericRequest            Action = "genericRequest"
	ActionListInvoices              Action = "listInvoices"
	ActionInvoiceReport             Action = "invoiceReport"
	ActionGetOperation              Action = "getOperation"
	ActionListVendorProducts        Action = "listVendorProducts"
	ActionGetProduct                Action = "getProduct"
	ActionGetProductBySKU           Action = "getProductBySku"
	ActionListRelatedProducts       Action = "listRelatedProducts"
	ActionListTransferableProducts  Action = "listGoogleTransferableProducts"
	ActionListSubscribedUsers       Action = "listSubscribedUsers"
	ActionListSubscriptions         Action = "listSubscriptions"
	ActionCreateSubscriptions       Action = "createSubscriptions"
	ActionCreateAddOn               Action = "createAddOn"
	ActionChangeSeats               Action = "changeSeats"
	ActionCancelSubscription        Action = "cancelSubscription"
	ActionReactivateSubscription    Action = "reactivateSubscription"
	ActionUpgradeSubscription       Action = "upgradeSubscription"
	ActionDowngradeSubscription     Action = "downgradeSubscription"
	ActionChangePlan                Action = "changePlan"
	ActionSuspendSubscription       Action = "suspendSubscription"
	ActionActivateSubscription      Action = "activateSubscription"
	ActionTransferSubscription      Action = "transferSubscription"
	ActionGetSubscription           Action = "getSubscription"
	ActionListTransitionProducts    Action = "listTransitionProducts"
	ActionGetRenewalOptions         Action = "getRenewalOptions"
	ActionUpdateRenewal             Action = "updateRenewal"
	ActionListVendors               Action = "listVendors"
	ActionCheckVendorAccount        Action = "checkVendorAccount"
	ActionSaveVendorAccount         Action = "saveVendorAccount"
	ActionListVendorAccounts        Action = "listVendorAccounts"
	ActionListChangeLog             Action = "listChangeLog"
	ActionListResellerSubscriptions Action = "listResellerSubscriptions"
	oneSubscription                        = "/api/v1/customers/{customerNo}/subscriptions/{subscriptionId}"
	subscriptionsOfCustomer                = "/api/v1/customers/{customerNo}/subscriptions"
)

// Endpoint is one row of the table: what an action is called on the wire.
type Endpoint struct {
	Action Action
	// Number is the row's number in the published list of actions; 0 for a slot beyond it.
	Number int
	Method string // empty for the generic request, which brings its own
	Path   string // {…} stands for one escaped path segment; empty where no path is known
	Mark   Mark   // how sure the path is
	Client string // the method of Client that serves the row
	Writes bool   // goes through the transport that never repeats a request by itself
}

// Endpoints returns the endpoint table. The caller owns the copy.
//
// A row whose Path is empty is not available until a path is configured; Client answers such a call with an error of
// stage NotSent.
func Endpoints() []Endpoint {
	const get, post, put = http.MethodGet, http.MethodPost, http.MethodPut
	return []Endpoint{
		{ActionAcceptAgreement, 1, post, "/api/v1/customers/{customerNo}/agreements/{agreementType}", Documented, "AcceptAgreement", true},
		{ActionGetAgreement, 2, get, "/api/v1/customers/{customerNo}/agreements/{agreementType}", Documented, "Agreement", false},
		{ActionAzureConsumption, 3, get, "/api/v1/cloud/consumption/azure/summary", Documented, "AzureConsumption", false},
		{ActionCreateCustomer, 4, post, "/api/v1/cloud/customers", Documented, "CreateCustomer", true},
		{ActionListCustomers, 5, get, "/api/v1/cloud/customers", Documented, "Customers", false},
		{ActionGetCustomer, 6, get, "/api/v1/cloud/customers/{customerNo}", Documented, "Customer", false},
		{ActionGenericRequest, 7, "", "", Documented, "Request", true},
		{ActionListInvoices, 8, get, "/api/v1/cloud/invoices", Documented, "Invoices", false},
		{ActionInvoiceReport, 9, get, "/api/v1/cloud/invoice/report", Documented, "InvoiceReport", false},
		{ActionGetOperation, 10, get, "/api/v1/subscriptions/operations/{operationId}", Documented, "Operation", false},
		{ActionListVendorProducts, 11, get, "/api/v2/vendors/{vendorId}/cloud/products", Documented, "VendorProducts", false},
		{ActionGetProduct, 12, get, "/api/v1/cloud/products/{productId}", Documented, "Product", false},
		{ActionGetProductBySKU, 13, get, "/api/v1/cloud/products/skuNo/{skuNo}", Documented, "ProductBySKU", false},
		{ActionListRelatedProducts, 14, get, "/api/v1/cloud/products/{primaryProductId}/related", Documented, "RelatedProducts", false},
		{ActionListTransferableProducts, 15, get, "/api/v1/vendors/Google/cloud/products/transferable", Documented, "TransferableProducts", false},
		{ActionListSubscribedUsers, 16, get, "/api/v1/customers/{customerNo}/vendors/{vendorId}/subscribed/products", Documented, "SubscribedUsers", false},
		{ActionListSubscriptions, 17, get, subscriptionsOfCustomer, Documented, "Subscriptions", false},
		{ActionCreateSubscriptions, 18, post, subscriptionsOfCustomer, Documented, "CreateSubscriptions", true},
		{ActionCreateAddOn, 19, post, oneSubscription + "/addOn", Documented, "CreateAddOn", true},
		{ActionChangeSeats, 20, post, oneSubscription + "/changeSeats", Documented, "ChangeSeats", true},
		{ActionCancelSubscription, 21, post, oneSubscription + "/cancel", Documented, "CancelSubscription", true},
		{ActionReactivateSubscription, 22, post, oneSubscription + "/reactive", Documented, "ReactivateSubscription", true},
		{ActionUpgradeSubscription, 23, post, oneSubscription + "/upgrade", Documented, "UpgradeSubscription", true},
		{ActionDowngradeSubscription, 24, post, oneSubscription + "/downgrade", Documented, "DowngradeSubscription", true},
		{ActionChangePlan, 25, post, oneSubscription + "/changePlan", Documented, "ChangePlan", true},
		{ActionSuspendSubscription, 26, post, oneSubscription + "/suspend", Documented, "SuspendSubscription", true},
		{ActionActivateSubscription, 27, post, oneSubscription + "/activate", Documented, "ActivateSubscription", true},
		{ActionTransferSubscription, 28, post, subscriptionsOfCustomer + "/transfer", Documented, "TransferSubscription", true},
		{ActionGetSubscription, 29, get, oneSubscription, Documented, "Subscription", false},
		{ActionListTransitionProducts, 30, get, oneSubscription + "/transition/products", Documented, "TransitionProducts", false},
		{ActionGetRenewalOptions, 31, get, oneSubscription + "/renew/options", Documented, "RenewalOptions", false},
		{ActionUpdateRenewal, 32, put, oneSubscription + "/renew/setting", Documented, "UpdateRenewal", true},
		{ActionListVendors, 33, get, "/api/v1/cloud/vendors", Documented, "Vendors", false},
		{ActionCheckVendorAccount, 34, post, "/api/v1/cloud/vendors/{vendorId}/check/{checkType}", Documented, "CheckVendorAccount", true},
		{ActionSaveVendorAccount, 35, post, "/api/v1/cloud/vendors/account", Documented, "SaveVendorAccount", true},
		{ActionListVendorAccounts, 36, get, "/api/v1/cloud/vendors/account", Documented, "VendorAccounts", false},
		{ActionListChangeLog, 37, get, subscriptionsOfCustomer + "/changelogs", Assumed, "ChangeLog", false},
		// A list over the whole reseller exists (O), but its path is not publicly known.
		{ActionListResellerSubscriptions, 0, get, "", Observed, "ResellerSubscriptions", false},
	}
}

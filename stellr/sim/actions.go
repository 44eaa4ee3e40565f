package sim

import "stellr-gateway/stellr"

// listActions are the actions that answer a page.
func listActions() map[stellr.Action]bool {
	return map[stellr.Action]bool{
		stellr.ActionAzureConsumption: true, stellr.ActionListCustomers: true, stellr.ActionListInvoices: true, stellr.ActionInvoiceReport: true,
		stellr.ActionListVendorProducts: true, stellr.ActionListRelatedProducts: true, stellr.ActionListTransferableProducts: true,
		stellr.ActionListSubscribedUsers: true, stellr.ActionListSubscriptions: true, stellr.ActionListTransitionProducts: true,
		stellr.ActionListVendors: true, stellr.ActionListVendorAccounts: true, stellr.ActionListChangeLog: true,
		stellr.ActionListResellerSubscriptions: true,
	}
}

// handlerOf tells who serves an action; nobody serves the generic request, which is any of the others.
func handlerOf(action stellr.Action) handler {
	switch action {
	case stellr.ActionListCustomers:
		return (*Server).listCustomers
	case stellr.ActionGetCustomer:
		return (*Server).getCustomer
	case stellr.ActionListSubscriptions:
		return (*Server).listSubscriptions
	case stellr.ActionGetSubscription:
		return (*Server).getSubscription
	case stellr.ActionListResellerSubscriptions:
		return (*Server).listResellerSubscriptions
	case stellr.ActionListVendors:
		return (*Server).listVendors
	case stellr.ActionListVendorProducts:
		return (*Server).listVendorProducts
	case stellr.ActionGetProduct:
		return (*Server).getProduct
	case stellr.ActionGetProductBySKU:
		return (*Server).getProductBySKU
	case stellr.ActionListRelatedProducts:
		return (*Server).listRelatedProducts
	case stellr.ActionListInvoices:
		return (*Server).listInvoices
	}
	return nil
}

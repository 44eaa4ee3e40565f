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
	if serve := readerOf(action); serve != nil {
		return serve
	}
	switch action {
	case stellr.ActionCreateCustomer:
		return (*Server).createCustomer
	case stellr.ActionAcceptAgreement:
		return (*Server).acceptAgreement
	case stellr.ActionCheckVendorAccount:
		return (*Server).checkVendorAccount
	case stellr.ActionSaveVendorAccount:
		return (*Server).saveVendorAccount
	case stellr.ActionCreateSubscriptions:
		return (*Server).createSubscriptions
	case stellr.ActionCreateAddOn:
		return (*Server).createAddOn
	case stellr.ActionTransferSubscription:
		return (*Server).transferSubscription
	case stellr.ActionChangeSeats, stellr.ActionCancelSubscription, stellr.ActionReactivateSubscription, stellr.ActionUpgradeSubscription,
		stellr.ActionDowngradeSubscription, stellr.ActionChangePlan, stellr.ActionSuspendSubscription, stellr.ActionActivateSubscription,
		stellr.ActionUpdateRenewal:
		return (*Server).lifecycle
	}
	return nil
}

func readerOf(action stellr.Action) handler {
	switch action {
	case stellr.ActionGetAgreement:
		return (*Server).getAgreement
	case stellr.ActionAzureConsumption:
		return (*Server).azureConsumption
	case stellr.ActionListCustomers:
		return (*Server).listCustomers
	case stellr.ActionGetCustomer:
		return (*Server).getCustomer
	case stellr.ActionListInvoices:
		return (*Server).listInvoices
	case stellr.ActionInvoiceReport:
		return (*Server).invoiceReport
	case stellr.ActionGetOperation:
		return (*Server).getOperation
	case stellr.ActionListVendorProducts:
		return (*Server).listVendorProducts
	case stellr.ActionGetProduct:
		return (*Server).getProduct
	case stellr.ActionGetProductBySKU:
		return (*Server).getProductBySKU
	case stellr.ActionListRelatedProducts:
		return (*Server).listRelatedProducts
	case stellr.ActionListTransferableProducts:
		return (*Server).listTransferableProducts
	case stellr.ActionListSubscribedUsers:
		return (*Server).listSubscribedUsers
	case stellr.ActionListSubscriptions:
		return (*Server).listSubscriptions
	case stellr.ActionGetSubscription:
		return (*Server).getSubscription
	case stellr.ActionListTransitionProducts:
		return (*Server).listTransitionProducts
	case stellr.ActionGetRenewalOptions:
		return (*Server).getRenewalOptions
	case stellr.ActionListVendors:
		return (*Server).listVendors
	case stellr.ActionListVendorAccounts:
		return (*Server).listVendorAccounts
	case stellr.ActionListChangeLog:
		return (*Server).listChangeLog
	case stellr.ActionListResellerSubscriptions:
		return (*Server).listResellerSubscriptions
	}
	return nil
}

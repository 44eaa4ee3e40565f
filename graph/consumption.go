package graph

import (
	"context"
	"regexp"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

var monthForm = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])$`)

// consumptionPage is a page of what customers used in Azure.
func (l *loaders) consumptionPage(ctx context.Context, filter *model.AzureConsumptionFilter, args relay.Args) (*relay.AzureConsumptionConnection, error) {
	if err := args.Check(); err != nil {
		return nil, err
	}
	query := stellr.ConsumptionQuery{}
	if filter != nil {
		query = stellr.ConsumptionQuery{
			CustomerNo: text(filter.CustomerNo), SubscriptionID: text(filter.SubscriptionID),
			BillingMonth: text(filter.BillingMonth), ResourceGroup: text(filter.ResourceGroup),
		}
	}
	if filter != nil && (empty(filter.CustomerNo) || empty(filter.SubscriptionID)) {
		return page[*stellr.AzureConsumption](ctx, l, nil, nil, "", args)
	}
	if query.BillingMonth != "" && !monthForm.MatchString(query.BillingMonth) {
		return nil, &relay.ArgumentError{Message: "billingMonth must have the form yyyy-mm"}
	}
	scope := relay.NewScope("azureConsumption", query)
	if customerNos, some := own(ctx); some && query.CustomerNo == "" {
		rows, failed := eachOf(customerNos, func(customerNo string) ([]*stellr.AzureConsumption, error) {
			query := query
			query.CustomerNo = customerNo
			return l.consumptionOf.Load(ctx, query)()
		})
		return pageAcross(ctx, l, rows, failed, scope, args)
	}
	if query == (stellr.ConsumptionQuery{}) {
		return window(ctx, l.consumptionList, query, scope, args)
	}
	rows, err := l.consumptionOf.Load(ctx, query)()
	return page(ctx, l, rows, err, scope, args)
}

// consumptionOfCustomer is consumptionPage for one customer. Where the filter names another one, nothing passes.
func (l *loaders) consumptionOfCustomer(ctx context.Context, customerNo string, filter *model.AzureConsumptionFilter, args relay.Args) (*relay.AzureConsumptionConnection, error) {
	own := model.AzureConsumptionFilter{}
	if filter != nil {
		own = *filter
	}
	if own.CustomerNo != nil && *own.CustomerNo != customerNo {
		return page[*stellr.AzureConsumption](ctx, l, nil, nil, relay.NewScope("azureConsumption", own), args)
	}
	own.CustomerNo = &customerNo
	return l.consumptionPage(ctx, &own, args)
}

// empty says whether a key was given and holds nothing: no record has it.
func empty(key *string) bool { return key != nil && *key == "" }

// text is a text argument; nothing when it was left out.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

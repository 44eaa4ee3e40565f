package graph

import (
	"context"
	"strings"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// invoicePage is a page of invoices: of one customer where the filter names one, else of all.
func (l *loaders) invoicePage(ctx context.Context, filter *model.InvoiceFilter, args relay.Args) (*relay.InvoiceConnection, error) {
	scope := relay.NewScope("invoices", filter)
	customerNos, some := own(ctx)
	if filter == nil && !some {
		return window(ctx, l.invoiceList, stellr.InvoiceQuery{}, scope, args)
	}
	if err := args.Check(); err != nil {
		return nil, err
	}
	if filter == nil {
		filter = &model.InvoiceFilter{}
	}
	if empty(filter.CustomerNo) {
		return page[*stellr.Invoice](ctx, l, nil, nil, scope, args)
	}
	asked := func(i *stellr.Invoice) bool {
		return filter.Status == nil || strings.EqualFold(*filter.Status, i.StatusText)
	}
	query := stellr.InvoiceQuery{CustomerNo: text(filter.CustomerNo), From: day(filter.From), To: day(filter.To)}
	if query.CustomerNo == "" && some {
		invoices, failed := l.ownInvoices(ctx, customerNos, query)
		return pageAcross(ctx, l, keep(invoices, asked), failed, scope, args)
	}
	invoices, err := l.invoicesOf.Load(ctx, query)()
	return page(ctx, l, keep(invoices, asked), err, scope, args)
}

// invoice is the invoice with this number; nil when there is none. Stellr cannot be asked for one invoice, so the list
// is read up to where it stands.
func (l *loaders) invoice(ctx context.Context, invoiceNo string) (*stellr.Invoice, error) {
	if invoiceNo == "" {
		return nil, nil
	}
	if seen, ok := l.invoicesSeen.Load(invoiceNo); ok {
		return seen.(*stellr.Invoice), nil
	}
	if customerNos, some := own(ctx); some {
		return l.ownInvoice(ctx, customerNos, invoiceNo)
	}
	pages := l.invoiceList.source(stellr.InvoiceQuery{}).Via(func(ctx context.Context, number int) (*stellr.Page[*stellr.Invoice], error) {
		return l.invoiceList.page(ctx, stellr.InvoiceQuery{}, number)
	})
	for invoice, err := range pages.All(ctx) {
		if err != nil {
			return nil, err
		}
		if invoice.InvoiceNo == invoiceNo {
			return invoice, nil
		}
	}
	return nil, nil
}

// ofCustomer is a filter with the customer it is asked of. Where the filter names another one, nothing passes.
func ofCustomer(filter *model.InvoiceFilter, customerNo string) (*model.InvoiceFilter, bool) {
	own := model.InvoiceFilter{}
	if filter != nil {
		own = *filter
	}
	if own.CustomerNo != nil && *own.CustomerNo != customerNo {
		return nil, false
	}
	own.CustomerNo = &customerNo
	return &own, true
}

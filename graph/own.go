package graph

import (
	"context"
	"errors"

	"stellr-gateway/graph/relay"
	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// Lists of the whole reseller, for callers who see some customers only: they are read customer by customer, so that what
// they hold, and how much, is counted after others were left out.

// own are the numbers of the customers that the caller sees, where those are not all.
func own(ctx context.Context) (customerNos []string, some bool) {
	customers := access.From(ctx).Customers
	return customers.Numbers(), !customers.All()
}

// eachOf reads something of each of these customers, all at once, and joins it in their order. What cannot be read is
// missing, and its customer among those that failed.
func eachOf[T any](customerNos []string, read func(customerNo string) ([]T, error)) (items []T, failed []*customerFailed) {
	lists := make([][]T, len(customerNos))
	errs := make([]error, len(customerNos))
	var wait team
	for i, customerNo := range customerNos {
		wait.Go(func() { lists[i], errs[i] = read(customerNo) })
	}
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			failed = append(failed, &customerFailed{customerNos[i], err})
		}
		items = append(items, lists[i]...)
	}
	return items, failed
}

// pageAcross is a page of what was read customer by customer. Each customer that failed becomes an error of the field, and
// how many there are on all pages together is then not known.
func pageAcross[T relay.Node](ctx context.Context, l *loaders, items []T, failed []*customerFailed, scope relay.Scope, args relay.Args) (*relay.Connection[T], error) {
	report(ctx, failed)
	args.Exact = len(failed) > 0 // the place of a cursor is not known among rows that are not there
	connection, err := page(ctx, l, items, nil, scope, args)
	switch {
	case errors.Is(err, relay.ErrGone):
		return relay.Empty[T](), nil
	case err == nil && len(failed) > 0:
		connection.Unsure()
	}
	return connection, err
}

// ownCustomers are those of the customers that are there.
func (l *loaders) ownCustomers(ctx context.Context, customerNos []string) ([]*stellr.Customer, []*customerFailed) {
	return eachOf(customerNos, func(customerNo string) ([]*stellr.Customer, error) {
		customer, err := l.customer(ctx, customerNo)
		if customer == nil || err != nil {
			return nil, err
		}
		return []*stellr.Customer{customer}, nil
	})
}

// ownInvoices are the invoices of each of the customers, with the query's dates.
func (l *loaders) ownInvoices(ctx context.Context, customerNos []string, query stellr.InvoiceQuery) ([]*stellr.Invoice, []*customerFailed) {
	return eachOf(customerNos, func(customerNo string) ([]*stellr.Invoice, error) {
		query := query
		query.CustomerNo = customerNo
		return l.invoicesOf.Load(ctx, query)()
	})
}

// ownInvoice is the invoice with this number among those of the customers; nil when there is none.
func (l *loaders) ownInvoice(ctx context.Context, customerNos []string, invoiceNo string) (*stellr.Invoice, error) {
	invoices, failed := l.ownInvoices(ctx, customerNos, stellr.InvoiceQuery{})
	for _, invoice := range invoices {
		if invoice.InvoiceNo == invoiceNo {
			return invoice, nil
		}
	}
	if len(failed) > 0 {
		return nil, failed[0]
	}
	return nil, nil
}

// ownCharges are the charges that are the caller's to see. One that names no customer is its invoice's.
func (l *loaders) ownCharges(ctx context.Context, lines []*stellr.InvoiceLine) ([]*stellr.InvoiceLine, error) {
	customerNos, some := own(ctx)
	if !some {
		return lines, nil
	}
	invoices, failed := l.ownInvoices(ctx, customerNos, stellr.InvoiceQuery{})
	report(ctx, failed)
	theirs := make(map[string]string, len(invoices))
	for _, invoice := range invoices {
		theirs[invoice.InvoiceNo] = invoice.CustomerNo
	}
	return keep(lines, func(line *stellr.InvoiceLine) bool {
		if line.CustomerNo == "" {
			return theirs[line.InvoiceNo] != ""
		}
		return access.From(ctx).Sees(line.CustomerNo)
	}), nil
}

// operation is the operation with this number, where it is the caller's to see. Its path names no customer: the record
// does, and where that is silent the command that began it. Whether it is not there or another's, it took one request.
func (r *Resolver) operation(ctx context.Context, operationID string) (*stellr.Operation, error) {
	operation, err := present(r.Client.Operation(access.With(ctx, access.Gateway()), operationID))
	if operation == nil || err != nil || !r.maySeeOperation(ctx, operation) {
		return nil, err
	}
	r.ended(ctx, operation) // before the caller reads what it has changed
	return operation, nil
}

// maySeeOperation says whether an operation is the caller's to see.
func (r *Resolver) maySeeOperation(ctx context.Context, o *stellr.Operation) bool {
	if o.CustomerNo != "" || access.From(ctx).Sees("") {
		return access.From(ctx).Sees(o.CustomerNo)
	}
	if r.Journal == nil {
		return false
	}
	c, err := r.Journal.ByOperation(ctx, r.Account, o.OperationID)
	return err == nil && c != nil && r.maySee(ctx, c)
}

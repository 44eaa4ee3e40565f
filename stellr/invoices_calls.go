package stellr

// Invoices lists the reseller's invoices with their lines (D; the filters and most names are A). Rows of another
// customer than the one asked for are left out.
func (c *Client) Invoices(q InvoiceQuery) *List[*Invoice] {
	rq := c.to(ActionListInvoices, nil).
		with("customerNo", q.CustomerNo).with("startDate", q.From.String()).with("endDate", q.To.String())
	return newList(c, rq, func(r *Invoice) string { return r.InvoiceNo }, func(r *Invoice) bool { return allows(r.CustomerNo, q.CustomerNo) })
}

// InvoiceReport lists charges, each with its invoice and order (D). Charges outside the dates asked for may come too
// (D). Charges have no key: the same charge twice on one page is two charges.
func (c *Client) InvoiceReport(q ReportQuery) *List[*InvoiceLine] {
	rq := c.to(ActionInvoiceReport, nil).
		with("startDate", q.From.String()).with("endDate", q.To.String()).with("orderNo", q.OrderNo)
	return newList[InvoiceLine](c, rq, nil, nil)
}

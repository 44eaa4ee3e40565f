package sim

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// invoiceMonths is for how many months back there are invoices.
const invoiceMonths = 6

// maxInvoiceLines keeps the invoices of very large customers readable.
const maxInvoiceLines = 60

// billed is what invoices are made of: a subscription as it stood at the start.
type billed struct {
	stellr.Subscription
	since   stellr.Date // when it was ordered
	oneTime bool
}

// bill names one invoice without making it: a customer's for the n-th month back, 0 being the latest.
type bill struct {
	customer *customer
	month    int
}

// listInvoices takes the filters customerNo, startDate and endDate, both days included (A). The latest come first.
func (s *Server) listInvoices(q *call) (answer, *refusal) {
	from, to, refusal := period(q)
	if refusal != nil {
		return answer{}, refusal
	}
	bills := s.world.bills(q.query.Get("customerNo"), from, to)
	return q.list(len(bills), func(i int) []byte { return s.world.encodeInvoice(bills[i]) }), nil
}

// period reads the filters startDate and endDate.
func period(q *call) (from, to stellr.Date, refusal *refusal) {
	var err error
	if word := q.query.Get("startDate"); word != "" {
		if from, err = stellr.ParseDate(word); err != nil {
			return from, to, badRequest("startDate must be of the form yyyy-MM-dd")
		}
	}
	if word := q.query.Get("endDate"); word != "" {
		if to, err = stellr.ParseDate(word); err != nil {
			return from, to, badRequest("endDate must be of the form yyyy-MM-dd")
		}
	}
	return from, to, nil
}

// bills lists the invoices of one customer or of all, dated within the period. A zero day does not narrow.
func (w *world) bills(customerNo string, from, to stellr.Date) []bill {
	customers := w.some(customerNo)
	found := make([]bill, 0, len(customers)*invoiceMonths)
	for month := range invoiceMonths {
		for _, c := range customers {
			day := w.invoiceDate(c, month)
			if c.profile.subscriptions > 0 && !day.Before(from) && (to.IsZero() || !to.Before(day)) {
				found = append(found, bill{c, month})
			}
		}
	}
	return found
}

// billedMonth is the first day of the month that an invoice is for: the latest is for the month before the start.
func (w *world) billedMonth(month int) time.Time {
	y, m, _ := w.start.Time().Date()
	return time.Date(y, m-1-time.Month(month), 1, 0, 0, 0, 0, time.UTC)
}

// invoiceDate is one of the last days of the billed month.
func (w *world) invoiceDate(c *customer, month int) stellr.Date {
	return stellr.DateOf(w.billedMonth(month).AddDate(0, 1, -1-c.index%3))
}

// maxInvoices is how many encoded invoices are kept.
const maxInvoices = 4096

// encodeInvoice encodes an invoice once, as long as there are not too many: they do not change.
func (w *world) encodeInvoice(b bill) []byte {
	w.invoiceMu.Lock()
	defer w.invoiceMu.Unlock()
	if encoded := w.invoices[b]; encoded != nil {
		return encoded
	}
	if len(w.invoices) >= maxInvoices {
		clear(w.invoices)
	}
	invoice := w.invoice(b)
	w.invoices[b] = w.encoder.record(&invoice, invoice.InvoiceNo)
	return w.invoices[b]
}

func (w *world) orderNo(b bill) string {
	return strconv.Itoa(80_000_000 + b.customer.index*100 + b.month)
}

// invoice makes the invoice that a bill names. It does not depend on what happened since the start.
func (w *world) invoice(b bill) stellr.Invoice {
	d := throw(w.opts.Seed, "invoice", b.customer.index, b.month)
	date := w.invoiceDate(b.customer, b.month)
	invoice := stellr.Invoice{
		InvoiceNo: "IN" + strconv.Itoa(50_000_000+b.customer.index*100+b.month), Date: date, DueDate: date.AddDays(30),
		CustomerNo: b.customer.record.CustomerNo, OrderNo: w.orderNo(b),
		ResellerPONo: "PO-" + strconv.Itoa(d.between(1000, 9999)), Currency: b.customer.currency(), StatusText: pick(d, "Paid", "Paid", "Paid", "Open"),
	}
	if b.month == 0 {
		invoice.StatusText = "Open"
	}
	invoice.Lines = w.invoiceLines(b, d, &invoice)
	var subtotal, tax decimal.Decimal
	for _, line := range invoice.Lines {
		if line.ChargeType == chargeTax {
			tax = tax.Add(*line.Cost)
		} else {
			subtotal = subtotal.Add(*line.Cost)
		}
	}
	total := subtotal.Add(tax)
	invoice.Subtotal, invoice.Tax, invoice.Total = &subtotal, &tax, &total
	return invoice
}

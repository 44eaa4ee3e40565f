package sim

import (
	"sort"

	"stellr-gateway/stellr"
)

// invoiceReport answers charges by orderNo. The period is an input of the summary only: charges of other days come all
// the same, and whoever asks filters them (D).
func (s *Server) invoiceReport(q *call) (answer, *refusal) {
	from, to, refusal := period(q)
	if refusal != nil {
		return answer{}, refusal
	}
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return answer{}, badRequest("startDate and endDate are required, in this order")
	}
	orderNo := q.query.Get("orderNo")
	if orderNo != "" {
		lines := s.world.linesOfOrder(orderNo)
		return q.list(len(lines), func(i int) []byte { return s.world.encodeLine(&lines[i]) }), nil
	}
	r := s.world.report()
	var lines []stellr.InvoiceLine // of the invoice at hand
	at := -1
	return q.list(r.begins[len(r.bills)], func(i int) []byte {
		if now := sort.SearchInts(r.begins, i+1) - 1; now != at {
			at, lines = now, s.world.reportLines(r.bills[now])
		}
		return s.world.encodeLine(&lines[i-r.begins[at]])
	}), nil
}

// report is the order of all invoices in the report, and where the lines of each begin. It does not change.
type report struct {
	bills  []bill
	begins []int
}

func (w *world) report() *report {
	w.reportOnce.Do(func() {
		w.reported.bills = w.bills("", stellr.Date{}, stellr.Date{})
		w.reported.begins = make([]int, len(w.reported.bills)+1)
		for i, b := range w.reported.bills {
			w.reported.begins[i+1] = w.reported.begins[i] + len(w.invoice(b).Lines)
		}
	})
	return &w.reported
}

func (w *world) linesOfOrder(orderNo string) []stellr.InvoiceLine {
	for _, b := range w.bills("", stellr.Date{}, stellr.Date{}) {
		if orderNo == w.orderNo(b) {
			return w.reportLines(b)
		}
	}
	return nil
}

// reportLines are the lines of an invoice, each with its invoice, order and customer.
func (w *world) reportLines(b bill) []stellr.InvoiceLine {
	invoice := w.invoice(b)
	for i := range invoice.Lines {
		line := &invoice.Lines[i]
		line.InvoiceNo, line.OrderNo, line.CustomerNo = invoice.InvoiceNo, invoice.OrderNo, invoice.CustomerNo
	}
	return invoice.Lines
}

func (w *world) encodeLine(line *stellr.InvoiceLine) []byte {
	return w.encoder.record(line, line.InvoiceNo+"/"+line.Description)
}

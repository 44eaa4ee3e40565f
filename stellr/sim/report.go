package sim

import "stellr-gateway/stellr"

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
	lines := s.world.reportLines(orderNo)
	return q.list(len(lines), func(i int) []byte {
		line := &lines[i]
		return s.world.encoder.record(line, line.InvoiceNo+"/"+line.Description)
	}), nil
}

// reportLines are the lines of all invoices, or of one order's, each with its invoice, order and customer.
func (w *world) reportLines(orderNo string) []stellr.InvoiceLine {
	var lines []stellr.InvoiceLine
	for _, b := range w.bills("", stellr.Date{}, stellr.Date{}) {
		if orderNo != "" && orderNo != w.orderNo(b) {
			continue
		}
		invoice := w.invoice(b)
		for _, line := range invoice.Lines {
			line.InvoiceNo, line.OrderNo, line.CustomerNo = invoice.InvoiceNo, invoice.OrderNo, invoice.CustomerNo
			lines = append(lines, line)
		}
	}
	return lines
}

package sim

import (
	"time"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// The kinds of charges (A; D that they are mixed).
const (
	chargeRecurring = "RECURRING"
	chargeProration = "PRORATION"
	chargeCredit    = "CREDIT"
	chargeReversal  = "REVERSAL"
	chargeOneTime   = "ONE_TIME"
	chargeTax       = "TAX"
)

// invoiceLines are the charges of one month: what recurs, then what is special about the month, then tax.
func (w *world) invoiceLines(b bill, d *dice, invoice *stellr.Invoice) []stellr.InvoiceLine {
	month := w.billedMonth(b.month)
	first, last := stellr.DateOf(month), stellr.DateOf(month.AddDate(0, 1, -1))
	var lines []stellr.InvoiceLine
	add := func(s *stellr.Subscription, kind, text string, quantity decimal.Decimal, from, to stellr.Date) {
		lines = append(lines, stellr.InvoiceLine{
			LineNo: new(len(lines) + 1), SubscriptionID: s.SubscriptionID, ProductID: s.ProductID, SKUNo: s.SKUNo, MfgPartNo: s.MfgPartNo,
			Description: text, Quantity: &quantity, UnitCost: s.UnitCost, Cost: times(s.UnitCost, quantity), UnitPrice: s.UnitPrice,
			Price: times(s.UnitPrice, quantity), ChargeType: kind, Currency: invoice.Currency, From: from, To: to,
		})
	}
	for i := range b.customer.startedWith(w) {
		s := &b.customer.billed[i]
		if len(lines) >= maxInvoiceLines || !s.chargedIn(month, last) {
			continue
		}
		seats := decimal.NewFromInt(int64(*s.Quantity))
		if s.oneTime {
			add(&s.Subscription, chargeOneTime, s.Name, seats, s.StartDate, s.StartDate)
			continue
		}
		if s.OfferID == azurePlan {
			usage := w.usage(b, s.Subscription)
			add(&usage, chargeRecurring, s.Name+" - usage", decimal.NewFromInt(1), first, last)
			continue
		}
		add(&s.Subscription, chargeRecurring, s.Name, seats, first, last)
		switch d.below(14) {
		case 0: // seats added within the month, charged for the rest of it
			add(&s.Subscription, chargeProration, s.Name+" - added seats", decimal.New(int64(d.between(20, 180)), -2), first.AddDays(9), last)
		case 1:
			add(&s.Subscription, chargeCredit, s.Name+" - returned seats", decimal.New(-int64(d.between(30, 150)), -2), first.AddDays(14), last)
		case 2: // charged by mistake, taken back, charged again
			add(&s.Subscription, chargeReversal, s.Name+" - reversal", seats.Neg(), first, last)
			add(&s.Subscription, chargeRecurring, s.Name+" - corrected", seats, first, last)
		}
	}
	return w.addTax(b, lines, first, last)
}

// addTax adds the tax on all lines: in Canada, and in some places of the United States.
func (w *world) addTax(b bill, lines []stellr.InvoiceLine, first, last stellr.Date) []stellr.InvoiceLine {
	percent := int64(0)
	if b.customer.currency() == "CAD" {
		percent = 13
	} else if b.customer.index%4 == 1 {
		percent = 7
	}
	if percent == 0 || len(lines) == 0 {
		return lines
	}
	var cost, price decimal.Decimal
	for _, line := range lines {
		cost = cost.Add(*line.Cost)
		if line.Price != nil {
			price = price.Add(*line.Price)
		}
	}
	rate := decimal.New(percent, -2)
	cost, price = cost.Mul(rate).Round(2), price.Mul(rate).Round(2)
	one := decimal.NewFromInt(1)
	return append(lines, stellr.InvoiceLine{
		LineNo: new(len(lines) + 1), Description: "Sales tax", Quantity: &one, UnitCost: &cost, Cost: &cost, UnitPrice: &price, Price: &price,
		ChargeType: chargeTax, Currency: lines[0].Currency, From: first, To: last,
	})
}

// chargedIn says whether a subscription is charged in the month that begins on first: monthly ones each month, annual
// ones when a year of theirs begins, one-time ones once.
func (b *billed) chargedIn(first time.Time, last stellr.Date) bool {
	if last.Before(b.since) || b.StatusText == statusPending {
		return false
	}
	switch b.BillingFrequency {
	case "one_time":
		return b.StartDate.Time().Year() == first.Year() && b.StartDate.Time().Month() == first.Month()
	case "annual":
		return b.StartDate.Time().Month() == first.Month()
	}
	return true
}

func times(each *decimal.Decimal, quantity decimal.Decimal) *decimal.Decimal {
	if each == nil {
		return nil
	}
	sum := each.Mul(quantity).Round(2)
	return &sum
}

// usage is an Azure plan at the price of what it used in the month of a bill.
func (w *world) usage(b bill, plan stellr.Subscription) stellr.Subscription {
	var cost, price decimal.Decimal
	for _, row := range w.consumption(b.customer, b.month+1) {
		cost, price = cost.Add(*row.Cost), price.Add(*row.Price)
	}
	cost, price = cost.Round(2), price.Round(2)
	plan.UnitCost, plan.UnitPrice = &cost, &price
	return plan
}

// startedWith is what the customer had at the start, as invoices need it.
func (c *customer) startedWith(w *world) []billed {
	w.open(c, w.opts.Clock())
	defer c.close()
	return c.billed
}

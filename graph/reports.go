package graph

import (
	"context"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/stellr"
)

// recurring is what live subscriptions come to each month, one amount for each currency.
func recurring(subscriptions []*stellr.Subscription) *model.Recurring {
	cost, price, margin := sums{}, sums{}, sums{}
	uncounted := 0
	for _, s := range subscriptions {
		months, known := stellr.MonthsPerBilling(s.BillingFrequency)
		switch {
		case !s.Live() || known && months == 0:
			continue
		case !known || s.Quantity == nil || s.UnitCost == nil || s.UnitPrice == nil:
			uncounted++
		}
		if !known || s.Quantity == nil {
			continue
		}
		monthly := func(unit decimal.Decimal) decimal.Decimal {
			return unit.Mul(decimal.NewFromInt(int64(*s.Quantity))).DivRound(decimal.NewFromInt(months), 8)
		}
		if s.UnitCost != nil {
			cost.add(s.Currency, monthly(*s.UnitCost))
		}
		if s.UnitPrice != nil {
			price.add(s.Currency, monthly(*s.UnitPrice))
		}
		if s.UnitCost != nil && s.UnitPrice != nil {
			margin.add(s.Currency, monthly(s.UnitPrice.Sub(*s.UnitCost)))
		}
	}
	return &model.Recurring{Cost: cost.amounts(), Price: price.amounts(), Margin: margin.amounts(), Uncounted: uncounted}
}

// sums are totals by currency.
type sums map[string]decimal.Decimal

func (s sums) add(currency string, amount decimal.Decimal) { s[currency] = s[currency].Add(amount) }

// amounts are the totals rounded to cents, by the currencies' names.
func (s sums) amounts() []*stellr.Money {
	amounts := make([]*stellr.Money, 0, len(s))
	for currency, amount := range s {
		amounts = append(amounts, &stellr.Money{Amount: amount.Round(2), Currency: currency})
	}
	slices.SortFunc(amounts, func(a, b *stellr.Money) int { return strings.Compare(a.Currency, b.Currency) })
	return amounts
}

// reportLines are the charges of the report's period. Stellr's report has no filter on the charges' own dates (D), so
// they are chosen here: a charge belongs to the period in which it begins; one without a beginning belongs to every
// period for which Stellr lists it.
func (l *loaders) reportLines(ctx context.Context, report *model.InvoiceReport) ([]*stellr.InvoiceLine, error) {
	if report.To.Before(report.From) {
		return nil, nil
	}
	lines, err := l.reportList.whole(ctx, stellr.ReportQuery{From: report.From, To: report.To, OrderNo: report.OrderNo})
	if err != nil {
		return nil, err
	}
	return l.ownCharges(ctx, keep(lines, func(line *stellr.InvoiceLine) bool {
		return is(report.OrderNo, line.OrderNo) && (line.From.IsZero() || within(line.From, report.From, report.To))
	}))
}

// reportTotals are what the charges come to, one total for each currency.
func reportTotals(lines []*stellr.InvoiceLine) []*model.InvoiceTotal {
	cost, price, uncounted := sums{}, sums{}, map[string]int{}
	for _, line := range lines {
		if line.Cost == nil || line.Price == nil {
			uncounted[line.Currency]++
		}
		cost.add(line.Currency, amountOf(line.Cost))
		price.add(line.Currency, amountOf(line.Price))
	}
	totals := make([]*model.InvoiceTotal, 0, len(cost))
	prices := price.amounts()
	for i, amount := range cost.amounts() {
		totals = append(totals, &model.InvoiceTotal{Cost: amount, Price: prices[i], Uncounted: uncounted[amount.Currency]})
	}
	return totals
}

func amountOf(amount *decimal.Decimal) decimal.Decimal {
	if amount == nil {
		return decimal.Decimal{}
	}
	return *amount
}

// linePage is a page of the report's charges. A charge has no name of its own, so its place in the list is its name.
func (l *loaders) linePage(ctx context.Context, report *model.InvoiceReport, args relay.Args) (*relay.InvoiceLineConnection, error) {
	lines, err := l.reportLines(ctx, report)
	if err != nil {
		return nil, err
	}
	connection, err := relay.Cut(lines, lineName, relay.NewScope("invoiceReport.lines", report), args)
	if err != nil {
		return nil, err
	}
	return connection, l.put(ctx, len(connection.Nodes()))
}

// lineName tells a charge from others on its invoice as far as Stellr tells.
func lineName(line *stellr.InvoiceLine) string {
	number := ""
	if line.LineNo != nil {
		number = decimal.NewFromInt(int64(*line.LineNo)).String()
	}
	return strings.Join([]string{line.InvoiceNo, line.OrderNo, number, line.SubscriptionID, line.ChargeType, line.From.String()}, "/")
}

package stellr

import "github.com/shopspring/decimal"

// Invoice is what a reseller is billed for (A for the names).
type Invoice struct {
	InvoiceNo    string           `json:"invoiceNo" alias:"invoiceNumber" key:"true"`
	Date         Date             `json:"invoiceDate"`
	DueDate      Date             `json:"dueDate"`
	CustomerNo   string           `json:"customerNo" alias:"customerNumber" wire:"int"`
	OrderNo      string           `json:"orderNo" wire:"int"`
	ResellerPONo string           `json:"resellerPoNo" alias:"resellerPONo"`
	Currency     string           `json:"currency" alias:"currencyCode"`
	Subtotal     *decimal.Decimal `json:"subTotal" alias:"subtotal"`
	Tax          *decimal.Decimal `json:"tax"`
	Total        *decimal.Decimal `json:"total"`
	StatusText   string           `json:"status"`
	Lines        []InvoiceLine    `json:"lines" alias:"invoiceLines"`
}

func (i *Invoice) settle(currency string) {
	inherit(&i.Currency, currency)
	for n := range i.Lines {
		line := &i.Lines[n]
		inherit(&line.InvoiceNo, i.InvoiceNo)
		inherit(&line.OrderNo, i.OrderNo)
		inherit(&line.CustomerNo, i.CustomerNo)
		inherit(&line.Currency, i.Currency)
	}
}

// SubtotalMoney is the sum before tax; nil when not told.
func (i *Invoice) SubtotalMoney() *Money { return moneyOf(i.Subtotal, i.Currency) }

// TaxMoney is the tax; nil when not told.
func (i *Invoice) TaxMoney() *Money { return moneyOf(i.Tax, i.Currency) }

// TotalMoney is what is due, tax included; nil when not told.
func (i *Invoice) TotalMoney() *Money { return moneyOf(i.Total, i.Currency) }

// InvoiceLine is one charge or credit (D that the four amounts are distinct, A for the other names). Amounts of
// credits and reversals are negative (D).
type InvoiceLine struct {
	InvoiceNo      string           `json:"invoiceNo" alias:"invoiceNumber"`
	OrderNo        string           `json:"orderNo" wire:"int"`
	CustomerNo     string           `json:"customerNo" alias:"customerNumber" wire:"int"`
	LineNo         *int             `json:"lineNo" alias:"lineNumber"`
	SubscriptionID string           `json:"subscriptionId"`
	ProductID      string           `json:"productId" wire:"int"`
	SKUNo          string           `json:"skuNo" wire:"int"`
	MfgPartNo      string           `json:"mfgPartNo"`
	Description    string           `json:"description"`
	Quantity       *decimal.Decimal `json:"quantity"`
	UnitCost       *decimal.Decimal `json:"unitPrice"`           // the reseller's, per unit (D)
	Cost           *decimal.Decimal `json:"extendPrice"`         // the reseller's, for the line (D)
	UnitPrice      *decimal.Decimal `json:"customerPrice"`       // the customer's, per unit (D)
	Price          *decimal.Decimal `json:"extendCustomerPrice"` // the customer's, for the line (D)
	ChargeType     string           `json:"chargeType"`
	Currency       string           `json:"currency" alias:"currencyCode"`
	From           Date             `json:"chargeStartDate"`
	To             Date             `json:"chargeEndDate"`
}

func (l *InvoiceLine) settle(currency string) { inherit(&l.Currency, currency) }

// UnitCostMoney is what the reseller pays for one unit; nil when not told.
func (l *InvoiceLine) UnitCostMoney() *Money { return moneyOf(l.UnitCost, l.Currency) }

// CostMoney is what the reseller pays for the line; nil when not told.
func (l *InvoiceLine) CostMoney() *Money { return moneyOf(l.Cost, l.Currency) }

// UnitPriceMoney is what the customer pays for one unit; nil when not told.
func (l *InvoiceLine) UnitPriceMoney() *Money { return moneyOf(l.UnitPrice, l.Currency) }

// PriceMoney is what the customer pays for the line; nil when not told.
func (l *InvoiceLine) PriceMoney() *Money { return moneyOf(l.Price, l.Currency) }

// InvoiceQuery narrows the invoice list (A). Empty fields do not narrow.
type InvoiceQuery struct {
	CustomerNo string
	From, To   Date // of the invoice date, both inclusive
}

// ReportQuery narrows the invoice report. The dates are inputs of the summary (D): charges outside them may still
// come, and are filtered by whoever asks.
type ReportQuery struct {
	From, To Date
	OrderNo  string
}

package stellr

import "github.com/shopspring/decimal"

// Money is an exact amount in one currency. Amounts of different currencies are never added.
type Money struct {
	Amount   decimal.Decimal
	Currency string // ISO 4217
}

// moneyOf is nil where there is no amount. Records without a currency have got their region's when they were read.
func moneyOf(amount *decimal.Decimal, currency string) *Money {
	if amount == nil {
		return nil
	}
	return &Money{Amount: *amount, Currency: currency}
}

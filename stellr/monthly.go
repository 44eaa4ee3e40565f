package stellr

import (
	"strings"

	"github.com/shopspring/decimal"
)

// MonthsPerBilling is how many months one billing period has: 1 for month, 12 for annual (O). It is 0 for one-time
// charges, and ok is false for a word that is not known.
func MonthsPerBilling(frequency string) (months int64, ok bool) {
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(frequency)) {
	case "month", "monthly":
		return 1, true
	case "quarter", "quarterly":
		return 3, true
	case "annual", "annually", "year", "yearly":
		return 12, true
	case "triennial":
		return 36, true
	case "onetime":
		return 0, true
	}
	return 0, false
}

// MonthlyCost is what the reseller pays for the subscription each month, rounded to cents; nil for one-time charges
// and where a part is not known.
func (s *Subscription) MonthlyCost() *Money { return s.monthly(s.UnitCost) }

// MonthlyPrice is what the customer is meant to pay for the subscription each month, rounded to cents; nil for
// one-time charges and where a part is not known.
func (s *Subscription) MonthlyPrice() *Money { return s.monthly(s.UnitPrice) }

// MonthlyMargin is what is left of the price each month when the cost is paid, rounded to cents once; nil for one-time
// charges and where a part is not known.
func (s *Subscription) MonthlyMargin() *Money {
	if s.UnitCost == nil || s.UnitPrice == nil {
		return nil
	}
	margin := s.UnitPrice.Sub(*s.UnitCost)
	return s.monthly(&margin)
}

// BelowCost says whether what the customer is meant to pay each month is less than what the reseller pays; ok is false
// where there is no margin to tell.
func (s *Subscription) BelowCost() (below, ok bool) {
	if s.MonthlyMargin() == nil {
		return false, false
	}
	return *s.Quantity > 0 && s.UnitPrice.LessThan(*s.UnitCost), true
}

// SuspendedButBilled says whether it is suspended and is billed all the same (S): it recurs, and is not known to be for
// nothing. ok is false where it is suspended and nobody knows how often it is billed.
func (s *Subscription) SuspendedButBilled() (billed, ok bool) {
	if s.Status != SubscriptionSuspended {
		return false, true
	}
	months, known := MonthsPerBilling(s.BillingFrequency)
	if !known {
		return false, false
	}
	free := s.Quantity != nil && *s.Quantity == 0
	if s.UnitCost != nil || s.UnitPrice != nil {
		free = free || (s.UnitCost == nil || s.UnitCost.IsZero()) && (s.UnitPrice == nil || s.UnitPrice.IsZero())
	}
	return months > 0 && !free, true
}

func (s *Subscription) monthly(unit *decimal.Decimal) *Money {
	months, _ := MonthsPerBilling(s.BillingFrequency)
	if unit == nil || s.Quantity == nil || months == 0 {
		return nil
	}
	amount := unit.Mul(decimal.NewFromInt(int64(*s.Quantity))).DivRound(decimal.NewFromInt(months), 2)
	return &Money{Amount: amount, Currency: s.Currency}
}

// Live says whether the subscription is in use and billed: active, or suspended, which is still billed (S).
func (s *Subscription) Live() bool {
	return s.Status == SubscriptionActive || s.Status == SubscriptionSuspended
}

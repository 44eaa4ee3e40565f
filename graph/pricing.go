package graph

import (
	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// What dry runs say that things cost each month. What cannot be known is nil, never a guess.

// monthlyOf is what so many of a product cost the reseller each month, and what the vendor suggests that the customer
// pays for them. It is nil without a product, for one-time charges and where a part is not known.
func monthlyOf(p *stellr.Product, quantity int) (cost, price *stellr.Money) {
	if p == nil {
		return nil, nil
	}
	tier := tierOf(p, quantity)
	if tier == nil {
		return nil, nil
	}
	as := stellr.Subscription{ // counted and rounded as a subscription's own cost is
		UnitCost: tier.Cost, UnitPrice: tier.MSRP, Currency: tier.Currency, Quantity: &quantity, BillingFrequency: p.BillingFrequency,
	}
	return as.MonthlyCost(), as.MonthlyPrice()
}

// tierOf is the tier of prices for so many; nil where there is none, or where several say that they are it and differ.
func tierOf(p *stellr.Product, quantity int) *stellr.PriceTier {
	var best *stellr.PriceTier
	from, twice := 0, false
	for i := range p.Prices {
		tier, least := &p.Prices[i], 1
		if tier.MinQuantity != nil {
			least = *tier.MinQuantity
		}
		switch {
		case least > quantity || best != nil && least < from:
		case best != nil && least == from:
			twice = twice || !sameTier(best, tier)
		default:
			best, from, twice = tier, least, false
		}
	}
	if twice {
		return nil
	}
	return best
}

func sameTier(a, b *stellr.PriceTier) bool {
	return a.Currency == b.Currency && sameAmount(a.Cost, b.Cost) && sameAmount(a.MSRP, b.MSRP)
}

func sameAmount(a, b *decimal.Decimal) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// afterChange is what a subscription costs each month with another quantity: the reseller by the product's tier, or the
// subscription's own unit cost where no tier tells it in the subscription's currency; the customer by the subscription's
// own unit price, which is never replaced by the vendor's suggestion.
func afterChange(s *stellr.Subscription, p *stellr.Product, quantity int) (cost, price *stellr.Money) {
	changed := *s
	changed.Quantity = &quantity
	cost, _ = monthlyOf(p, quantity)
	if cost == nil || s.Currency != "" && cost.Currency != s.Currency {
		cost = changed.MonthlyCost()
	}
	return cost, changed.MonthlyPrice()
}

// sumMoney is the sum; nil where there is nothing to add, where an amount is not known, and where currencies differ.
func sumMoney(amounts []*stellr.Money) *stellr.Money {
	var sum *stellr.Money
	for _, m := range amounts {
		switch {
		case m == nil, sum != nil && sum.Currency != m.Currency:
			return nil
		case sum == nil:
			sum = &stellr.Money{Amount: m.Amount, Currency: m.Currency}
		default:
			sum.Amount = sum.Amount.Add(m.Amount)
		}
	}
	return sum
}

package graph

import (
	"testing"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

func dec(text string) *decimal.Decimal {
	if text == "" {
		return nil
	}
	d := decimal.RequireFromString(text)
	return &d
}

// shown is an amount as text; nothing for none.
func shown(m *stellr.Money) string {
	if m == nil {
		return ""
	}
	return m.Amount.StringFixed(2) + " " + m.Currency
}

// priced is a product with tiers, each from, cost and suggested price; from "" is not told.
func priced(billing string, tiers ...[3]string) *stellr.Product {
	p := &stellr.Product{ProductID: "70001", BillingFrequency: billing}
	for _, t := range tiers {
		tier := stellr.PriceTier{Cost: dec(t[1]), MSRP: dec(t[2]), Currency: "USD"}
		if t[0] != "" {
			tier.MinQuantity = new(int(dec(t[0]).IntPart()))
		}
		p.Prices = append(p.Prices, tier)
	}
	return p
}

func TestPricingByTier(t *testing.T) {
	three := [][3]string{{"100", "9.80", "12.50"}, {"1", "10.00", "12.50"}, {"500", "9.61", "12.00"}} // in no order
	for _, c := range []struct {
		name        string
		p           *stellr.Product
		quantity    int
		cost, price string
	}{
		{"no product", nil, 3, "", ""},
		{"one", priced("month", three...), 1, "10.00 USD", "12.50 USD"},
		{"below a border", priced("month", three...), 99, "990.00 USD", "1237.50 USD"},
		{"at a border", priced("month", three...), 100, "980.00 USD", "1250.00 USD"},
		{"below the last border", priced("month", three...), 499, "4890.20 USD", "6237.50 USD"},
		{"at the last border", priced("month", three...), 500, "4805.00 USD", "6000.00 USD"},
		{"far beyond", priced("month", three...), 10000, "96100.00 USD", "120000.00 USD"},
		{"by the year", priced("annual", three...), 7, "5.83 USD", "7.29 USD"}, // 70 ÷ 12 = 5.8333, 87.5 ÷ 12 = 7.2917
		{"by the year, half a cent", priced("annual", [3]string{"1", "0.06", "0.18"}), 1, "0.01 USD", "0.02 USD"},
		{"multiplied before rounding", priced("annual", [3]string{"1", "1.00", "1.00"}), 100, "8.33 USD", "8.33 USD"},
		{"by the quarter", priced("quarterly", three...), 3, "10.00 USD", "12.50 USD"},
		{"by three years", priced("triennial", three...), 36, "10.00 USD", "12.50 USD"},
		{"once", priced("one_time", three...), 3, "", ""},
		{"in a way nobody knows", priced("fortnight", three...), 3, "", ""},
		{"in a way not told", priced("", three...), 3, "", ""},
		{"no tiers", priced("month"), 3, "", ""},
		{"below the first tier", priced("month", [3]string{"5", "1.00", "2.00"}), 4, "", ""},
		{"at the first tier", priced("month", [3]string{"5", "1.00", "2.00"}), 5, "5.00 USD", "10.00 USD"},
		{"a tier that does not tell from when on", priced("month", [3]string{"", "1.00", "2.00"}), 4, "4.00 USD", "8.00 USD"},
		{"none of it", priced("month", [3]string{"", "1.00", "2.00"}), 0, "", ""},
		{"a tier that tells from none on", priced("month", [3]string{"0", "1.00", "2.00"}), 1, "1.00 USD", "2.00 USD"},
		{"without a cost", priced("month", [3]string{"1", "", "2.00"}), 4, "", "8.00 USD"},
		{"without a suggestion", priced("month", [3]string{"1", "1.00", ""}), 4, "4.00 USD", ""},
		{"the better tier without a cost", priced("month", [3]string{"1", "1.00", "2.00"}, [3]string{"3", "", "1.50"}), 4, "", "6.00 USD"},
		{"two tiers that contradict each other", priced("month", [3]string{"1", "1.00", "2.00"}, [3]string{"1", "1.10", "2.00"}), 4, "", ""},
		{"two suggestions that contradict each other", priced("month", [3]string{"1", "1.00", "2.00"}, [3]string{"", "1.00", "2.10"}), 4, "", ""},
		{"two tiers of which one tells less", priced("month", [3]string{"1", "1.00", "2.00"}, [3]string{"1", "", "2.00"}), 4, "", ""},
		{"the same tier twice", priced("month", [3]string{"1", "1.00", "2.00"}, [3]string{"1", "1.0", "2"}), 4, "4.00 USD", "8.00 USD"},
		{"a contradiction below the tier", priced("month", [3]string{"1", "1.00", "2.00"}, [3]string{"1", "1.10", "2.00"}, [3]string{"3", "0.90", "1.90"}), 4, "3.60 USD", "7.60 USD"},
		{"a tier seen after a higher one", priced("month", [3]string{"3", "0.90", "1.90"}, [3]string{"1", "1.00", "2.00"}), 4, "3.60 USD", "7.60 USD"},
		{"a cost of nothing", priced("month", [3]string{"1", "0", "0.00"}), 4, "0.00 USD", "0.00 USD"},
		{"more than a float can tell", priced("month", [3]string{"1", "90071992547409.93", "0.1"}), 3, "270215977642229.79 USD", "0.30 USD"},
	} {
		cost, price := monthlyOf(c.p, c.quantity)
		if shown(cost) != c.cost || shown(price) != c.price {
			t.Errorf("%s: got %q and %q, want %q and %q", c.name, shown(cost), shown(price), c.cost, c.price)
		}
	}
}

// Two tiers of the same quantity in two currencies contradict each other too.
func TestPricingOfTwoCurrencies(t *testing.T) {
	p := priced("month", [3]string{"1", "1.00", "2.00"}, [3]string{"1", "1.00", "2.00"})
	p.Prices[1].Currency = "CAD"
	if cost, price := monthlyOf(p, 2); cost != nil || price != nil {
		t.Errorf("got %q and %q", shown(cost), shown(price))
	}
}

func TestPricingAfterAChange(t *testing.T) {
	sold := func(change func(*stellr.Subscription)) *stellr.Subscription {
		s := &stellr.Subscription{Quantity: new(99), UnitCost: dec("10.50"), UnitPrice: dec("11.90"), Currency: "USD", BillingFrequency: "month"}
		if change != nil {
			change(s)
		}
		return s
	}
	tiers := [][3]string{{"1", "10.00", "12.50"}, {"100", "9.80", "12.50"}}
	for _, c := range []struct {
		name        string
		s           *stellr.Subscription
		p           *stellr.Product
		quantity    int
		cost, price string
	}{
		{"into another tier", sold(nil), priced("month", tiers...), 100, "980.00 USD", "1190.00 USD"},
		{"within its tier", sold(nil), priced("month", tiers...), 98, "980.00 USD", "1166.20 USD"},
		{"of a product that is not there", sold(nil), nil, 100, "1050.00 USD", "1190.00 USD"},
		{"of a product without tiers", sold(nil), priced("month"), 100, "1050.00 USD", "1190.00 USD"},
		{"into a tier without a cost", sold(nil), priced("month", [3]string{"1", "", "12.50"}), 100, "1050.00 USD", "1190.00 USD"},
		{"in another currency than the catalogue's", sold(func(s *stellr.Subscription) { s.Currency = "CAD" }), priced("month", tiers...), 100, "1050.00 CAD", "1190.00 CAD"},
		{"in a currency that is not told", sold(func(s *stellr.Subscription) { s.Currency = "" }), priced("month", tiers...), 100, "980.00 USD", "1190.00 "},
		{"without a cost of its own", sold(func(s *stellr.Subscription) { s.UnitCost = nil }), nil, 100, "", "1190.00 USD"},
		{"without a price: the suggestion is no price", sold(func(s *stellr.Subscription) { s.UnitPrice = nil }), priced("month", tiers...), 100, "980.00 USD", ""},
		{"by the year", sold(func(s *stellr.Subscription) { s.BillingFrequency = "annual" }), priced("annual", tiers...), 24, "20.00 USD", "23.80 USD"},
		{"bought once", sold(func(s *stellr.Subscription) { s.BillingFrequency = "one_time" }), priced("one_time", tiers...), 24, "", ""},
		{"without a number now", sold(func(s *stellr.Subscription) { s.Quantity = nil }), nil, 2, "21.00 USD", "23.80 USD"},
	} {
		before := number(c.s.Quantity, nil)
		cost, price := afterChange(c.s, c.p, c.quantity)
		if shown(cost) != c.cost || shown(price) != c.price {
			t.Errorf("%s: got %q and %q, want %q and %q", c.name, shown(cost), shown(price), c.cost, c.price)
		}
		if number(c.s.Quantity, nil) != before {
			t.Errorf("%s: the subscription was changed", c.name)
		}
	}
}

func TestPricingSums(t *testing.T) {
	money := func(amount, currency string) *stellr.Money {
		return &stellr.Money{Amount: *dec(amount), Currency: currency}
	}
	for _, c := range []struct {
		name    string
		amounts []*stellr.Money
		want    string
	}{
		{"nothing", nil, ""},
		{"one", []*stellr.Money{money("1.10", "USD")}, "1.10 USD"},
		{"several", []*stellr.Money{money("1.10", "USD"), money("2.20", "USD"), money("-0.30", "USD")}, "3.00 USD"},
		{"one that is not known", []*stellr.Money{money("1.10", "USD"), nil}, ""},
		{"the first is not known", []*stellr.Money{nil, money("1.10", "USD")}, ""},
		{"two currencies", []*stellr.Money{money("1.10", "USD"), money("1.10", "CAD")}, ""},
	} {
		if got := shown(sumMoney(c.amounts)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if len(c.amounts) > 0 && c.amounts[0] != nil && shown(c.amounts[0]) != "1.10 USD" {
			t.Errorf("%s: an amount was changed", c.name)
		}
	}
}

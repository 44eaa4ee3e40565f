package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"stellr-gateway/graph/model"
	"stellr-gateway/stellr"
)

// What subscriptions come to each month: exact until the end, one amount for each currency, without what is paid once.
func TestRecurringSums(t *testing.T) {
	of := func(cost, price, currency, billing string, quantity int, status stellr.SubscriptionStatus) *stellr.Subscription {
		s := &stellr.Subscription{Currency: currency, BillingFrequency: billing, Quantity: &quantity, Status: status}
		if cost != "" {
			s.UnitCost = new(decimal.RequireFromString(cost))
		}
		if price != "" {
			s.UnitPrice = new(decimal.RequireFromString(price))
		}
		if quantity < 0 {
			s.Quantity = nil
		}
		return s
	}
	const active, suspended = stellr.SubscriptionActive, stellr.SubscriptionSuspended
	for _, c := range []struct {
		name string
		of   []*stellr.Subscription
		want string // cost, price, margin, uncounted
	}{
		{"nothing", nil, " | | | 0"},
		{"what a float cannot hold", []*stellr.Subscription{of("0.1", "0.3", "USD", "month", 1, active), of("0.2", "0.3", "USD", "month", 1, active)}, "0.3 USD | 0.6 USD | 0.3 USD | 0"},
		{"cents that are thirds: they are rounded together", []*stellr.Subscription{
			of("0.04", "0.08", "USD", "annual", 1, active), of("0.04", "0.08", "USD", "annual", 1, active), of("0.04", "0.08", "USD", "annual", 1, active),
		}, "0.01 USD | 0.02 USD | 0.01 USD | 0"}, // each alone is 0.00, 0.01
		{"a year", []*stellr.Subscription{of("100", "129", "USD", "annual", 7, active)}, "58.33 USD | 75.25 USD | 16.92 USD | 0"},
		{"a quarter and three years", []*stellr.Subscription{of("9", "12", "USD", "quarterly", 2, active), of("36", "72", "USD", "triennial", 1, active)}, "7 USD | 10 USD | 3 USD | 0"},
		{"two currencies side by side", []*stellr.Subscription{
			of("10", "12.5", "USD", "month", 2, active), of("8", "9", "CAD", "month", 1, suspended), of("1.5", "1", "CAD", "month", 1, active),
		}, "9.5 CAD, 20 USD | 10 CAD, 25 USD | 0.5 CAD, 5 USD | 0"},
		{"what is paid once is left out and not missed", []*stellr.Subscription{of("10", "12", "USD", "month", 1, active), of("500", "600", "USD", "one_time", 3, active), of("", "", "USD", "one_time", 3, active)}, "10 USD | 12 USD | 2 USD | 0"},
		{"what is not live is left out and not missed", []*stellr.Subscription{
			of("10", "12", "USD", "month", 1, stellr.SubscriptionCancelled), of("10", "", "USD", "month", 1, stellr.SubscriptionExpired),
			of("10", "12", "USD", "month", 1, stellr.SubscriptionPending), of("10", "12", "USD", "month", 1, stellr.SubscriptionOther),
		}, " | | | 0"},
		{"a price that is not known", []*stellr.Subscription{of("10", "", "USD", "month", 1, active), of("", "5", "USD", "month", 1, active)}, "10 USD | 5 USD |  | 2"},
		{"a quantity that is not known", []*stellr.Subscription{of("10", "12", "USD", "month", -1, active), of("10", "12", "USD", "month", 1, active)}, "10 USD | 12 USD | 2 USD | 1"},
		{"billed in a way that nobody knows", []*stellr.Subscription{of("10", "12", "USD", "fortnightly", 1, active), of("10", "12", "USD", "", 1, active)}, " | | | 2"},
		{"a loss", []*stellr.Subscription{of("10", "9.25", "USD", "month", 4, active)}, "40 USD | 37 USD | -3 USD | 0"},
	} {
		if got := sumsInWords(recurring(c.of)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func sumsInWords(r *model.Recurring) string {
	words := func(amounts []*stellr.Money) string {
		var all []string
		for _, m := range amounts {
			all = append(all, m.Amount.String()+" "+m.Currency)
		}
		return strings.Join(all, ", ")
	}
	return strings.ReplaceAll(fmt.Sprintf("%s | %s | %s | %d", words(r.Cost), words(r.Price), words(r.Margin), r.Uncounted), " |  |  | ", " | | | ")
}

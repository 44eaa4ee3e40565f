package stellr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// What becomes of a subscription: by what is decided, and by what it says of itself where nothing is.
func TestOutcome(t *testing.T) {
	of := func(word string) *RenewalOptions {
		o := &RenewalOptions{DecisionText: word}
		o.settle("USD")
		return o
	}
	for _, c := range []struct {
		name      string
		options   *RenewalOptions
		autoRenew *bool
		want      RenewalOutcome
	}{
		{"accepted", of("ACCEPT"), nil, OutcomeRenews},
		{"accepted, though it does not renew by itself", of("ACCEPT"), new(false), OutcomeRenews},
		{"rejected", of("REJECT"), nil, OutcomeEnds},
		{"rejected, though it renews by itself", of("rejected"), new(true), OutcomeEnds},
		{"decided in a word that nobody knows", of("DEFER"), new(true), ""},
		{"not decided, renews by itself", of(""), new(true), OutcomeUndecided},
		{"not decided, ends by itself", of(""), new(false), OutcomeEnds},
		{"not decided, and nothing is told", of(""), nil, OutcomeUndecided},
		{"no options, renews by itself", nil, new(true), OutcomeRenews},
		{"no options, ends by itself", nil, new(false), OutcomeEnds},
		{"no options, and nothing is told", nil, nil, OutcomeUndecided},
	} {
		if got := (&Subscription{AutoRenew: c.autoRenew}).Outcome(c.options); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// The newest word about the renewal counts.
func TestSetToChange(t *testing.T) {
	for log, want := range map[string]bool{ // newest first
		"":                               false,
		"Add 3 seats":                    false,
		"Set to Renew with current plan": false,
		"Set to Renew":                   false,
		"Set to Renew with Microsoft 365 E5 (Annual Term)":                                 true,
		"Add 3 seats|Set to Renew with Microsoft 365 E5 (Annual Term)":                     true,
		"set to renew with  Current Plan |Set to Renew with Microsoft 365 E5":              false,
		"Set to Renew with Microsoft 365 E5|Set to not Renew":                              true,
		"Set to not Renew|Set to Renew with Microsoft 365 E5":                              false,
		"Add 1 seat|Scheduled renewal removed|Set to Renew with Microsoft 365 E5":          false,
		"Renewed with Microsoft 365 E5|Set to Renew with Microsoft 365 E5|Add 3 seats":     false,
		"Set to Renew with current plan|Renewed with Microsoft 365 E5|Create subscription": false,
	} {
		var entries []*ChangeLogEntry
		for text := range strings.SplitSeq(log, "|") {
			entries = append(entries, &ChangeLogEntry{Text: text})
		}
		if got := SetToChange(entries); got != want {
			t.Errorf("%q: %v", log, got)
		}
	}
}

// Which subscriptions renew soon, and in which order.
func TestRenewals(t *testing.T) {
	today := NewDate(2026, time.February, 27)
	of := func(customerNo, id, status string, end Date, billing string) *Subscription {
		s := &Subscription{CustomerNo: customerNo, SubscriptionID: id, StatusText: status, EndDate: end, BillingFrequency: billing}
		s.settle("USD")
		return s
	}
	all := []*Subscription{
		of("2", "1_1", "Active", today.AddDays(3), "month"), // 2 March: the year has no 29 February
		of("1", "9_1", "Active", today.AddDays(2), "annual"),
		of("1", "10_1", "Suspended", today.AddDays(2), "month"),
		of("1", "today", "Active", today, "fortnightly"),
		of("1", "the last day", "Active", today.AddDays(30), "month"),
		of("1", "a day later", "Active", today.AddDays(31), "month"),
		of("1", "yesterday", "Active", today.AddDays(-1), "month"),
		of("1", "endless", "Active", Date{}, "month"),
		of("1", "bought once", "Active", today.AddDays(2), "one_time"),
		of("1", "ended", "Expired", today.AddDays(2), "month"),
		of("1", "cancelled", "Cancelled", today.AddDays(2), "month"),
		of("1", "not there yet", "Pending", today.AddDays(2), "month"),
		of("1", "who knows", "Migrating", today.AddDays(2), "month"),
	}
	for within, want := range map[int]string{
		0: "today 0", 1: "today 0", 2: "today 0, 10_1 2, 9_1 2", 3: "today 0, 10_1 2, 9_1 2, 1_1 3",
		30: "today 0, 10_1 2, 9_1 2, 1_1 3, the last day 30", 31: "today 0, 10_1 2, 9_1 2, 1_1 3, the last day 30, a day later 31",
	} {
		var got []string
		for _, r := range Renewals(all, today, within) {
			if r.RenewalDate != r.Subscription.EndDate || r.RefID() != r.Subscription.RefID() {
				t.Errorf("%+v", r)
			}
			got = append(got, fmt.Sprint(r.Subscription.SubscriptionID, " ", r.DaysLeft))
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("within %d days: %s, want %s", within, text, want)
		}
	}
}

// What is left each month, and whether that is a loss.
func TestMargin(t *testing.T) {
	amount := func(text string) *decimal.Decimal {
		if text == "" {
			return nil
		}
		d := decimal.RequireFromString(text)
		return &d
	}
	for _, c := range []struct {
		name, cost, price string
		quantity          *int
		billing           string
		margin            string // empty: none
		below, known      bool
	}{
		{"monthly", "17.63", "22.00", new(3), "month", "13.11", false, true},
		{"annual", "100", "112", new(1), "annual", "1", false, true},
		{"annual, a twelfth that does not end", "100.00", "101.00", new(1), "annual", "0.08", false, true}, // 8.42 less 8.33 would be 0.09
		{"three years", "360", "350", new(2), "triennial", "-0.56", true, true},
		{"below cost", "10.00", "9.70", new(5), "month", "-1.5", true, true},
		{"below cost by less than a cent", "10.001", "10.000", new(1), "month", "0", true, true},
		{"at cost", "10", "10.00", new(5), "month", "0", false, true},
		{"no seats", "10", "9", new(0), "month", "0", false, true},
		{"once", "10", "9", new(5), "one_time", "", false, false},
		{"no cost", "", "9", new(5), "month", "", false, false},
		{"no price", "10", "", new(5), "month", "", false, false},
		{"no quantity", "10", "9", nil, "month", "", false, false},
		{"billed in an unknown way", "10", "9", new(5), "fortnightly", "", false, false},
	} {
		s := &Subscription{UnitCost: amount(c.cost), UnitPrice: amount(c.price), Quantity: c.quantity, BillingFrequency: c.billing, Currency: "CAD"}
		margin := s.MonthlyMargin()
		if (margin == nil) != (c.margin == "") || margin != nil && (margin.Amount.String() != c.margin || margin.Currency != "CAD") {
			t.Errorf("%s: %+v, want %q", c.name, margin, c.margin)
		}
		if below, known := s.BelowCost(); below != c.below || known != c.known {
			t.Errorf("%s: below cost is %v, %v", c.name, below, known)
		}
	}
}

func TestSuspendedButBilled(t *testing.T) {
	zero, ten := new(decimal.Zero), new(decimal.NewFromInt(10))
	for _, c := range []struct {
		name          string
		of            Subscription
		billed, known bool
	}{
		{"suspended", Subscription{Status: SubscriptionSuspended, BillingFrequency: "month", UnitCost: ten, UnitPrice: ten}, true, true},
		{"suspended, with a cost alone", Subscription{Status: SubscriptionSuspended, BillingFrequency: "annual", UnitCost: ten}, true, true},
		{"suspended, for nothing but the cost", Subscription{Status: SubscriptionSuspended, BillingFrequency: "month", UnitCost: ten, UnitPrice: zero}, true, true},
		{"suspended, at prices that are not told", Subscription{Status: SubscriptionSuspended, BillingFrequency: "month"}, true, true},
		{"suspended, for nothing", Subscription{Status: SubscriptionSuspended, BillingFrequency: "month", UnitCost: zero, UnitPrice: zero}, false, true},
		{"suspended, without seats", Subscription{Status: SubscriptionSuspended, BillingFrequency: "month", UnitCost: ten, Quantity: new(0)}, false, true},
		{"suspended, bought once", Subscription{Status: SubscriptionSuspended, BillingFrequency: "one_time", UnitCost: ten}, false, true},
		{"suspended, billed in an unknown way", Subscription{Status: SubscriptionSuspended, BillingFrequency: "fortnightly", UnitCost: ten}, false, false},
		{"active", Subscription{Status: SubscriptionActive, BillingFrequency: "month", UnitCost: ten}, false, true},
		{"active, billed in an unknown way", Subscription{Status: SubscriptionActive, UnitCost: ten}, false, true},
	} {
		if billed, known := c.of.SuspendedButBilled(); billed != c.billed || known != c.known {
			t.Errorf("%s: %v, %v", c.name, billed, known)
		}
	}
}

func TestAboutSeats(t *testing.T) {
	for _, c := range []struct {
		activity, text string
		want           bool
	}{
		{"Change Seats", "Add 3 seats", true}, {"", "Remove 1 user", true}, {"Change Seats", "Changed", true}, {"Update", "Quantity set to 12", true},
		{"", "Licenses changed from 3 to 5", true}, {"Create", "Create subscription", false}, {"Renewal", "Set to Renew with current plan", false},
		{"Suspend", "Suspend subscription", false}, {"", "", false},
	} {
		if got := (&ChangeLogEntry{Activity: c.activity, Text: c.text}).AboutSeats(); got != c.want {
			t.Errorf("%q, %q: %v", c.activity, c.text, got)
		}
	}
}

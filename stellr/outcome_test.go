package stellr

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// What becomes of a subscription: by what is decided, by what it says of itself where nothing is, and by its change log where
// the two contradict each other.
func TestOutcome(t *testing.T) {
	of := func(word string) *RenewalOptions {
		o := &RenewalOptions{DecisionText: word}
		o.settle("USD")
		return o
	}
	const same, other, not, gone = "Set to Renew with current plan", "Set to Renew with Microsoft 365 E5", "Set to not Renew", "Scheduled renewal removed"
	for _, c := range []struct {
		name      string
		options   *RenewalOptions
		autoRenew *bool
		log       string
		want      RenewalOutcome
	}{
		{"accepted", of("ACCEPT"), nil, "", OutcomeRenews},
		{"accepted, and it renews by itself", of("ACCEPT"), new(true), "", OutcomeRenews},
		{"accepted, and so says the log", of("ACCEPT"), new(true), same, OutcomeRenews},
		{"accepted, with another plan", of("ACCEPT"), new(true), other, OutcomeChanges},
		{"accepted, once with another plan", of("ACCEPT"), new(true), gone + "|" + other, OutcomeRenews},
		{"accepted, but the log says otherwise", of("ACCEPT"), new(true), not + "|" + same, OutcomeUndecided},
		{"accepted, though it does not renew by itself", of("ACCEPT"), new(false), "", OutcomeUndecided},
		{"accepted, though it does not renew by itself, and the log says nothing of it", of("ACCEPT"), new(false), "Add 3 seats", OutcomeUndecided},
		{"accepted, though it does not renew by itself, and the log said so once", of("ACCEPT"), new(false), gone + "|" + same, OutcomeUndecided},
		{"accepted, though it does not renew by itself, but the log says it will", of("ACCEPT"), new(false), same, OutcomeRenews},
		{"accepted, though it does not renew by itself, but the log says as what", of("ACCEPT"), new(false), other, OutcomeChanges},
		{"accepted, though it does not renew by itself and the log says so", of("ACCEPT"), new(false), not, OutcomeUndecided},
		{"rejected", of("REJECT"), nil, "", OutcomeEnds},
		{"rejected, and it does not renew by itself", of("rejected"), new(false), "", OutcomeEnds},
		{"rejected, whatever the log says", of("REJECT"), new(false), same, OutcomeEnds},
		{"rejected, though it renews by itself", of("rejected"), new(true), "", OutcomeUndecided},
		{"rejected, though it renews by itself, and the log said so once", of("REJECT"), new(true), same + "|" + not, OutcomeUndecided},
		{"rejected, though it renews by itself, but the log says it will not", of("REJECT"), new(true), "Add 3 seats|" + not, OutcomeEnds},
		{"decided in a word that nobody knows", of("DEFER"), new(true), same, ""},
		{"decided in such a word, and ends by itself", of("DEFER"), new(false), "", ""},
		{"not decided, renews by itself", of(""), new(true), "", OutcomeUndecided},
		{"not decided, ends by itself", of(""), new(false), "", OutcomeEnds},
		{"not decided, and nothing is told", of(""), nil, "", OutcomeUndecided},
		{"no options, renews by itself", nil, new(true), "", OutcomeRenews},
		{"no options, ends by itself", nil, new(false), "", OutcomeEnds},
		{"no options, and nothing is told", nil, nil, "", OutcomeUndecided},
	} {
		s := &Subscription{AutoRenew: c.autoRenew}
		if got := s.Outcome(c.options, logOf(c.log)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if without := s.Outcome(c.options, nil); without != c.want && !s.LogDecides(c.options) {
			t.Errorf("%s: the log is not asked for, and without it the outcome is %q", c.name, without)
		}
	}
}

// logOf is a change log of these texts, newest first.
func logOf(texts string) (log []*ChangeLogEntry) {
	for text := range strings.SplitSeq(texts, "|") {
		log = append(log, &ChangeLogEntry{Text: text})
	}
	return log
}

// What Google has suspended on an annual plan does not renew, whatever is set; what may be on one is not said to renew.
func TestOutcomeOfTheSuspended(t *testing.T) {
	const google, microsoft, suspended, active = "Google", "Microsoft", SubscriptionSuspended, SubscriptionActive
	accept, reject := &RenewalOptions{Decision: RenewalAccept}, &RenewalOptions{Decision: RenewalReject}
	for _, c := range []struct {
		vendor, plan string
		status       SubscriptionStatus
		options      *RenewalOptions
		want         RenewalOutcome
	}{
		{google, "ANNUAL_MONTHLY_PAY", suspended, nil, OutcomeEnds},
		{google, " Annual yearly-pay", suspended, accept, OutcomeEnds},
		{google, "ANNUAL_YEARLY_PAY", suspended, &RenewalOptions{Decision: RenewalOther}, OutcomeEnds},
		{google, "ANNUAL_YEARLY_PAY", active, accept, OutcomeRenews},
		{google, "ANNUAL_YEARLY_PAY", active, nil, OutcomeRenews},
		{google, "FLEXIBLE", suspended, nil, OutcomeRenews},
		{google, "", suspended, nil, OutcomeUndecided},
		{google, "", suspended, accept, OutcomeUndecided},
		{google, "", suspended, reject, OutcomeEnds},
		{google, "", suspended, &RenewalOptions{Decision: RenewalOther}, ""},
		{google, "", active, nil, OutcomeRenews},
		{microsoft, "ANNUAL_YEARLY_PAY", suspended, accept, OutcomeRenews},
		{microsoft, "", suspended, nil, OutcomeRenews},
	} {
		s := &Subscription{VendorName: c.vendor, PlanName: c.plan, Status: c.status, AutoRenew: new(c.options == nil || c.options.Decision != RenewalReject)}
		log := logOf("Set to not Renew")
		if c.options == accept {
			log = logOf("Set to Renew with current plan")
		}
		if got := s.Outcome(c.options, log); got != c.want {
			t.Errorf("%s, %q, %s, %+v: %q, want %q", c.vendor, c.plan, c.status, c.options, got, c.want)
		}
		if annual := c.vendor == google && AnnualPlan(c.plan) && c.status == suspended; annual && s.LogDecides(c.options) {
			t.Errorf("%q: the log is asked for, and changes nothing", c.plan)
		}
	}
}

// The newest word about the renewal counts.
func TestSetIn(t *testing.T) {
	for log, want := range map[string]set{ // newest first
		"":                               setToNothing,
		"Add 3 seats":                    setToNothing,
		"Set to Renew with current plan": setToRenew,
		"Set to Renew":                   setToRenew,
		"Set to Renew with Microsoft 365 E5 (Annual Term)":                                 setToChange,
		"Add 3 seats|Set to Renew with Microsoft 365 E5 (Annual Term)":                     setToChange,
		"set to renew with  Current Plan |Set to Renew with Microsoft 365 E5":              setToRenew,
		"Set to Renew with Microsoft 365 E5|Set to not Renew":                              setToChange,
		"Set to not Renew|Set to Renew with Microsoft 365 E5":                              setToEnd,
		"Add 1 seat|Scheduled renewal removed|Set to Renew with Microsoft 365 E5":          setToNothing,
		"Renewed with Microsoft 365 E5|Set to Renew with Microsoft 365 E5|Add 3 seats":     setToNothing,
		"Set to Renew with current plan|Renewed with Microsoft 365 E5|Create subscription": setToRenew,
	} {
		if got := setIn(logOf(log)); got != want {
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

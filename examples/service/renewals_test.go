package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// The table has what renews of the caller's customers, from all pages, and nobody else's.
func TestRenewals(t *testing.T) {
	r := newRig(t)
	out, err := r.run("-within", "400")
	if err != nil {
		t.Fatal(err)
	}
	if pages := len(r.asked("Renewals")); pages < 2 {
		t.Fatalf("there are %d pages: nothing tells whether the later ones are read", pages)
	}
	var want []string
	today := time.Now().UTC().Truncate(24 * time.Hour)
	for _, no := range []string{"100001", "100002", "100007"} {
		for _, s := range r.subscriptions(no) {
			end, err := time.Parse(time.DateOnly, s.EndDate)
			days := int(end.Sub(today).Hours() / 24)
			if err == nil && days >= 0 && days <= 400 && slices.Contains([]string{"ACTIVE", "SUSPENDED"}, s.Status) && s.BillingFrequency != "one_time" {
				want = append(want, fmt.Sprint(no, s.SubscriptionID, s.Quantity, s.cost(), s.EndDate, days))
			}
		}
	}
	var got []string
	lines := strings.Split(strings.TrimSpace(out), "\n")
	soonest, outcomes := "", map[string]string{}
	for _, line := range lines[1 : len(lines)-1] {
		cell := regexp.MustCompile(` {2,}`).Split(line, -1)
		got = append(got, fmt.Sprint(cell[1], cell[2], cell[4], cell[5], cell[6], cell[7]))
		if cell[6] < soonest {
			t.Errorf("out of place: %s", line)
		}
		soonest = cell[6]
		if cell[1] == "100001" {
			outcomes[cell[2]] = strings.TrimSuffix(cell[8], ", renews by itself")
		}
	}
	if should := r.outcomes("100001"); !maps.Equal(outcomes, should) {
		t.Errorf("the outcomes are\n%v\nand should be\n%v", outcomes, should)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%d renew:\n%q\n%d should:\n%q", len(got), got, len(want), want)
	}
	if last := lines[len(lines)-1]; last != fmt.Sprintf("%d to renew", len(want)) {
		t.Errorf("the last line is %q", last)
	}
}

type listed struct {
	SubscriptionID, EndDate, Status, BillingFrequency string
	Quantity                                          int
	MonthlyCost                                       *struct{ Amount, Currency string }
}

func (l listed) cost() string {
	if l.MonthlyCost == nil {
		return "-"
	}
	return decimal.RequireFromString(l.MonthlyCost.Amount).StringFixed(2) + " " + l.MonthlyCost.Currency
}

// subscriptions is all that a customer has, read another way than the service reads.
func (r *rig) subscriptions(no string) (all []listed) {
	r.t.Helper()
	after := "null"
	for {
		var data struct {
			Customer struct {
				Subscriptions struct {
					Nodes    []listed
					PageInfo struct {
						HasNextPage bool
						EndCursor   string
					}
				}
			}
		}
		r.ask(fmt.Sprintf(`{customer(customerNo: %q) {subscriptions(first: 200, after: %s) {
			nodes {subscriptionId endDate status billingFrequency quantity monthlyCost {amount currency}} pageInfo {hasNextPage endCursor}}}}`, no, after), &data)
		page := data.Customer.Subscriptions
		all = append(all, page.Nodes...)
		if !page.PageInfo.HasNextPage {
			return all
		}
		after = fmt.Sprintf("%q", page.PageInfo.EndCursor)
	}
}

// outcomes is what becomes of each subscription of a small customer, by its number.
func (r *rig) outcomes(no string) map[string]string {
	r.t.Helper()
	var data struct {
		Customer struct {
			Renewals struct {
				Nodes []struct {
					Outcome      string
					Subscription subscription
				}
			}
		}
	}
	r.ask(fmt.Sprintf(`{customer(customerNo: %q) {renewals(within: 400, first: 50) {nodes {outcome subscription {subscriptionId}}}}}`, no), &data)
	outcomes := map[string]string{}
	for _, n := range data.Customer.Renewals.Nodes {
		outcomes[n.Subscription.SubscriptionID] = n.Outcome
	}
	return outcomes
}

// A list with a part missing says so, and has the rest.
func TestIncomplete(t *testing.T) {
	r := newRig(t, "-sim-faults", "listSubscriptions:403:customer=100002")
	out, err := r.run()
	if err == nil || !strings.Contains(err.Error(), "not complete") || !strings.Contains(err.Error(), "UPSTREAM_FORBIDDEN") || exitCode(err) != 1 {
		t.Errorf("the error is %v", err)
	}
	if !strings.Contains(out, "  100001  ") || strings.Contains(out, "  100002  ") {
		t.Error("the others are not there, or more than they")
	}
}

package sim

import (
	"testing"
	"time"

	"stellr-gateway/stellr"
)

// settled does a verb that must be accepted, and lets its operation end.
func settled(t *testing.T, s *Server, c *clock, sub *subscription, verb, body string) object {
	t.Helper()
	got, o := act(t, s, sub.SubscriptionID, verb, body)
	if got != "200" {
		t.Fatalf("%s: %s %v", verb, got, o)
	}
	c.wait(3 * time.Second)
	return seen(t, s, sub.SubscriptionID)
}

func refused(t *testing.T, s *Server, sub *subscription, verb, body, status string) {
	t.Helper()
	if got, o := act(t, s, sub.SubscriptionID, verb, body); got != status {
		t.Errorf("%s: %s, want %s: %v", verb, got, status, o)
	}
}

// Each batch of added seats can be given back until its own moment, the latest first.
func TestMicrosoftSeatsComeBackOnlyWithinTheirWindow(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 2) // five seats, window closed
	want(t, seen(t, s, sub.SubscriptionID), "refundableQuantity", 0)
	refused(t, s, sub, "changeSeats", seats(sub, 4), "vendor")
	want(t, settled(t, s, c, sub, "changeSeats", seats(sub, 10)), "refundableQuantity", 5, "startDate", dateIn(-150))
	c.days(4)
	want(t, settled(t, s, c, sub, "changeSeats", seats(sub, 12)), "refundableQuantity", 7)
	refused(t, s, sub, "changeSeats", seats(sub, 4), "vendor")
	c.days(4) // the first batch cannot be given back any more
	want(t, seen(t, s, sub.SubscriptionID), "refundableQuantity", 2, "quantity", 12)
	refused(t, s, sub, "changeSeats", seats(sub, 9), "vendor")
	want(t, settled(t, s, c, sub, "changeSeats", seats(sub, 11)), "refundableQuantity", 1, "quantity", 11)
	c.days(10)
	want(t, seen(t, s, sub.SubscriptionID), "refundableQuantity", 0)
	refused(t, s, sub, "changeSeats", seats(sub, 10), "vendor")
}

func TestMicrosoftCancelWindowClosesOnItsOwnDay(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 1)
	until := sub.CancellableUntil
	c.now = until.Add(time.Second)
	refused(t, s, sub, "cancel", "{}", "vendor")
	c.now = until
	want(t, settled(t, s, c, sub, "cancel", "{}"), "status", "Cancelled", "autoRenew", false)
	refused(t, s, sub, "activate", "{}", "409")
}

func TestWindowsDifferBySubscription(t *testing.T) {
	s, _ := calm(t)
	lengths := map[int]int{}
	for _, c := range s.world.all() {
		s.world.open(c, today)
		for _, sub := range c.subs {
			if sub.VendorID == MicrosoftID && !sub.CancellableUntil.IsZero() {
				lengths[int(sub.CancellableUntil.Sub(sub.StartDate.Time()).Hours()/24)]++
			}
		}
		c.close()
	}
	if len(lengths) != 3 || lengths[7] == 0 || lengths[15] == 0 || lengths[30] == 0 {
		t.Errorf("window lengths in days: %v", lengths)
	}
}

func TestMicrosoftUpgradeKeepsOrChangesTheID(t *testing.T) {
	s, c := calm(t)
	basic, standard := sampleOf(s, 0), sampleOf(s, 2)
	after := settled(t, s, c, basic, "upgrade", target(s.world.catalog.variant("CFQ7TTC0LDPB:0001", 'm')))
	want(t, after, "status", "Active", "productName", "Microsoft 365 Business Standard (Annual Term, Monthly Billing)", "quantity", 12, "startDate", dateIn(-200))

	want(t, settled(t, s, c, standard, "upgrade", target(s.world.catalog.variant("CFQ7TTC0LCHC:0002", 'm'))), "status", "Cancelled")
	op := decoded(t, send(s, "GET", "/api/v1/subscriptions/operations/9000002", ""), 200)["data"].(object)
	fresh := op["results"].([]any)[0].(object)["subscriptionId"].(string)
	if fresh == standard.SubscriptionID {
		t.Fatal("the id did not change")
	}
	want(t, seen(t, s, fresh), "status", "Active", "startDate", dateIn(0), "quantity", 5, "refundableQuantity", 5)
	want(t, seen(t, s, sampleOf(s, 3).SubscriptionID), "parentSubscriptionId", fresh)

	refused(t, s, basic, "upgrade", target(s.world.catalog.variant("CFQ7TTC0LCHC:0002", 'a')), "422") // another billing
	large := sampleOf(s, 7)                                                                           // on a discontinued product
	refused(t, s, large, "upgrade", target(s.world.catalog.variant("CFQ7TTC0LF8R:0001", 'm')), "422")
}

func TestTransitionToDiscontinuedIsRefusedByTheVendor(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 7) // Office 365 E5, discontinued
	settled(t, s, c, sub, "downgrade", target(s.world.catalog.variant("CFQ7TTC0LF8R:0001", 'm')))
	c.now = sub.EndDate.Time()
	want(t, seen(t, s, sub.SubscriptionID), "productName", "Office 365 E3 (Annual Term, Monthly Billing)")
	refused(t, s, sub, "upgrade", target(s.world.catalog.variant("CFQ7TTC0LF8S:0002", 'm')), "vendor")
}

// Downgrades and other plans wait for the end of the term; any change before that deletes them.
func TestMicrosoftScheduleIsAppliedOrDeleted(t *testing.T) {
	for _, change := range []bool{false, true} {
		s, c := calm(t)
		sub := sampleOf(s, 2)
		end := sub.EndDate
		before := settled(t, s, c, sub, "downgrade", target(s.world.catalog.variant("CFQ7TTC0LH18:0001", 'm')))
		want(t, before, "productName", "Microsoft 365 Business Standard (Annual Term, Monthly Billing)", "endDate", end.String())
		options := func() object {
			return decoded(t, send(s, "GET", rich+"/"+sub.SubscriptionID+"/renew/options", ""), 200)["data"].(object)
		}
		want(t, options(), "decision", "ACCEPT", "renewalDate", end.String())
		name := "Microsoft 365 Business Basic (Annual Term, Monthly Billing)"
		if change {
			settled(t, s, c, sub, "changeSeats", seats(sub, 6))
			name = "Microsoft 365 Business Standard (Annual Term, Monthly Billing)"
			want(t, options(), "decision", nil)
		}
		c.now = end.Time().Add(-time.Second)
		want(t, seen(t, s, sub.SubscriptionID), "endDate", end.String())
		c.now = end.Time()
		after := seen(t, s, sub.SubscriptionID)
		want(t, after, "status", "Active", "productName", name, "startDate", end.String(), "endDate", stellr.DateOf(end.Time().AddDate(1, 0, 0)).String())
		if until, _ := time.Parse(time.RFC3339, after["cancellationAllowedUntil"].(string)); !until.After(c.now) {
			t.Errorf("no new cancellation window: %s", until)
		}
		want(t, after, "refundableQuantity", after["quantity"])
	}
}

func TestMicrosoftPlanChangesAtTheEndOfTheTerm(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 2)
	end := sub.EndDate
	want(t, settled(t, s, c, sub, "changePlan", `{"billingFrequency":"annual","termDuration":"P3Y","quantity":9}`), "billingFrequency", "month", "termDuration", "P1Y")
	c.now = end.Time()
	want(t, seen(t, s, sub.SubscriptionID), "billingFrequency", "annual", "termDuration", "P3Y", "quantity", 9, "endDate", stellr.DateOf(end.Time().AddDate(3, 0, 0)).String())
	refused(t, s, sub, "changePlan", `{"termDuration":"P5Y"}`, "422")
	refused(t, s, sub, "changePlan", `{"planName":"FLEXIBLE"}`, "400")
	refused(t, s, sub, "changePlan", `{}`, "400")
}

func TestRenewalDecisions(t *testing.T) {
	s, c := calm(t)
	rejected, kept := sampleOf(s, 2), sampleOf(s, 4)
	want(t, settled(t, s, c, rejected, "renew/setting", `{"decision":"REJECT","newPlans":[]}`), "status", "Active", "autoRenew", false)
	want(t, decoded(t, send(s, "GET", rich+"/"+rejected.SubscriptionID+"/renew/options", ""), 200)["data"].(object), "decision", "REJECT")
	plan := s.world.catalog.variant("CFQ7TTC0LCHC:0002", 'm')
	settled(t, s, c, kept, "renew/setting", `{"decision":"ACCEPT","newPlans":[{"productId":`+plan.ProductID+`,"skuNo":`+plan.SKUNo+`,"quantity":4,"termDuration":"P1Y"}]}`)
	refused(t, s, kept, "renew/setting", `{"decision":"MAYBE"}`, "400")
	refused(t, s, kept, "renew/setting", `{"decision":"ACCEPT","newPlans":[{"productId":70040,"skuNo":1,"quantity":4}]}`, "422")
	refused(t, s, sampleOf(s, 13), "renew/setting", `{"decision":"ACCEPT"}`, "422") // no term
	c.days(366)
	want(t, seen(t, s, rejected.SubscriptionID), "status", "Expired", "quantity", 5)
	want(t, seen(t, s, kept.SubscriptionID), "status", "Active", "quantity", 4, "billingFrequency", "month")
	refused(t, s, rejected, "cancel", "{}", "409")
}

func TestSuspendedIsBilledAndItsTermRunsOn(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 8)
	end := sub.EndDate
	c.now = end.Time()
	want(t, seen(t, s, sub.SubscriptionID), "status", "Suspended", "startDate", end.String())
	want(t, settled(t, s, c, sub, "reactive", "{}"), "status", "Active")
}

func TestCancelTakesAddOnsAlong(t *testing.T) {
	s, c := calm(t)
	parent := sampleOf(s, 1)
	body := bodyFor(s, parent, "addOn")
	got, o := act(t, s, parent.SubscriptionID, "addOn", body)
	id, _ := o["data"].(object)["subscriptionId"].(string)
	want(t, seen(t, s, id), "status", "Pending", "parentSubscriptionId", parent.SubscriptionID, "endDate", parent.EndDate.String(), "vendorSubscriptionId", nil)
	c.wait(3 * time.Second)
	want(t, seen(t, s, id), "status", "Active")
	settled(t, s, c, parent, "cancel", "{}")
	want(t, seen(t, s, id), "status", "Cancelled")
	if got != "200" {
		t.Error(o)
	}
}

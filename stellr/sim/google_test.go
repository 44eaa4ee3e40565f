package sim

import (
	"testing"

	"stellr-gateway/stellr"
)

func TestGoogleSeatsByPlan(t *testing.T) {
	s, c := calm(t)
	flexible, annual := sampleOf(s, 15), sampleOf(s, 16)
	want(t, settled(t, s, c, flexible, "changeSeats", seats(flexible, 3)), "quantity", 3)
	want(t, settled(t, s, c, flexible, "changeSeats", seats(flexible, 30)), "quantity", 30)
	refused(t, s, annual, "changeSeats", seats(annual, 29), "vendor")
	want(t, settled(t, s, c, annual, "changeSeats", seats(annual, 31)), "quantity", 31, "startDate", dateIn(-120))
}

func TestGoogleVendorIDChangesWithUpdates(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 15)
	first := seen(t, s, sub.SubscriptionID)["vendorSubscriptionId"]
	second := settled(t, s, c, sub, "changeSeats", seats(sub, 20))["vendorSubscriptionId"]
	suspended := settled(t, s, c, sub, "suspend", "{}")["vendorSubscriptionId"]
	if first == second || second != suspended {
		t.Errorf("ids: %v, after seats %v, after suspend %v", first, second, suspended)
	}
}

func TestGooglePlansBecomeAnnualOnly(t *testing.T) {
	s, c := calm(t)
	flexible, annual := sampleOf(s, 15), sampleOf(s, 16)
	refused(t, s, flexible, "changePlan", `{"planName":"TRIAL"}`, "422")
	want(t, settled(t, s, c, flexible, "changePlan", `{"planName":"ANNUAL_YEARLY_PAY"}`), "planName", "ANNUAL_YEARLY_PAY", "billingFrequency", "annual",
		"startDate", dateIn(0), "endDate", dateIn(365), "autoRenew", true)
	refused(t, s, flexible, "changePlan", `{"planName":"FLEXIBLE"}`, "vendor")
	refused(t, s, annual, "changePlan", `{"planName":"ANNUAL_YEARLY_PAY"}`, "vendor")
}

func TestGoogleSuspensionEndsAfterSixtyDays(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 15)
	settled(t, s, c, sub, "suspend", "{}")
	c.days(59)
	want(t, seen(t, s, sub.SubscriptionID), "status", "Suspended")
	c.days(1)
	want(t, seen(t, s, sub.SubscriptionID), "status", "Cancelled")
}

func TestSuspendedAnnualDoesNotRenew(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 16)
	c.now = sub.EndDate.AddDays(-5).Time()
	settled(t, s, c, sub, "suspend", "{}")
	c.days(5)
	want(t, seen(t, s, sub.SubscriptionID), "status", "Expired")
}

func TestGoogleTrialEnds(t *testing.T) {
	s, c := calm(t)
	trial, kept := sampleOf(s, 18), sampleOf(s, 15)
	c.now = trial.EndDate.Time()
	want(t, seen(t, s, trial.SubscriptionID), "status", "Expired", "planName", "TRIAL")
	want(t, seen(t, s, kept.SubscriptionID), "status", "Active", "endDate", nil)
}

func TestGoogleAnnualDowngradeWaits(t *testing.T) {
	s, c := calm(t)
	annual := sampleOf(s, 16)
	down := target(s.world.catalog.variant("1010020027", 'M'))
	want(t, settled(t, s, c, annual, "downgrade", down), "productName", "Google Workspace Business Standard (Annual, Monthly Payment)")
	c.now = annual.EndDate.Time()
	want(t, seen(t, s, annual.SubscriptionID), "productName", "Google Workspace Business Starter (Annual, Monthly Payment)")
}

func TestTransferTokens(t *testing.T) {
	s, c := calm(t)
	p := s.world.catalog.variant("1010020028", 'F')
	good, gone := TransferToken(stellr.NewDate(2026, 7, 9), "a"), TransferToken(stellr.NewDate(2026, 7, 8), "a")
	body := func(token string) string {
		return `{"vendorId":"Google","transferToken":"` + token + `","productId":` + p.ProductID + `,"skuNo":` + p.SKUNo + `,"quantity":6}`
	}
	for _, row := range []struct {
		token  string
		status int
	}{{"nonsense", 422}, {gone, 422}, {good, 200}, {good, 409}} {
		decoded(t, send(s, "POST", rich+"/transfer", body(row.token)), row.status)
	}
	list := "/api/v1/vendors/Google/cloud/products/transferable?pageNo=1&pageSize=50&transferToken="
	decoded(t, send(s, "GET", list+gone, ""), 422)
	decoded(t, send(s, "GET", list+good, ""), 200)
	check := func(token string) object {
		return decoded(t, send(s, "POST", "/api/v1/cloud/vendors/Google/check/transferToken", `{"value":"`+token+`"}`), 200)["data"].(object)
	}
	want(t, check(good), "valid", true)
	want(t, check(gone), "valid", false, "message", "The transfer token has expired")
	c.days(1)
	want(t, check(good), "valid", false)
}

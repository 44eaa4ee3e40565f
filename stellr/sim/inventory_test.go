package sim

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// What the demonstration promises to have.
func TestDemonstrationHasSomethingOfEverything(t *testing.T) {
	s, _ := calm(t)
	statuses, currencies, words, plans, counts := map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{}, map[int]int{}
	var addOns, negative, same, none int
	ids := map[string]bool{}
	for _, c := range s.world.all() {
		words[c.record.StatusText]++
		s.world.open(c, today)
		counts[len(c.subs)]++
		products := map[string]int{}
		for _, sub := range c.subs {
			statuses[sub.StatusText]++
			currencies[sub.Currency]++
			plans[sub.PlanName]++
			products[sub.ProductID]++
			if sub.ParentID != "" {
				addOns++
			}
			if sub.UnitPrice != nil && sub.UnitCost.GreaterThan(*sub.UnitPrice) {
				negative++
			}
			if ids[sub.SubscriptionID] {
				t.Errorf("%s twice", sub.SubscriptionID)
			}
			ids[sub.SubscriptionID] = true
		}
		for _, n := range products {
			if n > 1 {
				same++
			}
		}
		if len(c.subs) == 0 {
			none++
		}
		if (c.currency() == "CAD") != (c.record.Country == "CA") {
			t.Errorf("%s: %s in %s", c.record.CustomerNo, c.currency(), c.record.Country)
		}
		c.close()
	}
	t.Logf("%d customers %v, %d subscriptions %v, %v, plans %v", len(s.world.all()), words, len(ids), statuses, currencies, plans)
	t.Logf("add-ons %d, sold below cost %d, same product twice %d, customers without %d", addOns, negative, same, none)
	for _, status := range []string{statusActive, statusSuspended, statusExpired, statusExpire, statusPending, statusCancelled} {
		if statuses[status] < 3 {
			t.Errorf("%d %s", statuses[status], status)
		}
	}
	if len(s.world.all()) < 40 || none < 3 || counts[hugeCount] != 1 || addOns < 10 || negative < 5 || same < 5 || currencies["CAD"] < 20 || currencies["USD"] < 100 ||
		words["Discontinued"] < 2 || words["CreditHold"] != 1 || statuses["Provisioning"] == 0 || plans[planTrial] == 0 {
		t.Error("something is missing")
	}
}

// The list over the reseller counts customers that nobody looked at yet, and must count them right.
func TestResellerListCountsRight(t *testing.T) {
	for _, opts := range []Options{{}, {Customers: 30, SubscriptionsPerCustomer: 7}} {
		opts.ResellerSubscriptionsPath = testResellerPath
		s, _ := start(t, opts)
		page := func(n int) object {
			return decoded(t, send(s, "GET", fmt.Sprintf("%s?pageSize=200&pageNo=%d", testResellerPath, n), ""), 200)["data"].(object)
		}
		total, records := page(1)["total"].(float64), 0
		for n := 1; n <= int(total)/200+1; n++ {
			records += len(page(n)["records"].([]any))
		}
		counted := 0
		for _, c := range s.world.all() {
			s.world.open(c, today)
			counted += len(c.subs)
			c.close()
		}
		if int(total) != counted || records != counted {
			t.Errorf("total %v, %d records, %d subscriptions", total, records, counted)
		}
	}
}

func TestCatalogue(t *testing.T) {
	s, _ := calm(t)
	m := s.world.catalog
	models, forms := map[string]int{}, map[string]int{}
	var gone, addOns, negative, tiered int
	for _, p := range m.products {
		models[p.BillingModel+" "+p.BillingFrequency+" "+p.TermDuration]++
		if p.offer.gone {
			gone++
		}
		if p.PrimaryProductID != "" {
			addOns++
		}
		if len(p.Prices) > 1 {
			tiered++
		}
		if p.Prices[0].Cost.GreaterThan(*p.Prices[0].MSRP) {
			negative++
		}
		if p.VendorID == MicrosoftID && len(p.MfgPartNo) > 12 {
			forms[p.MfgPartNo[:2]+p.MfgPartNo[12:13]]++
		}
	}
	t.Logf("%d products, %v; %d discontinued, %d add-ons, %d with tiers, %d below cost; part numbers %v", len(m.products), models, gone, addOns, tiered, negative, forms)
	if len(m.products) < 60 || len(m.byVendor) != 3 || gone < 4 || addOns < 7 || negative == 0 || tiered < 5 || len(forms) < 5 || len(m.bySKU) != len(m.products) {
		t.Error("something is missing")
	}
	list := func(query string) object {
		return decoded(t, send(s, "GET", "/api/v2/vendors/4/cloud/products?pageNo=1&pageSize=200&"+query, ""), 200)["data"].(object)
	}
	all := list("includeEOL=Y")["total"].(float64)
	if sold := list("")["total"].(float64); sold >= all || sold != list("includeEOL=N")["total"] {
		t.Errorf("%v sold of %v", sold, all)
	}
	want(t, list("$search=business+PREMIUM"), "total", 4)
	want(t, list("mfgPartNo=" + m.byID["70001"].MfgPartNo)["records"].([]any)[0].(object), "productId", 70001)
	if big, _ := start(t, Options{Products: 500}); len(big.world.catalog.products) != 500 {
		t.Errorf("%d products", len(big.world.catalog.products))
	}
}

func TestInvoicesAddUp(t *testing.T) {
	s, _ := calm(t)
	kinds, currencies := map[string]int{}, map[string]int{}
	bills := s.world.bills("", stellr.Date{}, stellr.Date{})
	numbers := map[string]bool{}
	lines := 0
	for _, b := range bills {
		invoice := s.world.invoice(b)
		numbers[invoice.InvoiceNo] = true
		currencies[invoice.Currency]++
		var sum decimal.Decimal
		for _, line := range invoice.Lines {
			kinds[line.ChargeType]++
			lines++
			sum = sum.Add(*line.Cost)
			if negative := line.ChargeType == chargeCredit || line.ChargeType == chargeReversal; negative != line.Cost.IsNegative() && !line.Cost.IsZero() {
				t.Errorf("%s: %s of %s", invoice.InvoiceNo, line.ChargeType, line.Cost)
			}
			if want := line.UnitCost.Mul(*line.Quantity).Round(2); !line.Cost.Equal(want) {
				t.Errorf("%s: %s for %s of %s", invoice.InvoiceNo, line.Cost, line.Quantity, line.UnitCost)
			}
		}
		if !invoice.Total.Equal(sum) || !invoice.Subtotal.Add(*invoice.Tax).Equal(sum) {
			t.Errorf("%s: total %s of %s", invoice.InvoiceNo, invoice.Total, sum)
		}
	}
	t.Logf("%d invoices %v, %d lines %v", len(bills), currencies, lines, kinds)
	if len(bills) < 200 || len(numbers) != len(bills) || len(kinds) != 6 || len(currencies) != 2 {
		t.Errorf("%d invoices, %v, %v", len(bills), slices.Sorted(maps.Keys(kinds)), currencies)
	}
}

func TestInvoiceFilters(t *testing.T) {
	s, _ := calm(t)
	total := func(query string) float64 {
		return decoded(t, send(s, "GET", "/api/v1/cloud/invoices?pageNo=1&pageSize=200&"+query, ""), 200)["data"].(object)["total"].(float64)
	}
	june := total("startDate=2026-06-01&endDate=2026-06-30")
	if june == 0 || june*invoiceMonths != total("") || total("customerNo=100001") != invoiceMonths || total("customerNo=100001&startDate=2026-06-01") != 1 || total("customerNo=1") != 0 {
		t.Errorf("june %v, all %v", june, total(""))
	}
	report := "/api/v1/cloud/invoice/report?pageNo=1&pageSize=200&startDate=2026-06-01&endDate=2026-06-30&orderNo="
	order := s.world.orderNo(bill{s.world.all()[1], 2})
	records := decoded(t, send(s, "GET", report+order, ""), 200)["data"].(object)["records"].([]any)
	if len(records) == 0 {
		t.Fatal("no lines")
	}
	want(t, records[0].(object), "orderNo", order, "customerNo", 100002, "chargeStartDate", "2026-04-01")
	decoded(t, send(s, "GET", "/api/v1/cloud/invoice/report?pageNo=1&pageSize=200", ""), 400)
}

func TestConsumptionFilters(t *testing.T) {
	s, _ := calm(t)
	rows := func(query string) []any {
		return decoded(t, send(s, "GET", "/api/v1/cloud/consumption/azure/summary?pageNo=1&pageSize=200&"+query, ""), 200)["data"].(object)["records"].([]any)
	}
	of := rows("customerNo=100001&billingMonth=2026-07")
	if len(of) < 5 {
		t.Fatalf("%d rows", len(of))
	}
	for _, row := range of {
		want(t, row.(object), "customerNo", 100001, "billingMonth", "2026-07", "estimated", true, "subscriptionId", sampleOf(s, 13).SubscriptionID, "currency", "USD")
	}
	for _, row := range rows("resourceGroup=rg-prod&billingMonth=2026-06") {
		want(t, row.(object), "resourceGroup", "rg-prod", "estimated", false)
	}
	if len(rows("customerNo=100014")) != 0 || len(rows("subscriptionId="+sampleOf(s, 13).SubscriptionID)) < 20 {
		t.Error("filters")
	}
	decoded(t, send(s, "GET", "/api/v1/cloud/consumption/azure/summary?billingMonth=July", ""), 400)
}

func TestVendorAccounts(t *testing.T) {
	s, _ := calm(t)
	list := func(query string) object {
		return decoded(t, send(s, "GET", "/api/v1/cloud/vendors/account?pageNo=1&pageSize=200&"+query, ""), 200)["data"].(object)
	}
	want(t, list("customerNo=100001"), "total", 3)
	save := func(body string, status int) {
		t.Helper()
		decoded(t, send(s, "POST", "/api/v1/cloud/vendors/account", body), status)
	}
	save(`{"ownerType":"CUSTOMER","customerNo":"100001","vendorId":"Google","domain":"second.example","adminEmail":"a@second.example"}`, 200)
	want(t, list("customerNo=100001&vendorId=Google"), "total", 2)
	save(`{"ownerType":"CUSTOMER","customerNo":100001,"vendorId":"Google","domain":"second.example","adminEmail":"b@second.example"}`, 200)
	records := list("customerNo=100001&vendorId=Google")["records"].([]any)
	want(t, records[1].(object), "adminEmail", "b@second.example", "ownerType", "CUSTOMER")
	if len(records) != 2 {
		t.Errorf("%d accounts", len(records))
	}
	save(`{"ownerType":"CUSTOMER","vendorId":"Google"}`, 400)
	save(`{"ownerType":"NOBODY","vendorId":"Google"}`, 400)
	save(`{"ownerType":"RESELLER","vendorId":"7"}`, 422)
	save(`{"ownerType":"CUSTOMER","customerNo":"7","vendorId":"Google"}`, 404)
	check := func(vendor, kind, value string) object {
		return decoded(t, send(s, "POST", "/api/v1/cloud/vendors/"+vendor+"/check/"+kind, `{"value":"`+value+`"}`), 200)["data"].(object)
	}
	c := s.world.customer("100001").record
	want(t, check("4", "tenant", c.TenantID), "valid", true)
	want(t, check("4", "tenant", "x"), "valid", false)
	want(t, check("Google", "domain", c.Domain), "valid", false, "message", "The domain belongs to another customer")
	want(t, check("Google", "domain", "new.example"), "valid", true)
	decoded(t, send(s, "POST", "/api/v1/cloud/vendors/4/check/nothing", `{"value":"x"}`), 404)
	decoded(t, send(s, "POST", "/api/v1/cloud/vendors/9/check/domain", `{"value":"x"}`), 404)
}

package stellr

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// only is the scope of one customer.
func only(customerNo string) func(*Config) {
	return func(cfg *Config) {
		cfg.Paths = map[Action]string{ActionListResellerSubscriptions: "/api/v1/all"}
		cfg.Scope = func(context.Context) Scope { return func(asked string) bool { return SameKey(asked, customerNo) } }
	}
}

// Nothing leaves for a customer out of scope, nor on behalf of the reseller itself. What names no customer leaves: its
// records tell whose they are.
func TestNothingLeavesOutOfScope(t *testing.T) {
	f := newFake(t, answering(200, `{"data":{"operationId":1,"productId":1,"skuNo":"1","vendorId":"1","total":0,"records":[]}}`))
	all := []Action{
		ActionListCustomers, ActionInvoiceReport, ActionGetOperation, ActionListVendorProducts, ActionGetProduct, ActionGetProductBySKU,
		ActionListRelatedProducts, ActionListTransferableProducts, ActionListVendors, ActionListResellerSubscriptions,
	}
	want := 0
	for method, err := range callEverything(t, f.client(t, only("2"))) { // the samples are all for customer 1
		row := Endpoints()[slices.IndexFunc(Endpoints(), func(e Endpoint) bool { return e.Client == method })]
		switch {
		case slices.Contains(all, row.Action):
			want++
		case !IsNotFound(err) || StageOf(err) != NotSent:
			t.Errorf("%s: %v", method, err)
		}
	}
	if got := f.seen(); len(got) != want || want != len(all) {
		t.Errorf("%d of %d requests were sent: %+v", len(got), want, got)
	}
}

// Records of other customers, and of none, are left out of every answer that belongs to customers.
func TestRecordsOutOfScope(t *testing.T) {
	row := `{"customerNo":%,"subscriptionId":"1_1","invoiceNo":"I%","operationId":"1","agreementType":"1","userId":"u","vendorId":"1","billingMonth":"2026-07","ownerType":"CUSTOMER",
		"lines":[{"customerNo":1,"lineNo":1},{"customerNo":"0002","lineNo":2},{"lineNo":3}]}`
	of := func(customerNo string) string { return strings.ReplaceAll(row, "%", customerNo) }
	rows := []string{of("1"), of("2"), of("3"), strings.ReplaceAll(of("4"), `"customerNo":4,`, "")}
	f := newFake(t, answering(200, `{"data":{"total":4,"records":[`+strings.Join(rows, ",")+`]}}`))
	c := f.client(t, only("2"))
	check := func(name string, items any, err error) {
		t.Helper()
		list := reflect.ValueOf(items)
		if err != nil || list.Len() != 1 || !SameKey(list.Index(0).Interface().(owned).owner(), "2") {
			t.Errorf("%s: %v, %v", name, items, err)
		}
	}
	customers, err := c.Customers().Collect(t.Context())
	check("customers", customers.Items, err)
	subscriptions, err := c.ResellerSubscriptions().Collect(t.Context())
	check("subscriptions", subscriptions.Items, err)
	invoices, err := c.Invoices(InvoiceQuery{}).Collect(t.Context())
	check("invoices", invoices.Items, err)
	if lines := invoices.Items[0].Lines; len(lines) != 2 || *lines[0].LineNo != 2 || *lines[1].LineNo != 3 {
		t.Errorf("the invoice has the charges %+v", lines)
	}
	usage, err := c.AzureConsumption(ConsumptionQuery{}).Collect(t.Context())
	check("consumption", usage.Items, err)
	accounts, err := c.VendorAccounts(VendorAccountQuery{}).Collect(t.Context())
	check("accounts", accounts.Items, err)
	report, err := c.InvoiceReport(ReportQuery{}).Collect(t.Context())
	if err != nil || len(report.Items) != 2 { // a charge without a customer is its invoice's: whoever shows it asks for that
		t.Errorf("report: %+v, %v", report, err)
	}
}

// An operation's path names no customer: its record does, and without one it is nobody's.
func TestOperationOutOfScope(t *testing.T) {
	for customerNo, there := range map[string]bool{`2`: true, `"0002"`: true, `1`: false, `null`: false, `""`: false} {
		f := newFake(t, answering(200, `{"data":{"operationId":"7","customerNo":`+customerNo+`,"status":"DONE"}}`))
		if _, err := f.client(t, only("2")).Operation(t.Context(), "7"); there != (err == nil) || !there && !IsNotFound(err) {
			t.Errorf("of customer %s: %v", customerNo, err)
		}
	}
}

package stellr

import (
	"net/http"
	"slices"
	"testing"
)

// What filters look like on the wire.
func TestFilters(t *testing.T) {
	f := newFake(t, answering(200, `{"data":[]}`))
	c := f.client(t)
	ctx := t.Context()
	c.VendorProducts("Microsoft", ProductQuery{}).Page(ctx, 1)
	c.VendorProducts("Microsoft", ProductQuery{Search: "a&b", MfgPartNo: "M", IncludeDiscontinued: true}).Page(ctx, 2)
	c.Invoices(InvoiceQuery{CustomerNo: "7", From: NewDate(2026, 1, 1)}).Page(ctx, 1)
	c.InvoiceReport(ReportQuery{From: NewDate(2026, 1, 1), To: NewDate(2026, 1, 31), OrderNo: "9"}).Page(ctx, 1)
	c.AzureConsumption(ConsumptionQuery{CustomerNo: "7", BillingMonth: "2026-07"}).Page(ctx, 1)
	c.ChangeLog("7", ChangeLogQuery{ContractNo: "411833", Since: NewDate(2026, 1, 1)}).Page(ctx, 1)
	c.TransferableProducts(TransferableQuery{Domain: "d", TransferToken: "t"}).Page(ctx, 1)
	c.VendorAccounts(VendorAccountQuery{VendorID: "V"}).Page(ctx, 1)
	var asked []string
	for _, request := range f.seen() {
		asked = append(asked, request.query)
	}
	want := []string{
		"includeEOL=N&pageNo=1&pageSize=200",
		"%24search=a%26b&includeEOL=Y&mfgPartNo=M&pageNo=2&pageSize=200",
		"customerNo=7&startDate=2026-01-01&pageNo=1&pageSize=200",
		"endDate=2026-01-31&orderNo=9&startDate=2026-01-01&pageNo=1&pageSize=200",
		"billingMonth=2026-07&customerNo=7&pageNo=1&pageSize=200",
		"contractNo=411833&startDate=2026-01-01&pageNo=1&pageSize=200",
		"domain=d&transferToken=t&pageNo=1&pageSize=200",
		"vendorId=V&pageNo=1&pageSize=200",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
}

// Writes that could not mean what they say are not sent.
func TestWritesThatAreNotSent(t *testing.T) {
	f := newFake(t, nil)
	c := f.client(t)
	ctx := t.Context()
	for name, send := range map[string]func() error{
		"no seats":        func() error { _, err := c.ChangeSeats(ctx, "7", "1_1", SeatChange{}); return err },
		"fewer than none": func() error { _, err := c.ChangeSeats(ctx, "7", "1_1", SeatChange{Quantity: -1}); return err },
		"empty order":     func() error { _, err := c.CreateSubscriptions(ctx, "7", Order{VendorID: "V"}); return err },
		"order of nobody": func() error {
			_, err := c.CreateSubscriptions(ctx, "7", Order{Items: []OrderItem{{Quantity: 1}}})
			return err
		},
		"order of none": func() error {
			_, err := c.CreateSubscriptions(ctx, "7", Order{VendorID: "V", Items: []OrderItem{{Quantity: 1}, {}}})
			return err
		},
		"add-on of none": func() error { _, err := c.CreateAddOn(ctx, "7", "1_1", AddOnOrder{}); return err },
		"nameless":       func() error { _, err := c.CreateCustomer(ctx, NewCustomer{}); return err },
		"undated":        func() error { _, err := c.AcceptAgreement(ctx, "7", "MCA", Acceptance{}); return err },
		"undecided": func() error {
			_, err := c.UpdateRenewal(ctx, "7", "1_1", RenewalSetting{Decision: RenewalOther})
			return err
		},
		"no vendor":        func() error { _, err := c.SaveVendorAccount(ctx, VendorAccountSetting{}); return err },
		"transfer of none": func() error { _, err := c.TransferSubscription(ctx, "7", Transfer{}); return err },
		"unencodable": func() error {
			_, err := c.CreateSubscriptions(ctx, "7", Order{VendorID: "V", Items: []OrderItem{{Quantity: 1}}, DynamicParams: map[string]any{"a": func() {}}})
			return err
		},
	} {
		err := send()
		if e := wantError(t, err, CodeInvalid, NotSent); e.Unwrap() == nil {
			t.Errorf("%s: no reason", name)
		}
	}
	if len(f.dials()) != 0 {
		t.Error("something was sent")
	}
}

// What the path tells fills in what the wire leaves out.
func TestKeysFromThePath(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		record := `{"status":"DONE","decision":"ACCEPT","productName":"P","valid":"Y"}`
		if r.URL.Query().Has("pageNo") {
			record = `{"total":1,"records":[{"userId":"u","subscriptionId":"1_1","productId":3,"products":[{"productId":4}]}]}`
		}
		answerJSON(w, 200, `{"requestId":"r","data":`+record+`}`)
	})
	c := f.client(t)
	ctx := t.Context()
	if got, err := c.Subscription(ctx, "7", "1_1"); err != nil || got.CustomerNo != "7" || got.SubscriptionID != "1_1" {
		t.Errorf("subscription %+v, %v", got, err)
	}
	if got, err := c.Agreement(ctx, "7", "MCA"); err != nil || got.CustomerNo != "7" || got.AgreementType != "MCA" {
		t.Errorf("agreement %+v, %v", got, err)
	}
	if got, err := c.RenewalOptions(ctx, "7", "1_1"); err != nil || got.CustomerNo != "7" || got.SubscriptionID != "1_1" {
		t.Errorf("renewal options %+v, %v", got, err)
	}
	if got, err := c.Operation(ctx, "55"); err != nil || got.OperationID != "55" || got.Status != OperationSucceeded {
		t.Errorf("operation %+v, %v", got, err)
	}
	if got, err := c.ProductBySKU(ctx, "9"); err == nil {
		t.Errorf("a product without its id: %+v", got)
	}
	if got, err := c.CheckVendorAccount(ctx, "V", "domain", AccountCheck{Value: "a.test"}); err != nil || !*got.Valid || got.CheckType != "domain" || got.Value != "a.test" {
		t.Errorf("check %+v, %v", got, err)
	}
	if got, err := c.ChangeSeats(ctx, "7", "1_1", SeatChange{Quantity: 1}); err != nil || got.SubscriptionID != "1_1" || got.OperationID != "" {
		t.Errorf("accepted %+v, %v", got, err)
	}
	users, err := c.SubscribedUsers("7", "Google").Collect(ctx)
	if err != nil || users.Items[0].CustomerNo != "7" || users.Items[0].VendorID != "Google" || users.Items[0].Products[0].CustomerNo != "7" {
		t.Errorf("users %+v, %v", users, err)
	}
	log, err := c.ChangeLog("7", ChangeLogQuery{ContractNo: "411833"}).Collect(ctx)
	if err != nil || log.Items[0].CustomerNo != "7" || log.Items[0].ContractNo != "411833" {
		t.Errorf("change log %+v, %v", log, err)
	}
	products, err := c.VendorProducts("Google", ProductQuery{}).Collect(ctx)
	if err != nil || products.Items[0].VendorID != "Google" {
		t.Errorf("products %+v, %v", products, err)
	}
}

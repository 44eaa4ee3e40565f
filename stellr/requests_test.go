package stellr

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"testing"
)

var update = flag.Bool("update", false, "write the requests of testdata/ anew")

// write is one write and what it is called with: whatever must be told, or whatever can be.
type write struct {
	action Action
	name   string
	keys   []string
	body   any
}

// writes are all writes of the table, with as little as they take and with all that they can carry.
func writes() []write {
	yes, day := true, NewDate(2026, 7, 9)
	customer, subscription := []string{"100001"}, []string{"100001", "411833_1"}
	agreement, reason := []string{"100001", MicrosoftCustomerAgreement}, Reason{Reason: "No longer needed"}
	move := Transition{TargetProductID: "70003", TargetSKUNo: "6200003", Quantity: 7}
	return []write{
		{ActionAcceptAgreement, "minimal", agreement, Acceptance{FirstName: "Ada", LastName: "Lovelace", Email: "ada@acme.example", AcceptedOn: day}},
		{ActionAcceptAgreement, "full", agreement, Acceptance{FirstName: "Ä", LastName: "<B>", Email: "a+b@acme.example", Phone: "+1 555 0100", AcceptedOn: day}},
		{ActionCreateCustomer, "minimal", nil, NewCustomer{Name: "A & <B>"}},
		{ActionCreateCustomer, "full", nil, NewCustomer{
			Name: "Acme", ContactName: "Ada Lovelace", Email: "ada@acme.example", Phone: "+1 555 0100", Domain: "acme.example", TenantID: "5b0e", Line1: "1 Main St", Line2: "Floor 2",
			City: "Fremont", Region: "CA", PostalCode: "94538", Country: "US",
		}},
		{ActionGenericRequest, "minimal", nil, GenericRequest{Method: "DELETE", Path: "/api/v1/customers/100001/x"}},
		{ActionGenericRequest, "full", nil, GenericRequest{Method: "PUT", Path: "/api/v1/customers/100001/two words", Query: url.Values{"b": {"2", "1"}, "a": {"ä&"}}, Body: json.RawMessage(` {"as":  "it comes"}`), CustomerNo: "100001"}},
		{ActionCreateSubscriptions, "minimal", customer, Order{VendorID: "4", Items: []OrderItem{{ProductID: "70001", SKUNo: "6200001", Quantity: 1}}}},
		{ActionCreateSubscriptions, "full", customer, Order{
			VendorID: "Google", ResellerPONo: "PO-1", EndUserPONo: "EU-1", PaymentMethod: "TERMS", DynamicParams: map[string]any{"domain": "acme.example", "a": []any{1, true}},
			Items: []OrderItem{
				{ProductID: "70001", SKUNo: "6200001", Quantity: 3, BillingFrequency: "month", TermDuration: "P1Y", AutoRenew: &yes, CoterminousSubscriptionID: "411833_1"},
				{ProductID: "x1", SKUNo: "007", Quantity: 1, BillingFrequency: "annual", TermDuration: "P3Y", AutoRenew: new(false), CoterminousSubscriptionID: "411833_2"},
			},
		}},
		{ActionCreateAddOn, "minimal", subscription, AddOnOrder{ProductID: "70001", SKUNo: "6200001", Quantity: 2}},
		{ActionCreateAddOn, "full", subscription, AddOnOrder{ProductID: "70001", SKUNo: "6200001", Quantity: 2, ResellerPONo: "PO-1"}},
		{ActionChangeSeats, "minimal", subscription, SeatChange{Quantity: 5, ProductID: "9007199254740993", SKUNo: "1234567890123456789"}},
		{ActionChangeSeats, "full", subscription, SeatChange{Quantity: 5, ProductID: "70001", SKUNo: "6200001", ResellerPONo: "PO-1"}},
		{ActionCancelSubscription, "minimal", subscription, Reason{}}, {ActionCancelSubscription, "full", subscription, reason},
		{ActionReactivateSubscription, "minimal", subscription, Reason{}}, {ActionReactivateSubscription, "full", subscription, reason},
		{ActionUpgradeSubscription, "minimal", subscription, Transition{TargetProductID: "70003", TargetSKUNo: "6200003"}}, {ActionUpgradeSubscription, "full", subscription, move},
		{ActionDowngradeSubscription, "minimal", subscription, Transition{TargetProductID: "70003", TargetSKUNo: "6200003"}}, {ActionDowngradeSubscription, "full", subscription, move},
		{ActionChangePlan, "minimal", subscription, PlanChange{BillingFrequency: "annual"}},
		{ActionChangePlan, "full", subscription, PlanChange{BillingFrequency: "annual", TermDuration: "P1Y", PlanName: "ANNUAL_YEARLY_PAY", Quantity: 4, ResellerPONo: "PO-1"}},
		{ActionSuspendSubscription, "minimal", subscription, Reason{}}, {ActionSuspendSubscription, "full", subscription, reason},
		{ActionActivateSubscription, "minimal", subscription, Reason{}}, {ActionActivateSubscription, "full", subscription, reason},
		{ActionTransferSubscription, "minimal", customer, Transfer{VendorID: "Google", TransferToken: "TT-1", ProductID: "70001", SKUNo: "6200001", Quantity: 4}},
		{ActionTransferSubscription, "full", customer, Transfer{VendorID: "Google", TransferToken: "TT-1", Domain: "acme.example", ProductID: "70001", SKUNo: "6200001", Quantity: 4, ResellerPONo: "PO-1"}},
		{ActionUpdateRenewal, "minimal", subscription, RenewalSetting{Decision: RenewalReject}},
		{ActionUpdateRenewal, "full", subscription, RenewalSetting{Decision: RenewalAccept, NewPlans: []NewPlan{
			{ProductID: "70001", SKUNo: "6200001", Quantity: 3, BillingFrequency: "month", TermDuration: "P1Y", CoterminousDate: &day},
		}}},
		{ActionCheckVendorAccount, "minimal", []string{"Google", "domain"}, AccountCheck{Value: "acme.example"}},
		{ActionCheckVendorAccount, "full", []string{"Google", "domain"}, AccountCheck{Value: "acme.example", CustomerNo: "100001"}},
		{ActionSaveVendorAccount, "minimal", nil, VendorAccountSetting{OwnerType: "RESELLER", VendorID: "4"}},
		{ActionSaveVendorAccount, "full", nil, VendorAccountSetting{
			OwnerType: "CUSTOMER", CustomerNo: "100001", VendorID: "4", Domain: "acme.example", TenantID: "5b0e", AdminEmail: "ada@acme.example",
		}},
	}
}

// What every write is on the wire, byte for byte: the method, the path with its query, and the body.
func TestRequestsOfAllWrites(t *testing.T) {
	f := newFake(t, answering(200, `{"data":{"customerNo":"100001","agreementType":"1","vendorId":"1","operationId":5}}`))
	c := f.client(t)
	told := map[Action]int{}
	var got bytes.Buffer
	for i, w := range writes() {
		told[w.action]++
		if name, empty := emptyField(reflect.ValueOf(w.body)); w.name == "full" && empty {
			t.Errorf("the full %s does not have %s", w.action, name)
		}
		method := reflect.ValueOf(c).MethodByName(c.endpoints[w.action].Client)
		in := []reflect.Value{reflect.ValueOf(t.Context())}
		for _, key := range w.keys {
			in = append(in, reflect.ValueOf(key))
		}
		if err, _ := method.Call(append(in, reflect.ValueOf(w.body)))[1].Interface().(error); err != nil {
			t.Fatal(w.action, err)
		}
		sent := f.seen()[i]
		if want := map[bool]string{true: "application/json"}[sent.body != ""]; sent.header.Get("Content-Type") != want || sent.header.Get("Accept") != "application/json" {
			t.Errorf("%s: headers %v", w.action, sent.header)
		}
		if sent.query != "" {
			sent.path += "?" + sent.query
		}
		fmt.Fprintf(&got, "# %s, %s\n%s %s\n%s\n\n", w.action, w.name, sent.method, sent.path, sent.body)
	}
	for _, row := range Endpoints() {
		if row.Writes && told[row.Action] != 2 {
			t.Errorf("%s is there %d times, want twice", row.Action, told[row.Action])
		}
	}
	compare(t, "testdata/requests.golden", got.Bytes())
}

// emptyField finds a field that nothing was put into.
func emptyField(v reflect.Value) (string, bool) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			if name, empty := emptyField(v.Index(i)); empty && v.Type() != reflect.TypeFor[json.RawMessage]() {
				return name, true
			}
		}
		return "an element", v.Len() == 0
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				return "", v.IsZero()
			}
			if _, empty := emptyField(v.Field(i)); empty {
				return v.Type().Field(i).Name, true
			}
		}
		return "", false
	}
	return "", v.IsZero()
}

// compare fails where the file does not hold what it should; with -update it is written.
func compare(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is not what comes now (go test ./stellr -run %s -update writes it):\n%s", file, t.Name(), got)
	}
}

package sim

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

func TestRecordsAreWrittenAsTheWireHasThem(t *testing.T) {
	e := newEncoder(0, QuirksNone)
	price := decimal.RequireFromString("17.63")
	sub := stellr.Subscription{
		SubscriptionID: "411833_1", ContractNo: "411833", CustomerNo: "X-7", Name: `A "quoted" é`, Quantity: new(3), UnitCost: &price,
		StartDate: stellr.NewDate(2026, 7, 9), AutoRenew: new(false), CancellableUntil: time.Date(2026, 7, 9, 11, 21, 25, 733e6, time.UTC),
	}
	var o object
	if err := json.Unmarshal(e.record(&sub, "x"), &o); err != nil {
		t.Fatal(err)
	}
	want(t, o, "subscriptionId", "411833_1", "contractNo", 411833, "customerNo", "X-7", "productName", `A "quoted" é`, "quantity", 3, "unitPrice", 17.63,
		"startDate", "2026-07-09", "endDate", nil, "autoRenew", false, "cancellationAllowedUntil", "2026-07-09T11:21:25Z", "lineNo", nil)
	if _, number := o["contractNo"].(float64); !number {
		t.Errorf("contractNo is a %T", o["contractNo"])
	}
	if err := json.Unmarshal(e.record(stellr.ChangeLogEntry{At: sub.CancellableUntil}, "x"), &o); err != nil {
		t.Fatal(err)
	}
	want(t, o, "entryDatetime", "2026-07-09T07:21:25.733-0400")
	if err := json.Unmarshal(e.record(stellr.Product{ProductID: "007", Discontinued: new(true), Prices: []stellr.PriceTier{{MinQuantity: new(1), Cost: &price}}}, "x"), &o); err != nil {
		t.Fatal(err)
	}
	want(t, o, "discontinueProduct", "Y", "productId", "007")
	want(t, o["productPrice"].([]any)[0].(object), "rsPrice", 17.63, "minQty", 1)
}

// The demonstration shows each irregularity that clients must bear, and QuirksNone shows none.
func TestQuirks(t *testing.T) {
	for _, quirks := range []Quirks{QuirksSome, QuirksNone, QuirksAll} {
		s, _ := start(t, Options{Quirks: quirks})
		all := string(everything(t, s))
		for name, pattern := range map[string]string{
			"number as text": `"quantity":"\d+"`, "price as text": `"unitPrice":"[\d.]+"`, "id as text": `"customerNo":"\d+"`, "unknown member": `"x_internalFlags":\{`,
			"alias": `"companyName":"|"customerName":"`, "another alias": `"currencyCode"`, "long date": `"startDate":"[\d-]+T00:00:00Z"`, "credential": SecretMark,
		} {
			if got := regexp.MustCompile(pattern).MatchString(all); got != (quirks != QuirksNone) {
				t.Errorf("quirks %d, %s: %v", quirks, name, got)
			}
		}
		for _, pattern := range []string{`"endDate":null`, `"quantity":\d`} {
			if quirks != QuirksAll && !regexp.MustCompile(pattern).MatchString(all) {
				t.Errorf("quirks %d: no %s", quirks, pattern)
			}
		}
	}
}

func TestCredentialsAreInCustomersAndAccountsOnly(t *testing.T) {
	s, _ := start(t, Options{Quirks: QuirksAll})
	for path, wanted := range map[string]bool{
		customersPage: true, "/api/v1/cloud/vendors/account?pageNo=1&pageSize=200": true, rich + "?pageNo=1&pageSize=200": false, "/api/v1/cloud/invoices?pageNo=1&pageSize=9": false,
	} {
		if got := strings.Contains(send(s, "GET", path, "").Body.String(), SecretMark); got != wanted {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestErrorShapes(t *testing.T) {
	s, _ := calm(t)
	for path, member := range map[string]string{
		"/api/v1/cloud/customers/9": "errorMessage", "/api/v1/cloud/invoices?startDate=soon": "ErrorMessage", "/api/v1/cloud/vendors?pageNo=0&pageSize=1": "bizError",
	} {
		var o object
		if err := json.Unmarshal(send(s, "GET", path, "").Body.Bytes(), &o); err != nil || o[member] == nil || o["requestId"] == nil {
			t.Errorf("%s: %v %v", path, o, err)
		}
	}
}

func FuzzAppendText(f *testing.F) {
	f.Add(`a "b" \ <é>`)
	f.Add("\x00\xff\u2028")
	f.Fuzz(func(t *testing.T, text string) {
		var back string
		if err := json.Unmarshal(appendText(nil, text), &back); err != nil || utf8.ValidString(text) && back != text {
			t.Errorf("%q became %q: %v", text, back, err)
		}
	})
}

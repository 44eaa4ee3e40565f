package stellr

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

func TestTextOf(t *testing.T) {
	tests := []struct {
		value, want string
		ok          bool
	}{
		{`"a"`, "a", true}, {`" a "`, "a", true}, {`""`, "", true}, {`"caf\u00e9"`, "café", true}, {`"\ud83d\ude00"`, "😀", true}, {`"a\"b"`, `a"b`, true},
		{`100001`, "100001", true}, {`9007199254740993`, "9007199254740993", true}, {`123456789012345678901234567890`, "123456789012345678901234567890", true},
		{`1e6`, "1000000", true}, {`1E+06`, "1000000", true}, {`1.000001e6`, "1000001", true}, {`100001.0`, "100001", true}, {`-5`, "-5", true}, {`0`, "0", true},
		{`1e41`, "", false}, {`1e999999999`, "", false}, {`1e-999999999`, "", false}, {strings.Repeat("9", 41), strings.Repeat("9", 41), false},
		{`true`, "", false}, {`null`, "", false}, {`{}`, "", false}, {`[]`, "", false},
		{"\"a\xff\"", "a\uFFFD", true}, {`"\ud800"`, "\uFFFD", true},
	}
	for _, test := range tests {
		got, ok := textOf([]byte(test.value))
		if ok != test.ok || ok && got != test.want {
			t.Errorf("%s: got %q, %v; want %q, %v", test.value, got, ok, test.want, test.ok)
		}
	}
}

func TestDecimalOf(t *testing.T) {
	tests := []struct{ value, want string }{ // want is empty where nothing can be read
		{`17.63`, "17.63"}, {`"17.63"`, "17.63"}, {`" 17.63 "`, "17.63"}, {`17`, "17"}, {`-17.630`, "-17.63"}, {`"+5"`, "5"}, {`".5"`, "0.5"}, {`"5."`, "5"},
		{`1.7e1`, "17"}, {`1e40`, "1" + strings.Repeat("0", 40)}, {`0.1`, "0.1"}, {`1e-40`, "0." + strings.Repeat("0", 39) + "1"},
		{`"1,234.50"`, "1234.5"}, {`"1,234,567"`, "1234567"}, {`"-1,234.50"`, "-1234.5"},
		{`"1,234"`, ""}, {`"1,5"`, ""}, {`"1.234,50"`, ""}, {`"1,23,456.7"`, ""}, {`"12,34.5"`, ""}, {`"1234,567.8"`, ""},
		{`1e41`, ""}, {`1e999999999`, ""}, {`"1e999999999"`, ""}, {`1e-999999999`, ""}, {`1e99999999999999999999`, ""}, {`0e999999999`, ""},
		{strings.Repeat("9", 41), ""}, {`"` + strings.Repeat(" ", 30) + `1"`, "1"}, {`"` + strings.Repeat("0", 200) + `1"`, ""},
		{`"NaN"`, ""}, {`"Infinity"`, ""}, {`"0x10"`, ""}, {`"1_000"`, ""}, {`"$5"`, ""}, {`""`, ""}, {`"-"`, ""}, {`true`, ""}, {`null`, ""}, {`{}`, ""}, {`[1]`, ""},
	}
	for _, test := range tests {
		got, ok := decimalOf([]byte(test.value))
		if ok != (test.want != "") || ok && got.String() != test.want {
			t.Errorf("%s: got %v, %v; want %q", test.value, got, ok, test.want)
		}
	}
}

func TestIntOf(t *testing.T) {
	tests := []struct {
		value string
		want  int
		ok    bool
	}{
		{`10`, 10, true}, {`"10"`, 10, true}, {`" 10 "`, 10, true}, {`10.0`, 10, true}, {`"10.00"`, 10, true}, {`1e1`, 10, true}, {`-3`, -3, true}, {`"1,234"`, 1234, true}, {`0`, 0, true},
		{`10.5`, 0, false}, {`"ten"`, 0, false}, {`9223372036854775807`, 9223372036854775807, true}, {`9223372036854775808`, 0, false}, {`1e30`, 0, false}, {`1e999999999`, 0, false},
		{`"1,23"`, 0, false}, {`true`, 0, false}, {`{}`, 0, false}, {`""`, 0, false},
	}
	for _, test := range tests {
		if got, ok := intOf([]byte(test.value)); got != test.want || ok != test.ok {
			t.Errorf("%s: got %d, %v; want %d, %v", test.value, got, ok, test.want, test.ok)
		}
	}
}

func TestBoolOf(t *testing.T) {
	for want, values := range map[string][]string{
		"true":  {`true`, `1`, `"true"`, `"True"`, `"Y"`, `"y"`, `"yes"`, `" Y "`, `"1"`, `"T"`},
		"false": {`false`, `0`, `"false"`, `"N"`, `"no"`, `"0"`, `"F"`},
		"":      {`2`, `"maybe"`, `""`, `{}`, `[true]`, `1.0`},
	} {
		for _, value := range values {
			got, ok := boolOf([]byte(value))
			if ok != (want != "") || ok && fmt.Sprint(got) != want {
				t.Errorf("%s: got %v, %v; want %q", value, got, ok, want)
			}
		}
	}
}

func TestTimesAndDates(t *testing.T) {
	tests := []struct{ value, time, date string }{
		{`"2026-07-09"`, "2026-07-09T00:00:00Z", "2026-07-09"},
		{`"2026-07-09T11:21:25Z"`, "2026-07-09T11:21:25Z", "2026-07-09"},
		{`"2026-07-09T11:21:25.733-0400"`, "2026-07-09T15:21:25.733Z", "2026-07-09"},
		{`"2026-07-09T11:21:25-04:00"`, "2026-07-09T15:21:25Z", "2026-07-09"},
		{`"2026-07-09 11:21:25"`, "2026-07-09T11:21:25Z", "2026-07-09"},
		{`"2026-07-09 11:21:25.5 -0400"`, "2026-07-09T15:21:25.5Z", "2026-07-09"},
		{`"2026-07-09T11:21"`, "2026-07-09T11:21:00Z", "2026-07-09"},
		{`"2026-07-09T23:30:00-0400"`, "2026-07-10T03:30:00Z", "2026-07-09"}, // the day as written, not in UTC
		{`"2026-07-09T00:30:00+0900"`, "2026-07-08T15:30:00Z", "2026-07-09"},
		{`" 2026-07-09 "`, "2026-07-09T00:00:00Z", "2026-07-09"},
		{`"2026-02-30"`, "", ""}, {`"0000-00-00"`, "", ""}, {`"0001-01-01"`, "", ""}, {`"0001-01-01T00:00:00Z"`, "", ""}, {`"07/09/2026"`, "", ""}, {`"20260709"`, "", ""},
		{`"2026-07-09T"`, "", ""}, {`"2026-07-09garbage"`, "", ""}, {`1783595685000`, "", ""}, {`""`, "", ""}, {`true`, "", ""}, {`{}`, "", ""},
	}
	for _, test := range tests {
		at, ok := timeOf([]byte(test.value))
		if got := at.UTC().Format(time.RFC3339Nano); ok != (test.time != "") || ok && got != test.time {
			t.Errorf("%s: got %s, %v; want %q", test.value, got, ok, test.time)
		}
		day, ok := dateOf([]byte(test.value))
		if ok != (test.date != "") || day.String() != test.date {
			t.Errorf("%s: got %s, %v; want %q", test.value, day, ok, test.date)
		}
	}
}

func TestRecord(t *testing.T) {
	got, n, ok := readAs[Subscription](`{
		"SubscriptionID": " 411833_1 ", "contractNo": 411833, "lineNo": "1", "customerNumber": 100001.0, "productId": 9007199254740993, "sku": 42,
		"name": "by the second alias", "subscriptionName": "by an alias", "quantity": "1,200", "unitPrice": 17.630, "customerPrice": "22", "startDate": "2026-07-09T23:30:00-0400",
		"status": "Brand New", "autoRenew": "Y", "cancellationAllowedUntil": "2026-07-16T00:00:00Z", "refundableQuantity": null,
		"unknown": {"deep": [1, {"x": "}]\""}]}, "": 7, "vendorId": {"an": "object"}, "offerId": [1]}`)
	want := Subscription{
		SubscriptionID: "411833_1", ContractNo: "411833", LineNo: new(1), CustomerNo: "100001", ProductID: "9007199254740993", SKUNo: "42",
		Quantity: new(1200), UnitCost: new(decimal.RequireFromString("17.630")), UnitPrice: new(decimal.RequireFromString("22")), Currency: "USD",
		StartDate: NewDate(2026, 7, 9), StatusText: "Brand New", Status: SubscriptionOther, AutoRenew: new(true),
		CancellableUntil: time.Date(2026, 7, 16, 0, 0, 0, 0, time.UTC), Name: "by an alias",
	}
	if !ok || !reflect.DeepEqual(*got, want) {
		t.Errorf("got  %+v\nwant %+v", *got, want)
	}
	if fmt.Sprint(n.wrong) != "[vendorId offerId]" {
		t.Errorf("noted as odd: %v", n.wrong)
	}
}

// A name that stands there escaped is not taken for what it would be if it did not.
func TestEscapedNames(t *testing.T) {
	c := &Client{currency: "USD", decoder: &decoder{}}
	for _, body := range []string{`{"productName\":\"x\",\"quantity":7,"subscriptionId":"1_1"}`, `{"productName":"x","quantity":7,"subscriptionId":"1_1"}`, `{"product\u004eame":"x","\u0071uantity":7,"subscriptionId":"1_1"}`} {
		got, _, ok := readRecord[Subscription](c, []byte(body), nil, new(notes))
		if plain := !strings.Contains(body, `\"`); !ok || got.SubscriptionID != "1_1" || (got.Name == "x") != plain || (got.Quantity != nil) != plain {
			t.Errorf("%s is read as %+v", body, got)
		}
	}
}

func TestWhichNameWins(t *testing.T) {
	for body, want := range map[string]string{
		`{"productName":"proper","name":"alias"}`:         "proper",
		`{"name":"alias","productName":"proper"}`:         "proper",
		`{"name":"alias","PRODUCTNAME":"folded"}`:         "folded",
		`{"PRODUCTNAME":"folded","productName":"proper"}`: "proper",
		`{"productName":null,"name":"alias"}`:             "alias",
		`{"productName":{},"name":"alias"}`:               "alias",
		`{"name":"alias","NAME":"folded"}`:                "alias",
		`{"productName":"first","productName":"second"}`:  "second",
		`{"product\u004eame":"escaped"}`:                  "escaped",
	} {
		got, _, ok := readAs[Product](strings.Replace(body, "{", `{"productId":1,`, 1))
		if !ok || got.Name != want {
			t.Errorf("%s: got %q, want %q", body, got.Name, want)
		}
	}
}

func TestNestedRecords(t *testing.T) {
	got, _, ok := readAs[Invoice](`{"invoiceNo":1,"customerNo":7,"orderNo":"9","currency":"EUR","lines":[{"lineNo":1,"extendPrice":-5,"currency":"CAD"},null,{"lineNo":2},"odd"]}`)
	if !ok || len(got.Lines) != 2 || got.Lines[0].Currency != "CAD" || got.Lines[1].Currency != "EUR" || got.Lines[1].CustomerNo != "7" || got.Lines[1].InvoiceNo != "1" {
		t.Errorf("got %+v", got)
	}
	one, _, ok := readAs[Product](`{"productId":1,"productPrice":{"rsPrice":"1.5"}}`)
	if !ok || len(one.Prices) != 1 || one.Prices[0].Cost.String() != "1.5" {
		t.Errorf("one object where an array should be: got %+v", one)
	}
	none, n, ok := readAs[Product](`{"productId":1,"productPrice":"free"}`)
	if !ok || none.Prices != nil || len(n.wrong) != 1 {
		t.Errorf("a text where an array should be: got %+v", none)
	}
	days, _, ok := readAs[RenewalOptions](`{"subscriptionId":"1_1","coterminousDates":["2026-07-09","never",null,"2026-08-09"]}`)
	if !ok || len(days.CoterminousDates) != 2 {
		t.Errorf("got %+v", days)
	}
}

func TestKeys(t *testing.T) {
	for body, want := range map[string]bool{
		`{"customerNo":1}`: true, `{"customerId":"1"}`: true, `{"customerNo":""}`: false, `{"customerNo":"  "}`: false, `{"customerNo":null}`: false,
		`{"customerNo":{}}`: false, `{}`: false, `{"name":"x"}`: false, `[]`: false, `null`: false, `"x"`: false,
	} {
		if _, _, ok := readAs[Customer](body); ok != want {
			t.Errorf("%s: got %v", body, ok)
		}
	}
}

// Every field of every record is of a type that can be read, and no two fields claim the same name.
func TestPlansOfAllRecords(t *testing.T) {
	d := &decoder{}
	for _, record := range []any{Customer{}, Subscription{}, Product{}, PriceTier{}, Vendor{}, VendorAccount{}, AccountCheckResult{}, SubscribedUser{}, AssignedProduct{},
		Invoice{}, InvoiceLine{}, AzureConsumption{}, Agreement{}, Operation{}, OperationResult{}, ChangeLogEntry{}, RenewalOptions{}, RenewalPlan{}, Accepted{}, Ordered{}} {
		p := d.planOf(reflect.TypeOf(record))
		if len(p.fields) > 48 {
			t.Errorf("%T has more fields than object keeps ranks for without allocating", record)
		}
		fresh := reflect.New(reflect.TypeOf(record)).Elem()
		for i, f := range p.fields {
			readable := false
			for _, value := range []string{`"2026-07-09"`, `"7"`, `true`, `{}`, `[]`} {
				readable = readable || f.read(d, []byte(value), fresh.Field(f.index), &notes{})
			}
			if !readable || p.exact[f.name].field != i || p.folded[strings.ToLower(f.name)].field != i {
				t.Errorf("%T.%s cannot be read", record, f.name)
			}
		}
	}
}

func readAs[R any](body string) (*R, notes, bool) {
	c := &Client{currency: "USD", decoder: &decoder{}}
	var n notes
	if !wellFormed([]byte(body)) {
		panic("the test's JSON is not well formed: " + body)
	}
	record, end, ok := readRecord[R](c, []byte(body), nil, &n)
	if end != len(body) {
		panic("the test's JSON was not read to its end: " + body)
	}
	return record, n, ok
}

func TestEnvelopes(t *testing.T) {
	tests := []struct {
		body            string
		ok, failed      bool
		id              string
		message, detail string
	}{
		{`{"requestId":"r","data":{}}`, true, false, "r", "", ""},
		{"\xef\xbb\xbf " + `{"RequestID":12,"data":{}}` + "\n", true, false, "12", "", ""},
		{`{"requestId":"r","errorMessage":"m","errorDetail":"d"}`, true, true, "r", "m", "d"},
		{`{"ErrorMessage":"m","ErrorDetail":"d","data":{"customerNo":1}}`, true, true, "", "m", "d"},
		{`{"errorDetail":"d"}`, true, true, "", "", "d"},
		{`{"errorMessage":"","errorDetail":null,"data":{}}`, true, false, "", "", ""},
		{`{"errorMessage":{"code":7}}`, true, true, "", `{"code":7}`, ""},
		{`{"BizError":{"ErrorMessage":"m","ErrorDetail":"d"}}`, true, true, "", "m", "d"},
		{`{"bizError":{"message":"m","description":"d","code":"E1"},"data":null}`, true, true, "", "m", "d"},
		{`{"bizError":{"code":"E1"}}`, true, true, "", "", ""},
		{`{"bizError":"m"}`, true, true, "", "m", ""},
		{`{"bizError":null,"data":{}}`, true, false, "", "", ""},
		{`{"bizError":{},"data":{}}`, true, false, "", "", ""},
		{`{"bizError":{"code":0,"message":""},"data":{}}`, true, false, "", "", ""},
		{`{"data":{"bizError":{"message":"m"}}}`, true, true, "", "m", ""},
		{`{"data":{"errorMessage":"m","errorDetail":"d"}}`, true, true, "", "m", "d"},
		{`{"data":{"operationId":"1","errorMessage":"a vendor's word about one result"}}`, true, false, "", "", ""},
		{`{"data":{"results":[{"errorMessage":"m"}]}}`, true, false, "", "", ""},
		{`{"requestId":"two words"}`, true, false, "", "", ""},
		{`{"requestId":"` + strings.Repeat("x", 129) + `"}`, true, false, "", "", ""},
		{`[]`, true, false, "", "", ""},
		{`"text"`, false, false, "", "", ""}, {`{`, false, false, "", "", ""}, {``, false, false, "", "", ""}, {`{}{}`, false, false, "", "", ""}, {`null`, false, false, "", "", ""},
	}
	for _, test := range tests {
		got, ok := openEnvelope([]byte(test.body))
		if ok != test.ok || got.failed != test.failed || got.requestID != test.id || got.message != test.message || got.detail != test.detail {
			t.Errorf("%s: got %+v, %v", test.body, got, ok)
		}
	}
}

// The walker agrees with encoding/json about every document that is JSON, and records can be read of anything.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{oneCustomer, `{"data":{"total":"1","records":[{"subscriptionId":"1_1","quantity":"1,0"}]}}`, `[]`, `{"a":"\\\"","b":[{}]}`,
		`{"data":[1e999999999,-0.0,"\ud800",null,true,{"":[]}]}`, `{"unitPrice":1e-999999999,"startDate":"2026-02-30","results":[[],{"errorMessage":"x"}]}`, "{ \"a\" :\t[ 1 , 2 ] ,\n\"b\" : { } }"} {
		f.Add([]byte(seed))
	}
	d := &decoder{}
	c := &Client{currency: "USD", decoder: d}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, ok := openEnvelope(body)
		if !ok {
			return
		}
		rows := [][]byte{e.data, body}
		eachRow(e.data, func(i int) int {
			rows = append(rows, e.data[i:valueEnd(e.data, i)])
			return valueEnd(e.data, i)
		})
		for _, row := range rows {
			if _, end, _ := readRecord[Subscription](c, row, nil, &notes{}); end != valueEnd(row, 0) {
				t.Errorf("%q is read to %d, and ends at %d", row, end, valueEnd(row, 0))
			}
			readRecord[Operation](c, row, nil, &notes{})
			if invoice, _, ok := readRecord[Invoice](c, row, nil, &notes{}); ok && invoice.Total != nil && len(invoice.Total.String()) > 100 {
				t.Errorf("an amount of %d digits", len(invoice.Total.String()))
			}
		}
		if clean := withoutCredentials(body); !json.Valid(clean) {
			t.Errorf("%q became %q", body, clean)
		}
		var fields map[string]json.RawMessage
		if json.Unmarshal(body, &fields) != nil {
			return
		}
		walked := map[string]string{}
		start := strings.IndexByte(string(body), '{')
		eachField(body[start:], func(name, value []byte) { walked[string([]rune(string(name)))] = string(value) })
		for name, value := range fields {
			if got, ok := walked[name]; !ok || got != string(value) {
				t.Errorf("%q: walked to %q, encoding/json to %q", name, got, value)
			}
		}
	})
}

package stellr

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// paged serves rows of customers page by page, and tells the total that total returns for a page.
type paged struct {
	rows  []string
	size  int // of a page, whatever is asked for; 0: what is asked for
	total func(page int) string
	page  func(page int, rows []string) []string // instead of the rows of a page; may be nil
}

func (p paged) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.Atoi(r.URL.Query().Get("pageNo"))
	size, _ := strconv.Atoi(r.URL.Query().Get("pageSize"))
	if number == 0 || size == 0 {
		answerJSON(w, 200, `{"data":{"total":0,"records":[]}}`)
		return
	}
	if p.size > 0 {
		size = p.size
	}
	var rows []string
	if first := (number - 1) * size; first < len(p.rows) {
		rows = p.rows[first:min(first+size, len(p.rows))]
	}
	if p.page != nil {
		rows = p.page(number, rows)
	}
	total := ""
	if p.total != nil {
		total = `"total":` + p.total(number) + `,`
	}
	answerJSON(w, 200, fmt.Sprintf(`{"requestId":"r%d","data":{%s"records":[%s]}}`, number, total, strings.Join(rows, ",")))
}

func customerRows(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"customerNo":%d,"name":"Customer %d"}`, 100000+i, i)
	}
	return rows
}

func TestPaging(t *testing.T) {
	honest := func(n int) func(int) string { return func(int) string { return strconv.Itoa(n) } }
	lastPageAgain := func(rows []string) func(int, []string) []string {
		return func(number int, page []string) []string {
			if len(page) == 0 {
				return rows[len(rows)/200*200:]
			}
			return page
		}
	}
	r450 := customerRows(450)
	tests := []struct {
		name  string
		from  paged
		items int
		calls int // of reading page by page; collecting may make more
	}{
		{"nobody", paged{total: honest(0)}, 0, 1},
		{"one page", paged{rows: customerRows(137), total: honest(137)}, 137, 1},
		{"three pages", paged{rows: r450, total: honest(450)}, 450, 3},
		{"full pages only", paged{rows: customerRows(400), total: honest(400)}, 400, 2},
		{"one full page, which might be the page's own total", paged{rows: customerRows(200), total: honest(200)}, 200, 2},
		{"total of the page", paged{rows: r450, total: func(page int) string { return []string{"200", "200", "50"}[page-1] }}, 450, 3},
		{"total as text", paged{rows: r450, total: func(int) string { return `"450"` }}, 450, 3},
		{"no total", paged{rows: r450}, 450, 3},
		{"null total", paged{rows: r450, total: func(int) string { return "null" }}, 450, 3},
		{"negative total", paged{rows: r450, total: honest(-1)}, 450, 3},
		{"zero total", paged{rows: r450, total: honest(0)}, 450, 3},
		{"total too small", paged{rows: r450, total: honest(100)}, 450, 3},
		{"total a little too small", paged{rows: r450, total: honest(399)}, 450, 3},
		{"total too large", paged{rows: r450, total: honest(5000)}, 450, 4},
		{"total absurd", paged{rows: r450, total: func(int) string { return "999999999999999" }}, 450, 4},
		{"total beyond numbers", paged{rows: r450, total: func(int) string { return "1e999999999" }}, 450, 3},
		{"total shrinks", paged{rows: r450, total: func(page int) string { return strconv.Itoa(450 - 100*page) }}, 450, 3},
		{"total grows", paged{rows: r450, total: func(page int) string { return strconv.Itoa(150 + 100*page) }}, 450, 3},
		{"server's pages are smaller", paged{rows: r450, size: 100, total: honest(450)}, 450, 5},
		{"last page for ever", paged{rows: r450, total: honest(5000), page: lastPageAgain(r450)}, 450, 4},
		{"first page for ever", paged{rows: customerRows(200), total: honest(5000), page: func(int, []string) []string { return customerRows(200) }}, 200, 2},
		{"the same customers for ever, written differently", paged{rows: customerRows(200), total: honest(5000), page: func(number int, _ []string) []string {
			rows := customerRows(200)
			rows[0] = fmt.Sprintf(`{"customerNo":100000,"page":%d}`, number)
			return rows
		}}, 200, 2},
		{"pages overlap", paged{rows: append(customerRows(200), customerRows(250)[150:]...), total: honest(300)}, 250, 2},
		{"same row twice", paged{rows: append(customerRows(3), customerRows(3)...), total: honest(6)}, 3, 1},
		{"a page in the middle without any key", paged{rows: r450, total: honest(450), page: func(number int, rows []string) []string {
			if number == 2 {
				return slices.Repeat([]string{`{"name":"keyless"}`}, 200)
			}
			return rows
		}}, 250, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t, test.from.ServeHTTP)
			c := f.client(t)
			records, err := c.Customers().Collect(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			together := len(f.seen())
			var walked []*Customer
			for customer, err := range c.Customers().All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				walked = append(walked, customer)
			}
			apart := len(f.seen()) - together
			numbers := func(customers []*Customer) (all []string) {
				for _, customer := range customers {
					all = append(all, customer.CustomerNo)
				}
				return all
			}
			if len(records.Items) != test.items || !slices.Equal(numbers(records.Items), numbers(walked)) {
				t.Errorf("collected %d, walked %d, want %d", len(records.Items), len(walked), test.items)
			}
			if apart != test.calls || together < apart || together > apart+16 {
				t.Errorf("%d calls together and %d page by page, want %d", together, apart, test.calls)
			}
			if !slices.IsSorted(numbers(records.Items)) {
				t.Error("out of order")
			}
		})
	}
}

func TestPagingAlwaysSaysWhichPage(t *testing.T) {
	f := newFake(t, paged{rows: customerRows(401), total: func(int) string { return "401" }}.ServeHTTP)
	records, err := f.client(t).Customers().Collect(t.Context())
	if err != nil || records.Total != 401 || records.Pages != 3 {
		t.Fatalf("got %+v, %v", records, err)
	}
	var asked []string
	for _, request := range f.seen() {
		asked = append(asked, request.query)
	}
	slices.Sort(asked)
	if want := []string{"pageNo=1&pageSize=200", "pageNo=2&pageSize=200", "pageNo=3&pageSize=200"}; !slices.Equal(asked, want) {
		t.Errorf("asked %v", asked)
	}
}

func TestListWithoutEnd(t *testing.T) {
	next := 0
	f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
		next++
		answerJSON(w, 200, fmt.Sprintf(`{"data":{"total":1000000000,"records":[{"customerNo":%d}]}}`, next))
	})
	_, err := f.client(t).Customers().Collect(t.Context())
	wantError(t, err, CodeBadAnswer, Unknown)
	if len(f.seen()) != maxPages {
		t.Errorf("read %d pages", len(f.seen()))
	}
}

func TestPageShapes(t *testing.T) {
	row := `{"customerNo":"1"}`
	tests := []struct {
		data  string
		items int
		total int
		code  Code
	}{
		{`{"total":1,"records":[` + row + `]}`, 1, 1, ""},
		{`[` + row + `]`, 1, -1, ""},
		{`{"records":[` + row + `,null,7,"x",[]]}`, 1, -1, ""},
		{`{"Total":"1","RECORDS":[` + row + `]}`, 1, 1, ""},
		{`{"total":0}`, 0, 0, ""},
		{`{"total":0,"records":null}`, 0, 0, ""},
		{`null`, 0, -1, ""},
		{`{}`, 0, -1, ""},
		{`[]`, 0, -1, ""},
		{`{"something":"else"}`, 0, 0, CodeBadAnswer},
		{`"text"`, 0, 0, CodeBadAnswer},
		{`7`, 0, 0, CodeBadAnswer},
	}
	for _, test := range tests {
		f := newFake(t, answering(200, `{"requestId":"r","data":`+test.data+`}`))
		page, err := f.client(t).Customers().Page(t.Context(), 1)
		if test.code != "" {
			wantError(t, err, test.code, Unknown)
			continue
		}
		if err != nil || len(page.Items) != test.items || page.Total != test.total || page.RequestID != "r" {
			t.Errorf("%s: got %+v, %v", test.data, page, err)
		}
	}
	f := newFake(t, answering(200, `[`+row+`]`))
	if page, err := f.client(t).Customers().Page(t.Context(), 1); err != nil || len(page.Items) != 1 {
		t.Errorf("a bare array: got %+v, %v", page, err)
	}
	_, err := f.client(t).Customers().Page(t.Context(), 0)
	wantError(t, err, CodeInvalid, NotSent)
}

// Rows without a key of their own are only recognised as repeated when a whole page is.
func TestPagingOfRowsWithoutKeys(t *testing.T) {
	line := `{"invoiceNo":"I1","description":"the same charge twice"}`
	f := newFake(t, paged{rows: []string{line, line, line}, total: func(int) string { return "9" }, page: func(_ int, rows []string) []string {
		return []string{line, line, line}
	}}.ServeHTTP)
	records, err := f.client(t).InvoiceReport(ReportQuery{}).Collect(t.Context())
	if err != nil || len(records.Items) != 3 || len(f.seen()) != 2 {
		t.Errorf("got %d lines of %d calls, %v", len(records.Items), len(f.seen()), err)
	}
}

func TestListOfAnotherCustomersRecords(t *testing.T) {
	rows := []string{`{"subscriptionId":"1_1"}`, `{"subscriptionId":"2_1","customerNo":"0007"}`, `{"subscriptionId":"3_1","customerNo":8}`, `{"customerNo":7}`}
	f := newFake(t, paged{rows: rows, total: func(int) string { return "4" }}.ServeHTTP)
	records, err := f.client(t).Subscriptions("7").Collect(t.Context())
	if err != nil || len(records.Items) != 2 || records.Dropped != 2 || records.Total != 4 {
		t.Fatalf("got %+v, %v", records, err)
	}
	for _, subscription := range records.Items {
		if subscription.CustomerNo != "7" || subscription.Currency != "USD" {
			t.Errorf("got %+v", subscription)
		}
	}
	if !strings.Contains(f.log.String(), "records dropped") {
		t.Error("what was dropped is not in the log")
	}
}

func TestSameKey(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"7", "7", true}, {"007", "7", true}, {"7", "0000007", true}, {"a", "a", true}, {"1_1", "1_1", true},
		{"7", "8", false}, {"70", "7", false}, {"0a", "a", false}, {"a", "A", false}, {"0", "00", false}, {"", "0", false}, {"01_1", "1_1", false}, {"-7", "7", false},
	} {
		if SameKey(test.a, test.b) != test.same || SameKey(test.b, test.a) != test.same {
			t.Errorf("%q and %q: want %v", test.a, test.b, test.same)
		}
	}
}

func TestCollectFailsWithAPage(t *testing.T) {
	from := paged{rows: customerRows(900), total: func(int) string { return "900" }}
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("pageNo") == "3" {
			answerJSON(w, 403, `{"requestId":"r3","errorMessage":"no"}`)
			return
		}
		from.ServeHTTP(w, r)
	})
	c := f.client(t)
	if records, err := c.Customers().Collect(t.Context()); records != nil || wantError(t, err, CodeForbidden, Rejected).RequestID != "r3" {
		t.Errorf("got %v", records)
	}
	got := 0
	for _, err := range c.Customers().All(t.Context()) {
		if err != nil {
			wantError(t, err, CodeForbidden, Rejected)
			break
		}
		got++
	}
	if got != 400 {
		t.Errorf("%d before the error, want 400", got)
	}
}

func TestAllReadsNoFurtherThanAsked(t *testing.T) {
	f := newFake(t, paged{rows: customerRows(900), total: func(int) string { return "900" }}.ServeHTTP)
	for range f.client(t).Customers().All(t.Context()) {
		break
	}
	if len(f.seen()) != 1 {
		t.Errorf("read %d pages", len(f.seen()))
	}
}

// A cache of pages may stand before a list, and its pages stay as they are.
func TestListViaACache(t *testing.T) {
	rows := append(customerRows(200), customerRows(250)[150:]...)
	f := newFake(t, paged{rows: rows, total: func(int) string { return "300" }}.ServeHTTP)
	list := f.client(t).Customers()
	var mu sync.Mutex
	kept := map[int]*Page[*Customer]{}
	cached := list.Via(func(ctx context.Context, number int) (*Page[*Customer], error) {
		mu.Lock()
		page := kept[number]
		mu.Unlock()
		if page != nil {
			return page, nil
		}
		page, err := list.Page(ctx, number)
		mu.Lock()
		kept[number] = page
		mu.Unlock()
		return page, err
	})
	for range 3 {
		records, err := cached.Collect(t.Context())
		if err != nil || len(records.Items) != 250 || records.Repeated != 50 {
			t.Fatalf("got %+v, %v", records, err)
		}
	}
	if len(f.seen()) != 2 || len(kept[2].Items) != 100 || kept[2].Items[0].CustomerNo != "100150" {
		t.Errorf("%d requests; the kept page has %d items", len(f.seen()), len(kept[2].Items))
	}
}

func TestListsDoNothingUntilRead(t *testing.T) {
	f := newFake(t, nil)
	c := f.client(t)
	_, err := c.Subscriptions("").Collect(t.Context())
	wantError(t, err, CodeInvalid, NotSent)
	for _, err := range c.SubscribedUsers("1", "").All(t.Context()) {
		wantError(t, err, CodeInvalid, NotSent)
	}
	if _, err := c.ResellerSubscriptions().Page(t.Context(), 1); c.HasResellerSubscriptions() {
		t.Error("no path is known")
	} else {
		wantError(t, err, CodeNotConfigured, NotSent)
	}
	if len(f.seen())+f.tokenRequests() != 0 {
		t.Error("something was sent")
	}
}

func BenchmarkCollect(b *testing.B) {
	body := benchPage(b)
	c, err := New(Config{ClientID: "x", ClientSecret: "x"})
	if err != nil {
		b.Fatal(err)
	}
	wrapped, _ := openEnvelope(body)
	list := c.Subscriptions("100001")
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		opened, ok := openEnvelope(body)
		page := new(Page[*Subscription])
		ok = list.fill(context.Background(), list.call(), page, opened.data) && ok
		if !ok || len(page.Items) != 200 {
			b.Fatal("lost some")
		}
	}
	_ = wrapped
}

// BenchmarkEncodingJSON is what the same page costs with encoding/json and records that are read strictly.
func BenchmarkEncodingJSON(b *testing.B) {
	body := benchPage(b)
	type strict struct {
		Data struct {
			Total   int `json:"total"`
			Records []struct {
				SubscriptionID string      `json:"subscriptionId"`
				CustomerNo     int         `json:"customerNo"`
				VendorID       string      `json:"vendorId"`
				ProductID      int         `json:"productId"`
				SKUNo          int         `json:"skuNo"`
				Name           string      `json:"productName"`
				Quantity       int         `json:"quantity"`
				UnitCost       json.Number `json:"unitPrice"`
				UnitPrice      json.Number `json:"customerPrice"`
				Currency       string      `json:"currency"`
				StartDate      string      `json:"startDate"`
				EndDate        string      `json:"endDate"`
				StatusText     string      `json:"status"`
				AutoRenew      bool        `json:"autoRenew"`
			} `json:"records"`
		} `json:"data"`
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var page strict
		if err := json.Unmarshal(body, &page); err != nil || len(page.Data.Records) != 200 {
			b.Fatal(err)
		}
	}
}

func benchPage(b *testing.B) []byte {
	b.Helper()
	rows := make([]string, 200)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"subscriptionId":"%d_1","customerNo":100001,"contractNo":%d,"lineNo":1,"vendorId":"Microsoft","vendorName":"Microsoft",`+
			`"vendorSubscriptionId":"b2f7e2a4-0000-4000-8000-%012d","productId":%d,"skuNo":%d,"mfgPartNo":"CFQ7TTC0LH18:0001","productName":"Microsoft 365 Business Premium",`+
			`"quantity":25,"unitPrice":17.63,"customerPrice":"22.00","currency":"USD","billingFrequency":"month","termDuration":"P1Y","startDate":"2026-01-09",`+
			`"endDate":"2027-01-08","status":"Active","autoRenew":true,"resellerPoNo":"PO-%d","cancellationAllowedUntil":"2026-01-16T00:00:00Z","unknownField":{"a":[1,2,3]}}`,
			400000+i, 400000+i, i, 5000+i, 90000+i, i)
	}
	return []byte(`{"requestId":"r","data":{"total":200,"records":[` + strings.Join(rows, ",") + `]}}`)
}

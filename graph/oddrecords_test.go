package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"testing"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// openChanged starts a gateway over a simulator whose lists at paths with this ending are changed, record by record: as
// Stellr may write them and the simulator does not.
func openChanged(t *testing.T, ending string, change func(i int, record map[string]any)) *gateway {
	t.Helper()
	var one sync.Mutex
	modify := func(r *http.Response) error {
		if !strings.HasSuffix(r.Request.URL.Path, ending) {
			return nil
		}
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		var envelope struct {
			Data struct {
				Total   int              `json:"total"`
				Records []map[string]any `json:"records"`
			} `json:"data"`
		}
		numbers := json.NewDecoder(bytes.NewReader(raw))
		numbers.UseNumber()
		if err := numbers.Decode(&envelope); err != nil {
			return err
		}
		one.Lock()
		defer one.Unlock()
		for i, record := range envelope.Data.Records {
			change(i, record)
		}
		if raw, err = json.Marshal(envelope); err != nil {
			return err
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
		r.Header.Set("Content-Length", strconv.Itoa(len(raw)))
		return nil
	}
	return open(t, sim.Options{Quirks: sim.QuirksNone}, behind(t, func(proxy *httputil.ReverseProxy) http.Handler {
		proxy.ModifyResponse = modify
		return proxy
	}))
}

// TestPaddedCustomerNumbers: 100001 and 0000100001 are one customer, in a list of its own and among the others'.
func TestPaddedCustomerNumbers(t *testing.T) {
	padded := func(_ int, record map[string]any) {
		if no, ok := record["customerNo"]; ok {
			record["customerNo"] = fmt.Sprintf("%010s", no)
		}
	}
	c := open(t, sim.Options{Quirks: sim.QuirksNone}).client
	for _, test := range []struct {
		ending, list string
		count        map[string]int
	}{
		{"/vendors/account", "vendorAccounts", byCustomer(t, c.VendorAccounts(stellr.VendorAccountQuery{}), func(r *stellr.VendorAccount) string { return r.CustomerNo })},
		{"/invoices", "invoices", byCustomer(t, c.Invoices(stellr.InvoiceQuery{}), func(r *stellr.Invoice) string { return r.CustomerNo })},
		{"/azure/summary", "azureConsumption", byCustomer(t, c.AzureConsumption(stellr.ConsumptionQuery{}), func(r *stellr.AzureConsumption) string { return r.CustomerNo })},
	} {
		g := openChanged(t, test.ending, padded)
		for _, customers := range []int{1, 45} {
			var data struct {
				Customers struct {
					Nodes []struct {
						CustomerNo string
						L          connection
					}
				}
			}
			g.must(fmt.Sprintf(`{customers(first: %d) {nodes {customerNo l: %s {totalCount}}}}`, customers, test.list), &data)
			for _, customer := range data.Customers.Nodes {
				if got, want := *customer.L.TotalCount, test.count[customer.CustomerNo]; got != want || test.count["100001"] == 0 {
					t.Errorf("%s of %s, one of %d: %d, want %d", test.list, customer.CustomerNo, customers, got, want)
				}
			}
		}
	}
}

// byCustomer counts the records of each customer.
func byCustomer[T any](t *testing.T, list *stellr.List[T], customerNo func(T) string) map[string]int {
	t.Helper()
	records, err := list.Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, record := range records.Items {
		count[customerNo(record)]++
	}
	return count
}

// TestRecurringOfOddSubscriptions counts the live subscriptions whose price, quantity or billing is not known, and no
// others.
func TestRecurringOfOddSubscriptions(t *testing.T) {
	of := func(change func(live int, record map[string]any)) (recurring struct {
		Uncounted           int
		Cost, Price, Margin []struct{ Amount string }
	}) {
		live := 0
		g := openChanged(t, "/subscriptions", func(_ int, record map[string]any) {
			switch {
			case record["status"] != "Active" && record["status"] != "Suspended", record["billingFrequency"] == "one_time":
				delete(record, "unitPrice") // what is not counted anyway
			default:
				change(live, record)
				live++
			}
		})
		var data struct{ Customer struct{ Recurring any } }
		data.Customer.Recurring = &recurring
		g.must(`{customer(customerNo: "100001") {recurring {uncounted cost {amount} price {amount} margin {amount}}}}`, &data)
		return recurring
	}
	whole := of(func(int, map[string]any) {})
	if whole.Uncounted != 0 || len(whole.Cost) != 1 {
		t.Errorf("nothing is odd: %+v", whole)
	}
	less := func(a, b []struct{ Amount string }) bool {
		var x, y float64
		fmt.Sscan(a[0].Amount, &x)
		fmt.Sscan(b[0].Amount, &y)
		return x < y
	}
	for name, test := range map[string]struct {
		change              func(record map[string]any)
		cost, price, margin bool // what of it is less
	}{
		"no cost":       {func(r map[string]any) { delete(r, "unitPrice") }, true, false, true},
		"no price":      {func(r map[string]any) { r["customerPrice"] = nil }, false, true, true},
		"neither":       {func(r map[string]any) { delete(r, "unitPrice"); delete(r, "customerPrice") }, true, true, true},
		"no quantity":   {func(r map[string]any) { delete(r, "quantity") }, true, true, true},
		"odd billing":   {func(r map[string]any) { r["billingFrequency"] = "fortnightly" }, true, true, true},
		"odd and empty": {func(r map[string]any) { r["billingFrequency"] = "fortnightly"; delete(r, "unitPrice") }, true, true, true},
	} {
		got := of(func(live int, record map[string]any) {
			if live < 2 {
				test.change(record)
			}
		})
		if got.Uncounted != 2 || less(got.Cost, whole.Cost) != test.cost || less(got.Price, whole.Price) != test.price || less(got.Margin, whole.Margin) != test.margin {
			t.Errorf("%s: %+v, all of them %+v", name, got, whole)
		}
	}
}

// TestTotalsOfOddCharges counts the charges of a report that lack a cost or a price, in their own currency.
func TestTotalsOfOddCharges(t *testing.T) {
	odd := map[string]int{}
	g := openChanged(t, "/invoice/report", func(i int, record map[string]any) {
		switch i % 4 {
		case 1:
			delete(record, "extendPrice")
		case 2:
			record["extendCustomerPrice"] = nil
		case 3:
			delete(record, "extendPrice")
			delete(record, "extendCustomerPrice")
		}
		from, dated := record["chargeStartDate"].(string)
		if counted := !dated || from >= "2026-06-01" && from <= "2026-06-30"; counted && (record["extendPrice"] == nil || record["extendCustomerPrice"] == nil) {
			odd[fmt.Sprint(record["currency"])]++
		}
	})
	var data struct {
		InvoiceReport struct {
			Totals []struct {
				Uncounted int
				Cost      struct{ Currency string }
			}
		}
	}
	g.must(`{invoiceReport(from: "2026-06-01", to: "2026-06-30") {totals {uncounted cost {currency}}}}`, &data)
	got := map[string]int{}
	for _, total := range data.InvoiceReport.Totals {
		got[total.Cost.Currency] = total.Uncounted
	}
	if len(odd) < 2 || fmt.Sprint(got) != fmt.Sprint(odd) {
		t.Errorf("uncounted %v, want %v", got, odd)
	}
}

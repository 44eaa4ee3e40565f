package sim

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"stellr-gateway/stellr"
)

// The benchmark shape is exact and evenly spread.
func TestExactShape(t *testing.T) {
	for _, shape := range []Options{{Customers: 100, SubscriptionsPerCustomer: 5, Products: 60}, {Customers: 7, SubscriptionsPerCustomer: 30, Products: 240}, {Customers: 100}} {
		s, _ := start(t, shape)
		perProduct, perVendor := map[string]int{}, map[string]int{}
		each := s.opts.SubscriptionsPerCustomer
		for _, c := range s.world.all() {
			s.world.open(c, today)
			if len(c.subs) != each {
				t.Fatalf("%d subscriptions", len(c.subs))
			}
			for _, sub := range c.subs {
				if sub.StatusText != statusActive {
					t.Errorf("%s is %s", sub.SubscriptionID, sub.StatusText)
				}
				perProduct[sub.ProductID]++
				perVendor[sub.VendorID]++
			}
			c.close()
		}
		total, products := s.opts.Customers*each, s.opts.Products
		if len(s.world.all()) != s.opts.Customers || len(s.world.catalog.products) != products || len(perProduct) != min(products, total) {
			t.Fatalf("%d customers, %d products, %d of them used", len(s.world.all()), len(s.world.catalog.products), len(perProduct))
		}
		for id, n := range perProduct {
			if n < total/products || n > total/products+1 {
				t.Errorf("product %s has %d of %d", id, n, total)
			}
		}
		for id, n := range perVendor {
			if n < total/3-products/3 || n > total/3+products/3 {
				t.Errorf("vendor %s has %d of %d", id, n, total)
			}
		}
	}
}

func TestTenThousandCustomersAreQuick(t *testing.T) {
	began := time.Now()
	s, _ := start(t, Options{Customers: 10_000, SubscriptionsPerCustomer: 5})
	if built := time.Since(began); built > 5*time.Second {
		t.Errorf("built in %s", built)
	}
	data := decoded(t, send(s, "GET", "/api/v1/cloud/customers?pageNo=50&pageSize=200", ""), 200)["data"].(object)
	want(t, data, "total", 10_000)
	last := s.world.all()[9999].record.CustomerNo
	want(t, decoded(t, send(s, "GET", "/api/v1/customers/"+last+"/subscriptions?pageNo=1&pageSize=200", ""), 200)["data"].(object), "total", 5)
	populated := 0
	for _, c := range s.world.all() {
		if c.populated {
			populated++
		}
	}
	if populated != 1 {
		t.Errorf("%d customers were made for one that was read", populated)
	}
	want(t, decoded(t, send(s, "GET", "/api/v1/cloud/invoices?pageNo=300&pageSize=200", ""), 200)["data"].(object), "total", 60_000)
}

// Many clients at once: nothing races, and no seat gets lost.
func TestManyAtOnce(t *testing.T) {
	s, _ := start(t, Options{OperationTime: -1, Faults: []Fault{{Kind: FaultStatus, Status: 500, Action: stellr.ActionListVendors, Every: 2}}})
	sub := sampleOf(s, 15)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 50 {
				send(s, "GET", customersPage, "")
				send(s, "GET", fmt.Sprintf("/api/v1/customers/%d/subscriptions?pageNo=1&pageSize=200", 100001+(worker*7+i)%48), "")
				send(s, "GET", "/api/v1/cloud/vendors?pageNo=1&pageSize=5", "")
				send(s, http.MethodPost, rich+"/"+sub.SubscriptionID+"/changeSeats", seats(sub, 1+(worker*50+i)%299))
				send(s, http.MethodPost, "/api/v1/cloud/customers", `{"name":"Another"}`)
				send(s, "GET", "/api/v1/cloud/vendors/account?pageNo=1&pageSize=200", "")
			}
		})
	}
	wg.Wait()
	if got := len(s.world.all()); got != 48+400 {
		t.Errorf("%d customers", got)
	}
	committed := 0
	for _, e := range s.Ledger() {
		if e.Committed && e.Action == stellr.ActionChangeSeats {
			committed++
		}
	}
	if s.Calls(stellr.ActionChangeSeats) != 400 || committed < 390 {
		t.Errorf("%d of %d changes committed", committed, s.Calls(stellr.ActionChangeSeats))
	}
}

type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}

// BenchmarkReads measures the answer alone, without a network: one customer's five subscriptions, a product, a page of
// customers.
func BenchmarkReads(b *testing.B) {
	s := New(Options{Customers: 100, SubscriptionsPerCustomer: 5, Products: 60, NoAuth: true})
	for name, path := range map[string]string{
		"subscriptions": "/api/v1/customers/100042/subscriptions?pageNo=1&pageSize=200", "product": "/api/v1/cloud/products/70007",
		"customers": "/api/v1/cloud/customers?pageNo=1&pageSize=100", "invoices": "/api/v1/cloud/invoices?pageNo=1&pageSize=100",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				r, _ := http.NewRequest(http.MethodGet, path, nil)
				w := &nowhere{}
				for pb.Next() {
					w.header = http.Header{}
					s.ServeHTTP(w, r)
				}
			})
		})
	}
}

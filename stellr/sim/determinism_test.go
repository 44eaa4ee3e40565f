package sim

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"stellr-gateway/stellr"
)

// everything reads all lists and all single records of all customers.
func everything(t *testing.T, s *Server) []byte {
	t.Helper()
	var all bytes.Buffer
	read := func(path string) {
		w := send(s, http.MethodGet, path, "")
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		all.Write(w.Body.Bytes())
	}
	pages := func(path string, n int) {
		for page := 1; page <= n; page++ {
			read(fmt.Sprintf("%spageNo=%d&pageSize=200", path, page))
		}
	}
	pages("/api/v1/cloud/customers?", 1)
	pages("/api/v1/cloud/vendors?", 1)
	pages("/api/v1/cloud/vendors/account?", 2)
	pages("/api/v1/cloud/invoices?", 3)
	pages("/api/v1/cloud/invoice/report?startDate=2026-01-01&endDate=2026-12-31&", 4)
	pages("/api/v1/cloud/consumption/azure/summary?", 3)
	for _, v := range s.world.catalog.vendors {
		pages("/api/v2/vendors/"+v.VendorID+"/cloud/products?includeEOL=Y&", 1)
	}
	for _, c := range s.world.all() {
		at := "/api/v1/customers/" + c.record.CustomerNo
		read("/api/v1/cloud/customers/" + c.record.CustomerNo)
		read(at + "/agreements/" + stellr.MicrosoftCustomerAgreement)
		pages(at+"/subscriptions?", 2)
		pages(at+"/vendors/4/subscribed/products?", 2)
		s.world.open(c, s.opts.Clock())
		subs := c.subs
		c.close()
		for _, sub := range subs[:min(len(subs), 3)] {
			read(at + "/subscriptions/" + sub.SubscriptionID + "/renew/options")
			pages(at+"/subscriptions/"+sub.SubscriptionID+"/transition/products?", 1)
			pages(at+"/subscriptions/changelogs?contractNo="+sub.ContractNo+"&", 1)
		}
	}
	return all.Bytes()
}

func TestSameSeedSameBytes(t *testing.T) {
	first, _ := start(t, Options{Seed: 7})
	second, _ := start(t, Options{Seed: 7})
	other, _ := start(t, Options{Seed: 8})
	a, b, c := everything(t, first), everything(t, second), everything(t, other)
	if !bytes.Equal(a, b) {
		t.Error("the same seed gave other bytes")
	}
	if bytes.Equal(a, c) {
		t.Error("another seed gave the same bytes")
	}
	if bytes.Equal(everything(t, first), a) {
		t.Error("request ids repeat")
	}
}

// What a customer is like must not depend on when it was first looked at.
func TestLateLookSeesTheSame(t *testing.T) {
	early, clockOfEarly := start(t, Options{})
	late, clockOfLate := start(t, Options{})
	everything(t, early)
	for range 2 {
		clockOfEarly.days(200)
		everything(t, early)
	}
	clockOfLate.days(400)
	late.calls.Store(early.calls.Load())
	if !bytes.Equal(everything(t, early), everything(t, late)) {
		t.Error("looking changed the data")
	}
}

func TestDataIsDatedFromTheDayOfTheStart(t *testing.T) {
	s := New(Options{NoAuth: true, Clock: func() time.Time { return today.AddDate(3, 2, 5) }})
	active := 0
	for _, c := range s.world.all() {
		s.world.open(c, s.opts.Clock())
		for _, sub := range c.subs {
			if sub.StatusText == statusActive && !sub.EndDate.IsZero() {
				active++
				if !s.world.start.Before(sub.EndDate) || s.world.start.Before(sub.StartDate) {
					t.Errorf("%s runs from %s to %s", sub.SubscriptionID, sub.StartDate, sub.EndDate)
				}
			}
		}
		c.close()
	}
	if active < 200 {
		t.Errorf("%d active subscriptions with a term", active)
	}
}

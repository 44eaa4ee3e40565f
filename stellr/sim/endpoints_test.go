package sim

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stellr-gateway/stellr"
)

// sampleOf is a subscription of the rich customer by the number of its sample.
func sampleOf(s *Server, n int) *subscription {
	c := s.world.customer("100001")
	s.world.open(c, s.opts.Clock())
	defer c.close()
	return c.subs[n]
}

// example is a request that an endpoint answers well, with the path's parameters filled in.
func example(s *Server, action stellr.Action) (path map[string]string, query, body string) {
	sub, m := sampleOf(s, 1), s.world.catalog
	path = map[string]string{
		"customerNo": "100001", "agreementType": stellr.MicrosoftCustomerAgreement, "vendorId": MicrosoftID, "productId": "70001", "skuNo": m.byID["70001"].SKUNo,
		"primaryProductId": sub.ProductID, "subscriptionId": sub.SubscriptionID, "operationId": "9000001", "checkType": "domain",
	}
	id := func(p *product) string { return `"productId":` + p.ProductID + `,"skuNo":` + p.SKUNo }
	switch action {
	case stellr.ActionAcceptAgreement:
		body = `{"firstName":"A","lastName":"B","email":"a@b.example","acceptedDate":"2026-07-01"}`
	case stellr.ActionCreateCustomer:
		body = `{"name":"New Company","country":"US"}`
	case stellr.ActionInvoiceReport:
		query = "startDate=2026-06-01&endDate=2026-06-30"
	case stellr.ActionListTransferableProducts:
		query = "transferToken=" + TransferToken(stellr.NewDate(2026, 8, 1), "x")
	case stellr.ActionCreateSubscriptions:
		body = `{"vendorId":"4","subscriptions":[{` + id(m.byID["70002"]) + `,"quantity":3}]}`
	case stellr.ActionCreateAddOn:
		body = `{` + id(m.variant("CFQ7TTC0MM8R:0002", 'm')) + `,"quantity":2}`
	case stellr.ActionChangeSeats:
		body = `{` + id(sub.product) + `,"quantity":26}`
	case stellr.ActionReactivateSubscription, stellr.ActionActivateSubscription:
		path["subscriptionId"] = sampleOf(s, 8).SubscriptionID
	case stellr.ActionUpgradeSubscription:
		target := m.variant("CFQ7TTC0LCHC:0002", 'm')
		body = `{"targetProductId":` + target.ProductID + `,"targetSkuNo":` + target.SKUNo + `}`
	case stellr.ActionDowngradeSubscription:
		target := m.variant("CFQ7TTC0LH18:0001", 'm')
		body = `{"targetProductId":` + target.ProductID + `,"targetSkuNo":` + target.SKUNo + `}`
	case stellr.ActionChangePlan:
		body = `{"billingFrequency":"annual"}`
	case stellr.ActionTransferSubscription:
		p := m.variant("1010020027", 'F')
		body = `{"vendorId":"Google","transferToken":"` + TransferToken(stellr.NewDate(2026, 8, 1), "y") + `",` + id(p) + `,"quantity":4}`
	case stellr.ActionUpdateRenewal:
		body = `{"decision":"REJECT","newPlans":[]}`
	case stellr.ActionCheckVendorAccount:
		body = `{"value":"new.example"}`
	case stellr.ActionSaveVendorAccount:
		body = `{"ownerType":"CUSTOMER","customerNo":"100002","vendorId":"Google","domain":"x.example"}`
	case stellr.ActionListChangeLog:
		query = "contractNo=" + sub.ContractNo
	}
	return path, query, body
}

const testResellerPath = "/api/v1/cloud/subscriptions"

// request fills an endpoint's path in.
func request(s *Server, e stellr.Endpoint) (method, target, body string) {
	params, query, body := example(s, e.Action)
	path := e.Path
	if e.Action == stellr.ActionListResellerSubscriptions {
		path = testResellerPath
	}
	for name, value := range params {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	if listActions()[e.Action] {
		query += "&pageNo=1&pageSize=200"
	}
	if query != "" {
		path += "?" + strings.TrimPrefix(query, "&")
	}
	return e.Method, path, body
}

// eachEndpoint runs a test over all rows of the endpoint table that have a path.
func eachEndpoint(t *testing.T, test func(t *testing.T, e stellr.Endpoint)) {
	eachOf(t, func(action stellr.Action) bool { return action != stellr.ActionGenericRequest }, test)
}

// eachList runs a test over all rows that answer a page.
func eachList(t *testing.T, test func(t *testing.T, e stellr.Endpoint)) {
	eachOf(t, func(action stellr.Action) bool { return listActions()[action] }, test)
}

func eachOf(t *testing.T, wanted func(stellr.Action) bool, test func(t *testing.T, e stellr.Endpoint)) {
	for _, e := range stellr.Endpoints() {
		if wanted(e.Action) {
			t.Run(string(e.Action), func(t *testing.T) { test(t, e) })
		}
	}
}

func TestEveryEndpointAnswers(t *testing.T) {
	eachEndpoint(t, func(t *testing.T, e stellr.Endpoint) {
		s, _ := start(t, Options{ResellerSubscriptionsPath: testResellerPath})
		if e.Action == stellr.ActionGetOperation {
			method, target, body := request(s, endpointOf(stellr.ActionSuspendSubscription))
			decoded(t, send(s, method, target, body), http.StatusOK)
		}
		method, target, body := request(s, e)
		o := decoded(t, send(s, method, target, body), http.StatusOK)
		data, _ := o["data"].(object)
		if o["requestId"] == "" || len(data) == 0 || o["bizError"] != nil {
			t.Fatalf("no data: %v", o)
		}
		if listActions()[e.Action] && (data["total"].(float64) < 1 || len(data["records"].([]any)) < 1) {
			t.Fatalf("no records: %v", data)
		}
		if got := s.Calls(e.Action); got != 1 {
			t.Errorf("counted %d calls", got)
		}
	})
}

func endpointOf(action stellr.Action) stellr.Endpoint {
	for _, e := range stellr.Endpoints() {
		if e.Action == action {
			return e
		}
	}
	return stellr.Endpoint{}
}

func TestDeniedActionIsForbidden(t *testing.T) {
	eachEndpoint(t, func(t *testing.T, e stellr.Endpoint) {
		s, _ := start(t, Options{ResellerSubscriptionsPath: testResellerPath, Denied: map[string][]stellr.Action{DefaultClientID: {e.Action}}})
		method, target, body := request(s, e)
		o := decoded(t, send(s, method, target, body), http.StatusForbidden)
		if o["requestId"] == nil {
			t.Errorf("no envelope: %v", o)
		}
		other := stellr.ActionListCustomers
		if e.Action == other {
			other = stellr.ActionListVendors
		}
		method, target, body = request(s, endpointOf(other))
		decoded(t, send(s, method, target, body), http.StatusOK)
	})
}

func TestResellerListIsServedOnlyWhereOptionsSay(t *testing.T) {
	s, _ := start(t, Options{})
	decoded(t, send(s, "GET", testResellerPath+"?pageNo=1&pageSize=9", ""), http.StatusNotFound)
}

func TestUnknownPathsAndMethods(t *testing.T) {
	s, _ := start(t, Options{})
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 404}, {"GET", "/api/v1/cloud/customers/", 404}, {"GET", "/api/v1/cloud/nothing", 404}, {"DELETE", "/api/v1/cloud/customers", 405},
		{"POST", "/api/v1/cloud/vendors", 405}, {"GET", "/api/v1/cloud/customers/999", 404}, {"GET", "/api/v1/cloud/products/skuNo/1", 404},
		{"GET", "/api/v2/vendors/nobody/cloud/products?pageNo=1&pageSize=1", 404},
	} {
		o := decoded(t, send(s, c.method, c.path, ""), c.status)
		if o["requestId"] == nil || o["errorMessage"] == nil && o["ErrorMessage"] == nil {
			t.Errorf("%s %s: no envelope: %v", c.method, c.path, o)
		}
	}
}

package stellr

import (
	"net/url"
	"strings"
	"testing"
)

func TestKeysInPaths(t *testing.T) {
	f := newFake(t, answering(200, `{"requestId":"r","data":null}`))
	c := f.client(t)
	for key, want := range map[string]string{
		"100001": "100001", "411833_1": "411833_1", "a/b": "a%2Fb", "../..": "..%2F..", "%2f": "%252f", "%2e%2e": "%252e%252e", "a b": "a%20b", "ä": "%C3%A4",
		"a?b#c": "a%3Fb%23c", "@evil.test": "@evil.test", "//evil.test": "%2F%2Fevil.test", `a\b`: "a%5Cb", "...": "...", "a;b=c": "a%3Bb=c", "{customerNo}": "%7BcustomerNo%7D",
	} {
		_, err := c.Customer(t.Context(), key)
		if !IsNotFound(err) {
			t.Errorf("%q: %v", key, err)
		}
		if got := f.seen()[len(f.seen())-1].path; got != "/api/v1/cloud/customers/"+want {
			t.Errorf("%q: asked for %s", key, got)
		}
	}
	sent := len(f.seen())
	for _, key := range []string{"", ".", "..", " ", "\t", "a\nb", "a\x00b", "a\x7fb", "a\xffb", strings.Repeat("x", 257)} {
		_, err := c.Customer(t.Context(), key)
		wantError(t, err, CodeInvalid, NotSent)
		_, err = c.CancelSubscription(t.Context(), "100001", key, Reason{})
		wantError(t, err, CodeInvalid, NotSent)
	}
	if len(f.seen()) != sent {
		t.Error("a bad key was sent")
	}
	for _, dialled := range f.dials() {
		if dialled != "stellr.test:80" {
			t.Errorf("dialled %s", dialled)
		}
	}
}

func TestPathOverrides(t *testing.T) {
	f := newFake(t, answering(200, `{"data":{"total":1,"records":[{"subscriptionId":"1_1","customerNo":3},{"subscriptionId":"2_1"}]}}`))
	c := f.client(t, func(cfg *Config) {
		cfg.BaseURL = "http://stellr.test/below/"
		cfg.Paths = map[Action]string{
			ActionListResellerSubscriptions: "/api/v2/subscriptions",
			ActionGetSubscription:           "/api/v9/s/{subscriptionId}/of/{customerNo}",
		}
	})
	if !c.HasResellerSubscriptions() || c.BaseURL() != "http://stellr.test/below" {
		t.Error("the overrides are not there")
	}
	records, err := c.ResellerSubscriptions().Collect(t.Context())
	if err != nil || len(records.Items) != 1 || records.Dropped != 1 {
		t.Errorf("got %+v, %v: a subscription without its customer is nobody's", records, err)
	}
	c.Subscription(t.Context(), "7", "8_1")
	if seen := f.seen(); seen[0].path != "/below/api/v2/subscriptions" || seen[1].path != "/below/api/v9/s/8_1/of/7" {
		t.Errorf("asked for %+v", seen)
	}
	for action, path := range map[Action]string{
		"nothing":                "/api/v1/x",
		ActionGenericRequest:     "/api/v1/x",
		ActionListCustomers:      "api/v1/x",
		ActionListVendors:        "/api//v1",
		ActionListInvoices:       "/api/../v1",
		ActionGetCustomer:        "/api/v1/customers",
		ActionGetProduct:         "/api/v1/products/{productID}",
		ActionGetOperation:       "/api/{operationId}/{operationId}",
		ActionGetSubscription:    "/api/{customerNo}",
		ActionInvoiceReport:      "/api/v1/report?x=y",
		ActionAzureConsumption:   "https://evil.test/api",
		ActionListVendorAccounts: "//evil.test/api",
		ActionSaveVendorAccount:  "/@evil.test/api",
		ActionCreateCustomer:     "",
	} {
		if _, err := New(Config{ClientID: "x", ClientSecret: "x", Paths: map[Action]string{action: path}}); err == nil {
			t.Errorf("%s may not be %q", action, path)
		}
	}
}

// nastyPaths must not be sent, wherever they would go.
var nastyPaths = []string{
	"", "/", "//", "api/v1/x", "/api//x", "//evil.test", "//evil.test/api", "///evil.test", "/\\evil.test", "\\\\evil.test", "/api\\..\\x",
	"@evil.test/api", "/@evil.test", ":80@evil.test/", "/api/v1/%40evil.test", "https://evil.test/api", "http:/evil.test", "/api/../x", "/..", "/.", "/./api", "/api/.", "/api/..", "/api/...",
	"/api/%2e%2e/x", "/api/%2E%2E/x", "/api/.%2e/x", "/api/%2e/x", "/api/%2f/x", "/api%2f..%2fx", "/api/%5c..%5cx", "/api/%252e%252e/x", "/api/%00/x", "/api/%0d%0aHost:evil.test",
	"/api/x?y=z", "/api/x#y", "/api/%3fx", "/api/%23x", "/api/x\r\nHost: evil.test", "/api/x y\x00", "/api/%", "/api/%zz", "/api/%ff", "/api/x/", "/api/x;y", "/api/x;y=z/../w",
	" /api/x", "/api/\u2028x", "/" + strings.Repeat("x", 2048), "/api/<x>", "/api/{x}", "/api/%7b", "/api/x&y", "/api/x|y", "/api/\"x\"", "/api/`x`", "/api/x\tz",
}

func TestGenericPaths(t *testing.T) {
	f := newFake(t, answering(200, `{"requestId":"r","data":{}}`))
	c := f.client(t)
	for _, path := range nastyPaths {
		for _, method := range []string{"GET", "POST"} {
			_, err := c.Request(t.Context(), GenericRequest{Method: method, Path: path})
			wantError(t, err, CodeInvalid, NotSent)
		}
	}
	if len(f.seen())+len(f.dials()) != 0 {
		t.Errorf("dialled %v", f.dials())
	}
	for path, want := range map[string]string{
		"/api/v1/cloud/customers": "/api/v1/cloud/customers", "/api/v1/customers/411833_1": "/api/v1/customers/411833_1", "/a-b._~$:,=+": "/a-b._~$:%2C=+",
		"/api/two%20words": "/api/two%20words", "/api/two words": "/api/two%20words", "/api/%c3%a4": "/api/%C3%A4", "/api/ä": "/api/%C3%A4", "/api/%61": "/api/a", "/api/a..b": "/api/a..b",
	} {
		if _, err := c.Request(t.Context(), GenericRequest{Method: "GET", Path: path}); err != nil {
			t.Errorf("%q: %v", path, err)
		} else if got := f.seen()[len(f.seen())-1].path; got != want {
			t.Errorf("%q: asked for %s", path, got)
		}
	}
	for _, dialled := range f.dials() {
		if dialled != "stellr.test:80" {
			t.Errorf("dialled %s", dialled)
		}
	}
}

// A path that is let through means the same to every reader: it stays on the host and names what it says.
func FuzzGenericPath(f *testing.F) {
	for _, seed := range append(nastyPaths, "/api/v1/cloud/customers", "/api/%c3%a4") {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "stellr.test", Path: "/below"}
	f.Fuzz(func(t *testing.T, path string) {
		rq, err := genericCall(GenericRequest{Method: "GET", Path: path})
		if err != nil {
			return
		}
		request, err := rq.request(t.Context(), base)
		if err != nil {
			t.Fatalf("%q: %v", path, err)
		}
		again, err := url.Parse(request.URL.String())
		if err != nil || again.Host != "stellr.test" || again.User != nil || again.RawQuery != "" || again.Fragment != "" || again.Scheme != "https" {
			t.Errorf("%q became %s", path, request.URL)
		}
		if again.JoinPath().EscapedPath() != again.EscapedPath() || !strings.HasPrefix(again.Path, "/below/") || strings.ContainsAny(again.Path, "\\%?#@\r\n\x00") {
			t.Errorf("%q became %s, which is not clean", path, again.Path)
		}
	})
}

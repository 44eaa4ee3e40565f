package sim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const customersPage = "/api/v1/cloud/customers?pageNo=1&pageSize=50"

// ask requests a token.
func ask(s *Server, form string, basic ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, TokenPath, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if len(basic) == 2 {
		r.SetBasicAuth(basic[0], basic[1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func with(s *Server, token, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestTokens(t *testing.T) {
	c := &clock{today}
	s := New(Options{Clock: c.time})
	for _, row := range []struct {
		form   string
		basic  []string
		status int
	}{
		{"grant_type=client_credentials&client_id=sandbox&client_secret=sandbox-secret", nil, 200},
		{"grant_type=client_credentials", []string{"sandbox", "sandbox-secret"}, 200},
		{"grant_type=client_credentials&scope=x", []string{"other-reseller", "sandbox-secret"}, 200},
		{"grant_type=client_credentials&client_id=sandbox&client_secret=wrong", nil, 401},
		{"grant_type=client_credentials", []string{"sandbox", "wrong"}, 401},
		{"grant_type=client_credentials", nil, 401},
		{"grant_type=password&client_id=sandbox&client_secret=sandbox-secret", nil, 400},
	} {
		o := decoded(t, ask(s, row.form, row.basic...), row.status)
		if (row.status == 200) != (o["access_token"] != nil) || (row.status != 200) != (o["error"] != nil) {
			t.Errorf("%s: %v", row.form, o)
		}
	}
	if s.Calls(ActionToken) != 7 {
		t.Errorf("%d token calls", s.Calls(ActionToken))
	}
}

func TestTokenExpires(t *testing.T) {
	c := &clock{today}
	s := New(Options{Clock: c.time})
	o := decoded(t, ask(s, "grant_type=client_credentials", "sandbox", "sandbox-secret"), 200)
	want(t, o, "expires_in", 7200, "token_type", "Bearer")
	token := o["access_token"].(string)
	decoded(t, with(s, token, customersPage), 200)
	decoded(t, with(s, "", customersPage), 401)
	decoded(t, with(s, token+"x", customersPage), 401)
	c.wait(2*time.Hour - time.Second)
	decoded(t, with(s, token, customersPage), 200)
	c.wait(time.Second)
	decoded(t, with(s, token, customersPage), 401)

	again := decoded(t, ask(s, "grant_type=client_credentials", "sandbox", "sandbox-secret"), 200)["access_token"].(string)
	if again == token {
		t.Error("the same token again")
	}
	decoded(t, with(s, again, customersPage), 200)
	s.RevokeTokens()
	decoded(t, with(s, again, customersPage), 401)
}

// The wrong reseller's client sees no records and no error (O).
func TestOtherResellerSeesNothing(t *testing.T) {
	c := &clock{today}
	s := New(Options{Clock: c.time, ResellerSubscriptionsPath: testResellerPath})
	token := decoded(t, ask(s, "grant_type=client_credentials", "other-reseller", "sandbox-secret"), 200)["access_token"].(string)
	for _, path := range []string{customersPage, "/api/v1/cloud/vendors?pageNo=1&pageSize=5", "/api/v1/cloud/invoices?pageNo=1&pageSize=5", testResellerPath + "?pageNo=1&pageSize=5"} {
		want(t, decoded(t, with(s, token, path), 200)["data"].(object), "total", 0, "records", "[]")
	}
	decoded(t, with(s, token, "/api/v1/cloud/customers/100001"), 404)
}

package main

import (
	"slices"
	"strings"
	"testing"
)

const listedOrigin = "https://app.example.com"

// An origin is let in letter for letter, or not at all. To the others nothing is told, and nothing is done for them.
func TestOrigins(t *testing.T) {
	g := start(t, nil, "GATEWAY_ORIGINS="+listedOrigin+",http://localhost:5173")
	none := start(t, nil)
	host := strings.TrimPrefix(g.url, "http://")
	for _, test := range []struct {
		what, origin string
		ok, listed   bool
	}{
		{"the gateway's own page", g.url, true, false},
		{"behind a proxy that ends TLS", "https://" + host, true, false},
		{"listed", listedOrigin, true, true},
		{"listed, in other letters", "HTTPS://APP.example.com", true, true},
		{"listed with a port", "http://localhost:5173", true, true},
		{"another scheme", "http://app.example.com", false, false},
		{"another port", "https://app.example.com:8443", false, false},
		{"the same port in words", "https://app.example.com:443", false, false},
		{"another port of this machine", "http://localhost:5174", false, false},
		{"a name below", "https://evil.app.example.com", false, false},
		{"a name above", "https://example.com", false, false},
		{"a longer name", "https://app.example.com.evil.com", false, false},
		{"a name that ends so", "https://evilapp.example.com", false, false},
		{"a page without an origin", "null", false, false},
		{"everybody", "*", false, false},
		{"with a path", "https://app.example.com/", false, false},
		{"with a user", "https://app.example.com@evil.com", false, false},
		{"the gateway's own with a user", "http://evil@" + host, false, false},
		{"two in one", listedOrigin + " https://evil.com", false, false},
		{"a list", listedOrigin + ",https://evil.com", false, false},
		{"no address at all", "%zz", false, false},
		{"another kind of page", "file://", false, false},
	} {
		for _, method := range []string{"POST", "OPTIONS"} {
			header := []string{"Origin", test.origin}
			body, want := whoAmI, 200
			if method == "OPTIONS" {
				body = ""
				header = append(header, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "authorization,content-type,x-gateway-cost")
				if want = 405; test.listed { // its own page has no need to ask
					want = 204
				}
			}
			if !test.ok {
				want = 403
			}
			status, answer, text := g.do(method, "/graphql", body, header...)
			if status != want || !test.ok && (strings.Contains(text, `"data"`) || !strings.Contains(text, "FORBIDDEN")) {
				t.Errorf("%s: %s is answered with %d %s", test.what, method, status, text)
			}
			allowed := ""
			if test.listed {
				allowed = test.origin
			}
			if got := answer.Values("Access-Control-Allow-Origin"); strings.Join(got, " ") != allowed {
				t.Errorf("%s: %s lets %q in", test.what, method, got)
			}
			if !slices.ContainsFunc(answer.Values("Vary"), func(v string) bool { return strings.Contains(v, "Origin") }) {
				t.Errorf("%s: %s varies by %q", test.what, method, answer.Values("Vary"))
			}
			if answer.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: %s allows cookies", test.what, method)
			}
		}
		if status, answer, _ := none.do("POST", "/graphql", whoAmI, "Origin", test.origin); test.listed && (status != 403 || answer.Get("Access-Control-Allow-Origin") != "") {
			t.Errorf("%s: where none is listed: %d, %v", test.what, status, answer)
		}
	}
	if text := g.raw("POST /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nOrigin: " + listedOrigin + "\r\nOrigin: https://evil.com\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"); !strings.HasPrefix(text, "HTTP/1.1 403") || strings.Contains(text, "evil") {
		t.Errorf("two origins are answered with %s", text)
	}
}

// What browsers ask before a page's request, and what the page is then shown.
func TestPreflights(t *testing.T) {
	g := start(t, nil, "GATEWAY_ORIGINS="+listedOrigin)
	for _, test := range []struct {
		method, headers string
		ok              bool
	}{
		{"POST", "authorization,content-type,x-gateway-cache,x-gateway-cost,x-request-id", true},
		{"POST", "", true},
		{"GET", "authorization", true},
		{"DELETE", "", false},
		{"PUT", "content-type", false},
		{"POST", "cookie", false},
		{"POST", "x-other", false},
		{"POST", "*", false},
	} {
		header := []string{"Origin", listedOrigin, "Access-Control-Request-Method", test.method}
		if test.headers != "" {
			header = append(header, "Access-Control-Request-Headers", test.headers)
		}
		status, answer, text := g.do("OPTIONS", "/graphql", "", header...)
		if status != 204 || text != "" || (answer.Get("Access-Control-Allow-Origin") == listedOrigin) != test.ok ||
			test.ok && (answer.Get("Access-Control-Max-Age") != "600" || answer.Get("Access-Control-Allow-Methods") != test.method || answer.Get("Access-Control-Allow-Headers") != test.headers) {
			t.Errorf("%+v: %d %v", test, status, answer)
		}
	}
	_, answer, _ := g.do("POST", "/graphql", whoAmI, "Origin", listedOrigin)
	exposed := strings.Join(answer.Values("Access-Control-Expose-Headers"), ", ")
	if !strings.Contains(exposed, "X-Request-Id") || !strings.Contains(exposed, "Retry-After") || answer.Get("X-Request-Id") == "" {
		t.Errorf("shown are %q", exposed)
	}
	if status, _, text := g.do("POST", "/graphql", `{"query":"{nothing}"}`, "Origin", listedOrigin); status != 200 || !strings.Contains(text, "VALIDATION") {
		t.Errorf("an error is %d %s", status, text)
	}
}

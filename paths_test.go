package main

import (
	"strings"
	"testing"
)

// securityHeaders is what every answer carries, and what the playground's answers carry instead of the policy.
var securityHeaders = map[string]string{
	"Content-Security-Policy":      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Referrer-Policy":              "no-referrer",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Strict-Transport-Security":    "", // over plain HTTP
	"Server":                       "",
	"X-Powered-By":                 "",
	"Set-Cookie":                   "",
}

// Every path, with every method, is answered as it should be, safely, and in few words where it is refused.
func TestPathsAndMethods(t *testing.T) {
	_, path := someKey(t)
	g := start(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+path)
	all := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"}
	for _, test := range []struct {
		path   string
		method map[string]int // what others get stands under ""
		allow  string
	}{
		{"/", map[string]int{"GET": 200, "HEAD": 200, "": 405}, "GET, HEAD"},
		{"/healthz", map[string]int{"GET": 200, "HEAD": 200, "": 405}, "GET, HEAD"},
		{"/readyz", map[string]int{"GET": 200, "HEAD": 200, "": 405}, "GET, HEAD"},
		{"/schema.graphql", map[string]int{"GET": 401, "HEAD": 401, "": 405}, "GET, HEAD"},
		{"/graphql", map[string]int{"GET": 401, "POST": 401, "": 405}, "GET, POST"},
		{"/nowhere", map[string]int{"": 404}, ""},
		{"/graphql/", map[string]int{"": 404}, ""},
		{"/GRAPHQL", map[string]int{"": 404}, ""},
		{"/playground/nothing.js", map[string]int{"GET": 404, "HEAD": 404, "": 405}, "GET, HEAD"},
		{"/metrics", map[string]int{"": 404}, ""},
		{"/debug/pprof/", map[string]int{"": 404}, ""},
		{"/.env", map[string]int{"": 404}, ""},
		{"/gateway.yaml", map[string]int{"": 404}, ""},
		{"/%2e%2e/%2e%2e/etc/passwd", map[string]int{"": 404}, ""},
		{"/playground/%2e%2e%2fserver.go", map[string]int{"GET": 404, "HEAD": 404, "": 405}, "GET, HEAD"},
		{"/<script>alert(1)</script>", map[string]int{"": 404}, ""},
		{"/a%0d%0aSet-Cookie:%20a=b", map[string]int{"": 404}, ""},
		{"/?__proto__=<script>", map[string]int{"GET": 200, "HEAD": 200, "": 405}, "GET, HEAD"},
	} {
		for _, method := range all {
			want, ok := test.method[method]
			if !ok {
				want = test.method[""]
			}
			status, header, text := g.do(method, test.path, "")
			if status != want {
				t.Errorf("%s %s: status %d, want %d: %.200s", method, test.path, status, want, text)
			}
			if allow := strings.Join(header.Values("Allow"), ", "); status == 405 && allow != test.allow {
				t.Errorf("%s %s allows %q, want %q", method, test.path, allow, test.allow)
			}
			if status >= 400 && (len(text) > 400 || strings.Contains(text, "script") || strings.Contains(text, "passwd") || strings.HasPrefix(header.Get("Content-Type"), "text/html")) {
				t.Errorf("%s %s says %.500s, as %s", method, test.path, text, header.Get("Content-Type"))
			}
			checkSecurityHeaders(t, method+" "+test.path, header.Get, status == 200 && strings.HasPrefix(header.Get("Content-Type"), "text/html"))
			if header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s has no number", method, test.path)
			}
		}
	}
}

func checkSecurityHeaders(t *testing.T, what string, get func(string) string, page bool) {
	t.Helper()
	for name, want := range securityHeaders {
		got := get(name)
		if name == "Content-Security-Policy" && page {
			for _, part := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "nonce-"} {
				if !strings.Contains(got, part) || strings.Contains(got, "script-src 'unsafe") {
					t.Errorf("%s: the page's policy is %q, without %q", what, got, part)
				}
			}
			continue
		}
		if got != want {
			t.Errorf("%s: %s is %q, want %q", what, name, got, want)
		}
	}
}

// What is refused before it gets anywhere carries the headers too.
func TestRefusalsAreSecure(t *testing.T) {
	g := start(t, nil)
	for what, test := range map[string]struct {
		status int
		body   string
		header []string
	}{
		"a page of another site": {403, whoAmI, []string{"Origin", "https://evil.example"}},
		"another name":           {421, whoAmI, []string{"Host", "evil.example"}},
		"a form":                 {415, "query={name}", []string{"Content-Type", "application/x-www-form-urlencoded"}},
		"no JSON":                {400, "<script>", nil},
		"too much":               {413, strings.Repeat("a", 300<<10), nil},
		"a wrong question":       {200, `{"query":"{nothing}"}`, nil},
		"nothing that it takes":  {406, whoAmI, []string{"Accept", "text/html"}},
	} {
		status, header, text := g.do("POST", "/graphql", test.body, test.header...)
		if status != test.status || !strings.HasPrefix(text, `{"errors":[{"`) || len(text) > 500 || strings.Contains(text, "script") {
			t.Errorf("%s: status %d, %.500s", what, status, text)
		}
		checkSecurityHeaders(t, what, header.Get, false)
	}
}

// Requests that two servers could read as different ones, or that are too large, are read by nobody.
func TestAmbiguousRequests(t *testing.T) {
	g := start(t, nil)
	const beginning = "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	const hidden = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for what, test := range map[string]struct{ request, status string }{
		"two lengths":                       {beginning + "Content-Length: 4\r\nContent-Length: 40\r\n\r\n1234" + hidden, "400"},
		"two lengths in one":                {beginning + "Content-Length: 4, 40\r\n\r\n1234" + hidden, "400"},
		"a length with a sign":              {beginning + "Content-Length: +4\r\n\r\n1234" + hidden, "400"},
		"a length below nothing":            {beginning + "Content-Length: -1\r\n\r\n" + hidden, "400"},
		"a length too large":                {beginning + "Content-Length: 99999999999999999999\r\n\r\n", "400"},
		"a coding nobody knows":             {beginning + "Transfer-Encoding: xchunked\r\n\r\n" + hidden, "501"},
		"two codings":                       {beginning + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden, "501"},
		"a coding with a tab":               {beginning + "Transfer-Encoding:\tchunked, identity\r\n\r\n0\r\n\r\n" + hidden, "501"},
		"a space before the colon":          {beginning + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden, "400"},
		"a chunk's size that is none":       {beginning + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + hidden, "400"},
		"a chunk's size with a sign":        {beginning + "Transfer-Encoding: chunked\r\n\r\n+4\r\n1234\r\n0\r\n\r\n" + hidden, "400"},
		"a header in two lines":             {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\r\n\x00: b\r\n\r\n", "400"},
		"two hosts":                         {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "400"},
		"no host":                           {"GET /healthz HTTP/1.1\r\n\r\n", "400"},
		"a host that is none":               {"GET /healthz HTTP/1.1\r\nHost: local host\r\n\r\n", "400"},
		"another version":                   {"GET /healthz HTTP/9.9\r\nHost: localhost\r\n\r\n", "505"},
		"an address that is too long":       {"GET /healthz?" + strings.Repeat("a", 40<<10) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", "431"},
		"headers that are too large":        {"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 40<<10) + "\r\n\r\n", "431"},
		"too many headers":                  {"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + strings.Repeat("X: a\r\n", 10<<10) + "\r\n", "431"},
		"a proxy's request":                 {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", "421"},
		"a proxy's address":                 {"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", "421"},
		"a length beside a coding (chunks)": {beginning + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, "400"},
	} {
		answer := g.raw(test.request)
		if !strings.HasPrefix(answer, "HTTP/1.1 "+test.status) || strings.Count(answer, "HTTP/1.1 ") != 1 {
			t.Errorf("%s: want %s, got %.400q", what, test.status, answer)
		}
	}
	g.stop()
	_ = g.waitEnd()
	if strings.Contains(g.log.String(), "/hidden") {
		t.Error("a request that was hidden in another was carried out")
	}
}

package playground

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stellr-gateway/playground/browsertest"
)

// The other tests only mean something if faults are found: a request to another
// host, a style without the nonce, a worker that may not start.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	page, err := Handler(examples)
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(http.Header, string) string{
		"request to another host": func(h http.Header, body string) string {
			h.Del("Content-Security-Policy")
			return strings.Replace(body, "</head>", `<script src="https://cdn.example/x.js"></script></head>`, 1)
		},
		"style without nonce": func(_ http.Header, body string) string {
			return strings.Replace(body, "</head>", `<style>body{}</style></head>`, 1)
		},
		"no worker": func(h http.Header, body string) string {
			policy := h.Get("Content-Security-Policy")
			h.Set("Content-Security-Policy", strings.Replace(policy, "worker-src 'self'", "worker-src 'none'", 1))
			return body
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := browsertest.Open(t, serveWith(t, spoiled(page, spoil), new(gateway)))
			p.Execute()
			p.WaitForResponse(`Hello, world!`)
			if len(p.Faults()) == 0 {
				t.Error("no fault was found")
			}
		})
	}
}

// spoiled changes the page on its way out.
func spoiled(page http.Handler, spoil func(http.Header, string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			page.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		page.ServeHTTP(answer, r)
		for key, values := range answer.Header() {
			w.Header()[key] = values
		}
		body := spoil(w.Header(), answer.Body.String())
		_, _ = w.Write([]byte(body))
	})
}

package playground

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func newHandler(t *testing.T, examples ...Example) http.Handler {
	t.Helper()
	h, err := Handler(examples)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func request(h http.Handler, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var nonce = regexp.MustCompile(`'nonce-([A-Z2-7]{26})'`)

func TestPage(t *testing.T) {
	t.Parallel()
	want := []Example{{Topic: "a", Open: true, Query: "query A { a(x: \"</script><!--<b>&'\u2028\") }", Variables: `{"a": 1}`}, {Query: "{ b }"}}
	h := newHandler(t, want...)
	first, second := request(h, "GET", "/"), request(h, "GET", "/")
	page := body(t, first)

	_, data, _ := strings.Cut(page, `<script type="application/json" id="examples">`)
	data, _, found := strings.Cut(data, "</script>")
	var got []Example
	if err := json.Unmarshal([]byte(data), &got); err != nil || !found {
		t.Fatalf("the examples cannot be read: %v\n%s", err, data)
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("examples %+v, want %+v", got, want)
	}
	one := nonce.FindStringSubmatch(first.Header.Get("Content-Security-Policy"))
	two := nonce.FindStringSubmatch(second.Header.Get("Content-Security-Policy"))
	if one == nil || two == nil || one[1] == two[1] {
		t.Errorf("nonces %q and %q", one, two)
	} else if !strings.Contains(page, `nonce="`+one[1]+`"`) {
		t.Error("the page lacks its nonce")
	}
	if got := first.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	for _, path := range regexp.MustCompile(`playground/[^"]+`).FindAllString(page, -1) {
		if r := request(h, "GET", "/"+path); r.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", path, r.StatusCode)
		}
	}
}

func TestNoExamples(t *testing.T) {
	t.Parallel()
	page := body(t, request(newHandler(t), "GET", "/"))
	if !strings.Contains(page, `id="examples">[]</script>`) {
		t.Error("no examples should be an empty list")
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	policy := request(h, "GET", "/").Header.Get("Content-Security-Policy")
	for part := range strings.SplitSeq(policy, "; ") {
		name, sources, _ := strings.Cut(part, " ")
		if strings.Contains(sources, "unsafe") && name != "style-src-attr" || strings.Contains(sources, ":") && part != "img-src data:" {
			t.Errorf("the policy grants too much: %s", part)
		}
	}
	for _, path := range []string{"/", "/playground/LICENSES.txt", "/nothing"} {
		header := request(h, "GET", path).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff",
			"X-Frame-Options":        "DENY",
			"Referrer-Policy":        "no-referrer",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		policy := header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: the policy lacks %s", path, want)
			}
		}
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	for path, want := range map[string]int{
		"/nothing": 404, "/playground": 404, "/playground/": 404, "/playground/nothing.js": 404,
		"/playground/page.html": 404, "/playground/assets/LICENSES.txt": 404, "/dist/page.html": 404, "/": 200,
	} {
		if got := request(h, "GET", path).StatusCode; got != want {
			t.Errorf("GET %s: status %d, want %d", path, got, want)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		for _, path := range []string{"/", "/playground/LICENSES.txt"} {
			if got := request(h, method, path).StatusCode; got != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: status %d", method, path, got)
			}
		}
	}
	if r := request(h, "HEAD", "/"); r.StatusCode != http.StatusOK {
		t.Errorf("HEAD /: status %d", r.StatusCode)
	}
}

func TestAssets(t *testing.T) {
	t.Parallel()
	h := newHandler(t)
	entries, err := dist.ReadDir("dist/assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		path := "/playground/" + entry.Name()
		plain := request(h, "GET", path)
		want := body(t, plain)
		if plain.StatusCode != 200 || plain.Header.Get("Content-Type") == "" || plain.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: status %d, headers %v", path, plain.StatusCode, plain.Header)
		}
		hashed := entry.Name() != "LICENSES.txt"
		if got := strings.Contains(plain.Header.Get("Cache-Control"), "immutable"); got != hashed {
			t.Errorf("%s: immutable is %t", path, got)
		}
		zipped := request(h, "GET", path, "Accept-Encoding", "br, gzip;q=0.5")
		unzip, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Errorf("%s: not gzip: %v", path, err)
			continue
		}
		got, err := io.ReadAll(unzip)
		if err != nil || string(got) != want {
			t.Errorf("%s: unzipped is not the same: %v", path, err)
		}
		tag := zipped.Header.Get("ETag")
		if tag == plain.Header.Get("ETag") || tag == "" {
			t.Errorf("%s: ETag %q", path, tag)
		}
		again := request(h, "GET", path, "Accept-Encoding", "gzip", "If-None-Match", tag)
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("%s: status %d with its ETag", path, again.StatusCode)
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"": false, "gzip": true, "GZIP": true, "deflate, gzip": true, "gzip;q=0": false, "gzip; q=0.0": false,
		"gzip;q=0.1, br": true, "br": false, "xgzip": false, "*": false, "gzip;q=x": false,
	} {
		if got := AcceptsGzip(header); got != want {
			t.Errorf("AcceptsGzip(%q) is %t", header, got)
		}
	}
}

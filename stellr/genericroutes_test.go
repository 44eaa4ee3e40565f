package stellr

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func testRoutes(t testing.TB) *GenericRoutes {
	t.Helper()
	routes, err := ParseGenericRoutes([]GenericRoute{
		{"GET", "/api/v1/customers/{customerNo}/notes"},
		{"POST", "/api/v1/customers/{customerNo}/notes/{noteId}"},
		{"GET", "/api/v3/{kind}/of/{customerNo}"},
		{"DELETE", "/api/v1/customers/{customerNo}"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return routes
}

func TestGenericRoutesMatch(t *testing.T) {
	routes := testRoutes(t)
	for _, test := range []struct{ method, path, customer, want string }{
		{"GET", "/api/v1/customers/100001/notes", "100001", "/api/v1/customers/100001/notes"},
		{"GET", "/api/v1/customers/%31%30/notes", "10", "/api/v1/customers/10/notes"},
		{"GET", "/%61pi/v1/customers/7/n%6ftes", "7", "/api/v1/customers/7/notes"},
		{"GET", "/api/v1/customers/a,b=c+d:$~/notes", "a,b=c+d:$~", "/api/v1/customers/a%2Cb=c+d:$~/notes"},
		{"POST", "/api/v1/customers/7/notes/two%20words", "7", "/api/v1/customers/7/notes/two%20words"},
		{"POST", "/api/v1/customers/7/notes/%c3%a4", "7", "/api/v1/customers/7/notes/%C3%A4"},
		{"POST", "/api/v1/customers/7/notes/a..b", "7", "/api/v1/customers/7/notes/a..b"},
		{"POST", "/api/v1/customers/7/notes/" + strings.Repeat("x", 200), "7", "/api/v1/customers/7/notes/" + strings.Repeat("x", 200)},
		{"GET", "/api/v3/7/of/8", "8", "/api/v3/7/of/8"},
		{"DELETE", "/api/v1/customers/notes", "notes", "/api/v1/customers/notes"},
	} {
		customer, got, ok := routes.Match(test.method, test.path)
		if !ok || customer != test.customer || got != test.want {
			t.Errorf("%s %s: %q, %q, %v", test.method, test.path, customer, got, ok)
		}
		if _, _, ok := (*GenericRoutes)(nil).Match(test.method, test.path); ok {
			t.Errorf("no routes take %s", test.path)
		}
		if _, _, ok := new(GenericRoutes).Match(test.method, test.path); ok {
			t.Errorf("empty routes take %s", test.path)
		}
	}
}

// hostileValues must not be taken for one segment of a path.
var hostileValues = []string{
	"", ".", "..", "...", "%2e", "%2E%2e", ".%2e", "%2e%2e%2f", "a/b", "a%2fb", "%2F", "..%2f..", "a\\b", "a%5cb", "..%5c..", "a%00b", "a\x00b", "a%0d%0aHost:%20evil.test", "a\nb", "a%09b", "a\x7fb",
	"a%25b", "%252e%252e", "%252f", "%25", "%", "%2", "%zz", "a?b", "a%3fb=c", "a#b", "a%23b", "a@evil.test", "a%40b", "a;b", "a%3bb=c", "a&b", "a|b", "<a>", "{customerNo}", "%7bnoteId%7d",
	"\"a\"", "'a'", "`a`", "(a)", "*", "!", "^", "[::1]", "a%ffb", "\xff", "a\u2028b", "a\u202eb", "a\u2215b", "a\uff0fb", "\ufeffa", "%20", " ", "a%20", "%20a", "a\u00a0b", strings.Repeat("x", 201), strings.Repeat("%78", 201),
	strings.Repeat("x", 4096), "a/", "/a", "a//b", "../7", "7/../8", "7/notes/8/..", "//evil.test", "https://evil.test", ":80@evil.test/x",
}

func TestGenericRoutesRefuse(t *testing.T) {
	routes := testRoutes(t)
	refuse := func(method, path string) {
		t.Helper()
		if customer, got, ok := routes.Match(method, path); ok || customer != "" || got != "" {
			t.Errorf("%s %q: %q for %q", method, path, got, customer)
		}
	}
	for _, value := range hostileValues {
		refuse("GET", "/api/v1/customers/"+value+"/notes")
		refuse("POST", "/api/v1/customers/7/notes/"+value)
		refuse("GET", "/api/v3/"+value+"/of/7")
	}
	for _, path := range append(nastyPaths,
		"/api/v1/customers/7/notes?x=y", "/api/v1/customers/7/notes?", "/api/v1/customers/7/notes#", "/api/v1/customers/7/notes/", "//api/v1/customers/7/notes", "/api//v1/customers/7/notes",
		"api/v1/customers/7/notes", " /api/v1/customers/7/notes", "/api/v1/customers/7/notes ", "\t/api/v1/customers/7/notes", "\\api/v1/customers/7/notes", "https://stellr.test/api/v1/customers/7/notes",
		"//stellr.test/api/v1/customers/7/notes", "@evil.test/api/v1/customers/7/notes", "/@evil.test/v1/customers/7/notes", "/./api/v1/customers/7/notes", "/x/../api/v1/customers/7/notes",
		"/api/v1/customers/7/notes/../../8/notes", "/api/v1/customers/7/notes/..;/x", "/api/v1/customers/7/Notes", "/API/v1/customers/7/notes", "/api/v2/customers/7/notes", "/api/v1%2fcustomers/7/notes",
		"/api/v1/customers/7%2fnotes", "/api/v1/customers/7/notes%2f", "/api/v1/customers/7/notes%00", "/api/v1/customers/7/notes;x", "/api/v1/customers", "/api/v1/customers/7/notes/8", "/api/v1/customers/7/no%74es%20",
		"/api/v1/customers/{customerNo}/notes", "/api/v1/customers/7/notes/8/9", "",
	) {
		refuse("GET", path)
	}
	for _, method := range []string{"", "get", "HEAD", "PATCH", "CONNECT", "PUT", "POST", "GET ", "GET /x HTTP/1.1\r\nHost: evil.test\r\n\r\n"} {
		refuse(method, "/api/v1/customers/7/notes")
	}
	// What is too long for a path, and what grows too long by being escaped.
	long, err := ParseGenericRoutes([]GenericRoute{{"GET", "/api/{customerNo}/{a}/{b}/{c}/{d}/{e}/{f}/{g}"}})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]bool{3: true, 8: false} {
		path := "/api" + strings.Repeat("/"+strings.Repeat("ä", 50), n) + strings.Repeat("/x", 8-n)
		if _, _, ok := long.Match("GET", path); ok != want {
			t.Errorf("%d long segments: %v", n, ok)
		}
		if _, _, ok := long.Match("GET", "/api"+strings.Repeat("/"+strings.Repeat("%78", 100), n)+strings.Repeat("/x", 8-n)); ok != want {
			t.Errorf("%d segments of escapes: %v", n, ok)
		}
	}
}

func TestGenericRoutesThatAreNone(t *testing.T) {
	good := GenericRoute{"GET", "/api/v1/customers/{customerNo}/notes"}
	for name, test := range map[string]struct {
		routes []GenericRoute
		want   string
	}{
		"lower case":        {[]GenericRoute{{"get", good.Path}}, "the method must be GET, POST, PUT or DELETE"},
		"another method":    {[]GenericRoute{{"PATCH", good.Path}}, "the method must be"},
		"no method":         {[]GenericRoute{{"", good.Path}}, "the method must be"},
		"the second":        {[]GenericRoute{good, {"TRACE", good.Path}}, `"TRACE"`},
		"no path":           {[]GenericRoute{{"GET", ""}}, "must begin with a slash"},
		"no slash":          {[]GenericRoute{{"GET", "api/{customerNo}"}}, "must begin with a slash"},
		"a host":            {[]GenericRoute{{"GET", "https://evil.test/{customerNo}"}}, "must begin with a slash"},
		"another host":      {[]GenericRoute{{"GET", "//evil.test/{customerNo}"}}, "words of letters"},
		"no customer":       {[]GenericRoute{{"GET", "/api/v1/customers/{customer}"}}, "must name its customer"},
		"nothing":           {[]GenericRoute{{"GET", "/api"}}, "must name its customer"},
		"case":              {[]GenericRoute{{"GET", "/api/{customerno}"}}, "must name its customer"},
		"two customers":     {[]GenericRoute{{"GET", "/api/{customerNo}/{customerNo}"}}, "each placeholder once"},
		"two alike":         {[]GenericRoute{{"GET", "/api/{customerNo}/{a}/{a}"}}, "each placeholder once"},
		"a part":            {[]GenericRoute{{"GET", "/api/x{customerNo}"}}, "words of letters"},
		"another part":      {[]GenericRoute{{"GET", "/api/{customerNo}/{id}x"}}, "words of letters"},
		"empty hole":        {[]GenericRoute{{"GET", "/api/{customerNo}/{}"}}, "words of letters"},
		"bare braces":       {[]GenericRoute{{"GET", "/api/{customerNo}/}{"}}, "words of letters"},
		"a wild card":       {[]GenericRoute{{"GET", "/api/{customerNo}/*"}}, "words of letters"},
		"an end":            {[]GenericRoute{{"GET", "/api/{customerNo}/"}}, "words of letters"},
		"dots":              {[]GenericRoute{{"GET", "/api/../{customerNo}"}}, "words of letters"},
		"escapes":           {[]GenericRoute{{"GET", "/api/%2e%2e/{customerNo}"}}, "words of letters"},
		"a query":           {[]GenericRoute{{"GET", "/api/{customerNo}/x?y=z"}}, "words of letters"},
		"at once":           {[]GenericRoute{{"GET", "/{customerNo}"}}, "must begin with a word"},
		"anything":          {[]GenericRoute{{"GET", "/{api}/{customerNo}"}}, "must begin with a word"},
		"either's customer": {[]GenericRoute{{"GET", "/api/{customerNo}/of/{id}"}, {"GET", "/api/{id}/of/{customerNo}"}}, "different places"},
		"word or customer":  {[]GenericRoute{{"GET", "/api/{customerNo}/of"}, {"GET", "/api/x/{customerNo}"}}, "different places"},
	} {
		routes, err := ParseGenericRoutes(test.routes)
		if err == nil || !strings.Contains(err.Error(), test.want) || routes != nil {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	for name, routes := range map[string][]GenericRoute{
		"none":            nil,
		"same place":      {good, {"GET", "/api/v1/customers/{customerNo}/{what}"}, good},
		"other methods":   {{"GET", "/api/{customerNo}/of/{id}"}, {"PUT", "/api/{id}/of/{customerNo}"}},
		"other words":     {{"GET", "/api/a/{customerNo}"}, {"GET", "/api/{customerNo}/b/{id}"}, {"GET", "/api/{customerNo}/c/d"}, {"GET", "/api/a/c/{customerNo}"}},
		"all the methods": {{"GET", good.Path}, {"POST", good.Path}, {"PUT", good.Path}, {"DELETE", good.Path}},
	} {
		_, err := ParseGenericRoutes(routes)
		if wrong := name == "other words"; (err != nil) != wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever comes in: a path that is taken stays on its host and below the route's first words, means the same to every
// reader, and is for the customer that was told.
func FuzzGenericRoutes(f *testing.F) {
	for _, value := range hostileValues {
		f.Add("/api/v1/customers/" + value + "/notes")
		f.Add("/api/v3/" + value + "/of/7")
	}
	for _, seed := range append(nastyPaths, "/api/v1/customers/7/notes", "/%61pi/v1/customers/%37/notes", "/api/v1/customers/7/notes/%c3%a4", "/api/v3/7/of/8") {
		f.Add(seed)
	}
	routes := testRoutes(f)
	base := &url.URL{Scheme: "https", Host: "stellr.test", Path: "/below"}
	f.Fuzz(func(t *testing.T, path string) {
		for _, method := range []string{"GET", "POST", "DELETE"} {
			customer, built, ok := routes.Match(method, path)
			if !ok {
				continue
			}
			rq, err := genericCall(GenericRequest{Method: method, Path: built})
			if err != nil || rq.path != built {
				t.Fatalf("%q became %q, which the client does not take so: %v", path, built, err)
			}
			request, err := rq.request(t.Context(), base)
			if err != nil {
				t.Fatal(err)
			}
			again, err := url.Parse(request.URL.String())
			if err != nil || again.Scheme != "https" || again.Host != "stellr.test" || again.User != nil || again.RawQuery != "" || again.ForceQuery || again.Fragment != "" {
				t.Fatalf("%q became %s", path, request.URL)
			}
			if again.JoinPath().EscapedPath() != again.EscapedPath() || strings.ContainsAny(again.Path, "\\%?#@\r\n\x00") || !utf8Path(again.Path) {
				t.Fatalf("%q became %q, which is not clean", path, again.Path)
			}
			below, first := strings.CutPrefix(again.Path, "/below/api/v1/customers/")
			_, third := strings.CutPrefix(again.Path, "/below/api/v3/")
			parts := strings.Split(below, "/")
			if first && parts[0] != customer || third && (!slices.Equal([]string{"of", customer}, strings.Split(again.Path, "/")[5:])) || first == third {
				t.Fatalf("%q became %q for %q", path, again.Path, customer)
			}
		}
	})
}

func utf8Path(path string) bool { return strings.ToValidUTF8(path, "") == path }

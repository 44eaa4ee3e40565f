package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// builtPage is a folder as a build leaves it, with things in it that nobody must get.
func builtPage(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	secret := withFile(t, "secret.txt", "not for you")
	for name, text := range map[string]string{
		"index.html": "<!doctype html><title>page</title>", "assets/index-1.js": "export {}", "assets/index-1.css": "a{}",
		"assets/index-1.js.map": "{}", "run.sh": "true",
	} {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"link.txt": secret, "up.txt": "../" + filepath.Base(filepath.Dir(secret)) + "/secret.txt", "folder": filepath.Dir(secret)} {
		if err := os.Symlink(target, filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, "folder.js"), 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// What the build left is served with the types and the policy that the page needs, and nothing else of the machine is.
func TestDashboardServesABuild(t *testing.T) {
	g := start(t, []string{"-dashboard", builtPage(t)})
	for _, c := range []struct {
		path   string
		status int
		kind   string
		cache  string
	}{
		{"/dashboard/", 200, "text/html; charset=utf-8", "no-cache"},
		{"/dashboard/index.html", 200, "text/html; charset=utf-8", "no-cache"},
		{"/dashboard/assets/index-1.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/dashboard/assets/index-1.css", 200, "text/css; charset=utf-8", "public, max-age=31536000, immutable"},
		{"/dashboard", 308, "", ""},
		{"/dashboard/assets/", 404, "", ""},   // no listing
		{"/dashboard/assets", 404, "", ""},    // of a folder either
		{"/dashboard/folder.js", 404, "", ""}, // whatever its name
		{"/dashboard/run.sh", 404, "", ""},    // a type that no page needs
		{"/dashboard/assets/index-1.js.map", 404, "", ""},
		{"/dashboard/nothing.js", 404, "", ""},
		{"/dashboard/link.txt", 404, "", ""}, // out of the folder, by an absolute link
		{"/dashboard/up.txt", 404, "", ""},   // by a relative one
		{"/dashboard/folder/secret.txt", 404, "", ""},
		{"/dashboard/..%2f..%2fetc%2fhostname.txt", 404, "", ""},
	} {
		status, header, text := g.do("GET", c.path, "")
		if status != c.status || strings.Contains(text, "not for you") {
			t.Errorf("%s: %d %.200s", c.path, status, text)
		}
		if status == 308 && header.Get("Location") != "/dashboard/" {
			t.Errorf("%s leads to %q", c.path, header.Get("Location"))
		}
		if status != 200 {
			continue
		}
		if header.Get("Content-Type") != c.kind || header.Get("Cache-Control") != c.cache || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %v", c.path, header)
		}
		if policy := header.Get("Content-Security-Policy"); policy != dashboardPolicy || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", c.path, policy)
		}
	}
	if status, _, _ := g.do("POST", "/dashboard/", ""); status != 405 {
		t.Errorf("POST: %d", status)
	}
	if status, _, _ := start(t, nil).do("GET", "/dashboard/", ""); status != 404 {
		t.Errorf("without a folder: %d", status)
	}
}

// A folder that holds no page is refused at the start, with what is to be done.
func TestDashboardNeedsABuild(t *testing.T) {
	outside := t.TempDir()
	if err := os.Symlink(withFile(t, "index.html", "elsewhere"), filepath.Join(outside, "index.html")); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{t.TempDir(): "has no index.html: build the page first", outside: "has no index.html", "/nowhere/dist": "no such file"} {
		if _, err := loadConfig([]string{"GATEWAY_DASHBOARD=" + folder}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "GATEWAY_DASHBOARD") {
			t.Errorf("%s: %v, not %q", folder, err, want)
		}
	}
}

// sent is a file as it was answered, unzipped.
type sent struct {
	status         int
	header         http.Header
	text, encoding string
}

func fileOf(t *testing.T, g *running, path string, header ...string) sent {
	t.Helper()
	status, h, text := g.do("GET", path, "", header...)
	s := sent{status, h, text, h.Get("Content-Encoding")}
	if s.encoding == "gzip" && status == 200 {
		unzip, err := gzip.NewReader(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all, err := io.ReadAll(unzip)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		s.text = string(all)
	}
	return s
}

// Who takes gzip gets it where it is shorter, with a tag of its own; a new build is served at once, in either form.
func TestDashboardIsCompressed(t *testing.T) {
	folder := builtPage(t)
	g := start(t, []string{"-dashboard", folder})
	at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	write := func(name, text string, at time.Time) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	tags := map[string]string{}
	for i, text := range []string{strings.Repeat("let one = 1;", 200), strings.Repeat("let two = 2;", 200)} {
		write("assets/long.js", text, at.Add(time.Duration(i)*time.Second))
		for _, c := range []struct{ accepts, encoding string }{
			{"gzip, deflate, br, zstd", "gzip"}, {"br;q=1, gzip;q=0.2", "gzip"}, {"gzip", "gzip"}, {"gzip;q=0", ""}, {"identity", ""}, {"br", ""},
		} {
			got := fileOf(t, g, "/dashboard/assets/long.js", "Accept-Encoding", c.accepts)
			if got.status != 200 || got.text != text || got.encoding != c.encoding || got.header.Get("Content-Type") != "text/javascript; charset=utf-8" ||
				got.header.Get("Vary") != "Accept-Encoding" || !strings.Contains(got.header.Get("Cache-Control"), "immutable") || got.header.Get("Content-Security-Policy") != dashboardPolicy {
				t.Errorf("%s: %d %.40s %v", c.accepts, got.status, got.text, got.header)
			}
			tag := got.header.Get("ETag")
			if form := fmt.Sprint(i, c.encoding); tags[tag] != "" && tags[tag] != form || tag == "" {
				t.Errorf("the tag %s of %s is that of %s too", tag, form, tags[tag])
			} else {
				tags[tag] = form
			}
			if again := fileOf(t, g, "/dashboard/assets/long.js", "Accept-Encoding", c.accepts, "If-None-Match", tag); again.status != 304 || again.text != "" {
				t.Errorf("%s, who has it: %d", c.accepts, again.status)
			}
		}
	}
	if len(tags) != 4 {
		t.Errorf("two builds in two forms have the tags %v", tags)
	}
	if short := fileOf(t, g, "/dashboard/assets/index-1.js", "Accept-Encoding", "gzip"); short.encoding != "" || short.text != "export {}" {
		t.Errorf("what gains nothing: %+v", short)
	}
}

// An image of another build may have a page of the same time and length: its tag is another one.
func TestDashboardTagsTellBuildsApart(t *testing.T) {
	at, tags := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), map[string]bool{}
	for _, text := range []string{`<script src="a.js"></script>`, `<script src="b.js"></script>`} {
		path := withFile(t, "index.html", text)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		got := fileOf(t, start(t, []string{"-dashboard", filepath.Dir(path)}), "/dashboard/")
		tags[got.header.Get("ETag")] = true
		if got.text != text || got.header.Get("Last-Modified") != "" || got.header.Get("Content-Length") != fmt.Sprint(len(text)) {
			t.Errorf("%q %v", got.text, got.header)
		}
	}
	if len(tags) != 2 {
		t.Errorf("the tags are %v", tags)
	}
}

// What is too long to be kept is served all the same.
func TestDashboardServesLongFiles(t *testing.T) {
	folder, text := builtPage(t), strings.Repeat("x", mostRead+1)
	if err := os.WriteFile(filepath.Join(folder, "long.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := fileOf(t, start(t, []string{"-dashboard", folder}), "/dashboard/long.txt", "Accept-Encoding", "gzip"); got.status != 200 || got.text != text || got.encoding != "" {
		t.Errorf("%d, %d bytes, %v", got.status, len(got.text), got.header)
	}
}

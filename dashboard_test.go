package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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

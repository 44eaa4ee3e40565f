package main

import (
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
)

// dashboardPolicy is the content security policy of the dashboard's files: scripts, styles and answers of this server,
// and nothing written into the page. Nobody may frame it, since a click on it can spend money.
const dashboardPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// dashboard serves a page that was built to stand below /dashboard/. It is read from the folder at each request, so a
// new build needs no new start.
type dashboard struct {
	files *os.Root // nothing outside of it is reached, by symbolic links neither
}

// openDashboard opens the folder of a built page.
func openDashboard(folder string) (*dashboard, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	d := &dashboard{root}
	index, _, err := d.open("index.html")
	if err != nil {
		_ = root.Close() // the other error is the one to tell
		return nil, fmt.Errorf("%s has no index.html: build the page first (npm ci && npm run build in examples/dashboard) and name its dist folder", folder)
	}
	return d, index.Close()
}

// open opens a regular file: what is a folder, a pipe or outside is not there.
func (d *dashboard) open(name string) (*os.File, os.FileInfo, error) {
	info, err := d.files.Stat(name) // before it is opened, which a pipe would keep waiting
	if err == nil && !info.Mode().IsRegular() {
		err = os.ErrNotExist
	}
	if err != nil {
		return nil, nil, err
	}
	file, err := d.files.Open(name)
	return file, info, err
}

// dashboardTypes are set by hand: the table of the machine may differ, and with nosniff a script of the wrong type does
// not run. Files of other types are not served.
func dashboardTypes() map[string]string {
	return map[string]string{
		".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon", ".js": "text/javascript; charset=utf-8",
		".json": "application/json", ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".woff2": "font/woff2",
	}
}

func (d *dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if name == "" {
		name = "index.html"
	}
	kind, known := dashboardTypes()[path.Ext(name)]
	if !known {
		http.NotFound(w, r)
		return
	}
	file, info, err := d.open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", dashboardPolicy)
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		h.Set("Cache-Control", "public, max-age=31536000, immutable") // the build puts a hash into the names
	}
	http.ServeContent(w, r, name, info.ModTime(), file)
}

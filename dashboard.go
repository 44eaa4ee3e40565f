package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"stellr-gateway/playground"
)

// dashboardPolicy is the content security policy of the dashboard's files: scripts, styles and answers of this server,
// and nothing written into the page. Nobody may frame it, since a click on it can spend money.
const dashboardPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// dashboard serves a page that was built to stand below /dashboard/. The folder is looked at for each request, so a new
// build needs no new start.
type dashboard struct {
	files *os.Root // nothing outside of it is reached, by symbolic links neither

	mu    sync.Mutex
	known map[string]builtFile // by name
}

// builtFile is what is kept of a file that was read whole.
type builtFile struct {
	at     time.Time // when it was changed: one of another time or length is read again
	size   int64
	tag    string // a hash of it, without quotes: time and length are the same in two builds, where images get files of one time
	zipped []byte // it in gzip; nil where that is hardly shorter
}

const (
	mostRead  = 4 << 20 // the bytes of a file that is read whole; a longer one is served as it is
	mostKnown = 100     // how many files are kept: a new build leaves those of the old one behind
)

// openDashboard opens the folder of a built page.
func openDashboard(folder string) (*dashboard, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	d := &dashboard{files: root, known: map[string]builtFile{}}
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
	if info.Size() > mostRead {
		http.ServeContent(w, r, name, info.ModTime(), file)
		return
	}
	built, err := d.read(name, file, info)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	var body io.ReadSeeker = file
	h.Set("Vary", "Accept-Encoding")
	if built.zipped != nil && playground.AcceptsGzip(strings.Join(r.Header.Values("Accept-Encoding"), ",")) {
		body, built.tag = bytes.NewReader(built.zipped), built.tag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+built.tag+`"`)
	http.ServeContent(w, r, name, time.Time{}, body)
}

// read is what is known of a file, which is read where it was changed since.
func (d *dashboard) read(name string, file *os.File, info os.FileInfo) (builtFile, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.known[name]; ok && known.at.Equal(info.ModTime()) && known.size == info.Size() {
		return known, nil
	}
	body, err := io.ReadAll(io.LimitReader(file, mostRead))
	if err != nil {
		return builtFile{}, err
	}
	sum := sha256.Sum256(body)
	known := builtFile{at: info.ModTime(), size: info.Size(), tag: hex.EncodeToString(sum[:8])}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	_, _ = zip.Write(body) // a Buffer takes everything
	_ = zip.Close()
	if out.Len() < len(body)/10*9 {
		known.zipped = out.Bytes()
	}
	if len(d.known) >= mostKnown {
		clear(d.known)
	}
	d.known[name] = known
	return known, nil
}

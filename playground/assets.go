package playground

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// contentTypes are set by hand: the table of the machine may differ, and with
// nosniff a script of the wrong type does not run.
var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".ttf": "font/ttf",
	".txt": "text/plain; charset=utf-8",
}

// assets are the files of the page, by name.
type assets map[string]*asset

type asset struct {
	contentType  string
	cacheControl string
	tag          string // a hash of body, without quotes
	body         []byte
	zipped       func() []byte // body in gzip, made on first use
}

func loadAssets(files fs.FS) (assets, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, err
	}
	all := make(assets, len(entries))
	for _, entry := range entries {
		body, err := fs.ReadFile(files, entry.Name())
		if err != nil {
			return nil, err
		}
		all[entry.Name()] = newAsset(entry.Name(), body)
	}
	return all, nil
}

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	a := &asset{
		contentType:  contentTypes[path.Ext(name)],
		cacheControl: "public, max-age=31536000, immutable", // the name changes with the bytes
		tag:          hex.EncodeToString(sum[:8]),
		body:         body,
		zipped:       sync.OnceValue(func() []byte { return zip(body) }),
	}
	if name == "LICENSES.txt" {
		a.cacheControl = "no-cache"
	}
	return a
}

func (all assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	a, ok := all[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", a.cacheControl)
	h.Set("Vary", "Accept-Encoding")
	body, tag := a.body, a.tag
	if AcceptsGzip(r.Header.Get("Accept-Encoding")) {
		body, tag = a.zipped(), tag+"-gzip"
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}

// AcceptsGzip reads an Accept-Encoding header. It looks for gzip by name, and
// takes * and an absent header as no.
func AcceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(params)), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !found || (err == nil && weight > 0)
	}
	return false
}

func zip(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(body) // a Buffer takes everything
	_ = w.Close()
	return out.Bytes()
}

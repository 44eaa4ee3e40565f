package playground

import (
	"bytes"
	"crypto/rand"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
)

//go:embed dist
var dist embed.FS

// A Tab is an example that the page opens with. The page names it after the
// first operation in Query.
type Tab struct {
	Query     string `json:"query"`
	Variables string `json:"variables,omitempty"` // a JSON object, or empty
}

// Handler serves the page at / and its files below /playground/; any other
// path is 404, any method but GET and HEAD is 405. The page sends its
// operations to /graphql of the same origin, subscriptions over WebSocket
// with the graphql-transport-ws protocol.
//
// Each tab is shown to a visitor who has no stored session, in the order
// given. When the tabs have changed since the last visit, the new ones replace
// those the visitor never edited. The error is one of the build: the embedded
// files are not what they should be.
func Handler(tabs []Tab) (http.Handler, error) {
	page, err := template.ParseFS(dist, "dist/page.html")
	if err != nil {
		return nil, fmt.Errorf("playground: page: %w", err)
	}
	files, err := fs.Sub(dist, "dist/assets")
	if err != nil {
		return nil, fmt.Errorf("playground: assets: %w", err)
	}
	assets, err := loadAssets(files)
	if err != nil {
		return nil, fmt.Errorf("playground: assets: %w", err)
	}
	if tabs == nil {
		tabs = []Tab{} // null is not a list
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", servePage(page, tabs))
	mux.Handle("GET /playground/{name}", assets)
	return secure(mux), nil
}

// servePage answers with the page. Each answer has a nonce of its own, so none
// may be stored.
func servePage(page *template.Template, tabs []Tab) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		var body bytes.Buffer
		data := struct {
			Nonce string
			Tabs  []Tab
		}{nonce, tabs}
		if err := page.Execute(&body, data); err != nil {
			http.Error(w, "the page could not be made", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy(nonce))
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-store")
		_, _ = w.Write(body.Bytes()) // a reader that has gone is no error here
	})
}

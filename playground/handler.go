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

// An Example is a document that people may begin with. The pane of examples
// lists each of its operations by its name, with the comment right above it.
type Example struct {
	Topic     string `json:"topic,omitempty"` // what it stands under in the pane
	Query     string `json:"query"`
	Variables string `json:"variables,omitempty"` // a JSON object, or empty
	Open      bool   `json:"open,omitempty"`      // in a tab, on a first visit
}

// Handler serves the page at / and its files below /playground/; any other
// path is 404, any method but GET and HEAD is 405. The page sends its
// operations to /graphql of the same origin, subscriptions over WebSocket
// with the graphql-transport-ws protocol.
//
// The pane of examples has them in the order given. A visitor who has no stored
// session finds those that are marked so in tabs, or the first if none is. When
// an example has changed since the last visit, a tab that holds it and was never
// edited follows. The error is one of the build: the embedded files are not what
// they should be.
func Handler(examples []Example) (http.Handler, error) {
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
	if examples == nil {
		examples = []Example{} // null is not a list
	}
	mux := http.NewServeMux()
	mux.Handle("GET /{$}", servePage(page, examples))
	mux.Handle("GET /playground/{name}", assets)
	return secure(mux), nil
}

// servePage answers with the page. Each answer has a nonce of its own, so none
// may be stored.
func servePage(page *template.Template, examples []Example) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce := rand.Text()
		var body bytes.Buffer
		data := struct {
			Nonce    string
			Examples []Example
		}{nonce, examples}
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

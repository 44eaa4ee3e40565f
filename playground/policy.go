package playground

import (
	"net/http"
	"strings"
)

// pagePolicy is the content security policy of the page. What it grants, and
// why, beyond "nothing":
//
//   - script-src, worker-src: the bundle and Monaco's three workers are files
//     of this server. No inline script, no eval; the examples stand in the
//     page as a JSON data block, which is not a script.
//   - style-src: the style sheet is a file, and Monaco and the dialogs create
//     <style> elements as they run. Those carry the nonce of this one answer
//     (web/src/nonce.ts), so a <style> that came in as markup does not work.
//   - style-src-attr: Monaco writes each line of text as markup with style
//     attributes, for which there is neither nonce nor hash. An attribute
//     styles one element and selects nothing, so this grants little.
//   - connect-src: /graphql, and by CSP 3 also its WebSocket.
//   - img-src: the icons inside the style sheet. font-src: Monaco's icons.
//
// Nobody may frame the page, since a click on it can spend money.
func pagePolicy(nonce string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"worker-src 'self'",
		"style-src 'self' 'nonce-" + nonce + "'",
		"style-src-attr 'unsafe-inline'",
		"connect-src 'self'",
		"img-src data:",
		"font-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}, "; ")
}

// assetPolicy is the policy of everything that is not the page. It binds the
// workers, which take theirs from the answer they were loaded with: they
// calculate, and need neither network nor eval.
const assetPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// secure sets the headers that every answer of this package carries.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", assetPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

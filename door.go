package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"

	"stellr-gateway/internal/access"
)

// door decides who comes in, and from which pages.
type door struct {
	open    bool // nobody has to say who they are; the gateway listens on loopback
	callers *access.Directory
	origins []string // of other sites' pages that may ask
}

// authenticate is ctx on behalf of whoever the credentials belong to, which came behind "Bearer "; empty without any.
func (d *door) authenticate(ctx context.Context, bearer string) (context.Context, error) {
	if d.open {
		return access.With(ctx, access.Local()), nil
	}
	return d.callers.Authenticate(ctx, bearer)
}

// guarded lets through who shows a key. (/graphql asks for itself: a WebSocket may bring its key later.)
func (d *door) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") {
			key = ""
		}
		ctx, err := d.authenticate(r.Context(), strings.TrimSpace(key))
		if err != nil {
			w.Header().Set("WWW-Authenticate", "Bearer")
			refuse(w, r, http.StatusUnauthorized, "UNAUTHENTICATED", "An API key or a token is needed: send it as Authorization: Bearer KEY.")
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// fromHere keeps pages of other sites out. They could reach a gateway on the visitor's own machine or network: by a
// WebSocket, which asks no leave, or under a name of theirs that leads here, which is why a gateway that asks for no
// key answers to the names of this machine only. Callers that are no pages send no Origin and pass.
func (d *door) fromHere(next http.Handler) http.Handler {
	listed := d.listed(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.open && !isLoopbackHost(hostOf(r.Host)) {
			refuse(w, r, http.StatusMisdirectedRequest, "FORBIDDEN", "Without API keys the gateway answers to localhost and 127.0.0.1 only.")
			return
		}
		origins := r.Header.Values("Origin")
		switch {
		case len(origins) == 0 || len(origins) == 1 && isOriginOf(origins[0], r):
			w.Header().Add("Vary", "Origin")
			next.ServeHTTP(w, r)
		case len(origins) == 1 && d.isListed(origins[0]):
			listed.ServeHTTP(w, r)
		default:
			w.Header().Add("Vary", "Origin")
			refuse(w, r, http.StatusForbidden, "FORBIDDEN", "Pages of this origin may not call the gateway; GATEWAY_ORIGINS lists those that may.")
		}
	})
}

// listed answers pages of the origins that are let in, and what browsers ask before they let such a page ask. There are
// no cookies, so none are allowed.
func (d *door) listed(next http.Handler) http.Handler {
	policy := cors.New(cors.Options{
		AllowOriginFunc: d.isListed, // its own lists know wildcards, and take an empty one for everybody
		AllowedMethods:  []string{http.MethodGet, http.MethodPost},
		AllowedHeaders:  []string{"Authorization", "Content-Type", "X-Request-Id", "X-Gateway-Cost", "X-Gateway-Calls", "X-Gateway-Cache"},
		ExposedHeaders:  []string{"X-Request-Id", "Retry-After"},
		MaxAge:          600,
	})
	return policy.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Origin") // what follows lets in pages of this site only, and this one is as good
		r.Header.Del("Sec-Fetch-Site")
		next.ServeHTTP(w, r)
	}))
}

func (d *door) isListed(origin string) bool {
	return slices.Contains(d.origins, strings.ToLower(origin))
}

// isOriginOf says whether an origin is where a request was sent to. Over plain HTTP the scheme is left out: behind a proxy
// that ends TLS it differs.
func isOriginOf(origin string, r *http.Request) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host) && (r.TLS == nil || strings.EqualFold(u.Scheme, "https")) &&
		strings.EqualFold(u.Scheme+"://"+u.Host, origin)
}

// hostOf is a Host header without its port.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

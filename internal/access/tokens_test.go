package access_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"stellr-gateway/internal/access"
)

// idp is an issuer of tokens, on a clock of the test's.
type idp struct {
	t      testing.TB
	server *httptest.Server
	asked  atomic.Int64 // for its keys
	down   atomic.Bool
	passed atomic.Int64 // since start
	mu     sync.Mutex
	keys   map[string]crypto.Signer
}

var start = time.Now().Truncate(time.Second)

func newIDP(t testing.TB, kids ...string) *idp {
	t.Helper()
	p := &idp{t: t, keys: map[string]crypto.Signer{}}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch {
		case p.down.Load():
			http.Error(w, "down", http.StatusBadGateway)
		case r.URL.Path == "/.well-known/openid-configuration":
			_ = json.NewEncoder(w).Encode(map[string]string{"issuer": p.server.URL, "jwks_uri": p.server.URL + "/keys"})
		case r.URL.Path == "/keys":
			p.asked.Add(1)
			set := jose.JSONWebKeySet{}
			for kid, key := range p.keys {
				set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: kid, Use: "sig"})
			}
			raw, _ := json.Marshal(set)
			_, _ = w.Write([]byte(strings.Replace(string(raw), `{"keys":[`, `{"keys":[{"kty":"strange"},{"kty":"oct","k":"c2VjcmV0","kid":"secret"},`, 1)))
		default:
			t.Errorf("the issuer was asked for %s", r.URL)
		}
	}))
	t.Cleanup(p.server.Close)
	for _, kid := range kids {
		p.add(kid)
	}
	return p
}

func (p *idp) add(kid string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys[kid] = key
}

func (p *idp) now() time.Time { return start.Add(time.Duration(p.passed.Load())) }

func (p *idp) later(d time.Duration) { p.passed.Add(int64(d)) }

// config is a directory's that takes the issuer's tokens.
func (p *idp) config(change ...func(*access.Issuer)) access.Config {
	issuer := &access.Issuer{URL: p.server.URL, Audience: "stellr-gateway", JWKS: p.server.URL + "/keys", Algorithms: []string{"ES256", "RS256"}, Now: p.now}
	for _, f := range change {
		f(issuer)
	}
	return access.Config{JWT: issuer, Organizations: map[string]access.Customers{"acme": access.Only("1"), "globex": access.Only("2")}}
}

// claims are those of a good token, with changes; a nil takes one out.
func (p *idp) claims(changes map[string]any) map[string]any {
	claims := map[string]any{"iss": p.server.URL, "aud": []string{"other", "stellr-gateway"}, "sub": "ada", "iat": p.now().Unix(),
		"exp": p.now().Add(time.Minute).Unix(), "roles": []string{"buyer"}, "org": "acme"}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// token signs claims with the key of this id.
func (p *idp) token(kid string, changes map[string]any) string {
	p.t.Helper()
	p.mu.Lock()
	key := p.keys[kid]
	p.mu.Unlock()
	return sign(p.t, jose.ES256, key, map[jose.HeaderKey]any{"kid": kid}, p.claims(changes))
}

func sign(t testing.TB, algorithm jose.SignatureAlgorithm, key any, header map[jose.HeaderKey]any, claims any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, &jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		t.Fatal(err)
	}
	payload, ok := claims.([]byte)
	if !ok {
		payload, _ = json.Marshal(claims)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTokens(t *testing.T) {
	p := newIDP(t, "one")
	for name, c := range map[string]struct {
		changes map[string]any
		change  func(*access.Issuer)
		roles   []access.Role
		numbers []string
	}{
		"a good one":                {nil, nil, access.Roles()[:3], []string{"1"}},
		"one role as a text":        {map[string]any{"roles": "ADMIN"}, nil, access.Roles(), []string{"1"}},
		"unknown words":             {map[string]any{"roles": []any{"owner", 7, "viewer"}, "org": []string{"nobody", "globex", "acme"}}, nil, access.Roles()[:1], []string{"2", "1"}},
		"nothing known":             {map[string]any{"roles": nil, "org": map[string]any{"acme": true}}, nil, nil, nil},
		"claims inside":             {map[string]any{"realm": map[string]any{"access": map[string]any{"roles": []string{"viewer"}}}}, func(i *access.Issuer) { i.RolesClaim = "realm.access.roles" }, access.Roles()[:1], []string{"1"}},
		"a claim with a dot":        {map[string]any{"https://x.example/roles": "operator"}, func(i *access.Issuer) { i.RolesClaim = "https://x.example/roles" }, access.Roles()[:2], []string{"1"}},
		"its end within the leeway": {map[string]any{"exp": p.now().Add(-29 * time.Second).Unix()}, nil, access.Roles()[:3], []string{"1"}},
		"its begin within it":       {map[string]any{"nbf": p.now().Add(29 * time.Second).Unix(), "iat": p.now().Add(29 * time.Second).Unix()}, nil, access.Roles()[:3], []string{"1"}},
		"keys by discovery":         {nil, func(i *access.Issuer) { i.JWKS = "" }, access.Roles()[:3], []string{"1"}},
		"a fraction of a second":    {map[string]any{"exp": float64(p.now().Unix()) + 0.5}, nil, access.Roles()[:3], []string{"1"}},
		"its audience as one text":  {map[string]any{"aud": "stellr-gateway"}, nil, access.Roles()[:3], []string{"1"}},
	} {
		change := c.change
		if change == nil {
			change = func(*access.Issuer) {}
		}
		d := directory(t, p.config(change))
		ctx, err := d.Authenticate(t.Context(), p.token("one", c.changes))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		caller := access.From(ctx)
		if caller.Subject != "ada" || !slices.Equal(caller.Roles, c.roles) || !slices.Equal(caller.Customers.Numbers(), c.numbers) || caller.Customers.All() {
			t.Errorf("%s: %+v", name, caller)
		}
		if _, ends := ctx.Deadline(); !ends {
			t.Errorf("%s: it does not end", name)
		}
	}
}

func TestTokensThatAreNotGood(t *testing.T) {
	p := newIDP(t, "one")
	d := directory(t, p.config())
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(p.keys["one"].Public())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the token's own address was asked") }))
	defer elsewhere.Close()
	kid := func(more ...any) map[jose.HeaderKey]any {
		header := map[jose.HeaderKey]any{"kid": "one"}
		for i := 0; i < len(more); i += 2 {
			header[jose.HeaderKey(more[i].(string))] = more[i+1]
		}
		return header
	}
	good := p.token("one", nil)
	parts := strings.Split(good, ".")
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	for name, token := range map[string]string{
		"nothing but dots":          "..",
		"no signature":              parts[0] + "." + parts[1] + ".",
		"four parts":                good + "." + parts[2],
		"two parts":                 parts[0] + "." + parts[1],
		"another payload":           parts[0] + "." + part(`{"sub":"eve"}`) + "." + parts[2],
		"bad base64":                parts[0] + "." + parts[1] + ".%%%",
		"a header that is none":     part("hello") + "." + parts[1] + "." + parts[2],
		"alg none":                  part(`{"alg":"none"}`) + "." + parts[1] + ".",
		"alg none with signature":   part(`{"alg":"none","kid":"one"}`) + "." + parts[1] + "." + parts[2],
		"HS256 with the public key": sign(t, jose.HS256, public, kid(), p.claims(nil)),
		"HS256 with the set's own":  sign(t, jose.HS256, []byte("secret-secret-secret-secret-secret-"), map[jose.HeaderKey]any{"kid": "secret"}, p.claims(nil)),
		"an algorithm not allowed":  sign(t, jose.PS256, rsaKey, kid(), p.claims(nil)),
		"another's signature":       sign(t, jose.ES256, other, kid(), p.claims(nil)),
		"its own key within":        sign(t, jose.ES256, other, kid("jwk", jose.JSONWebKey{Key: other.Public(), KeyID: "one"}), p.claims(nil)),
		"its own address":           sign(t, jose.ES256, other, kid("jku", elsewhere.URL), p.claims(nil)),
		"a kid that is a path":      sign(t, jose.ES256, other, kid("kid", "../../etc/passwd"), p.claims(nil)),
		"an unknown kid":            sign(t, jose.ES256, other, kid("kid", "two"), p.claims(nil)),
		"a critical header":         sign(t, jose.ES256, p.keys["one"], kid("crit", []string{"x"}, "x", 1), p.claims(nil)),
		"another issuer's":          p.token("one", map[string]any{"iss": "https://evil.example"}),
		"no issuer":                 p.token("one", map[string]any{"iss": nil}),
		"for somebody else":         p.token("one", map[string]any{"aud": "stellr"}),
		"for nobody":                p.token("one", map[string]any{"aud": nil}),
		"no end":                    p.token("one", map[string]any{"exp": nil}),
		"ended":                     p.token("one", map[string]any{"exp": p.now().Add(-30 * time.Second).Unix()}),
		"an end out of this world":  p.token("one", map[string]any{"exp": 1e300}),
		"an end in words":           p.token("one", map[string]any{"exp": "tomorrow"}),
		"not valid yet":             p.token("one", map[string]any{"nbf": p.now().Add(31 * time.Second).Unix()}),
		"from the future":           p.token("one", map[string]any{"iat": p.now().Add(31 * time.Second).Unix()}),
		"no subject":                p.token("one", map[string]any{"sub": nil}),
		"a subject that is none":    p.token("one", map[string]any{"sub": 7}),
		"claims that are none":      sign(t, jose.ES256, p.keys["one"], kid(), []byte(`[1]`)),
		"huge":                      p.token("one", map[string]any{"x": strings.Repeat("x", 8<<10)}),
	} {
		ctx, err := d.Authenticate(t.Context(), token)
		if err == nil || ctx != nil || !errors.Is(err, access.ErrBadToken) && !errors.Is(err, access.ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), parts[2]) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
	if _, ok := as(t, d, good); !ok {
		t.Error("the good token is not good")
	}
}

// The issuer changes its keys: a new one is found out at once, one that was withdrawn is good for an hour at most.
func TestRotation(t *testing.T) {
	p := newIDP(t, "one")
	d := directory(t, p.config())
	old := func() string { return p.token("one", nil) }
	if _, ok := as(t, d, old()); !ok || p.asked.Load() != 1 {
		t.Fatalf("the issuer was asked %d times", p.asked.Load())
	}
	p.add("two")
	p.later(11 * time.Second)
	if _, ok := as(t, d, p.token("two", nil)); !ok || p.asked.Load() != 2 {
		t.Errorf("a new key is not found out, the issuer was asked %d times", p.asked.Load())
	}
	withdrawn := old()
	p.mu.Lock()
	delete(p.keys, "one")
	p.mu.Unlock()
	if _, ok := as(t, d, withdrawn); !ok || p.asked.Load() != 2 {
		t.Error("a known key is asked about")
	}
	p.later(time.Hour)
	fresh := func() string { return p.token("two", nil) }
	if _, ok := as(t, d, fresh()); !ok {
		t.Error("keys that are read anew are not good meanwhile")
	}
	waitUntil(t, func() bool { return p.asked.Load() == 3 })
	forged := func() bool {
		claims := p.claims(nil)
		_, ok := as(t, d, sign(t, jose.ES256, oneOf(t), map[jose.HeaderKey]any{"kid": "one"}, claims))
		return ok
	}
	waitUntil(t, func() bool { return !forged() })
}

func oneOf(t testing.TB) crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// waitUntil waits for something that is about to be.
func waitUntil(t testing.TB, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never came about")
		}
	}
}

// However many tokens come with keys that nobody knows, the issuer is asked once in ten seconds.
func TestUnknownKeysDoNotFloodTheIssuer(t *testing.T) {
	p := newIDP(t, "one")
	d := directory(t, p.config())
	if _, ok := as(t, d, p.token("one", nil)); !ok {
		t.Fatal("the good token is not good")
	}
	p.later(11 * time.Second)
	var wait sync.WaitGroup
	for i := range 200 {
		token := sign(t, jose.ES256, oneOf(t), map[jose.HeaderKey]any{"kid": string(rune('A' + i))}, p.claims(nil))
		wait.Go(func() {
			if _, err := d.Authenticate(context.Background(), token); err == nil {
				t.Error("a token of an unknown key is good")
			}
		})
	}
	wait.Wait()
	if n := p.asked.Load(); n != 2 {
		t.Errorf("the issuer was asked %d times, want twice", n)
	}
	p.later(11 * time.Second)
	_, _ = d.Authenticate(t.Context(), sign(t, jose.ES256, oneOf(t), map[jose.HeaderKey]any{"kid": "again"}, p.claims(nil)))
	if n := p.asked.Load(); n != 3 {
		t.Errorf("the issuer was asked %d times, want three", n)
	}
}

// While the issuer is down its last keys are good; without any, nobody comes in and the reason is told to the log.
func TestIssuerDown(t *testing.T) {
	p := newIDP(t, "one")
	d := directory(t, p.config())
	p.down.Store(true)
	if _, err := d.Authenticate(t.Context(), p.token("one", nil)); err == nil || !strings.Contains(err.Error(), "status 502") {
		t.Errorf("got %v", err)
	}
	if err := d.Check(t.Context()); err == nil {
		t.Error("the check finds nothing wrong")
	}
	p.down.Store(false)
	p.later(11 * time.Second)
	if _, ok := as(t, d, p.token("one", nil)); !ok {
		t.Error("an issuer that is back is not asked")
	}
	p.down.Store(true)
	p.later(3 * time.Hour)
	for range 3 {
		if _, ok := as(t, d, p.token("one", nil)); !ok {
			t.Error("the last good keys are not kept")
		}
		p.later(11 * time.Second)
	}
}

func TestBadIssuers(t *testing.T) {
	p := newIDP(t)
	for want, change := range map[string]func(*access.Issuer){
		"audience is missing":     func(i *access.Issuer) { i.Audience = "" },
		`"none" is not one of`:    func(i *access.Issuer) { i.Algorithms = []string{"RS256", "none"} },
		`"HS256" is not one of`:   func(i *access.Issuer) { i.Algorithms = []string{"HS256"} },
		"issuer: it must":         func(i *access.Issuer) { i.URL = "" },
		"jwks_url: it must begin": func(i *access.Issuer) { i.JWKS = "http://idp.example/keys" },
		"jwks_url: it must look":  func(i *access.Issuer) { i.JWKS = "https://user:pw@idp.example/keys" },
	} {
		if _, err := access.New(p.config(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	redirect := httptest.NewServer(http.RedirectHandler(p.server.URL+"/keys", http.StatusFound))
	defer redirect.Close()
	large := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) }))
	defer large.Close()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) }))
	defer empty.Close()
	for want, address := range map[string]string{"status 302": redirect.URL, "too much": large.URL, "no keys": empty.URL} {
		if err := directory(t, p.config(func(i *access.Issuer) { i.JWKS = address })).Check(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

// Tokens follow the configuration: their organizations' customers change at once, and another issuer ends them.
func TestReplacingWithTokens(t *testing.T) {
	p := newIDP(t, "one")
	d := directory(t, p.config())
	ctx, err := d.Authenticate(t.Context(), p.token("one", nil))
	if err != nil {
		t.Fatal(err)
	}
	config := p.config()
	config.Organizations["acme"] = access.Only("9")
	if err := d.Replace(config); err != nil || ctx.Err() != nil || !access.From(ctx).Sees("9") || access.From(ctx).Sees("1") {
		t.Errorf("got %+v, %v, %v", access.From(ctx), err, ctx.Err())
	}
	if err := d.Replace(p.config(func(i *access.Issuer) { i.Audience = "another" })); err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if context.Cause(ctx) != access.ErrRevoked {
		t.Errorf("it ended because of %v", context.Cause(ctx))
	}
	if err := d.Replace(access.Config{}); err != nil || access.From(ctx).May(access.Viewer) {
		t.Errorf("without tokens the caller is %+v, %v", access.From(ctx), err)
	}
}

// A token ends at its end, within the leeway.
func TestATokenEnds(t *testing.T) {
	p := newIDP(t, "one")
	ctx, err := directory(t, p.config()).Authenticate(t.Context(), p.token("one", map[string]any{"exp": float64(p.now().UnixMilli())/1000 - 29.9}))
	if err != nil {
		t.Fatal(err)
	}
	<-ctx.Done()
	if why := context.Cause(ctx); why != context.DeadlineExceeded {
		t.Errorf("it ended because of %v", why)
	}
}

func FuzzTokens(f *testing.F) {
	p := newIDP(f, "one")
	d := directory(f, p.config())
	good := p.token("one", nil)
	parts := strings.Split(good, ".")
	for _, seed := range []string{good, "..", "a.b.c", parts[0] + ".." + parts[2], "." + parts[1] + ".", `eyJhbGciOiJub25lIn0.e30.`, strings.Repeat("a", 9000) + ".b.c", parts[0] + "." + parts[1] + "." + parts[2] + "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		ctx, err := d.Authenticate(context.Background(), token)
		if err == nil && access.From(ctx).Subject != "ada" { // spellings of the good one are good
			t.Errorf("%q is good", token)
		}
	})
}

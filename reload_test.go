//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/go-jose/go-jose/v4"

	"stellr-gateway/internal/access"
)

// organizationsFile is a gateway.yaml in which acme has these customers, and a key for each name that is given.
func organizationsFile(customers string, keys ...string) string {
	text := "organizations: {acme: {customers: " + customers + "}, globex: {customers: [\"100002\"]}}\nauth:\n  api_keys:\n"
	for i := 0; i < len(keys); i += 3 {
		text += fmt.Sprintf("    - {name: %s, sha256: \"%s\", roles: [%s], organizations: [acme]}\n", keys[i], keys[i+1], keys[i+2])
	}
	return text
}

const whoseData = `{"query":"{customers {totalCount nodes {customerNo}} other: customer(customerNo: \"100002\") {name}}"}`

// asked is what a key is answered.
func (g *running) asked(key, query string) (status int, text string) {
	g.t.Helper()
	status, _, text = g.do("POST", "/graphql", query, "Authorization", "Bearer "+key)
	return status, text
}

// hangUp has the gateway read its file anew, and waits until it says how that went.
func (g *running) hangUp(says string) {
	g.t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		g.t.Fatal(err)
	}
	g.log.wait(g.t, says)
}

// A key sees its organization's customers and no others. The file is read anew on SIGHUP: a bad one changes nothing, a good
// one counts at once, also for who is there already; who has no key any more is sent away.
func TestOrganizationsAreReadAnew(t *testing.T) {
	anna, annaHash := access.NewKey()
	ben, benHash := access.NewKey()
	path := withFile(t, "gateway.yaml", organizationsFile(`["100001"]`, "anna", annaHash, "viewer", "ben", benHash, "viewer"))
	g := start(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+path)
	if status, text := g.asked(anna, whoseData); status != 200 || text != `{"data":{"customers":{"totalCount":1,"nodes":[{"customerNo":"100001"}]},"other":null}}` {
		t.Fatalf("status %d, %s", status, text)
	}
	conns := map[string]*websocket.Conn{}
	for _, key := range []string{anna, ben} {
		conn, err := g.dial()
		if err != nil {
			t.Fatal(err)
		}
		if subject, err := subjectOf(t.Context(), conn, `{"Authorization":"Bearer `+key+`"}`); err != nil || subject == "" {
			t.Fatal(subject, err)
		}
		conns[key] = conn
	}
	rewrite := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	rewrite(organizationsFile(`["100002"]`, "anna", annaHash, "owner"))
	g.hangUp("who may call stays as it was")
	if status, text := g.asked(ben, whoseData); status != 200 || !strings.Contains(text, `"100001"`) {
		t.Errorf("after a bad file: status %d, %s", status, text)
	}
	rewrite(organizationsFile(`["100002", "100003"]`, "anna", annaHash, "viewer"))
	g.hangUp("gateway.yaml was read anew")
	if status, text := g.asked(anna, whoseData); status != 200 || !strings.Contains(text, `"totalCount":2`) || strings.Contains(text, `"other":null`) {
		t.Errorf("after a good file: status %d, %s", status, text)
	}
	if status, text := g.asked(ben, whoseData); status != 401 {
		t.Errorf("without a key: status %d, %s", status, text)
	}
	question := json.RawMessage(`{"query":"{customer(customerNo: \"100001\") {name} customers {totalCount}}"}`)
	if err := wsjson.Write(t.Context(), conns[anna], socketMessage{"2", "subscribe", question}); err != nil {
		t.Fatal(err)
	}
	var got socketMessage
	for got.ID != "2" {
		if err := wsjson.Read(t.Context(), conns[anna], &got); err != nil {
			t.Fatal(err)
		}
	}
	if want := `{"data":{"customer":null,"customers":{"totalCount":2}}`; !strings.HasPrefix(string(got.Payload), want) {
		t.Errorf("who stayed sees %s", got.Payload)
	}
	for {
		if err := wsjson.Read(t.Context(), conns[ben], &got); err != nil {
			if websocket.CloseStatus(err) != 4403 {
				t.Errorf("who has no key any more: %v", err)
			}
			break
		}
	}
	rewrite(organizationsFile(`all`, "anna", annaHash, "viewer") + "limits: {depth: 5}\n")
	g.hangUp("counts from the next start on")
}

// A token comes in by HTTP and by WebSocket, which closes when the token ends.
func TestTokensComeIn(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k"}}})
	}))
	defer issuer.Close()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k"))
	if err != nil {
		t.Fatal(err)
	}
	token := func(left time.Duration, roles ...string) string {
		t.Helper()
		end := float64(time.Now().Add(left).UnixMilli()) / 1000
		claims, _ := json.Marshal(map[string]any{"iss": issuer.URL, "aud": "stellr-gateway", "sub": "ada", "exp": end, "roles": roles, "org": []string{"acme"}})
		signed, err := signer.Sign(claims)
		if err != nil {
			t.Fatal(err)
		}
		text, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	path := withFile(t, "gateway.yaml", `
auth:
  jwt: {issuer: "`+issuer.URL+`", audience: stellr-gateway, jwks_url: "`+issuer.URL+`/keys", algorithms: [ES256], roles_claim: roles, organizations_claim: org}
organizations: {acme: {customers: ["100001"]}}
`)
	g := start(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+path)
	good := token(time.Hour, "viewer")
	if status, text := g.asked(good, whoseData); status != 200 || !strings.Contains(text, `"totalCount":1`) {
		t.Errorf("status %d, %s", status, text)
	}
	if status, text := g.asked(token(time.Hour), whoseData); status != 200 || strings.Contains(text, "100001") || strings.Count(text, "FORBIDDEN") != 2 {
		t.Errorf("without a role: status %d, %s", status, text)
	}
	if status, text := g.asked(token(-31*time.Second, "viewer"), whoseData); status != 401 || strings.Contains(text, "ended") {
		t.Errorf("after its end: status %d, %s", status, text)
	}
	conn, err := g.dial()
	if err != nil {
		t.Fatal(err)
	}
	if subject, err := subjectOf(t.Context(), conn, `{"Authorization":"Bearer `+token(-28*time.Second, "viewer")+`"}`); err != nil || subject != "ada" {
		t.Fatal(subject, err)
	}
	for {
		var got socketMessage
		if err := wsjson.Read(t.Context(), conn, &got); err != nil {
			if websocket.CloseStatus(err) != 4403 {
				t.Errorf("at the token's end: %v", err)
			}
			break
		}
	}
	g.stop()
	_ = g.waitEnd()
	if strings.Contains(g.log.String(), strings.Split(good, ".")[2]) {
		t.Error("the token is in the log")
	}
}

package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

const whoAmI = `{"query":"{viewer {subject roles organizations seesAllCustomers}}"}`

func TestKeysAreAsked(t *testing.T) {
	key, path := someKey(t)
	g := start(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+path)
	for _, test := range []struct {
		authorization string
		ok            bool
	}{
		{"Bearer " + key, true},
		{"bearer  " + key, true},
		{"", false},
		{"Bearer", false},
		{"Bearer ", false},
		{"Bearer " + key + "x", false},
		{key, false},
		{"Basic " + key, false},
	} {
		for _, request := range [][3]string{{"POST", "/graphql", whoAmI}, {"GET", "/schema.graphql", ""}, {"GET", "/graphql?query={__typename}", ""}} {
			var header []string
			if test.authorization != "" {
				header = []string{"Authorization", test.authorization}
			}
			status, headers, text := g.do(request[0], request[1], request[2], header...)
			if test.ok {
				if status != 200 {
					t.Errorf("%q, %s: status %d, %s", test.authorization, request[1], status, text)
				}
				continue
			}
			var answer struct {
				Errors []struct{ Extensions struct{ Code string } }
				Data   any
			}
			err := json.Unmarshal([]byte(text), &answer)
			if status != 401 || err != nil || len(answer.Errors) != 1 || answer.Errors[0].Extensions.Code != "UNAUTHENTICATED" || answer.Data != nil {
				t.Errorf("%q, %s: status %d, %s", test.authorization, request[1], status, text)
			}
			if headers.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: WWW-Authenticate is %q", request[1], headers.Get("WWW-Authenticate"))
			}
		}
	}
	_, _, text := g.do("POST", "/graphql", whoAmI, "Authorization", "Bearer "+key)
	if want := `{"viewer":{"subject":"billing","roles":["VIEWER"],"organizations":["reseller"],"seesAllCustomers":true}}`; !strings.Contains(text, want) {
		t.Errorf("the caller is %s", text)
	}
	for _, path := range []string{"/", "/healthz", "/readyz"} {
		if status, _, text := g.do("GET", path, ""); status != 200 {
			t.Errorf("%s: status %d, %s", path, status, text)
		}
	}
	g.stop()
	_ = g.waitEnd()
	if strings.Contains(g.log.String(), key) {
		t.Error("the key is in the log")
	}
}

// dial opens a WebSocket.
func (g *running) dial(header ...string) (*websocket.Conn, error) {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	options := &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: h}
	conn, _, err := websocket.Dial(g.t.Context(), g.url+"/graphql", options)
	if err == nil {
		g.t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return conn, err
}

type socketMessage struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

func TestSocketsBringTheirKey(t *testing.T) {
	key, path := someKey(t)
	g := start(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+path)
	for payload, want := range map[string]string{
		`{"Authorization":"Bearer ` + key + `"}`: "billing",
		`{"authorization":"Bearer ` + key + `"}`: "billing",
		`{"Authorization":"Bearer x"}`:           "",
		`{}`:                                     "",
	} {
		conn, err := g.dial()
		if err != nil {
			t.Fatal(err)
		}
		subject, err := subjectOf(t.Context(), conn, payload)
		if subject != want || want == "" && websocket.CloseStatus(err) != 4403 {
			t.Errorf("%s: %q, %v", payload, subject, err)
		}
	}
}

func subjectOf(ctx context.Context, conn *websocket.Conn, payload string) (string, error) {
	err := wsjson.Write(ctx, conn, socketMessage{Type: "connection_init", Payload: json.RawMessage(payload)})
	if err != nil {
		return "", err
	}
	var got socketMessage
	if err := wsjson.Read(ctx, conn, &got); err != nil {
		return "", err
	}
	if err := wsjson.Write(ctx, conn, socketMessage{"1", "subscribe", json.RawMessage(whoAmI)}); err != nil {
		return "", err
	}
	if err := wsjson.Read(ctx, conn, &got); err != nil {
		return "", err
	}
	var answer struct {
		Data struct{ Viewer struct{ Subject string } }
	}
	err = json.Unmarshal(got.Payload, &answer)
	return answer.Data.Viewer.Subject, err
}

// Pages of other sites reach a gateway on this machine through the visitor's browser.
func TestPagesOfOtherSites(t *testing.T) {
	g := start(t, nil, "GATEWAY_ORIGINS=https://app.example")
	here := g.url
	for _, test := range []struct {
		status int
		header []string
	}{
		{200, nil},
		{200, []string{"Host", "localhost:1234"}},
		{200, []string{"Host", "[::1]:1234"}},
		{200, []string{"Origin", here, "Sec-Fetch-Site", "same-origin"}},
		{200, []string{"Origin", "https://app.example", "Sec-Fetch-Site", "cross-site"}},
		{200, []string{"Origin", "https://APP.example"}},
		{403, []string{"Origin", "https://evil.example"}},
		{403, []string{"Origin", "http://127.0.0.1:1"}},
		{403, []string{"Origin", "null"}},
		{403, []string{"Origin", "https://app.example.evil"}},
		{421, []string{"Host", "evil.example"}},
		{421, []string{"Host", "evil.example", "Origin", "http://evil.example"}},
	} {
		for _, method := range []string{"GET", "POST"} {
			path, body := "/graphql?query={__typename}", ""
			if method == "POST" {
				path, body = "/graphql", whoAmI
			}
			if status, _, text := g.do(method, path, body, test.header...); status != test.status {
				t.Errorf("%s %q: status %d, %s", method, test.header, status, text)
			}
		}
	}
	for origin, ok := range map[string]bool{here: true, "https://app.example": true, "https://evil.example": false} {
		if _, err := g.dial("Origin", origin); (err == nil) != ok {
			t.Errorf("a WebSocket from %s: %v", origin, err)
		}
	}
}

// With keys the gateway may have any name.
func TestAnyNameWithKeys(t *testing.T) {
	key, path := someKey(t)
	g := start(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+path)
	if status, _, text := g.do("POST", "/graphql", whoAmI, "Host", "gateway.example", "Origin", "https://gateway.example", "Authorization", "Bearer "+key); status != 200 {
		t.Errorf("status %d, %s", status, text)
	}
}

// What key prints works.
func TestKeyCommand(t *testing.T) {
	var printed strings.Builder
	if err := run(t.Context(), []string{"key", "billing"}, nil, &printed); err != nil {
		t.Fatal(err)
	}
	_, yaml, _ := strings.Cut(printed.String(), "admin.\n")
	var key string
	for line := range strings.Lines(printed.String()) {
		if strings.HasPrefix(line, "sgk_") {
			key = strings.TrimSpace(line)
		}
	}
	g := start(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+withFile(t, "gateway.yaml", yaml))
	if status, _, text := g.do("POST", "/graphql", whoAmI, "Authorization", "Bearer "+key); status != 200 || !strings.Contains(text, `"billing"`) {
		t.Errorf("status %d, %s", status, text)
	}
}

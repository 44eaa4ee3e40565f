package playground

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// gateway stands in for the real one: three fields, and what it was asked.
//
//	type Query { hello(name: String = "world"): String! page: Int }
//	type Events { count(to: Int!): Int! }
type gateway struct {
	mu             sync.Mutex
	authorizations []string
}

//go:embed testdata/introspection.json
var introspection []byte

// serve starts a server with the page for examples and a gateway behind it.
func serve(t *testing.T, examples ...Example) (string, *gateway) {
	t.Helper()
	page, err := Handler(examples)
	if err != nil {
		t.Fatal(err)
	}
	g := new(gateway)
	return serveWith(t, page, g), g
}

func serveWith(t *testing.T, page http.Handler, g *gateway) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("POST /graphql", g.answer)
	mux.HandleFunc("GET /graphql", g.subscribe)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/"
}

func (g *gateway) answer(w http.ResponseWriter, r *http.Request) {
	var request struct{ Query string }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/graphql-response+json")
	if strings.Contains(request.Query, "__schema") {
		_, _ = w.Write(introspection)
		return
	}
	g.mu.Lock()
	g.authorizations = append(g.authorizations, r.Header.Get("Authorization"))
	g.mu.Unlock()
	_, _ = w.Write([]byte(`{"data":{"hello":"Hello, world!"}}`))
}

// authorization is the header that the last operation came with.
func (g *gateway) authorization() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.authorizations) == 0 {
		return ""
	}
	return g.authorizations[len(g.authorizations)-1]
}

// subscribe counts to two, over graphql-transport-ws.
func (g *gateway) subscribe(w http.ResponseWriter, r *http.Request) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		return
	}
	defer c.CloseNow()
	type message struct {
		ID      string `json:"id,omitempty"`
		Type    string `json:"type"`
		Payload any    `json:"payload,omitempty"`
	}
	var in message
	for wsjson.Read(r.Context(), c, &in) == nil {
		out := []message{{Type: "connection_ack"}}
		if in.Type == "subscribe" {
			out = nil
			for n := range 2 {
				data := map[string]any{"data": map[string]any{"count": strconv.Itoa(n + 1)}}
				out = append(out, message{in.ID, "next", data})
			}
			out = append(out, message{ID: in.ID, Type: "complete"})
		}
		for _, m := range out {
			if wsjson.Write(r.Context(), c, m) != nil {
				return
			}
		}
	}
}

package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// gateway is a gateway over a simulator of its own, asked over HTTP.
type gateway struct {
	t       testing.TB
	sim     *sim.Server
	client  *stellr.Client // the gateway's own
	journal journal.Journal
	url     string
	handler http.Handler
	caller  string // for X-Test-Caller

	upstream string // the simulator's address
	mu       sync.Mutex
	asked    []string // what was asked of the simulator, as paths with queries
}

// answer is what a question brought.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// day is the day on which tests take place.
var day = time.Date(2026, 7, 9, 15, 0, 0, 0, time.UTC)

// open starts a gateway. tune may change the client's settings and the resolver's.
func open(t testing.TB, o sim.Options, tune ...func(*stellr.Config, *graph.Options)) *gateway {
	t.Helper()
	return openWith(t, o, graph.HandlerOptions{}, tune...)
}

// openWith starts a gateway that lets operations in as the options say.
func openWith(t testing.TB, o sim.Options, h graph.HandlerOptions, tune ...func(*stellr.Config, *graph.Options)) *gateway {
	t.Helper()
	if o.Clock == nil {
		o.Clock = func() time.Time { return day }
	}
	g := &gateway{t: t, sim: sim.New(o)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.asked = append(g.asked, r.URL.RequestURI())
		g.mu.Unlock()
		g.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	config := stellr.Config{
		ClientID: sim.DefaultClientID, ClientSecret: sim.DefaultClientSecret,
		BaseURL: server.URL, TokenURL: server.URL + "/oauth2/v1/token", Now: o.Clock,
	}
	options := graph.Options{Simulated: true, Clock: o.Clock, Account: "test", Node: "test"}
	for _, f := range tune {
		f(&config, &options)
	}
	client, err := stellr.New(config)
	if err != nil {
		t.Fatal(err)
	}
	options.Client, g.client = client, client
	if options.Journal == nil {
		options.Journal = openJournal(t)
	}
	g.journal = options.Journal
	resolver := graph.NewResolver(options)
	working, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); resolver.Work(working) }()
	t.Cleanup(func() { stop(); <-stopped })
	handler := graph.NewHandler(resolver, h)
	g.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(access.With(r.Context(), callerOf(r))))
	})
	front := httptest.NewServer(g.handler)
	t.Cleanup(front.Close)
	g.url, g.upstream = front.URL, server.URL
	return g
}

// openJournal is a journal of the test's own.
func openJournal(t testing.TB) journal.Journal {
	t.Helper()
	j, err := journal.Open(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}

// callerOf is who sends a request: the header X-Test-Caller names an organization, a name and a role; without it, it is
// the local caller.
func callerOf(r *http.Request) access.Caller {
	organization, rest, named := strings.Cut(r.Header.Get("X-Test-Caller"), "/")
	if !named {
		return access.Local()
	}
	subject, role, _ := strings.Cut(rest, "/")
	ladder := access.Roles()
	return access.Caller{Subject: subject, Organizations: []string{organization}, Roles: ladder[:slices.Index(ladder, access.Role(role))+1]} // none without a role
}

// as is the gateway asked by another caller: "acme/anna/BUYER".
func (g *gateway) as(caller string) *gateway {
	return &gateway{t: g.t, sim: g.sim, client: g.client, journal: g.journal, handler: g.handler, url: g.url, upstream: g.upstream, caller: caller}
}

// took is what was asked of the simulator since it was last called.
func (g *gateway) took() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	asked := g.asked
	g.asked = nil
	return asked
}

// ask sends a question and returns what came, errors included.
func (g *gateway) ask(query string, variables map[string]any) answer {
	g.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		g.t.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, g.url, bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Test-Caller", g.caller)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		g.t.Fatalf("status %d: %v", response.StatusCode, err)
	}
	return a
}

// must asks, reads the data into v, and fails the test on any error.
func (g *gateway) must(query string, v any) {
	g.t.Helper()
	a := g.ask(query, nil)
	if len(a.Errors) > 0 {
		g.t.Fatalf("%s\n%+v", query, a.Errors)
	}
	if v == nil {
		return
	}
	if err := json.Unmarshal(a.Data, v); err != nil {
		g.t.Fatal(err)
	}
}

// code is the code of the only error; empty where there is not exactly one.
func (a answer) code() string {
	if len(a.Errors) != 1 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

// calls is how many upstream requests a question takes, the token's not counted.
func (g *gateway) calls(query string) int {
	g.t.Helper()
	g.must(`{customer(customerNo: "none") {name}}`, nil) // a token is there before counting starts
	g.sim.ResetLedger()
	g.must(query, nil)
	return g.sim.CallsTotal()
}

package graph_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
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
	t        testing.TB
	sim      *sim.Server
	client   *stellr.Client // the test's own, which sees everything
	journal  journal.Journal
	url      string
	door     http.Handler // what url leads to
	resolver *graph.Resolver
	caller   string // for X-Test-Caller

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
		BaseURL: server.URL, TokenURL: server.URL + "/oauth2/v1/token", Now: o.Clock, Scope: access.Scope,
	}
	options := graph.Options{Simulated: true, Clock: o.Clock, Account: "test", Node: "test"}
	for _, f := range tune {
		f(&config, &options)
	}
	client, err := stellr.New(config)
	if err != nil {
		t.Fatal(err)
	}
	config.Scope = nil
	if g.client, err = stellr.New(config); err != nil {
		t.Fatal(err)
	}
	options.Client = client
	if options.Journal == nil {
		options.Journal = openJournal(t)
	}
	g.journal = options.Journal
	resolver := graph.NewResolver(options)
	working, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() { defer close(stopped); resolver.Work(working) }()
	t.Cleanup(func() { stop(); <-stopped })
	g.resolver = resolver
	handler := graph.NewHandler(resolver, h)
	g.door = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(access.With(r.Context(), callerOf(r))))
	})
	front := httptest.NewServer(g.door)
	t.Cleanup(front.Close)
	g.url, g.upstream = front.URL, server.URL
	return g
}

// behind is for open: the gateway reaches the simulator through what is wrapped around the way to it.
func behind(t testing.TB, wrap func(*httputil.ReverseProxy) http.Handler) func(*stellr.Config, *graph.Options) {
	t.Helper()
	return func(c *stellr.Config, _ *graph.Options) {
		upstream, err := url.Parse(c.BaseURL)
		if err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(wrap(httputil.NewSingleHostReverseProxy(upstream)))
		t.Cleanup(server.Close)
		c.BaseURL = server.URL
	}
}

// fronted has every request answered by a handler in front of the simulator, which may pass it on.
func fronted(t testing.TB, handle func(w http.ResponseWriter, r *http.Request, pass http.Handler)) func(*stellr.Config, *graph.Options) {
	t.Helper()
	return behind(t, func(pass *httputil.ReverseProxy) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(w, r, pass) })
	})
}

// say answers with JSON.
func say(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// fetch is a request with headers that stand in pairs, and what came.
func (g *gateway) fetch(method, path, body string, headers ...string) (*http.Response, string) {
	g.t.Helper()
	request, err := http.NewRequest(method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	if g.caller != "" {
		request.Header.Set("X-Test-Caller", g.caller)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return response, string(text)
}

// bodyOf is a request's body.
func bodyOf(t testing.TB, fields map[string]any) string {
	t.Helper()
	body, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
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
// the local caller. The organization reseller sees everybody, "acme only 100001 100002" and "only 100001 100002" these
// customers, and any other every customer by its number.
func callerOf(r *http.Request) access.Caller {
	if r.Header.Get("X-Test-Caller") == "nobody" {
		return access.Caller{}
	}
	organization, rest, named := strings.Cut(r.Header.Get("X-Test-Caller"), "/")
	if !named {
		return access.Local()
	}
	subject, role, _ := strings.Cut(rest, "/")
	ladder := access.Roles()
	caller := access.Caller{Subject: subject, Organizations: []string{organization}, Roles: ladder[:slices.Index(ladder, access.Role(role))+1], Customers: everybodyByName()}
	if name, customers, some := strings.Cut(organization, "only"); some {
		caller.Customers = access.Only(strings.Fields(customers)...)
		caller.Organizations = []string{cmp.Or(strings.TrimSpace(name), organization)}
	}
	if organization == "reseller" {
		caller.Customers = access.Everyone()
	}
	return caller
}

// everybodyByName are the customers of every simulator, for callers who see some customers only.
func everybodyByName() access.Customers {
	var numbers []string
	for i := range 200 {
		numbers = append(numbers, strconv.Itoa(100001+i))
	}
	return access.Only(numbers...)
}

// as is the gateway asked by another caller: "acme/anna/BUYER".
func (g *gateway) as(caller string) *gateway {
	return &gateway{t: g.t, sim: g.sim, client: g.client, journal: g.journal, resolver: g.resolver, door: g.door, url: g.url, upstream: g.upstream, caller: caller}
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
	response := g.post(query, variables, "application/json")
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil {
		g.t.Fatalf("status %d: %v", response.StatusCode, err)
	}
	return a
}

// post sends a question.
func (g *gateway) post(query string, variables map[string]any, accept string) *http.Response {
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
	request.Header.Set("Accept", accept)
	request.Header.Set("X-Test-Caller", g.caller)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		g.t.Fatal(err)
	}
	return response
}

// hear begins to listen, over an event stream that ends with the test.
func (g *gateway) hear(query string) *heard {
	g.t.Helper()
	h := &heard{t: g.t, body: g.post(query, nil, "text/event-stream").Body, done: make(chan struct{})}
	g.t.Cleanup(func() { _ = h.body.Close() })
	go h.read()
	return h
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

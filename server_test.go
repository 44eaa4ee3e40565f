package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/graph/generated"
	"stellr-gateway/stellr/sim"
)

// running is a gateway that a test started.
type running struct {
	t     *testing.T
	url   string
	stop  context.CancelFunc
	ended chan error // gets what run answers
	log   *logLines
}

// start runs the gateway on a free port until the test ends.
func start(t *testing.T, args []string, environ ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	g := &running{t: t, stop: stop, ended: make(chan error, 1), log: newLogLines()}
	go func() {
		g.ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), environ, g.log)
		_ = g.log.Close()
	}()
	t.Cleanup(func() {
		stop()
		for range g.log.rest() {
		}
		if t.Failed() {
			t.Logf("the log:\n%s", g.log)
		}
	})
	first := g.log.wait(t, "Stellr Gateway is at")
	g.url = regexp.MustCompile(`https?://127\.0\.0\.1:\d+`).FindString(first)
	return g
}

// logLines is a log that a test waits for lines of.
type logLines struct {
	*io.PipeWriter
	lines chan string
	mu    sync.Mutex
	all   bytes.Buffer
}

func newLogLines() *logLines {
	reader, writer := io.Pipe()
	l := &logLines{PipeWriter: writer, lines: make(chan string, 10_000)}
	go func() {
		defer close(l.lines)
		scanner := bufio.NewScanner(reader)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			l.mu.Lock()
			l.all.WriteString(scanner.Text() + "\n")
			l.mu.Unlock()
			l.lines <- scanner.Text()
		}
	}()
	return l
}

func (l *logLines) rest() <-chan string { return l.lines }

// String is the log so far.
func (l *logLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// wait skips to the first line with this in it.
func (l *logLines) wait(t *testing.T, part string) string {
	t.Helper()
	patience := time.After(time.Minute)
	for {
		select {
		case line, more := <-l.lines:
			if strings.Contains(line, part) {
				return line
			}
			if !more {
				t.Fatalf("the log ended without %q:\n%s", part, l)
			}
		case <-patience:
			t.Fatalf("the log goes on without %q:\n%s", part, l)
		}
	}
}

// waitEnd is what run answered.
func (g *running) waitEnd() error {
	for range g.log.rest() {
	}
	return <-g.ended
}

// do sends a request; header holds names and values in turns.
func (g *running) do(method, path, body string, header ...string) (int, http.Header, string) {
	g.t.Helper()
	status, headers, text, err := g.try(method, path, body, header...)
	if err != nil {
		g.t.Fatal(err)
	}
	return status, headers, text
}

func (g *running) try(method, path, body string, header ...string) (int, http.Header, string, error) {
	request, err := http.NewRequest(method, g.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, "", err
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	for pair := range slices.Chunk(header, 2) {
		request.Header.Set(pair[0], pair[1])
		if pair[0] == "Host" {
			request.Host = pair[1]
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(text), err
}

// ask sends a query and reads its data.
func (g *running) ask(query string, data any, header ...string) {
	g.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	status, _, text := g.do("POST", "/graphql", string(body), header...)
	var answer struct {
		Data   json.RawMessage
		Errors []any
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 || answer.Errors != nil {
		g.t.Fatalf("%s: status %d, %s", query, status, text)
	}
	if err := json.Unmarshal(answer.Data, data); err != nil {
		g.t.Fatal(err)
	}
}

// stellrAt starts a simulator of the test's own, and answers it and the settings for it.
func stellrAt(t *testing.T, o sim.Options) (*sim.Server, []string) {
	t.Helper()
	upstream := sim.New(o)
	server := httptest.NewServer(upstream)
	t.Cleanup(server.Close)
	return upstream, []string{
		"STELLR_BASE_URL=" + server.URL, "STELLR_TOKEN_URL=" + server.URL + sim.TokenPath, "GATEWAY_AUTH=none",
		"STELLR_CLIENT_ID=" + sim.DefaultClientID, "STELLR_CLIENT_SECRET=" + sim.DefaultClientSecret,
		"GATEWAY_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "journal.db"),
	}
}

func TestServesTheSimulator(t *testing.T) {
	g := start(t, nil)
	g.log.wait(t, "nothing of it is real")
	var data struct {
		Viewer    struct{ Subject string }
		Upstream  struct{ Simulated bool }
		Customers struct{ TotalCount int }
	}
	g.ask(`{viewer {subject} upstream {simulated} customers {totalCount}}`, &data)
	if data.Viewer.Subject != "local" || !data.Upstream.Simulated || data.Customers.TotalCount < 10 {
		t.Errorf("got %+v", data)
	}
	for path, want := range map[string]string{
		"/healthz":        `{"status":"alive"}`,
		"/readyz":         `{"status":"ready","checks":[{"name":"token","ok":true,"message":"Stellr issues an access token."},{"name":"customers","ok":true,`,
		"/schema.graphql": `subscription: Events`,
		"/":               `<title>Stellr Gateway</title>`,
	} {
		status, header, text := g.do("GET", path, "")
		if status != 200 || !strings.Contains(text, want) {
			t.Errorf("%s: status %d, %.300s", path, status, text)
		}
		for _, name := range []string{"X-Request-Id", "X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "X-Frame-Options"} {
			if header.Get(name) == "" {
				t.Errorf("%s has no %s", path, name)
			}
		}
	}
	if status, _, text := g.do("GET", "/nowhere", ""); status != 404 {
		t.Errorf("/nowhere: %d %s", status, text)
	}
	g.stop()
	if err := g.waitEnd(); err != nil {
		t.Errorf("the gateway ended with %v", err)
	}
	if _, _, _, err := g.try("GET", "/healthz", ""); err == nil {
		t.Error("it answers after its end")
	}
}

// A free port is told at every level of the log.
func TestQuietLogTellsTheAddress(t *testing.T) {
	g := start(t, nil, "GATEWAY_LOG_LEVEL=error")
	if status, _, _ := g.do("GET", "/healthz", ""); status != 200 {
		t.Errorf("status %d", status)
	}
	g.stop()
	_ = g.waitEnd()
	if lines := strings.Count(g.log.String(), "\n"); lines != 1 {
		t.Errorf("%d lines:\n%s", lines, g.log)
	}
}

func TestSimulatorFlags(t *testing.T) {
	g := start(t, []string{"-sim-addr", "127.0.0.1:0", "-sim-customers", "7", "-sim-operation-time", "-1s", "-sim-quirks", "none"})
	var line struct {
		Base   string `json:"base_url"`
		Token  string `json:"token_url"`
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	if err := json.Unmarshal([]byte(g.log.wait(t, "other programs can use")), &line); err != nil {
		t.Fatal(err)
	}
	other := start(t, nil, "STELLR_BASE_URL="+line.Base, "STELLR_TOKEN_URL="+line.Token, "GATEWAY_AUTH=none",
		"STELLR_CLIENT_ID="+line.ID, "STELLR_CLIENT_SECRET="+line.Secret, "XDG_STATE_HOME="+t.TempDir())
	var data struct{ Customers struct{ TotalCount int } }
	other.ask(`{customers {totalCount}}`, &data)
	if data.Customers.TotalCount != 7 {
		t.Errorf("the other program sees %+v", data)
	}
}

func TestBadCommands(t *testing.T) {
	listener := start(t, nil)
	credentials := []string{"STELLR_CLIENT_ID=a", "STELLR_CLIENT_SECRET=b", "GATEWAY_AUTH=none"}
	for _, test := range []struct {
		want    string
		args    []string
		environ []string
	}{
		{`there is no command "server"`, []string{"server"}, nil},
		{`"now" is neither a command nor a flag`, []string{"serve", "now"}, nil},
		{`flag provided but not defined: -port`, []string{"-port", "1"}, nil},
		{`-sim-faults: fault "x"`, []string{"-sim-faults", "x"}, nil},
		{`-sim-customers, `, []string{"-sim-customers", "-1"}, nil},
		{`it is not none, some or all`, []string{"-sim-quirks", "few"}, nil},
		{`-sim-seed is for the simulator, which is not used`, []string{"-sim-seed", "1"}, credentials},
		{`GATEWAY_ADDR: "nowhere" is not host:port`, []string{"-addr", "nowhere"}, nil},
		{`another program listens on ` + strings.TrimPrefix(listener.url, "http://"), []string{"-addr", strings.TrimPrefix(listener.url, "http://")}, nil},
		{`no token address of region BR is publicly known`, []string{"-addr", "127.0.0.1:0"}, append(credentials, "STELLR_REGION=br")},
		{`the base URL must begin with https://`, []string{"-addr", "127.0.0.1:0"}, append(credentials, "STELLR_BASE_URL=http://stellr.example")},
		{`GATEWAY_AUTH: callers must show an API key, and there is none`, nil, credentials[:2]},
		{`GATEWAY_AUTH: callers must show an API key, and there is none`, nil, []string{"GATEWAY_AUTH=required"}},
		{`check takes no arguments`, []string{"check", "it"}, nil},
		{`key needs one name`, []string{"key"}, nil},
		{`key needs one name`, []string{"key", "a b"}, nil},
	} {
		var stdout bytes.Buffer
		err := run(t.Context(), test.args, test.environ, &stdout)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: want an error with %q, got %v", test.args, test.want, err)
		}
		if stdout.Len() > 0 {
			t.Errorf("%q says more: %s", test.args, &stdout)
		}
	}
}

func TestSmallCommands(t *testing.T) {
	for command, want := range map[string]string{
		"version": "\n",
		"schema":  "type Customer implements Node {",
		"help":    "-sim-addr address",
		"check":   "The settings are in order.",
	} {
		var stdout bytes.Buffer
		if err := run(t.Context(), []string{command}, nil, &stdout); err != nil || !strings.Contains(stdout.String(), want) {
			t.Errorf("%s: %v, %.200s", command, err, &stdout)
		}
	}
}

// The schema as it is printed means what is executed.
func TestPrintedSchemaIsWhole(t *testing.T) {
	printed, err := gqlparser.LoadSchema(&ast.Source{Input: schemaText()})
	if err != nil {
		t.Fatal(err)
	}
	executed := generated.NewExecutableSchema(generated.Config{}).Schema()
	for name, want := range executed.Types {
		got := printed.Types[name]
		if got == nil || got.Description != want.Description || len(got.Fields) != len(want.Fields) || len(got.EnumValues) != len(want.EnumValues) {
			t.Errorf("%s is not what is executed", name)
		}
	}
}

// quoted is a text as JSON.
func quoted(text string) string {
	raw, _ := json.Marshal(text)
	return string(raw)
}

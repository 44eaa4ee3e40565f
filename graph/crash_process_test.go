package graph_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// beGateway is the environment variable that makes the test program a gateway that can be killed; it says which.
const beGateway = "BE_A_GATEWAY_TO_KILL"

// TestMain lets the test program be a gateway in a process of its own.
func TestMain(m *testing.M) {
	if plan := os.Getenv(beGateway); plan != "" {
		if err := serveAlone(plan); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// plan is what a gateway in a process of its own is like.
type plan struct {
	Upstream, Journal, Node string
	Ahead                   time.Duration // of the real time
	Operations              time.Duration // how long Stellr's take
	Writes                  graph.Writes
	Fault                   string // what is wrong with the gateway: one of those below; empty: nothing
}

// What can be wrong with a gateway.
const (
	forgetful = "forgetful" // it does not write to disk before it calls
	reopening = "reopening" // it gives back at its start what was dispatched
	nameless  = "nameless"  // its keys belong to nobody
)

func (p plan) now() time.Time { return time.Now().Add(p.Ahead) }

// node is a gateway on a journal.
func (p plan) node(j journal.Journal) (*graph.Resolver, http.HandlerFunc, error) {
	config := stellr.Config{
		ClientID: sim.DefaultClientID, ClientSecret: sim.DefaultClientSecret,
		BaseURL: p.Upstream, TokenURL: p.Upstream + sim.TokenPath, Now: p.now, Scope: access.Scope,
	}
	if mortal, ok := j.(*crashing); ok {
		config.Dial = mortal.dial
	}
	client, err := stellr.New(config)
	if err != nil {
		return nil, nil, err
	}
	silent := slog.New(slog.DiscardHandler)
	resolver := graph.NewResolver(graph.Options{
		Client: client, Simulated: true, Clock: p.now, Account: "test", Node: p.Node, Journal: j, Writes: p.Writes, Logger: silent,
	})
	handler := graph.NewHandler(resolver, graph.HandlerOptions{Logger: silent})
	return resolver, func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(access.With(r.Context(), callerOf(r))))
	}, nil
}

// serveAlone is the gateway's process. It tells its address, and ends with whoever started it.
func serveAlone(raw string) error {
	var p plan
	if err := json.Unmarshal([]byte(raw), &p); err != nil {
		return err
	}
	ctx := context.Background()
	kept, err := journal.Open(ctx, p.Journal)
	if err != nil {
		return err
	}
	if p.Fault == reopening {
		if err := reopen(ctx, kept); err != nil {
			return err
		}
	}
	j := &crashing{Journal: kept, fault: p.Fault, asked: make(chan struct{})}
	resolver, handler, err := p.node(j)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", handler)
	mux.HandleFunc("/arm/{point}", func(_ http.ResponseWriter, r *http.Request) { j.arm(r.PathValue("point")) })
	mux.HandleFunc("/rows", func(w http.ResponseWriter, r *http.Request) {
		rows, err := kept.List(r.Context(), journal.Filter{Account: "test"}, journal.Page{Limit: 100_000})
		if err == nil {
			err = json.NewEncoder(w).Encode(rows)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	mux.HandleFunc("/work", func(_ http.ResponseWriter, r *http.Request) {
		if r.FormValue("after") == "asked" {
			<-j.asked
		}
		go resolver.Work(ctx)
	})
	server := httptest.NewServer(mux)
	fmt.Println(server.URL)
	_, err = io.Copy(io.Discard, os.Stdin) // ends when the parent does
	return err
}

// process is a running gateway.
type process struct {
	t     testing.TB
	url   string
	cmd   *exec.Cmd
	stdin io.Closer
	ended chan struct{} // closed when it is gone
}

// launch starts a gateway, which does not look after commands yet.
func launch(t testing.TB, p plan) *process {
	t.Helper()
	raw, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), beGateway+"="+string(raw))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Errorf("the gateway did not start: %v", err)
	}
	g := &process{t: t, url: strings.TrimSpace(line), cmd: cmd, stdin: stdin, ended: make(chan struct{})}
	go func() {
		defer close(g.ended)
		_ = cmd.Wait() // it is killed: that is no error here
	}()
	t.Cleanup(g.kill)
	if t.Failed() {
		t.FailNow()
	}
	return g
}

// kill ends the process as power failures do, and returns when it is gone.
func (g *process) kill() {
	_ = g.cmd.Process.Kill()
	g.gone()
}

// gone waits until the process is gone.
func (g *process) gone() {
	select {
	case <-g.ended:
	case <-time.After(30 * time.Second):
		g.t.Error("the gateway is not killed")
	}
}

// control asks the process for something beside GraphQL.
func (g *process) control(path string, into any) {
	g.t.Helper()
	response, err := http.Get(g.url + path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		g.t.Fatalf("%s brought status %d", path, response.StatusCode)
	}
	if into != nil {
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			g.t.Fatal(err)
		}
	}
}

// settled waits until nothing is left to do, and is what is in the journal then.
func (g *process) settled() []*journal.Command {
	g.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		var rows []*journal.Command
		g.control("/rows", &rows)
		open := 0
		for _, row := range rows {
			if row.Step != journal.Ended {
				open++
			}
		}
		if open == 0 || time.Now().After(deadline) {
			return rows // what is open is for the checker to say
		}
	}
}

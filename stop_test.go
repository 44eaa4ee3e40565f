package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// TestMain lets the test program be the gateway, for the tests that need one to send signals to.
func TestMain(m *testing.M) {
	if os.Getenv("BE_THE_GATEWAY") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// held is a simulator whose answers to one action wait until they are let go.
func held(t *testing.T, action stellr.Action, operationTime time.Duration) (environ []string, arrived <-chan struct{}, letGo func(), upstream *sim.Server) {
	t.Helper()
	here, gate := make(chan struct{}, 100), make(chan struct{})
	upstream, environ = stellrAt(t, sim.Options{
		OperationTime: operationTime,
		Sleep: func(ctx context.Context, _ time.Duration) {
			here <- struct{}{}
			select {
			case <-gate:
			case <-ctx.Done():
			}
		},
		Faults: []sim.Fault{{Action: action, Kind: sim.FaultLatency, Delay: 1}},
	})
	return environ, here, func() { close(gate) }, upstream
}

// What is under way finishes, what would never end is told to go, and nothing new is taken.
func TestGracefulStop(t *testing.T) {
	environ, arrived, letGo, _ := held(t, stellr.ActionGetCustomer, time.Hour)
	g := start(t, nil, environ...)
	events := g.openEvents(startOperation(t, environ))
	socket, err := g.dial()
	if err != nil {
		t.Fatal(err)
	}
	if subject, err := subjectOf(t.Context(), socket, "{}"); err != nil || subject != "local" {
		t.Fatal(subject, err)
	}
	type outcome struct {
		status int
		text   string
		err    error
	}
	answered := make(chan outcome, 1)
	go func() {
		status, _, text, err := g.try("POST", "/graphql", `{"query":"{customer(customerNo: \"100001\") {name}}"}`)
		answered <- outcome{status, text, err}
	}()
	<-arrived

	g.stop()
	g.log.wait(t, "stopping: no new requests")
	var message socketMessage
	for err == nil { // the end of the query comes first
		err = wsjson.Read(t.Context(), socket, &message)
	}
	if websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the WebSocket ended with %v", err)
	}
	if rest, err := io.ReadAll(events); err != nil || strings.Contains(string(rest), "event: complete") {
		t.Errorf("the events ended with %v, %q", err, rest)
	}
	for conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://")); err == nil; conn, err = net.Dial("tcp", strings.TrimPrefix(g.url, "http://")) {
		_ = conn.Close() // the listener closes soon
	}
	select {
	case err := <-g.ended:
		t.Fatalf("the gateway ended with a request under way: %v", err)
	default:
	}
	letGo()
	if got := <-answered; got.err != nil || got.status != 200 || !strings.Contains(got.text, `"name":"`) {
		t.Errorf("the request under way is answered with %+v", got)
	}
	if err := g.waitEnd(); err != nil {
		t.Errorf("the gateway ended with %v", err)
	}
	if !strings.Contains(g.log.String(), `"msg":"stopped"`) {
		t.Error("the log does not say that it stopped")
	}
}

// startOperation orders something that takes an hour, and answers the operation's number.
func startOperation(t *testing.T, environ []string) string {
	t.Helper()
	client := clientOf(t, environ)
	for customer, err := range client.Customers().All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for subscription, err := range client.Subscriptions(customer.CustomerNo).All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			accepted, err := client.SuspendSubscription(t.Context(), customer.CustomerNo, subscription.SubscriptionID, stellr.Reason{})
			if err == nil && accepted.OperationID != "" {
				return accepted.OperationID
			}
		}
	}
	t.Fatal("nothing could be suspended")
	return ""
}

// clientOf is a client of the Stellr that a gateway with this environment would ask.
func clientOf(t *testing.T, environ []string) *stellr.Client {
	t.Helper()
	c, err := loadConfig(environ)
	if err != nil {
		t.Fatal(err)
	}
	client, err := stellr.New(c.stellr)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// openEvents subscribes to an operation by server-sent events, and reads the first.
func (g *running) openEvents(operation string) *bufio.Reader {
	g.t.Helper()
	body := fmt.Sprintf(`{"query":"subscription {operationUpdated(operationId: %q) {status}}"}`, operation)
	body = strings.ReplaceAll(body, `: "`+operation+`"`, `: \"`+operation+`\"`)
	request, err := http.NewRequestWithContext(g.t.Context(), "POST", g.url+"/graphql", strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { _ = response.Body.Close() })
	events := bufio.NewReader(response.Body)
	for {
		line, err := events.ReadString('\n')
		if err != nil {
			g.t.Fatalf("status %d: %v", response.StatusCode, err)
		}
		if strings.HasPrefix(line, "data: ") {
			if !strings.Contains(line, `"status":"`) {
				g.t.Fatal(line)
			}
			return events
		}
	}
}

// Patience has an end.
func TestStopIsBounded(t *testing.T) {
	environ, arrived, letGo, _ := held(t, stellr.ActionGetCustomer, 0)
	defer letGo()
	path := withFile(t, "gateway.yaml", "limits: {stop_wait: 50ms}")
	g := start(t, nil, append(environ, "GATEWAY_CONFIG="+path)...)
	go func() {
		_, _, _, _ = g.try("POST", "/graphql", `{"query":"{customer(customerNo: \"100001\") {name}}"}`)
	}()
	<-arrived
	g.stop()
	if err := g.waitEnd(); err != nil || !strings.Contains(g.log.String(), "stopped before all requests had finished") {
		t.Errorf("the gateway ended with %v", err)
	}
}

func TestSignals(t *testing.T) {
	environ, arrived, letGo, _ := held(t, stellr.ActionGetCustomer, 0)
	defer letGo()
	for _, twice := range []bool{false, true} {
		program := exec.Command(os.Args[0])
		program.Env = append(environ, "BE_THE_GATEWAY=1", "GATEWAY_ADDR=127.0.0.1:0")
		log := newLogLines()
		program.Stdout, program.Stderr = log, log
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		line := log.wait(t, "Stellr Gateway is at")
		g := &running{t: t, url: line[strings.Index(line, "http://"):strings.Index(line, "/ (")]}
		if twice {
			go func() {
				_, _, _, _ = g.try("POST", "/graphql", `{"query":"{customer(customerNo: \"100001\") {name}}"}`)
			}()
			<-arrived
		}
		_ = program.Process.Signal(syscall.SIGTERM)
		log.wait(t, "stopping: no new requests")
		if twice {
			_ = program.Process.Signal(syscall.SIGTERM)
		}
		err := program.Wait()
		_ = log.Close()
		if twice != (err != nil) {
			t.Errorf("twice is %v: the program ended with %v", twice, err)
		}
		if twice && strings.Contains(log.String(), "before all requests had finished") {
			t.Error("the second signal did not end it")
		}
	}
}

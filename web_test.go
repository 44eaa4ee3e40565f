package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stellr-gateway/stellr/sim"
)

// answerOf asks a handler.
func answerOf(handler http.Handler, method, path string) (int, string) {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Code, w.Body.String()
}

func TestRequestsAreNumbered(t *testing.T) {
	g := start(t, nil)
	for id, kept := range map[string]bool{
		"plain-id_1.2": true, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false, "two words": false, `a"b`: false, "ä": false, "": false,
	} {
		_, header, text := g.do("POST", "/graphql", `{"query":"{nothing}"}`, "X-Request-Id", id)
		got := header.Get("X-Request-Id")
		if (got == id) != kept || got == "" {
			t.Errorf("%q became %q", id, got)
		}
		if !strings.Contains(text, fmt.Sprintf(`"requestId":%q`, got)) {
			t.Errorf("the error does not carry %q: %s", got, text)
		}
		if line := g.log.wait(t, `"msg":"request"`); !strings.Contains(line, fmt.Sprintf(`"request_id":%q`, got)) {
			t.Errorf("the log does not carry %q: %s", got, line)
		}
	}
}

func TestAccessLog(t *testing.T) {
	g := start(t, nil)
	_, _, _ = g.do("GET", "/healthz", "")
	_, _, _ = g.do("GET", "/nowhere", "")
	var line struct {
		Level, Method, Path string
		Status              int
		Ms                  *float64
	}
	if err := json.Unmarshal([]byte(g.log.wait(t, `"msg":"request"`)), &line); err != nil {
		t.Fatal(err)
	}
	if line.Method != "GET" || line.Path != "/nowhere" || line.Status != 404 || line.Ms == nil {
		t.Errorf("got %+v", line)
	}
}

func TestPanicsAreAnswered(t *testing.T) {
	var log bytes.Buffer
	handler := numbered(logged(slog.New(slog.NewJSONHandler(&log, nil)), http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("ouch") })))
	status, text := answerOf(handler, "GET", "/")
	if status != 500 || !strings.Contains(text, `"code":"INTERNAL"`) || strings.Contains(text, "ouch") || !strings.Contains(log.String(), "ouch") {
		t.Errorf("status %d, %s, log %s", status, text, &log)
	}
}

// impatient is a gateway that waits for bodies and headers a twentieth of a second.
func impatient(t *testing.T, environ ...string) *running {
	t.Helper()
	path := withFile(t, "gateway.yaml", "limits: {body_wait: 50ms, header_wait: 50ms, header_bytes: 4KiB}")
	return start(t, nil, append(environ, "GATEWAY_CONFIG="+path)...)
}

func TestSlowCallersAreGivenUp(t *testing.T) {
	g := impatient(t)
	for name, sent := range map[string]string{
		"headers": "POST /graphql HTTP/1.1\r\nHost: localhost\r\n",
		"body":    "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		"nobody":  "POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{",
		"chunked": "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(conn, sent); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Errorf("%s: the connection is still open: %v", name, err)
		}
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("a", 20<<10)+"\r\n\r\n")
	if status, _ := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(status, "431") {
		t.Errorf("20 KiB of headers are answered with %q", status)
	}
}

// The time for the body is over when it is there: what takes longer after it is answered all the same.
func TestSlowAnswersAreNot(t *testing.T) {
	_, environ := stellrAt(t, sim.Options{
		Sleep:  func(context.Context, time.Duration) { <-time.After(200 * time.Millisecond) },
		Faults: []sim.Fault{{Action: "getCustomer", Kind: sim.FaultLatency, Delay: 1}},
	})
	g := impatient(t, environ...)
	for range 2 { // the second on the same connection
		var data struct{ Customer struct{ Name string } }
		g.ask(`{customer(customerNo: "100001") {name}}`, &data)
		if data.Customer.Name == "" {
			t.Error("the customer has no name")
		}
	}
}

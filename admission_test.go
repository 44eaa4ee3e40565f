package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket/wsjson"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// customerQuery asks for one customer, which is one request to Stellr.
func customerQuery(number int) string {
	return fmt.Sprintf(`{"query":"{customer(customerNo: \"%d\") {name}}"}`, number)
}

// isOverloaded complains unless an answer says that nothing was begun.
func isOverloaded(t *testing.T, errs json.RawMessage) {
	t.Helper()
	var list []struct {
		Extensions struct {
			Code              string
			Retryable         bool
			RequestID         string
			RetryAfterSeconds int
		}
	}
	if err := json.Unmarshal(errs, &list); err != nil || len(list) != 1 {
		t.Fatalf("%v: %s", err, errs)
	}
	if e := list[0].Extensions; e.Code != "OVERLOADED" || !e.Retryable || e.RetryAfterSeconds != 1 || e.RequestID == "" {
		t.Errorf("it is refused with %s", errs)
	}
}

// With every place taken the next operation is refused at once, by whatever way it comes; those under way are answered,
// and then there is room again.
func TestWhatCannotBeCarriedIsRefused(t *testing.T) {
	environ, arrived, letGo, _ := held(t, stellr.ActionGetCustomer, 0)
	path := withFile(t, "gateway.yaml", "limits: {requests: 4}")
	g := start(t, nil, append(environ, "GATEWAY_CONFIG="+path)...)
	socket, err := g.dial()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := subjectOf(t.Context(), socket, "{}"); err != nil {
		t.Fatal(err)
	}
	var full sync.WaitGroup
	for i := range 4 {
		full.Go(func() {
			status, _, text, err := g.try("POST", "/graphql", customerQuery(100001+i))
			if err != nil || status != 200 || !strings.Contains(text, `"name":"`) {
				t.Errorf("what was under way is answered with %d, %s, %v", status, text, err)
			}
		})
		<-arrived
	}
	for _, accept := range []string{"application/json", "application/graphql-response+json", "text/event-stream"} {
		status, header, text := g.do("POST", "/graphql", `{"query":"{__typename}"}`, "Accept", accept)
		if status != 503 || header.Get("Retry-After") != "1" {
			t.Errorf("%s: status %d, Retry-After %q", accept, status, header.Get("Retry-After"))
		}
		var answer struct{ Errors, Data json.RawMessage }
		if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Data != nil {
			t.Errorf("%v: %s", err, text)
		}
		isOverloaded(t, answer.Errors)
	}
	if err := wsjson.Write(t.Context(), socket, socketMessage{"busy", "subscribe", json.RawMessage(whoAmI)}); err != nil {
		t.Fatal(err)
	}
	var got socketMessage
	for got.ID != "busy" {
		if err := wsjson.Read(t.Context(), socket, &got); err != nil {
			t.Fatal(err)
		}
	}
	if got.Type != "error" {
		t.Errorf("the WebSocket gets %+v", got)
	}
	isOverloaded(t, got.Payload)
	for _, path := range []string{"/healthz", "/readyz", "/"} {
		if status, _, text := g.do("GET", path, ""); status != 200 {
			t.Errorf("%s: status %d, %.100s", path, status, text)
		}
	}
	g.log.wait(t, "operations are refused for now: as many as may be are under way")
	letGo()
	full.Wait()
	if status, _, text := g.do("POST", "/graphql", whoAmI); status != 200 {
		t.Errorf("with room again: status %d, %s", status, text)
	}
	if told := strings.Count(g.log.String(), "refused for now"); told != 1 {
		t.Errorf("the log tells of it %d times", told)
	}
}

// Who sends a body slowly, or follows events, takes nobody's place.
func TestWaitingTakesNoPlace(t *testing.T) {
	_, environ := stellrAt(t, sim.Options{OperationTime: time.Hour})
	path := withFile(t, "gateway.yaml", "limits: {requests: 1}")
	g := start(t, nil, append(environ, "GATEWAY_CONFIG="+path)...)
	g.openEvents(startOperation(t, environ))
	for range 3 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(g.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_, err = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		interim := make([]byte, len("HTTP/1.1 100"))
		if _, err := io.ReadFull(conn, interim); err != nil || string(interim) != "HTTP/1.1 100" { // its body is being read now
			t.Fatalf("%q, %v", interim, err)
		}
	}
	if status, _, text := g.do("POST", "/graphql", whoAmI); status != 200 {
		t.Errorf("status %d, %s", status, text)
	}
}

// Scarce memory lets nothing begin, and plenty everything; health is told all the same.
func TestScarceMemory(t *testing.T) {
	_, environ := stellrAt(t, sim.Options{})
	c, err := loadConfig(environ)
	if err != nil {
		t.Fatal(err)
	}
	client, err := stellr.New(c.stellr)
	if err != nil {
		t.Fatal(err)
	}
	record, err := c.openRecord(t.Context(), client)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = record.Close() })
	g := newGateway(c, slog.New(slog.DiscardHandler), client, nil, record, &shared{})
	var used atomic.Uint64
	g.admission.memory = &memory{limit: 1000, read: func() memoryUse { return memoryUse{live: used.Load()} }, clean: func() {}, now: ticking()}
	handler, err := g.handler()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	caller := &running{t: t, url: server.URL}
	for _, test := range []struct {
		live   uint64
		status int
	}{{799, 200}, {800, 503}, {5000, 503}, {0, 200}} {
		used.Store(test.live)
		status, header, text := caller.do("POST", "/graphql", whoAmI)
		if status != test.status || status == 503 && header.Get("Retry-After") == "" {
			t.Errorf("with %d of 1000: status %d, %s", test.live, status, text)
		}
		if status, _, _ := caller.do("GET", "/healthz", ""); status != 200 {
			t.Errorf("with %d of 1000 /healthz is %d", test.live, status)
		}
	}
}

// ticking is a clock that goes on by a second each time that somebody looks.
func ticking() func() time.Time {
	var seconds atomic.Int64
	return func() time.Time { return time.Unix(seconds.Add(1), 0) }
}

func TestMemory(t *testing.T) {
	now, used, readings := time.Unix(1000, 0), memoryUse{}, 0
	cleaned := 0
	m := &memory{
		limit: 1000, now: func() time.Time { return now }, clean: func() { cleaned++ },
		read: func() memoryUse { readings++; return used },
	}
	for _, step := range []struct {
		wait   time.Duration
		used   memoryUse
		scarce bool
		reads  int
		cleans int
	}{
		{0, memoryUse{live: 799, held: 999}, false, 1, 0},
		{readingLasts - 1, memoryUse{live: 800}, false, 1, 0}, // it did not look
		{1, memoryUse{live: 800, held: 900}, true, 2, 1},
		{cleanedEach - 1, memoryUse{live: 900}, true, 3, 1}, // not so often
		{readingLasts, memoryUse{live: 100, held: 1000}, true, 4, 2},
		{readingLasts, memoryUse{live: 100, held: 999}, false, 5, 2},
	} {
		now, used = now.Add(step.wait), step.used
		if got := m.scarce(); got != step.scarce || readings != step.reads || cleaned != step.cleans {
			t.Errorf("%+v: scarce is %v after %d readings and %d collections", step, got, readings, cleaned)
		}
	}
}

// The runtime's readings are what they are taken for.
func TestReadingMemory(t *testing.T) {
	const size = 64 << 20
	before := readUsage()
	ballast := make([]byte, size)
	runtime.GC() // which may take away what others have left, too
	after := readUsage()
	if ballast[0] = 1; after.live < size || after.live > before.live+2*size || after.held < after.live {
		t.Errorf("64 MiB take it from %+v to %+v", before, after)
	}
}

package graph

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// station is a gateway from the inside: what happens in it can be brought about on purpose. Its time stands still but for
// the pauses that turn ends.
type station struct {
	t        testing.TB
	r        *Resolver
	sim      *sim.Server
	upstream *httptest.Server
	client   *stellr.Client
	front    *httptest.Server
	passed   atomic.Int64
	turns    chan struct{}
}

// stationDay is when the station's time begins.
var stationDay = time.Date(2026, 7, 9, 15, 0, 0, 0, time.UTC)

func newStation(t testing.TB, o sim.Options, tune ...func(*stellr.Config, *Options, *HandlerOptions)) *station {
	t.Helper()
	s := &station{t: t, turns: make(chan struct{})}
	o.Clock, o.Quirks = s.now, sim.QuirksNone
	s.sim = sim.New(o)
	s.upstream = httptest.NewServer(s.sim)
	t.Cleanup(s.upstream.Close)
	config := stellr.Config{
		ClientID: sim.DefaultClientID, ClientSecret: sim.DefaultClientSecret, RetryDelay: time.Millisecond,
		BaseURL: s.upstream.URL, TokenURL: s.upstream.URL + "/oauth2/v1/token", Now: s.now,
	}
	options := Options{Simulated: true, Clock: s.now, Pause: s.pause}
	door := HandlerOptions{WriteWait: time.Minute, Authenticate: func(ctx context.Context, bearer string) (context.Context, error) {
		return access.With(ctx, callerNamed(bearer)), nil
	}}
	for _, f := range tune {
		f(&config, &options, &door)
	}
	var err error
	if s.client, err = stellr.New(config); err != nil {
		t.Fatal(err)
	}
	options.Client = s.client
	s.r = NewResolver(options)
	s.front = httptest.NewUnstartedServer(NewHandler(s.r, door))
	s.front.Listener = narrow{s.front.Listener}
	s.front.Start()
	t.Cleanup(s.front.Close)
	return s
}

// callerNamed is somebody of the organization with this name; who has none is the gateway's own administrator.
func callerNamed(name string) access.Caller {
	if name == "" {
		return access.Local()
	}
	return access.Caller{Subject: name, Roles: []access.Role{access.Viewer}, Organizations: []string{name}, Customers: access.Everyone()}
}

// narrow makes connections that hold little of what their peer does not read.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if err == nil {
		err = conn.(*net.TCPConn).SetWriteBuffer(64 << 10)
	}
	return conn, err
}

func (s *station) now() time.Time { return stationDay.Add(time.Duration(s.passed.Load())) }

// pause ends when the test says so, and lets as much time pass.
func (s *station) pause(ctx context.Context, d time.Duration) error {
	select {
	case <-s.turns:
		s.passed.Add(int64(d))
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// until waits for something that is about to be.
func (s *station) until(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			s.t.Fatalf("never: %s\n%s", what, stacks[:runtime.Stack(stacks, true)])
		}
	}
}

// listeners is how many listen, to all feeds together.
func (s *station) listeners() int {
	f := s.r.feeds
	return f.operations.hub.Listeners() + f.commands.hub.Listeners() + f.subscriptions.hub.Listeners()
}

// wantNothingKept says what is remembered for nobody.
func (s *station) wantNothingKept() {
	s.t.Helper()
	f := s.r.feeds
	s.until("everything is forgotten", func() bool {
		f.operations.mu.Lock()
		f.commands.mu.Lock()
		f.subscriptions.mu.Lock()
		defer f.operations.mu.Unlock()
		defer f.commands.mu.Unlock()
		defer f.subscriptions.mu.Unlock()
		return s.listeners() == 0 && len(f.operations.all)+len(f.commands.told)+len(f.subscriptions.customers) == 0 && f.subscriptions.listeners.Load() == 0
	})
}

// ask queries and returns the data.
func (s *station) ask(query string) string {
	s.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": query})
	response, err := http.Post(s.front.URL, "application/json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct{ Data, Errors json.RawMessage }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Errors != nil {
		s.t.Fatalf("%s: %v %s", query, err, answer.Errors)
	}
	return string(answer.Data)
}

// ear is the caller's end of one subscription. Its events are the data of each, "errors " and these where there are any,
// and at last "complete", or "broken" when the connection ended without.
type ear struct {
	t     testing.TB
	read  func() string
	leave func() // without a word
}

// next is the next event, which must not take forever.
func (e *ear) next() string {
	watchdog := time.AfterFunc(20*time.Second, e.leave)
	defer watchdog.Stop()
	return e.read()
}

// want hears these events.
func (e *ear) want(events ...string) {
	e.t.Helper()
	for _, event := range events {
		if got := e.next(); got != event {
			e.t.Fatalf("%.2000s came where %s should", got, event)
		}
	}
}

// over runs a test with both transports. The caller is named by an organization, or not at all.
func over(t *testing.T, test func(t *testing.T, listen func(s *station, caller, query string) *ear)) {
	t.Run("WebSocket", func(t *testing.T) { test(t, (*station).socketEar) })
	t.Run("SSE", func(t *testing.T) { test(t, (*station).streamEar) })
}

// lines are connections that can be cut.
type lines struct {
	mu  sync.Mutex
	all []*net.TCPConn
}

func (l *lines) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	tcp := conn.(*net.TCPConn)
	l.all = append(l.all, tcp)
	return tcp, tcp.SetReadBuffer(64 << 10)
}

// cut ends the connections as a machine does that loses its power and is asked again.
func (l *lines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.all {
		_ = conn.SetLinger(0)
		_ = conn.Close()
	}
}

// socketMessage is one of graphql-transport-ws.
type socketMessage struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// dialSocket is a WebSocket that was greeted.
func (s *station) dialSocket(l *lines, caller string) *websocket.Conn {
	s.t.Helper()
	transport := &http.Transport{DialContext: l.dial}
	conn, _, err := websocket.Dial(context.Background(), strings.Replace(s.front.URL, "http", "ws", 1), &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	conn.SetReadLimit(-1)
	s.t.Cleanup(func() { _ = conn.CloseNow() })
	s.say(conn, socketMessage{Type: "connection_init", Payload: json.RawMessage(`{"Authorization":"Bearer ` + caller + `"}`)})
	if _, data, err := conn.Read(context.Background()); err != nil || string(data) != `{"type":"connection_ack"}` {
		s.t.Fatalf("%s %v", data, err)
	}
	return conn
}

func (s *station) say(conn *websocket.Conn, m socketMessage) {
	s.t.Helper()
	data, _ := json.Marshal(m)
	if err := conn.Write(context.Background(), websocket.MessageText, data); err != nil {
		s.t.Fatal(err)
	}
}

func (s *station) subscribe(conn *websocket.Conn, id, query string) {
	s.t.Helper()
	payload, _ := json.Marshal(map[string]string{"query": query})
	s.say(conn, socketMessage{ID: id, Type: "subscribe", Payload: payload})
}

func (s *station) socketEar(caller, query string) *ear {
	s.t.Helper()
	l := &lines{}
	conn := s.dialSocket(l, caller)
	s.subscribe(conn, "1", query)
	return &ear{t: s.t, leave: l.cut, read: func() string {
		_, data, err := conn.Read(context.Background())
		if err != nil {
			return "broken"
		}
		var m socketMessage
		if err := json.Unmarshal(data, &m); err != nil || m.ID != "1" {
			s.t.Errorf("%s: %v", data, err)
		}
		switch m.Type {
		case "next":
			return eventOf(m.Payload)
		case "error":
			s.say(conn, socketMessage{Type: "ping"})
			if _, data, _ := conn.Read(context.Background()); string(data) != `{"type":"pong"}` {
				s.t.Errorf("%s came after the error", data)
			}
			return "errors " + string(m.Payload)
		}
		return m.Type
	}}
}

func (s *station) streamEar(caller, query string) *ear {
	s.t.Helper()
	l := &lines{}
	body, _ := json.Marshal(map[string]string{"query": query})
	request, _ := http.NewRequest("POST", s.front.URL, bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+caller)
	client := &http.Client{Transport: &http.Transport{DialContext: l.dial}}
	response, err := client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	leave := func() { l.cut(); _ = response.Body.Close() }
	s.t.Cleanup(leave)
	scanner := bufio.NewScanner(response.Body)
	scanner.Buffer(nil, 1<<24)
	return &ear{t: s.t, leave: leave, read: func() string {
		for event := ""; scanner.Scan(); {
			name, value, _ := strings.Cut(scanner.Text(), ": ")
			switch {
			case name == "event":
				event = value
			case name == "data" && event == "next":
				return eventOf([]byte(value))
			case name == "data":
				return event
			}
		}
		return "broken"
	}}
}

// eventOf is the data of a response, or its errors.
func eventOf(payload []byte) string {
	var response struct{ Data, Errors json.RawMessage }
	if err := json.Unmarshal(payload, &response); err != nil {
		return err.Error()
	}
	if response.Errors != nil {
		return "errors " + string(response.Errors)
	}
	return string(response.Data)
}

// codeOf is the code of the only error of an event.
func codeOf(t testing.TB, event string) string {
	t.Helper()
	text, ok := strings.CutPrefix(event, "errors ")
	var errs []struct{ Extensions struct{ Code string } }
	if err := json.Unmarshal([]byte(text), &errs); !ok || err != nil || len(errs) != 1 {
		t.Fatalf("%.2000s: %v", event, err)
	}
	return errs[0].Extensions.Code
}

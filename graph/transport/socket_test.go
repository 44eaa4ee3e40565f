package transport

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// peer is the other end of a socket.
type peer struct {
	t    *testing.T
	conn *websocket.Conn
}

func dial(t *testing.T, url string, options *websocket.DialOptions) *peer {
	t.Helper()
	if options == nil {
		options = &websocket.DialOptions{Subprotocols: []string{subprotocol}}
	}
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(url, "http", "ws", 1), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t, conn}
}

// greet is dial and connection_init.
func greet(t *testing.T, url string) *peer {
	t.Helper()
	p := dial(t, url, nil)
	p.say(`{"type":"connection_init"}`)
	p.hear(`{"type":"connection_ack"}`)
	return p
}

func (p *peer) say(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if err := p.conn.Write(p.t.Context(), websocket.MessageText, []byte(text)); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *peer) hear(want ...string) {
	p.t.Helper()
	for _, text := range want {
		_, data, err := p.conn.Read(p.t.Context())
		if err != nil || string(data) != text {
			p.t.Fatalf("%s (%v) came where %s should", data, err, text)
		}
	}
}

// hearEnd waits for the socket to be closed with this code, whatever comes before.
func (p *peer) hearEnd(code websocket.StatusCode) {
	p.t.Helper()
	for {
		if _, data, err := p.conn.Read(p.t.Context()); err != nil {
			if websocket.CloseStatus(err) != code {
				p.t.Fatalf("closed with %v where %d should be: %s", err, code, data)
			}
			return
		}
	}
}

func TestSocketCarriesQueries(t *testing.T) {
	p := greet(t, serve(t, newFake().options()).URL)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":"{name}"}}`)
	p.hear(`{"type":"next","id":"1","payload":{"data":{"name":"test"}}}`, `{"type":"complete","id":"1"}`)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":"mutation A{change}","operationName":"A","variables":null}}`)
	p.hear(`{"type":"next","id":"1","payload":{"data":{"change":"test"}}}`, `{"type":"complete","id":"1"}`)
	p.say(`{"id":"2","type":"subscribe","payload":{"query":"{fails}"}}`)
	p.hear(`{"type":"next","id":"2","payload":{"errors":[{"message":"failed on purpose"}],"data":{"fails":null}}}`, `{"type":"complete","id":"2"}`)
	p.say(`{"id":"3","type":"subscribe","payload":{"query":"{unknown}"}}`)
	p.hear(`{"type":"error","id":"3","payload":[{"message":"Cannot query field \"unknown\" on type \"Query\".","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`)
	p.say(`{"id":"4","type":"subscribe","payload":{"query":"{breaks}"}}`)
	p.hear(`{"type":"error","id":"4","payload":[{"message":"broken"}]}`)
}

func TestSocketCarriesSubscriptions(t *testing.T) {
	f := newFake()
	p := greet(t, serve(t, f.options()).URL)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":"subscription{tick}"}}`)
	f.next <- "a"
	p.hear(`{"type":"next","id":"1","payload":{"data":{"tick":"a"}}}`)
	p.say(`{"type":"ping"}`, `{"type":"ping","payload":{"a":1}}`, `{"type":"pong"}`, `{"id":"other","type":"complete"}`)
	p.hear(`{"type":"pong"}`, `{"type":"pong","payload":{"a":1}}`)
	close(f.next)
	p.hear(`{"type":"complete","id":"1"}`)
}

func TestSocketSubscriptionCompletedByTheClient(t *testing.T) {
	f := newFake()
	p := greet(t, serve(t, f.options()).URL)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":"subscription{tick}"}}`)
	f.next <- "a"
	p.hear(`{"type":"next","id":"1","payload":{"data":{"tick":"a"}}}`)
	p.say(`{"id":"1","type":"complete"}`)
	<-f.ended
	p.say(`{"id":"1","type":"subscribe","payload":{"query":"{name}"}}`) // the id is free again, and nothing came in between
	p.hear(`{"type":"next","id":"1","payload":{"data":{"name":"test"}}}`, `{"type":"complete","id":"1"}`)
}

func TestSocketSubscriptionThatBreaks(t *testing.T) {
	f := newFake()
	p := greet(t, serve(t, f.options()).URL)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":"subscription{breaks}"}}`)
	f.next <- "a"
	p.hear(`{"type":"error","id":"1","payload":[{"message":"broken"}]}`)
	p.say(`{"type":"ping"}`)
	p.hear(`{"type":"pong"}`)
}

func TestSocketIsClosedOnWhatTheProtocolForbids(t *testing.T) {
	const subscribe = `{"id":"1","type":"subscribe","payload":{"query":"subscription{tick}"}}`
	const greeting = `{"type":"connection_init"}`
	server := serve(t, newFake().options())
	for name, c := range map[string]struct {
		code websocket.StatusCode
		say  []string
	}{
		"subscribe before init":     {4401, []string{subscribe}},
		"init twice":                {4429, []string{greeting, greeting}},
		"an id twice":               {4409, []string{greeting, subscribe, subscribe}},
		"not JSON":                  {4400, []string{`{`}},
		"two documents":             {4400, []string{greeting + greeting}},
		"a list":                    {4400, []string{`[` + greeting + `]`}},
		"no type":                   {4400, []string{`{}`}},
		"a type of nobody":          {4400, []string{`{"type":"start","id":"1"}`}},
		"a type of the server's":    {4400, []string{`{"type":"next","id":"1"}`}},
		"a type that is no string":  {4400, []string{`{"type":1}`}},
		"a payload that is a list":  {4400, []string{`{"type":"connection_init","payload":[]}`}},
		"no id":                     {4400, []string{greeting, `{"type":"subscribe","payload":{"query":"{name}"}}`}},
		"an id that is a number":    {4400, []string{greeting, `{"id":1,"type":"complete"}`}},
		"an id as long as a letter": {4400, []string{greeting, `{"id":"` + strings.Repeat("x", 257) + `","type":"complete"}`}},
		"no payload":                {4400, []string{greeting, `{"id":"1","type":"subscribe"}`}},
		"no query":                  {4400, []string{greeting, `{"id":"1","type":"subscribe","payload":{}}`}},
		"variables of another kind": {4400, []string{greeting, `{"id":"1","type":"subscribe","payload":{"query":"{name}","variables":[]}}`}},
		"too large a message":       {1009, []string{greeting, `{"type":"ping","payload":{"x":"` + strings.Repeat("x", 4<<10) + `"}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			p := dial(t, server.URL, nil)
			p.say(c.say...)
			p.hearEnd(c.code)
		})
	}
	t.Run("not text", func(t *testing.T) {
		p := dial(t, server.URL, nil)
		_ = p.conn.Write(t.Context(), websocket.MessageBinary, []byte(greeting))
		p.hearEnd(4400)
	})
}

func TestSocketWithoutTheSubprotocol(t *testing.T) {
	server := serve(t, newFake().options())
	for _, offered := range [][]string{nil, {"graphql-ws"}, {"graphql-transport-ws-2"}} {
		dial(t, server.URL, &websocket.DialOptions{Subprotocols: offered}).hearEnd(4406)
	}
	p := dial(t, server.URL, &websocket.DialOptions{Subprotocols: []string{"graphql-ws", subprotocol}})
	p.say(`{"type":"connection_init"}`)
	p.hear(`{"type":"connection_ack"}`)
}

func TestSocketWithoutInit(t *testing.T) {
	o := newFake().options()
	o.InitWait = time.Millisecond
	dial(t, serve(t, o).URL, nil).hearEnd(4408)
}

func TestSocketIsNotForPagesOfOtherSites(t *testing.T) {
	server := serve(t, newFake().options())
	for origin, ok := range map[string]bool{server.URL: true, "https://evil.example": false, "null": false} {
		options := &websocket.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: http.Header{"Origin": {origin}}}
		conn, response, err := websocket.Dial(t.Context(), server.URL, options)
		if ok != (err == nil) || !ok && response.StatusCode != 403 {
			t.Errorf("%s: %v %v", origin, response, err)
		}
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
}

func TestOtherUpgradesAreLeftAlone(t *testing.T) {
	server := serve(t, newFake().options())
	response, body := ask(t, "POST", server.URL, `{"query":"{name}"}`, "Content-Type", jsonType, "Connection", "Upgrade", "Upgrade", "h2c")
	if response.StatusCode != 200 {
		t.Fatal(response.StatusCode, body)
	}
}

func TestSocketAuthentication(t *testing.T) {
	o := newFake().options()
	o.MaxSockets = 100
	o.Authenticate = func(ctx context.Context, bearer string) (context.Context, error) {
		if bearer != "key-1" {
			return nil, errors.New("the key is not known")
		}
		return context.WithValue(ctx, callerKey{}, "ann"), nil
	}
	server := serve(t, o)
	for name, c := range map[string]struct {
		ok              bool
		payload, header string
	}{
		"in the payload":         {true, `{"Authorization":"Bearer key-1"}`, ""},
		"in lower case":          {true, `{"authorization":"bearer key-1"}`, ""},
		"in the handshake":       {true, `null`, "Bearer key-1"},
		"the payload goes first": {true, `{"Authorization":"Bearer key-1"}`, "Bearer key-2"},
		"wrong, and then right":  {false, `{"Authorization":"Bearer key-2"}`, "Bearer key-1"},
		"none":                   {false, `{}`, ""},
		"no Bearer":              {false, `{"Authorization":"key-1"}`, ""},
		"twice":                  {false, `{"Authorization":"Bearer key-1","authorization":"Bearer key-2"}`, ""},
		"not text":               {false, `{"Authorization":1}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			options := &websocket.DialOptions{Subprotocols: []string{subprotocol}, HTTPHeader: http.Header{}}
			if c.header != "" {
				options.HTTPHeader.Set("Authorization", c.header)
			}
			p := dial(t, server.URL, options)
			p.say(`{"type":"connection_init","payload":` + c.payload + `}`)
			if !c.ok {
				p.hearEnd(4403)
				return
			}
			p.hear(`{"type":"connection_ack"}`)
			p.say(`{"id":"1","type":"subscribe","payload":{"query":"{caller}"}}`)
			p.hear(`{"type":"next","id":"1","payload":{"data":{"caller":"ann"}}}`)
		})
	}
}

func TestSocketHasSoManyOperations(t *testing.T) {
	f := newFake()
	p := greet(t, serve(t, f.options()).URL)
	for _, id := range []string{"1", "2", "3", "4"} {
		p.say(`{"id":"` + id + `","type":"subscribe","payload":{"query":"subscription{tick}"}}`)
	}
	p.hear(`{"type":"error","id":"4","payload":[{"message":"There are too many operations on this connection."}]}`)
	p.say(`{"id":"1","type":"complete"}`, `{"id":"4","type":"subscribe","payload":{"query":"{name}"}}`)
	p.hear(`{"type":"next","id":"4","payload":{"data":{"name":"test"}}}`, `{"type":"complete","id":"4"}`)
}

// A client could otherwise leave any number of operations behind that have not ended yet.
func TestSocketOperationsThatWereCompletedStillCount(t *testing.T) {
	f := newFake()
	p := greet(t, serve(t, f.options()).URL)
	for range 1000 {
		p.say(`{"id":"1","type":"subscribe","payload":{"query":"subscription{tick}"}}`, `{"id":"1","type":"complete"}`)
	}
	p.say(`{"type":"ping"}`)
	p.hear(`{"type":"pong"}`)
	for range 1000 {
		<-f.ended
	}
}

func TestSocketsForOneCallerAreCounted(t *testing.T) {
	server := serve(t, newFake().options())
	first := greet(t, server.URL)
	greet(t, server.URL)
	p := dial(t, server.URL, nil)
	p.say(`{"type":"connection_init"}`)
	p.hearEnd(websocket.StatusTryAgainLater)
	_ = first.conn.Close(websocket.StatusNormalClosure, "")
	for { // until the server has seen it
		p := dial(t, server.URL, nil)
		p.say(`{"type":"connection_init"}`)
		if _, _, err := p.conn.Read(t.Context()); err == nil {
			return
		}
	}
}

func TestSocketEndsItsOperationsWithThePeer(t *testing.T) {
	f := newFake()
	server := serve(t, f.options())
	for _, leave := range []func(*websocket.Conn){
		func(c *websocket.Conn) { _ = c.CloseNow() },
		func(c *websocket.Conn) { _ = c.Close(websocket.StatusNormalClosure, "") },
	} {
		p := greet(t, server.URL)
		p.say(`{"id":"1","type":"subscribe","payload":{"query":"subscription{tick}"}}`)
		f.next <- "a"
		p.hear(`{"type":"next","id":"1","payload":{"data":{"tick":"a"}}}`)
		leave(p.conn)
		<-f.ended
	}
}

func TestSocketEndsWithTheServer(t *testing.T) {
	f := newFake()
	o, stopping := f.options(), make(chan struct{})
	o.Stopping = stopping
	p := greet(t, serve(t, o).URL)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":"subscription{tick}"}}`)
	f.next <- "a"
	p.hear(`{"type":"next","id":"1","payload":{"data":{"tick":"a"}}}`)
	close(stopping)
	p.hearEnd(websocket.StatusGoingAway)
	<-f.ended
}

func TestSocketEndsWithTheCallersTime(t *testing.T) {
	o := newFake().options()
	o.Authenticate = func(ctx context.Context, _ string) (context.Context, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		t.Cleanup(cancel)
		return ctx, nil
	}
	p := dial(t, serve(t, o).URL, nil)
	p.say(`{"type":"connection_init"}`)
	p.hearEnd(4403)
}

// A peer that is gone without a word answers no pings.
func TestSocketOfASilentPeerEnds(t *testing.T) {
	f := newFake()
	o := f.options()
	o.Ping, o.WriteWait = 20*time.Millisecond, time.Second
	p := greet(t, serve(t, o).URL)
	p.say(`{"id":"1","type":"subscribe","payload":{"query":"subscription{tick}"}}`)
	<-f.ended // p does not read, so it does not answer
}

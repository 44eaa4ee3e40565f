package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// socket is one WebSocket. One goroutine reads from it; each operation has one that writes to it.
type socket struct {
	h    *Handler
	conn *websocket.Conn
	// ctx is the caller's, who is known after connection_init.
	ctx     context.Context
	header  http.Header
	known   bool          // connection_init was answered
	caller  string        // whom the socket counts for, once it is known
	initial *time.Timer   // ends the wait for connection_init
	running chan struct{} // holds one for each goroutine of an operation
	others  sync.WaitGroup

	mu         sync.Mutex // guards operations, and the order of what is sent on behalf of them
	operations map[string]*socketOperation
}

// serveSocket answers all that comes over one WebSocket, and returns when all of it has ended.
func (h *Handler) serveSocket(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}})
	if err != nil {
		return // Accept has answered: the handshake is wrong, or a page of another site sent it
	}
	conn.SetReadLimit(h.MaxMessage)
	ctx, cancel := context.WithCancel(r.Context())
	s := &socket{
		h: h, conn: conn, ctx: ctx, header: r.Header,
		running: make(chan struct{}, 2*h.MaxStreams), operations: map[string]*socketOperation{},
	}
	defer func() {
		_ = conn.CloseNow()
		cancel()
		s.others.Wait()
		if s.known {
			h.sockets.giveBack(s.caller)
		}
	}()
	if conn.Subprotocol() != subprotocol {
		s.close(closeSubprotocol, "Subprotocol not acceptable")
		return
	}
	s.initial = time.AfterFunc(h.InitWait, func() { s.close(closeInitTimeout, "Connection initialisation timeout") })
	defer s.initial.Stop()
	s.others.Go(func() { s.watch(ctx) })
	s.others.Go(func() { s.ping(ctx) })
	s.read(r)
}

// read answers messages until the socket is closed.
func (s *socket) read(r *http.Request) {
	for {
		kind, data, err := s.conn.Read(context.WithoutCancel(s.ctx)) // watch closes in good order, a context would not
		if err != nil {
			return
		}
		m, err := readMessage(data)
		switch {
		case err != nil || kind != websocket.MessageText:
			s.close(closeInvalid, "Invalid message received")
		case m.Type == typeInit:
			s.init(r, m)
		case m.Type == typePing:
			s.send(message{Type: typePong, Payload: m.Payload})
		case m.Type == typeComplete:
			s.stop(m.ID)
		case m.Type == typeSubscribe:
			s.subscribe(m)
		}
	}
}

// init answers connection_init.
func (s *socket) init(r *http.Request, m message) {
	if s.known {
		s.close(closeInitTwice, "Too many initialisation requests")
		return
	}
	s.initial.Stop()
	ctx, err := s.h.authenticate(s.ctx, authorizationOf(m.Payload, s.header))
	if err != nil {
		s.h.Executor.DispatchError(s.ctx, listOf(err)) // for the log: the protocol has no place for it
		s.close(closeForbidden, "Forbidden")
		return
	}
	caller := s.h.caller(ctx, r)
	if !s.h.sockets.take(caller) {
		s.close(websocket.StatusTryAgainLater, "Too many connections")
		return
	}
	s.known, s.caller, s.ctx = true, caller, ctx
	s.others.Go(func() { s.watch(ctx) })
	s.send(message{Type: typeAck})
}

// authorizationOf is what stands under Authorization in the payload of connection_init, else in the handshake.
func authorizationOf(payload json.RawMessage, header http.Header) []string {
	var found []string
	if payload != nil {
		_ = eachField(payload, func(name string, value json.RawMessage) error {
			var text string
			if strings.EqualFold(name, "Authorization") && readInto(value, '"', &text) {
				found = append(found, text)
			}
			return nil
		})
	}
	if found == nil {
		return header.Values("Authorization")
	}
	return found
}

// watch closes the socket when the server stops or the caller's credentials end: their deadline passes, or they are
// revoked, which is then the cause of the context's end.
func (s *socket) watch(ctx context.Context) {
	select {
	case <-s.h.Stopping:
	case <-ctx.Done():
		if why := context.Cause(ctx); !errors.Is(why, context.Canceled) {
			s.close(closeForbidden, "The credentials are good no longer")
		}
	}
	s.close(websocket.StatusGoingAway, "Going away")
}

// ping ends the socket of a peer that does not answer.
func (s *socket) ping(ctx context.Context) {
	ticker := time.NewTicker(s.h.Ping)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			wait, cancel := context.WithTimeout(ctx, s.h.WriteWait)
			err := s.conn.Ping(wait)
			cancel()
			if err != nil {
				_ = s.conn.CloseNow()
				return
			}
		}
	}
}

// close ends the socket with a code that says why. The first call counts.
func (s *socket) close(code websocket.StatusCode, reason string) { _ = s.conn.Close(code, reason) }

// send writes a message; false when the peer is gone or has not read for too long, which ends the socket.
func (s *socket) send(m message) bool {
	var data bytes.Buffer
	if err := plainJSON(&data, m); err != nil {
		panic(err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), s.h.WriteWait)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, data.Bytes()) == nil
}

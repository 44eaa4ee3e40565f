package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/coder/websocket"

	"stellr-gateway/examples/service/gateway"
)

// watch tells what an operation does until it has ended, over a WebSocket of its own. Its error means that the events
// were lost, and nothing about the operation.
//
// The client's own Close is never called: genqlient 0.8.1 closes a finished subscription's channel a second time there,
// which panics, and waits for itself after an error. The connection is ended instead, and both channels emptied until its
// reader has said that it is gone.
func (s *service) watch(ctx context.Context, operation string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client := graphql.NewClientUsingWebSocket("ws"+strings.TrimPrefix(s.url, "http"), dialer{s.http, cancel})
	lost, err := client.Start(ctx)
	if err != nil {
		return err
	}
	updates, _, err := gateway.OperationUpdated(ctx, client, operation)
	if err != nil {
		cancel()
		<-lost
		return err
	}
	told := s.tell(updates, lost)
	cancel()
	if told.readerIsGone {
		return told.err
	}
	for {
		select {
		case _, more := <-updates:
			if !more {
				updates = nil
			}
		case <-lost:
			return told.err
		}
	}
}

// ending is how a subscription ended.
type ending struct {
	err          error
	readerIsGone bool
}

func (s *service) tell(updates <-chan gateway.OperationUpdatedWsResponse, lost <-chan error) ending {
	for {
		select {
		case update, more := <-updates:
			if !more {
				return ending{}
			}
			if len(update.Errors) > 0 {
				return ending{err: explain(update.Errors)}
			}
			if update.Data != nil && update.Data.OperationUpdated.Status != nil {
				fmt.Fprintf(s.out, "the operation is %s\n", *update.Data.OperationUpdated.Status)
			}
		case err := <-lost:
			return ending{err, true}
		}
	}
}

// dialer opens WebSockets for genqlient, with the key that the HTTP client sends. gone is called when one is silent.
type dialer struct {
	http *http.Client
	gone context.CancelFunc
}

// DialContext implements graphql.Dialer. The connection ends with ctx.
func (d dialer) DialContext(ctx context.Context, url string, header http.Header) (graphql.WSConn, error) {
	protocol := header.Get("Sec-WebSocket-Protocol")
	socket, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: d.http, Subprotocols: []string{protocol}})
	if err != nil {
		return nil, err
	}
	go keepAlive(ctx, socket, d.gone)
	return conn{ctx, socket}, nil
}

// keepAlive notices a connection that was lost without a word.
func keepAlive(ctx context.Context, socket *websocket.Conn, gone context.CancelFunc) {
	for sleep(ctx, 20*time.Second) == nil {
		wait, cancel := context.WithTimeout(ctx, 10*time.Second)
		err := socket.Ping(wait)
		cancel()
		if err != nil {
			gone()
			return
		}
	}
}

// conn is a WebSocket as genqlient wants it.
type conn struct {
	ctx    context.Context
	socket *websocket.Conn
}

// ReadMessage implements graphql.WSConn.
func (c conn) ReadMessage() (int, []byte, error) {
	kind, message, err := c.socket.Read(c.ctx)
	return int(kind), message, err
}

// WriteMessage implements graphql.WSConn.
func (c conn) WriteMessage(kind int, message []byte) error {
	return c.socket.Write(c.ctx, websocket.MessageType(kind), message)
}

// Close implements graphql.WSConn.
func (c conn) Close() error { return c.socket.CloseNow() }

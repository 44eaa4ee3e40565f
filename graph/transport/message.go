package transport

import (
	"encoding/json"
	"errors"

	"github.com/coder/websocket"
)

// subprotocol is the one WebSocket sub-protocol that is spoken here.
const subprotocol = "graphql-transport-ws"

// The types of messages.
const (
	typeInit      = "connection_init"
	typeAck       = "connection_ack"
	typePing      = "ping"
	typePong      = "pong"
	typeSubscribe = "subscribe"
	typeNext      = "next"
	typeError     = "error"
	typeComplete  = "complete"
)

// The codes that a socket is closed with, and why.
const (
	closeInvalid     websocket.StatusCode = 4400 // a message that the protocol does not know
	closeNoInit      websocket.StatusCode = 4401 // subscribe before connection_init
	closeForbidden   websocket.StatusCode = 4403 // credentials that will not do, or will no longer
	closeSubprotocol websocket.StatusCode = 4406 // another sub-protocol
	closeInitTimeout websocket.StatusCode = 4408 // no connection_init in time
	closeIDTaken     websocket.StatusCode = 4409 // two operations under one id
	closeInitTwice   websocket.StatusCode = 4429 // a second connection_init
)

// maxID is how long an operation's id may be: it comes back in every message.
const maxID = 256

var errMessage = errors.New("not a message of the protocol")

// message is one message of the protocol, either way.
type message struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// readMessage reads what a client sent.
func readMessage(data []byte) (message, error) {
	var m message
	err := eachField(data, func(name string, value json.RawMessage) error {
		ok := true
		switch name {
		case "type":
			ok = readInto(value, '"', &m.Type)
		case "id":
			ok = readInto(value, '"', &m.ID)
		case "payload":
			if string(value) != "null" {
				m.Payload = value
				ok = value[0] == '{'
			}
		}
		if !ok {
			return errMessage
		}
		return nil
	})
	if err != nil {
		return m, errMessage
	}
	switch m.Type {
	case typeInit, typePing, typePong:
		return m, nil
	case typeSubscribe, typeComplete:
		if m.ID != "" && len(m.ID) <= maxID {
			return m, nil
		}
	}
	return m, errMessage
}

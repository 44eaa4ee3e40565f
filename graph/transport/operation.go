package transport

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// socketOperation is one operation on a socket, from subscribe until either side has completed it.
type socketOperation struct {
	id     string
	cancel context.CancelFunc
}

// subscribe begins an operation.
func (s *socket) subscribe(m message) {
	if !s.known {
		s.close(closeNoInit, "Unauthorized")
		return
	}
	params, err := decodeParams(m.Payload)
	if err != nil {
		s.close(closeInvalid, "Invalid payload of subscribe")
		return
	}
	params.Headers = s.header
	ctx, cancel := context.WithCancel(withRequest(graphql.StartOperationTrace(s.ctx), Request{DocumentID: params.documentID}))
	op := &socketOperation{id: m.ID, cancel: cancel}
	s.mu.Lock()
	_, taken := s.operations[m.ID]
	full := len(s.operations) >= s.h.MaxStreams
	if !taken && !full {
		s.operations[m.ID] = op
	}
	s.mu.Unlock()
	switch {
	case taken:
		cancel()
		s.close(closeIDTaken, "Subscriber for this id already exists")
	case full:
		cancel()
		s.refuse(m.ID)
	default:
		s.running <- struct{}{} // waits while many that were completed have not ended yet
		s.others.Go(func() {
			defer func() { <-s.running }()
			defer cancel()
			s.run(ctx, op, params.RawParams)
		})
	}
}

// refuse answers an operation that is one too many.
func (s *socket) refuse(id string) {
	response := s.h.Executor.DispatchError(s.ctx, listOf(refuse(429, "There are too many operations on this connection.")))
	s.send(message{Type: typeError, ID: id, Payload: errorsOf(response)})
}

// stop ends an operation that the client has completed. What it still has to say is not sent.
func (s *socket) stop(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if op, ok := s.operations[id]; ok {
		op.cancel()
		delete(s.operations, id)
	}
}

// run sends the responses of an operation and completes it.
func (s *socket) run(ctx context.Context, op *socketOperation, params *graphql.RawParams) {
	defer func() {
		if p := recover(); p != nil {
			s.answer(op, s.h.Executor.DispatchError(ctx, listOf(NewPanic(p))))
		}
	}()
	leave, err := s.h.enter()
	if err != nil {
		s.answer(op, s.h.Executor.DispatchError(ctx, listOf(err)))
		return
	}
	defer leave()
	operation, list := s.h.Executor.CreateOperationContext(ctx, params)
	if list != nil {
		s.answer(op, s.h.Executor.DispatchError(graphql.WithOperationContext(ctx, operation), list))
		return
	}
	if operation.Operation.Operation == ast.Subscription {
		leave() // sockets and what is on them have quotas of their own
	}
	responses, own := s.h.Executor.DispatchOperation(ctx, operation) // its own context may end with the last response
	for response := responses(own); response != nil; response = responses(own) {
		if !s.answer(op, response) {
			return
		}
	}
	if ctx.Err() == nil {
		s.sendFor(op, message{Type: typeComplete, ID: op.id}, true)
	}
}

// answer sends one response; false when nothing may follow. One that has no data at all ends the operation.
func (s *socket) answer(op *socketOperation, response *graphql.Response) bool {
	if response.Data == nil {
		s.sendFor(op, message{Type: typeError, ID: op.id, Payload: errorsOf(response)}, true)
		return false
	}
	payload, err := encode(response)
	if err != nil {
		panic(err)
	}
	return s.sendFor(op, message{Type: typeNext, ID: op.id, Payload: payload}, false)
}

// sendFor sends a message on behalf of an operation, unless the client has completed it; last completes it.
func (s *socket) sendFor(op *socketOperation, m message, last bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[op.id] != op {
		return false
	}
	if last {
		delete(s.operations, op.id)
	}
	return s.send(m)
}

func errorsOf(response *graphql.Response) json.RawMessage {
	var payload bytes.Buffer
	if err := plainJSON(&payload, response.Errors); err != nil {
		panic(err)
	}
	return payload.Bytes()
}

package main

import (
	"context"
	"net"
	"net/http"
)

// net/http has a buffer of 4 KiB before each connection, and fills it before it writes past it: an answer of 10 KB leaves
// in two parts, each a system call of its own, and wakes its reader twice. Answers that are written in one go are joined
// with their headers here.

// netBuffer is how much net/http holds back by itself.
const netBuffer = 4 << 10

// joining gives out connections that can hold back the first part of an answer.
type joining struct{ *net.TCPListener }

// Accept waits for a connection.
func (l joining) Accept() (net.Conn, error) {
	conn, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return &joined{TCPConn: conn}, nil
}

// joined is a connection. Whoever writes an answer says when the whole of it is on its way.
type joined struct {
	*net.TCPConn
	holding bool
	held    []byte
}

// Write writes a part, or holds it back to go with the next one.
func (c *joined) Write(part []byte) (int, error) {
	if c.holding && len(c.held) == 0 && len(part) <= netBuffer {
		c.held = append(c.held, part...)
		return len(part), nil
	}
	if len(c.held) == 0 {
		return c.TCPConn.Write(part)
	}
	both := net.Buffers{c.held, part}
	before := int64(len(c.held))
	written, err := both.WriteTo(c.TCPConn)
	c.held = c.held[:0]
	return int(max(written-before, 0)), err
}

// whole writes with f what is all of an answer's body.
func (c *joined) whole(f func() (int, error)) (int, error) {
	c.holding = true
	n, err := f()
	c.holding = false
	if len(c.held) > 0 {
		_, failed := c.TCPConn.Write(c.held)
		c.held = c.held[:0]
		if err == nil {
			err = failed
		}
	}
	return n, err
}

type connectionKey struct{}

// withConnection is for http.Server.ConnContext.
func withConnection(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*joined); ok {
		return context.WithValue(ctx, connectionKey{}, c)
	}
	return ctx
}

// connectionOf is the connection of a request; nil where its parts cannot be joined.
func connectionOf(r *http.Request) *joined {
	c, _ := r.Context().Value(connectionKey{}).(*joined)
	return c
}

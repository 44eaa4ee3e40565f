package load

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"time"
)

// Patience is how long an answer may take.
const Patience = 10 * time.Minute

// Connection is one kept-alive connection: a request after the other.
type Connection struct {
	conn   net.Conn
	reader *Reader
}

// Dial opens a connection.
func Dial(ctx context.Context, address string) (*Connection, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &Connection{conn, NewReader(conn)}, nil
}

// Close ends the connection, and what waits on it.
func (c *Connection) Close() error { return c.conn.Close() }

// Ask sends a request as it is, and reads the answer. The body is good until the next call. An answer that is not 200,
// or that reports GraphQL errors, is a *Failure; after any other error the connection is of no more use.
func (c *Connection) Ask(request []byte) ([]byte, error) {
	if _, err := c.conn.Write(request); err != nil {
		return nil, err
	}
	status, body, err := c.reader.Next()
	if err != nil {
		return nil, err
	}
	if status != 200 || bytes.Contains(body, []byte(`"errors"`)) {
		return nil, &Failure{Status: status, Body: string(body[:min(len(body), 300)])}
	}
	return body, nil
}

// Failure is an answer that does not answer the question.
type Failure struct {
	Status int
	Body   string // its beginning
}

func (f *Failure) Error() string {
	return fmt.Sprintf("status %d: %s", f.Status, strings.TrimSpace(f.Body))
}

// Get is a request for a path.
func Get(host, path string) []byte {
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\n\r\n", path, host)
}

// Post is a request that sends JSON to a path.
func Post(host, path string, body []byte) []byte {
	head := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nAccept: application/json\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", path, host, len(body))
	return append(head, body...)
}

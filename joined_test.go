package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// joinedServer serves bodies of a size over connections that join parts, behind what stands before every answer. The
// address /8000?chunked=1 is answered without a length, and /8000?parts=3 is written in so many.
func joinedServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := limits{writeWait: 20 * time.Second, bodyWait: 20 * time.Second}
	server := &http.Server{ConnContext: withConnection, ReadHeaderTimeout: 20 * time.Second, Handler: logged(slog.New(slog.DiscardHandler), secured(timed(l, time.Minute, http.HandlerFunc(sized))))}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(joining{listener.(*net.TCPListener)}) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return listener.Addr().String()
}

func sized(w http.ResponseWriter, r *http.Request) {
	size, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
	body := bodyOfSize(size)
	parts, _ := strconv.Atoi(r.FormValue("parts"))
	if r.FormValue("chunked") == "" {
		w.Header().Set("Content-Length", strconv.Itoa(size))
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
	for begin := 0; begin < size; {
		end := min(begin+max(size/max(parts, 1), 1), size)
		if _, err := w.Write(body[begin:end]); err != nil {
			return
		}
		begin = end
	}
}

// bodyOfSize is a body of which no part is like another.
func bodyOfSize(size int) []byte {
	body := make([]byte, 0, size+sha256.Size)
	for i := 0; len(body) < size; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d of %d", i, size))
		body = append(body, sum[:]...)
	}
	return body[:size]
}

// sizes are those around what the buffers before a connection hold.
var sizes = []int{0, 1, 100, 2047, 2048, 2049, 3500, 3700, 3900, 4095, 4096, 4097, 8191, 8192, 8193, 65535, 65536, 65537, 1 << 20, 100, 0}

// requestsFor are requests for bodies of all sizes in turns, written in each way.
func requestsFor(method string) (paths []string, all string) {
	for _, more := range []string{"", "?parts=3", "?chunked=1", "?chunked=1&parts=3"} {
		for _, size := range sizes {
			path := fmt.Sprintf("/%d%s", size, more)
			paths = append(paths, path)
			all += method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"
		}
	}
	return paths, all
}

// wantBody reads an answer and holds it to what was asked for.
func wantBody(t *testing.T, reader *bufio.Reader, method, path string) {
	t.Helper()
	response, err := http.ReadResponse(reader, &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	digits, more, _ := strings.Cut(strings.TrimPrefix(path, "/"), "?")
	size, _ := strconv.Atoi(digits)
	if chunked := strings.Contains(more, "chunked"); !chunked && response.ContentLength != int64(size) {
		t.Errorf("%s: its length is %d", path, response.ContentLength)
	}
	if response.StatusCode != http.StatusOK || response.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: %s %v", path, response.Status, response.Header)
	}
	want := bodyOfSize(size)
	if method == http.MethodHead {
		want = nil
	}
	if !bytes.Equal(body, want) {
		t.Errorf("%s %s: %d bytes that are not what was written", method, path, len(body))
	}
}

func dialed(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// Bodies of every size come whole and in order over one connection, asked for one by one and all at once.
func TestJoinedBodiesComeWhole(t *testing.T) {
	address := joinedServer(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		paths, all := requestsFor(method)
		if method == http.MethodPost {
			all = strings.ReplaceAll(all, "\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n")
		}
		one := dialed(t, address)
		reader := bufio.NewReader(one)
		for i, request := range strings.SplitAfter(all, "\r\n\r\n")[:len(paths)] {
			if _, err := io.WriteString(one, request); err != nil {
				t.Fatal(err)
			}
			wantBody(t, reader, method, paths[i])
		}
		many := dialed(t, address)
		go func() { _, _ = io.WriteString(many, all) }()
		reader = bufio.NewReader(many)
		for _, path := range paths {
			wantBody(t, reader, method, path)
		}
	}
}

// A caller who asks whether to send a body is told, and what follows comes whole.
func TestJoinedContinues(t *testing.T) {
	conn := dialed(t, joinedServer(t))
	reader := bufio.NewReader(conn)
	for range 3 {
		_, _ = io.WriteString(conn, "POST /9000 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
		if line, err := reader.ReadString('\n'); err != nil || line != "HTTP/1.1 100 Continue\r\n" {
			t.Fatalf("%q %v", line, err)
		}
		_, _ = reader.ReadString('\n')
		_, _ = io.WriteString(conn, "hello")
		wantBody(t, reader, http.MethodPost, "/9000")
	}
}

// Callers who go in the middle of an answer harm nobody else.
func TestJoinedCallersWhoGo(t *testing.T) {
	address := joinedServer(t)
	for range 20 {
		conn := dialed(t, address)
		_, _ = io.WriteString(conn, strings.Repeat("GET /1048576 HTTP/1.1\r\nHost: x\r\n\r\n", 3))
		if _, err := io.ReadFull(conn, make([]byte, 10_000)); err != nil {
			t.Fatal(err)
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	}
	conn := dialed(t, address)
	_, _ = io.WriteString(conn, "GET /65537 HTTP/1.1\r\nHost: x\r\n\r\n")
	wantBody(t, bufio.NewReader(conn), http.MethodGet, "/65537")
}

// What cannot be sent is an error for who writes it, also where only the part that was held back fails.
func TestJoinedTellsOfErrors(t *testing.T) {
	near, far := pair(t)
	c := &joined{TCPConn: near}
	_ = far.Close()
	_ = near.Close()
	for name, sizes := range map[string][]int{"held only": {100}, "held and more": {100, 5000}, "more only": {5000}} {
		n, err := c.whole(func() (n int, err error) {
			for _, size := range sizes {
				var part int
				if part, err = c.Write(make([]byte, size)); err != nil {
					return n, err
				}
				n += part
			}
			return n, nil
		})
		if err == nil || n > 100 || len(c.held) > 0 || c.holding {
			t.Errorf("%s: %d, %v, %+v", name, n, err, c)
		}
	}
}

// pair is the two ends of a connection.
func pair(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialing, err := new(net.Dialer).DialContext(context.Background(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dialing.Close(); _ = accepted.Close() })
	return dialing.(*net.TCPConn), accepted.(*net.TCPConn)
}

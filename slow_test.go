//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// slowCallers are connections on which a byte is sent each second, and nothing more.
type slowCallers struct {
	conns []net.Conn
	sent  time.Duration // how long it took to open them all
	ended sync.WaitGroup

	mu  sync.Mutex
	cut []time.Duration // how long each lived, of those that are cut
}

// Half of them are in the middle of their headers, half in the middle of their bodies.
var slowBeginnings = [2]string{
	"POST /graphql HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
	"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n",
}

func openSlowCallers(t *testing.T, address string, many int) *slowCallers {
	t.Helper()
	begin, s := time.Now(), &slowCallers{}
	for i := range many {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		opened := time.Now()
		if _, err := io.WriteString(conn, slowBeginnings[i%2]); err != nil {
			t.Fatal(err)
		}
		s.conns = append(s.conns, conn)
		s.ended.Go(func() {
			_ = conn.SetReadDeadline(opened.Add(time.Minute))
			_, err := io.Copy(io.Discard, conn)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				return // it is not cut at all
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.cut = append(s.cut, time.Since(opened))
		})
	}
	s.sent = time.Since(begin)
	return s
}

// drip sends a byte on each connection, every second, until done.
func (s *slowCallers) drip(done <-chan struct{}) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		for _, conn := range s.conns {
			_, _ = conn.Write([]byte("a")) // one that is cut has no more to say
		}
		select {
		case <-done:
			return
		case <-ticker.C:
		}
	}
}

func (s *slowCallers) cutSoFar() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.cut)
}

// medianOf is how long an honest caller waits for a small answer, in the middle of many.
func medianOf(g *running) time.Duration {
	g.t.Helper()
	times := make([]time.Duration, 500)
	for i := range times {
		begin := time.Now()
		if status, _, text := g.do("POST", "/graphql", customerQuery(100001)); status != 200 {
			g.t.Fatalf("an honest caller gets %d, %s", status, text)
		}
		times[i] = time.Since(begin)
	}
	slices.Sort(times)
	return times[len(times)/2]
}

// A thousand connections at a byte a second do not double what an honest caller waits, and none of them is there after
// 15 seconds. What else the machine does is no fault of theirs, so the best of three rounds counts.
func TestSlowConnections(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a quarter of a minute")
	}
	const many = 1000
	var most syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &most); err != nil || most.Cur < 2*many {
		t.Skipf("%d files may be open, %v; it needs twice as many as connections", most.Cur, err)
	}
	program, g := program(t, []string{"GATEWAY_LOG_LEVEL=error"}) // nobody reads the lines of thousands of requests
	defer func() { _ = program.Process.Signal(syscall.SIGTERM); _ = program.Wait() }()
	medianOf(g) // to warm up
	best := 0.0
	for range 3 {
		before := medianOf(g)
		s := openSlowCallers(t, strings.TrimPrefix(g.url, "http://"), many)
		done := make(chan struct{})
		go s.drip(done)
		during, open := medianOf(g), many-len(s.cutSoFar())
		s.ended.Wait()
		close(done)
		after := medianOf(g)
		cut := s.cutSoFar()
		if len(cut) != many || slices.Max(cut) > 15*time.Second {
			t.Fatalf("of %d connections %d are cut, the last after %v", many, len(cut), slices.Max(cut))
		}
		ratio := float64(during) / float64(max(before, after))
		t.Logf("the median was %v before, %v with %d slow connections, %v after: ratio %.2f; they were cut after %v to %v",
			before, during, open, after, ratio, slices.Min(cut).Round(time.Millisecond), slices.Max(cut).Round(time.Millisecond))
		if open < many/2 {
			continue // most were cut before the honest caller was through: the machine is too busy to tell
		}
		if best == 0 || ratio < best {
			best = ratio
		}
		if best < 2 {
			return
		}
	}
	t.Errorf("the median grew by a factor of %.2f", best)
}

// Who does not read a large answer is given up after a while, and who reads it slowly gets it.
func TestSlowReaders(t *testing.T) {
	const large = 64 << 20
	ended := make(chan error, 1)
	server := httptest.NewServer(timed(limits{writeWait: 200 * time.Millisecond}, time.Hour, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n, err := w.Write(make([]byte, large))
		if err == nil && n != large {
			err = fmt.Errorf("%d bytes are said to be written", n)
		}
		ended <- err
	})))
	defer server.Close()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("who does not read ends with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("who does not read is waited for")
	}
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	part, read := make([]byte, 4<<20), 0
	for err == nil {
		var n int
		n, err = io.ReadFull(response.Body, part)
		read += n
		time.Sleep(20 * time.Millisecond) // slower than it could, and faster than 64 KiB in 200 ms
	}
	if err := <-ended; err != nil || read != large {
		t.Errorf("who reads slowly gets %d bytes, %v", read, err)
	}
}

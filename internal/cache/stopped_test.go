//go:build unix

package cache

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"stellr-gateway/internal/redistest"
)

// stopped has the server do nothing, with its connections open, until the function it returns is called.
func stopped(t *testing.T, server *redistest.Server) (goOn func()) {
	t.Helper()
	c, pid := server.Client(), 0
	info, err := c.Do(t.Context(), c.B().Info().Section("server").Build()).ToString()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(info) {
		_, _ = fmt.Sscanf(line, "process_id:%d", &pid)
	}
	if pid == 0 {
		t.Fatal("the server has no process id")
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	goOn = func() { _ = syscall.Kill(pid, syscall.SIGCONT) }
	t.Cleanup(goOn)
	return goOn
}

func TestRedisIsStopped(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	c := node(t, server, Options{patience: redisPatience})
	q := u.question("k", "tag")
	get(t, c, q, "1")
	goOn := stopped(t, server)
	began := time.Now()
	get(t, c, u.question("other", "tag"), "2")
	if took := time.Since(began); took > 5*redisPatience {
		t.Errorf("it took %v", took)
	}
	began = time.Now()
	for i := range 50 {
		get(t, c, u.question("other", "tag"), fmt.Sprint(i+3))
	}
	if took := time.Since(began); took > leftAlone {
		t.Errorf("what comes after took %v", took)
	}
	if _, ok := c.Peek(q.Key, q.Tags); ok {
		t.Error("what cannot be compared is answered")
	}
	if err := c.Drop(t.Context(), "tag"); err == nil {
		t.Error("it was dropped everywhere")
	}
	goOn()
	eventually(t, "Redis is back", func() bool { return c.Check(t.Context()) == nil })
	u.calls.Store(100)
	get(t, c, q, "101")
	get(t, c, q, "101")
}

// A connection on which nothing comes is noticed where nobody asks, too.
func TestStoppedRedisIsNoticed(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	c, q := node(t, server, Options{}), u.question("k", "tag")
	get(t, c, q, "1")
	stopped(t, server)
	began := time.Now()
	eventually(t, "nothing is at hand", func() bool { _, ok := c.Peek(q.Key, q.Tags); return !ok })
	if took := time.Since(began); took > 5*lostAfter {
		t.Errorf("it took %v", took)
	}
}

func TestStoppedWhileFetching(t *testing.T) {
	server, u := redistest.Start(t), &upstream{wait: make(chan struct{})}
	one, two := node(t, server, Options{patience: redisPatience}), node(t, server, Options{patience: redisPatience})
	done := make(chan error, 2)
	for _, c := range []Cache{one, two} {
		go func() {
			_, err := c.Get(context.Background(), u.question("k", "tag"))
			done <- err
		}()
	}
	eventually(t, "both wait", func() bool { return waiting(one)+waiting(two) == 2 && u.calls.Load() == 1 })
	goOn := stopped(t, server)
	eventually(t, "the other asks too", func() bool { return u.calls.Load() == 2 })
	close(u.wait)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	goOn()
}

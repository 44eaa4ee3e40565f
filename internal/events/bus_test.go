package events

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"stellr-gateway/internal/redistest"
)

// ear is what a node hears of others.
type ear struct {
	t     *testing.T
	mu    sync.Mutex
	heard []string
	wait  sync.WaitGroup
}

func listen(t *testing.T, b Bus) *ear {
	t.Helper()
	e := &ear{t: t}
	ctx, stop := context.WithCancel(context.Background())
	e.wait.Go(func() {
		b.Listen(ctx, func(m Message) {
			e.mu.Lock()
			defer e.mu.Unlock()
			e.heard = append(e.heard, m.Node+" "+m.Kind+" "+string(m.Event))
		})
	})
	t.Cleanup(func() { stop(); e.wait.Wait() })
	return e
}

func (e *ear) all() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

func (e *ear) want(events ...string) {
	e.t.Helper()
	eventually(e.t, fmt.Sprintf("%q was heard", events), func() bool { return len(e.all()) >= len(events) })
	if got := e.all(); !slices.Equal(got, events) {
		e.t.Errorf("%.2000q was heard, not %.2000q", got, events)
	}
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("never: " + what)
		}
	}
}

// lines is a log that can be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// node is a bus of a server, which listens if it is to.
func node(t *testing.T, server *redistest.Server, account, name string, log *lines) *Redis {
	t.Helper()
	r := NewRedis(RedisOptions{Client: server.Client(), Account: account, Node: name, Logger: slog.New(slog.NewTextHandler(log, nil))})
	t.Cleanup(r.Close)
	return r
}

// What every bus promises.
func TestBuses(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) Bus{
		"alone": func(*testing.T) Bus { return Alone{} },
		"redis": func(t *testing.T) Bus { return node(t, redistest.Start(t), "a", "one", &lines{}) },
		"redis that is down": func(t *testing.T) Bus {
			server := redistest.Start(t)
			server.Kill()
			return node(t, server, "a", "one", &lines{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := open(t)
			e := listen(t, b)
			if r, ok := b.(*Redis); ok && name == "redis" {
				eventually(t, "it is connected", r.Connected)
			}
			start := time.Now()
			for i := range 10 * waiting {
				b.Publish("number", i)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("publishing took %v", took)
			}
			b.Publish("no JSON", func() {})
			if r, ok := b.(*Redis); ok {
				r.Close()
				b.Publish("late", 1)
			}
			if heard := e.all(); len(heard) > 0 {
				t.Errorf("it heard itself: %q", heard)
			}
		})
	}
}

func TestNodesHearEachOther(t *testing.T) {
	server := redistest.Start(t)
	var log lines
	a, b, c, other := node(t, server, "acme", "a", &log), node(t, server, "acme", "b", &log), node(t, server, "acme", "c", &log), node(t, server, "globex", "d", &log)
	ears := map[*Redis]*ear{}
	for _, r := range []*Redis{a, b, c, other} {
		ears[r] = listen(t, r)
		eventually(t, "it is connected", r.Connected)
	}
	a.Publish("greeting", map[string]string{"to": "all\n<of> you"})
	ears[b].want(`a greeting {"to":"all\n\u003cof\u003e you"}`)
	ears[c].want(`a greeting {"to":"all\n\u003cof\u003e you"}`)
	for i := range 100 {
		b.Publish("n", i)
	}
	var want []string
	for i := range 100 {
		want = append(want, fmt.Sprint("b n ", i))
	}
	ears[a].want(want...)
	if heard := ears[other].all(); len(heard) > 0 {
		t.Errorf("another account heard %q", heard)
	}
	if strings.Contains(a.channel, "acme") {
		t.Error(a.channel)
	}
}

// What is too big or not understood is dropped, and that is said once.
func TestWhatIsNotUnderstood(t *testing.T) {
	server := redistest.Start(t)
	var log lines
	a, b := node(t, server, "acme", "a", &lines{}), node(t, server, "acme", "b", &log)
	e, client := listen(t, b), server.Client()
	eventually(t, "it is connected", b.Connected)
	big := strings.Repeat("x", maxMessage)
	a.Publish("big", big)
	for _, text := range []string{"", "1", "1\nx\ny", "2\nx\ny\n1", "1\nx\ny\n{", "1\nx\ny\n", "1\nx\ny\n\"" + big + "\""} {
		if err := client.Do(t.Context(), client.B().Publish().Channel(b.channel).Message(text).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	a.Publish("small", 1)
	e.want("a small 1")
	if n := strings.Count(log.String(), "not understood"); n != 1 {
		t.Errorf("it was said %d times: %s", n, log.String())
	}
}

// While Redis is away nothing waits and nothing of its address is said; when it is back, nodes hear each other again.
func TestRedisGoesAndComes(t *testing.T) {
	server := redistest.Start(t)
	var log lines
	a, b := node(t, server, "acme", "a", &log), node(t, server, "acme", "b", &log)
	e := listen(t, b)
	eventually(t, "it is connected", b.Connected)
	a.Publish("before", 1)
	e.want("a before 1")
	server.Kill()
	eventually(t, "it is noticed", func() bool { return !b.Connected() })
	for i := range 5000 {
		a.Publish("meanwhile", i)
	}
	eventually(t, "it is said", func() bool { return strings.Contains(log.String(), "not told") })
	eventually(t, "nothing waits", func() bool { return len(a.queue) == 0 })
	server.Restart()
	eventually(t, "it is connected", b.Connected)
	eventually(t, "it is heard again", func() bool {
		a.Publish("after", 1)
		return slices.Contains(e.all(), "a after 1")
	})
	text := log.String()
	for kind, most := range map[string]int{"not told": 2, "do not arrive": 2, "arrive again": 2} {
		if n := strings.Count(text, kind); n < 1 || n > 2*most {
			t.Errorf("%q was said %d times", kind, n)
		}
	}
	if strings.Contains(text, server.Password()) || strings.Contains(text, "127.0.0.1") {
		t.Errorf("the log says too much:\n%s", text)
	}
}

// A wrong password is said, and not shown.
func TestWrongPassword(t *testing.T) {
	server := redistest.Start(t)
	options := server.Options()
	options.Password = "a password of nobody's"
	client := clientOf(t, options)
	var log lines
	r := NewRedis(RedisOptions{Client: client, Account: "acme", Node: "a", Logger: slog.New(slog.NewTextHandler(&log, nil))})
	t.Cleanup(r.Close)
	listen(t, r)
	r.Publish("x", 1)
	eventually(t, "it is said", func() bool {
		return strings.Contains(log.String(), "not told") && strings.Contains(log.String(), "do not arrive")
	})
	if text := log.String(); !strings.Contains(text, "WRONGPASS") || strings.Contains(text, options.Password) {
		t.Error(text)
	}
}

func clientOf(t *testing.T, o rueidis.ClientOption) rueidis.Client {
	t.Helper()
	client, err := rueidis.NewClient(o)
	if client == nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func FuzzMessages(f *testing.F) {
	r := &Redis{o: RedisOptions{Node: "a"}}
	written, err := r.encode(told{kind: "k", event: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(written)
	f.Add("1\nb\nk\n{}")
	f.Add("1\nb\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, own, err := r.decode(text)
		if err == nil && !own && !json.Valid(m.Event) {
			t.Errorf("%q", m.Event)
		}
	})
}

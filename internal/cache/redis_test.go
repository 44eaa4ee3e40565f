package cache

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"stellr-gateway/internal/redistest"
)

func TestNodesShare(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	one, two := node(t, server, Options{}), node(t, server, Options{})
	q := u.question("k", "tag")
	get(t, one, q, "1")
	kept := get(t, two, q, "1")
	if !kept.Kept || kept.Age <= 0 || kept.Age > 10*time.Second || kept.Left < 40*time.Second || kept.Left > time.Minute {
		t.Errorf("%+v", kept)
	}
	if _, ok := two.Peek(q.Key, q.Tags); !ok {
		t.Error("it is not at hand on the other node")
	}
	other, err := Redis(server.Options(), "another account", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	get(t, other, q, "2")
}

func TestOneFetchForAllNodes(t *testing.T) {
	server, u := redistest.Start(t), &upstream{wait: make(chan struct{})}
	one, two := node(t, server, Options{}), node(t, server, Options{})
	q := u.question("k", "tag")
	first, second := askMany(t, one, q, 50), askMany(t, two, q, 50)
	eventually(t, "all wait", func() bool { return waiting(one)+waiting(two) == 100 })
	time.Sleep(lockLife + lockLife/4) // the lock is renewed
	close(u.wait)
	first("1")
	second("1")
	if calls := u.calls.Load(); calls != 1 {
		t.Errorf("the upstream was asked %d times", calls)
	}
	q = u.question("l", "tag")
	u.wait = nil
	for i := range 30 {
		q.Key = fmt.Sprint("l", i)
		first, second := askMany(t, one, q, 5), askMany(t, two, q, 5)
		first(fmt.Sprint(i + 2))
		second(fmt.Sprint(i + 2))
	}
}

func TestOneRefreshForAllNodes(t *testing.T) {
	server, clock, u := redistest.Start(t), &clock{}, &upstream{}
	one, two := node(t, server, Options{Now: clock.now}), node(t, server, Options{Now: clock.now})
	q := u.question("k", "tag")
	get(t, one, q, "1")
	get(t, two, q, "1")
	clock.advance(90 * time.Second)
	u.wait = make(chan struct{})
	get(t, one, q, "1")
	get(t, two, q, "1")
	eventually(t, "it is refreshed", func() bool { return u.calls.Load() == 2 })
	close(u.wait)
	eventually(t, "both know", func() bool {
		a, _ := one.Get(t.Context(), q)
		b, _ := two.Get(t.Context(), q)
		return a.Value == "2" && b.Value == "2"
	})
	if calls := u.calls.Load(); calls != 2 {
		t.Errorf("the upstream was asked %d times", calls)
	}
}

func TestDropIsSeenOnTheOtherNode(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	one, two := node(t, server, Options{}), node(t, server, Options{})
	q := u.question("k", "tag")
	get(t, one, q, "1")
	get(t, two, q, "1")
	tag, other, whole := two.Version("tag"), two.Version("other"), two.Version()
	if err := one.Drop(t.Context(), "tag"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the version changes there", func() bool { return two.Version("tag") != tag && two.Version() != whole })
	eventually(t, "it is gone there", func() bool { _, ok := two.Peek(q.Key, q.Tags); return !ok })
	get(t, two, q, "2")
	get(t, one, q, "2")
	if two.Version("other") != other {
		t.Error("the version of another tag changed")
	}
}

// What one node fetched before the other dropped it is not used on any.
func TestDroppedOnTheOtherNodeWhileOnItsWay(t *testing.T) {
	server, old, u := redistest.Start(t), &upstream{wait: make(chan struct{})}, &upstream{}
	one, two := node(t, server, Options{}), node(t, server, Options{})
	u.calls.Store(10)
	before := askMany(t, one, old.question("k", "tag"), 1)
	eventually(t, "it is on its way", func() bool { return old.calls.Load() == 1 })
	version := one.Version("tag")
	if err := two.Drop(t.Context(), "tag"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is seen", func() bool { return one.Version("tag") != version })
	get(t, one, u.question("k", "tag"), "11")
	close(old.wait)
	before("1")
	get(t, one, u.question("k", "tag"), "11")
	get(t, two, u.question("k", "tag"), "11")
}

// A hit asks Redis nothing.
func TestHitTakesNoTrip(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	c, q := node(t, server, Options{}), u.question("k", "a", "b")
	get(t, c, q, "1")
	for range 2 { // an id that is made is read again once
		c.Version("a")
		c.Version()
	}
	commands := func() string {
		other := server.Client()
		info, err := other.Do(t.Context(), other.B().Info().Section("commandstats").Build()).ToString()
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for line := range strings.Lines(info) {
			if strings.HasPrefix(line, "cmdstat_get:") || strings.HasPrefix(line, "cmdstat_hget:") || strings.HasPrefix(line, "cmdstat_eval") {
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "")
	}
	before := commands()
	for range 1000 {
		get(t, c, q, "1")
		c.Peek(q.Key, q.Tags)
		c.Version("a")
		c.Version()
	}
	c.marks.all()
	get(t, c, q, "1") // not even when it is compared again
	if after := commands(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

// The client keeps nothing over the end of its connection.
func TestConnectionIsLost(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	one, two := node(t, server, Options{}), node(t, server, Options{})
	q := u.question("k", "tag")
	get(t, one, q, "1")
	admin := server.Client()
	id, err := one.client.Do(t.Context(), one.client.B().ClientId().Build()).AsInt64()
	if err != nil {
		t.Fatal(err)
	}
	if err := admin.Do(t.Context(), admin.B().Arbitrary("CLIENT", "KILL", "ID", fmt.Sprint(id)).Build()).Error(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nothing is at hand", func() bool { _, ok := one.Peek(q.Key, q.Tags); return !ok })
	if err := two.Drop(t.Context(), "tag"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Redis is back", func() bool { return one.Check(t.Context()) == nil })
	get(t, one, q, "2")
	asked := one.client.DoCache(t.Context(), one.client.B().Get().Key(one.tagName("tag")).Cache(), forever)
	if again := one.client.DoCache(t.Context(), one.client.B().Get().Key(one.tagName("tag")).Cache(), forever); again.Error() != nil || !again.IsCacheHit() {
		t.Errorf("the client keeps nothing: %v, %v", asked.Error(), again.Error())
	}
}

func TestRedisIsKilled(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	c, q := node(t, server, Options{patience: redisPatience}), u.question("k", "tag")
	get(t, c, q, "1")
	server.Kill()
	eventually(t, "it is known", func() bool { return c.Check(t.Context()) != nil })
	if _, ok := c.Peek(q.Key, q.Tags); ok {
		t.Error("what cannot be compared is answered")
	}
	for i := range 5 {
		if answer := get(t, c, q, fmt.Sprint(i+2)); answer.Kept || answer.Left != 0 {
			t.Errorf("%+v", answer)
		}
	}
	version, other := c.Version("tag"), c.Version()
	if c.Version("tag") == version || c.Version() == other {
		t.Error("who asks may join what began before something that nobody hears of here")
	}
	err := c.Drop(t.Context(), "tag")
	if err == nil || strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), server.Password()) {
		t.Errorf("dropping without Redis: %v", err)
	}
	server.Restart()
	eventually(t, "Redis is back", func() bool { return c.Check(t.Context()) == nil })
	u.calls.Store(100)
	get(t, c, q, "101")
	get(t, c, q, "101")
}

// A drop that Redis was not told of is in force here at once, and on other nodes before this one reads again.
func TestDropIsToldLater(t *testing.T) {
	for _, many := range []int{1, mostPending + 1} {
		server, u := redistest.Start(t), &upstream{}
		one, two := node(t, server, Options{}), node(t, server, Options{})
		q := u.question("k", "tag")
		get(t, one, q, "1")
		get(t, two, q, "1")
		one.failed() // as if it could not be reached
		tags := []string{"tag"}
		for i := 1; i < many; i++ {
			tags = append(tags, fmt.Sprint(i))
		}
		one.note(tags) // and it cannot
		if _, ok := one.Peek(q.Key, q.Tags); ok {
			t.Error("it is still there")
		}
		get(t, one, q, "2")
		eventually(t, "the other is told", func() bool { _, ok := two.Peek(q.Key, q.Tags); return !ok })
		get(t, two, q, "3")
		eventually(t, "they share again", func() bool { answer, _ := one.Get(t.Context(), q); return answer.Kept && answer.Value == "3" })
		eventually(t, "nothing is left to tell", func() bool { return !one.pending.some.Load() })
	}
}

// A node that left Redis alone, since it had no answer in time, tells it of a drop all the same: the others go on with it.
func TestDropIsInsistedOn(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	one, two := node(t, server, Options{}), node(t, server, Options{})
	q := u.question("k", "tag")
	get(t, two, q, "1")
	one.failed()
	if err := one.Drop(t.Context(), "tag"); err != nil || one.pending.some.Load() {
		t.Fatal(err)
	}
	eventually(t, "the other is told", func() bool { _, ok := two.Peek(q.Key, q.Tags); return !ok })
	get(t, two, q, "2")
}

// The holder of a lock may die; a lock that was lost with Redis is no matter.
func TestLockIsLeft(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	c, q := node(t, server, Options{}), u.question("k", "tag")
	at := c.spot(q.Key, q.Tags)
	v, ok := c.look(at, q.Tags)
	if !ok {
		t.Fatal("Redis is not there")
	}
	l, taken, err := c.take(at, v, false)
	if err != nil || !taken {
		t.Fatal(taken, err)
	}
	if _, again, err := c.take(at, v, false); again || err != nil {
		t.Fatal(again, err)
	}
	l.end() // as if its node had died
	began := time.Now()
	get(t, c, q, "1")
	if took := time.Since(began); took < lockLife/2 || took > 5*lockLife {
		t.Errorf("it took %v", took)
	}
}

func TestKilledWhileFetching(t *testing.T) {
	server := redistest.Start(t)
	u := &upstream{wait: make(chan struct{})}
	one, two := node(t, server, Options{patience: redisPatience}), node(t, server, Options{patience: redisPatience})
	first, second := make(chan error, 1), make(chan error, 1)
	q := u.question("k", "tag")
	for _, asker := range []struct {
		c    Cache
		done chan error
	}{{one, first}, {two, second}} {
		go func() {
			_, err := asker.c.Get(context.Background(), q)
			asker.done <- err
		}()
	}
	eventually(t, "both wait", func() bool { return waiting(one)+waiting(two) == 2 && u.calls.Load() == 1 })
	server.Kill()
	eventually(t, "the other asks too", func() bool { return u.calls.Load() == 2 })
	close(u.wait)
	if err := errors.Join(<-first, <-second); err != nil {
		t.Error(err)
	}
}

// Redis comes and goes while many ask and drop. Nobody is told, and nobody meets what was dropped on the same node.
func TestRedisComesAndGoes(t *testing.T) {
	server := redistest.Start(t)
	one, two := node(t, server, Options{patience: redisPatience}), node(t, server, Options{patience: redisPatience})
	stop := make(chan struct{})
	var lanes sync.WaitGroup
	for lane := range 6 {
		c := []*redis{one, two}[lane%2]
		lanes.Go(func() {
			u, tag := &upstream{}, fmt.Sprint("tag", lane)
			q := u.question(fmt.Sprint("k", lane), tag)
			for dropped := int64(0); ; {
				select {
				case <-stop:
					return
				case <-time.After(time.Millisecond):
				}
				answer, err := c.Get(context.Background(), q)
				if err != nil {
					t.Error(err)
					return
				}
				var n int64
				_, _ = fmt.Sscan(answer.Value.(string), &n)
				if n <= dropped {
					t.Errorf("%d was answered after %d was dropped", n, dropped)
					return
				}
				if n%3 == 0 {
					dropped = u.calls.Load()
					_ = c.Drop(context.Background(), tag)
				} else if n%3 == 1 {
					q.Fresh = !q.Fresh
				}
			}
		})
	}
	for range 3 {
		time.Sleep(300 * time.Millisecond)
		server.Kill()
		time.Sleep(200 * time.Millisecond)
		server.Restart()
	}
	close(stop)
	lanes.Wait()
}

func TestGarbageIsAMiss(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	c, other := node(t, server, Options{}), server.Client()
	q := u.question("k", "tag")
	at := c.spot(q.Key, q.Tags)
	do := func(words ...string) {
		t.Helper()
		if err := other.Do(t.Context(), other.B().Arbitrary(words...).Build()).Error(); err != nil {
			t.Fatal(err)
		}
	}
	get(t, c, q, "1")
	good, err := other.Do(t.Context(), other.B().Hget().Key(at.name).Field(headField).Build()).ToString()
	if err != nil {
		t.Fatal(err)
	}
	want := 1
	for what, make := range map[string]func(){
		"another kind":  func() { do("SET", at.name, "text", "PX", "60000") },
		"an empty head": func() { do("HSET", at.name, headField, "") },
		"no numbers":    func() { do("HSET", at.name, headField, "1 a b c d e f g") },
		"a large head":  func() { do("HSET", at.name, headField, strings.Repeat("1 ", 1<<16)) },
		"no body":       func() { do("HDEL", at.name, bodyField); do("HSET", at.name, headField, again(good, "x")) },
		"another body":  func() { do("HSET", at.name, bodyField, "\x00\xff", headField, again(good, "y")) },
		"no end":        func() { do("PERSIST", at.name) },
		"no tag":        func() { do("DEL", at.ids[1]) },
		"another tag":   func() { do("SET", at.ids[1], "\x00") },
		"nothing":       func() { do("FLUSHALL") },
	} {
		make()
		want++
		eventually(t, what+" is seen", func() bool { _, ok := c.Peek(q.Key, q.Tags); return !ok })
		if answer, err := c.Get(t.Context(), q); err != nil || answer.Value != fmt.Sprint(want) {
			t.Errorf("%s: %v, %v; want %d", what, answer.Value, err, want)
		}
		get(t, c, q, fmt.Sprint(want))
		want = int(u.calls.Load())
		good, _ = other.Do(t.Context(), other.B().Hget().Key(at.name).Field(headField).Build()).ToString()
	}
	do("DEL", at.ids[1])
	do("HSET", at.ids[1], "a", "b") // such a tag cannot be used
	if _, err := c.Get(t.Context(), q); err != nil {
		t.Error(err)
	}
	if err := c.Drop(t.Context(), "tag"); err != nil {
		t.Error(err)
	}
	u.calls.Store(100)
	get(t, c, q, "101")
	get(t, c, q, "101")
}

// again is the head with another stamp, so that it is read anew.
func again(head, stamp string) string {
	parts := strings.Split(head, " ")
	parts[1] = stamp
	return strings.Join(parts, " ")
}

func TestWhatIsLargeIsNotKept(t *testing.T) {
	c, calls := node(t, redistest.Start(t), Options{}), 0
	size := maxStored + 1
	q := Question{
		Key: "k", Tags: []string{"tag"}, Life: Life{Fresh: time.Minute},
		Fetch:  func(context.Context) ([]byte, bool, error) { calls++; return make([]byte, size), false, nil },
		Decode: func(raw []byte) (any, error) { return len(raw), nil },
	}
	for want := range 2 {
		if answer, err := c.Get(t.Context(), q); err != nil || answer.Value != size || answer.Left != 0 || calls != want+1 {
			t.Error(answer, err, calls)
		}
	}
	size--
	for range 2 {
		if answer, err := c.Get(t.Context(), q); err != nil || answer.Value != size || answer.Left == 0 || calls != 3 {
			t.Error(answer, err, calls)
		}
	}
}

func TestWithoutRedisAtTheStart(t *testing.T) {
	server, u := redistest.Start(t), &upstream{}
	server.Kill()
	c, q := node(t, server, Options{patience: redisPatience}), u.question("k", "tag")
	if err := c.Check(t.Context()); err == nil {
		t.Error("it works without Redis")
	}
	get(t, c, q, "1")
	server.Restart()
	eventually(t, "Redis is there", func() bool { return c.Check(t.Context()) == nil })
	get(t, c, q, "2")
	get(t, c, q, "2")
	wrong := server.Options()
	wrong.Password = "wrong"
	refused, err := Redis(wrong, "account", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = refused.Close() }()
	if err := refused.Check(t.Context()); err == nil || strings.Contains(err.Error(), server.Password()) {
		t.Error(err)
	}
	get(t, refused, q, "3")
	if _, err := Redis(rueidis.ClientOption{}, "account", Options{}); err == nil || strings.Contains(err.Error(), "127") {
		t.Error(err)
	}
}

func FuzzHead(f *testing.F) {
	f.Add(head{stamp: "a", digest: "b", spent: time.Second, whole: time.Minute, fresh: time.Minute, size: 3, sum: 7}.encode())
	f.Add("")
	f.Add("1 a b -1 99999999999999999999 +1 0x1 00")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := decodeHead(text)
		if err == nil && h.encode() != text {
			t.Errorf("%q becomes %q", text, h.encode())
		}
		if err == nil && (h.spent < 0 || h.whole < 0 || h.fresh < 0 || h.size < 0) {
			t.Errorf("%+v", h)
		}
	})
}

package graph

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// large is a command with so much in it that no connection holds more than one of them.
func large(n int) *journal.Command {
	c := command(fmt.Sprint(n), "acme", "100001")
	c.Input = json.RawMessage(`{"padding":"` + strings.Repeat("x", 64<<10) + `"}`)
	return c
}

// Who does not read is dropped, is told why once it reads on, and may come again. Nobody else has noticed.
func TestWhoReadsTooSlowlyIsToldSo(t *testing.T) {
	over(t, func(t *testing.T, listen func(s *station, caller, query string) *ear) {
		s := newStation(t, sim.Options{})
		slow := listen(s, "acme", `subscription {commandUpdated {action input}}`)
		quick := listen(s, "acme", commanding)
		s.until("both listen", func() bool { return s.listeners() == 2 })
		n := 0
		for ; s.listeners() == 2; n++ {
			s.r.tellCommand(large(n))
			quick.want(commandSays(fmt.Sprint("action ", n), "PENDING"))
			if n > 10*feedQueue {
				t.Fatal("somebody who does not read is never dropped")
			}
		}
		if n <= feedQueue {
			t.Errorf("dropped after %d events", n)
		}
		heard := 0
		for ; heard < n; heard++ {
			event := slow.next()
			if strings.HasPrefix(event, "errors ") {
				wantSlow(t, event)
				break
			}
			if want := fmt.Sprintf(`{"commandUpdated":{"action":"action %d",`, heard); !strings.HasPrefix(event, want) {
				t.Fatalf("%.100s came where %s should", event, want)
			}
		}
		if heard != n-1 {
			t.Errorf("%d of the %d events came that were told before there were too many", heard, n-1)
		}
		again := listen(s, "acme", commanding)
		s.until("it is there again", func() bool { return s.listeners() == 2 })
		s.r.tellCommand(command("last", "acme", "100001"))
		again.want(commandSays("action last", "PENDING"))
		quick.want(commandSays("action last", "PENDING"))
	})
}

func wantSlow(t *testing.T, event string) {
	t.Helper()
	text := strings.TrimPrefix(event, "errors ")
	var errs []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &errs); err != nil || len(errs) != 1 {
		t.Fatalf("%s: %v", text, err)
	}
	if got := string(errs[0]["message"]); got != `"Too much happened at once for this subscription to be told: subscribe again and read the present state first."` {
		t.Error(got)
	}
	if got := string(errs[0]["extensions"]); !strings.Contains(got, `"code":"RATE_LIMITED"`) || !strings.Contains(got, `"retryable":true`) {
		t.Error(got)
	}
}

// The stream over server-sent events is complete after the error, so that clients do not take it for cut off. What comes
// after the error over WebSocket is asked for by the ear itself: nothing.
func TestAStreamIsCompleteAfterItsError(t *testing.T) {
	s := newStation(t, sim.Options{})
	e := s.streamEar("acme", commanding)
	s.until("it listens", func() bool { return s.listeners() == 1 })
	f := s.r.feeds.commands.hub
	for i := 0; f.Listening(""); i++ { // faster than anybody can read
		f.Publish("", large(i))
	}
	for event := e.next(); ; event = e.next() {
		if strings.HasPrefix(event, "errors ") {
			wantSlow(t, event)
			break
		}
	}
	e.want("complete")
}

// A socket whose other operation was dropped goes on.
func TestASocketOutlivesADroppedOperation(t *testing.T) {
	s := operationStation(t)
	id := s.suspend()
	conn := s.dialSocket(&lines{}, "acme")
	s.subscribe(conn, "slow", `subscription {commandUpdated {input}}`)
	s.subscribe(conn, "steady", fmt.Sprintf(following, id))
	s.until("both listen", func() bool { return s.listeners() == 2 })
	for i := 0; s.listeners() == 2; i++ {
		s.r.tellCommand(large(i))
	}
	var steady, ends []string
	for !slices.Contains(ends, "steady complete") {
		_, data, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var m socketMessage
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		if m.Type != "next" {
			ends = append(ends, m.ID+" "+m.Type)
		} else if m.ID == "steady" {
			steady = append(steady, eventOf(m.Payload))
		}
		if m.Type == "error" {
			wantSlow(t, "errors "+string(m.Payload))
			s.r.tellOperation(&stellr.Operation{OperationID: id, Status: stellr.OperationFailed})
		}
	}
	if !slices.Equal(steady, []string{told("ACCEPTED"), told("FAILED")}) || !slices.Equal(ends, []string{"slow error", "steady complete"}) {
		t.Error(steady, ends)
	}
}

// Two hundred listen over WebSocket and as many over server-sent events, and are gone all at once, in the middle of what
// is told. Nothing of them is left.
func TestNothingIsLeftOfThoseWhoVanish(t *testing.T) {
	s := operationStation(t)
	id := s.suspend()
	s.upstream.CloseClientConnections()
	before := runtime.NumGoroutine()
	queries := []string{
		`subscription {commandUpdated {action input}}`, fmt.Sprintf(changing, "100001"),
		fmt.Sprintf(following, id), fmt.Sprintf(`subscription {subscriptionChanged(customerNo: "100002") {subscriptionId product {name}}}`),
	}
	var l lines
	var leave []func()
	for socket := range 10 {
		conn := s.dialSocket(&l, "acme")
		for i := range 20 {
			s.subscribe(conn, fmt.Sprint(i), queries[(socket+i)%len(queries)])
		}
		leave = append(leave, l.cut, func() { _ = conn.CloseNow() })
	}
	for i := range 200 {
		e := s.streamEar("acme", queries[i%len(queries)])
		leave = append(leave, e.leave)
	}
	s.until("all listen", func() bool { return s.listeners() == 400 })
	var stop atomic.Bool
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for i := 0; !stop.Load(); i++ {
			s.r.tellCommand(command(fmt.Sprint(i%1000), "acme", "100001"))
			s.r.tellSubscription(record("100001", "a", i))
			s.r.tellSubscription(record("100002", "b", i))
			s.r.tellOperation(&stellr.Operation{OperationID: id, Status: stellr.OperationRunning, StatusText: fmt.Sprint(i)})
		}
	})
	s.until("things happen", func() bool { return s.r.feeds.subscriptions.began() > 100 })
	for _, f := range leave {
		f()
	}
	s.until("nobody listens", func() bool { return s.listeners() == 0 })
	stop.Store(true)
	publishing.Wait()
	s.wantNothingKept()
	s.until("what served them has ended", func() bool {
		s.upstream.CloseClientConnections()
		return runtime.NumGoroutine() <= before
	})
}

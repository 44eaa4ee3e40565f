package main

import (
	"bufio"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stellr-gateway/internal/redistest"
	"stellr-gateway/stellr/sim"
)

// Two gateways that share a Redis: who listens at one hears what is written at the other.
func TestNodesThatShareARedis(t *testing.T) {
	server := redistest.Start(t)
	_, environ := stellrAt(t, sim.Options{OperationTime: -1})
	environ = append(environ, "GATEWAY_REDIS_URL="+server.URL(), "STELLR_RATE=200")
	a := start(t, nil, environ...)
	b := start(t, nil, append(environ, "GATEWAY_DATABASE_URL=sqlite:"+filepath.Join(t.TempDir(), "b.db"))...)
	client := server.Client()
	keys := func(pattern string) []string {
		found, _ := client.Do(t.Context(), client.B().Keys().Pattern(pattern).Build()).AsStrSlice()
		return found
	}
	eventually := func(what string, is func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("never: " + what)
			}
		}
	}
	eventually("both are counted", func() bool {
		sets := keys("*:nodes")
		if len(sets) != 1 {
			return false
		}
		n, err := client.Do(t.Context(), client.B().Zcard().Key(sets[0]).Build()).AsInt64()
		return n == 2 && err == nil
	})
	eventually("both listen", func() bool {
		channels, _ := client.Do(t.Context(), client.B().PubsubChannels().Pattern("stellr-gateway:events:*").Build()).AsStrSlice()
		if len(channels) != 1 {
			return false
		}
		n, err := client.Do(t.Context(), client.B().PubsubNumsub().Channel(channels[0]).Build()).AsIntMap()
		return n[channels[0]] == 2 && err == nil
	})
	request, err := http.NewRequestWithContext(t.Context(), "POST", b.url+"/graphql", strings.NewReader(`{"query":"subscription {commandUpdated {action status}}"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	a.ask(seats(t, environ), &struct{}{})
	watchdog := time.AfterFunc(20*time.Second, func() { _ = response.Body.Close() })
	defer watchdog.Stop()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if strings.Contains(lines.Text(), `"commandUpdated":{"action":"changeSeats"`) {
			if rations := keys("*:turn"); len(rations) != 1 {
				t.Errorf("there are the rations %q", rations)
			}
			return
		}
	}
	t.Error("nothing was heard")
}

// A gateway starts and answers without the Redis that it is told of, and keeps the password to itself.
func TestRedisThatIsNotThere(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	g := start(t, nil, "GATEWAY_REDIS_URL="+server.URL(), "STELLR_RATE=500")
	g.ask(`{customers(first: 5) {nodes {customerNo subscriptions(first: 5) {nodes {quantity}}}}}`, &struct{}{})
	g.stop()
	if err := g.waitEnd(); err != nil {
		t.Error(err)
	}
	if text := g.log.String(); !strings.Contains(text, "Redis does not answer") || strings.Contains(text, server.Password()) {
		t.Error("the log does not say that Redis is away, or shows its password")
	}
}

package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"stellr-gateway/graph"
	"stellr-gateway/stellr/sim"
)

// costs is what an answer says about itself.
type costs struct {
	Estimated, Actual, Limit, UpstreamCalls *int
}

func costsIn(t testing.TB, text string) (c costs) {
	t.Helper()
	var a struct{ Extensions struct{ Cost costs } }
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return a.Extensions.Cost
}

// TestCostIsShownToThoseWhoAsk compares what the answer says with what the simulator saw.
func TestCostIsShownToThoseWhoAsk(t *testing.T) {
	g := open(t, sim.Options{})
	g.must(`{customers(first: 1) {nodes {name}}}`, nil) // how many customers there are is known now
	files, err := filepath.Glob("examples/*.graphql")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		query, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		body := bodyOf(t, map[string]any{"query": string(query)})
		if _, text := g.fetch("POST", "", body); strings.Contains(text, `"extensions"`) {
			t.Errorf("%s: the cost is shown to those who did not ask: %.300s", file, text)
		}
		// A machine too busy to run every resolver in time splits a batch: the best of three says what the gateway does.
		var c costs
		for range 3 {
			g.sim.ResetLedger()
			_, text := g.fetch("POST", "", body, "X-Gateway-Cost", "1")
			calls := 0
			c, calls = costsIn(t, text), g.sim.CallsTotal()
			if c.Estimated == nil || *c.Limit != 1000 || *c.UpstreamCalls != calls || *c.Actual < max(1, calls) {
				t.Fatalf("%s: %d requests, %s", file, calls, text[max(0, len(text)-100):])
			}
			if *c.Actual <= *c.Estimated {
				break
			}
		}
		if *c.Actual > *c.Estimated || *c.Estimated > 200 {
			t.Errorf("%s: %d points, %d as estimated", file, *c.Actual, *c.Estimated)
		}
		t.Log(filepath.Base(file), *c.Estimated, *c.Actual)
	}
}

func TestWhatCostsTooMuchIsRefusedBeforeAnythingIsAsked(t *testing.T) {
	g := open(t, sim.Options{})
	g.must(`{customers(first: 1) {nodes {name}}}`, nil)
	g.sim.ResetLedger()
	query := `{customers(first: 200) {nodes {subscriptions(first: 200) {nodes {renewalOptions {decision}}}}}}`
	response, text := g.fetch("POST", "", bodyOf(t, map[string]any{"query": query}), "X-Gateway-Cost", "1", "Accept", "application/graphql-response+json")
	says := `"message":"The operation would cost about 40603 points; at most 1000 are allowed.`
	if response.StatusCode != 400 || !strings.Contains(text, says) || !strings.Contains(text, `"code":"QUERY_TOO_EXPENSIVE"`) || strings.Contains(text, `"data"`) {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	if c := costsIn(t, text); c.Estimated == nil || *c.Estimated != 40603 || *c.Actual != 0 || *c.Limit != 1000 || *c.UpstreamCalls != 0 {
		t.Errorf("%s", text)
	}
	variable := `query ($n: Int) {customers(first: $n) {nodes {subscriptions(first: $n) {nodes {renewalOptions {decision}}}}}}`
	for n, refused := range map[int]bool{5: false, 200: true} {
		a := g.ask(variable, map[string]any{"n": n})
		if (a.code() == "QUERY_TOO_EXPENSIVE") != refused {
			t.Errorf("first: %d: %+v", n, a.Errors)
		}
		if refused && g.sim.CallsTotal() > 60 {
			t.Errorf("%d requests to Stellr", g.sim.CallsTotal())
		}
	}
}

func TestCostOnSocketsAndStreams(t *testing.T) {
	g := open(t, sim.Options{})
	header := http.Header{"X-Gateway-Cost": {"1"}}
	conn, _, err := websocket.Dial(t.Context(), g.url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	for _, text := range []string{`{"type":"connection_init"}`, `{"id":"1","type":"subscribe","payload":{"query":"{vendors {nodes {name}}}"}}`} {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	heard := ""
	for !strings.Contains(heard, `"type":"next"`) {
		_, data, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heard = string(data)
	}
	if want := `"extensions":{"cost":{"actual":2,"estimated":2,"limit":1000,"upstreamCalls":1}}`; !strings.Contains(heard, want) {
		t.Error(heard)
	}
	_, text := g.fetch("POST", "", `{"query":"{vendors {nodes {name}}}"}`, "X-Gateway-Cost", "1", "Accept", "text/event-stream")
	if want := `"extensions":{"cost":{"actual":2,"estimated":2,"limit":1000,"upstreamCalls":1}}`; !strings.Contains(text, want) {
		t.Error(text)
	}
}

// ticking is a clock that tests turn.
type ticking struct{ now time.Time }

func (c *ticking) time() time.Time { return c.now }

// TestCallersHaveTheirRates spends what a caller has, and wants it back with the time and for each caller apart.
func TestCallersHaveTheirRates(t *testing.T) {
	clock := &ticking{now: day}
	g := openWith(t, sim.Options{}, graph.HandlerOptions{CallerRate: 2, Clock: clock.time, Limits: graph.Limits{Cost: 30}})
	g.must(`{customers(first: 1) {nodes {name}}}`, nil)
	const query = `{vendors(first: 12) {nodes {accounts(first: 1) {nodes {domain}}}}}` // 14 points as estimated, and there are three
	anna := g.as("acme/anna/VIEWER")
	ask := func(g *gateway, accept string) (*http.Response, string) {
		return g.fetch("POST", "", bodyOf(t, map[string]any{"query": query}), "Accept", accept, "X-Gateway-Cost", "1")
	}
	refused := func(g *gateway) (waits int) {
		t.Helper()
		for _, accept := range []string{"application/json", "application/graphql-response+json"} {
			response, text := ask(g, accept)
			if response.StatusCode != 429 || !strings.Contains(text, `"code":"RATE_LIMITED"`) || strings.Contains(text, `"data"`) {
				t.Fatalf("%d %s", response.StatusCode, text)
			}
			if _, err := fmt.Sscan(response.Header.Get("Retry-After"), &waits); err != nil || !strings.Contains(text, fmt.Sprintf(`"retryAfterSeconds":%d`, waits)) || !strings.Contains(text, `"retryable":true`) {
				t.Fatalf("%v %s", response.Header, text)
			}
		}
		return waits
	}
	spent := 0
	for spent = 0; spent+14 <= 30; { // a bucket holds 30
		response, text := ask(anna, "application/json")
		if response.StatusCode != 200 {
			t.Fatalf("%d spent, then %d %s", spent, response.StatusCode, text)
		}
		c := costsIn(t, text)
		if *c.Estimated != 14 || *c.Actual == *c.Estimated {
			t.Fatalf("the estimate is to differ from the cost here: %s", text)
		}
		spent += *c.Actual // what was estimated too much has come back
	}
	g.sim.ResetLedger()
	if waits, want := refused(anna), (14-(30-spent)+1)/2; waits != want {
		t.Errorf("told to wait %d s after %d points, where %d are enough", waits, spent, want)
	}
	if g.sim.CallsTotal() != 0 {
		t.Error("what was refused was asked all the same")
	}
	if response, text := ask(g.as("globex/anna/VIEWER"), "application/json"); response.StatusCode != 200 {
		t.Errorf("another caller of the same name: %d %s", response.StatusCode, text)
	}
	_, text := ask(anna, "text/event-stream")
	if !strings.Contains(text, "event: next\ndata: ") || !strings.Contains(text, "RATE_LIMITED") {
		t.Errorf("as a stream: %s", text)
	}
	clock.now = clock.now.Add(time.Duration((14-(30-spent)+1)/2) * time.Second)
	if response, text := ask(anna, "application/json"); response.StatusCode != 200 {
		t.Errorf("after the wait: %d %s", response.StatusCode, text)
	}
}

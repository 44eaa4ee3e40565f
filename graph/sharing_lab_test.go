package graph

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/cache"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// crowd is a gateway whose upstream can be held up, so that many are known to wait for one answer.
type crowd struct {
	*station
	gate    *gate
	sharing *sharing // the gate's

	mu     sync.Mutex
	asked  []string      // of the upstream, what was held up among it
	held   string        // requests whose address has this in it wait; empty: none
	opened chan struct{} // closed when they may go on
	spoil  atomic.Bool   // the upstream fails
	rights sync.Map      // what bearers may do from now on, by name
}

// newCrowd starts one. Callers are named "subject/role/customers…", with "all" for every customer.
func newCrowd(t *testing.T, tune ...func(*stellr.Config, *Options, *HandlerOptions)) *crowd {
	t.Helper()
	c := &crowd{opened: make(chan struct{})}
	first := func(config *stellr.Config, _ *Options, door *HandlerOptions) {
		upstream, err := url.Parse(config.BaseURL)
		if err != nil {
			t.Fatal(err)
		}
		pass := httputil.NewSingleHostReverseProxy(upstream)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, pass) }))
		t.Cleanup(server.Close)
		config.BaseURL, config.Scope, config.ReadAttempts = server.URL, access.Scope, 1
		door.Authenticate = c.authenticate
	}
	c.station = newStation(t, sim.Options{NoAuth: true}, append([]func(*stellr.Config, *Options, *HandlerOptions){first}, tune...)...)
	c.gate = c.front.Config.Handler.(*transport.Handler).Answers.(*gate)
	c.sharing = c.gate.sharing
	inner := c.front.Config.Handler
	c.front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r.WithContext(WithRequestID(r.Context(), r.Header.Get("X-Request-Id"))))
	})
	t.Cleanup(c.release)
	return c
}

// keepingAll is for newCrowd: what is read is kept, and whole answers for so long.
func keepingAll(answers time.Duration, lives Lives) func(*stellr.Config, *Options, *HandlerOptions) {
	return func(config *stellr.Config, o *Options, door *HandlerOptions) {
		kept := &Kept{Account: o.Account, Lives: lives}
		kept.Store = cache.Memory(cache.Options{Now: config.Now})
		config.Cache, o.Kept = kept, kept
		door.AnswerCache, door.Clock = answers, config.Now
	}
}

func (c *crowd) serve(w http.ResponseWriter, r *http.Request, pass http.Handler) {
	c.mu.Lock()
	c.asked = append(c.asked, r.URL.RequestURI())
	opened, hold := c.opened, c.held != "" && strings.Contains(r.URL.RequestURI(), c.held)
	c.mu.Unlock()
	if hold {
		select {
		case <-opened:
		case <-r.Context().Done():
			return
		}
	}
	if c.spoil.Load() {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	pass.ServeHTTP(w, r)
}

// hold has requests wait whose address has this in it.
func (c *crowd) hold(part string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held, c.opened = part, make(chan struct{})
}

// release lets them go on.
func (c *crowd) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held != "" {
		close(c.opened)
	}
	c.held = ""
}

// took is how often the upstream was asked for something with this in its address since it was last called.
func (c *crowd) took(part string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, asked := range c.asked {
		if strings.Contains(asked, part) {
			n++
		}
	}
	c.asked = nil
	return n
}

// reached waits until the upstream was asked so often.
func (c *crowd) reached(part string, n int) {
	c.t.Helper()
	c.until("the upstream is asked", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		got := 0
		for _, asked := range c.asked {
			if strings.Contains(asked, part) {
				got++
			}
		}
		return got >= n
	})
}

// authenticate is the caller with a name of this test's: "subject/ROLE/customers".
func (c *crowd) authenticate(ctx context.Context, bearer string) (context.Context, error) {
	if bearer == "" {
		bearer = "local/ADMIN/all"
	}
	return access.WithLive(ctx, func() access.Caller {
		name := bearer
		if now, changed := c.rights.Load(bearer); changed {
			name = now.(string)
		}
		return partOf(name)
	}), nil
}

func partOf(name string) access.Caller {
	parts := strings.SplitN(name, "/", 3)
	caller := access.Caller{Subject: parts[0], Organizations: []string{"org"}, Customers: access.Everyone()}
	for _, role := range access.Roles() {
		if caller.Roles = append(caller.Roles, role); string(role) == parts[1] {
			break
		}
	}
	if parts[2] != "all" {
		caller.Customers = access.Only(strings.Fields(parts[2])...)
	}
	return caller
}

// waiting is how many wait for runs, and how many runs there are.
func (c *crowd) waiting() (callers, runs int) {
	c.sharing.mu.Lock()
	defer c.sharing.mu.Unlock()
	for _, r := range c.sharing.runs {
		callers += r.waiting
	}
	return callers, len(c.sharing.runs)
}

// gathered waits until so many wait for so many runs.
func (c *crowd) gathered(callers, runs int) {
	c.t.Helper()
	c.until("all have come", func() bool {
		gotCallers, gotRuns := c.waiting()
		return gotCallers == callers && gotRuns == runs
	})
}

// wish is what somebody asks.
type wish struct {
	caller, query, name string
	variables           string // JSON
	header              string // name: value
}

// reply is what somebody was answered.
type reply struct {
	status     int
	data       string
	errors     []struct{ Extensions map[string]any }
	extensions map[string]any
	failed     error
}

func (a reply) code() string {
	if len(a.errors) == 0 {
		return ""
	}
	code, _ := a.errors[0].Extensions["code"].(string)
	return code
}

// age is how old the answer says that it is, in seconds; 0 where it does not.
func (a reply) age() float64 {
	shown, _ := a.extensions["cache"].(map[string]any)
	age, _ := shown["age"].(float64)
	return age
}

func (c *crowd) ask(ctx context.Context, w wish, id string) (a reply) {
	body := map[string]any{"query": w.query}
	if w.name != "" {
		body["operationName"] = w.name
	}
	if w.variables != "" {
		body["variables"] = json.RawMessage(w.variables)
	}
	raw, _ := json.Marshal(body)
	request, err := http.NewRequestWithContext(ctx, "POST", c.front.URL, strings.NewReader(string(raw)))
	if err != nil {
		return reply{failed: err}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+w.caller)
	request.Header.Set("X-Request-Id", id)
	if name, value, ok := strings.Cut(w.header, ": "); ok {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reply{failed: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	var got struct {
		Data       json.RawMessage
		Errors     []struct{ Extensions map[string]any }
		Extensions map[string]any
	}
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	return reply{response.StatusCode, string(got.Data), got.Errors, got.Extensions, err}
}

// asks sends wishes all at once; the answers come in their order.
func (c *crowd) asks(wishes ...wish) func() []reply {
	answers := make([]reply, len(wishes))
	var all sync.WaitGroup
	for i, w := range wishes {
		all.Go(func() { answers[i] = c.ask(context.Background(), w, "request-"+string(rune('a'+i))) })
	}
	return func() []reply { all.Wait(); return answers }
}

// must is the answer to somebody who asks alone, which has no errors.
func (c *crowd) must(w wish) reply {
	c.t.Helper()
	a := c.ask(context.Background(), w, "must")
	if a.failed != nil || len(a.errors) > 0 {
		c.t.Fatalf("%+v: %+v", w, a)
	}
	return a
}

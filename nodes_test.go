package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/internal/journal/pgtest"
	"stellr-gateway/internal/redistest"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// What the tests of several nodes work with: a simulator, PostgreSQL and Redis, and three gateways that are processes of
// their own.

// nodesPatience is how long anything may take that is waited for.
const nodesPatience = 60 * time.Second

// cluster is several gateways that are one.
type cluster struct {
	t        *testing.T
	sim      *sim.Server
	upstream *upstream
	redis    *redistest.Server
	environ  []string
	nodes    []*node
	http     *http.Client
	misses   int // how often something was not seen at once
}

// node is one gateway.
type node struct {
	*running
	process *exec.Cmd
}

// upstream stands before the simulator, and sees what arrives.
type upstream struct {
	sim   http.Handler
	guard atomic.Pointer[http.HandlerFunc] // answers instead, where there is one
	mu    sync.Mutex
	asked map[string]int // by method and URI
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != sim.TokenPath {
		u.mu.Lock()
		u.asked[r.Method+" "+r.URL.RequestURI()]++
		u.mu.Unlock()
		if guard := u.guard.Load(); guard != nil {
			(*guard)(w, r)
			return
		}
	}
	u.sim.ServeHTTP(w, r)
}

// since is what was asked since it was called last, tokens aside.
func (u *upstream) since() (asked map[string]int, total int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	asked, u.asked = u.asked, map[string]int{}
	for _, n := range asked {
		total += n
	}
	return asked, total
}

// many starts three nodes. What they read is kept for so long that nothing but a write makes it go.
func many(t *testing.T, o sim.Options, more ...string) *cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("several processes, a PostgreSQL and a Redis")
	}
	t.Parallel()
	c := &cluster{t: t, http: &http.Client{Timeout: nodesPatience, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	database := pgtest.Start(t)
	c.redis = redistest.Start(t)
	c.sim = sim.New(o)
	c.upstream = &upstream{sim: c.sim, asked: map[string]int{}}
	server := httptest.NewServer(c.upstream)
	t.Cleanup(server.Close)
	path := withFile(t, "gateway.yaml", "cache: {customers: 10m, subscriptions: 10m}\n"+
		"limits: {stellr_write: 2s, follow_first: 50ms, follow_seldom: 200ms, read_back: \"20ms,100ms,500ms\"}")
	c.environ = append([]string{
		"STELLR_BASE_URL=" + server.URL, "STELLR_TOKEN_URL=" + server.URL + sim.TokenPath, "GATEWAY_AUTH=none",
		"STELLR_CLIENT_ID=" + sim.DefaultClientID, "STELLR_CLIENT_SECRET=" + sim.DefaultClientSecret,
		"GATEWAY_DATABASE_URL=" + database, "GATEWAY_REDIS_URL=" + c.redis.URL(), "GATEWAY_ANSWER_CACHE=2s",
		"GATEWAY_CONFIG=" + path, "GATEWAY_LOG_LEVEL=warn",
	}, more...)
	for range 3 {
		process, g := program(t, c.environ)
		n := &node{running: g, process: process}
		c.nodes = append(c.nodes, n)
		t.Cleanup(func() {
			n.kill()
			if strings.Contains(n.log.String(), "DATA RACE") {
				t.Error("a node met a data race")
			}
			if t.Failed() {
				t.Logf("the log of %s:\n%.20000s", n.url, n.log)
			}
		})
	}
	for _, n := range c.nodes {
		c.eventually("it is ready", func() error {
			status, _, text := n.do("GET", "/readyz", "")
			if status != 200 || !strings.Contains(text, `"name":"cache","ok":true`) {
				return fmt.Errorf("status %d, %s", status, text)
			}
			return nil
		})
	}
	c.upstream.since()
	return c
}

// kill ends a node as SIGKILL does. It may be called more than once.
func (n *node) kill() {
	_ = n.process.Process.Kill()
	_ = n.process.Wait()
}

// post asks a node, or the balancer, and reads the data of the answer. That something is not as asked for is an error.
func (c *cluster) post(ctx context.Context, url, query string, data any, header ...string) error {
	body, _ := json.Marshal(map[string]string{"query": query})
	request, err := http.NewRequestWithContext(ctx, "POST", url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []any
	}
	if err := json.Unmarshal(text, &answer); err != nil || response.StatusCode != 200 || answer.Errors != nil {
		return fmt.Errorf("%.200s: status %d, %.500s", query, response.StatusCode, text)
	}
	return json.Unmarshal(answer.Data, data)
}

// eventually waits until something is so.
func (c *cluster) eventually(what string, is func() error) {
	c.t.Helper()
	for deadline := time.Now().Add(nodesPatience); ; time.Sleep(10 * time.Millisecond) {
		err := is()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("never: %s: %v", what, err)
		}
	}
}

// balancer spreads requests over the nodes in turn. One that refuses the connection is passed over.
func (c *cluster) balancer() (url string) {
	proxy := &httputil.ReverseProxy{
		Director:  func(*http.Request) {},
		Transport: &inTurn{nodes: c.nodes, to: &http.Transport{MaxIdleConnsPerHost: 100}},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, err.Error(), http.StatusBadGateway)
		},
	}
	server := httptest.NewServer(proxy)
	c.t.Cleanup(server.Close)
	return server.URL
}

type inTurn struct {
	nodes []*node
	next  atomic.Int64
	to    http.RoundTripper
}

func (b *inTurn) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	for range b.nodes {
		n := b.nodes[int(b.next.Add(1)-1)%len(b.nodes)]
		to := r.Clone(r.Context())
		to.URL.Scheme, to.URL.Host, _ = strings.Cut(n.url, "://")
		to.Host, to.Body = to.URL.Host, io.NopCloser(bytes.NewReader(body))
		var response *http.Response
		response, err = b.to.RoundTrip(to)
		if failure, ok := errors.AsType[*net.OpError](err); !ok || failure.Op != "dial" {
			return response, err
		}
	}
	return nil, err
}

// seat is a subscription whose seats can be raised, and how many it has.
type seat struct {
	customerNo, id string
	quantity       int
}

// seats is so many of them, of different subscriptions.
func (c *cluster) seats(most int) []seat {
	c.t.Helper()
	client := clientOf(c.t, c.environ)
	customers, err := client.Customers().Collect(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	var all []seat
	for _, customer := range customers.Items {
		subscriptions, err := client.Subscriptions(customer.CustomerNo).Collect(c.t.Context())
		if err != nil {
			c.t.Fatal(err)
		}
		for _, s := range subscriptions.Items {
			if len(all) < most && s.Status == stellr.SubscriptionActive && s.VendorID == sim.MicrosoftID && s.BillingFrequency != "one_time" && *s.Quantity < 200 {
				all = append(all, seat{customer.CustomerNo, s.SubscriptionID, *s.Quantity})
			}
		}
		if len(all) == most {
			return all
		}
	}
	c.t.Fatalf("there are only %d such subscriptions", len(all))
	return nil
}

// told is what a node says of a write.
type told struct {
	Command *struct {
		Status   string
		Inferred bool
		Error    *struct{ Code, Message string }
	}
	Operation  *struct{ OperationID string }
	Replayed   bool
	UserErrors []struct{ Code, Message string }
}

// change has the seats changed under a key.
func (c *cluster) change(url string, s seat, quantity int, key string) (told, error) {
	var data struct{ ChangeSeats told }
	err := c.post(c.t.Context(), url, fmt.Sprintf(`mutation {changeSeats(input: {customerNo: %q, subscriptionId: %q, quantity: %d, resellerPoNo: %q, idempotencyKey: %q}) {
		command {status inferred error {code message}} operation {operationId} replayed userErrors {code message}}}`, s.customerNo, s.id, quantity, key, key), &data)
	return data.ChangeSeats, err
}

// key names one intention.
func key(n int) string { return fmt.Sprintf("intention-number-%06d", n) }

// quantity is how many seats a subscription has as a node answers. words are further fields, which make it another question.
func (c *cluster) quantity(url string, s seat, words string) (int, error) {
	var data struct {
		Customer struct {
			Subscriptions struct {
				Nodes []struct {
					SubscriptionID string
					Quantity       int
				}
			}
		}
	}
	if err := c.post(c.t.Context(), url, fmt.Sprintf(`{customer(customerNo: %q) {%s subscriptions(first: 100) {nodes {subscriptionId quantity}}}}`, s.customerNo, words), &data); err != nil {
		return 0, err
	}
	for _, n := range data.Customer.Subscriptions.Nodes {
		if n.SubscriptionID == s.id {
			return n.Quantity, nil
		}
	}
	return 0, fmt.Errorf("subscription %s is not there", s.id)
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// programs are the gateway and the service as they are shipped, built once.
type programs struct{ gateway, service string }

var built programs

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "stellr-service-test-")
	if err != nil {
		panic(err)
	}
	built = programs{filepath.Join(folder, "gateway"), filepath.Join(folder, "service")}
	for path, in := range map[string]string{built.gateway: "../..", built.service: "."} {
		build := exec.Command("go", "build", "-o", path, ".")
		build.Dir = in
		if out, err := build.CombinedOutput(); err != nil {
			panic(fmt.Sprintf("%v: %s", err, out))
		}
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// rig is a gateway over a simulator that outlives it, a door in front of it where answers can be kept back, and a place for
// the service's state. The service's key is a buyer's and sees customers 100001, 100002 and 100007 only.
type rig struct {
	t       *testing.T
	gateway *process
	environ []string
	door    *httptest.Server
	state   string

	mu      sync.Mutex
	hook    func(request) bool
	started []request
}

// process is a program that a test started.
type process struct {
	command *exec.Cmd
	url     string
	log     *bytes.Buffer
	read    chan struct{} // closed when the log is read to its end
}

// request is an operation that came to the door.
type request struct {
	name, body string
	answer     func() *httptest.ResponseRecorder // asks the gateway
	w          http.ResponseWriter
	gone       <-chan struct{} // closed when the caller has hung up
}

const key, otherKey = "sgk_the-key-of-the-service", "sgk_the-key-of-an-admin"

// newRig starts a simulator with these flags, and a gateway.
func newRig(t *testing.T, simulator ...string) *rig {
	t.Helper()
	t.Parallel()
	r := &rig{t: t, state: t.TempDir()}
	upstream := r.start(append([]string{"-addr", "127.0.0.1:0", "-sim-addr", "127.0.0.1:0", "-sim-quirks", "none"}, simulator...),
		[]string{"HOME=" + t.TempDir()}, regexp.MustCompile(`"base_url":"([^"]+)"`))
	config := filepath.Join(t.TempDir(), "gateway.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `auth:
  api_keys:
    - {name: service, sha256: "%s", roles: [buyer], organizations: [some]}
    - {name: chief, sha256: "%s", roles: [admin], organizations: [some]}
organizations:
  some: {customers: ["100001", "100002", "100007"]}
limits: {follow_first: 50ms, follow_seldom: 200ms, read_back: "1h"}
`, hashOf(key), hashOf(otherKey)), 0o600); err != nil {
		t.Fatal(err)
	}
	r.environ = []string{
		"STELLR_BASE_URL=" + upstream.url, "STELLR_TOKEN_URL=" + upstream.url + "/oauth2/v1/token",
		"STELLR_CLIENT_ID=sandbox", "STELLR_CLIENT_SECRET=sandbox-secret", "GATEWAY_CONFIG=" + config,
		"GATEWAY_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "journal.db"),
	}
	r.startGateway()
	r.door = httptest.NewServer(r)
	t.Cleanup(r.door.Close)
	return r
}

func (r *rig) startGateway() {
	r.t.Helper()
	g := r.start([]string{"-addr", "127.0.0.1:0"}, r.environ, regexp.MustCompile(`operations go to (http://[0-9.:]+)/graphql`))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gateway = g
}

// start runs the gateway's program until the test ends, and waits for a line of its log.
func (r *rig) start(args, environ []string, line *regexp.Regexp) *process {
	r.t.Helper()
	p := &process{command: exec.Command(built.gateway, args...), log: &bytes.Buffer{}, read: make(chan struct{})}
	p.command.Env = environ
	out, err := p.command.StdoutPipe()
	if err == nil {
		err = p.command.Start()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		p.kill()
		if r.t.Failed() {
			r.t.Logf("the log of %s:\n%.10000s", p.url, p.log)
		}
	})
	found := make(chan string, 1)
	go func() {
		defer close(p.read)
		defer close(found)
		part := make([]byte, 4096)
		for told := false; ; {
			n, err := out.Read(part)
			p.log.Write(part[:n])
			if m := line.FindSubmatch(p.log.Bytes()); m != nil && !told {
				told = true
				found <- string(m[1])
			}
			if err != nil {
				return
			}
		}
	}()
	if p.url = <-found; p.url == "" {
		r.t.Fatalf("it has ended:\n%s", p.log)
	}
	return p
}

// kill ends a program as SIGKILL does. It may be called more than once.
func (p *process) kill() {
	_ = p.command.Process.Kill()
	<-p.read
	_ = p.command.Wait()
}

// at has hook called for each operation that comes to the door; where it answers true, it has dealt with it.
func (r *rig) at(hook func(request) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hook = hook
}

// ServeHTTP is the door.
func (r *rig) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	r.mu.Lock()
	target, err := url.Parse(r.gateway.url)
	hook := r.hook
	r.mu.Unlock()
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = quiet()
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) } // as if it were not there
	var operation struct {
		OperationName string `json:"operationName"`
	}
	_ = json.Unmarshal(body, &operation)
	asked := request{name: operation.OperationName, body: string(body), w: w, gone: q.Context().Done(), answer: func() *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		again := q.Clone(context.WithoutCancel(q.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(answer, again)
		return answer
	}}
	if q.Header.Get("Upgrade") != "" {
		asked.name = "events"
	}
	r.mu.Lock()
	r.started = append(r.started, asked)
	r.mu.Unlock()
	if hook == nil || !hook(asked) {
		proxy.ServeHTTP(w, q)
	}
}

// asked is the bodies of the operations with this name that came to the door.
func (r *rig) asked(name string) (bodies []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, q := range r.started {
		if q.name == name {
			bodies = append(bodies, q.body)
		}
	}
	return bodies
}

func (r *rig) getenv(name string) string {
	return map[string]string{"GATEWAY_URL": r.door.URL + "/graphql", "GATEWAY_KEY": key, "SERVICE_STATE": r.state}[name]
}

// run runs the service inside the test and answers what it prints.
func (r *rig) run(args ...string) (string, error) {
	return r.runTo(&printed{}, args...)
}

func (r *rig) runTo(out *printed, args ...string) (string, error) {
	err := run(r.t.Context(), args, r.getenv, out)
	r.t.Logf("service %s:\n%.2000s%v", strings.Join(args, " "), out.String(), err)
	return out.String(), err
}

// printed is what the service prints; once does something when a part is there, before the service goes on.
type printed struct {
	bytes.Buffer
	part string
	once func()
}

// Write implements io.Writer.
func (p *printed) Write(text []byte) (int, error) {
	n, err := p.Buffer.Write(text)
	if p.once != nil && bytes.Contains(p.Bytes(), []byte(p.part)) {
		once := p.once
		p.once = nil
		once()
	}
	return n, err
}

// spawn starts the service as a program of its own.
func (r *rig) spawn(args ...string) *exec.Cmd {
	r.t.Helper()
	c := exec.Command(built.service, args...)
	for _, name := range []string{"GATEWAY_URL", "GATEWAY_KEY", "SERVICE_STATE"} {
		c.Env = append(c.Env, name+"="+r.getenv(name))
	}
	if err := c.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = c.Process.Kill() })
	return c
}

// ask asks the gateway itself, as an admin.
func (r *rig) ask(query string, data any) {
	r.t.Helper()
	r.askAs(otherKey, query, data)
}

func (r *rig) askAs(key, query string, data any) {
	r.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		r.t.Fatal(err)
	}
	q, err := http.NewRequestWithContext(r.t.Context(), "POST", r.gateway.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+key)
	q.Header.Set("X-Gateway-Cache", "bypass")
	answer, err := http.DefaultClient.Do(q)
	if err != nil {
		r.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var whole struct {
		Data   json.RawMessage
		Errors []json.RawMessage
	}
	if err := json.Unmarshal(text, &whole); err != nil || len(whole.Errors) > 0 {
		r.t.Fatalf("%s is answered with %s", query, text)
	}
	if err := json.Unmarshal(whole.Data, data); err != nil {
		r.t.Fatal(err)
	}
}

// commands is how the commands of the gateway's journal stand.
func (r *rig) commands() (statuses []string) {
	r.t.Helper()
	var data struct {
		Commands struct{ Nodes []struct{ Status string } }
	}
	r.ask(`{commands {nodes {status}}}`, &data)
	for _, c := range data.Commands.Nodes {
		statuses = append(statuses, c.Status)
	}
	return statuses
}

// subscription is one that a test changes.
type subscription struct {
	Customer       string
	SubscriptionID string
	Quantity       int
}

// some is a live subscription of customer 100001 to a product of Microsoft's, whose changes take a while.
func (r *rig) some() subscription {
	r.t.Helper()
	var data struct {
		Customer struct {
			Subscriptions struct {
				Nodes []struct {
					subscription
					AllowedActions []string
					Vendor         struct{ Name string }
				}
			}
		}
	}
	r.ask(`{customer(customerNo: "100001") {subscriptions(filter: {status: ACTIVE}, first: 50) {
		nodes {subscriptionId quantity allowedActions vendor {name}}}}}`, &data)
	for _, s := range data.Customer.Subscriptions.Nodes {
		if strings.Contains(s.Vendor.Name, "Microsoft") && strings.Contains(fmt.Sprint(s.AllowedActions), "CHANGE_SEATS") {
			s.Customer = "100001"
			return s.subscription
		}
	}
	r.t.Fatal("the simulator has none")
	return subscription{}
}

// quantity is how many seats a subscription has at Stellr.
func (r *rig) quantity(s subscription) int {
	r.t.Helper()
	var data struct{ Subscription subscription }
	r.ask(fmt.Sprintf(`{subscription(customerNo: %q, subscriptionId: %q) {quantity}}`, s.Customer, s.SubscriptionID), &data)
	return data.Subscription.Quantity
}

// seats is the command line that gives a subscription so many more seats than the test found.
func (s subscription) seats(more int, flags ...string) []string {
	return append([]string{"seats", "-customer", s.Customer, "-subscription", s.SubscriptionID, "-to", fmt.Sprint(s.Quantity + more)}, flags...)
}

// kept is the files of what is under way.
func (r *rig) kept() []os.DirEntry {
	r.t.Helper()
	files, err := os.ReadDir(r.state)
	if err != nil {
		r.t.Fatal(err)
	}
	return files
}

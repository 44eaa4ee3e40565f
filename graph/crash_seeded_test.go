package graph_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// seeded is something that would make a gateway buy twice, or mix up its callers, and what must happen for it to show.
type seeded struct {
	name string
	sow  func(l *lab)                      // does what is wrong
	play func(l *lab, g *process) *process // is the same with and without it; the gateway at the end
}

func allSeeded() []seeded {
	fault := func(name string) func(*lab) { return func(l *lab) { l.plan.Fault = name } }
	return []seeded{
		{"a 502 is sent again", func(l *lab) { l.behind(sentAgain) }, playBadGateway},
		{"a kept connection and a key in a header", func(l *lab) { l.behind(keptConnections()) }, playClosedConnection},
		{"nothing is on disk before the call", fault(forgetful), playKilled},
		{"what was sent is given back at the start", fault(reopening), playKilled},
		{"a key without its organization", fault(nameless), playTwoOrganizations},
	}
}

// What would make a gateway buy twice does so here, and is seen; without it, the same shows nothing.
func TestSeededFaults(t *testing.T) {
	for _, s := range allSeeded() {
		for _, wrong := range []bool{true, false} {
			name := s.name
			if !wrong {
				name = "not: " + name
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				l := newLab(t)
				if wrong {
					s.sow(l)
				}
				g := launch(t, l.plan)
				g.control("/work", nil)
				g = s.play(l, g)
				l.facts.rows, l.facts.ledger = g.settled(), l.sim.Ledger()
				found := violations(l.facts)
				if wrong == (len(found) == 0) {
					t.Errorf("%d violations: %s\n%v", len(found), strings.Join(found, "\n"), l.facts.told)
				}
				t.Log(strings.Join(found, "\n"))
			})
		}
	}
}

// behind puts something between the gateway and Stellr.
func (l *lab) behind(between func(to string, w http.ResponseWriter, r *http.Request)) {
	to := l.plan.Upstream
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { between(to, w, r) }))
	l.t.Cleanup(proxy.Close)
	l.plan.Upstream = proxy.URL
}

// pass sends a request on.
func pass(client *http.Client, to string, r *http.Request, body []byte) (*http.Response, []byte, error) {
	request, err := http.NewRequest(r.Method, to+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Connection")
	if r.Method != http.MethodGet {
		request.Header.Set("X-Idempotency-Key", "of-the-proxy")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	return response, raw, err
}

// give hands an answer on.
func give(w http.ResponseWriter, response *http.Response, raw []byte, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", response.Header.Get("Content-Type"))
	w.WriteHeader(response.StatusCode)
	_, _ = w.Write(raw)
}

// sentAgain is a proxy that sends again what got a 502.
func sentAgain(to string, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, raw, err := pass(client, to, r, body)
	if err == nil && response.StatusCode == http.StatusBadGateway {
		response, raw, err = pass(client, to, r, body)
	}
	give(w, response, raw, err)
}

// keptConnections is a proxy that keeps connections, as net/http does by default. They are its own: those of
// http.DefaultClient are closed whenever any test in this process closes a server.
func keptConnections() func(to string, w http.ResponseWriter, r *http.Request) {
	client := &http.Client{Transport: &http.Transport{}}
	return func(to string, w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		response, raw, err := pass(client, to, r, body)
		give(w, response, raw, err)
	}
}

// playBadGateway has Stellr carry out an order and answer 502.
func playBadGateway(l *lab, g *process) *process {
	e := l.errand(0, "createSubscriptions")
	l.sim.Inject(sim.Fault{Action: stellr.ActionCreateSubscriptions, Kind: sim.FaultStatus, Status: 502, Commit: true, Count: 1})
	l.note(e, e.send(g.url))
	g.settled()
	l.note(e, e.insist(g.url)...)
	return g
}

// playClosedConnection has Stellr carry out an order and close the connection without an answer.
func playClosedConnection(l *lab, g *process) *process {
	e := l.errand(0, "createSubscriptions")
	strike := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.strike.Store(nil)
		l.sim.ServeHTTP(httptest.NewRecorder(), r)
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			l.t.Error(err)
			return
		}
		_ = connection.Close()
	})
	l.strike.Store(&strike)
	l.note(e, e.send(g.url))
	g.settled()
	l.note(e, e.insist(g.url)...)
	return g
}

// playKilled has the gateway killed when Stellr has carried out an order, and asked again.
func playKilled(l *lab, g *process) *process {
	e := l.errand(0, "createSubscriptions")
	strike := carriedOut(l, g)
	l.strike.Store(&strike)
	l.note(e, e.send(g.url))
	g.gone()
	l.strike.Store(nil)
	g = launch(l.t, l.plan)
	g.control("/work", nil)
	g.settled()
	l.note(e, e.insist(g.url)...)
	return g
}

// playTwoOrganizations has two organizations use the same key.
func playTwoOrganizations(l *lab, g *process) *process {
	mine := l.errand(0, "createSubscriptions")
	l.note(mine, mine.send(g.url))
	theirs := errandOf("globex", mine.action, mine.key, mine.input)
	l.note(theirs, theirs.send(g.url))
	return g
}

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"stellr-gateway/playground/browsertest"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// behind is the address of something in front of a gateway, which passes requests on as it likes.
func behind(t *testing.T, g *running, as func(w http.ResponseWriter, r *http.Request, body []byte, pass http.Handler)) (address string) {
	t.Helper()
	target, err := url.Parse(g.url)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // which the page's origin is
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		as(w, r, body, proxy)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	return server.URL
}

// The answer to a change is lost between the gateway and the page: it says that nobody knows, and the same key sent again
// gets the first outcome.
func TestDashboardRepeatsWithTheSameKey(t *testing.T) {
	needDashboard(t)
	g := start(t, []string{"-dashboard", builtDashboard, "-sim-operation-time", "-1s"})
	var mended atomic.Bool
	address := behind(t, g, func(w http.ResponseWriter, r *http.Request, body []byte, pass http.Handler) {
		// It loses all of them until it is mended: a browser repeats by itself what it sent on a connection that was used
		// before. Dry runs have another operation's name.
		if bytes.Contains(body, []byte(`"operationName":"ChangeSeats"`)) && !mended.Load() {
			pass.ServeHTTP(httptest.NewRecorder(), r) // carried out
			panic(http.ErrAbortHandler)
		}
		pass.ServeHTTP(w, r)
	})
	p := browsertest.Start(t, address+"/dashboard/")
	openSeats(p, address, "82")
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('.change[data-phase=lost]') && document.querySelector('.change').textContent.includes('We do not know yet')`)
	key := p.Text(`document.querySelector('.change').dataset.key`)
	mended.Store(true)
	p.Click(`.change .paging button`)
	p.WaitFor(`document.querySelector('.change').textContent.includes('Replayed')`)
	oneChange(t, g, p, key, "82")
}

// Stellr carries a change out and its answer is lost: the page says that nobody knows, and then what was found out.
func TestDashboardSaysThatNobodyKnows(t *testing.T) {
	_, environ := stellrAt(t, sim.Options{OperationTime: -1,
		Faults: []sim.Fault{{Action: stellr.ActionChangeSeats, Kind: sim.FaultReset, Commit: true, Count: 1}}})
	config := withFile(t, "gateway.yaml", `limits: {read_back: "100ms,500ms,2s"}`)
	g, p := dashboardAt(t, nil, append(environ, "GATEWAY_CONFIG="+config)...)
	openSeats(p, g.url, "83")
	p.Text(`(window.said = '', new MutationObserver(() => said += document.querySelector('.change')?.textContent ?? '').observe(document.body,
		{subtree: true, childList: true, attributes: true, characterData: true}), '')`)
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('.change')?.textContent.includes('Found out by reading')`)
	if said := p.Text("said"); !strings.Contains(said, "We do not know yet. It was sent") {
		t.Errorf("the page said %q", said)
	}
	oneChange(t, g, p, "", "83")
	if left := p.Text(`document.querySelector('.change').textContent`); strings.Contains(left, "OUTCOME_UNKNOWN") {
		t.Errorf("after that is known, it says %q", left)
	}
	noFaults(t, p)
}

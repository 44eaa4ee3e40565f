//go:build unix

package main

import (
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"stellr-gateway/internal/access"
	"stellr-gateway/playground/browsertest"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// problemsSaid is what the page says went wrong.
func problemsSaid(p *browsertest.Page) string {
	return p.Text(`[...document.querySelectorAll('.problems')].map(all => all.textContent).join(' | ')`)
}

// A page whose gateway cannot be reached at first says so and tries again when it is told to, whatever stands in between.
func TestDashboardWithoutItsGateway(t *testing.T) {
	needDashboard(t)
	g := start(t, []string{"-dashboard", builtDashboard})
	for name, fail := range map[string]http.HandlerFunc{
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"answers a page of its own": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<html><h1>502 Bad Gateway</h1></html>")
		},
		"answers such a page as a success": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html><h1>Please sign in</h1></html>")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var mended atomic.Bool
			address := behind(t, g, func(w http.ResponseWriter, r *http.Request, _ []byte, pass http.Handler) {
				if r.URL.Path == "/graphql" && !mended.Load() {
					fail(w, r)
					return
				}
				pass.ServeHTTP(w, r)
			})
			p := browsertest.Start(t, address+"/dashboard/")
			p.WaitFor(`document.querySelector('.problems')`)
			if said := problemsSaid(p); !strings.Contains(said, "The gateway does not answer") || !strings.Contains(said, "The gateway could not be reached.") || strings.Contains(said, "html") {
				t.Errorf("it says %q", said)
			}
			p.Text(`(window.before = document.querySelector('.problems'), '')`)
			p.Click(".problems button")
			p.WaitFor(`document.querySelector('.problems') && document.querySelector('.problems') != window.before`) // still
			mended.Store(true)
			p.Click(".problems button")
			p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10 && !document.querySelector('.problems')`)
		})
	}
}

// A list that Stellr does not give is an error with its code and number, beside what is there; once it is given again, a
// click brings it.
func TestDashboardTriesAListAgain(t *testing.T) {
	upstream, environ := stellrAt(t, sim.Options{Faults: []sim.Fault{{Action: stellr.ActionListCustomers, Kind: sim.FaultStatus, Status: 500}}})
	_, p := dashboardAt(t, nil, environ...)
	for card, title := range map[string]string{"customers": "The customers could not be read", "renewals": "The renewals could not be read", "totals": "The totals could not be read"} {
		p.WaitFor(`document.querySelector('[aria-labelledby=` + card + `] .problems')`)
		for _, want := range []string{title, "UPSTREAM_", "request"} {
			if said := p.Text(`document.querySelector('[aria-labelledby=` + card + `] .problems').textContent`); !strings.Contains(said, want) {
				t.Errorf("%s: it says %q, and not %q", card, said, want)
			}
		}
		if beside := p.Text(`[...document.querySelectorAll('[aria-labelledby=` + card + `] :is(tbody, .empty, .skeleton, .paging, dl)')].map(e => e.outerHTML).join()`); beside != "" {
			t.Errorf("%s: beside the error stands %s", card, beside)
		}
	}
	upstream.ClearFaults()
	p.WaitFor(`(document.querySelector('[aria-labelledby=customers] .problems button')?.click(), document.querySelectorAll('[data-customer]').length == 10)`) // the gateway may still spare Stellr
	p.WaitFor(`!document.querySelector('[aria-labelledby=customers] .problems')`)
}

// A key that is taken back while the page is open is asked for again, and what was seen with it is gone.
func TestDashboardKeyIsTakenBack(t *testing.T) {
	key, hash := access.NewKey()
	path := withFile(t, "gateway.yaml", organizationsFile("all", "anna", hash, "viewer"))
	g, p := dashboardAt(t, nil, "GATEWAY_AUTH=required", "GATEWAY_CONFIG="+path)
	p.WaitFor(`document.activeElement.name == 'key'`)
	p.Do(chromedp.KeyEvent(key + "\r"))
	p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10`)
	other, otherHash := access.NewKey()
	if err := os.WriteFile(path, []byte(organizationsFile("all", "ben", otherHash, "viewer")), 0o600); err != nil {
		t.Fatal(err)
	}
	g.hangUp("read anew")
	turn(p, "customers", "Next")
	p.WaitFor(`document.querySelector('input[name=key]') && document.querySelector('.problems')?.textContent == 'The key is not good any more.'`)
	if left := p.Text(`document.querySelector('[data-customer]') ? 'customers' : JSON.stringify(sessionStorage)`); left != "{}" {
		t.Errorf("what is left: %s", left)
	}
	p.WaitFor(`document.activeElement.name == 'key'`)
	p.Do(chromedp.KeyEvent(other + "\r"))
	p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10 && document.querySelector('.who').textContent.includes('ben')`)
}

// As long as nobody knows what became of a change, the page says so and offers neither to send it again nor to forget it,
// nor another change of the same subscription; after a reload too.
func TestDashboardStaysWithWhatNobodyKnows(t *testing.T) {
	_, environ := stellrAt(t, sim.Options{OperationTime: -1,
		Faults: []sim.Fault{{Action: stellr.ActionChangeSeats, Kind: sim.FaultReset, Commit: true, Count: 1}}})
	config := withFile(t, "gateway.yaml", `limits: {read_back: "1h"}`)
	g, p := dashboardAt(t, nil, append(environ, "GATEWAY_CONFIG="+config)...)
	openSeats(p, g.url, "86")
	subscription := p.Text(`document.querySelector('dialog small').textContent`)
	p.Do(chromedp.KeyEvent("\r"))
	for range 2 {
		p.WaitFor(`!window.before && document.querySelector('.change[data-status=UNKNOWN]') && document.querySelector('.subscriptions [data-subscription]')`)
		if said := p.Text(`document.querySelector('.change').textContent`); !strings.Contains(said, "We do not know yet. It was sent") || strings.Contains(said, "Done") || strings.Contains(said, "failed") {
			t.Errorf("the page says %q", said)
		}
		if times := strings.Count(p.Text(`document.querySelector('.change').textContent`), "may have been carried out"); times != 1 || p.Text(`String(!!document.querySelector('.change .problems'))`) != "false" {
			t.Errorf("it says so %d times, or as an error", times)
		}
		if offered := p.Text(`[...document.querySelectorAll('.change button, .subscriptions [data-subscription="` + subscription + `"] button')].map(button => button.textContent).join()`); offered != "" {
			t.Errorf("it offers %q", offered)
		}
		if others := p.Text(`String(document.querySelectorAll('.subscriptions button').length > 0)`); others != "true" {
			t.Error("it offers no change of other subscriptions either")
		}
		p.Text(`(window.before = true, '')`)
		p.Do(chromedp.Reload())
	}
	if all := seatChanges(g); len(all) != 1 || all[0].Status != "UNKNOWN" {
		t.Errorf("the gateway was asked for %+v", all)
	}
	noFaults(t, p)
}

// hearEvents keeps what comes over the page's WebSocket.
const hearEvents = `(window.heard = [], (send => WebSocket.prototype.send = function (message) {
	if (!this.onheard) this.addEventListener('message', this.onheard = ({ data }) => heard.push(data))
	send.call(this, message)
})(WebSocket.prototype.send), '')`

// Events alone tell the page how a change ends, by hash too, and so does asking alone: neither leans on the other.
func TestDashboardFollowsAChangeEitherWay(t *testing.T) {
	needDashboard(t)
	asks := func(r *http.Request, body string) bool {
		return strings.Contains(body, `"operationName":"CommandById"`)
	}
	for _, c := range []struct {
		name    string
		cut     func(r *http.Request, body string) bool
		heard   bool
		environ []string
	}{
		{"by events", asks, true, nil},
		{"by events of trusted documents", asks, true, []string{"GATEWAY_TRUSTED_DOCUMENTS=" + builtDocuments}},
		{"by asking", func(r *http.Request, _ string) bool { return r.Header.Get("Upgrade") != "" }, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			environ, ended := endsWhenTold(t)
			g := start(t, []string{"-dashboard", builtDashboard}, append(environ, c.environ...)...)
			address := behind(t, g, func(w http.ResponseWriter, r *http.Request, body []byte, pass http.Handler) {
				if c.cut(r, string(body)) {
					<-r.Context().Done() // it is neither answered nor ended, which the page would take as a reason to look
					return
				}
				pass.ServeHTTP(w, r)
			})
			p := browsertest.Start(t, address+"/dashboard/")
			p.Text(hearEvents)
			key := confirmed(p, address, "87")
			if c.heard {
				p.WaitFor(`heard.some(event => event.includes('"operationUpdated"'))`) // and the command is listened to since before that
			}
			ended.Store(true)
			p.WaitFor(changeEnded)
			if c.environ == nil { // where the test's own question is answered
				oneChange(t, g, p, key, "87")
			}
		})
	}
}

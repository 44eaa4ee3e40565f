package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stellr-gateway/playground/browsertest"
	"stellr-gateway/stellr/sim"
)

// seatChanges is every seat change that the gateway was asked for.
func seatChanges(g *running) []struct{ Action, Status, IdempotencyKey string } {
	g.t.Helper()
	var answer struct {
		Commands struct {
			Nodes []struct{ Action, Status, IdempotencyKey string }
		}
	}
	g.ask(`{commands(first: 50) {nodes {action status idempotencyKey}}}`, &answer)
	return answer.Commands.Nodes
}

// oneChange waits for the end on the page, and checks that the table shows it and that it was asked for once.
func oneChange(t *testing.T, g *running, p *browsertest.Page, key, seats string) {
	t.Helper()
	p.WaitFor(changeEnded)
	subscription := p.Text(`JSON.parse(Object.entries(sessionStorage).find(([name]) => name.includes('.intention.'))[1]).subscriptionId`)
	p.WaitFor(`document.querySelector('.subscriptions [data-subscription="` + subscription + `"] [data-seats]').textContent == '` + seats + `'`)
	if shown := p.Text(`document.querySelector('.change').dataset.key`); key != "" && shown != key {
		t.Errorf("the page goes on with the key %s, not %s", shown, key)
	} else {
		key = shown
	}
	if all := seatChanges(g); len(all) != 1 || all[0].Action != "changeSeats" || all[0].Status != "SUCCEEDED" || all[0].IdempotencyKey != key {
		t.Errorf("the gateway was asked for %+v", all)
	}
}

// confirmed opens the customer's page, confirms a change and waits until Stellr is at work on it; it answers the key.
func confirmed(p *browsertest.Page, address, seats string) string {
	openSeats(p, address, seats)
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(changeUnderWay)
	return p.Text(`document.querySelector('.change').dataset.key`)
}

// A change is tried first, shown with its amounts, confirmed, followed to its end, and done once.
func TestDashboardChangesSeats(t *testing.T) {
	g, p := dashboardAt(t, []string{"-sim-operation-time", "1s"})
	openSeats(p, g.url, "77")
	if all := seatChanges(g); len(all) != 0 {
		t.Errorf("before it is confirmed: %+v", all)
	}
	var answer struct {
		ChangeSeats struct {
			Preview struct{ Cost, Price, CostNow struct{ Amount string } }
		}
	}
	id := p.Text(`document.querySelector('dialog small').textContent`)
	g.ask(`mutation {changeSeats(input: {customerNo: "100001", subscriptionId: "`+id+`", quantity: 77, dryRun: true}) {preview {cost {amount} costNow {amount} price {amount}}}}`, &answer)
	preview := answer.ChangeSeats.Preview
	for kind, want := range map[string]string{"cost": preview.Cost.Amount, "price": preview.Price.Amount} {
		if shown := p.Text(`document.querySelector('[data-amount=` + kind + `]').textContent.replace(/[^0-9.-]/g, '')`); decimal(t, shown) != decimal(t, want) {
			t.Errorf("%s: %s, not %s", kind, shown, want)
		}
	}
	if preview.Cost == preview.CostNow {
		t.Errorf("it costs as much as before: %+v", preview)
	}
	if said := p.Text(`document.querySelector('.confirm').textContent`); !strings.Contains(said, "→ 77 seats") {
		t.Errorf("what is confirmed: %s", said)
	}
	p.Click(".confirm")
	p.WaitFor(changeUnderWay)
	oneChange(t, g, p, "", "77")
	noFaults(t, p)
}

// endsWhenTold is a Stellr whose operations take an hour, which has gone by once that is told.
func endsWhenTold(t *testing.T) (environ []string, ended *atomic.Bool) {
	t.Helper()
	ended = new(atomic.Bool)
	_, environ = stellrAt(t, sim.Options{OperationTime: time.Hour, Clock: func() time.Time {
		if ended.Load() {
			return time.Now().Add(61 * time.Minute)
		}
		return time.Now()
	}})
	return environ, ended
}

// Who reloads the page in the middle finds the change again, and does not order it again.
func TestDashboardReloadsInTheMiddle(t *testing.T) {
	environ, ended := endsWhenTold(t)
	g, p := dashboardAt(t, nil, environ...)
	key := confirmed(p, g.url, "78")
	for range 2 {
		p.Text(`(window.before = true, '')`)
		p.Do(chromedp.Reload())
		p.WaitFor(`!window.before && ` + changeUnderWay)
		if again := p.Text(`document.querySelector('.change').dataset.key`); again != key {
			t.Fatalf("after a reload, the key is %s, not %s", again, key)
		}
	}
	if all := seatChanges(g); len(all) != 1 {
		t.Errorf("after reloads: %+v", all)
	}
	if said := p.Text(`document.querySelector('.change').textContent`); strings.Contains(said, "Replayed") {
		t.Errorf("it was sent again, and not asked for: %s", said)
	}
	ended.Store(true)
	oneChange(t, g, p, key, "78")
	noFaults(t, p)
}

// The gateway goes away while a change is followed, and comes back at the same address with the same journal: the page goes
// on, and shows the end.
func TestDashboardSeesTheGatewayComeBack(t *testing.T) {
	environ, ended := endsWhenTold(t)
	g, p := dashboardAt(t, nil, environ...)
	key := confirmed(p, g.url, "79")
	g.stop()
	if err := g.waitEnd(); err != nil {
		t.Fatal(err)
	}
	ended.Store(true) // it ends while nobody looks
	again := start(t, []string{"-dashboard", builtDashboard, "-addr", strings.TrimPrefix(g.url, "http://")}, environ...)
	oneChange(t, again, p, key, "79")
}

package main

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// While the dialog is open, Tab leads through all that is in it and to nothing behind it, both ways round. Escape closes it
// and gives the focus back to the button that opened it; nothing was ordered. Who confirms is led to what becomes of it.
func TestDashboardKeepsTheFocusInTheDialog(t *testing.T) {
	g, p := dashboardAt(t, []string{"-sim-operation-time", "-1s"})
	openSeats(p, g.url, "84")
	opener := p.Text(`document.querySelector('dialog small').textContent`)
	where := func() string {
		t.Helper()
		return p.Text(`(at => at == document.body ? '' : at.closest('dialog') ? at.name || at.textContent : 'behind it: ' + at.outerHTML)(document.activeElement)`)
	}
	names := []string{"quantity", "Cancel", "Dry run", p.Text(`document.querySelector('.confirm').textContent`)}
	for _, keys := range [][]chromedp.KeyOption{nil, {chromedp.KeyModifiers(chromedp.ModifierShift)}} {
		var reached []string
		for range 3 * (len(names) + 1) { // the browser's own window may be a stop on the way round
			p.Do(chromedp.KeyEvent("\t", keys...))
			if at := where(); at != "" {
				reached = append(reached, at)
			}
		}
		for i, at := range reached {
			step := 1
			if keys != nil {
				step = len(names) - 1
			}
			if i > 0 && at != names[(slices.Index(names, reached[i-1])+step)%len(names)] {
				t.Fatalf("the focus went %q", reached)
			}
		}
		if len(reached) < 2*len(names) {
			t.Errorf("the focus left the dialog: %q", reached)
		}
	}
	p.Do(chromedp.KeyEvent("\x1b"))
	p.WaitFor(`!document.querySelector('dialog')`)
	if back := p.Text(`document.activeElement.closest('[data-subscription]')?.dataset.subscription ?? document.activeElement.outerHTML`); back != opener {
		t.Errorf("the focus is given to %s, not %s", back, opener)
	}
	if all := seatChanges(g); len(all) != 0 || p.Text(`String(!!document.querySelector('.change'))`) != "false" {
		t.Errorf("after Escape: %+v", all)
	}
	p.Do(chromedp.KeyEvent("\r")) // on the button that has the focus again
	p.WaitFor(`document.querySelector('dialog[open]') && document.activeElement.name == 'quantity'`)
	if typed := p.Text(`document.activeElement.value`); typed == "84" {
		t.Error("what was given up is still typed")
	}
	p.Text(`(document.querySelector('dialog input').select(), '')`)
	p.Do(chromedp.KeyEvent("85\r"))
	p.WaitFor(`document.activeElement.classList.contains('confirm')`)
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.activeElement.classList.contains('change')`)
	oneChange(t, g, p, "", "85")
	noFaults(t, p)
}

// A plan is good for the number that was tried: another number, and there is nothing to confirm until that is tried too.
func TestDashboardConfirmsWhatWasTried(t *testing.T) {
	g, p := dashboardAt(t, nil)
	openSeats(p, g.url, "84")
	p.Text(`(document.querySelector('dialog input').focus(), '')`)
	p.Do(chromedp.KeyEvent("0"))
	p.WaitFor(`document.querySelector('dialog input').value.length == 3 && !document.querySelector('.confirm') && !document.querySelector('.amounts')`)
	p.Do(chromedp.KeyEvent("\b"))
	p.WaitFor(`document.querySelector('.confirm')`)
	if all := seatChanges(g); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}

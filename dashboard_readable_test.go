package main

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"stellr-gateway/playground/browsertest"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// inScheme shows the page in light or in dark colours.
func inScheme(p *browsertest.Page, scheme string) {
	p.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		return err
	}))
}

// unreadable is every text on the page whose contrast with what is behind it is less than the 4.5 to 1 of WCAG AA, or that is
// cut off. Buttons that cannot be pressed may be paler, and what is kept for screen readers is not looked at.
const unreadable = `(() => {
	const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
	const parts = colour => colour.match(/[\d.]+/g).map(Number)
	const behind = e => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c.length == 3) return c } return [255, 255, 255] }
	const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((x, y) => y - x); return (x + 0.05) / (y + 0.05) }
	const texts = [...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()) || e.placeholder)
	const bad = []
	let seen = 0
	for (const e of texts) {
		if (!e.checkVisibility() || e.closest('.unseen, .skip, :disabled, script')) continue
		seen++
		const style = getComputedStyle(e, e.placeholder && !e.value ? '::placeholder' : undefined)
		const ratio = contrast(parts(style.color), behind(e))
		if (ratio < 4.5) bad.push(ratio.toFixed(2) + ': ' + e.outerHTML.slice(0, 120))
		if (e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display != 'inline' && e.tagName != 'INPUT') bad.push('cut off: ' + e.outerHTML.slice(0, 120))
	}
	return {seen, bad}
})()`

// Whatever the page shows can be read, in light and in dark colours, in a wide window and in a narrow one.
func TestDashboardIsReadable(t *testing.T) {
	upstream, environ := stellrAt(t, sim.Options{OperationTime: -1,
		Faults: []sim.Fault{{Action: stellr.ActionChangeSeats, Kind: sim.FaultReset, Commit: true, Count: 1}}})
	config := withFile(t, "gateway.yaml", `limits: {read_back: "1h"}`)
	g, p := dashboardAt(t, nil, append(environ, "GATEWAY_CONFIG="+config)...)
	look := func(what string, least int) {
		t.Helper()
		for _, scheme := range []string{"light", "dark"} {
			inScheme(p, scheme)
			for _, width := range []int64{1280, 360} {
				p.Do(chromedp.EmulateViewport(width, 900))
				var found struct {
					Seen int
					Bad  []string
				}
				if onPage(t, p, unreadable, &found); len(found.Bad) > 0 || found.Seen < least {
					t.Errorf("%s in %s, %d wide: of %d texts %q", what, scheme, width, found.Seen, found.Bad)
				}
			}
		}
		p.Do(chromedp.EmulateViewport(1280, 900))
	}
	const idle = ` && !document.querySelector('[aria-busy=true]')`
	p.WaitFor(`document.querySelectorAll('[data-customer]').length == 10 && document.querySelector('.totals dl') && document.querySelector('.renewals')` + idle)
	look("the overview", 100)
	findLicense(p, g.url, "100001", "O365_BUSINESS_PREMIUM")
	look("the licenses", 20)
	openSeats(p, g.url, "88")
	look("the dialog", 100)
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('.change[data-status=UNKNOWN]')` + idle)
	look("what nobody knows", 100)
	upstream.Inject(sim.Fault{Action: stellr.ActionListCustomers, Kind: sim.FaultStatus, Status: 500})
	p.Visit(g.url + "/dashboard/?again#/")
	p.WaitFor(`document.querySelectorAll('.problems').length > 0` + idle)
	look("what could not be read", 5)
}

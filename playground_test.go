package main

import (
	"strings"
	"testing"

	"stellr-gateway/internal/access"
	"stellr-gateway/playground/browsertest"
)

// The playground of the real gateway opens with the examples as tabs, with the network cut, and runs each of them.
func TestPlaygroundRunsTheExamples(t *testing.T) {
	g := start(t, nil)
	p := browsertest.Open(t, g.url)
	tabs := p.Tabs()
	if len(tabs) < 10 || tabs[0] != "Tour" {
		t.Errorf("tabs %q", tabs)
	}
	for i, tab := range tabs {
		p.OpenTab(i)
		p.WaitForQuery(" " + tab + " {") // query Tour {
		p.Execute()
		p.WaitForResponse(`"data": {`)
	}
	p.Report()
}

// The pane of calls has a row for each request to Stellr, and for each read that needed none the second time. The answer is
// shown without them.
func TestPlaygroundShowsTheCalls(t *testing.T) {
	kept := withFile(t, "gateway.yaml", "cache: {subscriptions: 1h, customers: 1h, invoices: 1h}\n") // however long the browser takes
	g := start(t, nil, "GATEWAY_CONFIG="+kept)
	p := browsertest.Open(t, g.url)
	p.Click(`button[aria-label="Show Calls"]`)
	p.WaitFor(`document.querySelector('.waterfall').textContent.includes('Run a query')`)
	p.Execute()
	p.WaitFor(`document.querySelectorAll('.waterfall [data-kind=sent]').length > 3`)
	p.WaitForResponse(`"data": {`)
	const whole = `__MONACO.editor.getModels().find(model => model.uri.path.endsWith('response.json')).getValue()` // and not only the lines that fit
	if text := p.Text(whole); !strings.Contains(text, `"data"`) || strings.Contains(text, `"calls"`) {
		t.Errorf("the answer is shown with its calls: %s", text)
	}
	const bars = `Array.from(document.querySelectorAll('.waterfall [data-kind=sent] .bar'), bar => [bar.getBoundingClientRect(), bar.parentElement.getBoundingClientRect()])`
	p.WaitFor(bars + `.every(([bar, track]) => bar.width > 0 && bar.left >= track.left - 1 && bar.right <= track.right + 3)`)
	p.WaitFor(bars + `.some(([bar, track]) => bar.left > track.left + 1)`) // not all at the beginning
	p.WaitFor(`document.querySelector('.waterfall [data-call=listSubscriptions] code')?.textContent === 'GET /api/v1/customers/{customerNo}/subscriptions'`)
	p.Execute()
	p.WaitFor(`document.querySelectorAll('.waterfall [data-kind=cached]').length > 3 && !document.querySelector('.waterfall [data-kind=sent]')`)
	p.Click(`.waterfall input[type=checkbox]`)
	p.Execute()
	p.WaitFor(`document.querySelector('.waterfall').textContent.includes('They are not asked for.') && !document.querySelector('.waterfall li')`)
	p.Report()
}

// A key that is typed is sent, and a viewer's may not see the calls. It is in no store but that of the browser's tab, and in
// none after it was forgotten.
func TestPlaygroundTakesAKey(t *testing.T) {
	key, hash := access.NewKey()
	path := withFile(t, "gateway.yaml", organizationsFile("all", "v", hash, "viewer"))
	g := start(t, nil, "GATEWAY_CONFIG="+path, "GATEWAY_AUTH=required")
	p := browsertest.Open(t, g.url)
	p.Execute()
	p.WaitForResponse("UNAUTHENTICATED")
	p.Click(`button[aria-label="Show Key and schema"]`)
	p.Type(`.access input`, key+"\r")
	p.WaitFor(`document.querySelector('.access').textContent.includes('The key is sent from now on.')`)
	p.Execute()
	p.WaitForResponse(`"data": {`)
	const stored = `JSON.stringify(Object.values(localStorage)) + location.href`
	if text := p.Text(stored); strings.Contains(text, key) {
		t.Errorf("the key is stored: %s", text)
	}
	p.Click(`button[aria-label="Show Calls"]`)
	p.WaitFor(`document.querySelector('.waterfall').textContent.includes('that takes the role admin') && !document.querySelector('.waterfall li')`)
	p.Click(`button[aria-label="Show Key and schema"]`)
	p.Click(`.access button[type=button]`)
	p.WaitFor(`document.querySelector('.access').textContent.includes('There is no key any more.') && !JSON.stringify(Object.values(sessionStorage)).includes('` + key + `')`)
	p.Execute()
	p.WaitForResponse("UNAUTHENTICATED")
}

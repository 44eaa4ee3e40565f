package main

import (
	"slices"
	"strings"
	"testing"

	"stellr-gateway/internal/access"
	"stellr-gateway/playground/browsertest"
)

// The playground of the real gateway opens with the tour and a change, and offers the rest by topic. Each operation runs, with
// the network cut; those that wait for something to happen are for other tests.
func TestPlaygroundRunsTheExamples(t *testing.T) {
	g := start(t, nil)
	p := browsertest.Open(t, g.url)
	if tabs := p.Tabs(); !slices.Equal(tabs, []string{"Tour", "RaiseSeats"}) {
		t.Errorf("tabs %q", tabs)
	}
	const names = `[...document.querySelectorAll('.examples button')].filter(one => one.querySelector('.kind').textContent !== 'subscription')
		.map(one => one.querySelector('.name').textContent).join(' ')`
	const query = `__MONACO.editor.getModels().find(model => model.uri.path.endsWith('operation.graphql')).getValue()`
	all := strings.Fields(p.Text(names))
	if len(all) < 12 || all[0] != "Tour" {
		t.Errorf("examples %q", all)
	}
	for _, name := range all {
		p.ChooseExample(name)
		p.WaitFor(`/^(query|mutation) ` + name + `\b/m.test(` + query + `)`)
		p.Execute() // at once, before GraphiQL has read the editor
		p.WaitForResponse(`"data": {`)
	}
	p.WaitFor(`[...document.querySelectorAll('.examples button')].every(one => one.querySelector('.says'))`) // a word on each
	p.Report()
}

// A subscription is told without calls: the pane says so, and does not show those of the answer before it.
func TestPlaygroundHasNoCallsOfASubscription(t *testing.T) {
	g := start(t, []string{"-sim-operation-time", "10s"}) // where the page listens late, it still hears how the write ends
	p := browsertest.Open(t, g.url)
	p.Click(`button[aria-label="Show Calls"]`)
	p.Execute()
	p.WaitFor(`document.querySelectorAll('.waterfall li').length > 3`)
	p.ChooseExample("WatchWrites")
	p.Click(`button[aria-label="Show Calls"]`)
	p.Execute()
	p.WaitFor(`document.querySelector('.waterfall').textContent.includes('A subscription comes without its calls') && !document.querySelector('.waterfall li')`)
	var answer any
	g.ask(`mutation {changeSeats(input: {customerNo: "100001", subscriptionId: "400423_1", quantity: 13, idempotencyKey: "the-write-that-is-watched"}) {replayed}}`, &answer)
	p.WaitForResponse(`"action": "changeSeats"`)
	p.WaitFor(`document.querySelector('.waterfall').textContent.includes('A subscription comes without its calls') && !document.querySelector('.waterfall li')`)
	p.ChooseExample("Invoices") // which ends it: its events would come into the new tab
	p.Click(`button[aria-label="Show Calls"]`)
	p.Execute()
	p.WaitForResponse(`"invoices": {`)
	p.WaitFor(`document.querySelectorAll('.waterfall li').length > 0 && !document.querySelector('.waterfall').textContent.includes('A subscription')`)
	p.Report()
}

// Whether the calls are asked for is kept over a reload, until the data are cleared.
func TestPlaygroundKeepsWhetherCallsAreWanted(t *testing.T) {
	g := start(t, nil)
	p := browsertest.Open(t, g.url)
	p.Click(`button[aria-label="Show Calls"]`)
	p.WaitFor(`document.querySelector('.waterfall input').checked`)
	p.Click(`.waterfall input`)
	p.Visit(g.url)
	p.WaitForQuery("query Tour")
	p.WaitFor(`document.querySelector('.waterfall input')?.checked === false`)
	p.Execute()
	p.WaitForResponse(`"data": {`)
	p.WaitFor(`document.querySelector('.waterfall').textContent.includes('They are not asked for.') && !document.querySelector('.waterfall li')`)
	p.Click(`button[aria-label="Open settings dialog"]`)
	p.WaitFor(`(button => button && !button.click())([...document.querySelectorAll('.graphiql-dialog button')].find(one => one.textContent === 'Clear data'))`)
	p.Visit(g.url)
	p.Click(`button[aria-label="Show Calls"]`)
	p.WaitFor(`document.querySelector('.waterfall input').checked`)
	p.Report()
}

// On a narrow screen the pane of calls stands above the operation, tall enough for some of them, and is scrolled through to
// the last. Nothing is wider than the screen.
func TestPlaygroundShowsTheCallsOnANarrowScreen(t *testing.T) {
	g := start(t, nil)
	p := browsertest.Open(t, g.url)
	p.Click(`button[aria-label="Show Calls"]`)
	p.Execute()
	p.WaitFor(`document.querySelectorAll('.waterfall li').length > 3`)
	for _, height := range []int64{740, 480} {
		p.Resize(360, height)
		p.WaitFor(`innerWidth === 360 && document.querySelector('.graphiql-plugin').clientHeight >= 320`)
		p.WaitFor(`document.querySelector('.waterfall li').getBoundingClientRect().bottom <= document.querySelector('.graphiql-plugin').getBoundingClientRect().bottom`)
		p.WaitFor(`[...document.querySelectorAll('.graphiql-plugin, .waterfall li')].every(one => one.getBoundingClientRect().right <= 360 && one.scrollWidth <= one.clientWidth)`)
		p.WaitFor(`['.graphiql-container', '.graphiql-main', '.graphiql-plugin', '.graphiql-sessions', '#graphiql-session'].map(name => document.querySelector(name))
			.every(one => one.scrollHeight <= one.clientHeight + 1 || ['auto', 'scroll'].includes(getComputedStyle(one).overflowY))`)
		for _, part := range []string{".waterfall li:last-child", ".graphiql-execute-button", ".graphiql-response"} { // all can be scrolled to
			p.WaitFor(`(one => {
				one.scrollIntoView({ block: 'nearest' });
				const { top, bottom, left, width } = one.getBoundingClientRect();
				return one.contains(document.elementFromPoint(left + width / 2, Math.min(top, innerHeight - 30) + Math.min(20, (bottom - top) / 2)));
			})(document.querySelector('` + part + `'))`)
		}
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

package playground

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"stellr-gateway/playground/browsertest"
)

// offered is a topic in a tab, and one with two operations of which the second needs a fragment, which needs another.
var offered = []Example{
	{Topic: "start", Open: true, Query: "# Welcome.\n\n# Says hello.\n# In one word.\nquery Hello {\n  hello\n}\n"},
	{Topic: "many-pages", Variables: `{"name": "you"}`, Query: `# The first.
query Named($name: String) { hello(name: $name) }

fragment Unused on Query { hello }

# The second.
query Paged($name: String) { hello(name: $name) ...Outer }

# It needs another.
fragment Outer on Query { ...Inner }
fragment Inner on Query { page }
`},
}

const (
	pane      = `Array.from(document.querySelectorAll('.examples :is(h3, .name, .kind, .says)'), part => part.textContent).join('|')`
	variables = `__MONACO.editor.getModels().find(model => model.uri.path.endsWith('variables.json')).getValue()`
	query     = `__MONACO.editor.getModels().find(model => model.uri.path.endsWith('operation.graphql')).getValue()`
)

func wantTabs(t *testing.T, p *browsertest.Page, want ...string) {
	t.Helper()
	p.WaitFor(`document.querySelectorAll('.graphiql-tab-button').length === ` + string(rune('0'+len(want))))
	if got := p.Tabs(); !slices.Equal(got, want) {
		t.Errorf("tabs %q, want %q", got, want)
	}
}

// A first visit has the pane open, which has each operation under its topic; a reload keeps it, and a pane that was closed
// stays closed.
func TestExamplesAreListed(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, offered...)
	p := browsertest.Open(t, address)
	const want = "Start|Hello|query|Says hello. In one word.|Many pages|Named|query|The first.|Paged|query|The second."
	p.WaitFor(`document.querySelector('.examples')`)
	if got := p.Text(pane); got != want {
		t.Errorf("the pane is %q, want %q", got, want)
	}
	wantTabs(t, p, "Hello")
	p.Visit(address)
	p.WaitFor(`document.querySelector('.examples')`)
	p.Click(`button[aria-label="Hide Examples"]`)
	p.WaitFor(`!document.querySelector('.examples') && !localStorage.getItem('graphiql:visiblePlugin')`)
	p.Visit(address)
	p.WaitForQuery("query Hello")
	p.WaitFor(`document.querySelector('button[aria-label="Show Examples"]') && !document.querySelector('.examples')`)
	p.Report()
}

// What is chosen opens in a tab, once: as long as it is not changed, choosing it again leads there.
func TestExamplesAreChosen(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, offered...)
	p := browsertest.Open(t, address)
	p.ChooseExample("Paged")
	p.WaitForQuery("query Paged")
	wantTabs(t, p, "Hello", "Paged")
	const paged = "# The second.\nquery Paged($name: String) { hello(name: $name) ...Outer }\n\n# It needs another.\n" +
		"fragment Outer on Query { ...Inner }\n\nfragment Inner on Query { page }\n"
	if got := p.Text(query); got != paged {
		t.Errorf("the operation is %q, want %q", got, paged)
	}
	if got := p.Text(variables); got != `{"name": "you"}` {
		t.Errorf("the variables are %q", got)
	}
	p.WaitFor(`document.querySelector('.examples [aria-current] .name').textContent === 'Paged'`)
	p.WaitFor(`document.querySelector('.graphiql-query-editor').contains(document.activeElement)`)
	p.Execute()
	p.WaitForResponse("Hello, world!")

	p.ChooseExample("Hello")
	p.WaitForQuery("# Welcome.")
	p.WaitFor(variables + ` === ''`)
	p.ChooseExample("Paged")
	p.WaitForQuery("query Paged")
	wantTabs(t, p, "Hello", "Paged")

	p.Insert(`.graphiql-query-editor .monaco-editor`, "# mine\n")
	p.ChooseExample("Paged")
	p.WaitFor(`!` + query + `.includes('# mine')`)
	wantTabs(t, p, "Hello", "Paged", "Paged")

	p.Click(`.graphiql-tab-add`)
	p.WaitFor(query + ` === ''`)
	p.ChooseExample("Named") // into the empty tab
	p.WaitForQuery("query Named")
	wantTabs(t, p, "Hello", "Paged", "Paged", "Named")
	if got := p.Text(query); strings.Contains(got, "fragment") {
		t.Errorf("an operation comes with fragments that it does not need: %q", got)
	}
	p.WaitFor(storedTabs + `.includes('"title":"Named"') && ` + storedTabs + `.includes('# mine')`)
	p.Visit(address)
	p.WaitForQuery("query Named")
	wantTabs(t, p, "Hello", "Paged", "Paged", "Named")
	p.Report()
}

// The keyboard alone opens the pane, goes to an operation, opens and runs it.
func TestExamplesByKeyboard(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, offered...)
	p := browsertest.Open(t, address)
	p.Click(`button[aria-label="Hide Examples"]`)
	p.WaitFor(`document.activeElement.ariaLabel === 'Show Examples'`)
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitFor(`document.querySelector('.examples')`)
	for range 20 { // past the rest of the side bar
		p.Do(chromedp.KeyEvent("\t"))
		if p.Text(`document.activeElement.querySelector('.name')?.textContent ?? ''`) == "Paged" {
			break
		}
	}
	p.Do(chromedp.KeyEvent("\r"))
	p.WaitForQuery("query Paged")
	p.WaitFor(`document.querySelector('.graphiql-query-editor').contains(document.activeElement)`)
	p.Do(chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.WaitForResponse("Hello, world!")
	p.Report()
}

// On a narrow screen the pane stands above the editors, is closed at first, and gives way to what was chosen in it. Nothing
// is wider than the screen.
func TestExamplesOnANarrowScreen(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, offered...)
	p := browsertest.Start(t, address+"playground/LICENSES.txt") // some other page, for the first visit to be a narrow one
	p.Resize(360, 740)
	p.Visit(address)
	p.WaitForQuery("query Hello")
	p.WaitFor(`!document.querySelector('.examples')`)
	p.Click(`button[aria-label="Show Examples"]`)
	p.WaitFor(`document.querySelector('.examples') && document.querySelector('.graphiql-plugin').clientHeight >= 320`)
	p.WaitFor(`[...document.querySelectorAll('.graphiql-plugin, .examples button')].every(one => {
		const { left, right } = one.getBoundingClientRect();
		return left >= 0 && right <= innerWidth && one.scrollWidth <= one.clientWidth;
	})`)
	p.ChooseExample("Paged")
	p.WaitForQuery("query Paged")
	p.WaitFor(`!document.querySelector('.examples') && document.querySelector('.graphiql-plugin').clientHeight === 0`)
	p.WaitFor(`document.querySelector('.graphiql-sessions').getBoundingClientRect().top < 40`)
	p.ChooseExample("Named")
	p.WaitForQuery("query Named")
	wantTabs(t, p, "Hello", "Paged", "Named")
	p.WaitFor(`document.querySelector('.graphiql-tab-active').getBoundingClientRect().right <= document.querySelector('.graphiql-tab-add').getBoundingClientRect().left + 1`)
	p.Click(`button[aria-label="Show Examples"]`)
	p.WaitFor(`document.querySelector('.examples [aria-current] .name').textContent === 'Named'`)
	p.Report()
}

package playground

import (
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"stellr-gateway/playground/browsertest"
)

const (
	storedTabs   = `(localStorage.getItem('graphiql:tabState') ?? '')`
	storedAll    = `JSON.stringify(localStorage)`
	headers      = `{"Authorization": "Bearer secret"}`
	headerEditor = `.graphiql-editor-tool .graphiql-editor:not(.hidden) .monaco-editor`
)

// A header goes with the operation and along to the next tab, and nothing of
// it is stored unless the settings say so.
func TestHeadersAreNotKept(t *testing.T) {
	t.Parallel()
	address, g := serve(t, examples[0], examples[2])
	p := browsertest.Open(t, address)
	insertHeaders(p)
	p.OpenTab(1)
	p.WaitFor(`document.querySelector('` + headerEditor + `').textContent.includes('secret')`)
	p.OpenTab(0)
	p.WaitFor(`document.querySelector('` + headerEditor + `').textContent.includes('secret')`)
	p.Execute()
	p.WaitForResponse("Hello, world!")
	if got := g.authorization(); got != "Bearer secret" {
		t.Errorf("the operation came with Authorization %q", got)
	}
	p.WaitFor(storedAll + `.includes('graphiql:queries')`)
	if p.Text(storedAll+`.includes('secret') ? 'yes' : ''`) != "" {
		t.Errorf("the header was stored: %s", p.Text(storedAll))
	}
	p.Report()
}

func TestHeadersAreKeptOnRequest(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, examples[0], examples[2])
	p := browsertest.Open(t, address)
	p.Click(`button[aria-label="Open settings dialog"]`)
	p.Click(`#enable-persist-headers`)
	p.Click(`.graphiql-dialog-close`)
	p.WaitFor(`!document.querySelector('.graphiql-dialog')`)
	insertHeaders(p)
	p.WaitFor(storedTabs + `.includes('secret')`)

	p.Visit(address)
	p.WaitForQuery("query Hello")
	p.Click(`button[data-name="headers"]`)
	p.WaitFor(`document.querySelector('` + headerEditor + `').textContent.includes('secret')`)
	if got := p.Tabs(); !slices.Equal(got, []string{"Hello", "First"}) {
		t.Errorf("tabs after a reload: %q", got)
	}
	p.Click(`button[aria-label="Open settings dialog"]`)
	p.Click(`#disable-persist-headers`)
	p.WaitFor(`!` + storedAll + `.includes('secret')`)
	p.Report()
}

func insertHeaders(p *browsertest.Page) {
	p.Click(`button[data-name="headers"]`)
	p.Insert(headerEditor, headers)
}

// A second visit finds the tabs as they were left. When the examples have
// changed by then, a tab that nobody touched holds its example as it is now, or
// goes with it; what was edited stays, and nothing opens by itself.
func TestSecondVisit(t *testing.T) {
	t.Parallel()
	var page atomic.Value
	set := func(examples ...Example) {
		next, err := Handler(examples)
		if err != nil {
			t.Fatal(err)
		}
		page.Store(next)
	}
	set(examples...)
	current := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page.Load().(http.Handler).ServeHTTP(w, r) })
	address := serveWith(t, current, new(gateway))

	p := browsertest.Open(t, address)
	p.OpenTab(1)
	p.Insert(`.graphiql-query-editor .monaco-editor`, "# mine\n")
	p.WaitFor(storedTabs + `.includes('# mine')`)
	p.OpenTab(2)
	p.Click(`.graphiql-tab:nth-child(3) .graphiql-tab-close`)
	p.WaitFor(`!` + storedTabs + `.includes('First')`)

	p.Visit(address)
	p.WaitForQuery("# mine")
	if got := p.Tabs(); !slices.Equal(got, []string{"Hello", "Count"}) {
		t.Errorf("tabs of the second visit: %q", got)
	}

	const opened = `document.querySelector('.examples button[aria-current] .name')?.textContent`
	set(Example{Query: "query New { hello }", Open: true}, Example{Query: "# Anew.\nquery Hello { hello }\n"}, examples[2])
	p.Visit(address)
	p.WaitForQuery("# mine")
	if got := p.Tabs(); !slices.Equal(got, []string{"Hello", "Count"}) {
		t.Errorf("tabs after the examples have changed: %q", got)
	}
	p.OpenTab(0)
	p.WaitForQuery("# Anew.")
	p.WaitFor(opened + ` === 'Hello'`)

	set(examples[1])
	p.Visit(address)
	p.WaitForQuery("# mine")
	if got := p.Tabs(); !slices.Equal(got, []string{"Count"}) {
		t.Errorf("tabs after the examples have gone: %q", got)
	}
	p.Report()
}

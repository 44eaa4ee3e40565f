package browsertest

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Tabs is the title of each tab, in order.
func (p *Page) Tabs() []string {
	p.t.Helper()
	const titles = `Array.from(document.querySelectorAll('.graphiql-tab-button'), tab => tab.textContent)`
	return get(p, chromedp.Evaluate[[]string](titles))
}

// OpenTab opens the tab of an index and waits until the page has taken in its
// query: it shows it at once, and reads it a moment later.
func (p *Page) OpenTab(index int) {
	p.t.Helper()
	i := strconv.Itoa(index)
	p.Click(`#graphiql-session-tab-` + i)
	p.WaitFor(`(({ tabs, activeTabIndex }) =>
		activeTabIndex === ` + i + ` && tabs[` + i + `].query === localStorage.getItem('graphiql:query')
	)(JSON.parse(localStorage.getItem('graphiql:tabState')) ?? {})`)
}

// ChooseExample clicks the operation of a name in the pane of examples, which is opened if it is not open.
func (p *Page) ChooseExample(name string) {
	p.t.Helper()
	if p.Text(`document.querySelector('.examples') ? 'open' : ''`) == "" {
		p.Click(`button[aria-label="Show Examples"]`)
	}
	p.WaitFor(`(() => {
		document.getElementById('chosen')?.removeAttribute('id');
		const found = [...document.querySelectorAll('.examples button')].find(one => one.querySelector('.name').textContent === ` + quote(name) + `);
		return found && (found.id = 'chosen');
	})()`)
	p.Click(`#chosen`)
}

// Insert clicks an editor and puts text into it as one change, where its cursor is. A dialog that closes takes the focus
// back a moment after it has gone, and panes that open move what is clicked: so the text counts as inserted when an
// editor has it, and is tried again when it went nowhere.
func (p *Page) Insert(editor, text string) {
	p.t.Helper()
	const tries = 10
	focused := `document.querySelector(` + quote(editor) + `)?.contains(document.activeElement)`
	arrived := `__MONACO.editor.getModels().some(model => model.getValue().includes(` + quote(text) + `))`
	for range tries {
		p.Click(editor)
		if !p.soon(focused) {
			continue
		}
		p.do("inserting text", chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
			return err
		}))
		if p.soon(arrived) {
			return
		}
	}
	p.t.Fatalf("%q did not get into %s", text, editor)
}

// Execute clicks the Execute button, and in a tab of several operations the
// first of them. Operations are counted by lines that begin with one.
func (p *Page) Execute() {
	p.t.Helper()
	const several = `(__MONACO.editor.getModels().find(model => model.uri.path.endsWith('operation.graphql'))
		.getValue().match(/^(query|mutation|subscription)\b/gm) ?? []).length > 1`
	const asks = `document.querySelector('.graphiql-execute-button').ariaHasPopup !== null`
	p.WaitFor(`(` + several + `) === (` + asks + `)`) // the button follows the query a moment later
	p.Click(`.graphiql-execute-button`)
	if p.Text(several+` ? 'several' : ''`) != "" {
		p.Click(`[role="menuitem"]`)
	}
}

// WaitForResponse waits until the response pane shows part, and answers with
// all that it shows. Monaco draws only the lines that fit the pane.
func (p *Page) WaitForResponse(part string) string {
	p.t.Helper()
	p.WaitFor(shown(`.result-window`) + `.includes(` + quote(part) + `)`)
	return p.Text(shown(`.result-window`))
}

// WaitForQuery is WaitForResponse for the query editor.
func (p *Page) WaitForQuery(part string) string {
	p.t.Helper()
	p.WaitFor(shown(`.graphiql-query-editor`) + `.includes(` + quote(part) + `)`)
	return p.Text(shown(`.graphiql-query-editor`))
}

// shown is an expression for the text in a pane, in which Monaco draws each
// space as a no-break space and keeps the lines in any order.
func shown(pane string) string {
	return `Array.from(document.querySelectorAll('` + pane + ` .view-line'))
		.sort((a, b) => a.offsetTop - b.offsetTop)
		.map(line => line.textContent.replaceAll('\u00a0', ' ')).join('\n')`
}

func quote(text string) string {
	quoted, _ := json.Marshal(text) // a string always has a form in JSON
	return string(quoted)
}

// Report fails the test if the page has faults.
func (p *Page) Report() {
	p.t.Helper()
	if faults := p.Faults(); len(faults) > 0 {
		p.t.Errorf("the page has faults:\n%s", strings.Join(faults, "\n"))
	}
}

package playground

import (
	"slices"
	"testing"

	"stellr-gateway/playground/browsertest"
)

var examples = []Example{
	{Open: true, Query: "# Says hello.\nquery Hello($name: String) {\n  hello(name: $name)\n}\n", Variables: `{"name": "world"}`},
	{Open: true, Query: "subscription Count {\n  count(to: 2)\n}\n"},
	{Open: true, Query: "query First { hello }\n\nquery Second { page }\n"},
}

// A query, a subscription over WebSocket, and a tab of two operations: each is
// run with the Execute button, with the network cut and the policy in force.
func TestExamplesRun(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, examples...)
	p := browsertest.Open(t, address)
	if got, want := p.Tabs(), []string{"Hello", "Count", "First"}; !slices.Equal(got, want) {
		t.Errorf("tabs %q, want %q", got, want)
	}
	if title := p.Text(`document.title`); title != "Stellr Gateway" {
		t.Errorf("title %q", title)
	}
	p.WaitForQuery("query Hello($name: String)")
	p.Execute()
	p.WaitForResponse(`"hello": "Hello, world!"`)

	p.OpenTab(1)
	p.Execute()
	p.WaitForResponse(`"count": "2"`)

	p.OpenTab(2)
	p.Execute()
	p.WaitForResponse(`"hello": "Hello, world!"`)

	p.Click(`button[aria-label="Show History"]`)
	p.WaitFor(`document.querySelector('.graphiql-history')?.textContent.includes('Count')`)
	p.Report()
}

// The workers mark a mistake in the query and one in the variables, and the
// explorer shows the schema.
func TestEditorsAndExplorer(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, Example{Query: "query Wrong { hello nothing # why\n}", Variables: `{"a":1,}}`})
	p := browsertest.Open(t, address)
	p.WaitFor(`document.querySelector('.graphiql-query-editor .squiggly-error')`)
	p.WaitFor(`document.querySelector('.graphiql-editor-tool .squiggly-error')`)
	p.Click(`button[aria-label="Show Documentation Explorer"]`)
	p.Click(`.graphiql-doc-explorer a.graphiql-doc-explorer-type-name`)
	p.WaitFor(`document.querySelector('.graphiql-doc-explorer').textContent.includes('The root of queries.')`)
	p.Click(`button[aria-label="Open settings dialog"]`)
	p.WaitFor(`document.querySelector('.graphiql-dialog')?.textContent.includes('Clear storage')`)
	p.Report()
}

func TestPrettify(t *testing.T) {
	t.Parallel()
	address, _ := serve(t, Example{Query: "query Q{hello# why\n}", Variables: `{"a":[1], /* why */ "b":{}}`})
	p := browsertest.Open(t, address)
	p.Click(`button[aria-label^="Prettify query"]`)
	p.WaitForQuery("query Q {\n  hello # why\n}")
	const variables = `__MONACO.editor.getModels().find(model => model.uri.path.endsWith('variables.json')).getValue()`
	if got, want := p.Text(variables), "{\n  \"a\": [\n    1\n  ], /* why */\n  \"b\": {}\n}"; got != want {
		t.Errorf("variables are\n%s\nwant\n%s", got, want)
	}
	p.Report()
}

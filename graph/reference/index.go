package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// index is the first page: what a request can begin with, what holds everywhere, and all names.
func (b *book) index() string {
	var w strings.Builder
	fmt.Fprintf(&w, "# The schema\n\n%s The whole schema as one document is [schema.graphql](../../schema.graphql); what changes in it is told in [CHANGELOG.md](../../CHANGELOG.md).\n", generatedNote)
	w.WriteString("\nTopics: ")
	for i, topic := range slices.Sorted(maps.Keys(b.topics)) {
		if i > 0 {
			w.WriteString(" · ")
		}
		fmt.Fprintf(&w, "[%s](%s.md)", title(topic), topic)
	}
	w.WriteString("\n")
	for _, root := range b.roots {
		fmt.Fprintf(&w, "\n## %s\n\n%s\n\n| field | answers | role | |\n|---|---|---|---|\n", root.Name, root.Description)
		for _, field := range slices.SortedFunc(slices.Values(visible(root.Fields)), byName) {
			link := strings.Replace(rootLink(root, field), "["+root.Name+".", "[", 1)
			fmt.Fprintf(&w, "| %s | %s | %s | %s |\n", link, b.typeLink(field.Type), roleOf(field), cell(field.Description+deprecation(field.Directives)))
		}
	}
	b.lists(&w)
	b.directives(&w)
	b.names(&w)
	return w.String()
}

// lists says once what every list takes.
func (b *book) lists(w *strings.Builder) {
	w.WriteString("\n## Lists\n\n")
	w.WriteString("A list is a connection: `nodes` are its items, `edges` the same with their cursors, `pageInfo` says where the page stands, and\n" +
		"`totalCount` how many there are. A cursor belongs to one list with one filter and order. All lists take these arguments:\n")
	example := b.schema.Query.Fields.ForName("customers")
	if example == nil {
		return
	}
	w.WriteString("\n| argument | type | |\n|---|---|---|\n")
	for _, name := range []string{"first", "after", "last", "before"} {
		if argument := example.Arguments.ForName(name); argument != nil {
			fmt.Fprintf(w, "| `%s` | %s | %s |\n", name, b.typeLink(argument.Type), cell(argument.Description))
		}
	}
}

func (b *book) directives(w *strings.Builder) {
	w.WriteString("\n## Directives\n")
	for _, name := range slices.Sorted(maps.Keys(b.schema.Directives)) {
		d := b.schema.Directives[name]
		if d.Position.Src.BuiltIn {
			continue
		}
		fmt.Fprintf(w, "\n`@%s`: %s\n\n| argument | type | default | |\n|---|---|---|---|\n", d.Name, d.Description)
		for _, argument := range d.Arguments {
			row(w, argument.Name, b.typeLink(argument.Type), defaultOf(argument.DefaultValue), argument.Description)
		}
	}
}

// names lists all types, each kind by itself.
func (b *book) names(w *strings.Builder) {
	w.WriteString("\n## All types\n\n")
	w.WriteString("| kind | |\n|---|---|\n")
	for _, kind := range []struct {
		title string
		kind  ast.DefinitionKind
	}{
		{"types", ast.Object}, {"interfaces", ast.Interface}, {"unions", ast.Union},
		{"inputs", ast.InputObject}, {"enums", ast.Enum}, {"scalars", ast.Scalar},
	} {
		var names []string
		for _, types := range b.topics {
			for _, d := range types {
				if d.Kind == kind.kind {
					names = append(names, d.Name)
				}
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			fmt.Fprintf(w, "| %s | %s |\n", kind.title, b.links(names))
		}
	}
}

package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// index is the page that leads to all others; that of a folder is README.md, which hosts of repositories show.
const index = "README.md"

// A book is the schema sorted into pages.
type book struct {
	schema *ast.Schema
	roots  []*ast.Definition            // what a request begins with
	uses   map[string][]string          // by type, links to what has it
	topics map[string][]*ast.Definition // by page, without the roots

	examples []string // topics that have one
}

// pages is the text of each page by its name. Examples are the topics that have one.
func pages(schema *ast.Schema, examples []string) map[string]string {
	b := &book{schema: schema, examples: examples, uses: map[string][]string{}, topics: map[string][]*ast.Definition{}}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		if root != nil {
			b.roots = append(b.roots, root)
			for _, field := range visible(root.Fields) {
				b.topics[field.Position.Src.Name] = nil
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		d := schema.Types[name]
		if d.BuiltIn {
			continue
		}
		b.note(d)
		if !slices.Contains(b.roots, d) {
			topic := d.Position.Src.Name
			b.topics[topic] = append(b.topics[topic], d)
		}
	}
	texts := map[string]string{index: b.index()}
	for topic, types := range b.topics {
		texts[topic+".md"] = b.page(topic, types)
	}
	return texts
}

// note remembers where a definition's fields lead.
func (b *book) note(d *ast.Definition) {
	for _, field := range visible(d.Fields) {
		link := fmt.Sprintf("[%s.%s](%s)", d.Name, field.Name, b.place(d))
		if slices.Contains(b.roots, d) {
			link = rootLink(d, field)
		}
		types := map[string]bool{field.Type.Name(): true}
		for _, argument := range field.Arguments {
			types[argument.Type.Name()] = true
		}
		for name := range types {
			b.uses[name] = append(b.uses[name], link)
		}
	}
}

// page is everything of one topic: what can be asked, then the types, each kind by itself.
func (b *book) page(topic string, types []*ast.Definition) string {
	var w strings.Builder
	fmt.Fprintf(&w, "# %s\n\n%s From `graph/schema/%s.graphqls`; all topics are in the [index](%s).\n", title(topic), generatedNote, topic, index)
	if slices.Contains(b.examples, topic) {
		fmt.Fprintf(&w, "\nAn example: [the question](../../graph/examples/%[1]s.graphql) and [the simulator's answer](../../graph/examples/%[1]s.answer.json).\n", topic)
	}
	for _, root := range b.roots {
		heading := "\n## " + root.Name + "\n"
		for _, field := range visible(root.Fields) {
			if field.Position.Src.Name == topic {
				w.WriteString(heading)
				heading = ""
				fmt.Fprintf(&w, "\n### %s.%s\n\n", root.Name, field.Name)
				b.field(&w, field)
			}
		}
	}
	for _, kind := range []struct {
		title string
		kinds []ast.DefinitionKind
	}{
		{"Types", []ast.DefinitionKind{ast.Object, ast.Interface, ast.Union}}, {"Inputs", []ast.DefinitionKind{ast.InputObject}},
		{"Enums", []ast.DefinitionKind{ast.Enum}}, {"Scalars", []ast.DefinitionKind{ast.Scalar}},
	} {
		heading := "\n## " + kind.title + "\n"
		for _, d := range types {
			if slices.Contains(kind.kinds, d.Kind) {
				w.WriteString(heading)
				heading = ""
				b.definition(&w, d)
			}
		}
	}
	return w.String()
}

const generatedNote = "Written by `go generate ./...`; do not edit."

// field is a root field: what it takes and answers, and who may ask for it.
func (b *book) field(w *strings.Builder, field *ast.FieldDefinition) {
	fmt.Fprintf(w, "%s%s\n\nAnswers %s%s\n", field.Description, deprecation(field.Directives), b.typeLink(field.Type), b.role(field))
	b.arguments(w, field)
}

// role says which role a field requires, as the directive on it does.
func (b *book) role(field *ast.FieldDefinition) string {
	if name := roleOf(field); name != "" {
		return fmt.Sprintf("; requires the role [%s](%s).", name, b.place(b.schema.Types["Role"]))
	}
	return "."
}

func roleOf(field *ast.FieldDefinition) string {
	if directive := field.Directives.ForName("requires"); directive != nil {
		return directive.Arguments.ForName("role").Value.Raw
	}
	return ""
}

// arguments is the table of what a field takes. The four that ask for a page are one row: they are the same everywhere.
func (b *book) arguments(w *strings.Builder, field *ast.FieldDefinition) {
	if len(field.Arguments) == 0 {
		return
	}
	w.WriteString("\n| argument | type | default | |\n|---|---|---|---|\n")
	paged := field.Arguments.ForName("first") != nil && field.Arguments.ForName("after") != nil &&
		field.Arguments.ForName("last") != nil && field.Arguments.ForName("before") != nil
	for _, argument := range field.Arguments {
		switch {
		case paged && slices.Contains([]string{"after", "last", "before"}, argument.Name):
		case paged && argument.Name == "first":
			fmt.Fprintf(w, "| `first`, `after`, `last`, `before` | %s, %s | | Which part of the [list](%s#lists). |\n",
				b.typeLink(argument.Type), b.typeLink(field.Arguments.ForName("after").Type), index)
		default:
			row(w, argument.Name, b.typeLink(argument.Type), defaultOf(argument.DefaultValue), argument.Description+deprecation(argument.Directives))
		}
	}
}

func (b *book) definition(w *strings.Builder, d *ast.Definition) {
	fmt.Fprintf(w, "\n### %s\n\n%s%s\n", d.Name, d.Description, deprecation(d.Directives))
	if by := d.Directives.ForName("specifiedBy"); by != nil {
		fmt.Fprintf(w, "\nSpecified by <%s>.\n", by.Arguments.ForName("url").Value.Raw)
	}
	b.family(w, d)
	switch d.Kind {
	case ast.Enum:
		w.WriteString("\n| value | |\n|---|---|\n")
		for _, value := range d.EnumValues {
			fmt.Fprintf(w, "| `%s` | %s |\n", value.Name, cell(value.Description+deprecation(value.Directives)))
		}
	case ast.InputObject:
		w.WriteString("\n| field | type | default | |\n|---|---|---|---|\n")
		for _, field := range d.Fields {
			row(w, field.Name, b.typeLink(field.Type), defaultOf(field.DefaultValue), field.Description+deprecation(field.Directives))
		}
	case ast.Object, ast.Interface:
		w.WriteString("\n| field | type | |\n|---|---|---|\n")
		for _, field := range visible(d.Fields) {
			fmt.Fprintf(w, "| `%s` | %s | %s |\n", field.Name, b.typeLink(field.Type), cell(field.Description+deprecation(field.Directives)))
		}
		for _, field := range visible(d.Fields) {
			if len(field.Arguments) > 0 {
				fmt.Fprintf(w, "\n`%s` takes:\n", field.Name)
				b.arguments(w, field)
			}
		}
	}
	if uses := b.uses[d.Name]; len(uses) > 0 && d.Kind != ast.Scalar {
		fmt.Fprintf(w, "\nFound at %s.\n", strings.Join(uses, ", "))
	}
}

// family is the interfaces that a type has, or the types that an interface or union stands for.
func (b *book) family(w *strings.Builder, d *ast.Definition) {
	if len(d.Interfaces) > 0 {
		fmt.Fprintf(w, "\nIs a %s.\n", b.links(d.Interfaces))
	}
	if d.IsAbstractType() {
		var names []string
		for _, possible := range b.schema.GetPossibleTypes(d) {
			names = append(names, possible.Name)
		}
		slices.Sort(names)
		fmt.Fprintf(w, "\nStands for %s.\n", b.links(names))
	}
}

func (b *book) links(names []string) string {
	var links []string
	for _, name := range names {
		links = append(links, fmt.Sprintf("[%s](%s)", name, b.place(b.schema.Types[name])))
	}
	return strings.Join(links, ", ")
}

// typeLink writes a type as the schema does, with its name leading to its page; GraphQL's own lead nowhere.
func (b *book) typeLink(t *ast.Type) string {
	text := "`" + t.Name() + "`"
	if d := b.schema.Types[t.Name()]; !d.BuiltIn {
		text = fmt.Sprintf("[%s](%s)", d.Name, b.place(d))
	}
	before, after, _ := strings.Cut(t.String(), t.Name())
	// A bracket before a link would open another one.
	return strings.ReplaceAll(before, "[", `\[`) + text + strings.ReplaceAll(after, "]", `\]`)
}

// place is where a definition stands; the roots are spread over all pages, and gathered in the index.
func (b *book) place(d *ast.Definition) string {
	if slices.Contains(b.roots, d) {
		return index + "#" + anchor(d.Name)
	}
	return d.Position.Src.Name + ".md#" + anchor(d.Name)
}

func rootLink(root *ast.Definition, field *ast.FieldDefinition) string {
	name := root.Name + "." + field.Name
	return fmt.Sprintf("[%s](%s.md#%s)", name, field.Position.Src.Name, anchor(name))
}

// anchor is the name that hosts of repositories give to a heading.
func anchor(heading string) string {
	kept := func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z':
			return r
		}
		return -1
	}
	return strings.Map(kept, strings.ToLower(heading))
}

func row(w *strings.Builder, name, kind, fallback, does string) {
	fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", name, kind, fallback, cell(does))
}

// cell is text that may stand in a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

func defaultOf(value *ast.Value) string {
	if value == nil {
		return ""
	}
	return "`" + value.String() + "`"
}

// deprecation is what is added to the description of something that goes.
func deprecation(directives ast.DirectiveList) string {
	directive := directives.ForName("deprecated")
	if directive == nil {
		return ""
	}
	reason := directive.Arguments.ForName("reason")
	if reason == nil {
		return " **Deprecated.**"
	}
	return " **Deprecated:** " + reason.Value.Raw
}

// visible is the fields without those of introspection.
func visible(fields ast.FieldList) ast.FieldList {
	return slices.DeleteFunc(slices.Clone(fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
}

func title(topic string) string {
	return strings.ToUpper(topic[:1]) + topic[1:]
}

func byName(a, b *ast.FieldDefinition) int {
	return cmp.Compare(a.Name, b.Name)
}

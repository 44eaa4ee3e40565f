package main

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

const root = "../.."

var update = flag.Bool("update", false, "write schema.graphql and docs/schema anew")

// What is kept in the repository is what the schema's sources give, and no page is left of a topic that is gone.
func TestFresh(t *testing.T) {
	if *update {
		if err := run(root); err != nil {
			t.Fatal(err)
		}
	}
	files, err := written(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range files {
		if kept, err := os.ReadFile(filepath.Join(root, path)); err != nil || string(kept) != text {
			t.Errorf("%s is not what the schema gives now (go generate ./... writes it) %v", path, err)
		}
	}
	kept, err := filepath.Glob(filepath.Join(root, folder, "*"))
	if err != nil || len(kept) != len(files)-1 {
		t.Errorf("%s has %d pages, the schema gives %d: %v", folder, len(kept), len(files)-1, err)
	}
}

// Every link leads to a file that is there, and to a heading where it names one.
func TestLinksLeadSomewhere(t *testing.T) {
	files, err := written(root)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for path, text := range files {
		if name, ok := strings.CutPrefix(path, folder+"/"); ok {
			texts[name] = text
		}
	}
	if links, broken := follow(texts); links < 500 || len(broken) > 0 {
		t.Errorf("of %d links these lead nowhere: %q", links, broken)
	}
	odd := map[string]string{"a.md": "# A\n[x](b.md#here) [y](b.md#gone) [z](c.md) [w](#a)", "b.md": "## Here\n"}
	if links, broken := follow(odd); links != 4 || !slices.Equal(broken, []string{"a.md: b.md#gone", "a.md: c.md"}) {
		t.Errorf("of %d links that were made to break, these were found: %q", links, broken)
	}
}

// follow counts the links of pages, and lists those that lead nowhere.
func follow(pages map[string]string) (int, []string) {
	link, heading := regexp.MustCompile(`\]\(([^)]+)\)`), regexp.MustCompile(`(?m)^#+ (.+)$`)
	anchors := map[string]bool{}
	for name, text := range pages {
		anchors[name] = true
		for _, found := range heading.FindAllStringSubmatch(text, -1) {
			anchors[name+"#"+anchor(found[1])] = true
		}
	}
	links := 0
	var broken []string
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		for _, found := range link.FindAllStringSubmatch(pages[name], -1) {
			target := found[1]
			links++
			if strings.HasPrefix(target, "#") {
				target = name + target
			}
			if _, err := os.Stat(filepath.Join(root, folder, target)); !anchors[target] && (err != nil || !strings.HasPrefix(target, "..")) {
				broken = append(broken, name+": "+target)
			}
		}
	}
	return links, broken
}

// Two headings of one page with the same anchor would send a reader to the wrong one.
func TestAnchorsAreUnique(t *testing.T) {
	schema, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile(`(?m)^#+ (.+)$`)
	for name, text := range pages(schema, nil) {
		seen := map[string]bool{}
		for _, found := range heading.FindAllStringSubmatch(text, -1)[1:] { // nothing leads to the title
			if at := anchor(found[1]); seen[at] {
				t.Errorf("%s has two headings #%s", name, at)
			} else {
				seen[at] = true
			}
		}
	}
}

// Nothing of the schema is left out: each name stands with its description on its topic's page, or, where a topic adds to a type
// of another, on the type's.
func TestEverythingIsThere(t *testing.T) {
	schema, err := load(root)
	if err != nil {
		t.Fatal(err)
	}
	texts := pages(schema, nil)
	looked := 0
	for _, d := range schema.Types {
		if d.BuiltIn {
			continue
		}
		isRoot := d == schema.Query || d == schema.Mutation || d == schema.Subscription
		expect := func(at *ast.Position, what, description string) {
			looked++
			page := texts[at.Src.Name+".md"]
			if !strings.Contains(page, what) || !strings.Contains(page, cell(description)) {
				t.Errorf("%s.md does not have %s of %s with its description", at.Src.Name, what, d.Name)
			}
		}
		if !isRoot {
			expect(d.Position, "### "+d.Name+"\n", d.Description)
		}
		for _, field := range visible(d.Fields) {
			name, at := "| `"+field.Name+"` |", d.Position
			if isRoot {
				name, at = "### "+d.Name+"."+field.Name+"\n", field.Position
			}
			expect(at, name, field.Description)
			for _, argument := range field.Arguments {
				if !slices.Contains([]string{"first", "after", "last", "before"}, argument.Name) {
					expect(at, "| `"+argument.Name+"` |", argument.Description)
				}
			}
		}
		for _, value := range d.EnumValues {
			expect(d.Position, "| `"+value.Name+"` |", value.Description)
		}
	}
	if looked < 500 {
		t.Errorf("only %d names were looked for", looked)
	}
}

// What the schema has none of today is written properly all the same.
func TestOddities(t *testing.T) {
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "odd", Input: `
		directive @requires(role: Role!) on FIELD_DEFINITION
		"Who." enum Role { "First." VIEWER @deprecated(reason: "Use BUYER.") "Second." BUYER }
		"All." type Query { "One | other." thing("Which." kinds: [Role!]! = [BUYER] "A text." word: String = "a\"b"): [Thing] @requires(role: BUYER) }
		"Either." union Thing = A | B
		"A." type A { "Old." x("So many." n: Int = 3): Int @deprecated }
		"B." type B { "Thing." a: A! }`})
	texts := pages(schema, nil)
	for _, want := range []string{
		"### Query.thing\n\nOne | other.\n\nAnswers \\[[Thing](odd.md#thing)\\]; requires the role [BUYER](odd.md#role).\n",
		"| `kinds` | \\[[Role](odd.md#role)!\\]! | `[BUYER]` | Which. |",
		"| `word` | `String` | `\"a\\\"b\"` | A text. |",
		"Stands for [A](odd.md#a), [B](odd.md#b).",
		"| `x` | `Int` | Old. **Deprecated.** |",
		"`x` takes:\n\n| argument | type | default | |\n|---|---|---|---|\n| `n` | `Int` | `3` | So many. |",
		"| `VIEWER` | First. **Deprecated:** Use BUYER. |",
		"Found at [B.a](odd.md#b).",
		"Found at [Query.thing](odd.md#querything).",
	} {
		if !strings.Contains(texts["odd.md"], want) {
			t.Errorf("%q is not in\n%s", want, texts["odd.md"])
		}
	}
	if want := `| [thing](odd.md#querything) | \[[Thing](odd.md#thing)\] | BUYER | One \| other. |`; !strings.Contains(texts[index], want) {
		t.Errorf("%q is not in\n%s", want, texts[index])
	}
}

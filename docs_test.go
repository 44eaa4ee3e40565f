package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var updateDocs = flag.Bool("update", false, "write the tables of README.md anew")

// README.md lists the settings, limits and flags that there are.
func TestReadmeTables(t *testing.T) {
	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	c := &config{}
	var addr, dashboard string
	for name, table := range map[string]string{
		"settings": settingsTable("variable", c.settings()),
		"limits":   settingsTable("key of `limits`", c.limitSettings()),
		"cache":    settingsTable("key of `cache`", c.cacheSettings()),
		"flags":    flagsTable(serveFlags(&addr, &dashboard, &simulatorOptions{})),
	} {
		begin, end := "<!-- "+name+" -->\n", "<!-- /"+name+" -->"
		before, rest, found := strings.Cut(text, begin)
		table2, after, closed := strings.Cut(rest, end)
		if !found || !closed {
			t.Fatalf("README.md has no place for the %s", name)
		}
		if table2 != table && !*updateDocs {
			t.Errorf("the %s in README.md are not those of the code (go test . -run %s -update writes them)", name, t.Name())
		}
		text = before + begin + table + end + after
	}
	if *updateDocs {
		if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func settingsTable(title string, settings []setting) string {
	var table strings.Builder
	fmt.Fprintf(&table, "| %s | default | |\n|---|---|---|\n", title)
	for _, s := range settings {
		fallback := s.shown
		if fallback == "" {
			fallback = "`" + s.fallback + "`"
		}
		does := s.does
		if s.secret {
			does += "; `" + s.name + "_FILE` reads it from a file"
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s |\n", s.name, fallback, does)
	}
	return table.String()
}

func flagsTable(set *flag.FlagSet) string {
	var table strings.Builder
	table.WriteString("| flag | default | |\n|---|---|---|\n")
	set.VisitAll(func(f *flag.Flag) {
		_, does := flag.UnquoteUsage(f)
		fallback := ""
		if f.DefValue != "" && f.DefValue != "0" && f.DefValue != "false" && f.DefValue != "0s" {
			fallback = "`" + f.DefValue + "`"
		}
		fmt.Fprintf(&table, "| `-%s` | %s | %s |\n", f.Name, fallback, does)
	})
	return table.String()
}

// schema.graphql is what the program serves: the sources that it is written from, and nothing that generated code adds.
func TestPrintedSchema(t *testing.T) {
	raw, err := os.ReadFile("schema.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if string(raw) != schemaText() {
		t.Error("schema.graphql is not the schema that is served (go generate ./... writes it)")
	}
}

// What the documents point at is there.
func TestLinks(t *testing.T) {
	paths, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link, path := regexp.MustCompile(`\]\(([^)#:]+)\)`), regexp.MustCompile("`((?:[a-z.]+/)+[A-Za-z._]*)`")
	for _, document := range append(paths, "README.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), found[1])); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		}
		for _, found := range path.FindAllStringSubmatch(string(text), -1) {
			root, _, _ := strings.Cut(found[1], "/")
			if _, err := os.Stat(root); err != nil || strings.Contains(found[1], "*") {
				continue // not a path of this repository
			}
			if _, err := os.Stat(found[1]); err != nil {
				t.Errorf("%s: %v", document, err)
			}
		}
	}
}

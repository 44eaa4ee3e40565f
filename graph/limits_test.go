package graph

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

func parse(t testing.TB, text string) *ast.QueryDocument {
	t.Helper()
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// times is text so many times; a %d in it is which time.
func times(n int, text string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprint(i)) + " ")
	}
	return all.String()
}

// doubling is fragments each of which spreads the next one twice: 2^n fields.
func doubling(n int) string {
	text := fmt.Sprintf("fragment f%d on Query{a} ", n)
	for i := range n {
		text += fmt.Sprintf("fragment f%d on Query{...f%d ...f%d} ", i, i+1, i+1)
	}
	return text
}

func TestLimits(t *testing.T) {
	for _, c := range []struct{ name, query, refused string }{
		{"12 deep", times(11, "{a") + "{a" + strings.Repeat("}", 12), ""},
		{"13 deep", times(12, "{a") + "{a" + strings.Repeat("}", 13), "13 fields deep"},
		{"13 deep through fragments", "{...f} fragment f on Q{a{...g}} fragment g on Q" + times(11, "{a") + "{...on Q{a}" + strings.Repeat("}", 12), "13 fields deep"},
		{"20 aliases", "{x{" + times(20, "a%d:a") + "}}", ""},
		{"21 aliases", "{x{" + times(21, "a%d:a") + "}}", "21 aliases"},
		{"30 aliases through a fragment", "{" + times(3, "x%d{...f}") + "} fragment f on Q{" + times(10, "a%d:a") + "}", "30 aliases"},
		{"an alias that is the name", "{x{" + times(21, "a%d{a:a}") + "}}", ""},
		{"20 root fields", "{" + times(20, "a%d") + "}", ""},
		{"21 root fields", "{" + times(21, "a%d") + "}", "21 root fields"},
		{"21 root fields in fragments", "{...on Q{" + times(11, "a%d") + "} ...f} fragment f on Q{" + times(10, "b%d") + "}", "21 root fields"},
		{"10 directives", "query @a @a{" + times(8, "a%d @b") + "}", ""},
		{"11 directives", "query($v:Int @v) @a @a{...f @a ...on Q @a{" + times(5, "a%d @b") + "}} fragment f on Q @f{b}", "11 directives"},
		{"10 under one key", "{x{" + times(10, "a") + "}}", ""},
		{"11 under one key", "{x{" + times(11, "a") + "}}", "11 fields under one key"},
		{"11 under one key by alias", "{x{" + times(11, "a:b%d") + "}}", "11 fields under one key"},
		{"12 under one key by merging", "{" + times(3, "x{a a}") + times(2, "x{a a a}") + "}", "12 fields under one key"},
		{"11 under one key in a fragment that nobody uses", "{a} fragment f on Q{" + times(11, "a") + "}", "11 fields under one key"},
		{"one key on each of 15 types", "{x{" + times(15, "...on T%d{id owner{id}}") + "}}", ""},
		{"2^40 fields", "{...f0} " + doubling(40), "more than 2000"},
		{"2^40 fields that nobody uses", "{a} " + doubling(40), "more than 2000"},
		{"a cycle", "{...f} fragment f on Q{a{...g}} fragment g on Q{...f}", "spreads itself"},
		{"a cycle that nobody uses", "{a} fragment f on Q{...f}", "spreads itself"},
		{"a fragment that is not there", "{...f}", `Unknown fragment "f"`},
		{"a product of lists", "{__schema{types{" + times(4, "a%d:fields{type{"+times(4, "b%d:fields{name description isDeprecated}")+"}}") + "}}}", "more than about 500000 values"},
		{"all of it in the second operation", "query A{a} query B{" + times(21, "a%d") + "}", "21 root fields"},
	} {
		err := Limits{}.orDefaults().check(parse(t, c.query))
		if c.refused == "" && err != nil || c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%s: %v", c.name, err)
		}
		if request, ok := errors.AsType[*requestError](err); err != nil && (!ok || request.code != CodeTooExpensive && request.code != CodeValidationFailed) {
			t.Errorf("%s: %#v", c.name, err)
		}
	}
}

func TestLimitsCanBeSet(t *testing.T) {
	strict := Limits{Depth: 1, Aliases: 1, RootFields: 1, Directives: 1, SameKey: 1, Selections: 3}.orDefaults()
	for _, query := range []string{"{a{b}}", "{x:a{y:b}}", "{a b}", "{a @a @b}", "{a a}", "{...f} fragment f on Q{...g} fragment g on Q{...h} fragment h on Q{a}"} {
		if strict.check(parse(t, query)) == nil {
			t.Errorf("%s passes", query)
		}
	}
	if err := strict.check(parse(t, "{x:a @a}")); err != nil {
		t.Error(err)
	}
}

func TestFullIntrospectionPasses(t *testing.T) {
	text, err := os.ReadFile("testdata/introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if err := (Limits{}).orDefaults().check(parse(t, string(text))); err != nil {
		t.Fatal(err)
	}
}

// naive counts selections by following every fragment, as long as there is patience.
func naive(doc *ast.QueryDocument, set ast.SelectionSet, patience *int) int {
	n := 0
	for _, selection := range set {
		if *patience--; *patience < 0 {
			return n
		}
		n++
		switch selection := selection.(type) {
		case *ast.Field:
			n += naive(doc, selection.SelectionSet, patience)
		case *ast.InlineFragment:
			n += naive(doc, selection.SelectionSet, patience)
		case *ast.FragmentSpread:
			if fragment := doc.Fragments.ForName(selection.Name); fragment != nil {
				n += naive(doc, fragment.SelectionSet, patience)
			}
		}
	}
	return n
}

// FuzzLimits holds the count that counts each fragment once against the one that follows them all, and the check
// against the clock.
func FuzzLimits(f *testing.F) {
	f.Add("{...f0} " + doubling(5))
	f.Add("{...f0 a{...f3}} " + doubling(20))
	f.Add("{a{...on Q{b @c} ...f}} fragment f on Q{d:a a a}")
	f.Add("{...f} fragment f on Q{...g} fragment g on Q{...f}")
	f.Add("{__schema{types{fields{args{type{name}}}}}}")
	f.Add("query A($a:Int @b){x:a} mutation B{a} subscription C{...f ...f ...h} fragment f on T @a{y:b}")
	limits := Limits{}.orDefaults()
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, limits.Tokens)
		if err != nil {
			return
		}
		start := time.Now()
		_ = limits.check(doc)
		if took := time.Since(start); took > 2*time.Second {
			t.Fatalf("took %v", took)
		}
		sizes := sizes{doc: doc, of: map[string]int{}, most: limits.Selections}
		for _, operation := range doc.Operations {
			got := sizes.set(operation.SelectionSet)
			patience := limits.Selections + 1
			want := naive(doc, operation.SelectionSet, &patience)
			if !sizes.cycle && got != want && min(got, want) <= limits.Selections {
				t.Fatalf("%d where the naive count is %d", got, want)
			}
		}
	})
}

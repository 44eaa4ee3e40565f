package graph

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/graph/generated"
	"stellr-gateway/graph/payload"
)

// A new field that reads something must be priced, or operations could cost more than anybody meant to allow. Fields with
// a resolver are those of the generated interfaces, and of payloads the methods that take a context.
func TestEveryFieldThatReadsIsPriced(t *testing.T) {
	schema, resolvers := schema(), 0
	root := reflect.TypeFor[generated.ResolverRoot]()
	for i := range root.NumMethod() {
		of := root.Method(i).Type.Out(0)
		for j := range of.NumMethod() {
			name := fieldNamed(t, schema.Types[root.Method(i).Name], of.Method(j).Name)
			resolvers++
			if _, ok := prices[priceName(root.Method(i).Name, name)]; !ok {
				t.Errorf("%s.%s has a resolver and no price", root.Method(i).Name, name)
			}
		}
	}
	if resolvers < 80 {
		t.Errorf("only %d resolvers were looked at", resolvers)
	}
	payloads := reflect.TypeFor[*payload.Payload]()
	for i := range payloads.NumMethod() {
		method := payloads.Method(i)
		if method.Type.NumIn() == 2 && method.Type.In(1) == reflect.TypeFor[context.Context]() {
			name := strings.ToLower(method.Name[:1]) + method.Name[1:]
			if _, ok := prices["Payload."+name]; !ok {
				t.Errorf("payloads' %s has no price", name)
			}
		}
	}
}

// fieldNamed is the field that a Go method stands for.
func fieldNamed(t *testing.T, on *ast.Definition, method string) string {
	t.Helper()
	for _, field := range on.Fields {
		if strings.EqualFold(field.Name, method) {
			return field.Name
		}
	}
	t.Fatalf("%s has no field for %s", on.Name, method)
	return ""
}

// A list multiplies what is below it, so one with anything below it that costs must say how long it is.
func TestEveryListIsPriced(t *testing.T) {
	schema := schema()
	for _, definition := range schema.Types {
		for _, field := range definition.Fields {
			list, pages := field.Type.Elem != nil, strings.HasSuffix(definition.Name, "Connection")
			p := prices[priceName(definition.Name, field.Name)]
			if list && !pages && p.length == 0 && p.items == nil && costs(schema, field.Type.Name(), map[string]bool{}) {
				t.Errorf("%s.%s is a list of no length, with something below it that costs", definition.Name, field.Name)
			}
			if strings.HasSuffix(field.Type.Name(), "Connection") != p.page {
				t.Errorf("%s.%s: a connection, and priced so, are not the same", definition.Name, field.Name)
			}
		}
	}
}

// costs says whether anything of a type, or below it, has a price.
func costs(schema *ast.Schema, name string, seen map[string]bool) bool {
	definition := schema.Types[name]
	if seen[name] || definition == nil || definition.BuiltIn {
		return false
	}
	seen[name] = true
	for _, possible := range schema.GetPossibleTypes(definition) {
		for _, field := range possible.Fields {
			if p := prices[priceName(possible.Name, field.Name)]; p.requests > 0 || p.reads > 0 || p.more != nil || costs(schema, field.Type.Name(), seen) {
				return true
			}
		}
	}
	return false
}

func TestPricesAreOfFieldsThatThereAre(t *testing.T) {
	schema, known := schema(), map[string]bool{}
	for _, definition := range schema.Types {
		for _, field := range definition.Fields {
			known[priceName(definition.Name, field.Name)] = true
		}
	}
	for name := range prices {
		if !known[name] {
			t.Errorf("%s has a price, and there is no such field", name)
		}
	}
	for all, table := range map[reads]map[reads]amount{lists | shared&^wholeVendors: ofEach, shared: ofAll} {
		var priced reads
		for one := range table {
			priced |= one
		}
		if priced != all {
			t.Errorf("%b is priced where %b is", priced, all)
		}
	}
}

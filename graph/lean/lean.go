// Package lean marshals what gqlgen's generated code resolves with less effort where less will do. Gqlgen makes a context,
// a description and a few closures for each field of each record, and a goroutine for each record of a list; most
// fields are read from the record that is there, and most lists wait for nothing.
//
// The command in lean/rewrite puts these functions into the generated code, where what they leave out is not needed.
package lean

import (
	"bytes"
	"context"
	"io"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Waits says of a field, by its type and name, whether it is resolved concurrently: it may wait for something, and what it
// waits for may be gathered with what others wait for.
type Waits = func(object, field string) bool

// Slice is graphql.MarshalSliceConcurrently without goroutines where nothing in the selection waits.
func Slice(ctx context.Context, sel ast.SelectionSet, waits Waits, length int, marshal func(ctx context.Context, i int) graphql.Marshaler) graphql.Array {
	if length > 1 && anyWaits(sel, waits) {
		return graphql.MarshalSliceConcurrently(ctx, length, 0, false, marshal)
	}
	elements := make(graphql.Array, length)
	index := 0
	each := graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &index}) // one for all: nothing keeps it
	for i := range elements {
		index = i
		elements[i] = element(each, i, marshal)
	}
	return elements
}

// element is one element of a list; null, with an error at its place, where it panics.
func element(ctx context.Context, i int, marshal func(ctx context.Context, i int) graphql.Marshaler) (one graphql.Marshaler) {
	defer func() {
		if p := recover(); p != nil {
			graphql.AddError(ctx, graphql.Recover(ctx, p))
			one = graphql.Null
		}
	}()
	return marshal(ctx, i)
}

// anyWaits says whether a field of the selection waits, or one inside it.
func anyWaits(sel ast.SelectionSet, waits Waits) bool {
	return slices.ContainsFunc(sel, func(selection ast.Selection) bool {
		switch selection := selection.(type) {
		case *ast.Field:
			return selection.ObjectDefinition == nil || waits(selection.ObjectDefinition.Name, selection.Name) || anyWaits(selection.SelectionSet, waits)
		case *ast.InlineFragment:
			return anyWaits(selection.SelectionSet, waits)
		case *ast.FragmentSpread:
			return selection.Definition == nil || anyWaits(selection.Definition.SelectionSet, waits)
		}
		return true
	})
}

// object is a record's fields, all of them resolved.
type object struct {
	fields []graphql.CollectedField
	values []graphql.Marshaler
}

// Object is what a graphql.FieldSet writes, which makes a map of names for each record.
func Object(fields []graphql.CollectedField, values []graphql.Marshaler) graphql.Marshaler {
	return &object{fields, values}
}

// MarshalGQL writes the record. Of fields with the same key, which are the same field, the first is written.
func (o *object) MarshalGQL(to io.Writer) {
	w, ok := to.(*bytes.Buffer)
	if !ok {
		w = new(bytes.Buffer)
		defer func() { _, _ = w.WriteTo(to) }() // whoever waits for it notices
	}
	w.WriteByte('{')
	for i := range o.fields {
		name := o.fields[i].Alias
		if o.repeats(i, name) {
			continue
		}
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteByte('"')
		w.WriteString(name) // letters, digits and underscores
		w.WriteString(`":`)
		o.values[i].MarshalGQL(w)
	}
	w.WriteByte('}')
}

func (o *object) repeats(i int, name string) bool {
	for j := range i {
		if o.fields[j].Alias == name {
			return true
		}
	}
	return false
}

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
	"runtime"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Waits says of a field, by its type and name, whether it is resolved concurrently: it may wait for something, and what it
// waits for may be gathered with what others wait for.
type Waits = func(object, field string) bool

// Slice is graphql.MarshalSliceConcurrently without a goroutine for each element, where nothing in the selection waits: long
// lists are shared out among the processors then.
func Slice(ctx context.Context, sel ast.SelectionSet, waits Waits, length int, marshal func(ctx context.Context, i int) graphql.Marshaler) graphql.Array {
	if length > 1 && anyWaits(sel, waits, readyOf(ctx)) {
		return graphql.MarshalSliceConcurrently(ctx, length, 0, false, marshal)
	}
	elements := make(graphql.Array, length)
	parts := min(length/worthSharing, runtime.GOMAXPROCS(0))
	if parts < 2 {
		some(ctx, elements, 0, length, marshal)
		return elements
	}
	var wait sync.WaitGroup
	for part := range parts {
		begin, end := part*length/parts, (part+1)*length/parts
		written := func() {
			some(ctx, elements, begin, end, marshal)
			write(elements[begin:end])
		}
		if part == parts-1 {
			written()
			break
		}
		wait.Go(written)
	}
	wait.Wait()
	return elements
}

// worthSharing is how many elements are worth a goroutine.
const worthSharing = 16

// text is JSON that is written already.
type text []byte

func (t text) MarshalGQL(w io.Writer) { _, _ = w.Write(t) }

// Written is the JSON of an answer's data.
func Written(data graphql.Marshaler) []byte {
	var all bytes.Buffer
	all.Grow(lengthOf(data))
	data.MarshalGQL(&all)
	return all.Bytes()
}

// lengthOf is about how many bytes a value takes, up to mostAhead: what is written already counts as it is, of a list the
// first stands for all.
func lengthOf(value graphql.Marshaler) int {
	length := 0
	switch value := value.(type) {
	case text:
		return min(len(value), mostAhead)
	case *object:
		for _, inner := range value.values {
			length += usualName + lengthOf(inner)
		}
	case graphql.Array:
		if len(value) == 0 {
			break
		}
		if _, written := value[0].(text); !written {
			return min(len(value)*lengthOf(value[0]), mostAhead)
		}
		for _, element := range value {
			length += 1 + lengthOf(element)
		}
	}
	return min(length+usualScalar, mostAhead)
}

const (
	usualName   = 12 // bytes of a field's name, with what is around it
	usualScalar = 12 // and of a value
)

// mostAhead is how many bytes are made room for on a guess: the first of a list may be much longer than the others.
const mostAhead = 256 << 10

// write writes elements where they were made, so that it is not left to one goroutine to write the whole list. What is null
// stays as it is: whoever asked for the list looks for it. So does all after a panic: it comes again where the answer is
// written, and is recovered there.
func write(elements graphql.Array) {
	defer func() { _ = recover() }()
	var all bytes.Buffer
	ends := make([]int, len(elements))
	for i, element := range elements {
		if element != graphql.Null {
			element.MarshalGQL(&all)
		}
		if ends[i] = all.Len(); i == 0 {
			all.Grow(min(len(elements)*all.Len(), mostAhead)) // the others may be about as long
		}
	}
	begin := 0
	for i, end := range ends {
		if end > begin {
			elements[i] = text(all.Bytes()[begin:end:end])
		}
		begin = end
	}
}

// some marshals some elements one after the other.
func some(ctx context.Context, elements graphql.Array, begin, end int, marshal func(ctx context.Context, i int) graphql.Marshaler) {
	index := begin
	each := graphql.WithFieldContext(ctx, &graphql.FieldContext{Index: &index}) // one for all: nothing keeps it
	for i := begin; i < end; i++ {
		index = i
		elements[i] = element(each, i, marshal)
	}
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
func anyWaits(sel ast.SelectionSet, waits Waits, ready *ready) bool {
	return slices.ContainsFunc(sel, func(selection ast.Selection) bool {
		switch selection := selection.(type) {
		case *ast.Field:
			return selection.ObjectDefinition == nil || waits(selection.ObjectDefinition.Name, selection.Name) && !ready.has(selection) ||
				anyWaits(selection.SelectionSet, waits, ready)
		case *ast.InlineFragment:
			return anyWaits(selection.SelectionSet, waits, ready)
		case *ast.FragmentSpread:
			return selection.Definition == nil || anyWaits(selection.Definition.SelectionSet, waits, ready)
		}
		return true
	})
}

// ready are the fields of an operation that wait for nothing any more, since what they lead to was read ahead, each with the
// field around it. A field that stands in two places, in a fragment, is ready in none of them: in one it might wait.
type ready struct{ fields sync.Map }

type readyKey struct{}

// WithReady is a context in which fields can be marked as ready.
func WithReady(ctx context.Context) context.Context {
	return context.WithValue(ctx, readyKey{}, new(ready))
}

// MarkReady says that a field inside of another waits for nothing any more.
func MarkReady(ctx context.Context, around, field *ast.Field) {
	if r := readyOf(ctx); r != nil {
		if first, marked := r.fields.LoadOrStore(field, around); marked && first != around {
			r.fields.Store(field, (*ast.Field)(nil))
		}
	}
}

func readyOf(ctx context.Context) *ready {
	r, _ := ctx.Value(readyKey{}).(*ready)
	return r
}

func (r *ready) has(field *ast.Field) bool {
	if r == nil {
		return false
	}
	around, ok := r.fields.Load(field)
	return ok && around != (*ast.Field)(nil)
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

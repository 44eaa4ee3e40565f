package lean

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// waitsOnly says that only Thing.slow waits.
func waitsOnly(object, field string) bool { return object == "Thing" && field == "slow" }

// fieldNamed is a field of a thing.
func fieldNamed(name string, inner ...ast.Selection) *ast.Field {
	return &ast.Field{Name: name, Alias: name, SelectionSet: inner, ObjectDefinition: &ast.Definition{Name: "Thing"}}
}

// marshalled is a list's text and errors, by either way.
func marshalled(length int, slice func(ctx context.Context, length int, marshal func(context.Context, int) graphql.Marshaler) graphql.Array) (text string, errs []string) {
	ctx := graphql.WithResponseContext(context.Background(), graphql.DefaultErrorPresenter, func(_ context.Context, p any) error { return fmt.Errorf("panic %v", p) })
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: graphql.CollectedField{Field: &ast.Field{Alias: "things"}}})
	array := slice(ctx, length, func(ctx context.Context, i int) graphql.Marshaler {
		switch {
		case i%5 == 3:
			panic(i)
		case i%5 == 4: // as generated code does for a field that must not be null
			inner := graphql.WithFieldContext(ctx, &graphql.FieldContext{Field: graphql.CollectedField{Field: &ast.Field{Alias: "name"}}})
			graphql.AddError(inner, errors.New("must not be null"))
			return graphql.Null
		}
		return graphql.MarshalString(fmt.Sprint(i, " at ", graphql.GetFieldContext(ctx).Path()))
	})
	var out bytes.Buffer
	array.MarshalGQL(&out)
	for _, err := range graphql.GetErrors(ctx) {
		errs = append(errs, err.Path.String()+" "+err.Message)
	}
	slices.Sort(errs)
	return out.String(), errs
}

// A list is the same as gqlgen makes it: each element in its place, with its path; who panics, or must not be null, is null
// alone, with an error at its place.
func TestSliceIsAsGqlgens(t *testing.T) {
	for _, length := range []int{0, 1, 2, 5, 15, 16, 17, 31, 32, 33, 64, 200} {
		want, wantErrs := marshalled(length, func(ctx context.Context, length int, marshal func(context.Context, int) graphql.Marshaler) graphql.Array {
			return graphql.MarshalSliceConcurrently(ctx, length, 0, false, marshal)
		})
		for name, sel := range map[string]ast.SelectionSet{"quick": {fieldNamed("quick")}, "slow": {fieldNamed("slow")}, "without fields": nil} {
			got, errs := marshalled(length, func(ctx context.Context, length int, marshal func(context.Context, int) graphql.Marshaler) graphql.Array {
				return Slice(ctx, sel, waitsOnly, length, marshal)
			})
			if got != want || !slices.Equal(errs, wantErrs) {
				t.Errorf("%d %s: %s %q; gqlgen has %s %q", length, name, got, errs, want, wantErrs)
			}
		}
	}
}

// What waits is found wherever it stands.
func TestAnyWaits(t *testing.T) {
	slow, quick := fieldNamed("slow"), fieldNamed("quick")
	other := &ast.Field{Name: "slow", ObjectDefinition: &ast.Definition{Name: "Other"}}
	for name, test := range map[string]struct {
		sel  ast.SelectionSet
		want bool
	}{
		"nothing":                      {nil, false},
		"what does not":                {ast.SelectionSet{quick, other}, false},
		"what does":                    {ast.SelectionSet{quick, slow}, true},
		"inside":                       {ast.SelectionSet{fieldNamed("quick", quick, slow)}, true},
		"in an inline fragment":        {ast.SelectionSet{&ast.InlineFragment{SelectionSet: ast.SelectionSet{slow}}}, true},
		"in a fragment":                {ast.SelectionSet{&ast.FragmentSpread{Definition: &ast.FragmentDefinition{SelectionSet: ast.SelectionSet{slow}}}}, true},
		"in a fragment, not":           {ast.SelectionSet{&ast.FragmentSpread{Definition: &ast.FragmentDefinition{SelectionSet: ast.SelectionSet{quick}}}}, false},
		"a fragment that nobody knows": {ast.SelectionSet{&ast.FragmentSpread{}}, true},
		"a field of nobody":            {ast.SelectionSet{&ast.Field{Name: "quick"}}, true},
	} {
		if got := anyWaits(test.sel, waitsOnly, nil); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A field that was read ahead does not wait any more, what is inside it may; one that is read ahead in two places is ready in
// neither.
func TestReady(t *testing.T) {
	ctx := WithReady(t.Context())
	a, b := fieldNamed("a"), fieldNamed("b")
	inner := fieldNamed("slow")
	slow := fieldNamed("slow", fieldNamed("quick"))
	waits := func(sel ...ast.Selection) bool { return anyWaits(sel, waitsOnly, readyOf(ctx)) }
	MarkReady(ctx, a, slow)
	MarkReady(ctx, a, slow) // again, as for the next list of the same kind
	if waits(slow) {
		t.Error("what was read ahead waits")
	}
	if slow.SelectionSet = append(slow.SelectionSet, inner); !waits(slow) {
		t.Error("what is inside does not wait")
	}
	if MarkReady(ctx, slow, inner); waits(slow) {
		t.Error("what is inside and was read ahead waits")
	}
	MarkReady(ctx, b, slow)
	if !waits(slow) {
		t.Error("it is ready in two places")
	}
	if MarkReady(ctx, a, slow); !waits(slow) {
		t.Error("it is ready again")
	}
	MarkReady(t.Context(), a, slow) // where nothing can be marked
	if readyOf(t.Context()).has(slow) {
		t.Error("it is ready where nothing is known")
	}
}

// A record is written as gqlgen does, with each key once.
func TestObjectIsAsGqlgens(t *testing.T) {
	values := []graphql.Marshaler{graphql.MarshalString("<a> & \"b\""), graphql.Null, graphql.MarshalInt(1), graphql.MarshalString("twice"), graphql.Array{}}
	for _, names := range []string{"", "a", "a b", "a b c d e", "a b a d e", "a a a", "__typename _b C9"} {
		var fields []graphql.CollectedField
		for _, name := range strings.Fields(names) {
			fields = append(fields, graphql.CollectedField{Field: &ast.Field{Alias: name, Name: "x"}})
		}
		set := graphql.NewFieldSet(fields)
		copy(set.Values, values)
		var want, got, through bytes.Buffer
		set.MarshalGQL(&want)
		Object(fields, set.Values).MarshalGQL(&got)
		Object(fields, set.Values).MarshalGQL(struct{ io.Writer }{&through})
		if got.String() != want.String() || through.String() != want.String() {
			t.Errorf("%q: %s and %s; gqlgen writes %s", names, &got, &through, &want)
		}
	}
}

// Room is made for what was written already, and on a guess for no more than mostAhead: a list whose first element is by far the
// longest takes little more than it needs.
func TestRoomForALopsidedList(t *testing.T) {
	long := graphql.MarshalString(strings.Repeat("x", 100<<10))
	lopsided := graphql.Array{&object{fields: []graphql.CollectedField{{Field: &ast.Field{Alias: "a"}}}, values: []graphql.Marshaler{long}}}
	for range 999 {
		lopsided = append(lopsided, &object{})
	}
	written := Written(&object{fields: []graphql.CollectedField{{Field: &ast.Field{Alias: "list"}}}, values: []graphql.Marshaler{lopsided}})
	if limit := 2*len(written) + mostAhead; cap(written) > limit {
		t.Errorf("%d bytes have room for %d", len(written), cap(written))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	write(lopsided)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 4<<20 {
		t.Errorf("to write %d bytes took %d", len(written), took)
	}
	deep := graphql.Marshaler(graphql.MarshalInt(1))
	for range 8 {
		all := make(graphql.Array, 200)
		for i := range all {
			all[i] = graphql.Array{}
		}
		all[0] = deep
		deep = all
	}
	if written := Written(deep); cap(written) > 2*len(written)+mostAhead {
		t.Errorf("%d bytes of lists in lists have room for %d", len(written), cap(written))
	}
}

package graph

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// Limits bound what one request may cost before any of it is executed. A limit that is zero is the default.
type Limits struct {
	Body       int64 // bytes in the body of a POST; 256 KiB
	Query      int   // bytes in a document; 16 KiB
	Tokens     int   // tokens in a document; 1,000
	Depth      int   // fields inside one another, but for introspection; 12
	Aliases    int   // fields under another name; 20
	RootFields int   // fields of the root; 20
	Directives int   // uses of directives; 10
	SameKey    int   // fields in one place of the answer under one key; 10
	Selections int   // fields and fragments, each fragment as often as it is used; 2,000
	Described  int   // values in the answer to an introspection, as estimated; 500,000
	Errors     int   // errors in an answer, but for those that name a customer; 10
	Cost       int   // points that an operation may cost, as estimated (see estimate.go); 1,000

	Persisted      int // documents that are kept because callers name them by their hash; 1,000
	PersistedBytes int // of these documents together; 8 MiB

	Message int64 // bytes in a WebSocket message; 64 KiB
	Streams int   // operations at once on one WebSocket; 20
	Sockets int   // WebSockets for one caller; 10
}

// orDefaults is l with the defaults for what is zero.
func (l Limits) orDefaults() Limits {
	setDefault(&l.Body, 256<<10)
	setDefault(&l.Query, 16<<10)
	setDefault(&l.Tokens, 1000)
	setDefault(&l.Depth, 12)
	setDefault(&l.Aliases, 20)
	setDefault(&l.RootFields, 20)
	setDefault(&l.Directives, 10)
	setDefault(&l.SameKey, 10)
	setDefault(&l.Selections, 2000)
	setDefault(&l.Described, 500_000)
	setDefault(&l.Errors, 10)
	setDefault(&l.Cost, 1000)
	setDefault(&l.Persisted, 1000)
	setDefault(&l.PersistedBytes, 8<<20)
	setDefault(&l.Message, 64<<10)
	setDefault(&l.Streams, 20)
	setDefault(&l.Sockets, 10)
	return l
}

func setDefault[T comparable](setting *T, value T) {
	var zero T
	if *setting == zero {
		*setting = value
	}
}

// check measures a document that was parsed and nothing more: validation is quadratic and must not see what is too
// large. The error is a *requestError.
func (l Limits) check(doc *ast.QueryDocument) error {
	sizes := sizes{doc: doc, of: map[string]int{}, most: l.Selections}
	for _, operation := range doc.Operations {
		if n := sizes.set(operation.SelectionSet); n > l.Selections {
			return tooExpensive("The operation selects more than %d fields and fragments.", l.Selections)
		}
	}
	for _, fragment := range doc.Fragments {
		if n := sizes.set(fragment.SelectionSet); n > l.Selections { // one that no operation uses is validated too
			return tooExpensive("A fragment selects more than %d fields and fragments.", l.Selections)
		}
	}
	if sizes.missing != nil { // validation compares each such name with each other one
		at := sizes.missing.Position
		return &requestError{
			code: CodeValidationFailed, message: short(fmt.Sprintf("Unknown fragment %q.", sizes.missing.Name)),
			locations: []gqlerror.Location{{Line: at.Line, Column: at.Column}},
		}
	}
	if sizes.cycle {
		return &requestError{code: CodeValidationFailed, message: "A fragment spreads itself."}
	}
	for _, operation := range doc.Operations {
		w := newWalk(l, doc)
		w.directives, w.mutation = len(operation.Directives), operation.Operation == ast.Mutation
		for _, variable := range operation.VariableDefinitions {
			w.directives += len(variable.Directives)
		}
		w.set(operation.SelectionSet, 0, "", spot{level: 1})
		if err := w.verdict(); err != nil {
			return err
		}
	}
	for _, fragment := range doc.Fragments {
		w := newWalk(l, doc)
		w.directives = len(fragment.Directives)
		w.set(fragment.SelectionSet, 0, fragment.TypeCondition, spot{}) // how deep it is depends on where it is spread
		if err := w.verdict(); err != nil {
			return err
		}
	}
	return nil
}

// sizes counts selections with every fragment in the place of its spreads, and each fragment only once: fragments
// that double a few dozen times would otherwise take longer than the universe has.
type sizes struct {
	doc     *ast.QueryDocument
	of      map[string]int // of fragments that were counted, or are being counted: then it is -1
	most    int            // counts above it are not told apart
	cycle   bool
	missing *ast.FragmentSpread // the last one that spreads nothing
}

func (s *sizes) set(set ast.SelectionSet) int {
	n := 0
	for _, selection := range set {
		n++
		switch selection := selection.(type) {
		case *ast.Field:
			n += s.set(selection.SelectionSet)
		case *ast.InlineFragment:
			n += s.set(selection.SelectionSet)
		case *ast.FragmentSpread:
			n += s.fragment(selection)
		}
		n = min(n, s.most+1)
	}
	return n
}

func (s *sizes) fragment(spread *ast.FragmentSpread) int {
	name := spread.Name
	if n, counted := s.of[name]; counted {
		s.cycle = s.cycle || n < 0
		return max(n, 0)
	}
	fragment := s.doc.Fragments.ForName(name)
	if fragment == nil {
		s.missing = spread
		return 0
	}
	s.of[name] = -1
	s.of[name] = s.set(fragment.SelectionSet)
	return s.of[name]
}

// walk measures what an operation selects, with every fragment in the place of its spreads. It is for selections
// that were counted and found few.
type walk struct {
	Limits
	doc        *ast.QueryDocument
	mutation   bool // what is walked is one
	purchases  int  // root fields that spend
	roots      int
	aliases    int
	directives int
	depth      int
	described  int
	sameKey    int
	places     map[place]int // what place is called, as a parent: a number above 0
	fields     []int         // how many fields each of these places has
}

// spot says what is measured in a selection.
type spot struct {
	level int // how deep it is, the root being 1; 0 where that does not matter
	times int // how often an introspection answers it, as estimated; 0 outside of introspections
}

// lengthOf is about how long the lists of introspections are, of which a short document can make a product.
func lengthOf(field string) int {
	switch field {
	case "types":
		return 100
	case "fields", "inputFields", "enumValues", "possibleTypes":
		return 10
	case "args", "interfaces", "directives":
		return 4
	}
	return 1
}

// place is where a field stands in the answer, and on which type. Fields of the same place are merged, which is what
// validation takes its time for; those on different types stand beside each other.
type place struct {
	parent  int // the place around it; 0 for the root
	on, key string
}

func newWalk(l Limits, doc *ast.QueryDocument) *walk {
	return &walk{Limits: l, doc: doc, places: map[place]int{}, fields: []int{0}}
}

// verdict says what there is too much of.
func (w *walk) verdict() error {
	switch {
	case w.purchases > 1:
		return tooExpensive("The operation has %d mutations that spend money; one is allowed, so that what became of it cannot be mistaken.", w.purchases)
	case w.roots > w.RootFields:
		return tooExpensive("The operation has %d root fields; at most %d are allowed.", w.roots, w.RootFields)
	case w.depth > w.Depth:
		return tooExpensive("The operation is %d fields deep; at most %d are allowed.", w.depth, w.Depth)
	case w.aliases > w.Aliases:
		return tooExpensive("The operation has %d aliases; at most %d are allowed.", w.aliases, w.Aliases)
	case w.directives > w.Directives:
		return tooExpensive("The operation uses %d directives; at most %d are allowed.", w.directives, w.Directives)
	case w.described > w.Described:
		return tooExpensive("The introspection would answer more than about %d values.", w.Described)
	case w.sameKey > w.SameKey:
		return tooExpensive("The operation selects %d fields under one key; at most %d are allowed.", w.sameKey, w.SameKey)
	}
	return nil
}

// set measures the selections in one place.
func (w *walk) set(set ast.SelectionSet, parent int, on string, at spot) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			w.field(selection, parent, on, at)
		case *ast.InlineFragment:
			w.directives += len(selection.Directives)
			inner := on
			if selection.TypeCondition != "" {
				inner = selection.TypeCondition
			}
			w.set(selection.SelectionSet, parent, inner, at)
		case *ast.FragmentSpread:
			w.directives += len(selection.Directives)
			if fragment := w.doc.Fragments.ForName(selection.Name); fragment != nil {
				w.directives += len(fragment.Directives)
				w.set(fragment.SelectionSet, parent, fragment.TypeCondition, at)
			}
		}
	}
}

func (w *walk) field(field *ast.Field, parent int, on string, at spot) {
	if at.level == 1 {
		w.roots++
		if field.Name == "__schema" || field.Name == "__type" {
			at = spot{times: 1} // full introspection is deeper than any operation should be
		}
	}
	if field.Alias != field.Name {
		w.aliases++
	}
	w.directives += len(field.Directives)
	w.depth = max(w.depth, at.level)
	here := w.place(place{parent, on, field.Alias})
	w.fields[here]++
	if at.level == 1 && w.mutation && spends(field.Name) && w.fields[here] == 1 {
		w.purchases++
	}
	w.sameKey = max(w.sameKey, w.fields[here])
	if at.times > 0 {
		at.times = min(at.times*lengthOf(field.Name), w.Described+1)
		w.described = min(w.described+at.times, w.Described+1)
	}
	if at.level > 0 {
		at.level++
	}
	w.set(field.SelectionSet, here, "", at)
}

// place is what a place is called.
func (w *walk) place(at place) int {
	number, ok := w.places[at]
	if !ok {
		number = len(w.fields)
		w.places[at] = number
		w.fields = append(w.fields, 0)
	}
	return number
}

func tooExpensive(format string, numbers ...any) error {
	return &requestError{code: CodeTooExpensive, message: fmt.Sprintf(format, numbers...)}
}

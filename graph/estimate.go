package graph

import (
	"math/bits"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/graph/relay"
)

// What an operation will cost, before it is executed. One point is one request to Stellr, or a hundred records in the
// answer. It is an estimate: how long lists are is only known from their page sizes, and whether a part is there at all
// only from the answer.

// amount is a number of requests or records that stops growing where nobody needs to tell it from more.
type amount int64

const (
	manyAmount amount = 1 << 40
	// request is how many parts a request is counted in, so that a record's share of a request for 200 is a whole number.
	request amount = 200
	// recordParts is a record in the same parts: a hundred of them are a point.
	recordParts = request / 100
)

func (a amount) plus(b amount) amount { return min(a+b, manyAmount) }

func (a amount) times(n amount) amount {
	if n > 0 && a > manyAmount/n {
		return manyAmount
	}
	return a * n
}

// estimate is what a selection costs for each record that it is selected on. It grows with the number of those records and
// with nothing else, so a fragment is estimated once, wherever it is spread.
type estimate struct {
	requests amount // in parts
	records  amount
	reads    reads
}

// plus is two selections on the same records: what both of them read is read once.
func (e estimate) plus(o estimate) estimate {
	return estimate{e.requests.plus(o.requests), e.records.plus(o.records), e.reads | o.reads}
}

// times is the selection on n records for each one around them.
func (e estimate) times(n amount) estimate {
	return estimate{e.requests.plus(e.reads.sum(lists, ofEach)).times(n), e.records.times(n), e.reads & (shared | everySubscription)}
}

// sum is what those of the kind cost by a table.
func (r reads) sum(kind reads, table map[reads]amount) amount {
	all := amount(0)
	for left := r & kind; left != 0; left &= left - 1 {
		all += table[1<<bits.TrailingZeros16(uint16(left))]
	}
	return all
}

// points is the cost of the whole operation: at least one.
func (e estimate) points() int {
	parts := e.requests.plus(e.reads.sum(shared, ofAll)).plus(e.records.times(recordParts))
	return int(max(1, (parts+request-1)/request))
}

// estimator estimates one operation with its variables. Its document was checked: no fragment spreads itself.
type estimator struct {
	schema       *ast.Schema
	doc          *ast.QueryDocument
	variables    map[string]any
	customers    func() int // how many the caller may see, about
	resellerList bool       // Stellr lists the subscriptions of all customers at once
	fragments    map[string]estimate
}

// operation estimates the whole operation. It takes time as the document is long.
func (s *estimator) operation(o *ast.OperationDefinition) estimate {
	s.fragments = make(map[string]estimate, len(s.doc.Fragments))
	root := map[ast.Operation]*ast.Definition{ast.Query: s.schema.Query, ast.Mutation: s.schema.Mutation, ast.Subscription: s.schema.Subscription}
	all := s.set(root[o.Operation], o.SelectionSet).times(1)
	if all.reads&everySubscription != 0 {
		all.requests = all.requests.plus(s.everySubscription().times(request))
	}
	return all
}

// set estimates selections on a type; nil is a type that is not known, of which nothing is.
func (s *estimator) set(on *ast.Definition, set ast.SelectionSet) estimate {
	var all estimate
	if on == nil {
		return all
	}
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if s.included(selection.Directives) {
				all = all.plus(s.field(on, selection))
			}
		case *ast.InlineFragment:
			inner := on
			if selection.TypeCondition != "" {
				inner = s.schema.Types[selection.TypeCondition]
			}
			if s.included(selection.Directives) {
				all = all.plus(s.set(inner, selection.SelectionSet))
			}
		case *ast.FragmentSpread:
			if s.included(selection.Directives) {
				all = all.plus(s.fragment(selection.Name))
			}
		}
	}
	return all
}

func (s *estimator) fragment(name string) estimate {
	if known, ok := s.fragments[name]; ok {
		return known
	}
	fragment := s.doc.Fragments.ForName(name)
	if fragment == nil {
		return estimate{}
	}
	s.fragments[name] = estimate{}
	s.fragments[name] = s.set(s.schema.Types[fragment.TypeCondition], fragment.SelectionSet)
	return s.fragments[name]
}

// field estimates one field of a record and all below it.
func (s *estimator) field(on *ast.Definition, field *ast.Field) estimate {
	definition := on.Fields.ForName(field.Name)
	if definition == nil {
		return estimate{}
	}
	q := question{estimator: s, on: priceName(on.Name, field.Name), field: field}
	own, n := prices[q.on].of(q)
	return own.plus(s.set(s.schema.Types[definition.Type.Name()], field.SelectionSet).times(n))
}

// priceName is a field's name in the table of prices.
func priceName(on, field string) string {
	if strings.HasSuffix(on, "Payload") {
		on = "Payload"
	}
	return on + "." + field
}

// of is what the field itself costs, and how many records it answers.
func (p price) of(q question) (own estimate, n amount) {
	n = max(p.length, 1)
	switch {
	case p.page:
		n = q.size()
	case p.items != nil:
		n = p.items(q)
	}
	requests := p.requests
	if p.more != nil {
		requests = requests.plus(p.more(q))
	}
	own = estimate{requests: requests.times(request).plus(p.reads.sum(shared, ofEach)), reads: p.reads}
	if p.across != nil && p.across(q) {
		own.reads |= everySubscription
	}
	if p.page || p.counted {
		own.records = n
	}
	return own, n
}

// included says whether @skip and @include leave a selection in the operation.
func (s *estimator) included(directives ast.DirectiveList) bool {
	for _, directive := range directives {
		if directive.Name != "skip" && directive.Name != "include" {
			continue
		}
		if yes, ok := valueOf(directive.Arguments, "if", s.variables).(bool); ok && yes == (directive.Name == "skip") {
			return false
		}
	}
	return true
}

// valueOf is an argument's value; nil where it is null, left out or not to be read.
func valueOf(arguments ast.ArgumentList, name string, variables map[string]any) any {
	argument := arguments.ForName(name)
	if argument == nil {
		return nil
	}
	value, err := argument.Value.Value(variables)
	if err != nil {
		return nil
	}
	return value
}

// question is a field with its arguments.
type question struct {
	*estimator
	on    string // its name in the table
	field *ast.Field
}

// value is what an argument holds at a path, which begins with the argument's name.
func (q question) value(path ...string) any {
	value := valueOf(q.field.Arguments, path[0], q.variables)
	for _, name := range path[1:] {
		fields, _ := value.(map[string]any)
		value = fields[name]
	}
	return value
}

// given says whether an argument holds anything there.
func (q question) given(path ...string) bool { return q.value(path...) != nil }

// length is how many items stand there. One item may stand for a list of one.
func (q question) length(path ...string) amount {
	switch value := q.value(path...).(type) {
	case nil:
		return 0
	case []any:
		return amount(len(value))
	}
	return 1
}

// size is how many records the field's page has at most, as far as it says so; else as many as pages of the root have, and
// ten below, where they are often shorter.
func (q question) size() amount {
	sizes := slices.DeleteFunc([]amount{q.number("first"), q.number("last")}, func(n amount) bool { return n == 0 })
	switch {
	case len(sizes) > 0:
		return slices.Min(sizes)
	case strings.HasPrefix(q.on, "Query."):
		return relay.DefaultPage
	}
	return 10
}

// number is a page size; 0 where none is given. One that is out of bounds will be refused.
func (q question) number(name string) amount {
	n := amount(0)
	switch value := q.value(name).(type) {
	case int64:
		n = amount(value)
	case int:
		n = amount(value)
	case nil:
		return 0
	default:
		return relay.MaxPage
	}
	return min(max(n, 1), relay.MaxPage)
}

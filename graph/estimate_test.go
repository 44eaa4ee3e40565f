package graph

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
)

// estimated is what the document's first operation costs, in points, for a caller who sees 400 customers.
func estimated(t testing.TB, schema *ast.Schema, text string, variables map[string]any) int {
	t.Helper()
	doc := parse(t, text)
	if errs := validator.ValidateWithRules(schema, doc, rulesFor(true)); len(errs) > 0 {
		t.Fatalf("%s: %v", text, errs)
	}
	return estimatorOf(schema, doc, variables).operation(doc.Operations[0]).points()
}

func estimatorOf(schema *ast.Schema, doc *ast.QueryDocument, variables map[string]any) *estimator {
	return &estimator{schema: schema, doc: doc, variables: variables, customers: func() int { return 400 }}
}

func TestEstimate(t *testing.T) {
	schema := schema()
	for _, c := range []struct {
		query     string
		variables map[string]any
		points    int
	}{
		{`{viewer {subject}}`, nil, 1},
		{`{__schema {types {name fields {name}}}}`, nil, 1},
		{`{customer(customerNo: 1) {name}}`, nil, 1},
		{`{customers {nodes {name}}}`, nil, 2},                                    // a page, and 50 records
		{`{customers(first: 200) {nodes {name}}}`, nil, 3},                        // 1 + 2
		{`{customers(first: 200, filter: {search: "a"}) {nodes {name}}}`, nil, 4}, // all of them are read: 2 + 2
		{`{customers(first: 9999) {nodes {name}}}`, nil, 3},                       // will be refused; counts as 200
		{`query($n: Int) {customers(first: $n) {nodes {name}}}`, map[string]any{"n": int64(200)}, 3},
		{`query($n: Int) {customers(first: $n) {nodes {name}}}`, nil, 2},
		{`{customers(first: 200, last: 100) {nodes {name}}}`, nil, 3}, // 2 + 1
		// Fields that come from one list cost it once; under another name too, but for the records.
		{`{customers(first: 100) {nodes {subscriptions(first: 10) {nodes {name}}}}}`, nil, 112},
		{`{customers(first: 100) {nodes {subscriptions(first: 10) {nodes {name}} recurring {uncounted}}}}`, nil, 112},
		{`{customers(first: 100) {nodes {subscriptions {nodes {name}} more: subscriptions {nodes {name}}}}}`, nil, 122},
		{`{customers(first: 100) {nodes {...a ...b}}} fragment a on Customer {subscriptions {nodes {name}}} fragment b on Customer {recurring {uncounted}}`, nil, 112},
		{`{customers(first: 100) {nodes {invoices {nodes {date}} vendorAccounts {nodes {domain}}}}}`, nil, 222},
		{`{customers(first: 100) {nodes {a: agreement(agreementType: "a") {status} b: agreement(agreementType: "b") {status}}}}`, nil, 202},
		// What loaders join costs a share, and one for the whole.
		{`{customers(first: 100) {nodes {subscriptions(first: 10) {nodes {product {name}}}}}}`, nil, 118},
		{`{customers(first: 100) {nodes {subscriptions(first: 10) {nodes {product {vendor {name}}}}}}}`, nil, 119},
		{`{customers(first: 100) {nodes {subscriptions(first: 10) {nodes {vendor {name} product {vendor {status}}}}}}}`, nil, 119},
		{`{invoices(first: 200) {nodes {customer {name}}}}`, nil, 5},
		// What is asked for one by one costs one each.
		{`{customer(customerNo: 1) {subscriptions(first: 20) {nodes {renewalOptions {decision} changeLog {text}}}}}`, nil, 45},
		{`{nodes(ids: [1, 2, 3]) {... on Subscription {renewalOptions {decision}}}}`, nil, 6},
		{`query($i: [ID!]!) {nodes(ids: $i) {id}}`, map[string]any{"i": []any{"a", "b"}}, 2},
		// The subscriptions of all customers: one list for each, or as many as fill the page.
		{`{subscriptions(first: 10) {nodes {name}}}`, nil, 29},
		{`{subscriptions(first: 10) {totalCount nodes {name}}}`, nil, 403},
		{`{subscriptions(first: 10) {...f}} fragment f on SubscriptionConnection {... on SubscriptionConnection {totalCount}}`, nil, 403},
		{`{subscriptions(first: 10, orderBy: {field: NAME}) {nodes {name}}}`, nil, 403},
		{`{subscriptions(filter: {customerNo: "1", status: ACTIVE}, first: 10) {totalCount}}`, nil, 2},
		{`query($f: SubscriptionFilter) {subscriptions(filter: $f, first: 10) {totalCount}}`, map[string]any{"f": map[string]any{"customerNo": "1"}}, 2},
		{`query($c: ID) {subscriptions(filter: {customerNo: $c}, first: 10) {totalCount}}`, map[string]any{"c": "1"}, 2},
		{`query($c: ID) {subscriptions(filter: {customerNo: $c}, first: 10) {totalCount}}`, nil, 403},
		{`{subscriptions(filter: {marginBelowZero: true}, first: 10) {nodes {name}}}`, nil, 403},
		// They are looked through once.
		{`{recurring {uncounted}}`, nil, 402},
		{`{renewals(within: 30, first: 10) {nodes {daysLeft}}}`, nil, 403},
		{`{recurring {uncounted} more: recurring {uncounted} renewals(within: 30, first: 10) {nodes {daysLeft}} subscriptions(first: 10) {totalCount}}`, nil, 403},
		// What is decided of a renewal takes a request, whichever fields are asked for, and what it is to become another.
		{`{customer(customerNo: 1) {renewals(within: 30, first: 20) {nodes {decision decisionText}}}}`, nil, 23},
		{`{customer(customerNo: 1) {renewals(within: 30, first: 20) {nodes {outcome decision}}}}`, nil, 43},
		{`{customer(customerNo: 1) {seatChanges(since: "2026-07-01", first: 20) {nodes {seatsChanged(since: "2026-07-01")}}}}`, nil, 33},
		// What is left out costs nothing.
		{`query($y: Boolean!) {customers(first: 100) @include(if: $y) {nodes {name}} viewer {subject}}`, map[string]any{"y": false}, 1},
		{`query($y: Boolean!) {...f @skip(if: $y) ... @skip(if: $y) {customer(customerNo: 1) {name} product(productId: 1) {name}}} fragment f on Query {vendors {nodes {name}}}`, map[string]any{"y": true}, 1},
		{`query($y: Boolean!) {... @skip(if: $y) {customer(customerNo: 1) {name} product(productId: 1) {name}}}`, map[string]any{"y": false}, 2},
		{`mutation {suspendSubscription(input: {customerNo: 1, subscriptionId: 1}) {subscription {name}}}`, nil, 6},
		{`mutation {createSubscriptions(input: {customerNo: 1, vendorId: 4, items: [{skuNo: 1, quantity: 1}, {skuNo: 2, quantity: 1}]}) {replayed}}`, nil, 7},
		{`subscription {operationUpdated(operationId: 1) {subscription {name}}}`, nil, 3},
		// Circles.
		{`{customers(first: 200) {nodes {subscriptions(first: 200) {nodes {customer {subscriptions(first: 200) {nodes {name}}}}}}}}`, nil, 120_804},
	} {
		if got := estimated(t, schema, c.query, c.variables); got != c.points {
			t.Errorf("%s %v: %d points, not %d", c.query, c.variables, got, c.points)
		}
	}
}

// Whoever knows how long lists are asks for that much; the estimate must not outgrow numbers.
func TestEstimateDoesNotOverflow(t *testing.T) {
	circle := strings.Repeat("customer{subscriptions(first:200){nodes{", 40) + "name" + strings.Repeat("}}}", 40)
	got := estimated(t, schema(), `{customers(first:200){nodes{subscriptions(first:200){nodes{`+circle+`}}}}}`, nil)
	if want := int(manyAmount / request); got < want || got > 4*want {
		t.Errorf("%d points, where about %d are the most that is told apart", got, want)
	}
}

// What people will ask must pass, with room to spare.
func TestUsefulQuestionsAreAffordable(t *testing.T) {
	schema := schema()
	files, err := filepath.Glob("examples/*.graphql")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		points := estimated(t, schema, string(text), nil)
		if points > 500 {
			t.Errorf("%s costs %d points", file, points)
		}
		t.Log(filepath.Base(file), points)
	}
	for query, most := range map[string]int{
		`{customers(first: 100) {nodes {subscriptions {nodes {product {vendor {name}}}}}}}`:                                          200,
		`{customers(first: 200) {nodes {subscriptions(first: 200) {nodes {name quantity}}}}}`:                                        700,
		`{customers(first: 100) {nodes {name recurring {uncounted} invoices {nodes {total {amount}}} vendorAccounts {totalCount}}}}`: 500,
	} {
		if points := estimated(t, schema, query, nil); points > most {
			t.Errorf("%s costs %d points", query, points)
		}
	}
}

// plainCount is the estimate made plainly: from the root down, with every fragment in the place of its spreads, and the number
// of records in hand.
type plainCount struct {
	estimator
	requests, records amount
	shared            reads
	patience          int
}

// set counts selections on n records of a type, and the lists that are read for each of them.
func (c *plainCount) set(on *ast.Definition, set ast.SelectionSet, n amount, own *reads) {
	if on == nil {
		return
	}
	for _, selection := range set {
		if c.patience--; c.patience < 0 {
			return
		}
		switch selection := selection.(type) {
		case *ast.Field:
			if definition := on.Fields.ForName(selection.Name); definition != nil && c.included(selection.Directives) {
				c.field(on, selection, definition, n, own)
			}
		case *ast.InlineFragment:
			inner := on
			if selection.TypeCondition != "" {
				inner = c.schema.Types[selection.TypeCondition]
			}
			if c.included(selection.Directives) {
				c.set(inner, selection.SelectionSet, n, own)
			}
		case *ast.FragmentSpread:
			if fragment := c.doc.Fragments.ForName(selection.Name); fragment != nil && c.included(selection.Directives) {
				c.set(c.schema.Types[fragment.TypeCondition], fragment.SelectionSet, n, own)
			}
		}
	}
}

func (c *plainCount) field(on *ast.Definition, field *ast.Field, definition *ast.FieldDefinition, n amount, own *reads) {
	q := question{estimator: &c.estimator, on: priceName(on.Name, field.Name), field: field}
	price, length := prices[q.on].of(q)
	c.requests, c.records = c.requests.plus(price.requests.times(n)), c.records.plus(price.records.times(n))
	c.shared |= price.reads & (shared | everySubscription)
	*own |= price.reads & lists
	c.below(c.schema.Types[definition.Type.Name()], field.SelectionSet, n.times(length))
}

// below counts selections on n records, and the lists that these are asked for.
func (c *plainCount) below(on *ast.Definition, set ast.SelectionSet, n amount) {
	var own reads
	c.set(on, set, n, &own)
	for one, requests := range ofEach {
		if own&one&lists != 0 {
			c.requests = c.requests.plus(requests.times(n))
		}
	}
}

// invented is a document of the schema's own fields: one query and some fragments, of which each spreads only later ones.
func invented(schema *ast.Schema, dice *rand.Rand) string {
	var types []*ast.Definition
	for _, name := range slices.Sorted(maps.Keys(schema.Types)) {
		if definition := schema.Types[name]; definition.Kind == ast.Object && !definition.BuiltIn {
			types = append(types, definition)
		}
	}
	fragments := dice.IntN(5)
	var text strings.Builder
	var set func(on *ast.Definition, from, deep int)
	set = func(on *ast.Definition, from, deep int) {
		text.WriteString("{__typename ")
		for range dice.IntN(4) {
			field := on.Fields[dice.IntN(len(on.Fields))]
			below := schema.Types[field.Type.Name()]
			switch choice := dice.IntN(8); {
			case choice == 0 && from < fragments:
				fmt.Fprintf(&text, "...f%d ", from+dice.IntN(fragments-from))
			case choice == 1 && deep > 0:
				text.WriteString("... @include(if: $y) ")
				set(on, from, deep-1)
			case below.IsCompositeType() && deep > 0:
				text.WriteString(field.Name)
				if field.Arguments.ForName("first") != nil {
					text.WriteString([]string{"", "(first: 3)", "(last: 200)", "(first: $n)"}[dice.IntN(4)])
				}
				set(below, from, deep-1)
			}
		}
		text.WriteString("} ")
	}
	text.WriteString("query($y: Boolean, $n: Int) ")
	set(schema.Query, 0, 6)
	for i := range fragments {
		on := types[dice.IntN(len(types))]
		fmt.Fprintf(&text, "fragment f%d on %s ", i, on.Name)
		set(on, i+1, 5)
	}
	return text.String()
}

// plainly is the estimate in points, made plainly; false where that would take too long.
func plainly(s *estimator, operation *ast.OperationDefinition) (int, bool) {
	plain := plainCount{estimator: *s, patience: 10_000}
	root := map[ast.Operation]*ast.Definition{ast.Query: s.schema.Query, ast.Mutation: s.schema.Mutation, ast.Subscription: s.schema.Subscription}
	plain.below(root[operation.Operation], operation.SelectionSet, 1)
	for one, requests := range ofAll {
		if plain.shared&one != 0 {
			plain.requests = plain.requests.plus(requests)
		}
	}
	if plain.shared&everySubscription != 0 {
		plain.requests = plain.requests.plus(s.everySubscription().times(request))
	}
	parts := plain.requests.plus(plain.records.times(recordParts))
	return max(1, int((parts+request-1)/request)), plain.patience >= 0
}

// FuzzEstimate holds the estimate that looks at each fragment once against the plain count: for a document that is given, or
// one that a seed above 0 invents.
func FuzzEstimate(f *testing.F) {
	for _, seed := range []string{
		`{customers(first:100){nodes{...a ...b subscriptions{nodes{product{vendor{name}}}}}}} fragment a on Customer{recurring{uncounted} invoices{nodes{customer{...b}}}} fragment b on Customer{vendorAccounts{nodes{customer{name}}}}`,
		`{subscriptions(first:7){...c} more:subscriptions{...c}} fragment c on SubscriptionConnection{totalCount nodes{customer{...d}}} fragment d on Customer{subscriptions(last:3){edges{node{renewalOptions{plans{product{name}}}}}}}`,
		`query($n:Int=5,$y:Boolean=true){nodes(ids:[1,2]){...e @include(if:$y) ... on Invoice{lines{subscription{addOns{name}}}}}} fragment e on Node{id ... on Customer{subscriptions(first:$n){nodes{changeLog{text}}}}}`,
		`mutation{createSubscriptions(input:{items:[{},{}]}){operations{results{subscription{customer{recurring{uncounted}}}}}}}`,
		`subscription{subscriptionChanged(customerNo:1){customer{...f}}} fragment f on Customer{subscriptions{nodes{customer{...g}}}} fragment g on Customer{subscriptions{nodes{customer{...h}}}} fragment h on Customer{subscriptions{nodes{name}}}`,
		"{customer(customerNo:1){" + strings.Repeat("subscriptions(first:200){nodes{customer{", 9) + "name" + strings.Repeat("}}}", 9) + "}}",
		"{...f0} " + doubling(8),
	} {
		f.Add(seed, int64(3), true, uint64(0))
	}
	for i := range 200 {
		f.Add("", int64(i), i%2 == 0, uint64(i+1))
	}
	limits, schema := Limits{Depth: 100, Aliases: 100}.orDefaults(), schema()
	f.Fuzz(func(t *testing.T, text string, n int64, y bool, seed uint64) {
		if seed > 0 {
			text = invented(schema, rand.New(rand.NewPCG(seed, 0)))
		}
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, limits.Tokens)
		if err != nil || len(doc.Operations) == 0 || limits.check(doc) != nil {
			return
		}
		variables := map[string]any{"n": n, "y": y, "f": map[string]any{"customerNo": "1"}}
		operation := doc.Operations[0]
		got := estimatorOf(schema, doc, variables).operation(operation).points()
		if want, ok := plainly(estimatorOf(schema, doc, variables), operation); ok && got != want {
			t.Fatalf("%s\ncosts %d points, and %d when every fragment is followed", text, got, want)
		}
	})
}

package graph

import (
	"errors"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// reader reads documents: what they say, and whether it can be executed.
type reader struct {
	schema *ast.Schema
	limits Limits
}

func newReader(schema *ast.Schema, limits Limits) reader { return reader{schema, limits} }

// document is a GraphQL document that is ready to be executed, or why it never will be.
type document struct {
	doc   *ast.QueryDocument
	kinds map[*ast.OperationDefinition]kind
	errs  gqlerror.List
}

// read parses, measures and validates a document, in this order: each step is safe only after the one before. With hints,
// the errors say what may have been meant.
func (r reader) read(text string, hints bool) document {
	if len(text) > r.limits.Query {
		return document{errs: listOf(tooExpensive("The document is longer than %d bytes.", r.limits.Query))}
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, r.limits.Tokens)
	if err != nil {
		if err.Error() == gqlerror.Errorf("exceeded token limit of %d", r.limits.Tokens).Error() {
			return document{errs: listOf(tooExpensive("The document has more than %d tokens.", r.limits.Tokens))}
		}
		return document{errs: asRequestErrors(CodeParseFailed, err)}
	}
	if len(doc.Operations) == 0 {
		return document{errs: listOf(&requestError{code: CodeValidationFailed, message: "The document has no operation."})}
	}
	if err := r.limits.check(doc); err != nil {
		return document{errs: listOf(err)}
	}
	errs := validator.ValidateWithRules(r.schema, doc, rulesFor(false))
	if hints && len(errs) > 0 && r.worthHints(errs) {
		errs = validator.ValidateWithRules(r.schema, doc, rulesFor(true))
	}
	if len(errs) > 0 {
		return document{errs: asRequestErrors(CodeValidationFailed, errs)}
	}
	return document{doc: doc, kinds: kindsOf(doc)}
}

// worthHints says whether hints are found fast: each wrong name is compared with all that it could have been, letter by
// letter, and a name of 16,000 letters took 12 ms.
func (r reader) worthHints(errs gqlerror.List) bool {
	const most = 200 // bytes of a message, which holds the name
	return len(errs) <= r.limits.Errors && !slices.ContainsFunc(errs, func(err *gqlerror.Error) bool { return len(err.Message) > most })
}

// rulesFor are the rules of validation. Hints tell names of the schema that were not asked for.
func rulesFor(hints bool) *rules.Rules {
	all := rules.NewDefaultRules()
	if !hints {
		all.ReplaceRule(rules.FieldsOnCorrectTypeRule.Name, rules.FieldsOnCorrectTypeRuleWithoutSuggestions.RuleFunc)
		all.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
		all.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
		all.ReplaceRule(rules.ScalarLeafsRule.Name, rules.ScalarLeafsRuleWithoutSuggestions.RuleFunc)
		all.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc)
	}
	return all
}

// asRequestErrors is what the parser or the validation found.
func asRequestErrors(code Code, err error) gqlerror.List {
	found, ok := errors.AsType[gqlerror.List](err)
	if !ok {
		one, ok := errors.AsType[*gqlerror.Error](err)
		if !ok {
			return listOf(err)
		}
		found = gqlerror.List{one}
	}
	list := make(gqlerror.List, len(found))
	for i, err := range found {
		list[i] = listOf(&requestError{code: code, message: short(err.Message), locations: err.Locations})[0]
	}
	return list
}

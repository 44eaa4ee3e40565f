package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"stellr-gateway/internal/access"
)

// Introspection is who may ask for the schema, and is told in errors what they may have meant.
type Introspection string

// Who may.
const (
	IntrospectionOn    Introspection = "on"    // everybody
	IntrospectionRoles Introspection = "roles" // callers with a role
	IntrospectionOff   Introspection = "off"   // nobody
)

// open says whether the caller may ask for the schema.
func (i Introspection) open(ctx context.Context) bool {
	return i == IntrospectionOn || i == IntrospectionRoles && len(access.From(ctx).Roles) > 0
}

// hints says whether errors tell the caller what may have been meant. Only those who hold a role are told.
func (i Introspection) hints(ctx context.Context) bool {
	return i != IntrospectionOff && len(access.From(ctx).Roles) > 0
}

// ShowsSchema says whether a caller may see the schema in whatever form: the one rule for introspection and for the schema
// as a file. Where only trusted documents are executed it is for nobody.
func (o HandlerOptions) ShowsSchema(ctx context.Context) bool {
	setDefault(&o.Introspection, IntrospectionRoles)
	return o.TrustMode != TrustEnforce && o.Introspection.open(ctx)
}

// kind is what an operation's root fields are about.
type kind struct {
	introspects bool // one of them asks for the schema
	dataless    bool // it is a query, and none of them answers anything else than the schema or a type's name
	personal    bool // its answer may depend on who asks, and not only on what the caller may see
	fleeting    bool // its answer may change without anything that was read having changed
}

// kindsOf says it for each operation of a document.
func kindsOf(doc *ast.QueryDocument) map[*ast.OperationDefinition]kind {
	kinds := make(map[*ast.OperationDefinition]kind, len(doc.Operations))
	for _, operation := range doc.Operations {
		k := kind{dataless: operation.Operation == ast.Query}
		eachField(doc, operation.SelectionSet, func(field *ast.Field) {
			switch field.Name {
			case "__schema", "__type":
				k.introspects = true
			case "__typename":
			default:
				k.dataless = false
			}
			k.personal = k.personal || isPersonal(field.Name)
			k.fleeting = k.fleeting || isPersonal(field.Name) || isFleeting(field.Name)
		})
		kinds[operation] = k
	}
	return kinds
}

// kindOf is what an operation asks for that was let through.
func kindOf(operation *graphql.OperationContext) kind {
	return operation.Stats.GetExtension("kind").(kind)
}

// isPersonal says of a root field whether its answer may depend on who asks: the gateway's own records show who may see
// them, and any of them may be a node.
func isPersonal(root string) bool {
	switch root {
	case "viewer", "node", "nodes", "operation", "command", "commandByKey", "commands":
		return true
	}
	return false
}

// isFleeting says of a root field whether its answer is about this moment.
func isFleeting(root string) bool { return root == "upstream" || root == "checkVendorAccount" }

// eachField visits the fields of one place, those in fragments among them, each fragment once.
func eachField(doc *ast.QueryDocument, set ast.SelectionSet, visit func(*ast.Field)) {
	seen := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, selection := range set {
			switch selection := selection.(type) {
			case *ast.Field:
				visit(selection)
			case *ast.InlineFragment:
				walk(selection.SelectionSet)
			case *ast.FragmentSpread:
				if fragment := doc.Fragments.ForName(selection.Name); fragment != nil && !seen[selection.Name] {
					seen[selection.Name] = true
					walk(fragment.SelectionSet)
				}
			}
		}
	}
	walk(set)
}

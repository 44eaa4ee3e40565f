package graph

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"stellr-gateway/graph/transport"
)

// rememberedDocuments is how many documents are kept parsed and validated, or with what is wrong with them.
const rememberedDocuments = 500

// gate is gqlgen's executor with what it leaves out: documents are measured before they are validated, operations
// have a deadline, answers a bounded number of errors, and each error goes to the log once.
type gate struct {
	*executor.Executor
	schema   *ast.Schema
	limits   Limits
	deadline time.Duration
	log      *slog.Logger
	known    *lru.LRU[document]
}

// document is a GraphQL document that is ready to be executed, or why it never will be.
type document struct {
	doc  *ast.QueryDocument
	errs gqlerror.List
}

// newGate makes the executor of a schema. begin makes the context of each answer.
func newGate(es graphql.ExecutableSchema, begin func(context.Context) context.Context, o HandlerOptions) *gate {
	g := &gate{
		Executor: executor.New(es), schema: es.Schema(), limits: o.Limits, deadline: o.Deadline, log: o.Logger,
		known: lru.New[document](rememberedDocuments),
	}
	g.SetQueryCache(ready{})
	g.SetErrorPresenter(presentError)
	g.SetRecoverFunc(func(_ context.Context, p any) error { return transport.NewPanic(p) })
	g.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(begin(ctx))
	})
	return g
}

// CreateOperationContext reads and checks what a caller wants executed.
func (g *gate) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	known := g.document(ctx, params.Query)
	errs := known.errs
	if errs == nil {
		errs = checkName(known.doc, params.OperationName)
	}
	if errs != nil {
		return &graphql.OperationContext{RawQuery: params.Query, OperationName: params.OperationName}, errs
	}
	operation, list := g.Executor.CreateOperationContext(context.WithValue(ctx, readyKey{}, known.doc), params)
	for i, err := range list { // only variables are left to be wrong
		list[i] = listOf(&requestError{code: CodeBadInput, message: variableMessage(err)})[0]
	}
	operation.DisableIntrospection = false
	return operation, list
}

// document is a document that was read, now or before.
func (g *gate) document(ctx context.Context, text string) document {
	known, ok := g.known.Get(ctx, text)
	if !ok {
		known = g.read(text)
		if len(text) <= g.limits.Query { // what is longer takes no time to refuse
			g.known.Add(ctx, text, known)
		}
	}
	return known
}

// DispatchOperation executes an operation. Queries and mutations answer within the deadline: what has not come by
// then is an error beside what has.
func (g *gate) DispatchOperation(ctx context.Context, operation *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	if operation.Operation.Operation == ast.Subscription {
		end := new(ending)
		responses, ctx := g.Executor.DispatchOperation(context.WithValue(ctx, endingKey{}, end), operation)
		return func(ctx context.Context) *graphql.Response {
			if response := responses(ctx); response != nil || ctx.Err() != nil {
				return g.finish(ctx, response)
			}
			if err := end.take(); err != nil { // the last response is why there are no more
				return g.DispatchError(ctx, listOf(err))
			}
			return nil
		}, ctx
	}
	ctx, cancel := context.WithTimeout(ctx, g.deadline)
	responses, ctx := g.Executor.DispatchOperation(ctx, operation)
	answered := false
	return func(ctx context.Context) *graphql.Response {
		if answered {
			return nil
		}
		answered = true
		defer cancel()
		if response := responses(ctx); response != nil {
			return g.finish(ctx, response)
		}
		return g.DispatchError(ctx, listOf(ctx.Err())) // it was over before it began
	}, ctx
}

// DispatchError presents errors that came instead of an execution.
func (g *gate) DispatchError(ctx context.Context, list gqlerror.List) *graphql.Response {
	return g.finish(ctx, g.Executor.DispatchError(ctx, list))
}

// read parses, measures and validates a document, in this order: each step is safe only after the one before.
func (g *gate) read(text string) document {
	if len(text) > g.limits.Query {
		return document{errs: listOf(tooExpensive("The document is longer than %d bytes.", g.limits.Query))}
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, g.limits.Tokens)
	if err != nil {
		if err.Error() == gqlerror.Errorf("exceeded token limit of %d", g.limits.Tokens).Error() {
			return document{errs: listOf(tooExpensive("The document has more than %d tokens.", g.limits.Tokens))}
		}
		return document{errs: asRequestErrors(CodeParseFailed, err)}
	}
	if len(doc.Operations) == 0 {
		return document{errs: listOf(&requestError{code: CodeValidationFailed, message: "The document has no operation."})}
	}
	if err := g.limits.check(doc); err != nil {
		return document{errs: listOf(err)}
	}
	if errs := validator.ValidateWithRules(g.schema, doc, rules.NewDefaultRules()); len(errs) > 0 {
		return document{errs: asRequestErrors(CodeValidationFailed, errs)}
	}
	return document{doc: doc}
}

// checkName says whether the operation's name leaves exactly one operation to execute.
func checkName(doc *ast.QueryDocument, name string) gqlerror.List {
	switch {
	case doc.Operations.ForName(name) != nil:
		return nil
	case name == "":
		return listOf(&requestError{code: CodeBadInput, message: "operationName must say which of the document's operations is meant."})
	}
	return listOf(&requestError{code: CodeBadInput, message: "The document has no operation with the name in operationName."})
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

// variableMessage is what is wrong with a variable: which one, and what of it.
func variableMessage(err *gqlerror.Error) string {
	name := ""
	for i, part := range err.Path {
		switch part := part.(type) {
		case ast.PathIndex:
			name += fmt.Sprintf("[%d]", part)
		case ast.PathName:
			if i > 1 {
				name += "."
			}
			if i > 0 { // the first says "variable"
				name += string(part)
			}
		}
	}
	return short("The variable $" + name + ": " + err.Message + ".")
}

// listOf is an error as a list, for DispatchError.
func listOf(err error) gqlerror.List { return gqlerror.List{{Err: err, Message: err.Error()}} }

// ready is the cache that gqlgen's executor looks into before it would parse and validate by itself: what it looks
// for is always there, because the gate has put it into the context.
type ready struct{}

type readyKey struct{}

func (ready) Get(ctx context.Context, _ string) (*ast.QueryDocument, bool) {
	doc, ok := ctx.Value(readyKey{}).(*ast.QueryDocument)
	return doc, ok
}

func (ready) Add(context.Context, string, *ast.QueryDocument) {}

// finish bounds the errors of a response and logs them.
func (g *gate) finish(ctx context.Context, response *graphql.Response) *graphql.Response {
	if response == nil {
		return nil
	}
	response.Errors = boundErrors(response.Errors, g.limits.Errors)
	for _, err := range response.Errors {
		logError(ctx, g.log, err)
	}
	return response
}

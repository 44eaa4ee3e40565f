package graph

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/cache"
)

// rememberedDocuments is how many documents are kept parsed and validated, or with what is wrong with them.
const rememberedDocuments = 500

// gate is gqlgen's executor with what it leaves out: documents are found by their names, measured before they are
// validated and priced before they are executed; operations have a deadline, answers a bounded number of errors, and
// each error goes to the log once.
type gate struct {
	*executor.Executor
	reader
	backend
	documents     *documents
	introspection Introspection
	rates         *rates
	deadline      time.Duration
	log           *slog.Logger
	known         map[bool]*lru.LRU[document] // by whether errors have hints
	sharing       *sharing
}

// backend is what the gate must know of the resolvers.
type backend struct {
	begin        func(context.Context) (context.Context, *tally) // begins an answer
	customers    func(context.Context) int                       // how many the caller may see, about
	resellerList bool                                            // Stellr lists the subscriptions of all customers at once
	version      func(tags ...string) cache.Version              // of what is kept
}

// newGate makes the executor of a schema.
func newGate(es graphql.ExecutableSchema, b backend, o HandlerOptions) *gate {
	g := &gate{
		Executor: executor.New(es), reader: newReader(es.Schema(), o.Limits), backend: b, documents: newDocuments(o),
		introspection: o.Introspection, rates: newRates(o.CallerRate, o.Limits.Cost, o.Clock), deadline: o.Deadline, log: o.Logger,
		known:   map[bool]*lru.LRU[document]{true: lru.New[document](rememberedDocuments), false: lru.New[document](rememberedDocuments)},
		sharing: newSharing(o, b.version),
	}
	g.SetQueryCache(ready{})
	g.SetErrorPresenter(presentError)
	g.SetRecoverFunc(func(_ context.Context, p any) error { return transport.NewPanic(p) })
	g.AroundResponses(g.respond)
	return g
}

// respond makes one answer, and notes on the operation's bill what it took.
func (g *gate) respond(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	b := billOf(ctx)
	ctx, seen := watched(ctx)
	ctx, tally := g.begin(ctx)
	if tally != nil {
		tally.seen = seen
		tally.tagged = g.sharing.kept != nil
	}
	response := next(ctx)
	if response == nil || b == nil {
		return response
	}
	if b.begun {
		b.taken(tally)
	}
	if tally != nil {
		if oldest, kept := tally.age(); kept {
			showAge(response, seconds(oldest))
		}
	}
	if b.shown {
		b.show(response)
	}
	if seen != nil {
		seen.show(ctx, response)
	}
	return response
}

// CreateOperationContext reads and checks what a caller wants executed.
func (g *gate) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	request := transport.RequestOf(ctx)
	meant, err := g.documents.find(request, params)
	if err != nil {
		return notExecuted(params, listOf(err))
	}
	params.Query = meant.text
	known := g.document(ctx, params.Query)
	if known.errs != nil {
		return notExecuted(params, ownCopies(known.errs))
	}
	if errs := checkName(known.doc, params.OperationName); errs != nil {
		return notExecuted(params, errs)
	}
	g.documents.note(ctx, meant)
	g.documents.persist(meant)
	kind := known.kinds[known.doc.Operations.ForName(params.OperationName)]
	if err := g.allowed(ctx, kind, request.Get && !meant.persisted); err != nil {
		return notExecuted(params, listOf(err))
	}
	operation, list := g.Executor.CreateOperationContext(context.WithValue(ctx, readyKey{}, known.doc), params)
	for i, err := range list { // only variables are left to be wrong
		list[i] = listOf(&requestError{code: CodeBadInput, message: variableMessage(err)})[0]
	}
	operation.Stats.SetExtension("kind", kind)
	operation.DisableIntrospection = false // whom it is closed to was refused
	if list == nil {
		list = g.price(ctx, operation)
	}
	return operation, list
}

// notExecuted is what is answered instead of an operation.
func notExecuted(params *graphql.RawParams, errs gqlerror.List) (*graphql.OperationContext, gqlerror.List) {
	return &graphql.OperationContext{RawQuery: params.Query, OperationName: params.OperationName}, errs
}

// document is the document with this text.
func (g *gate) document(ctx context.Context, text string) document {
	if trusted, ok := g.documents.trusted.document(text); ok {
		return trusted
	}
	hints := g.introspection.hints(ctx)
	known, ok := g.known[hints].Get(ctx, text)
	if !ok {
		known = g.read(text, hints)
		if len(text) <= g.limits.Query { // what is longer takes no time to refuse
			g.known[hints].Add(ctx, text, known)
		}
	}
	return known
}

// allowed says whether the caller may ask for what the operation asks for, and in this way. bare is a GET that brings a
// document of its own: that may ask for nobody's data, since addresses end up in logs and links.
func (g *gate) allowed(ctx context.Context, k kind, bare bool) error {
	switch {
	case bare && !k.dataless:
		return &transport.Refusal{Status: http.StatusMethodNotAllowed, Allow: http.MethodPost, Message: "A GET can only name a document that is known here: send it by POST."}
	case k.introspects && !g.introspection.open(ctx):
		return &requestError{code: CodeForbidden, message: "You may not ask for the schema."}
	}
	return nil
}

// price estimates what the operation will cost, and refuses it where that is too much.
func (g *gate) price(ctx context.Context, operation *graphql.OperationContext) gqlerror.List {
	s := estimator{
		schema: g.schema, doc: operation.Doc, variables: operation.Variables,
		customers: func() int { return g.customers(ctx) }, resellerList: g.resellerList,
	}
	b := &bill{estimated: s.operation(operation.Operation).points(), limit: g.limits.Cost, shown: operation.Headers.Get(costHeader) == "1"}
	b.put(operation)
	if b.estimated > b.limit {
		return listOf(tooExpensive("The operation would cost about %d points; at most %d are allowed. A point is a request to Stellr, or a hundred records: ask for less at a time.", b.estimated, b.limit))
	}
	return nil
}

// DispatchOperation executes an operation, if the caller's rate lets it. Queries and mutations answer within the deadline:
// what has not come by then is an error beside what has.
func (g *gate) DispatchOperation(ctx context.Context, operation *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	caller, b := access.From(ctx).ID(), billFor(operation)
	if wait := g.rates.take(caller, b.estimated); wait > 0 {
		return graphql.OneShot(g.DispatchError(graphql.WithOperationContext(ctx, operation), listOf(tooOften(wait)))), ctx
	}
	b.begun, b.charged = true, b.estimated
	settled := func(response *graphql.Response) *graphql.Response {
		g.rates.correct(caller, b.actual()-b.charged)
		b.charged = 0
		return response
	}
	if operation.Operation.Operation == ast.Subscription {
		return g.follow(ctx, operation, settled)
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
		if response := settled(responses(ctx)); response != nil {
			return g.finish(ctx, response)
		}
		return g.DispatchError(ctx, listOf(ctx.Err())) // it was over before it began
	}, ctx
}

// follow executes a subscription: it has a response for each event, each of which is settled.
func (g *gate) follow(ctx context.Context, operation *graphql.OperationContext, settled func(*graphql.Response) *graphql.Response) (graphql.ResponseHandler, context.Context) {
	end := new(ending)
	responses, ctx := g.Executor.DispatchOperation(context.WithValue(ctx, endingKey{}, end), operation)
	return func(ctx context.Context) *graphql.Response {
		if response := responses(ctx); response != nil || ctx.Err() != nil {
			if response != nil {
				settled(response)
			}
			return g.finish(ctx, response)
		}
		if err := end.take(); err != nil { // the last response is why there are no more
			return g.DispatchError(ctx, listOf(err))
		}
		return nil
	}, ctx
}

// tooOften refuses an operation that the caller's rate does not let through yet.
func tooOften(wait time.Duration) error {
	return &transport.Refusal{
		Status: http.StatusTooManyRequests, RetryAfter: wait,
		Message: fmt.Sprintf("You have used up your share for the moment: try again in %d s.", transport.Seconds(wait)),
	}
}

// DispatchError presents errors that came instead of an execution.
func (g *gate) DispatchError(ctx context.Context, list gqlerror.List) *graphql.Response {
	return g.finish(ctx, g.Executor.DispatchError(ctx, list))
}

// ownCopies are errors that are kept with a document, for one answer: presenting an error writes its path into it.
func ownCopies(kept gqlerror.List) gqlerror.List {
	own := make(gqlerror.List, len(kept))
	for i, err := range kept {
		one := *err
		own[i] = &one
	}
	return own
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

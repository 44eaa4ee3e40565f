package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
)

// costHeader asks with the value 1 for what an operation costs, in the extensions of its answers.
const costHeader = "X-Gateway-Cost"

// bill is what an operation costs.
type bill struct {
	estimated, limit int
	shown            bool // the caller wants to see it
	begun            bool // the operation was let through
	charged          int  // with what the caller's rate was charged, and what no answer has used yet

	requests, records int64  // of the last answer
	tally             *tally // of the last answer; nil where nothing was executed
}

// actual is what the last answer cost; 0 where nothing was executed.
func (b *bill) actual() int {
	if !b.begun {
		return 0
	}
	return int(max(1, b.requests+(b.records+99)/100))
}

// taken notes what an answer took.
func (b *bill) taken(t *tally) {
	if b.tally = t; t != nil {
		b.requests, b.records = t.calls.Load(), t.objects.Load()
	}
}

// show adds the bill to an answer.
func (b *bill) show(response *graphql.Response) {
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	response.Extensions["cost"] = map[string]any{
		"estimated": b.estimated, "actual": b.actual(), "limit": b.limit, "upstreamCalls": b.requests,
	}
}

// put makes the bill the operation's.
func (b *bill) put(operation *graphql.OperationContext) { operation.Stats.SetExtension("cost", b) }

// billFor is the bill of an operation that was let through.
func billFor(operation *graphql.OperationContext) *bill {
	return operation.Stats.GetExtension("cost").(*bill)
}

// billOf is the bill of the operation that ctx belongs to; nil where there is none.
func billOf(ctx context.Context) *bill {
	if !graphql.HasOperationContext(ctx) {
		return nil
	}
	b, _ := graphql.GetOperationContext(ctx).Stats.GetExtension("cost").(*bill)
	return b
}

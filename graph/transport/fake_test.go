package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// fake is a schema without generated code. Its subscriptions tell what tests put into next, until it is closed.
type fake struct {
	next  chan string
	ended chan struct{} // gets one for each subscription whose context has ended
}

const fakeSchema = `
	type Query { name: String caller: String fails: String breaks: String lines: String }
	type Mutation { change: String }
	type Subscription { tick: String breaks: String }`

func newFake() *fake { return &fake{next: make(chan string), ended: make(chan struct{}, 2000)} }

func (f *fake) schema() graphql.ExecutableSchema {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: fakeSchema})
	return &graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			operation := graphql.GetOperationContext(ctx).Operation
			field := operation.SelectionSet[0].(*ast.Field)
			if operation.Operation == ast.Subscription {
				context.AfterFunc(ctx, func() { f.ended <- struct{}{} })
				return func(ctx context.Context) *graphql.Response { return f.event(ctx, field) }
			}
			answered := false
			return func(ctx context.Context) *graphql.Response {
				if answered {
					return nil
				}
				answered = true
				return f.answer(ctx, field)
			}
		},
	}
}

func (f *fake) event(ctx context.Context, field *ast.Field) *graphql.Response {
	select {
	case text, ok := <-f.next:
		if !ok {
			return nil
		}
		if field.Name == "breaks" {
			panic("broken on purpose")
		}
		return &graphql.Response{Data: fmt.Appendf(nil, `{"tick":%q}`, text)}
	case <-ctx.Done():
		return nil
	}
}

type callerKey struct{}

func (f *fake) answer(ctx context.Context, field *ast.Field) *graphql.Response {
	switch field.Name {
	case "breaks":
		panic("broken on purpose")
	case "fails":
		graphql.AddError(ctx, errors.New("failed on purpose"))
		return &graphql.Response{Data: []byte(`{"fails":null}`)}
	case "caller":
		return &graphql.Response{Data: fmt.Appendf(nil, `{"caller":"%v"}`, ctx.Value(callerKey{}))}
	case "lines":
		return &graphql.Response{Data: []byte("{\"lines\":\n\"a\"\r\n}")}
	}
	return &graphql.Response{Data: fmt.Appendf(nil, `{%q:"test"}`, field.Alias)}
}

// plain presents errors of this package by their messages alone.
func plain(_ context.Context, err error) *gqlerror.Error {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return &gqlerror.Error{Err: refusal, Message: refusal.Message}
	}
	if broken, ok := errors.AsType[*Panic](err); ok {
		return &gqlerror.Error{Err: broken, Message: "broken"}
	}
	if shown, ok := errors.AsType[*gqlerror.Error](err); ok {
		return shown
	}
	return gqlerror.Wrap(err)
}

// ending is an executor whose queries end their context with their answer, as a deadline's would.
type ending struct{ *executor.Executor }

func (e ending) DispatchOperation(ctx context.Context, operation *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	if operation.Operation.Operation == ast.Subscription {
		return e.Executor.DispatchOperation(ctx, operation)
	}
	ctx, cancel := context.WithCancel(ctx)
	responses, ctx := e.Executor.DispatchOperation(ctx, operation)
	return func(ctx context.Context) *graphql.Response {
		defer cancel()
		return responses(ctx)
	}, ctx
}

func (f *fake) options() Options {
	exec := executor.New(f.schema())
	exec.SetErrorPresenter(plain)
	return Options{
		Executor: ending{exec}, MaxBody: 256 << 10, MaxMessage: 4 << 10, MaxStreams: 3, MaxSockets: 2,
		InitWait: 10 * time.Second, Ping: 10 * time.Second, WriteWait: 10 * time.Second,
	}
}

// serve starts a server, which ends with the test. At that time no goroutine of it may be left.
func serve(t testing.TB, o Options) *httptest.Server {
	t.Helper()
	before := runtime.NumGoroutine()
	server := httptest.NewServer(New(o))
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		server.Close()
		deadline := time.Now().Add(10 * time.Second)
		for runtime.NumGoroutine() > before {
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
			}
			runtime.Gosched()
			time.Sleep(time.Millisecond)
		}
	})
	return server
}

// ask sends a request with headers that stand in pairs, and returns the answer and its body.
func ask(t testing.TB, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(text)
}

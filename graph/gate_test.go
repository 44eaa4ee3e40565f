package graph

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// small is a schema whose fields each do one thing that is hard to bring about with the real one.
func small() graphql.ExecutableSchema {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		type Query { quick: String slow: String many: String panics: String answer(no: Int): Int }
		type Subscription { tick: String fails: String }`})
	return &graphql.ExecutableSchemaMock{
		SchemaFunc: func() *ast.Schema { return schema },
		ExecFunc: func(ctx context.Context) graphql.ResponseHandler {
			operation := graphql.GetOperationContext(ctx).Operation
			if operation.SelectionSet[0].(*ast.Field).Name == "fails" {
				graphql.AddError(ctx, errors.New("failed before the first event"))
			}
			left := 1
			if operation.Operation == ast.Subscription {
				left = 3
			}
			return func(ctx context.Context) *graphql.Response {
				if left--; left < 0 {
					return nil
				}
				var data []string
				for _, selection := range operation.SelectionSet {
					field := selection.(*ast.Field)
					data = append(data, fmt.Sprintf("%q:%s", field.Alias, smallValue(ctx, field)))
				}
				return &graphql.Response{Data: []byte("{" + strings.Join(data, ",") + "}")}
			}
		},
	}
}

type answerNo struct{}

func smallValue(ctx context.Context, field *ast.Field) string {
	ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query", Field: graphql.CollectedField{Field: field}})
	switch field.Name {
	case "slow":
		<-ctx.Done()
		graphql.AddError(ctx, fmt.Errorf("reading: %w", ctx.Err()))
		return "null"
	case "many":
		for i := range 25 {
			graphql.AddError(ctx, fmt.Errorf("error %d", i))
		}
		return "null"
	case "panics":
		panic("broken on purpose")
	case "answer":
		return fmt.Sprint(ctx.Value(answerNo{}))
	}
	return `"a"`
}

// serveSmall serves the small schema. Each answer has a number.
func serveSmall(t *testing.T, o HandlerOptions) (url string, log *bytes.Buffer) {
	t.Helper()
	log = &bytes.Buffer{}
	o.Logger = slog.New(slog.NewTextHandler(log, nil))
	var answers atomic.Int64
	begin := func(ctx context.Context) (context.Context, *tally) {
		return context.WithValue(ctx, answerNo{}, answers.Add(1)), nil
	}
	handler := newHandler(small(), backend{begin: begin}, o)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(WithRequestID(r.Context(), "rq-1")))
	}))
	t.Cleanup(server.Close)
	return server.URL, log
}

func post(t testing.TB, url, query string, headers ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequest("POST", url, strings.NewReader(fmt.Sprintf(`{"query":%q}`, query)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestWhatHasComeByTheDeadlineIsAnswered(t *testing.T) {
	url, _ := serveSmall(t, HandlerOptions{Deadline: 500 * time.Millisecond})
	status, body := post(t, url, "{quick slow}")
	want := `{"errors":[{"message":"The time for the operation was over before this part of the answer came.","path":["slow"],` +
		`"extensions":{"code":"UPSTREAM_TIMEOUT","requestId":"rq-1","retryable":true}}],"data":{"quick":"a","slow":null}}`
	if status != 200 || body != want {
		t.Fatalf("%d %s", status, body)
	}
}

func TestDeadlineThatIsOverBeforeTheOperationBegins(t *testing.T) {
	url, _ := serveSmall(t, HandlerOptions{Deadline: time.Nanosecond})
	status, body := post(t, url, "{quick}", "Accept", "application/graphql-response+json")
	if status != 504 || !strings.Contains(body, "UPSTREAM_TIMEOUT") {
		t.Fatalf("%d %s", status, body)
	}
}

func TestSubscriptionsHaveNoDeadline(t *testing.T) {
	url, _ := serveSmall(t, HandlerOptions{Deadline: time.Nanosecond})
	_, body := post(t, url, "subscription{tick}", "Accept", "text/event-stream")
	if strings.Count(body, `data: {"data":{"tick":"a"}}`) != 3 || !strings.HasSuffix(body, "event: complete\ndata: \n\n") {
		t.Fatal(body)
	}
}

func TestErrorsOfAnAnswerAreBoundedAndLoggedOnce(t *testing.T) {
	url, log := serveSmall(t, HandlerOptions{})
	_, body := post(t, url, "{many}")
	if strings.Count(body, `"message"`) != 10 || !strings.Contains(body, `{"message":"16 more errors were left out.","extensions":{"code":"INTERNAL","leftOut":16}}`) {
		t.Fatal(body)
	}
	if text := log.String(); strings.Count(text, "level=ERROR") != 10 || strings.Count(text, `error="error 8"`) != 1 {
		t.Fatal(text)
	}
}

func TestPanicsAreToldToTheLogOnly(t *testing.T) {
	url, log := serveSmall(t, HandlerOptions{})
	status, body := post(t, url, "{panics}")
	if status != 500 || !strings.Contains(body, `"code":"INTERNAL"`) || strings.Contains(body, "purpose") {
		t.Fatalf("%d %s", status, body)
	}
	if text := log.String(); !strings.Contains(text, "broken on purpose") || !strings.Contains(text, "smallValue") {
		t.Fatal(text)
	}
}

func TestErrorsBeforeTheFirstEvent(t *testing.T) {
	url, log := serveSmall(t, HandlerOptions{})
	_, body := post(t, url, "subscription{fails}", "Accept", "text/event-stream")
	want := "event: next\ndata: " + `{"errors":[{"message":"The gateway met an error of its own; its log has the details.","extensions":{"code":"INTERNAL","requestId":"rq-1","retryable":false}}]}` + "\n\nevent: complete\ndata: \n\n"
	if !strings.HasSuffix(body, want) || !strings.Contains(log.String(), "before the first event") {
		t.Fatal(body, log)
	}
}

// A socket lives long: loaders that lived as long would answer from what they once read.
func TestEachAnswerOnASocketBeginsAnew(t *testing.T) {
	url, _ := serveSmall(t, HandlerOptions{})
	conn, _, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	say := func(text string) {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(want string) {
		t.Helper()
		if _, data, err := conn.Read(t.Context()); err != nil || string(data) != want {
			t.Fatalf("%s (%v) came where %s should", data, err, want)
		}
	}
	say(`{"type":"connection_init"}`)
	hear(`{"type":"connection_ack"}`)
	for i := range 3 {
		say(`{"id":"1","type":"subscribe","payload":{"query":"{answer}"}}`)
		hear(fmt.Sprintf(`{"type":"next","id":"1","payload":{"data":{"answer":%d}}}`, i+1))
		hear(`{"type":"complete","id":"1"}`)
	}
}

func TestDocumentsAreReadOnce(t *testing.T) {
	o := HandlerOptions{}
	o.setDefaults()
	g := newGate(small(), backend{begin: func(ctx context.Context) (context.Context, *tally) { return ctx, nil }}, o)
	ctx := graphql.StartOperationTrace(t.Context())
	create := func(query string) (*graphql.OperationContext, error) {
		operation, errs := g.CreateOperationContext(ctx, &graphql.RawParams{Query: query})
		if errs != nil {
			return operation, errs[0]
		}
		return operation, nil
	}
	first, err := create("{quick}")
	second, again := create("{quick}")
	if err != nil || again != nil || first.Doc != second.Doc {
		t.Errorf("%v %v", err, again)
	}
	for _, query := range []string{"{unknown}", "{", "{" + strings.Repeat("quick ", 400) + "}"} {
		_, err := create(query)
		kept := g.document(ctx, query).errs[0]
		_, again := create(query)
		if err == nil || again == nil || err.Error() != again.Error() || kept != g.document(ctx, query).errs[0] {
			t.Errorf("%.20s: %v, then %v", query, err, again)
		}
		if err == again || err == error(kept) || again == error(kept) {
			t.Errorf("%.20s: what is kept is given away, and an answer writes to it", query)
		}
	}
	if _, err := create("{quick #" + strings.Repeat("x", 20_000) + "\n}"); err == nil {
		t.Error("a document that is too long passes")
	}
}

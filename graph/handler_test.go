package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// send posts a body as it is.
func (g *gateway) send(body, accept string) (int, string) {
	g.t.Helper()
	response, text := g.fetch("POST", "", body, "Accept", accept)
	return response.StatusCode, text
}

func repeat(n int, text string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprint(i)) + " ")
	}
	return all.String()
}

// Each of these has stopped some GraphQL server. The answer comes at once, is short and holds no data.
func TestHostileDocuments(t *testing.T) {
	g := open(t, sim.Options{})
	doubling := "{customer(customerNo:1){...f0}} fragment f60 on Customer{name} "
	for i := range 60 {
		doubling += fmt.Sprintf("fragment f%d on Customer{...f%d ...f%d} ", i, i+1, i+1)
	}
	for _, c := range []struct{ name, query, code string }{
		{"2 MB of nesting", strings.Repeat("{a", 1<<20), "BAD_USER_INPUT"},
		{"16 KB of nesting", strings.Repeat("{a", 8<<10), "QUERY_TOO_EXPENSIVE"},
		{"nesting within the tokens", strings.Repeat("{a", 400) + strings.Repeat("}", 150), "GRAPHQL_PARSE_FAILED"},
		{"nested lists", "{nodes(ids:" + strings.Repeat("[", 480) + strings.Repeat("]", 480) + "){id}}", "GRAPHQL_VALIDATION_FAILED"},
		{"20,000 fields of one name", "{" + repeat(20_000, "viewer{subject}") + "}", "BAD_USER_INPUT"},
		{"5,000 fields of one name", "{" + repeat(5_000, "a") + "}", "QUERY_TOO_EXPENSIVE"},
		{"300 fields of one name", "{viewer{" + repeat(300, "subject") + "}}", "QUERY_TOO_EXPENSIVE"},
		{"200 aliases", "{" + repeat(200, "a%d:__typename") + "}", "QUERY_TOO_EXPENSIVE"},
		{"2^60 fields", doubling, "QUERY_TOO_EXPENSIVE"},
		{"a cycle of fragments", "{...a} fragment a on Query{...b} fragment b on Query{...a}", "GRAPHQL_VALIDATION_FAILED"},
		{"10,000 directives", "{viewer " + repeat(10_000, "@a") + "{subject}}", "QUERY_TOO_EXPENSIVE"},
		{"900 directives", "{viewer " + repeat(900, "@a") + "{subject}}", "QUERY_TOO_EXPENSIVE"},
		{"20 unknown fields", "{" + repeat(20, "nobody%d") + "}", "GRAPHQL_VALIDATION_FAILED"},
		{"a product of introspections", "{__schema{types{" + repeat(4, "a%d:fields{type{"+strings.TrimSpace(repeat(4, "b%d:fields{name args{name type{name}}}"))+"}}") + "}}}", "QUERY_TOO_EXPENSIVE"},
		{"introspection in circles", "{__schema{types{fields{type{fields{type{fields{name}}}}}}}}", "GRAPHQL_VALIDATION_FAILED"},
		{"@defer", "{... @defer{viewer{subject}}}", "GRAPHQL_VALIDATION_FAILED"},
		{"a field as long as a letter", "{" + strings.Repeat("a", 16_000) + "}", "GRAPHQL_VALIDATION_FAILED"},
		{"200 variables", "query(" + repeat(200, "$v%d:Int") + "){viewer{subject}}", "GRAPHQL_VALIDATION_FAILED"},
		{"a type definition", "type A{b:Int}", "GRAPHQL_PARSE_FAILED"},
		{"nothing but a comment", "# nothing", "GRAPHQL_VALIDATION_FAILED"},
		{"two operations and no name", "query A{viewer{subject}} query B{viewer{subject}}", "BAD_USER_INPUT"},
		{"a mutation where there may be none", "mutation{nobody}", "GRAPHQL_VALIDATION_FAILED"},
	} {
		start := time.Now()
		body, err := json.Marshal(map[string]string{"query": c.query})
		if err != nil {
			t.Fatal(err)
		}
		status, text := g.send(string(body), "application/graphql-response+json")
		var a answer
		if err := json.Unmarshal([]byte(text), &a); err != nil || len(a.Errors) == 0 || len(a.Errors) > 10 || a.Data != nil {
			t.Errorf("%s: %v %.300s", c.name, err, text)
			continue
		}
		if a.Errors[0].Extensions["code"] != c.code || status < 400 || status > 413 || len(text) > 6_000 {
			t.Errorf("%s: status %d, %d bytes: %.300s", c.name, status, len(text), text)
		}
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", c.name, took)
		}
	}
}

func TestVariablesThatCannotBeUsed(t *testing.T) {
	g := open(t, sim.Options{})
	for _, c := range []struct{ query, rest, says string }{
		{"query($n:Int!){customers(first:$n){totalCount}}", `"variables":{"n":"x"}`, "The variable $n: cannot use string as Int."},
		{"query($n:Int!){customers(first:$n){totalCount}}", `"variables":{"n":1.5}`, "$n"},
		{"query($n:Int!){customers(first:$n){totalCount}}", `"variables":{"n":null}`, "The variable $n: cannot be null."},
		{"query($n:Int!){customers(first:$n){totalCount}}", `"variables":{}`, "The variable $n: must be defined."},
		{"query($f:CustomerFilter){customers(filter:$f){totalCount}}", `"variables":{"f":{"nobody":1}}`, "The variable $f.nobody: unknown field."},
		{"query($f:CustomerFilter){customers(filter:$f){totalCount}}", `"variables":{"f":[[]]}`, "$f"},
		{"query($i:[ID!]!){nodes(ids:$i){id}}", `"variables":{"i":["a",null]}`, "The variable $i[1]: cannot be null."},
		{"query A{viewer{subject}}", `"operationName":"B"`, "operationName"},
	} {
		status, text := g.send(fmt.Sprintf(`{"query":%q,%s}`, c.query, c.rest), "application/graphql-response+json")
		if status != 400 || !strings.Contains(text, c.says) || !strings.Contains(text, `"code":"BAD_USER_INPUT"`) || strings.Contains(text, `"data"`) {
			t.Errorf("%s with %s: %d %s", c.query, c.rest, status, text)
		}
	}
}

func TestArgumentsThatCannotBeUsed(t *testing.T) {
	g := open(t, sim.Options{})
	for query, says := range map[string]string{
		`{subscriptions(filter:{renewsFrom:"soon"}){totalCount}}`: `The argument renewsFrom cannot be used: a date of the form "yyyy-mm-dd" is needed.`,
		`{customers(first:201){totalCount}}`:                      "first must be from 1 to 200",
		`{customers(after:"x"){totalCount}}`:                      "after and before",
	} {
		a := g.ask(query, nil)
		if a.code() != "BAD_USER_INPUT" || !strings.Contains(a.Errors[0].Message, says) || len(a.Errors[0].Path) != 1 {
			t.Errorf("%s: %+v", query, a.Errors)
		}
	}
}

func TestFullIntrospection(t *testing.T) {
	text, err := os.ReadFile("testdata/introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	a := open(t, sim.Options{}).ask(string(text), nil)
	if len(a.Errors) > 0 || !strings.Contains(string(a.Data), `"Customer"`) || strings.Contains(string(a.Data), `"defer"`) {
		t.Fatalf("%+v %.300s", a.Errors, a.Data)
	}
}

// Others judge the gateway: 61 audits of GraphQL over HTTP, and the clients that people use, which change seats and follow
// the operation at Stellr to its end.
func TestConformance(t *testing.T) {
	folder := filepath.Join("..", "conformance")
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "graphql-http")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the packages of conformance/ are not installed: npm --prefix conformance ci")
		}
		t.Skip("the packages of conformance/ are not installed: npm --prefix conformance ci")
	}
	var passed atomic.Int64 // time passes when the gateway pauses
	clock := func() time.Time { return day.Add(time.Duration(passed.Load())) }
	g := open(t, sim.Options{Clock: clock, OperationTime: 20 * time.Second}, func(_ *stellr.Config, o *graph.Options) {
		o.Pause = func(ctx context.Context, d time.Duration) error {
			passed.Add(int64(d))
			return ctx.Err()
		}
	})
	for _, script := range []string{"audit.mjs", "clients.mjs"} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		command := exec.CommandContext(ctx, "node", script, g.url)
		command.Dir = folder
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", script, err, out)
		} else {
			t.Logf("%s", out)
		}
	}
}

// Many who send the same wrong document at once get an answer each: what is kept of its mistakes is written to by nobody.
func TestTheSameMistakeAtOnce(t *testing.T) {
	g := open(t, sim.Options{})
	body := bodyOf(t, map[string]any{"query": `{nobody}`})
	g.fetch("POST", "", body)
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, text := g.fetch("POST", "", body); !strings.Contains(text, "GRAPHQL_VALIDATION_FAILED") {
				t.Error(text)
			}
		})
	}
	all.Wait()
}

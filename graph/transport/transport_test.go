package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const jsonType = "application/json"

func TestPostAnswersTheBareMinimum(t *testing.T) {
	server := serve(t, newFake().options())
	response, body := ask(t, "POST", server.URL, `{"query":"{name}"}`, "Content-Type", jsonType)
	if response.StatusCode != 200 || body != `{"data":{"name":"test"}}` {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=utf-8", "Content-Length": "24", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
	} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestContentTypes(t *testing.T) {
	server := serve(t, newFake().options())
	for contentType, want := range map[string]int{
		"application/json":                         200,
		"application/json; charset=utf-8":          200,
		"Application/JSON;charset=UTF-8":           200,
		"application/json; charset=iso-8859-1":     415,
		"application/json; profile=x":              415,
		"APPLICATION/JSON":                         200,
		"application/json; charset=utf-16":         415,
		"application/json,":                        415,
		"application/json; charset=":               415,
		"application/json-patch+json":              415,
		"application/ld+json":                      415,
		"application/json, text/plain":             415,
		"application/graphql":                      415,
		"application/graphql-response+json":        415,
		"application/jsonp":                        415,
		"application/x-www-form-urlencoded":        415,
		"multipart/form-data; boundary=x":          415,
		"text/plain":                               415,
		"text/plain; application/json":             415,
		"text/json":                                415,
		"application/json;":                        200,
		"application/json; charset=utf-8; charset": 415,
		"json": 415,
		"":     415,
	} {
		response, body := ask(t, "POST", server.URL, `{"query":"{name}"}`, "Content-Type", contentType)
		if response.StatusCode != want {
			t.Errorf("%q: %d %s", contentType, response.StatusCode, body)
		}
	}
	for _, more := range [][]string{
		{"Content-Type", jsonType, "Content-Type", "text/plain"}, {"Content-Type", jsonType, "Content-Encoding", "gzip"}, {},
	} {
		if response, _ := ask(t, "POST", server.URL, `{"query":"{name}"}`, more...); response.StatusCode != 415 {
			t.Errorf("%q: %d", more, response.StatusCode)
		}
	}
}

// badBodies are bodies that say nothing that could be executed. Each holds the word marker, which no answer may.
var badBodies = map[string]string{
	"nothing":               ``,
	"cut short":             `{"query":"{marker}"`,
	"not JSON":              `query marker { name }`,
	"two documents":         `{"query":"{name}"}{"query":"{marker}"}`,
	"something behind":      `{"query":"{name}"} marker`,
	"a batch":               `[{"query":"{marker}"}]`,
	"a string":              `"{marker}"`,
	"null":                  `null`,
	"not UTF-8":             "{\"query\":\"{name} # marker \xff\"}",
	"no query":              `{"marker":1}`,
	"an empty query":        `{"query":"","marker":1}`,
	"query in capitals":     `{"QUERY":"{marker}"}`,
	"query twice":           `{"query":"{name}","query":"{marker}"}`,
	"query null":            `{"query":null,"marker":1}`,
	"query a number":        `{"query":1,"marker":1}`,
	"query a list":          `{"query":["{marker}"]}`,
	"query an object":       `{"query":{"marker":1}}`,
	"variables a string":    `{"query":"{name}","variables":"marker"}`,
	"variables a list":      `{"query":"{name}","variables":["marker"]}`,
	"variables twice":       `{"query":"{name}","variables":{},"variables":{"marker":1}}`,
	"operationName a list":  `{"query":"{name}","operationName":["marker"]}`,
	"operationName false":   `{"query":"{name}","operationName":false,"marker":1}`,
	"extensions a string":   `{"query":"{name}","extensions":"marker"}`,
	"a line break in a key": "{\"query\":\"{name}\",\"marker\n\":1}",
	"documentId a number":   `{"documentId":1,"marker":1}`,
	"documentId twice":      `{"documentId":"marker","documentId":"x"}`,
	"an empty documentId":   `{"documentId":"","marker":1}`,
	"a null for all":        `{"documentId":null,"extensions":{"persistedQuery":null},"marker":1}`,
	"too many keys":         `{"query":"{name}"` + strings.Repeat(`,"marker":1`, 100) + `}`,
	"too many variables":    `{"query":"{name}","variables":{"marker":[` + strings.Repeat(`1,`, 10_000) + `1]}}`,
	"variables too deep":    `{"query":"{name}","variables":` + strings.Repeat(`{"marker":`, 101) + `1` + strings.Repeat(`}`, 101) + `}`,
	"too many extensions":   `{"query":"{name}","extensions":{"marker":[` + strings.Repeat(`{},`, 5_000) + `[]]}}`,
	"deeper than JSON goes": `{"query":"{name}","variables":{"marker":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}}`,
}

func TestBadBodies(t *testing.T) {
	server := serve(t, newFake().options())
	for name, body := range badBodies {
		for _, accept := range []string{mediaJSON, mediaResponse, mediaStream} {
			response, answer := ask(t, "POST", server.URL, body, "Content-Type", jsonType, "Accept", accept)
			if response.StatusCode != 400 || !strings.HasPrefix(answer, `{"errors":[{"message":"`) || strings.Contains(answer, "data") {
				t.Errorf("%s: %d %s", name, response.StatusCode, answer)
			}
			if strings.Contains(answer, "marker") {
				t.Errorf("%s: the answer repeats what came: %s", name, answer)
			}
		}
	}
}

// A batch is refused as a whole, and in as few words however large it is.
func TestBatches(t *testing.T) {
	server := serve(t, newFake().options())
	one := `{"query":"{name}"}`
	for name, body := range map[string]string{
		"none": "[]", "one": "[" + one + "]", "many": "[" + strings.Repeat(one+",", 10_000) + one + "]", "inside": `{"query":["{name}","{name}"]}`,
	} {
		response, answer := ask(t, "POST", server.URL, body, "Content-Type", jsonType)
		if response.StatusCode != 400 || len(answer) > 300 || strings.Contains(answer, "data") {
			t.Errorf("%s: %d, %d bytes: %.300s", name, response.StatusCode, len(answer), answer)
		}
	}
}

func TestUnknownKeysAndNullsAreFine(t *testing.T) {
	server := serve(t, newFake().options())
	for _, body := range []string{
		`{"query":"{name}","variables":null,"operationName":null,"extensions":null}`,
		`{"query":"{name}","extensions":{"a":1},"id":7,"Query":"x","id":8}`,
		` {"query" : "query A{name} query B{name}", "operationName":"B", "variables":{"a":[1e400]}} ` + "\n",
	} {
		if response, answer := ask(t, "POST", server.URL, body, "Content-Type", jsonType); response.StatusCode != 200 || answer != `{"data":{"name":"test"}}` {
			t.Errorf("%s: %d %s", body, response.StatusCode, answer)
		}
	}
}

// What is beside gqlgen's parameters reaches the executor on every way.
func TestRequestsThatNameTheirDocument(t *testing.T) {
	o := newFake().options()
	asked := &asking{GraphExecutor: o.Executor}
	o.Executor = asked
	server := serve(t, o)
	for _, c := range []struct {
		method, query, body string
		want                Request
	}{
		{"POST", "", `{"documentId":"a b"}`, Request{DocumentID: "a b"}},
		{"POST", "", `{"extensions":{"persistedQuery":{}}}`, Request{}},
		{"POST", "", `{"query":"{name}","documentId":null}`, Request{}},
		{"GET", "?documentId=a", "", Request{DocumentID: "a", Get: true}},
		{"GET", "?extensions=%7B%22persistedQuery%22:1%7D", "", Request{Get: true}},
	} {
		asked.last = Request{DocumentID: "nothing came"}
		ask(t, c.method, server.URL+c.query, c.body, "Content-Type", jsonType)
		if asked.last != c.want {
			t.Errorf("%s %s %s: %+v", c.method, c.query, c.body, asked.last)
		}
	}
	for _, query := range []string{"?documentId=a&documentId=b", "?documentId=%ff", "?documentId="} {
		if response, body := ask(t, "GET", server.URL+query, ""); response.StatusCode != 400 {
			t.Errorf("%s: %d %s", query, response.StatusCode, body)
		}
	}
}

// asking is an executor that keeps what it was asked beside the parameters.
type asking struct {
	graphql.GraphExecutor
	last Request
}

func (a *asking) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	a.last = RequestOf(ctx)
	return a.GraphExecutor.CreateOperationContext(ctx, params)
}

// refusing is an executor that refuses operations, before or when they are executed.
type refusing struct {
	graphql.GraphExecutor
	early, late error
}

func (r refusing) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	operation, list := r.GraphExecutor.CreateOperationContext(ctx, params)
	if r.early != nil {
		list = listOf(r.early)
	}
	return operation, list
}

func (r refusing) DispatchOperation(ctx context.Context, operation *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	return graphql.OneShot(r.DispatchError(ctx, listOf(r.late))), ctx
}

func TestRefusalsOfTheExecutorHaveTheirStatusAndHeaders(t *testing.T) {
	later := &Refusal{Status: 429, Message: "too often", RetryAfter: 1500 * time.Millisecond}
	other := &Refusal{Status: 405, Message: "not so", Allow: "POST"}
	for _, c := range []struct {
		executor      refusing
		accept        string
		status        int
		header, value string
	}{
		{refusing{late: later}, mediaJSON, 429, "Retry-After", "2"},
		{refusing{late: later}, mediaResponse, 429, "Retry-After", "2"},
		{refusing{late: later}, mediaStream, 200, "Retry-After", ""},
		{refusing{early: later}, mediaJSON, 429, "Retry-After", "2"},
		{refusing{early: other}, mediaResponse, 405, "Allow", "POST"},
		{refusing{early: other}, mediaStream, 405, "Allow", "POST"},
	} {
		o := newFake().options()
		c.executor.GraphExecutor = o.Executor
		o.Executor = c.executor
		response, body := ask(t, "POST", serve(t, o).URL, `{"query":"{name}"}`, "Content-Type", jsonType, "Accept", c.accept)
		if response.StatusCode != c.status || response.Header.Get(c.header) != c.value || strings.Contains(body, `"data":`) || !strings.Contains(body, `"errors":[{"message":"`) {
			t.Errorf("%+v as %s: %d %v %s", c.executor, c.accept, response.StatusCode, response.Header, body)
		}
	}
}

func TestBodyIsBounded(t *testing.T) {
	server := serve(t, newFake().options())
	response, body := ask(t, "POST", server.URL, `{"query":"{name}","x":"`+strings.Repeat("marker", 50<<10)+`"}`, "Content-Type", jsonType)
	if response.StatusCode != 413 || strings.Contains(body, "marker") {
		t.Fatalf("%d %.200s", response.StatusCode, body)
	}
}

func TestMethods(t *testing.T) {
	server := serve(t, newFake().options())
	for _, method := range []string{"PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"} {
		response, _ := ask(t, method, server.URL+"?query={name}", "", "Content-Type", jsonType)
		if response.StatusCode != 405 || response.Header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d, Allow %q", method, response.StatusCode, response.Header.Get("Allow"))
		}
	}
}

func TestGet(t *testing.T) {
	server := serve(t, newFake().options())
	for query, want := range map[string]int{
		"query={name}": 200,
		"query=query+A{name}+query+B($v:Int){name}&operationName=B&variables={\"v\":1}": 200,
		"query={name}&variables=&extensions={}":                                         200,
		"":                                                                              400,
		"query=":                                                                        400,
		"query={name}&query={name}":                                                     400,
		"query={name}&variables=[1]":                                                    400,
		"query={name}&variables={":                                                      400,
		"query={name}&variables={}{}":                                                   400,
		"query={name}&variables={\"a\":" + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}": 400,
		"query={name}&extensions=1":                              400,
		"query=%ff":                                              400,
		"query={name}&variables={\"a\":\"%ff\"}":                 400,
		"query={name};operationName=x":                           400,
		"query=mutation{change}":                                 405,
		"query=subscription{tick}":                               405,
		"query=query+A{name}+mutation+B{change}&operationName=B": 405,
	} {
		escaped := strings.NewReplacer("{", "%7B", "}", "%7D", `"`, "%22", "[", "%5B", "]", "%5D").Replace(query)
		response, body := ask(t, "GET", server.URL+"?"+escaped, "")
		if response.StatusCode != want {
			t.Errorf("%s: %d %s", query, response.StatusCode, body)
		}
		if want == 405 && response.Header.Get("Allow") != "POST" {
			t.Errorf("%s: Allow %q", query, response.Header.Get("Allow"))
		}
	}
}

func TestGetIsNotForPagesOfOtherSites(t *testing.T) {
	server := serve(t, newFake().options())
	address := server.URL + "?query=" + url.QueryEscape("{name}")
	for _, c := range []struct {
		want    int
		headers []string
	}{
		{200, nil},
		{200, []string{"Sec-Fetch-Site", "none"}},
		{200, []string{"Sec-Fetch-Site", "same-origin", "Origin", server.URL}},
		{403, []string{"Sec-Fetch-Site", "cross-site"}},
		{403, []string{"Sec-Fetch-Site", "same-site"}},
		{403, []string{"Origin", "https://evil.example"}},
		{403, []string{"Origin", "null"}},
		{403, []string{"Origin", ":"}},
	} {
		if response, _ := ask(t, "GET", address, "", c.headers...); response.StatusCode != c.want {
			t.Errorf("%q: %d", c.headers, response.StatusCode)
		}
	}
}

func TestAccept(t *testing.T) {
	server := serve(t, newFake().options())
	const json, response, stream = "application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8", "text/event-stream; charset=utf-8"
	for accept, want := range map[string]string{
		"":                                  json,
		"*/*":                               json,
		"application/*":                     json,
		"application/json":                  json,
		"application/graphql-response+json": response,
		"application/graphql-response+json, application/json;q=0.9":                               response,
		"application/json, application/graphql-response+json":                                     response,
		"application/json;q=0.9, application/graphql-response+json":                               response,
		"application/graphql-response+json;q=0.1, application/json":                               json,
		"application/graphql-response+json;q=0, */*":                                              json,
		"application/json, */*;q=0.1":                                                             json,
		"application/graphql-response+json, */*":                                                  response,
		"text/html, application/xhtml+xml, */*;q=0.8":                                             json,
		"text/event-stream":                                                                       stream,
		"text/event-stream, application/json;q=0.5":                                               stream,
		"text/event-stream, */*":                                                                  stream,
		"application/json, text/event-stream":                                                     json,
		"application/graphql-response+json, application/json, text/event-stream, multipart/mixed": response,
		"text/html":                  "",
		"image/png, application/xml": "",
		"application/json;q=0":       "",
		"text/*":                     "",
		"nonsense/":                  "",
		"application/json;q=2":       "",
	} {
		answer, body := ask(t, "POST", server.URL, `{"query":"{name}"}`, "Content-Type", jsonType, "Accept", accept)
		if got := answer.Header.Get("Content-Type"); want != "" && (answer.StatusCode != 200 || got != want) {
			t.Errorf("%s: %d %s", accept, answer.StatusCode, got)
		}
		if want == "" && (answer.StatusCode != 406 || !strings.HasPrefix(body, `{"errors":`)) {
			t.Errorf("%s: %d %s", accept, answer.StatusCode, body)
		}
	}
}

func TestStatusOfErrors(t *testing.T) {
	server := serve(t, newFake().options())
	for _, c := range []struct {
		query, accept string
		want          int
		data          bool
	}{
		{"{", mediaJSON, 200, false},
		{"{", mediaResponse, 400, false},
		{"{unknown}", mediaJSON, 200, false},
		{"{unknown}", mediaResponse, 400, false},
		{"query($v:Int!){name}", mediaResponse, 400, false},
		{"{fails}", mediaResponse, 200, true},
		{"{breaks}", mediaResponse, 500, false},
		{"{breaks}", mediaJSON, 500, false},
		{"subscription{tick}", mediaJSON, 406, false},
		{"mutation{change}", mediaJSON, 200, true},
	} {
		response, body := ask(t, "POST", server.URL, `{"query":"`+c.query+`"}`, "Content-Type", jsonType, "Accept", c.accept)
		if response.StatusCode != c.want || strings.Contains(body, `"data"`) != c.data {
			t.Errorf("%s as %s: %d %s", c.query, c.accept, response.StatusCode, body)
		}
	}
}

func TestAuthentication(t *testing.T) {
	o := newFake().options()
	o.Authenticate = func(ctx context.Context, bearer string) (context.Context, error) {
		if bearer != "key-1" {
			return nil, errors.New("the key is not known")
		}
		return context.WithValue(ctx, callerKey{}, "ann"), nil
	}
	server := serve(t, o)
	for _, c := range []struct {
		want    int
		headers []string
	}{
		{200, []string{"Authorization", "Bearer key-1"}},
		{200, []string{"Authorization", "bearer  key-1 "}},
		{401, nil},
		{401, []string{"Authorization", "Bearer key-2"}},
		{401, []string{"Authorization", "Bearer"}},
		{401, []string{"Authorization", "Basic key-1"}},
		{401, []string{"Authorization", "key-1"}},
		{401, []string{"Authorization", "Bearer key-1", "Authorization", "Bearer key-2"}},
	} {
		response, body := ask(t, "POST", server.URL, `{"query":"{caller}"}`, append(c.headers, "Content-Type", jsonType)...)
		if response.StatusCode != c.want || (c.want == 200) != (body == `{"data":{"caller":"ann"}}`) {
			t.Errorf("%q: %d %s", c.headers, response.StatusCode, body)
		}
		if strings.Contains(body, "key") || c.want == 401 && response.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%q: %v %s", c.headers, response.Header, body)
		}
	}
}

// Go's own handler of panics would break the connection, and callers would take that for a network's fault.
func TestAbortedAnswersStayAborted(t *testing.T) {
	o := newFake().options()
	o.Authenticate = func(context.Context, string) (context.Context, error) { panic(http.ErrAbortHandler) }
	server := serve(t, o)
	if _, err := http.Post(server.URL, jsonType, strings.NewReader(`{"query":"{name}"}`)); err == nil {
		t.Fatal("an aborted answer arrived")
	}
}

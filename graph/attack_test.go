package graph_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"stellr-gateway/graph"
	"stellr-gateway/stellr/sim"
)

// attack is a request that has stopped some GraphQL server, or told its sender more than it should.
type attack struct {
	name   string
	status int    // of an answer as application/graphql-response+json
	code   string // of the first error
	body   string
	get    url.Values // instead of a body
	header []string   // in pairs
}

const (
	badInput   = "BAD_USER_INPUT"
	notParsed  = "GRAPHQL_PARSE_FAILED"
	notValid   = "GRAPHQL_VALIDATION_FAILED"
	tooDear    = "QUERY_TOO_EXPENSIVE"
	forbidden  = "FORBIDDEN"
	noRole     = "acme/anna/"
	mostAnswer = 10 << 10
)

// document is an attack by a document alone.
func document(name, code, query string) attack {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		panic(err)
	}
	return attack{name: name, status: 400, code: code, body: string(body)}
}

// doubled is fragments that spread each other twice, n deep.
func doubled(n int) string {
	text := fmt.Sprintf("{customer(customerNo:1){...f0}} fragment f%d on Customer{name} ", n)
	for i := range n {
		text += fmt.Sprintf("fragment f%d on Customer{...f%d ...f%d} ", i, i+1, i+1)
	}
	return text
}

// attacks by documents: what graphql-cop and graphql-armor look for, and what our own libraries were seen to trip over.
func documentAttacks() []attack {
	deep := func(n int) string {
		return strings.Repeat("{customer(customerNo:1)"+strings.Repeat("{subscriptions{nodes{customer", n), 1) + "{name}" + strings.Repeat("}}}", n) + "}"
	}
	return []attack{
		document("alias overloading", tooDear, "{"+repeat(100, "alias%d:__typename")+"}"),
		document("alias overloading in a fragment", tooDear, "{viewer{...f ...g}} fragment f on Viewer{"+repeat(11, "a%d:subject")+"} fragment g on Viewer{"+repeat(11, "b%d:subject")+"}"),
		document("directive overloading", notValid, "{__typename "+repeat(10, "@aa")+"}"),
		document("11 directives", tooDear, "{__typename "+repeat(11, "@aa")+"}"),
		document("900 directives", tooDear, "{__typename "+repeat(900, "@a")+"}"),
		document("10,000 unknown directives", tooDear, "{__typename "+repeat(10_000, "@a")+"}"),
		document("directives on fragments and variables", tooDear, "query($a:Int @x @x @x){...f @x @x @x ...@x @x @x{viewer{subject}}} fragment f on Query @x @x @x{viewer{subject}}"),
		document("circular introspection", tooDear, "{__schema{types{fields{type{fields{type{fields{type{fields{name}}}}}}}}}}"),
		document("a product of introspections", tooDear, "{__schema{types{"+repeat(4, "a%d:fields{type{"+strings.TrimSpace(repeat(4, "b%d:fields{name args{name type{name}}}"))+"}}")+"}}}"),
		document("500 times a field", tooDear, "{"+repeat(500, "__typename")+"}"),
		document("5,000 times a field", tooDear, "{"+repeat(5_000, "a")+"}"),
		document("20,000 times a field", badInput, "{"+repeat(20_000, "viewer{subject}")+"}").with(413),
		document("300 times a field that is deeper", tooDear, "{viewer{"+repeat(300, "subject")+"}}"),
		document("a field repeated by merging", tooDear, "{"+repeat(10, "viewer{subject subject}")+"}"),
		document("2 MB of nesting", badInput, strings.Repeat("{a", 1<<20)).with(413),
		document("200 KB of nesting", tooDear, strings.Repeat("{a", 100<<10)),
		document("16 KB of nesting", tooDear, strings.Repeat("{a", 8<<10)),
		document("nesting within the tokens", notParsed, strings.Repeat("{a", 400)+strings.Repeat("}", 150)),
		document("nesting that is closed", tooDear, strings.Repeat("{a", 330)+strings.Repeat("}", 330)),
		document("deep nesting", tooDear, deep(10)),
		document("nesting in a fragment", tooDear, "{customer(customerNo:1){...f}} fragment f on Customer"+deep(5)[len("{customer(customerNo:1)"):len(deep(5))-1]),
		document("circular fragments", notValid, "{...a} fragment a on Query{...b} fragment b on Query{...a}"),
		document("a fragment that spreads itself", notValid, "{...a} fragment a on Query{...a}"),
		document("circular fragments that nobody uses", notValid, "{__typename} fragment a on Query{...b} fragment b on Query{...a}"),
		document("2^60 fields", tooDear, doubled(60)),
		document("2^9 fields", tooDear, doubled(9)),
		document("100 fragments at the root", tooDear, "{"+repeat(100, "...f%d")+"}"+repeat(100, "fragment f%d on Query{b}")),
		document("100 fragments", notValid, "{viewer{"+repeat(100, "...f%d")+"}}"+repeat(100, "fragment f%d on Viewer{b%d}")),
		document("100 fragments around one", notValid, "{viewer{"+repeat(100, "...on Viewer{b%d}")+"}}"),
		document("40 fragments, each around two", notValid, "{viewer{...f0}}"+repeat(40, "fragment f%d on Viewer{b%d ...g ...h}")+"fragment g on Viewer{x{y}} fragment h on Viewer{x{z}}"),
		document("400 unknown fields", notValid, "{viewer{"+repeat(400, "b%d")+"}}"),
		document("90 unknown types", notValid, "{viewer{"+repeat(90, "...on Viewers%d{b}")+"}}"),
		document("8 unknown types of 150 letters", notValid, "{viewer{"+repeat(8, "...on "+strings.Repeat("Vi", 75)+"%d{b}")+"}}"),
		document("300 unknown fragments", notValid, "{"+repeat(300, "...f%d")+"}"),
		document("fragments that each spread all later ones", tooDear, spreading(40)),
		document("20 unknown fields", notValid, "{"+repeat(20, "nobody%d")+"}"),
		document("a field of 16,000 letters", notValid, "{"+strings.Repeat("a", 16_000)+"}"),
		document("20 fields of 700 letters", notValid, "{"+repeat(20, strings.Repeat("a", 700)+"%d")+"}"),
		document("arguments of 700 letters", notValid, "{customers("+repeat(20, strings.Repeat("a", 700)+"%d:1")+"){totalCount}}"),
		document("types of 700 letters", notValid, "{"+repeat(20, "...on "+strings.Repeat("A", 700)+"%d{a}")+"}"),
		document("an enum value of 15,000 letters", notValid, "{customers(filter:{status:"+strings.Repeat("A", 15_000)+"}){totalCount}}"),
		document("a text of 15,000 letters for an enum", notValid, `{customers(filter:{status:"`+strings.Repeat("A", 15_000)+`"}){totalCount}}`),
		document("input fields of 700 letters", notValid, "{customers(filter:{"+repeat(20, strings.Repeat("a", 700)+"%d:1")+"}){totalCount}}"),
		document("a text that is too long", tooDear, `{vendor(vendorId:"`+strings.Repeat("x", 200<<10)+`"){name}}`),
		document("a block of text that is too long", tooDear, `{vendor(vendorId:"""`+strings.Repeat("x\n  ", 50<<10)+`"""){name}}`),
		document("a block of text", notValid, `{vendor(vendorId:1 x:"""`+strings.Repeat("x\n  ", 3_900)+`"""){name}}`),
		document("escapes", notValid, `{vendor(vendorId:1 x:"`+strings.Repeat(`\u00e4`, 2_600)+`"){name}}`),
		document("comments", tooDear, strings.Repeat("#\n", 50<<10)+"{__typename}"),
		document("16 KB of comments and nothing", tooDear, strings.Repeat("#\n", 8_000)),
		document("commas", notParsed, strings.Repeat(",", 16_000)+"{"),
		document("a number of 15,000 digits", notValid, "{customers(first:"+strings.Repeat("9", 15_000)+"){totalCount}}"),
		document("a fraction of 15,000 digits", notValid, "{customers(first:1."+strings.Repeat("9", 15_000)+"){totalCount}}"),
		document("a number with a huge exponent", notValid, "{customers(first:1e999999999){totalCount}}"),
		document("lists in lists", notValid, "{nodes(ids:"+strings.Repeat("[", 480)+strings.Repeat("]", 480)+"){id}}"),
		document("objects in objects", notValid, "{customers(filter:"+strings.Repeat("{search:", 230)+"1"+strings.Repeat("}", 230)+"){totalCount}}"),
		document("200 variables", notValid, "query("+repeat(200, "$v%d:Int")+"){viewer{subject}}"),
		document("200 times a variable", notValid, "query("+repeat(200, "$v:Int")+"){viewer{subject}}"),
		document("variables with defaults in lists", notValid, "query("+repeat(30, "$v%d:[[[[[Int]]]]]=[[[[[1]]]]]")+"){viewer{subject}}"),
		document("200 operations", badInput, repeat(200, "query A%d{__typename}")),
		document("100 operations of one name", notValid, repeat(100, "query A{__typename}")),
		document("100 operations without a name", notValid, repeat(100, "{__typename}")),
		document("tokens", tooDear, "{"+repeat(2_000, "a%d")+"}"),
		document("strange letters", notParsed, "{"+strings.Repeat("ä☃\x00", 1_000)+"}"),
		document("a type definition", notParsed, "type A{b:Int}"),
		document("@defer", notValid, "{...@defer{viewer{subject}}}"),
		document("@stream", notValid, "{vendors{nodes @stream{name}}}"),
		document("two purchases", tooDear, `mutation{a:changeSeats(input:{customerNo:1,subscriptionId:1,quantity:1}){replayed} b:changeSeats(input:{customerNo:1,subscriptionId:1,quantity:2}){replayed}}`),
		document("records in circles", tooDear, "{customers(first:200){nodes{subscriptions(first:200){nodes{customer{subscriptions(first:200){nodes{name}}}}}}}}"),
		document("requests without end", tooDear, "{customers(first:200){nodes{subscriptions(first:200){nodes{renewalOptions{decision}}}}}}"),
		document("one dear field under 20 names", tooDear, "{"+repeat(10, "a%d:customers(first:200){nodes{agreement(agreementType:\"1\"){status}}}")+"}"),
	}
}

// with is the attack with another status.
func (a attack) with(status int) attack {
	a.status = status
	return a
}

// spreading is n fragments of which each spreads all later ones: 2^n fields, in n² spreads.
func spreading(n int) string {
	var text strings.Builder
	text.WriteString("{...f0}")
	for i := range n {
		fmt.Fprintf(&text, "fragment f%d on Query{", i)
		for j := i + 1; j < n && j < i+9; j++ {
			fmt.Fprintf(&text, "...f%d ", j)
		}
		text.WriteString("__typename}")
	}
	return text.String()
}

// attacks by what is around a document: bodies, parameters, methods, and what callers must not be told.
func requestAttacks() []attack {
	const hello = `{"query":"{__typename}"}`
	variables := func(query, values string) string { return fmt.Sprintf(`{"query":%q,"variables":%s}`, query, values) }
	return []attack{
		{name: "array batching", status: 400, code: badInput, body: "[" + strings.Repeat(hello+",", 9) + hello + "]"},
		{name: "a second document after the first", status: 400, code: badInput, body: hello + hello},
		{name: "POST urlencoded", status: 415, code: badInput, body: "query=%7B__typename%7D", header: []string{"Content-Type", "application/x-www-form-urlencoded"}},
		{name: "POST multipart", status: 415, code: badInput, body: "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n" + hello + "\r\n--x--", header: []string{"Content-Type", "multipart/form-data; boundary=x"}},
		{name: "POST as text", status: 415, code: badInput, body: hello, header: []string{"Content-Type", "text/plain"}},
		{name: "POST of a bare document", status: 415, code: badInput, body: "{__typename}", header: []string{"Content-Type", "application/graphql"}},
		{name: "a body that unpacks", status: 415, code: badInput, body: hello, header: []string{"Content-Encoding", "gzip"}},
		{name: "GET mutation", status: 405, code: badInput, get: url.Values{"query": {"mutation{__typename}"}}},
		{name: "GET query", status: 405, code: badInput, get: url.Values{"query": {"{viewer{subject}}"}}},
		{name: "GET of another site's page", status: 403, code: forbidden, get: url.Values{"query": {"{__typename}"}}, header: []string{"Sec-Fetch-Site", "cross-site"}},
		{name: "a long address", status: 400, code: tooDear, get: url.Values{"query": {strings.Repeat("{a", 100_000)}}},
		{name: "trace mode", status: 400, code: notValid, body: `{"query":"{viewr}"}`, header: []string{"X-Apollo-Tracing", "1", "Apollo-Federation-Include-Trace", "ftv1"}},
		{name: "a field suggestion", status: 400, code: notValid, body: `{"query":"{viewr{subject}}"}`, header: []string{"X-Test-Caller", noRole}},
		{name: "suggestions for 16,000 letters", status: 400, code: notValid, body: `{"query":"{` + strings.Repeat("a", 16_000) + `}"}`},
		{name: "introspection without a role", status: 400, code: forbidden, body: `{"query":"{__schema{types{name fields{name}}}}"}`, header: []string{"X-Test-Caller", noRole}},
		{name: "a body that is too large", status: 413, code: badInput, body: `{"query":"{__typename}","x":"` + strings.Repeat("x", 10<<20) + `"}`},
		{name: "JSON deeper than anybody needs", status: 400, code: badInput, body: variables("{__typename}", strings.Repeat(`{"a":`, 9_000)+"1"+strings.Repeat("}", 9_000))},
		{name: "JSON deeper than is read", status: 400, code: badInput, body: variables("{__typename}", strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000))},
		{name: "JSON that is not closed", status: 400, code: badInput, body: strings.Repeat(`{"query":`, 25_000)},
		{name: "20,000 keys", status: 400, code: badInput, body: `{"query":"{__typename}"` + strings.Repeat(`,"k":1`, 20_000) + `}`},
		{name: "60,000 values in variables", status: 400, code: badInput, body: variables("{__typename}", `{"a":[`+strings.Repeat("{},", 60_000)+"0]}")},
		{name: "60,000 values in extensions", status: 400, code: badInput, body: `{"query":"{__typename}","extensions":{"a":[` + strings.Repeat("[],", 60_000) + "0]}}"},
		{name: "a number of 200,000 digits", status: 400, code: badInput, body: variables("query($n:Int){customers(first:$n){totalCount}}", `{"n":`+strings.Repeat("9", 200_000)+`}`)},
		{name: "a number with a huge exponent", status: 400, code: badInput, body: variables("query($n:Int){customers(first:$n){totalCount}}", `{"n":1e999999999}`)},
		{name: "a key of 200,000 letters", status: 400, code: badInput, body: variables("query($f:CustomerFilter){customers(filter:$f){totalCount}}", `{"f":{"`+strings.Repeat("k", 200_000)+`":1}}`)},
		{name: "a text of 200,000 letters for an enum", status: 400, code: badInput, body: variables("query($s:CustomerStatus){customers(filter:{status:$s}){totalCount}}", `{"s":"`+strings.Repeat("s", 200_000)+`"}`)},
		{name: "5,000 keys that nobody knows", status: 400, code: badInput, body: variables("query($f:CustomerFilter){customers(filter:$f){totalCount}}", `{"f":{`+strings.TrimSuffix(strings.TrimSpace(repeat(5_000, `"k%d":1,`)), ",")+`}}`)},
		{name: "9,000 ids", status: 400, code: tooDear, body: variables("query($i:[ID!]!){nodes(ids:$i){id}}", `{"i":[`+strings.Repeat("1,", 9_000)+"1]}")},
		{name: "one id as a list in lists", status: 400, code: badInput, body: variables("query($i:[ID!]!){nodes(ids:$i){id}}", `{"i":`+strings.Repeat("[", 4_000)+strings.Repeat("]", 4_000)+"}")},
		{name: "text that is not UTF-8", status: 400, code: badInput, body: "{\"query\":\"{\xff\xfe}\"}"},
		{name: "a name for the operation of 200,000 letters", status: 400, code: badInput, body: `{"query":"{__typename}","operationName":"` + strings.Repeat("x", 200_000) + `"}`},
		{name: "a document's name of 200,000 letters", status: 400, code: "PERSISTED_QUERY_NOT_FOUND", body: `{"documentId":"` + strings.Repeat("x", 200_000) + `"}`},
		{name: "another document's hash", status: 400, code: badInput, body: `{"query":"{__typename}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + sha("{viewer{subject}}") + `"}}}`},
	}
}

// request is the attack as it arrives.
func (a attack) request() *http.Request {
	request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(a.body))
	request.Header.Set("Content-Type", "application/json")
	if a.get != nil {
		request = httptest.NewRequest(http.MethodGet, "/graphql?"+a.get.Encode(), nil)
	}
	request.Header.Set("Accept", "application/graphql-response+json")
	for i := 0; i < len(a.header); i += 2 {
		request.Header.Set(a.header[i], a.header[i+1])
	}
	return request
}

// TestAttacks sends each of them, and wants a short answer that refuses it and tells nothing, no request to Stellr, and
// honest callers served as before.
func TestAttacks(t *testing.T) {
	g := openWith(t, sim.Options{}, graph.HandlerOptions{})
	for _, a := range append(documentAttacks(), requestAttacks()...) {
		g.sim.ResetLedger()
		answer := httptest.NewRecorder()
		g.door.ServeHTTP(answer, a.request())
		text := answer.Body.String()
		var parsed struct {
			Data, Extensions json.RawMessage
			Errors           []struct{ Extensions struct{ Code string } }
		}
		if err := json.Unmarshal([]byte(text), &parsed); err != nil || len(parsed.Errors) == 0 || len(parsed.Errors) > 10 || parsed.Data != nil || parsed.Extensions != nil {
			t.Errorf("%s: %v %.300s", a.name, err, text)
			continue
		}
		if code := parsed.Errors[0].Extensions.Code; answer.Code != a.status || code != a.code {
			t.Errorf("%s: status %d and %s where %d and %s should come: %.300s", a.name, answer.Code, code, a.status, a.code, text)
		}
		if len(text) > mostAnswer {
			t.Errorf("%s: %d bytes", a.name, len(text))
		}
		if a.name == "a field suggestion" && (strings.Contains(text, "viewer") || strings.Contains(text, "Did you mean")) {
			t.Errorf("%s: %s", a.name, text)
		}
		if calls := g.sim.CallsTotal(); calls > 0 {
			t.Errorf("%s: %d requests to Stellr", a.name, calls)
		}
		honest := httptest.NewRecorder()
		g.door.ServeHTTP(honest, attack{body: `{"query":"{viewer{subject}}"}`}.request())
		if text, err := io.ReadAll(honest.Body); err != nil || string(text) != theViewer {
			t.Fatalf("after %s: %v %s", a.name, err, text)
		}
	}
}

//go:build !race && unix

package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"stellr-gateway/stellr/sim"
)

// attack is a request that wants to cost much.
type attack struct {
	method, contentType, body string
	query                     url.Values // of the address
	answered                  bool       // it is harmless: what it asks for may be answered
}

// posted is an attack by a document.
func posted(document string) attack {
	body, _ := json.Marshal(map[string]string{"query": document})
	return attack{body: string(body)}
}

// bodied is an attack by the variables, or whatever else stands in the body.
func bodied(format string, parts ...any) attack { return attack{body: fmt.Sprintf(format, parts...)} }

func repeated(n int, text string) string { return strings.Repeat(text, n) }

// numberedTimes is a text n times, with %d counted.
func numberedTimes(n int, text string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(strings.ReplaceAll(text, "%d", fmt.Sprint(i)))
	}
	return all.String()
}

func attacks() map[string]attack {
	doubling := "{...f0}" + numberedTimes(40, " fragment f%d on Query{...g%d ...g%d} fragment g%d on Query{...f%d}")
	for i := range 40 { // each leads to the next one twice
		doubling = strings.Replace(doubling, fmt.Sprintf("fragment g%d on Query{...f%d}", i, i), fmt.Sprintf("fragment g%d on Query{...f%d}", i, i+1), 1)
	}
	doubling += " fragment f40 on Query{__typename}"
	circle := repeated(30, "fields{type{") + "name" + repeated(30, "}}")
	return map[string]attack{
		"aliases":                       posted("{" + numberedTimes(200, "a%d:__typename ") + "}"),
		"aliases below":                 posted(`{customers{` + numberedTimes(100, "a%d:totalCount ") + "}}"),
		"a batch":                       bodied("[%s{}]", repeated(5000, `{"query":"{__typename}"},`)),
		"directives":                    posted("{__typename " + repeated(400, "@skip(if:false)") + "}"),
		"10,000 unknown directives":     posted("{__typename " + numberedTimes(10_000, "@a%d") + "}"),
		"300 unknown directives":        posted("{__typename " + numberedTimes(300, "@a%d") + "}"),
		"circular introspection":        posted("{__schema{types{" + circle + "}}}"),
		"introspection of a product":    posted("{__schema{types{" + numberedTimes(8, "a%d:fields{type{fields{type{fields{name}}}}}") + "}}}"),
		"5,000 times one field":         posted("{" + repeated(5000, "__typename ") + "}"),
		"300 times one field":           posted("{" + repeated(300, "__typename ") + "}"),
		"fields merged again and again": posted("{" + repeated(30, "viewer{subject roles}") + "}"),
		"2 MB deep":                     posted(repeated(1_000_000, "{a")),
		"16 KB deep":                    posted(repeated(8000, "{a")),
		"300 deep":                      posted(repeated(300, "{a") + "{a}" + repeated(300, "}")),
		"13 deep by links":              posted("{customers{nodes" + repeated(6, "{subscriptions{nodes{customer") + "{name}" + repeated(6, "}}}") + "}}"),
		"fragments in a circle":         posted("{...a} fragment a on Query{...b} fragment b on Query{...a}"),
		"a fragment of itself":          posted("{...a} fragment a on Query{...a}"),
		"fragments that double":         posted(doubling),
		"500 unknown fields":            posted("{" + numberedTimes(400, "x%d ") + "}"),
		"300 unknown arguments":         posted("{viewer(" + numberedTimes(200, "x%d:1 ") + "){subject}}"),
		"a query that is long":          posted("{__typename #" + repeated(100_000, "x") + "\n}"),
		"a string that is long":         posted(`{customer(customerNo:"` + repeated(100_000, "x") + `"){name}}`),
		"commas and blanks":             posted("{__typename" + repeated(100_000, ", ") + "}"),
		"lists within lists":            posted("{customer(customerNo:" + repeated(450, "[") + repeated(450, "]") + "){name}}"),
		"objects within objects":        posted("{customers(filter:" + repeated(200, "{a:") + "1" + repeated(200, "}") + "){totalCount}}"),
		"500 operations":                posted(numberedTimes(300, "query Q%d{a}")),
		"300 variables":                 posted("query(" + numberedTimes(200, "$v%d:Int ") + "){__typename}"),
		"variables that are deep":       bodied(`{"query":"query($v:JSON){__typename}","variables":{"v":%s1%s}}`, repeated(50_000, "["), repeated(50_000, "]")),
		"variables that are many":       bodied(`{"query":"query($n:ID!){customer(customerNo:$n){name}}","variables":{%s"x":1}}`, numberedTimes(20_000, `"v%d":1,`)),
		"a number without end":          bodied(`{"query":"query($n:Int){customers(first:$n){totalCount}}","variables":{"n":1%s}}`, repeated(200_000, "0")),
		"an exponent":                   bodied(`{"query":"query($n:Int){customers(first:$n){totalCount}}","variables":{"n":1e999999999}}`),
		"a body that is long":           bodied(`{"query":"{__typename}","x":"%s"}`, repeated(10<<20, "x")),
		"two documents":                 bodied(`{"query":"{__typename}"}{"query":"{__typename}"}`),
		"keys twice":                    bodied(`{"query":"{__typename}","query":"{viewer{subject}}"}`),
		"a body that is none":           bodied("%s", repeated(100_000, "\x00")),
		"half a body":                   bodied(`{"query":"{__typename`),
		"not UTF-8":                     bodied("{\"query\":\"{__typename \xff}\"}"),
		"a form":                        {contentType: "application/x-www-form-urlencoded", body: "query=%7B__typename%7D"},
		"a file":                        {contentType: "multipart/form-data; boundary=x", body: "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{}\r\n--x--"},
		"plain text":                    {contentType: "text/plain", body: `{"query":"{__typename}"}`},
		"a mutation by GET":             {method: http.MethodGet, query: url.Values{"query": {`mutation{suspendSubscription(input:{customerNo:"1",subscriptionId:"1"}){replayed}}`}}},
		"a subscription by GET":         {method: http.MethodGet, query: url.Values{"query": {`subscription{commandUpdated{id}}`}}},
		"another method":                {method: http.MethodDelete},
		"tracing":                       {body: `{"query":"{viewer{subject}}","extensions":{"tracing":true}}`, answered: true},
		"200 nodes by one id":           bodied(`{"query":"query($i:[ID!]!){nodes(ids:$i){id}}","variables":{"i":[%s"x"]}}`, repeated(20_000, `"x",`)),
		"a page that is large":          posted("{customers(first:100000){nodes{name}}}"),
		"a name that is long":           posted("{" + repeated(10_000, "a") + "}"),
		"several mutations that spend":  posted("mutation{" + numberedTimes(10, `a%d:changeSeats(input:{customerNo:"1",subscriptionId:"1",quantity:2}){replayed} `) + "}"),
		"a type condition on nothing":   posted("{" + numberedTimes(60, "...on X%d{a} ") + "}"),
		"unused fragments":              posted("{__typename}" + numberedTimes(150, " fragment f%d on Query{a}")),
		"a cursor that is long":         posted(`{customers(after:"` + repeated(10_000, "A") + `"){totalCount}}`),
	}
}

// Every attack is refused, in under 10 ms of CPU, under 10 KiB of answer and under 5 MB of memory.
func TestAttacks(t *testing.T) {
	g := open(t, sim.Options{})
	g.must(`{viewer {subject}}`, nil)
	for name, a := range attacks() {
		t.Run(name, func(t *testing.T) {
			best := time.Hour
			memory, answer := uint64(1<<62), httptest.NewRecorder()
			for range 5 { // the machine has other work too, and the first has to compile what the others find ready
				answer = httptest.NewRecorder()
				request := a.request()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start := cpu(t)
				g.door.ServeHTTP(answer, request)
				best = min(best, cpu(t)-start)
				runtime.ReadMemStats(&after)
				memory = min(memory, after.TotalAlloc-before.TotalAlloc)
			}
			var got struct {
				Data       json.RawMessage
				Errors     []struct{ Message string }
				Extensions json.RawMessage
			}
			_ = json.Unmarshal(answer.Body.Bytes(), &got)
			refused := answer.Code >= 400 || len(got.Errors) > 0 && len(got.Data) < 100
			if refused == a.answered || got.Extensions != nil {
				t.Errorf("status %d: %.300s", answer.Code, answer.Body)
			}
			if best > 10*time.Millisecond || memory > 5<<20 || answer.Body.Len() > 10<<10 || len(got.Errors) > 10 {
				t.Errorf("it took %v of CPU, %d KiB of memory, and %d bytes of answer with %d errors", best, memory>>10, answer.Body.Len(), len(got.Errors))
			}
		})
	}
	g.must(`{viewer {subject}}`, nil) // it is alive and well
}

func (a attack) request() *http.Request {
	method, contentType := a.method, a.contentType
	if method == "" {
		method = http.MethodPost
	}
	if contentType == "" {
		contentType = "application/json"
	}
	request := httptest.NewRequest(method, "/graphql?"+a.query.Encode(), strings.NewReader(a.body))
	if method == http.MethodPost {
		request.Header.Set("Content-Type", contentType)
	}
	return request
}

// cpu is how long the process has computed so far.
func cpu(t testing.TB) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

package graph_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"stellr-gateway/graph"
	"stellr-gateway/stellr/sim"
)

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// apq is extensions that name a document by its hash.
func apq(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

// inURL is the parameters of a GET.
func inURL(t testing.TB, fields map[string]any) string {
	t.Helper()
	values := url.Values{}
	for name, value := range fields {
		text, ok := value.(string)
		if !ok {
			text = bodyOf(t, value.(map[string]any))
		}
		values.Set(name, text)
	}
	return "?" + values.Encode()
}

const (
	whoami    = `{viewer {subject}}`
	theViewer = `{"data":{"viewer":{"subject":"local"}}}`
)

// TestDocumentsArePersisted follows what Apollo's clients do: they send the hash, and the text as well when it is not known.
func TestDocumentsArePersisted(t *testing.T) {
	g := open(t, sim.Options{})
	post := func(fields map[string]any) string {
		t.Helper()
		response, text := g.fetch("POST", "", bodyOf(t, fields))
		if response.StatusCode != 200 {
			t.Fatalf("%d %s", response.StatusCode, text)
		}
		return text
	}
	byHash := map[string]any{"extensions": apq(sha(whoami))}
	missing := post(byHash)
	if !strings.Contains(missing, `"message":"PersistedQueryNotFound"`) || !strings.Contains(missing, `"code":"PERSISTED_QUERY_NOT_FOUND"`) {
		t.Fatal(missing)
	}
	if text := post(map[string]any{"query": whoami, "extensions": apq(sha(whoami))}); text != theViewer {
		t.Fatal(text)
	}
	for _, fields := range []map[string]any{byHash, {"query": "", "extensions": apq(sha(whoami))}, {"documentId": sha(whoami)}, {"documentId": "sha256:" + sha(whoami)}} {
		if text := post(fields); text != theViewer {
			t.Errorf("%v: %s", fields, text)
		}
		if _, text := g.fetch("GET", inURL(t, fields), ""); text != theViewer {
			t.Errorf("%v by GET: %s", fields, text)
		}
	}
}

// TestHashesCannotBePoisoned persists nothing that is not what its hash says, or that nobody could ask for.
func TestHashesCannotBePoisoned(t *testing.T) {
	g := open(t, sim.Options{})
	tooLarge := "{" + repeat(30, "viewer{subject}") + "}"
	for name, c := range map[string]struct {
		fields map[string]any
		hash   string
		says   string
	}{
		"another document":       {map[string]any{"query": `{upstream {region}}`, "extensions": apq(sha(whoami))}, sha(whoami), "is not the SHA-256 of query"},
		"what does not parse":    {map[string]any{"query": `{`, "extensions": apq(sha(`{`))}, sha(`{`), "GRAPHQL_PARSE_FAILED"},
		"what is not valid":      {map[string]any{"query": `{nobody}`, "extensions": apq(sha(`{nobody}`))}, sha(`{nobody}`), "GRAPHQL_VALIDATION_FAILED"},
		"what is over a limit":   {map[string]any{"query": tooLarge, "extensions": apq(sha(tooLarge))}, sha(tooLarge), "QUERY_TOO_EXPENSIVE"},
		"a hash in capitals":     {map[string]any{"query": whoami, "extensions": apq(strings.ToUpper(sha(whoami)))}, sha(whoami), "64 hexadecimal digits"},
		"half a hash":            {map[string]any{"query": whoami, "extensions": apq(sha(whoami)[:32])}, sha(whoami), "64 hexadecimal digits"},
		"another version":        {map[string]any{"query": whoami, "extensions": map[string]any{"persistedQuery": map[string]any{"version": 2, "sha256Hash": sha(whoami)}}}, sha(whoami), "has version 1"},
		"not an object":          {map[string]any{"query": whoami, "extensions": map[string]any{"persistedQuery": "x"}}, sha(whoami), "has version 1"},
		"a documentId as well":   {map[string]any{"query": whoami, "documentId": "x"}, sha(whoami), "must be left out"},
		"both names":             {map[string]any{"documentId": "x", "extensions": apq(sha(whoami))}, sha(whoami), "must be left out"},
		"nothing but extensions": {map[string]any{"extensions": map[string]any{"other": 1}}, sha(whoami), "query must be a string"},
	} {
		if _, text := g.fetch("POST", "", bodyOf(t, c.fields)); !strings.Contains(text, c.says) || strings.Contains(text, `"data"`) {
			t.Errorf("%s: %s", name, text)
		}
		if _, text := g.fetch("POST", "", bodyOf(t, map[string]any{"extensions": apq(c.hash)})); !strings.Contains(text, "PersistedQueryNotFound") {
			t.Errorf("%s was persisted: %s", name, text)
		}
	}
}

// TestPersistedDocumentsAreBounded persists many, and wants the last ones and no more than there is room for.
func TestPersistedDocumentsAreBounded(t *testing.T) {
	long := strings.Repeat(" ", 1000)
	for name, limits := range map[string]graph.Limits{
		"entries": {Persisted: 10},
		"bytes":   {PersistedBytes: 10 * 1100},
	} {
		g := openWith(t, sim.Options{}, graph.HandlerOptions{Limits: limits})
		document := func(i int) string { return fmt.Sprintf("{viewer {x%02d: subject}}%s", i, long) }
		for i := range 30 {
			text := document(i)
			if _, answer := g.fetch("POST", "", bodyOf(t, map[string]any{"query": text, "extensions": apq(sha(text))})); strings.Contains(answer, "errors") {
				t.Fatal(answer)
			}
			g.fetch("POST", "", bodyOf(t, map[string]any{"extensions": apq(sha(document(0)))})) // this one is wanted all the time
		}
		kept := 0
		for i := range 30 {
			_, answer := g.fetch("POST", "", bodyOf(t, map[string]any{"extensions": apq(sha(document(i)))}))
			is := strings.Contains(answer, `"data"`)
			if is {
				kept++
			}
			if wanted := i == 0 || i == 29; wanted && !is {
				t.Errorf("%s: document %d is gone", name, i)
			}
		}
		if kept != 10 {
			t.Errorf("%s: %d documents are kept where there is room for 10", name, kept)
		}
	}
}

// TestGetIsForKnownDocuments keeps questions about anybody's data out of addresses, which end up in logs and links.
func TestGetIsForKnownDocuments(t *testing.T) {
	trusted, err := graph.ParseTrusted([]byte(bodyOf(t, map[string]any{"mine": `{upstream {region}}`})), graph.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g := openWith(t, sim.Options{}, graph.HandlerOptions{Trusted: trusted})
	g.fetch("POST", "", bodyOf(t, map[string]any{"query": whoami, "extensions": apq(sha(whoami))}))
	for _, c := range []struct {
		fields map[string]any
		status int
	}{
		{map[string]any{"query": `{__typename}`}, 200},
		{map[string]any{"query": `{a: __typename ... on Query {...f}} fragment f on Query {__schema {queryType {name}} __type(name: "Query") {name}}`}, 200},
		{map[string]any{"query": `query A {__typename} query B {viewer {subject}}`, "operationName": "A"}, 200},
		{map[string]any{"query": `query A {__typename} query B {viewer {subject}}`, "operationName": "B"}, 405},
		{map[string]any{"query": whoami}, 405},
		{map[string]any{"query": `{__typename ...f} fragment f on Query {viewer {subject}}`}, 405},
		{map[string]any{"query": `mutation {__typename}`}, 405},
		{map[string]any{"query": `subscription {commandUpdated {id}}`}, 405},
		{map[string]any{"query": `mutation {suspendSubscription(input: {customerNo: 1, subscriptionId: 1}) {replayed}}`}, 405},
		{map[string]any{"extensions": apq(sha(whoami))}, 200},
		{map[string]any{"query": whoami, "extensions": apq(sha(whoami))}, 200},
		{map[string]any{"query": `{upstream {sandbox}}`, "extensions": apq(sha(`{upstream {sandbox}}`))}, 405},
		{map[string]any{"query": `{upstream {sandbox}}`, "extensions": apq(sha(`{upstream {sandbox}}`))}, 405}, // a GET has persisted nothing
		{map[string]any{"documentId": "mine"}, 200},
		{map[string]any{"query": `{upstream {region}}`}, 200},
	} {
		for _, accept := range []string{"application/json", "text/event-stream"} {
			response, text := g.fetch("GET", inURL(t, c.fields), "", "Accept", accept)
			if response.StatusCode != c.status || c.status == 405 && (response.Header.Get("Allow") != "POST" || strings.Contains(text, `"data"`)) {
				t.Errorf("%v as %s: %d %v %s", c.fields, accept, response.StatusCode, response.Header, text)
			}
		}
	}
}

// theTrusted are documents in the forms in which tools write them.
func theTrusted(t *testing.T) map[string][]byte {
	upstream := `query Region { upstream { region } }`
	return map[string][]byte{
		"graphql-codegen": []byte(bodyOf(t, map[string]any{sha(whoami): whoami, "c0ffee": upstream})),
		"apollo": []byte(bodyOf(t, map[string]any{"format": "apollo-persisted-query-manifest", "version": 1, "operations": []any{
			map[string]any{"id": sha(whoami), "name": "V", "type": "query", "body": whoami},
			map[string]any{"id": "c0ffee", "name": "Region", "type": "query", "body": upstream},
		}})),
	}
}

// TestTrustedDocuments asks for what is trusted, in every way, and for what is not, in each mode.
func TestTrustedDocuments(t *testing.T) {
	for form, file := range theTrusted(t) {
		trusted, err := graph.ParseTrusted(file, graph.Limits{})
		if err != nil || trusted.Len() != 2 {
			t.Fatal(form, err)
		}
		for _, mode := range []graph.TrustMode{"", graph.TrustOff, graph.TrustLog, graph.TrustEnforce} {
			var log bytes.Buffer
			g := openWith(t, sim.Options{}, graph.HandlerOptions{Trusted: trusted, TrustMode: mode, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			for _, fields := range []map[string]any{
				{"documentId": sha(whoami)}, {"documentId": "sha256:" + sha(whoami)}, {"extensions": apq(sha(whoami))}, {"query": whoami},
				{"query": whoami, "extensions": apq(sha(whoami))}, {"query": whoami, "variables": map[string]any{"unused": "s3cret"}},
			} {
				if _, text := g.fetch("POST", "", bodyOf(t, fields)); text != theViewer {
					t.Errorf("%s, %s, %v: %s", form, mode, fields, text)
				}
			}
			// Apollo's clients know a document by its hash, whatever name the tool that made the list gave it.
			for _, fields := range []map[string]any{{"documentId": "c0ffee"}, {"extensions": apq(sha(`query Region { upstream { region } }`))}} {
				if _, text := g.fetch("POST", "", bodyOf(t, fields)); !strings.Contains(text, `"region":"US"`) {
					t.Errorf("%s, %s, %v: %s", form, mode, fields, text)
				}
			}
			if log.Len() > 0 {
				t.Errorf("%s, %s: what is trusted is told to the log: %s", form, mode, &log)
			}
			others := []map[string]any{
				{"query": `query ($s: String) {vendor(vendorId: 4) {name products(search: $s) {totalCount}}}`, "variables": map[string]any{"s": "s3cret"}},
				{"query": whoami + " "}, {"query": `{__typename}`}, {"query": `{__schema {queryType {name}}}`},
				{"query": `{upstream {sandbox}}`, "extensions": apq(sha(`{upstream {sandbox}}`))},
				{"extensions": apq(sha(`{upstream {sandbox}}`))},
			}
			for _, fields := range others {
				for range 2 {
					_, text := g.fetch("POST", "", bodyOf(t, fields))
					if refused := strings.Contains(text, `"code":"DOCUMENT_NOT_TRUSTED"`) && !strings.Contains(text, `"data"`); refused != (mode == graph.TrustEnforce) || !refused && !strings.Contains(text, `"data"`) {
						t.Errorf("%s, %s, %v: %s", form, mode, fields, text)
					}
				}
			}
			told := strings.Count(log.String(), "a document is not trusted")
			if want := map[graph.TrustMode]int{graph.TrustLog: 5}[mode]; told != want || strings.Contains(log.String(), "s3cret") {
				t.Errorf("%s, %s: %d lines where %d documents are not trusted: %s", form, mode, told, want, &log)
			}
			if mode == graph.TrustLog && !strings.Contains(log.String(), "sha256="+sha(whoami+" ")) {
				t.Errorf("the log does not name the document: %s", &log)
			}
			_, parsed := g.fetch("POST", "", `{"query":"{"}`)
			if strings.Contains(parsed, "GRAPHQL_PARSE_FAILED") == (mode == graph.TrustEnforce) {
				t.Errorf("%s: what is not trusted is not to be parsed: %s", mode, parsed)
			}
		}
	}
}

// Sockets name documents too.
func TestDocumentsByNameOnSockets(t *testing.T) {
	trusted, err := graph.ParseTrusted(theTrusted(t)["apollo"], graph.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g := openWith(t, sim.Options{}, graph.HandlerOptions{Trusted: trusted, TrustMode: graph.TrustEnforce})
	conn, _, err := websocket.Dial(t.Context(), g.url, &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	ask := func(id, payload string) (heard string) {
		t.Helper()
		if err := conn.Write(t.Context(), websocket.MessageText, fmt.Appendf(nil, `{"id":%q,"type":"subscribe","payload":%s}`, id, payload)); err != nil {
			t.Fatal(err)
		}
		for !strings.Contains(heard, `"id":"`+id+`"`) {
			_, data, err := conn.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			heard = string(data)
		}
		return heard
	}
	if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"connection_init"}`)); err != nil {
		t.Fatal(err)
	}
	if heard := ask("1", `{"documentId":"`+sha(whoami)+`"}`); !strings.Contains(heard, `{"viewer":{"subject":"local"}}`) {
		t.Error(heard)
	}
	if heard := ask("2", `{"query":"{__typename}"}`); !strings.Contains(heard, `"type":"error"`) || !strings.Contains(heard, "DOCUMENT_NOT_TRUSTED") {
		t.Error(heard)
	}
}

// TestBadTrustedDocuments says in words what is wrong with a file, and never what stands in its documents.
func TestBadTrustedDocuments(t *testing.T) {
	for file, says := range map[string]string{
		``:                          "it is not JSON",
		`{"a":"{viewer`:             "it is not JSON",
		"{\"a\":\"\xff\"}":          "it is not JSON",
		`[]`:                        "neither an object of names and documents",
		`{"a":1}`:                   "neither an object of names and documents",
		`{"a":{"b":"c"}}`:           "neither an object of names and documents",
		`{}`:                        "there are no documents",
		`{"a":""}`:                  `document "a": it has no name or no text`,
		`{"":"{viewer {subject}}"}`: `document "": it has no name`,
		`{"a":"{marker"}`:           `document "a": Expected Name`,
		`{"a":"{viewer {marker}}"}`: `document "a": Cannot query field`,
		`{"a":"{viewer {subject}}","a":"{upstream {region}}"}`:                               `document "a": its name stands there twice`,
		`{"a":"{` + strings.Repeat("x:viewer {subject} ", 30) + `}"}`:                        `document "a": The operation has 30 root fields`,
		`{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}`:           "manifest of version 2",
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[]}`:           "there are no documents",
		`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a"}]}`: `document "a": it has no name or no text`,
	} {
		trusted, err := graph.ParseTrusted([]byte(file), graph.Limits{})
		if err == nil || trusted.Len() > 0 || !strings.Contains(err.Error(), says) {
			t.Errorf("%.60s: %v, not %q", file, err, says)
		}
	}
	var many strings.Builder
	for i := range 30 {
		fmt.Fprintf(&many, `,"d%d":"{nobody}"`, i)
	}
	if _, err := graph.ParseTrusted([]byte("{"+many.String()[1:]+"}"), graph.Limits{}); err == nil || !strings.HasSuffix(err.Error(), "and 20 more") {
		t.Errorf("%v", err)
	}
}

// A file is refused, or holds documents that can be asked for.
func FuzzTrusted(f *testing.F) {
	f.Add([]byte(`{"a":"{viewer {subject}}","b":"query B {upstream {region}}"}`))
	f.Add([]byte(`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"a","body":"{__typename}"}]}`))
	f.Add([]byte(`{"a":"{viewer {subject}}","a":null}`))
	f.Add([]byte(`[{"a":1}]`))
	f.Fuzz(func(t *testing.T, file []byte) {
		trusted, err := graph.ParseTrusted(file, graph.Limits{})
		if (err == nil) != (trusted.Len() > 0) {
			t.Fatalf("%q: %d documents, %v", file, trusted.Len(), err)
		}
	})
}

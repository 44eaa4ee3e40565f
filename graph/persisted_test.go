package graph_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"stellr-gateway/graph"
	"stellr-gateway/internal/access"
	"stellr-gateway/stellr/sim"
)

// doorOf is a gateway's handler with other options.
func (g *gateway) doorOf(o graph.HandlerOptions) http.Handler {
	handler := graph.NewHandler(g.resolver, o)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(access.With(r.Context(), access.Local())))
	})
}

// brought is what a request brought: its status, and the answer or the code of its error.
func brought(door http.Handler, method string, body map[string]any) string {
	request := httptest.NewRequest(method, "/graphql", nil)
	if raw, _ := json.Marshal(body); method == http.MethodPost {
		request = httptest.NewRequest(method, "/graphql", bytes.NewReader(raw))
		request.Header.Set("Content-Type", "application/json")
	} else {
		values := url.Values{}
		for name, value := range body {
			text, ok := value.(string)
			if raw, _ := json.Marshal(value); !ok {
				text = string(raw)
			}
			values.Set(name, text)
		}
		request.URL.RawQuery = values.Encode()
	}
	answer := httptest.NewRecorder()
	door.ServeHTTP(answer, request)
	var got struct {
		Data   json.RawMessage
		Errors []struct {
			Message    string
			Extensions struct{ Code string }
		}
	}
	_ = json.Unmarshal(answer.Body.Bytes(), &got)
	if len(got.Errors) > 0 {
		return fmt.Sprint(answer.Code, " ", got.Errors[0].Extensions.Code)
	}
	return fmt.Sprint(answer.Code, " ", string(got.Data))
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func persistedQuery(hash string) map[string]any {
	return map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hash}}
}

const (
	who    = `{viewer {subject}}`
	local  = `200 {"viewer":{"subject":"local"}}`
	change = `mutation {suspendSubscription(input: {customerNo: "1", subscriptionId: "1"}) {replayed}}`
)

// A document that came once with its hash is known by it from then on, by GET too. Nobody can put another one in its place.
func TestPersistedQueries(t *testing.T) {
	g := open(t, sim.Options{})
	door := g.doorOf(graph.HandlerOptions{Limits: graph.Limits{Persisted: 2}})
	post, get := http.MethodPost, http.MethodGet
	for i, step := range []struct {
		method string
		body   map[string]any
		want   string
	}{
		{post, map[string]any{"extensions": persistedQuery(hashOf(who))}, "200 PERSISTED_QUERY_NOT_FOUND"},
		{get, map[string]any{"extensions": persistedQuery(hashOf(who))}, "200 PERSISTED_QUERY_NOT_FOUND"},
		{get, map[string]any{"query": who}, "405 BAD_USER_INPUT"},
		{post, map[string]any{"query": who + " ", "extensions": persistedQuery(hashOf(who))}, "200 BAD_USER_INPUT"},
		{post, map[string]any{"extensions": persistedQuery(hashOf(who))}, "200 PERSISTED_QUERY_NOT_FOUND"},
		{post, map[string]any{"query": who, "extensions": persistedQuery(strings.ToUpper(hashOf(who)))}, local},
		{post, map[string]any{"extensions": persistedQuery(hashOf(who))}, local},
		{get, map[string]any{"extensions": persistedQuery(hashOf(who))}, local},
		{post, map[string]any{"query": "{nothing}", "extensions": persistedQuery(hashOf("{nothing}"))}, "200 GRAPHQL_VALIDATION_FAILED"},
		{post, map[string]any{"extensions": persistedQuery(hashOf("{nothing}"))}, "200 PERSISTED_QUERY_NOT_FOUND"},
		{post, map[string]any{"query": change, "extensions": persistedQuery(hashOf(change))}, `200 {"suspendSubscription":{"replayed":false}}`},
		{get, map[string]any{"extensions": persistedQuery(hashOf(change))}, "405 BAD_USER_INPUT"},
		{post, map[string]any{"query": "{__typename}", "extensions": persistedQuery(hashOf("{__typename}"))}, `200 {"__typename":"Query"}`},
		{post, map[string]any{"extensions": persistedQuery(hashOf(who))}, "200 PERSISTED_QUERY_NOT_FOUND"}, // two are remembered
		{post, map[string]any{"documentId": "x"}, "200 PERSISTED_QUERY_NOT_FOUND"},
		{post, map[string]any{"extensions": map[string]any{"persistedQuery": map[string]any{"version": 1}}}, "400 BAD_USER_INPUT"},
	} {
		if got := brought(door, step.method, step.body); got != step.want {
			t.Errorf("%d: %s %v brought %s, want %s", i, step.method, step.body, got, step.want)
		}
	}
}

// Trusted documents are named by their id or hash, or come word for word. What becomes of others is a setting.
func TestTrustedDocuments(t *testing.T) {
	g := open(t, sim.Options{})
	log := new(lockedLog)
	trusted := map[string]string{"who": who, hashOf(change): change}
	const refused, strange = "200 FORBIDDEN", `{upstream {region}}`
	for trust, other := range map[graph.Trust]string{"": `200 {"upstream":{"region":"US"}}`, graph.TrustLog: `200 {"upstream":{"region":"US"}}`, graph.TrustNone: refused} {
		log.since()
		door := g.doorOf(graph.HandlerOptions{Trusted: trusted, Trust: trust, Logger: slog.New(slog.NewTextHandler(log, nil))})
		for _, step := range []struct {
			method string
			body   map[string]any
			want   string
		}{
			{"POST", map[string]any{"documentId": "who"}, local},
			{"GET", map[string]any{"documentId": "who"}, local},
			{"POST", map[string]any{"query": who}, local},
			{"POST", map[string]any{"query": who, "documentId": "who"}, local},
			{"POST", map[string]any{"query": strange, "documentId": "who"}, "200 PERSISTED_QUERY_NOT_FOUND"},
			{"POST", map[string]any{"documentId": "sha256:" + hashOf(change)}, `200 {"suspendSubscription":{"replayed":false}}`},
			{"POST", map[string]any{"extensions": persistedQuery(hashOf(change))}, `200 {"suspendSubscription":{"replayed":false}}`},
			{"GET", map[string]any{"documentId": hashOf(change)}, "405 BAD_USER_INPUT"},
			{"POST", map[string]any{"query": strange}, other},
			{"POST", map[string]any{"query": strange, "extensions": persistedQuery(hashOf(strange))}, other},
			{"POST", map[string]any{"query": "{__schema {queryType {name}}}"}, map[bool]string{true: refused, false: `200 {"__schema":{"queryType":{"name":"Query"}}}`}[trust == graph.TrustNone]},
			{"POST", map[string]any{"extensions": persistedQuery(hashOf("x"))}, "200 PERSISTED_QUERY_NOT_FOUND"},
		} {
			if got := brought(door, step.method, step.body); got != step.want {
				t.Errorf("%q: %s %v brought %s, want %s", trust, step.method, step.body, got, step.want)
			}
		}
		if n := strings.Count(log.since(), "sha256="+hashOf(strange)); n != map[bool]int{true: 1}[trust == graph.TrustLog] {
			t.Errorf("%q: the strange document is in the log %d times", trust, n)
		}
	}
}

func TestDocumentsAreChecked(t *testing.T) {
	if err := graph.CheckDocuments(map[string]string{"who": who, "change": change}, graph.Limits{}); err != nil {
		t.Error(err)
	}
	err := graph.CheckDocuments(map[string]string{"a": "{nothing}", "b": "{", "c": who, "d": "{customers {nodes {name}}}"}, graph.Limits{Depth: 2})
	if err == nil || strings.Count(err.Error(), "document ") != 3 || strings.Contains(err.Error(), `"c"`) {
		t.Errorf("got %v", err)
	}
}

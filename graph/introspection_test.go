package graph_test

import (
	"context"
	"strings"
	"testing"

	"stellr-gateway/graph"
	"stellr-gateway/internal/access"
	"stellr-gateway/stellr/sim"
)

// TestIntrospectionSwitch asks for the schema, and makes a mistake of each kind that could be answered with a hint, as a
// caller with a role and as one without, one after the other: what is remembered for one is not told to the other.
func TestIntrospectionSwitch(t *testing.T) {
	mistakes := []string{
		`{viewr {subject}}`,
		`{viewer {subjct}}`,
		`{customer(customrNo: 1) {name}}`,
		`{customer(customerNo: 1)}`,
		`{viewer {... on Viewr {subject}}}`,
		`{node(id: "x") {name}}`,
		`query ($f: CustomerFiltr) {viewer {subject}}`,
		`{customers(filter: {serch: "x"}) {totalCount}}`,
		`{customers(filter: {status: ACTIV}) {totalCount}}`,
		`{customers(filter: {status: "ACTIV"}) {totalCount}}`,
		`{viewer {subject @skp(if: true)}}`,
		`fragment f on Viewer {subjct} {viewer {...f}}`,
		`mutation {suspendSubscripton(input: {customerNo: 1}) {replayed}}`,
	}
	for _, c := range []struct {
		setting graph.Introspection
		caller  string // for X-Test-Caller
		open    bool
		hints   bool
	}{
		{"", "acme/anna/VIEWER", true, true}, {"", "acme/anna/", false, false},
		{graph.IntrospectionOn, "acme/anna/VIEWER", true, true}, {graph.IntrospectionOn, "acme/anna/", true, false},
		{graph.IntrospectionRoles, "acme/anna/VIEWER", true, true}, {graph.IntrospectionRoles, "acme/anna/", false, false},
		{graph.IntrospectionOff, "acme/anna/ADMIN", false, false}, {graph.IntrospectionOff, "acme/anna/", false, false},
	} {
		others := map[string]string{"acme/anna/": "acme/bob/ADMIN"}[c.caller]
		all := openWith(t, sim.Options{}, graph.HandlerOptions{Introspection: c.setting})
		g, before := all.as(c.caller), all.as(others)
		for _, query := range []string{`{__schema {queryType {name}}}`, `{__type(name: "Query") {name}}`, `{...f} fragment f on Query {... on Query {x: __schema {queryType {name}}}}`} {
			before.fetch("POST", "", bodyOf(t, map[string]any{"query": query}))
			_, text := g.fetch("POST", "", bodyOf(t, map[string]any{"query": query}))
			if open := strings.Contains(text, `"name":"Query"`); open != c.open || !open && (!strings.Contains(text, `"code":"FORBIDDEN"`) || strings.Contains(text, `"data"`)) {
				t.Errorf("%q, %s: %s: %s", c.setting, c.caller, query, text)
			}
		}
		if _, text := g.fetch("POST", "", `{"query":"{__typename}"}`); text != `{"data":{"__typename":"Query"}}` {
			t.Errorf("%q, %s: %s", c.setting, c.caller, text)
		}
		hints := 0
		for _, query := range mistakes {
			before.fetch("POST", "", bodyOf(t, map[string]any{"query": query}))
			_, text := g.fetch("POST", "", bodyOf(t, map[string]any{"query": query}))
			if !strings.Contains(text, `"code":"GRAPHQL_VALIDATION_FAILED"`) {
				t.Errorf("%s is no mistake: %s", query, text)
			}
			if strings.Contains(text, "Did you mean") || strings.Contains(text, "subscribedUsers") {
				hints++
			}
		}
		if c.hints && hints < 8 || !c.hints && hints > 0 {
			t.Errorf("%q, %s: %d hints for %d mistakes", c.setting, c.caller, hints, len(mistakes))
		}
	}
}

func TestWhoSeesTheSchema(t *testing.T) {
	anna := access.With(t.Context(), access.Local())
	for _, c := range []struct {
		options graph.HandlerOptions
		ctx     context.Context
		shown   bool
	}{
		{graph.HandlerOptions{}, anna, true},
		{graph.HandlerOptions{}, t.Context(), false},
		{graph.HandlerOptions{Introspection: graph.IntrospectionOn}, t.Context(), true},
		{graph.HandlerOptions{Introspection: graph.IntrospectionOff}, anna, false},
		{graph.HandlerOptions{TrustMode: graph.TrustLog}, anna, true},
		{graph.HandlerOptions{TrustMode: graph.TrustEnforce, Introspection: graph.IntrospectionOn}, anna, false},
	} {
		if got := c.options.ShowsSchema(c.ctx); got != c.shown {
			t.Errorf("%+v: %v", c.options, got)
		}
	}
}

package main

import (
	"fmt"
	"strings"
	"testing"

	"stellr-gateway/graph"
)

func TestTrustedDocumentsAreReadAtStart(t *testing.T) {
	good := withFile(t, "documents.json", `{"c0ffee":"{viewer {subject}}"}`)
	for _, c := range []struct {
		environ []string
		mode    string
		len     int
	}{
		{nil, "", 0},
		{[]string{"GATEWAY_TRUSTED_MODE=off"}, "off", 0},
		{[]string{"GATEWAY_TRUSTED_DOCUMENTS=" + good}, "enforce", 1}, // who names a list means it
		{[]string{"GATEWAY_TRUSTED_DOCUMENTS=" + good, "GATEWAY_TRUSTED_MODE=log"}, "log", 1},
		{[]string{"GATEWAY_TRUSTED_DOCUMENTS=" + good, "GATEWAY_TRUSTED_MODE=off"}, "off", 1},
	} {
		config, err := loadConfig(c.environ)
		if err != nil || config.trustMode != c.mode || config.trusted.Len() != c.len {
			t.Errorf("%q: %v %+v", c.environ, err, config)
		}
	}
	for want, environ := range map[string][]string{
		"GATEWAY_TRUSTED_MODE: enforce needs a list":      {"GATEWAY_TRUSTED_MODE=enforce"},
		"GATEWAY_TRUSTED_MODE: log needs a list":          {"GATEWAY_TRUSTED_MODE=log"},
		`GATEWAY_TRUSTED_MODE: "on" is not off or log`:    {"GATEWAY_TRUSTED_MODE=on"},
		"GATEWAY_TRUSTED_DOCUMENTS: open /nowhere":        {"GATEWAY_TRUSTED_DOCUMENTS=/nowhere"},
		"GATEWAY_TRUSTED_DOCUMENTS: it is larger than 16": {"GATEWAY_TRUSTED_DOCUMENTS=/dev/zero"},
		`bad.json: document "a": Cannot query field "x"`:  {"GATEWAY_TRUSTED_DOCUMENTS=" + withFile(t, "bad.json", `{"a":"{x}"}`)},
		`document "c0ffee": The operation is 2 fields`: {"GATEWAY_TRUSTED_DOCUMENTS=" + good,
			"GATEWAY_CONFIG=" + withFile(t, "gateway.yaml", "limits: {depth: 1}")},
		`GATEWAY_INTROSPECTION: "yes" is not on or roles`:  {"GATEWAY_INTROSPECTION=yes"},
		`GATEWAY_CALLER_RATE: "-1" is not a number from 0`: {"GATEWAY_CALLER_RATE=-1"},
	} {
		if _, err := loadConfig(environ); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %q", environ, err, want)
		}
	}
}

// TestOnlyTrustedDocuments runs a gateway that executes nothing else, and shows its schema to nobody.
func TestOnlyTrustedDocuments(t *testing.T) {
	g := start(t, nil, "GATEWAY_TRUSTED_DOCUMENTS="+withFile(t, "documents.json", `{"c0ffee":"{viewer {subject}}"}`))
	g.log.wait(t, "only trusted documents are executed")
	for body, want := range map[string]string{
		`{"documentId":"c0ffee"}`:         `{"data":{"viewer":{"subject":"local"}}}`,
		`{"query":"{upstream {region}}"}`: string(graph.CodeNotTrusted),
	} {
		if _, _, text := g.do("POST", "/graphql", body); !strings.Contains(text, want) {
			t.Errorf("%s: %s", body, text)
		}
	}
	if status, _, text := g.do("GET", "/schema.graphql", ""); status != 403 || !strings.Contains(text, "FORBIDDEN") {
		t.Errorf("%d %.100s", status, text)
	}
}

func TestRateAndIntrospectionAreSet(t *testing.T) {
	file := withFile(t, "gateway.yaml", "limits: {cost: 3}")
	g := start(t, nil, "GATEWAY_CALLER_RATE=0.001", "GATEWAY_INTROSPECTION=off", "GATEWAY_CONFIG="+file)
	status, header, text := 0, map[string][]string{}, ""
	for i := range 4 {
		if status, header, text = g.do("POST", "/graphql", fmt.Sprintf(`{"query":"{viewer {x%d: subject}}"}`, i)); (status == 429) != (i == 3) {
			t.Errorf("question %d: %d %s", i, status, text)
		}
	}
	if len(header["Retry-After"]) != 1 || !strings.Contains(text, "RATE_LIMITED") {
		t.Errorf("%v %s", header, text)
	}
	if _, _, text := g.do("POST", "/graphql", `{"query":"{customers(first: 200) {nodes {vendorAccounts {totalCount}}}}"}`); !strings.Contains(text, "at most 3 are allowed") {
		t.Error(text)
	}
	if _, _, text := g.do("POST", "/graphql", `{"query":"{__schema {queryType {name}}}"}`); !strings.Contains(text, "FORBIDDEN") {
		t.Error(text)
	}
	if status, _, _ := g.do("GET", "/schema.graphql", ""); status != 403 {
		t.Errorf("the schema is shown: %d", status)
	}
}

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRelaysDocuments has Relay's compiler write the documents of a small client, and asks for them by name from a gateway
// that executes nothing else: lists, their next pages, nodes again by their ids, and a change that is only rehearsed.
func TestRelaysDocuments(t *testing.T) {
	scripts := filepath.Join("conformance", "schema")
	if _, err := os.Stat(filepath.Join(scripts, "node_modules", "relay-compiler")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("the packages of conformance/schema are not installed: npm --prefix conformance/schema ci")
		}
		t.Skip("the packages of conformance/schema are not installed: npm --prefix conformance/schema ci")
	}
	path := filepath.Join(t.TempDir(), "documents.json")
	if out, err := exec.CommandContext(t.Context(), "node", filepath.Join(scripts, "relay.mjs"), "schema.graphql", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	client := relayClient{t: t, g: start(t, nil, "GATEWAY_TRUSTED_DOCUMENTS="+path), names: map[string]string{}}
	client.read(path)

	first := client.ask("CustomerListQuery", nil)
	next := client.ask("CustomerListPageQuery", map[string]any{"count": 2, "cursor": find(t, first, `.*"endCursor":"([^"]+)"`)})
	if id := find(t, next, `"node":\{"id":"([^"]+)"`); strings.Contains(first, id) {
		t.Errorf("the next page begins with what was on the first: %s", id)
	}
	customer := map[string]any{"id": withSubscriptions(t, first)}
	number := find(t, client.ask("CustomerCardRefetchQuery", customer), `"customerNo":"([^"]+)"`)
	client.ask("CustomerCardInvoicesQuery", customer)
	subscription := find(t, client.ask("CustomerCardSubscriptionsQuery", customer), `"subscriptionId":"[^"]+".*?"id":"([^"]+)","__typename":"Subscription"`)
	row := client.ask("SubscriptionRowRefetchQuery", map[string]any{"id": subscription})
	client.ask("SubscriptionRowNodesQuery", map[string]any{"ids": []string{subscription}})
	change := client.ask("SubscriptionRowSeatsMutation", map[string]any{"input": map[string]any{
		"customerNo": number, "subscriptionId": find(t, row, `"subscriptionId":"([^"]+)"`), "quantity": 9, "dryRun": true,
	}})
	if !strings.Contains(change, `"userErrors":[]`) || !strings.Contains(change, subscription) {
		t.Error(change)
	}
}

// withSubscriptions is the id of a customer in a list who has some.
func withSubscriptions(t *testing.T, list string) string {
	var answer struct {
		Data struct {
			Customers struct {
				Edges []struct {
					Node struct {
						ID            string
						Subscriptions struct{ Edges []any }
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(list), &answer); err != nil {
		t.Fatal(err)
	}
	for _, edge := range answer.Data.Customers.Edges {
		if len(edge.Node.Subscriptions.Edges) > 0 {
			return edge.Node.ID
		}
	}
	t.Fatalf("nobody has a subscription: %s", list)
	return ""
}

// relayClient asks for documents by their hashes, which it knows by the names of their operations.
type relayClient struct {
	t     *testing.T
	g     *running
	names map[string]string
}

func (c relayClient) read(path string) {
	raw, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	documents := map[string]string{}
	if err := json.Unmarshal(raw, &documents); err != nil || len(documents) < 10 {
		c.t.Fatalf("%d documents, %v", len(documents), err)
	}
	for hash, text := range documents {
		c.names[find(c.t, text, `^\w+ (\w+)`)] = hash
	}
}

func (c relayClient) ask(name string, variables map[string]any) string {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"documentId": c.names[name], "variables": variables})
	if err != nil {
		c.t.Fatal(err)
	}
	status, _, text := c.g.do("POST", "/graphql", string(body))
	if status != 200 || strings.Contains(text, `"errors"`) {
		c.t.Fatalf("%s: %d %s", name, status, text)
	}
	return text
}

// find is what a pattern's group matches.
func find(t *testing.T, text, pattern string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("there is no %s in %.2000s", pattern, text)
	}
	return found[1]
}

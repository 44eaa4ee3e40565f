package graph_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// errand is an intent with what a caller sends for it.
type errand struct {
	intent
	input map[string]any
}

// errandOf is an errand whose mark is in the body of its request: its purchase order number.
func errandOf(organization, action, key string, input map[string]any) errand {
	e := errand{intent{organization, action, key, organization + "-" + key}, map[string]any{"idempotencyKey": key}}
	for name, value := range input {
		e.input[name] = value
	}
	e.input["resellerPoNo"] = e.mark
	return e
}

// send sends the errand to a gateway, and is what its caller was told.
func (e errand) send(url string) told { return e.sendWhile(context.Background(), url) }

// sendWhile is send by a caller who leaves when ctx ends.
func (e errand) sendWhile(ctx context.Context, url string) told {
	kind := strings.ToUpper(e.action[:1]) + e.action[1:]
	query := fmt.Sprintf("mutation ($in: %sInput!) {%s(input: $in) {%s}}", kind, e.action, fieldsOf(e.action))
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]any{"in": e.input}})
	if err != nil {
		panic(err) // the test's own input
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		panic(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Test-Caller", e.organization+"/anna/BUYER")
	// A key of our own making stands in no header, so nothing on the caller's side sends it again by itself.
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return told{intent: e.intent, lost: true, text: err.Error()}
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return told{intent: e.intent, lost: true, text: err.Error()}
	}
	return e.read(raw)
}

// read takes from an answer what matters.
func (e errand) read(raw []byte) told {
	t := told{intent: e.intent, text: string(raw)}
	var a answer
	var data map[string]outcome
	if json.Unmarshal(raw, &a) != nil || len(a.Data) > 0 && json.Unmarshal(a.Data, &data) != nil {
		t.lost = true
		return t
	}
	t.code = a.code()
	o := data[e.action]
	if len(o.UserErrors) > 0 {
		t.code = o.UserErrors[0].Code
	}
	t.replayed = o.Replayed
	if o.Command != nil {
		t.command, t.status = o.Command.ID, o.Command.Status
		if o.Operation != nil {
			t.operations = append(t.operations, o.Operation.OperationID)
		}
		for _, operation := range o.Operations {
			t.operations = append(t.operations, operation.OperationID)
		}
		for _, s := range o.Subscriptions {
			t.subscriptions = append(t.subscriptions, s.SubscriptionID)
		}
	}
	return t
}

// unprocessed says whether the caller was told that nothing was done and the key is free again.
func (t told) unprocessed() bool {
	switch t.code {
	case "NOT_PROCESSED", "JOURNAL_UNAVAILABLE", "UPSTREAM_UNAVAILABLE", "RATE_LIMITED":
		return true
	}
	return false
}

// insist sends an errand until something has become of it, as a caller does who wants it done, and is all that was
// told on the way.
func (e errand) insist(url string) []told {
	var all []told
	for range 20 {
		t := e.send(url)
		all = append(all, t)
		if !t.lost && !t.unprocessed() {
			break
		}
	}
	return all
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"stellr-gateway/stellr/sim"
)

// listen subscribes at a node, by server-sent events.
func (c *cluster) listen(url, what string) <-chan string {
	c.t.Helper()
	body, _ := json.Marshal(map[string]string{"query": "subscription {" + what + "}"})
	request, err := http.NewRequestWithContext(c.t.Context(), "POST", url+"/graphql", bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = response.Body.Close() })
	events := make(chan string, 1000)
	go func() {
		defer close(events)
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				events <- text
			}
		}
	}()
	return events
}

// heard waits for an event with all of this in it.
func (c *cluster) heard(events <-chan string, parts ...string) {
	c.t.Helper()
	var all []string
	for patience := time.After(nodesPatience); ; {
		select {
		case text, more := <-events:
			if !more {
				c.t.Fatalf("the events ended without %q: %q", parts, all)
			}
			all = append(all, text)
			missing := 0
			for _, part := range parts {
				if !strings.Contains(text, part) {
					missing++
				}
			}
			if missing == 0 {
				return
			}
		case <-patience:
			c.t.Fatalf("never heard %q: %q", parts, all)
		}
	}
}

// Who listens at one node hears of what is written at another, and who asks then sees it. The write takes a while at
// Stellr.
func TestNodesHearOfWrites(t *testing.T) {
	c := many(t, sim.Options{Customers: 5, OperationTime: 800 * time.Millisecond})
	s := c.seats(1)[0]
	writes, reads := c.nodes[0].url, c.nodes[2].url
	commands := c.listen(reads, fmt.Sprintf(`commandUpdated(customerNo: %q) {idempotencyKey status}`, s.customerNo))
	subscriptions := c.listen(reads, fmt.Sprintf(`subscriptionChanged(customerNo: %q) {subscriptionId quantity}`, s.customerNo))
	for round := range 3 {
		words := fmt.Sprintf("name round%d: name", round)
		c.atAll(s, words, words)
		answer, err := c.change(writes, s, s.quantity+1, key(round))
		if err != nil || answer.Command == nil || answer.Operation == nil || answer.Command.Status != "PENDING" {
			t.Fatalf("%+v, %v", answer, err)
		}
		s.quantity++
		operation := c.listen(reads, fmt.Sprintf(`operationUpdated(operationId: %q) {status}`, answer.Operation.OperationID))
		seen := func(after string) {
			for _, n := range c.nodes[1:] {
				for _, w := range []string{words, words + " " + after + ": name"} {
					c.atOnce(fmt.Sprintf("round %d, after the event of the %s", round, after), func() error { return c.has(n, s, w) })
				}
			}
		}
		switch round { // another one first each time
		case 0:
			c.heard(commands, quoted(key(round)), `"SUCCEEDED"`)
			seen("command")
		case 1:
			c.heard(operation, `"SUCCEEDED"`)
			seen("operation")
		case 2:
			c.heard(subscriptions, quoted(s.id), fmt.Sprintf(`"quantity":%d`, s.quantity))
			seen("subscription")
		}
		if round != 0 {
			c.heard(commands, quoted(key(round)), `"SUCCEEDED"`)
		}
		if round != 1 {
			c.heard(operation, `"SUCCEEDED"`)
		}
		if round != 2 {
			c.heard(subscriptions, quoted(s.id), fmt.Sprintf(`"quantity":%d`, s.quantity))
		}
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"slices"
	"sync"
	"testing"
	"time"

	"stellr-gateway/stellr/sim"
)

// atAll asks nodes for a quantity, both in words that were asked before and in new ones.
func (c *cluster) atAll(s seat, words ...string) {
	c.t.Helper()
	for _, w := range words {
		for i, n := range c.nodes {
			if err := c.has(n, s, w); err != nil {
				c.t.Errorf("%q: node %d: %v", w, i, err)
			}
		}
	}
}

// atOnce says when something is not seen at the first look. A node hears of a write a moment after it has ended, which a busy
// machine may draw out: once in a test that may take until heardWithin.
func (c *cluster) atOnce(what string, see func() error) {
	c.t.Helper()
	ended := time.Now()
	for err := see(); err != nil; err = see() {
		if c.misses++; c.misses > 1 || time.Since(ended) > heardWithin {
			c.t.Errorf("%s: %v", what, err)
			return
		}
		c.t.Logf("late: %s: %v", what, err)
		time.Sleep(heardWithin / 2)
	}
}

// has says when a node does not answer with so many seats.
func (c *cluster) has(n *node, s seat, words string) error {
	got, err := c.quantity(n.url, s, words)
	if err == nil && got != s.quantity {
		err = fmt.Errorf("%d seats where there are %d", got, s.quantity)
	}
	return err
}

// What is written at one node is seen at the others at once, although they have kept what was before, in parts and as
// whole answers.
func TestNodesSeeWrites(t *testing.T) {
	c := many(t, sim.Options{Customers: 5, OperationTime: -1})
	s := c.seats(1)[0]
	for round := range 12 {
		words := fmt.Sprintf("name round%d: name", round)
		c.atAll(s, words, words) // they know it, and keep the answer
		answer, err := c.change(c.nodes[round%3].url, s, s.quantity+1, key(round))
		if err != nil || answer.Command == nil || answer.Command.Status != "SUCCEEDED" {
			t.Fatalf("%+v, %v", answer, err)
		}
		s.quantity++
		others := slices.Delete(slices.Clone(c.nodes), round%3, round%3+1)
		for _, w := range []string{words, words + " new: name"} {
			for _, n := range others {
				c.atOnce(fmt.Sprintf("round %d, %q", round, w), func() error { return c.has(n, s, w) })
			}
		}
	}
}

// customers is the names of all customers, as a node answers.
func (c *cluster) customers(url string) ([]string, error) {
	var data struct {
		Customers struct{ Nodes []struct{ Name string } }
	}
	err := c.post(c.t.Context(), url, `{customers(first: 200) {nodes {name}}}`, &data)
	var names []string
	for _, n := range data.Customers.Nodes {
		names = append(names, n.Name)
	}
	return names, err
}

// A customer that is made at one node is in the lists of the others at once.
func TestNodesSeeNewCustomers(t *testing.T) {
	c := many(t, sim.Options{Customers: 5, OperationTime: -1})
	for round := range 6 {
		name := fmt.Sprintf("Newcomers %d", round)
		for _, n := range slices.Concat(c.nodes, c.nodes) {
			if names, err := c.customers(n.url); err != nil || len(names) != 5+round {
				t.Fatalf("%q, %v", names, err)
			}
		}
		var data struct {
			CreateCustomer struct {
				Command    *struct{ Status string }
				UserErrors []struct{ Message string }
			}
		}
		err := c.post(t.Context(), c.nodes[round%3].url, fmt.Sprintf(`mutation {createCustomer(input: {name: %q, contactName: "A B", email: "a%d@example.com",
			domain: "newcomers%d.example.com", address: {line1: "1 Way", city: "Fremont", region: "CA", postalCode: "94538", country: "US"}}) {command {status} userErrors {message}}}`, name, round, round), &data)
		if made := data.CreateCustomer; err != nil || made.Command == nil || made.Command.Status != "SUCCEEDED" {
			t.Fatalf("%+v, %v", made, err)
		}
		for _, n := range c.nodes {
			c.atOnce(name, func() error {
				names, err := c.customers(n.url)
				if err == nil && !slices.Contains(names, name) {
					err = fmt.Errorf("it is not in %q", names)
				}
				return err
			})
		}
	}
}

// everything is a question that takes a request for each customer.
const everything = `{customers(first: 50) {nodes {customerNo subscriptions(first: 50) {nodes {subscriptionId quantity}}}}}`

// What one node has read the others need not read.
func TestNodesShareWhatIsRead(t *testing.T) {
	c := many(t, sim.Options{Customers: 20, OperationTime: -1})
	var first, next json.RawMessage
	if err := c.post(t.Context(), c.nodes[0].url, everything, &first); err != nil {
		t.Fatal(err)
	}
	if asked, total := c.upstream.since(); total < 21 {
		t.Errorf("the first node asked %v", asked)
	}
	for _, n := range c.nodes[1:] {
		if err := c.post(t.Context(), n.url, everything, &next); err != nil || string(next) != string(first) {
			t.Errorf("%v; other data: %.300s", err, next)
		}
	}
	if asked, total := c.upstream.since(); total != 0 {
		t.Errorf("the others asked %v", asked)
	}
}

// What nobody has read yet, and all nodes are asked at the same moment, is read once.
func TestNodesAskOnce(t *testing.T) {
	c := many(t, sim.Options{Customers: 20, OperationTime: -1})
	gate := make(chan struct{})
	guard := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-gate
		c.sim.ServeHTTP(w, r)
	})
	c.upstream.guard.Store(&guard)
	var answers, written sync.WaitGroup
	data := make([]json.RawMessage, 3)
	for i, n := range c.nodes {
		written.Add(1)
		sent := sync.OnceFunc(written.Done)
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent() }})
		answers.Go(func() {
			defer sent()
			if err := c.post(ctx, n.url, everything, &data[i]); err != nil {
				t.Error(err)
			}
		})
	}
	written.Wait()
	for range 5 { // by when each node has got to its question
		for _, n := range c.nodes {
			n.do("GET", "/healthz", "")
		}
	}
	close(gate)
	answers.Wait()
	asked, total := c.upstream.since()
	for what, times := range asked {
		if times > 1 {
			t.Errorf("%s was asked %d times", what, times)
		}
	}
	if total < 21 || total > 25 {
		t.Errorf("%d requests were sent: %v", total, asked)
	}
	if string(data[0]) != string(data[1]) || string(data[0]) != string(data[2]) {
		t.Errorf("the nodes do not answer the same:\n%.300s\n%.300s\n%.300s", data[0], data[1], data[2])
	}
}

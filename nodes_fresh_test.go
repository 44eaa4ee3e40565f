package main

import (
	"fmt"
	"slices"
	"testing"

	"stellr-gateway/stellr/sim"
)

// atAll asks nodes for a quantity, both in words that were asked before and in new ones.
func (c *cluster) atAll(s seat, want int, words ...string) {
	c.t.Helper()
	for _, w := range words {
		for i, n := range c.nodes {
			if got, err := c.quantity(n.url, s, w); got != want || err != nil {
				c.t.Errorf("%q: node %d says %d, want %d: %v", w, i, got, want, err)
			}
		}
	}
}

// What is written at one node is seen at the others at once, although they have kept what was before, in parts and as
// whole answers.
func TestNodesSeeWrites(t *testing.T) {
	c := many(t, sim.Options{Customers: 5, OperationTime: -1})
	s := c.seats(1)[0]
	for round := range 12 {
		words := fmt.Sprintf("name round%d: name", round)
		c.atAll(s, s.quantity, words, words) // they know it, and keep the answer
		answer, err := c.change(c.nodes[round%3].url, s, s.quantity+1, key(round))
		if err != nil || answer.Command == nil || answer.Command.Status != "SUCCEEDED" {
			t.Fatalf("%+v, %v", answer, err)
		}
		s.quantity++
		others := slices.Delete(slices.Clone(c.nodes), round%3, round%3+1)
		for _, w := range []string{words, words + " new: name"} {
			for _, n := range others {
				if got, err := c.quantity(n.url, s, w); got != s.quantity || err != nil {
					t.Errorf("round %d, %q: %d seats where there are %d: %v", round, w, got, s.quantity, err)
				}
			}
		}
	}
}

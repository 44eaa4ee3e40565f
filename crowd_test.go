package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// crowd is callers at once, each on a connection of its own.
type crowd struct {
	client  http.Client
	callers sync.WaitGroup

	mu      sync.Mutex
	answers map[string]int // how many got which; a good one is "ok"
}

// ask sends a query for each number. Who finds no place asks again.
func (c *crowd) ask(url string, queries int, query func(i int) string) {
	for i := range queries {
		c.callers.Go(func() {
			for {
				answer := c.one(url, query(i))
				if strings.Contains(answer, "OVERLOADED") {
					continue
				}
				c.mu.Lock()
				defer c.mu.Unlock()
				c.answers[answer]++
				return
			}
		})
	}
}

func (c *crowd) one(url, query string) string {
	response, err := c.client.Post(url+"/graphql", "application/json", strings.NewReader(query))
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != 200 || !strings.HasPrefix(string(text), `{"data":{"customer":{"name":"`) {
		return fmt.Sprintf("%d %s %v", response.StatusCode, text, err)
	}
	return "ok"
}

// With 500 requests under way, SIGTERM has each of them answered, and the program ends well and in time. Stellr is given
// sixteen at once, as always, so that most of them still wait for their turn when the signal comes.
func TestSignalWithACrowd(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a few seconds")
	}
	const many = 500
	gate := make(chan struct{})
	_, environ := stellrAt(t, sim.Options{
		Customers: many, SubscriptionsPerCustomer: 1,
		Sleep: func(ctx context.Context, _ time.Duration) {
			select {
			case <-gate:
			case <-ctx.Done():
				return
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
			}
		},
		Faults: []sim.Fault{{Action: stellr.ActionGetCustomer, Kind: sim.FaultLatency, Delay: 1}},
	})
	program, g := program(t, append(environ, "GATEWAY_CONFIG="+withFile(t, "gateway.yaml", fmt.Sprintf("limits: {requests: %d}", many))))
	all := &crowd{client: http.Client{Transport: &http.Transport{}}, answers: map[string]int{}}
	defer all.client.CloseIdleConnections()
	all.ask(g.url, many, func(i int) string { return customerQuery(100001 + i) })
	// There are places for just as many, and all of them wait: where there is none left, each of them has its own.
	for full := 0; full < 3; {
		status, _, text := g.do("POST", "/graphql", `{"query":"{__typename}"}`)
		switch status {
		case 503:
			full++
		case 200:
			full = 0
		default:
			t.Fatalf("status %d, %s", status, text)
		}
	}
	begin := time.Now()
	if err := program.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for { // it listens no more
		status, _, _, err := g.try("GET", "/readyz", "")
		if err != nil || status == 503 {
			break
		}
	}
	close(gate)
	all.callers.Wait()
	answered := time.Since(begin)
	err := program.Wait()
	took := time.Since(begin)
	if err != nil || took > 30*time.Second {
		t.Errorf("the program ended after %v with %v", took, err)
	}
	if len(all.answers) != 1 || all.answers["ok"] != many {
		t.Errorf("the answers are %.2000s", fmt.Sprint(all.answers))
	}
	t.Logf("%d requests under way: all answered after %v, ended after %v", many, answered.Round(time.Millisecond), took.Round(time.Millisecond))
}

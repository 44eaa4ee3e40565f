package graph_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"stellr-gateway/graph"
	"stellr-gateway/internal/cache"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// The questions that the benchmarks ask: all customers with their subscriptions and products, a plain list, and one
// customer's page.
const (
	everything = `{customers(first: 100) {nodes {customerNo name status subscriptions {nodes {subscriptionId name quantity status product {productId name skuNo}}}}}}`
	plainList  = `{customers(first: 100) {nodes {customerNo name email phone}}}`
	onePage    = `query ($no: ID!) {customer(customerNo: $no) {customerNo name status subscriptions {nodes {subscriptionId name quantity status product {productId name skuNo}}}}}`
)

// BenchmarkQuestions answers the questions one after the other, over an upstream that takes no time of its own: what it
// has said once it says again without thinking.
func BenchmarkQuestions(b *testing.B) {
	for _, test := range []struct {
		name, query string
		lives       graph.Lives
	}{
		{"everything", everything, graph.Lives{}}, {"list", plainList, graph.Lives{}}, {"page", onePage, graph.Lives{}},
		{"everything kept", everything, graph.DefaultLives()}, {"list kept", plainList, graph.DefaultLives()}, {"page kept", onePage, graph.DefaultLives()},
	} {
		b.Run(test.name, func(b *testing.B) {
			query := test.query
			g := open(b, sim.Options{Customers: 100, SubscriptionsPerCustomer: 5, Products: 50, NoAuth: true}, byHeart(b), keeping(test.lives))
			variables := ""
			if query == onePage {
				variables = `,"variables":{"no":"100001"}`
			}
			body := `{"query":` + strconv.Quote(query) + variables + `}`
			ask := func() {
				request := httptest.NewRequest("POST", "/graphql", strings.NewReader(body))
				request.Header.Set("Content-Type", "application/json")
				answer := httptest.NewRecorder()
				g.door.ServeHTTP(answer, request)
				if answer.Code != http.StatusOK || strings.Contains(answer.Body.String(), `"errors"`) {
					b.Fatal(answer.Body)
				}
			}
			ask()
			b.ReportAllocs()
			for b.Loop() {
				ask()
			}
		})
	}
}

// byHeart is for open: the upstream repeats what it has answered once.
func byHeart(b *testing.B) func(*stellr.Config, *graph.Options) {
	return func(c *stellr.Config, _ *graph.Options) {
		base := c.BaseURL
		var known sync.Map
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer, ok := known.Load(r.URL.RequestURI())
			if !ok {
				got, err := http.Get(base + r.URL.RequestURI())
				if err != nil {
					b.Error(err)
					return
				}
				defer got.Body.Close()
				if answer, err = io.ReadAll(got.Body); err != nil {
					b.Error(err)
				}
				known.Store(r.URL.RequestURI(), answer)
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(answer.([]byte))
		}))
		b.Cleanup(server.Close)
		c.BaseURL = server.URL
	}
}

// keeping is for open: what is read is kept so long.
func keeping(lives graph.Lives) func(*stellr.Config, *graph.Options) {
	return func(c *stellr.Config, o *graph.Options) {
		kept := &graph.Kept{Store: cache.Memory(cache.Options{}), Account: o.Account, Lives: lives}
		c.Cache, o.Kept = kept, kept
	}
}

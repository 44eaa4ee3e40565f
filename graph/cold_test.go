package graph_test

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"stellr-gateway/stellr/sim"
)

// BenchmarkCold measures what the gateway adds to the upstream's own time, on questions of which nothing is known yet,
// where each upstream request takes 50 ms. Each question is asked, then its upstream requests are sent once more by
// themselves: in stages that need each other's answers, and in a stage all that go beside each other, 16 at once. What
// the question took longer than that is what the gateway added.
func BenchmarkCold(b *testing.B) {
	for name, test := range map[string]struct {
		query  string
		stages []int // how many requests each stage has; the last has all others
		data   sim.Options
	}{
		"tour":         {tour, []int{1}, sim.Options{Customers: 100, SubscriptionsPerCustomer: 5, Products: 60}},
		"side by side": {`{customers {nodes {name}} vendors {nodes {name}} agreement(customerNo: "100001", agreementType: "MicrosoftCustomerAgreement") {status}}`, nil, sim.Options{}},
		"one subscription": {`{subscription(customerNo: "100001", subscriptionId: "ID") {
			name customer {name} product {name} vendor {status} renewalOptions {renewalDate} changeLog {text} addOns {name}}}`, []int{1}, sim.Options{}},
		"one customer": {`{customer(customerNo: "100001") {
			name subscriptions {nodes {product {name vendor {name}}}} invoices {nodes {invoiceNo}} vendorAccounts {nodes {domain}}}}`, []int{1, 3}, sim.Options{}},
	} {
		b.Run(name, func(b *testing.B) {
			test.data.Latency, test.data.NoAuth = 50*time.Millisecond, true
			g := open(b, test.data)
			query := withSubscription(g, test.query)
			var asking, replaying time.Duration
			var urls []string
			for b.Loop() {
				g.took()
				begin := time.Now()
				g.must(query, nil)
				asking += time.Since(begin)
				urls = g.took()
				begin = time.Now()
				replay(b, g.upstream, urls, test.stages)
				replaying += time.Since(begin)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(len(urls)), "calls")
			b.ReportMetric(milliseconds(replaying, b.N), "upstream-ms")
			b.ReportMetric(milliseconds(asking-replaying, b.N), "added-ms")
		})
	}
}

func milliseconds(d time.Duration, n int) float64 {
	return float64(d.Microseconds()) / 1000 / float64(n)
}

// replay sends the requests, in stages, 16 at once.
func replay(b *testing.B, base string, urls []string, stages []int) {
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	for _, size := range append(slices.Clone(stages), len(urls)) {
		stage := urls[:min(size, len(urls))]
		urls = urls[len(stage):]
		var wait sync.WaitGroup
		slots := make(chan struct{}, 16)
		for _, url := range stage {
			wait.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				response, err := client.Get(base + url)
				if err != nil {
					b.Error(err)
					return
				}
				defer response.Body.Close()
				_, _ = io.Copy(io.Discard, response.Body)
			})
		}
		wait.Wait()
	}
}

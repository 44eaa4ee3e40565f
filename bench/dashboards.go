package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"stellr-gateway/bench/load"
	"stellr-gateway/bench/upstream"
)

// How the dashboards ask: each one A, B and C, one shortly after the other, and all of them spread evenly.
const (
	dashboardCount = 200
	dashboardPause = 5 * time.Second
)

// dashboards measures what many dashboards on one gateway with default settings cost the upstream.
func dashboards(ctx context.Context, w *workshop) error {
	up, err := w.keep(startUpstream(ctx, w.customers, w.latency))
	if err != nil {
		return err
	}
	g, err := w.keep(w.gateways.start(ctx, "gateway", up.address))
	if err != nil {
		return err
	}
	seen, err := w.watchDashboards(ctx, up, []*process{g})
	if err != nil {
		return err
	}
	w.printDashboards([]string{"one gateway"}, []dashboardsSeen{seen})
	return nil
}

// dashboardsSeen is what the dashboards got and what they cost.
type dashboardsSeen struct {
	outcome load.Outcome
	counts  upstream.Counts
}

// watchDashboards has the dashboards ask for a while, each always the same node.
func (w *workshop) watchDashboards(ctx context.Context, up *process, nodes []*process) (dashboardsSeen, error) {
	pools := make([]*load.Pool, len(nodes))
	requests := make([]map[string][][]byte, len(nodes))
	for i, node := range nodes {
		pools[i], requests[i] = &load.Pool{Address: node.address}, map[string][][]byte{}
		defer pools[i].Close()
		for _, question := range questions() {
			requests[i][question] = ourDocuments().requests(node.address, question)
		}
	}
	control := upstream.Control{Address: up.address}
	if err := control.Reset(ctx); err != nil {
		return dashboardsSeen{}, err
	}
	kinds := questions()
	schedule := load.Schedule{
		Every: dashboardPause / time.Duration(dashboardCount*len(kinds)), For: w.duration(time.Minute),
		Do: func(i int) error {
			dashboard, question := i/len(kinds)%dashboardCount, kinds[i%len(kinds)]
			node := dashboard % len(nodes)
			these := requests[node][question]
			return pools[node].Ask(ctx, these[rand.New(rand.NewPCG(1, uint64(i))).IntN(len(these))])
		},
	}
	outcome, err := schedule.Run(ctx)
	if err != nil {
		return dashboardsSeen{}, err
	}
	counts, err := control.Counts(ctx)
	return dashboardsSeen{outcome, counts}, err
}

// printDashboards shows runs beside each other.
func (w *workshop) printDashboards(names []string, runs []dashboardsSeen) {
	actions := map[string]bool{}
	for _, run := range runs {
		for action := range run.counts {
			actions[action] = true
		}
	}
	rows := [][]string{append([]string{""}, names...)}
	row := func(name string, value func(dashboardsSeen) string) {
		cells := []string{name}
		for _, run := range runs {
			cells = append(cells, value(run))
		}
		rows = append(rows, cells)
	}
	for _, action := range slices.Sorted(maps.Keys(actions)) {
		row("upstream: "+action, func(d dashboardsSeen) string { return fmt.Sprint(d.counts[action]) })
	}
	row("upstream requests, tokens aside", func(d dashboardsSeen) string { return fmt.Sprint(d.counts.Total()) })
	row("questions answered", func(d dashboardsSeen) string { return fmt.Sprint(len(d.outcome.Times)) })
	row("failed", func(d dashboardsSeen) string { return fmt.Sprint(d.outcome.Failed) })
	row("time of an answer, median", func(d dashboardsSeen) string { return inMilliseconds(quantileOf(d.outcome.Times, 0.5)) })
	row("time of an answer, p99", func(d dashboardsSeen) string { return inMilliseconds(quantileOf(d.outcome.Times, 0.99)) })
	title := fmt.Sprintf("%d dashboards that ask A, B and C every %v, %v, %d customers", dashboardCount, dashboardPause, w.duration(time.Minute), w.customers)
	printTable(w.out, title, rows)
	for i, run := range runs {
		w.tellFailure(names[i], run.outcome)
	}
}

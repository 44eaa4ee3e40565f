package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"stellr-gateway/bench/load"
	"stellr-gateway/bench/upstream"
)

const watchedCustomers = 20 // that question C is asked for; each is watched once beforehand

// latency measures what the gateway adds to the time that its upstream takes. What the upstream takes is measured as
// well: the requests that a question leads to are sent by themselves, in the stages in which they depend on each other.
func latency(ctx context.Context, w *workshop) error {
	if w.latency == 0 {
		w.latency = 50 * time.Millisecond
	}
	up, err := w.keep(startUpstream(ctx, w.customers, w.latency))
	if err != nil {
		return err
	}
	// With the default of 16 requests at once, 50 ms each, no more than 320 a second would go out: that would measure a queue.
	g, err := w.keep(w.gateways.start(ctx, "gateway", up.address, "GATEWAY_CACHE=off", "STELLR_CONCURRENCY=256"))
	if err != nil {
		return err
	}
	through, alone := &load.Pool{Address: g.address}, &load.Pool{Address: up.address}
	defer through.Close()
	defer alone.Close()
	requests := ourDocuments().requests(g.address, single)[:watchedCustomers]
	plans := make([][][][]byte, len(requests))
	for i, request := range requests {
		if plans[i], err = watch(ctx, through, request, upstream.Control{Address: up.address}); err != nil {
			return err
		}
	}
	both := [2]load.Outcome{}
	for range w.rounds { // in turns, so that whatever the machine does befalls both
		for i, do := range []func(int) error{
			func(nth int) error { return inStages(ctx, alone, plans[nth%len(plans)]) },
			func(nth int) error { return through.Ask(ctx, requests[nth%len(requests)]) },
		} {
			schedule := load.Schedule{Every: time.Duration(float64(time.Second) / w.rateOr(100)), For: w.duration(time.Minute) / time.Duration(w.rounds), Do: do}
			outcome, err := schedule.Run(ctx)
			if err != nil {
				return err
			}
			both[i].Times = append(both[i].Times, outcome.Times...)
			both[i].Failed += outcome.Failed
			if both[i].Failure == nil {
				both[i].Failure = outcome.Failure
			}
		}
	}
	title := fmt.Sprintf("%s: %s; %.0f a second, %v for each upstream request, no cache, STELLR_CONCURRENCY=256", single, inWords(single), w.rateOr(100), w.latency)
	own, with := both[0], both[1]
	printTable(w.out, title, [][]string{
		{"", "median", "p99", "answered", "failed"},
		append([]string{fmt.Sprintf("upstream alone, %d stages", len(plans[0]))}, timesOf(own)...),
		append([]string{"through the gateway"}, timesOf(with)...),
		{"on top", inMilliseconds(quantileOf(with.Times, 0.5) - quantileOf(own.Times, 0.5)), inMilliseconds(quantileOf(with.Times, 0.99) - quantileOf(own.Times, 0.99)), "", ""},
	})
	w.tellFailure("through the gateway", with)
	w.tellFailure("upstream alone", own)
	return nil
}

// watch asks a question and finds out which upstream requests it leads to, in stages.
func watch(ctx context.Context, pool *load.Pool, request []byte, control upstream.Control) ([][][]byte, error) {
	if err := pool.Ask(ctx, request); err != nil { // the token, and whatever else comes once
		return nil, err
	}
	if err := control.Watch(ctx); err != nil {
		return nil, err
	}
	if err := pool.Ask(ctx, request); err != nil {
		return nil, err
	}
	time.Sleep(50 * time.Millisecond) // until the upstream has written down the last one
	seen, err := control.Watched(ctx)
	if err != nil {
		return nil, err
	}
	var stages [][][]byte
	for _, stage := range stagesOf(seen) {
		var all [][]byte
		for _, r := range stage {
			all = append(all, load.Get(control.Address, r.Path))
		}
		stages = append(stages, all)
	}
	return stages, nil
}

// stagesOf sorts requests by what they may have waited for: one is in the stage after the last of those that had ended
// when it began.
func stagesOf(requests []upstream.Request) [][]upstream.Request {
	slices.SortFunc(requests, func(a, b upstream.Request) int { return a.Start.Compare(b.Start) })
	stage := make([]int, len(requests))
	var stages [][]upstream.Request
	for i, r := range requests {
		for j := range i {
			if !requests[j].End.After(r.Start) {
				stage[i] = max(stage[i], stage[j]+1)
			}
		}
		if stage[i] == len(stages) {
			stages = append(stages, nil)
		}
		stages[stage[i]] = append(stages[stage[i]], r)
	}
	return stages
}

// inStages sends the requests of a stage at once, and those of the next when all are answered.
func inStages(ctx context.Context, pool *load.Pool, stages [][][]byte) error {
	for _, stage := range stages {
		group := new(errgroup.Group)
		for _, request := range stage {
			group.Go(func() error { return pool.Ask(ctx, request) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// timesOf is the cells of an outcome: median, p99, how many were answered and how many not.
func timesOf(o load.Outcome) []string {
	return []string{inMilliseconds(quantileOf(o.Times, 0.5)), inMilliseconds(quantileOf(o.Times, 0.99)), fmt.Sprint(len(o.Times)), fmt.Sprint(o.Failed)}
}

func quantileOf(times []time.Duration, q float64) time.Duration {
	values := make([]float64, len(times))
	for i, t := range times {
		values[i] = float64(t)
	}
	return time.Duration(quantile(values, q))
}

func inMilliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}

func (w *workshop) tellFailure(name string, o load.Outcome) {
	if o.Failed > 0 {
		fmt.Fprintf(w.out, "FAILED: %s: %d, the first: %v\n", name, o.Failed, o.Failure)
	}
}

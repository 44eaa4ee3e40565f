package main

import (
	"context"
	"fmt"
	"time"

	"stellr-gateway/bench/load"
)

const sampleEvery = 50_000 // requests

// memory measures whether the gateway grows: the memory of its process while it answers A, B and C by turns.
func memory(ctx context.Context, w *workshop) error {
	up, err := w.keep(startUpstream(ctx, w.customers, w.latency))
	if err != nil {
		return err
	}
	g, err := w.keep(w.gateways.start(ctx, "gateway", up.address))
	if err != nil {
		return err
	}
	plan := load.Plan{Address: g.address, Requests: mixed(g.address), Connections: w.connections}
	rows := [][]string{{"requests", "memory", "questions/s", "failed"}}
	most, last := 0.0, 0.0
	var failure error
	for done := 0; done < w.requests; done += plan.Answers {
		plan.Answers, plan.Seed = min(sampleEvery, w.requests-done), uint64(done)
		result, err := plan.Run(ctx)
		if err != nil {
			return err
		}
		if last, err = g.memory("VmRSS"); err != nil {
			return err
		}
		most = max(most, last)
		if failure == nil {
			failure = result.Failure
		}
		rows = append(rows, []string{fmt.Sprint(done + plan.Answers), fmt.Sprintf("%.0f MiB", last), fmt.Sprintf("%.0f", result.PerSecond()), fmt.Sprint(result.Failed)})
	}
	rows = append(rows, []string{"most", fmt.Sprintf("%.0f MiB", most), "", ""}, []string{"last", fmt.Sprintf("%.0f MiB", last), "", ""})
	printTable(w.out, fmt.Sprintf("the gateway's memory over %d requests, %s", w.requests, time.Now().Format(time.DateOnly)), rows)
	if failure != nil {
		fmt.Fprintln(w.out, "FAILED, the first:", failure)
	}
	return nil
}

// mixed is requests of which a third is each question.
func mixed(host string) [][]byte {
	var all [][]byte
	for _, question := range questions() {
		these := ourDocuments().requests(host, question)
		for i := range asked {
			all = append(all, these[i%len(these)])
		}
	}
	return all
}

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"stellr-gateway/bench/load"
	"stellr-gateway/bench/upstream"
)

// growth measures what questions cost as the reseller grows: cold, when nothing is known, and again right afterwards.
func growth(ctx context.Context, w *workshop) error {
	config := filepath.Join(w.folder, "gateway.yaml")
	if err := os.WriteFile(config, []byte("limits: {cost: 1000000, memory: 8192MiB}\n"), 0o600); err != nil {
		return err
	}
	rows := [][]string{{"customers", "question", "", "upstream requests", "time", "peak memory"}}
	var failures []string
	for _, customers := range []int{10, 100, 1_000, 10_000} {
		if customers > w.most {
			break
		}
		for _, question := range grown() {
			seen, failed, err := w.coldAndWarm(ctx, customers, question, config)
			if err != nil {
				return err
			}
			rows = append(rows, seen...)
			failures = append(failures, failed...)
			w.stop()
		}
	}
	printTable(w.out, "questions over more and more customers, each with 5 subscriptions", rows)
	for _, failure := range failures {
		fmt.Fprintln(w.out, "FAILED:", failure)
	}
	return nil
}

type grownQuestion struct{ name, document string }

func grown() []grownQuestion {
	return []grownQuestion{
		{"all subscriptions, first 50 by renewal date", `{ subscriptions(first: 50, orderBy: { field: RENEWAL_DATE, direction: ASC }) {
			totalCount nodes { subscriptionId endDate customer { name } } } }`},
		{everything + ": " + inWords(everything), ourDocuments().a},
	}
}

// coldAndWarm asks a gateway that knows nothing yet the same twice.
func (w *workshop) coldAndWarm(ctx context.Context, customers int, question grownQuestion, config string) (rows [][]string, failures []string, err error) {
	up, err := w.keep(startUpstream(ctx, customers, w.latency))
	if err != nil {
		return nil, nil, err
	}
	g, err := w.keep(w.gateways.start(ctx, "gateway", up.address, "GATEWAY_CONFIG="+config,
		"GATEWAY_MAX_CALLS=100000", "GATEWAY_MAX_OBJECTS=10000000", "GATEWAY_DEADLINE=10m"))
	if err != nil {
		return nil, nil, err
	}
	control := upstream.Control{Address: up.address}
	pool := &load.Pool{Address: g.address}
	defer pool.Close()
	request := load.Post(g.address, "/graphql", encoded(question.document, nil))
	time.Sleep(200 * time.Millisecond) // until the gateway has looked whether its configuration works
	for _, state := range []string{"cold", "warm"} {
		if err := control.Reset(ctx); err != nil {
			return nil, nil, err
		}
		if err := g.forgetPeak(); err != nil {
			return nil, nil, err
		}
		start := time.Now()
		if err := pool.Ask(ctx, request); err != nil {
			failures = append(failures, fmt.Sprintf("%d customers, %s, %s: %v", customers, question.name, state, err))
		}
		took := time.Since(start)
		counts, err := control.Counts(ctx)
		if err != nil {
			return nil, nil, err
		}
		peak, err := g.memory("VmHWM")
		if err != nil {
			return nil, nil, err
		}
		rows = append(rows, []string{fmt.Sprint(customers), question.name, state, fmt.Sprint(counts.Total()), inMilliseconds(took), fmt.Sprintf("%.0f MiB", peak)})
	}
	return rows, failures, nil
}

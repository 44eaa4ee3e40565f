package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
)

// nodes measures what several gateways that share a Redis cost the upstream, beside what one costs.
func nodes(ctx context.Context, w *workshop) error {
	var names []string
	var runs []dashboardsSeen
	for _, count := range []int{1, 3} {
		seen, err := w.onRedis(ctx, count)
		if err != nil {
			return err
		}
		names, runs = append(names, fmt.Sprintf("%d on Redis", count)), append(runs, seen)
	}
	w.printDashboards(names, runs)
	return nil
}

// onRedis has so many gateways answer the dashboards, with a Redis and an upstream that nobody used before.
func (w *workshop) onRedis(ctx context.Context, count int) (dashboardsSeen, error) {
	defer w.stop()
	redis, err := w.keep(startRedis(ctx, w.folder))
	if err != nil {
		return dashboardsSeen{}, err
	}
	up, err := w.keep(startUpstream(ctx, w.customers, w.latency))
	if err != nil {
		return dashboardsSeen{}, err
	}
	var running []*process
	for i := range count {
		g, err := w.keep(w.gateways.start(ctx, fmt.Sprintf("gateway %d", i+1), up.address,
			"GATEWAY_REDIS_URL=redis://"+redis.address+"/0", fmt.Sprintf("STELLR_RATE=%g", w.rateOr(100))))
		if err != nil {
			return dashboardsSeen{}, err
		}
		running = append(running, g)
	}
	return w.watchDashboards(ctx, up, running)
}

func startRedis(ctx context.Context, folder string) (*process, error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("redis-server is not on the PATH")
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return program{
		name: "redis", path: path, folder: folder, address: address,
		args: []string{"--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"},
	}.start(ctx)
}

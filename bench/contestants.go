package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stellr-gateway/bench/upstream"
)

// Who is compared with.
const (
	tailcall    = "tailcall"
	handWritten = "hand-written endpoint"
	handCached  = "hand-written endpoint, cache" // the same cache as the gateway's
)

// compare is the main measurement: everybody, the same questions, one run.
func compare(ctx context.Context, w *workshop) error {
	up, err := w.keep(startUpstream(ctx, w.customers, w.latency))
	if err != nil {
		return err
	}
	contestants, err := w.contestants(ctx, up.address)
	if err != nil {
		return err
	}
	c := &comparison{
		contestants: contestants, upstream: upstream.Control{Address: up.address}, out: w.out,
		rounds: w.rounds, each: w.duration(3 * time.Second), connections: w.connections, questions: strings.Split(w.questions, ""),
	}
	return c.run(ctx)
}

// contestants starts the gateway in its variants, and whatever else is installed.
func (w *workshop) contestants(ctx context.Context, upstreamAddress string) ([]contestant, error) {
	var all []contestant
	add := func(p *process, err error, as asker) error {
		if documents, ok := as.(byGraphQL); ok {
			documents.distinct = w.distinct
			as = documents
		}
		if p, err = w.keep(p, err); err == nil {
			all = append(all, contestant{p.name, p, as})
		}
		return err
	}
	for _, variant := range variants() {
		p, err := w.gateways.start(ctx, variant.name, upstreamAddress, variant.settings...)
		if err := add(p, err, ourDocuments()); err != nil {
			return nil, err
		}
	}
	p, err := startEndpoint(ctx, handWritten, upstreamAddress)
	if err := add(p, err, byURL{}); err != nil {
		return nil, err
	}
	p, err = startEndpoint(ctx, handCached, upstreamAddress, "-cache")
	if err := add(p, err, byURL{}); err != nil {
		return nil, err
	}
	err = w.addPeers(ctx, upstreamAddress, add)
	return all, err
}

// addPeers starts what is installed, and says what is not.
func (w *workshop) addPeers(ctx context.Context, upstreamAddress string, add func(*process, error, asker) error) error {
	if path := findTailcall(); path != "" {
		for _, cached := range []bool{false, true} {
			p, err := startTailcall(ctx, path, w.folder, upstreamAddress, cached)
			if err := add(p, err, tailcallDocuments()); err != nil {
				return err
			}
		}
	} else {
		fmt.Fprintln(w.out, "left out: Tailcall is neither on the PATH nor in $TAILCALL")
	}
	if installed := findHive(w.root); installed != "" {
		p, err := startHive(ctx, installed, w.folder, upstreamAddress)
		return add(p, err, hiveDocuments())
	}
	fmt.Fprintln(w.out, "left out: Hive Gateway is not installed in bench/peers")
	return nil
}

// variant is a gateway with settings that are compared with one another.
type variant struct {
	name     string
	settings []string
}

func variants() []variant {
	return []variant{
		{"gateway, no cache", []string{"GATEWAY_CACHE=off"}},
		{"gateway, entities", nil},
		{"gateway, answers", []string{"GATEWAY_ANSWER_CACHE=2s"}},
	}
}

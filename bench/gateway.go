package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"stellr-gateway/bench/upstream"
)

// gateways starts gateways that were built once.
type gateways struct {
	path   string // of the program
	folder string // for journals
}

// start runs a gateway with a journal of its own. The settings come on top, and later ones win.
func (g gateways) start(ctx context.Context, name, upstreamAddress string, settings ...string) (*process, error) {
	folder, err := os.MkdirTemp(g.folder, "gateway")
	if err != nil {
		return nil, err
	}
	env := []string{
		"STELLR_CLIENT_ID=bench", "STELLR_CLIENT_SECRET=bench",
		"STELLR_BASE_URL=http://" + upstreamAddress, "STELLR_TOKEN_URL=http://" + upstreamAddress + upstream.TokenPath,
		"GATEWAY_AUTH=none", "GATEWAY_ADDR=127.0.0.1:0", "GATEWAY_LOG_LEVEL=warn", "GATEWAY_LOG_FORMAT=json",
		"GATEWAY_DATABASE_URL=sqlite:" + filepath.Join(folder, "journal.db"),
	}
	started, err := program{name: name, path: g.path, env: append(env, settings...), told: toldByGateway}.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("the gateway %w", err)
	}
	return started, nil
}

// toldByGateway is the address in the line that says where it is.
func toldByGateway(line string) string {
	_, rest, found := strings.Cut(line, "Stellr Gateway is at http://")
	if !found {
		return ""
	}
	address, _, _ := strings.Cut(rest, "/")
	return address
}

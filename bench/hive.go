package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
)

// findHive is the folder where Hive Gateway was installed by npm, below the module's; empty where it was not.
func findHive(root string) string {
	folder := filepath.Join(root, "bench", "peers")
	for _, program := range []string{"hive-gateway", "mesh-compose"} {
		if _, err := os.Stat(filepath.Join(folder, "node_modules", ".bin", program)); err != nil {
			return ""
		}
	}
	return folder
}

// startHive makes a supergraph for the upstream, and runs Hive Gateway with it.
func startHive(ctx context.Context, installed, folder, upstreamAddress string) (*process, error) {
	supergraph := filepath.Join(folder, "supergraph.graphql")
	compose := exec.CommandContext(ctx, filepath.Join(installed, "node_modules", ".bin", "mesh-compose"), "-c", "mesh.config.mjs", "-o", supergraph)
	compose.Dir = installed
	compose.Env = append(plainEnvironment(), "UPSTREAM=http://"+upstreamAddress)
	if out, err := compose.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mesh-compose: %w\n%s", err, out)
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return program{
		name: "hive gateway", path: filepath.Join(installed, "node_modules", ".bin", "hive-gateway"), folder: installed, address: address,
		args: []string{"supergraph", supergraph, "-c", "gateway.config.mjs", "--host", host, "-p", port, "--fork", strconv.Itoa(runtime.NumCPU())}, env: []string{"NODE_ENV=production"},
	}.start(ctx)
}

// hiveDocuments are the questions for it. It passes the upstream's envelopes on.
func hiveDocuments() byGraphQL {
	const subscriptions = `subscriptions { data { records { subscriptionId productName quantity status product { data { productId productName skuNo } } } } }`
	return byGraphQL{
		a: `query A { customers { data { records { customerNo name status ` + subscriptions + ` } } } }`,
		b: `query B { customers { data { records { customerNo name email domain } } } }`,
		c: `query C($no: String!) { customer(no: $no) { data { customerNo name status ` + subscriptions + ` } } }`,
	}
}

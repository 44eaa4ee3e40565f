package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"stellr-gateway/bench/endpoint"
	"stellr-gateway/bench/upstream"
	"stellr-gateway/graph"
	"stellr-gateway/internal/cache"
	"stellr-gateway/stellr"
)

// The parts that run in processes of their own, so that their work does not count as somebody else's, are this same
// program in another role.
const (
	roleUpstream = "role:upstream"
	roleEndpoint = "role:endpoint"
)

const saysAddress = "listening on "

// toldByRole is the address in a line of a role's output.
func toldByRole(line string) string {
	address, _ := strings.CutPrefix(line, saysAddress)
	if address == line {
		return ""
	}
	return address
}

// playRole does what another process of ours was started for.
func playRole(ctx context.Context, role string, args []string, stdin io.Reader, stdout io.Writer) error {
	flags := flag.NewFlagSet(role, flag.ContinueOnError)
	customers := flags.Int("customers", 100, "")
	latency := flags.Duration("latency", 0, "")
	address := flags.String("upstream", "", "")
	cached := flags.Bool("cache", false, "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var handler http.Handler
	switch role {
	case roleUpstream:
		handler = upstream.New(shapeOf(*customers), *latency)
	case roleEndpoint:
		var err error
		if handler, err = newEndpoint(*address, *cached); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() {
		select {
		case <-ctx.Done():
		case <-untilClosed(stdin):
		}
		server.Close()
	}()
	fmt.Fprintln(stdout, saysAddress+listener.Addr().String())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// newEndpoint is the hand-written endpoint, with the gateway's own cache before its client or without it.
func newEndpoint(upstreamAddress string, cached bool) (http.Handler, error) {
	config := stellr.Config{
		ClientID: "bench", ClientSecret: "bench",
		BaseURL: "http://" + upstreamAddress, TokenURL: "http://" + upstreamAddress + upstream.TokenPath,
	}
	if cached {
		config.Cache = &graph.Kept{Store: cache.Memory(cache.Options{}), Account: "bench", Lives: graph.DefaultLives()}
	}
	client, err := stellr.New(config)
	if err != nil {
		return nil, err
	}
	handler := endpoint.New(client)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(stellr.WithReuse(r.Context(), stellr.Reuse{})))
	}), nil
}

func shapeOf(customers int) upstream.Shape {
	return upstream.Shape{Customers: customers, Subscriptions: 5, Products: 50}
}

// startUpstream runs an upstream with so many customers.
func startUpstream(ctx context.Context, customers int, latency time.Duration) (*process, error) {
	return startRole(ctx, "upstream", roleUpstream, "-customers", fmt.Sprint(customers), "-latency", latency.String())
}

func startEndpoint(ctx context.Context, name, upstream string, args ...string) (*process, error) {
	return startRole(ctx, name, append([]string{roleEndpoint, "-upstream", upstream}, args...)...)
}

func startRole(ctx context.Context, name string, args ...string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return program{name: name, path: self, args: args, told: toldByRole}.start(ctx)
}

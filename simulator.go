package main

import (
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"time"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// simulatorOptions is what the -sim-… flags say.
type simulatorOptions struct {
	addr   string // empty: loopback, a free port
	faults string
	sim    sim.Options
}

// flags are the flags of the simulator.
func (o *simulatorOptions) flags(set *flag.FlagSet) {
	set.StringVar(&o.addr, "sim-addr", "", "let other programs use the simulator too, at this `address`, and print how")
	set.StringVar(&o.faults, "sim-faults", "", "`faults`, with semicolons between: listSubscriptions:429:every=20,retryAfter=2s;getProduct:latency=300ms")
	set.DurationVar(&o.sim.Latency, "sim-latency", 0, "how long every answer takes")
	set.Uint64Var(&o.sim.Seed, "sim-seed", 0, "decides all data but the customers' numbers")
	set.IntVar(&o.sim.Customers, "sim-customers", 0, "so many customers, instead of the demonstration's")
	set.IntVar(&o.sim.SubscriptionsPerCustomer, "sim-subscriptions", 0, "subscriptions of each of these customers (5 when 0)")
	set.IntVar(&o.sim.Products, "sim-products", 0, "products of these customers (60 when 0); of the demonstration, at least")
	set.Func("sim-quirks", "how many records are irregular: none, some (one in six; when not given) or all", o.setQuirks)
	set.DurationVar(&o.sim.OperationTime, "sim-operation-time", 3*time.Second, "how long an operation takes; below 0, writes are done at once")
	set.DurationVar(&o.sim.TokenLife, "sim-token-life", 2*time.Hour, "how long a token is good for")
	set.StringVar(&o.sim.ResellerSubscriptionsPath, "sim-reseller-subscriptions", "", "list the subscriptions of all customers at this `path`, and have the gateway read them there")
	set.BoolVar(&o.sim.NoAuth, "sim-no-auth", false, "answer requests without a token as well")
}

func (o *simulatorOptions) setQuirks(word string) error {
	quirks, ok := map[string]sim.Quirks{"none": sim.QuirksNone, "some": sim.QuirksSome, "all": sim.QuirksAll}[word]
	if !ok {
		return errors.New("it is not none, some or all")
	}
	o.sim.Quirks = quirks
	return nil
}

// simulator is a running simulator.
type simulator struct {
	*http.Server
	options simulatorOptions
	baseURL string
}

// startSimulator starts the simulator, on loopback unless -sim-addr says otherwise. Its credentials are new with each
// start, except with -sim-addr: what other programs are set to stays true then.
func startSimulator(o simulatorOptions) (*simulator, error) {
	var err error
	if o.sim.Faults, err = sim.ParseFaults(o.faults); err != nil {
		return nil, fmt.Errorf("-sim-faults: %w", err)
	}
	if min(o.sim.Customers, o.sim.SubscriptionsPerCustomer, o.sim.Products) < 0 || o.sim.TokenLife < 0 || o.sim.Latency < 0 {
		return nil, errors.New("-sim-customers, -sim-subscriptions, -sim-products, -sim-token-life and -sim-latency must not be negative")
	}
	address := o.addr
	o.sim.ClientID, o.sim.ClientSecret = sim.DefaultClientID, sim.DefaultClientSecret
	if address == "" {
		address = "127.0.0.1:0"
		o.sim.ClientID, o.sim.ClientSecret = rand.Text(), rand.Text()
	}
	listener, err := listen(address)
	if err != nil {
		return nil, err
	}
	s := &simulator{&http.Server{Handler: sim.New(o.sim), ReadHeaderTimeout: 5 * time.Second}, o, "http://" + reachable(listener.Addr())}
	go func() { _ = s.Serve(listener) }() // ends when the server is closed
	return s, nil
}

// configure points the client at the simulator.
func (s *simulator) configure(c *stellr.Config) {
	c.BaseURL, c.TokenURL = s.baseURL, s.baseURL+sim.TokenPath
	c.ClientID, c.ClientSecret = s.options.sim.ClientID, stellr.Secret(s.options.sim.ClientSecret)
	if path := s.options.sim.ResellerSubscriptionsPath; path != "" {
		paths := map[stellr.Action]string{stellr.ActionListResellerSubscriptions: path}
		maps.Copy(paths, c.Paths)
		c.Paths = paths
	}
}

// announce says that nothing is real, and how other programs reach it where they may.
func (s *simulator) announce(log *slog.Logger) {
	log.Info("there are no credentials: the simulator inside this program answers, and nothing of it is real")
	if s.options.addr != "" {
		log.Info("other programs can use the simulator", "base_url", s.baseURL, "token_url", s.baseURL+sim.TokenPath,
			"client_id", s.options.sim.ClientID, "client_secret", s.options.sim.ClientSecret)
	}
}

// reachable is where this machine reaches a listener that may listen everywhere.
func reachable(address net.Addr) string {
	host, port, _ := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Bench measures the gateway beside others that answer the same questions from the same upstream. See README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options is what one run is told.
type options struct {
	only        string
	seconds     float64
	rounds      int
	connections int
	customers   int
	latency     time.Duration
	requests    int
	questions   string
	rate        float64
	most        int
	distinct    bool
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) > 0 && strings.HasPrefix(args[0], "role:") {
		return playRole(ctx, args[0], args[1:], stdin, stdout)
	}
	o := options{}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.only, "only", "compare", "what to measure: "+strings.Join(names(modes()), ", "))
	flags.Float64Var(&o.seconds, "seconds", 0, "how long: for compare each contestant in each round (3 when 0), else the whole load (60 when 0)")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds of compare")
	flags.IntVar(&o.connections, "connections", 32, "connections that ask at once")
	flags.IntVar(&o.customers, "customers", 100, "customers of the upstream, 100 at least")
	flags.DurationVar(&o.latency, "latency", 0, "how long the upstream takes for an answer")
	flags.IntVar(&o.requests, "requests", 1_000_000, "requests of memory")
	flags.StringVar(&o.questions, "questions", "ABC", "questions of compare")
	flags.BoolVar(&o.distinct, "distinct", false, "in compare, word A and B in 100 ways, so that whole answers can seldom be shared")
	flags.IntVar(&o.most, "most", 10_000, "the most customers of growth")
	flags.Float64Var(&o.rate, "rate", 0, "questions a second of latency, or requests a second to the upstream (STELLR_RATE) of nodes (100 when 0)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.customers = max(o.customers, asked)
	for _, m := range modes() {
		if m.name == o.only {
			return inWorkshop(ctx, o, stdout, m.run)
		}
	}
	return fmt.Errorf("-only: there is no %q", o.only)
}

// mode is one thing that can be measured.
type mode struct {
	name string
	run  func(context.Context, *workshop) error
}

func modes() []mode {
	return []mode{{"compare", compare}, {"latency", latency}, {"dashboards", dashboards}, {"memory", memory}, {"growth", growth}, {"nodes", nodes}}
}

func names(modes []mode) []string {
	var all []string
	for _, m := range modes {
		all = append(all, m.name)
	}
	return all
}

// workshop is what every measurement works with.
type workshop struct {
	options
	out      io.Writer
	root     string // the module's folder
	folder   string // thrown away afterwards
	gateways gateways
	running  []*process
}

// inWorkshop builds the gateway, has do measure it, and clears up.
func inWorkshop(ctx context.Context, o options, out io.Writer, do func(context.Context, *workshop) error) error {
	folder, err := os.MkdirTemp("", "stellr-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	w := &workshop{options: o, out: out, folder: folder}
	defer w.stop()
	if w.root, err = moduleFolder(ctx); err != nil {
		return err
	}
	path, err := buildGateway(ctx, w.root, folder)
	if err != nil {
		return err
	}
	w.gateways = gateways{path: path, folder: folder}
	return do(ctx, w)
}

// keep remembers a process that is to end with the measurement.
func (w *workshop) keep(p *process, err error) (*process, error) {
	if err == nil {
		w.running = append(w.running, p)
	}
	return p, err
}

// stop ends all that is running.
func (w *workshop) stop() {
	for _, p := range w.running {
		p.stop()
	}
	w.running = nil
}

// duration is how long to measure.
func (w *workshop) duration(fallback time.Duration) time.Duration {
	if w.seconds == 0 {
		return fallback
	}
	return time.Duration(w.seconds * float64(time.Second))
}

func (w *workshop) rateOr(fallback float64) float64 {
	if w.rate == 0 {
		return fallback
	}
	return w.rate
}

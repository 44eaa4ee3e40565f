// Service is a service to start from: it lists what renews soon and changes seats, on a client that genqlient generated
// from the gateway's schema. README.md says how to run it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/Khan/genqlient/graphql"
)

//go:generate go tool genqlient

const usage = `Usage: service [-demo] [COMMAND] [FLAGS]

  renewals    list what renews soon (the default): -within DAYS
  seats       set a subscription's number of seats: -customer NO -subscription ID -to N [-expect N] [-again]
              [-dry-run] [-wait 2m]
  reconcile   have the gateway read what became of a change whose outcome is unknown: -customer NO -subscription ID
  forget      drop a change that was never sent: -customer NO -subscription ID

With -demo it starts a gateway of its own, over the simulator and with an API key, and ends it afterwards. Without, it
asks the gateway at GATEWAY_URL (http://127.0.0.1:8080/graphql) with the key in GATEWAY_KEY or in the file
GATEWAY_KEY_FILE. Changes under way are kept in the folder SERVICE_STATE (in the user's state folder).

Exit codes: 0 done, 1 something broke, 2 the command line is wrong, 3 refused or failed (see the words for which),
4 the outcome is unknown, 5 not ended yet or not reached: the same command goes on with it.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "service:", err)
		os.Exit(exitCode(err))
	}
}

// run is the whole program: args are the command and its flags, getenv looks settings up.
func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	demo := len(args) > 0 && (args[0] == "-demo" || args[0] == "--demo")
	if demo {
		args = args[1:]
	}
	command := "renewals"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	f, err := parse(command, args)
	if errors.Is(err, flag.ErrHelp) {
		_, err := io.WriteString(stdout, usage)
		return err
	}
	if err != nil {
		return usageError{err}
	}
	if demo {
		d, err := startDemo(ctx, stdout)
		if err != nil {
			return fmt.Errorf("the demonstration does not start: %w", err)
		}
		defer d.stop()
		getenv = d.getenv
	}
	s, err := newService(getenv, stdout)
	if err != nil {
		return err
	}
	if command == "renewals" {
		return s.renewals(ctx, f.within)
	}
	if s.intentions, err = openIntentions(getenv, s.url); err != nil {
		return err
	}
	switch command {
	case "seats":
		return s.seats(ctx, f)
	case "reconcile":
		return s.reconcile(ctx, f.customer, f.subscription)
	}
	return s.forget(ctx, f.customer, f.subscription)
}

// flags is what the command line says beside the command.
type flags struct {
	within                 int
	customer, subscription string
	to                     int
	expect                 *int // what is there now, when the caller knows
	again, dryRun          bool
	wait                   time.Duration
}

func parse(command string, args []string) (flags, error) {
	var f flags
	set := flag.NewFlagSet(command, flag.ContinueOnError)
	set.SetOutput(io.Discard)
	switch command {
	case "renewals":
		set.IntVar(&f.within, "within", 30, "")
	case "seats":
		set.IntVar(&f.to, "to", 0, "")
		set.Func("expect", "", func(text string) (err error) {
			f.expect = new(int)
			*f.expect, err = strconv.Atoi(text)
			return err
		})
		set.BoolVar(&f.again, "again", false, "")
		set.BoolVar(&f.dryRun, "dry-run", false, "")
		set.DurationVar(&f.wait, "wait", 2*time.Minute, "")
		fallthrough
	case "reconcile", "forget":
		set.StringVar(&f.customer, "customer", "", "")
		set.StringVar(&f.subscription, "subscription", "", "")
	default:
		return f, fmt.Errorf("there is no command %q", command)
	}
	if err := set.Parse(args); err != nil {
		return f, err
	}
	switch {
	case set.NArg() > 0:
		return f, fmt.Errorf("%q is neither a command nor a flag", set.Arg(0))
	case f.within < 0:
		return f, errors.New("-within must not be negative")
	case command != "renewals" && (f.customer == "" || f.subscription == ""):
		return f, errors.New("-customer and -subscription are needed")
	case command == "seats" && f.to < 1:
		return f, errors.New("-to is needed: the new total, at least 1")
	}
	return f, nil
}

// service is what the commands work with.
type service struct {
	client     graphql.Client
	url        string
	http       *http.Client
	intentions intentions
	out        io.Writer
	pause      time.Duration // before the first repetition and between looks; each further one doubles it
}

func newService(getenv func(string) string, out io.Writer) (*service, error) {
	url := getenv("GATEWAY_URL")
	if url == "" {
		url = "http://127.0.0.1:8080/graphql"
	}
	if !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") {
		return nil, fmt.Errorf("GATEWAY_URL is %q: it must begin with http:// or https://", url)
	}
	key, err := readKey(getenv)
	if err != nil {
		return nil, err
	}
	caller := &http.Client{
		Timeout:       45 * time.Second, // longer than the gateway's own deadline
		Transport:     bearer{key, http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the key is for nobody else
	}
	return &service{client: graphql.NewClient(url, caller), url: url, http: caller, out: out, pause: time.Second / 4}, nil
}

// readKey is the API key, or none: a gateway on loopback may ask nobody for one.
func readKey(getenv func(string) string) (string, error) {
	path := getenv("GATEWAY_KEY_FILE")
	if path == "" {
		return getenv("GATEWAY_KEY"), nil
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("GATEWAY_KEY_FILE: %w", err)
	}
	return strings.TrimSpace(string(key)), nil
}

// bearer sends the API key along, and reads no more than an answer may have.
type bearer struct {
	key  string
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper, which must not change the request that it is given.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.key != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+b.key)
	}
	answer, err := b.next.RoundTrip(r)
	if err == nil && answer.StatusCode != http.StatusSwitchingProtocols {
		answer.Body = http.MaxBytesReader(nil, answer.Body, 16<<20)
	}
	return answer, err
}

package main

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/formatter"

	"stellr-gateway/graph/generated"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/journal"
	"stellr-gateway/playground"
	"stellr-gateway/stellr"
)

const usage = `Usage: stellr-gateway [COMMAND] [FLAGS]

  serve      answer GraphQL (the default)
  check      find out whether the configuration works, and say so in words
  key NAME   make an API key, and print the lines of gateway.yaml for it
  schema     print the GraphQL schema
  version    print the version

Settings are environment variables and gateway.yaml; README.md lists them. The flags of serve:

`

// run is the whole program: args are the command and its flags, environ the settings as "NAME=value".
func run(ctx context.Context, args, environ []string, stdout io.Writer) error {
	command := "serve"
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve":
		return runServe(ctx, args, environ, stdout)
	case "check":
		return runCheck(ctx, args, environ, stdout)
	case "key":
		return runKey(args, stdout)
	case "schema":
		_, err := io.WriteString(stdout, schemaText())
		return err
	case "version":
		_, err := fmt.Fprintln(stdout, version())
		return err
	case "help":
		return runServe(ctx, []string{"-help"}, environ, stdout)
	}
	return fmt.Errorf("there is no command %q: the commands are serve, check, key, schema and version", command)
}

// serveFlags are the flags of serve.
func serveFlags(addr, dashboard *string, o *simulatorOptions) *flag.FlagSet {
	set := flag.NewFlagSet("serve", flag.ContinueOnError)
	set.StringVar(addr, "addr", "", "listen on this `address` instead of GATEWAY_ADDR")
	set.StringVar(dashboard, "dashboard", "", "serve the built page in this `folder` at /dashboard/, instead of GATEWAY_DASHBOARD's")
	o.flags(set)
	return set
}

func runServe(ctx context.Context, args, environ []string, stdout io.Writer) error {
	var addr, dashboard string
	var o simulatorOptions
	set := serveFlags(&addr, &dashboard, &o)
	set.SetOutput(stdout)
	set.Usage = func() { fmt.Fprint(stdout, usage); set.PrintDefaults() }
	if err := parseFlags(set, args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if addr != "" {
		environ = append(slices.Clip(environ), "GATEWAY_ADDR="+addr)
	}
	if dashboard != "" {
		environ = append(slices.Clip(environ), "GATEWAY_DASHBOARD="+dashboard)
	}
	c, err := loadConfig(environ)
	if err != nil {
		return fmt.Errorf("the settings do not work:\n%w", err)
	}
	if err := c.checkKeys(); err != nil {
		return err
	}
	set.Visit(func(f *flag.Flag) {
		if strings.HasPrefix(f.Name, "sim-") && !c.simulated {
			err = fmt.Errorf("-%s is for the simulator, which is not used: STELLR_CLIENT_ID and STELLR_CLIENT_SECRET are set", f.Name)
		}
	})
	if err != nil {
		return err
	}
	return serve(ctx, c, o, stdout)
}

// parseFlags parses args, and refuses words that are no flags. The set prints nothing but what was asked for.
func parseFlags(set *flag.FlagSet, args []string) error {
	output, help := set.Output(), set.Usage
	set.SetOutput(io.Discard)
	set.Usage = func() {}
	err := set.Parse(args)
	set.SetOutput(output)
	if errors.Is(err, flag.ErrHelp) {
		help()
		return err
	}
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("%q is neither a command nor a flag", set.Arg(0))
	}
	return err
}

// runCheck says whether the configuration works.
func runCheck(ctx context.Context, args, environ []string, stdout io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("check takes no arguments")
	}
	c, err := loadConfig(environ)
	if err != nil {
		return fmt.Errorf("the settings do not work:\n%w", err)
	}
	if c.simulated {
		_, err := fmt.Fprintln(stdout, "The settings are in order. STELLR_CLIENT_ID and STELLR_CLIENT_SECRET are not set: the gateway would answer from its simulator.")
		return err
	}
	client, err := stellr.New(c.stellr)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, checkPatience)
	defer cancel()
	if err := client.Check(ctx); err != nil {
		return err
	}
	if _, err = fmt.Fprintf(stdout, "It works: %s accepts the credentials and lists customers.\n", client.BaseURL()); err != nil {
		return err
	}
	if err := c.checkRecord(ctx, client, stdout); err != nil {
		return err
	}
	if err := c.directory.Check(ctx); err != nil {
		return fmt.Errorf("tokens cannot be verified: %w", err)
	}
	return c.checkKeys() // what is left to do before serve starts
}

// checkRecord says whether writes can be recorded. A gateway that is running has its file to itself: that is as it
// should be.
func (c *config) checkRecord(ctx context.Context, client *stellr.Client, stdout io.Writer) error {
	record, err := c.openRecord(ctx, client)
	if errors.Is(err, journal.ErrLocked) {
		_, err := fmt.Fprintln(stdout, "Writes are recorded by a gateway that is running.")
		return err
	}
	if err == nil {
		err = errors.Join(record.Check(ctx), record.Close())
	}
	if err == nil {
		_, err = fmt.Fprintln(stdout, "Writes can be recorded.")
	}
	return err
}

// runKey prints a new API key and what to write into gateway.yaml for it.
func runKey(args []string, stdout io.Writer) error {
	if len(args) != 1 || !plainID.MatchString(args[0]) {
		return errors.New("key needs one name of letters, digits, dots, dashes and underscores: stellr-gateway key billing")
	}
	key, hash := access.NewKey()
	_, err := fmt.Fprintf(stdout, `The key, which is shown only now: give it to the caller, who sends it as "Authorization: Bearer KEY".

%s

The lines for gateway.yaml, whose path GATEWAY_CONFIG holds. Roles: viewer, operator, buyer, admin.

auth:
  api_keys:
    - {name: %q, sha256: "%s", roles: [viewer], organizations: [reseller]}
organizations:
  reseller: {customers: all}
`, key, args[0], hash)
	return err
}

// version is the version that the program was built as.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
}

// schemaText is the schema in GraphQL's own language.
func schemaText() string {
	var text strings.Builder
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchema(generated.NewExecutableSchema(generated.Config{}).Schema())
	return text.String()
}

// schemaFor serves the schema to those who may see it.
func schemaFor(may func(context.Context) bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !may(r.Context()) {
			refuse(w, r, http.StatusForbidden, "FORBIDDEN", "You may not ask for the schema.")
			return
		}
		w.Header().Set("Content-Type", "application/graphql; charset=utf-8")
		_, _ = io.WriteString(w, schemaText()) // a reader that has gone is no error here
	})
}

//go:embed graph/examples/*.graphql graph/examples/live/*
var exampleFiles embed.FS

// examples is what the playground offers, a topic a file: the tour first. That and a change are open at the start.
func examples() ([]playground.Example, error) {
	names, err := fs.Glob(exampleFiles, "graph/examples/*.graphql")
	if err != nil {
		return nil, err
	}
	live, err := fs.Glob(exampleFiles, "graph/examples/live/*.graphql")
	if err != nil {
		return nil, err
	}
	names = append(names, live...)
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(rank(a)-rank(b), cmp.Compare(path.Base(a), path.Base(b))) })
	var all []playground.Example
	for _, name := range names {
		one, err := example(name)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// example reads a file of examples, and the variables where there are some beside it.
func example(name string) (playground.Example, error) {
	stem := strings.TrimSuffix(name, ".graphql")
	query, err := fs.ReadFile(exampleFiles, name)
	if err != nil {
		return playground.Example{}, err
	}
	variables, err := fs.ReadFile(exampleFiles, stem+".variables.json")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return playground.Example{}, err
	}
	topic := path.Base(stem)
	open := topic == "tour" || topic == "lifecycle"
	return playground.Example{Topic: topic, Query: string(query), Variables: string(variables), Open: open}, nil
}

func rank(name string) int {
	if path.Base(name) == "tour.graphql" {
		return 0
	}
	return 1
}

package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/licenses"
	"stellr-gateway/stellr"
)

// Who has to say who they are.
const (
	authRequired = "required" // everybody, with an API key
	authNone     = "none"     // nobody; on loopback only
)

// How the log is written.
const (
	logText = "text"
	logJSON = "json"
)

// config is what one run of the gateway is set to.
type config struct {
	stellr        stellr.Config
	database      stellr.Secret // where writes are recorded; empty when nobody says
	redis         stellr.Secret // the URL of what nodes share; empty for none
	state         string        // the user's state folder; empty when there is none
	writes        graph.Writes
	requests      *stellr.GenericRoutes
	simulated     bool // there are no credentials: the simulator is asked
	addr          string
	auth          string
	path          string // of gateway.yaml; empty for none
	tlsCert       string // paths; both or neither
	tlsKey        string
	origins       []string
	dashboardPath string // the folder of a built page; empty for none
	dashboard     *dashboard
	logLevel      slog.Level
	logFormat     string // empty: by what the log goes to
	deadline      time.Duration
	maxCalls      int
	maxObjects    int
	callsAtOnce   int
	limits        limits
	keeping       keeping
	callerRate    float64
	introspection string
	trustedPath   string // of the trusted documents; empty for none
	trustMode     string
	trusted       *graph.Trusted
	licenses      *licenses.Table // nil: the one that is built in
	directory     *access.Directory
	file          *configFile // gateway.yaml as it was at the start; nil without one
	unknown       []string    // variables that look like settings and are none
}

// setting is one environment variable.
type setting struct {
	name     string
	fallback string             // what it is when nobody sets it
	shown    string             // the fallback in words, where it is not one word
	set      func(string) error // checks and keeps it
	does     string
	secret   bool // can be read from the file that NAME_FILE names, and is never shown
}

// settings is every environment variable that the gateway reads.
func (c *config) settings() []setting {
	return append(c.upstreamSettings(), []setting{
		{name: "GATEWAY_ADDR", fallback: "127.0.0.1:8080", set: listenAddress(&c.addr),
			does: "where to listen (also `-addr`); port 0 takes a free one, and the first log line says which"},
		{name: "GATEWAY_AUTH", shown: "`required` with credentials, `none` with the simulator", set: oneOf(&c.auth, authRequired, authNone),
			does: "`required` asks every caller for an API key; `none` asks nobody, and is refused on an address that is not loopback"},
		{name: "GATEWAY_DATABASE_URL", shown: "a SQLite file in the user's state folder; with the simulator, one that is gone with it", set: text(&c.database), secret: true,
			does: "where writes are recorded: `sqlite:PATH` for one node, `postgres://…` for several"},
		{name: "GATEWAY_REDIS_URL", shown: "none: each node is on its own", set: redisURL(&c.redis), secret: true,
			does: "where nodes share what they cache, their events and the ration; `redis://…`"},
		{name: "GATEWAY_CONFIG", shown: "none", set: text(&c.path),
			does: "the path of `gateway.yaml`, which holds what does not fit here"},
		{name: "GATEWAY_ORIGINS", shown: "none", set: webOrigins(&c.origins),
			does: "other origins whose pages may call the gateway from a browser, with commas between: `https://app.example.com`"},
		{name: "GATEWAY_TLS_CERT", shown: "none: plain HTTP", set: text(&c.tlsCert),
			does: "the path of a certificate (PEM, with what leads to its root): HTTPS is spoken then, and the file read anew when it changes"},
		{name: "GATEWAY_TLS_KEY", shown: "none", set: text(&c.tlsKey),
			does: "the path of the certificate's key (PEM)"},
		{name: "GATEWAY_DASHBOARD", shown: "none", set: text(&c.dashboardPath),
			does: "the folder of a built page that is served at `/dashboard/` (also `-dashboard`), such as `npm run build` makes in `examples/dashboard`"},
		{name: "GATEWAY_DEADLINE", fallback: "30s", set: duration(&c.deadline, 100*time.Millisecond, 10*time.Minute),
			does: "how long one operation may take; what has arrived by then is answered"},
		{name: "GATEWAY_MAX_CALLS", fallback: "500", set: number(&c.maxCalls, 1, 100_000),
			does: "requests to Stellr that one operation may send"},
		{name: "GATEWAY_CALLS_AT_ONCE", fallback: "16", set: number(&c.callsAtOnce, 1, 1024),
			does: "of these at once"},
		{name: "GATEWAY_MAX_OBJECTS", fallback: "50000", set: number(&c.maxObjects, 1, 10_000_000),
			does: "records that one answer may have, in all its lists together"},
		{name: "GATEWAY_CACHE", fallback: "on", set: oneOf(&c.keeping.on, "on", "off"),
			does: "`off` keeps nothing that was read from Stellr; how long it is kept, by type, stands in `gateway.yaml`"},
		{name: "GATEWAY_ANSWER_CACHE", fallback: "0s", set: duration(&c.keeping.answers, 0, time.Minute),
			does: "how long whole answers of queries are kept, and never longer than what they were made of; `0s` keeps none"},
		{name: "GATEWAY_CALLER_RATE", fallback: "0", set: number(&c.callerRate, 0, 1_000_000),
			does: "points of cost a second for each caller, who may save up ten seconds' worth or one largest operation; `0` sets no limit"},
		{name: "GATEWAY_INTROSPECTION", fallback: "roles", set: oneOf(&c.introspection, "on", "roles", "off"),
			does: "who may ask for the schema: `on` everybody, `roles` callers with a role, `off` nobody"},
		{name: "GATEWAY_TRUSTED_DOCUMENTS", shown: "none", set: text(&c.trustedPath),
			does: "the path of a JSON file of trusted documents, as graphql-codegen, Relay or Apollo's tools write it"},
		{name: "GATEWAY_TRUSTED_MODE", shown: "`enforce` with such a file, else `off`", set: oneOf(&c.trustMode, "off", "log", "enforce"),
			does: "`enforce` executes trusted documents only; `log` tells every other one to the log; `off` executes any"},
		{name: "GATEWAY_LOG_LEVEL", fallback: "info", set: logLevel(&c.logLevel),
			does: "the least that is logged: `debug`, `info`, `warn` or `error`"},
		{name: "GATEWAY_LOG_FORMAT", shown: "`text` on a terminal, else `json`", set: oneOf(&c.logFormat, logText, logJSON),
			does: "how the log is written"},
	}...)
}

// upstreamSettings are those of the way to Stellr.
func (c *config) upstreamSettings() []setting {
	return []setting{
		{name: "STELLR_CLIENT_ID", shown: "none: the simulator", set: text(&c.stellr.ClientID),
			does: "the client id from TD SYNNEX's developer portal"},
		{name: "STELLR_CLIENT_SECRET", shown: "none: the simulator", set: text(&c.stellr.ClientSecret), secret: true,
			does: "the client's secret"},
		{name: "STELLR_REGION", fallback: "us", set: region(&c.stellr.Region),
			does: "where the account is: `us`, `ca`, `br` or `mx`"},
		{name: "STELLR_SANDBOX", fallback: "false", set: yesNo(&c.stellr.Sandbox),
			does: "`true` for TD SYNNEX's sandbox (UAT), which has credentials of its own"},
		{name: "STELLR_BASE_URL", shown: "by region", set: webAddress(&c.stellr.BaseURL),
			does: "where Stellr is, instead of the region's address"},
		{name: "STELLR_TOKEN_URL", shown: "by region", set: webAddress(&c.stellr.TokenURL),
			does: "where access tokens are issued, instead of the region's address"},
		{name: "STELLR_RATE", fallback: "0", set: number(&c.stellr.Rate, 0, 100_000),
			does: "requests a second to Stellr at most, of all nodes together where they share a Redis; `0` sets no limit"},
		{name: "STELLR_CONCURRENCY", fallback: "16", set: number(&c.stellr.Concurrency, 1, 1024),
			does: "requests to Stellr at once, from all callers together"},
	}
}

// loadConfig reads the settings from the environment ("NAME=value") and from gateway.yaml. The error joins everything
// that is wrong, each beginning with the setting's name; it never shows a secret.
func loadConfig(environ []string) (*config, error) {
	c := &config{}
	env := map[string]string{}
	for _, entry := range environ {
		if name, value, _ := strings.Cut(entry, "="); value != "" {
			env[name] = value
		}
	}
	var problems []error
	for _, s := range c.settings() {
		value, err := s.read(env)
		if err == nil && value != "" {
			err = s.set(value)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", s.name, err))
		}
	}
	c.unknown = unknownSettings(c.settings(), env)
	if len(problems) == 0 { // what follows builds on the settings
		problems = append(problems, c.readFile(), c.settle(), c.readTrusted(), c.readDashboard())
		c.state = stateFolder(env)
	}
	return c, errors.Join(problems...)
}

// read is the setting's value: from the environment, for a secret also from a file, else the fallback.
func (s setting) read(env map[string]string) (string, error) {
	value, path := env[s.name], env[s.name+"_FILE"]
	switch {
	case !s.secret || path == "":
	case value != "":
		return "", fmt.Errorf("set either it or %s_FILE, not both", s.name)
	default:
		raw, err := readSmall(path, smallFile)
		if err != nil {
			return "", fmt.Errorf("the file in %s_FILE cannot be read: %w", s.name, err)
		}
		if value = strings.TrimSpace(string(raw)); value == "" {
			return "", fmt.Errorf("the file in %s_FILE is empty", s.name)
		}
	}
	if value == "" {
		return s.fallback, nil
	}
	return value, nil
}

// settle checks what concerns several settings at once, and decides what depends on others.
func (c *config) settle() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	c.simulated = c.stellr.ClientID == "" && c.stellr.ClientSecret == ""
	if (c.stellr.ClientID == "") != (c.stellr.ClientSecret == "") {
		problem("STELLR_CLIENT_ID, STELLR_CLIENT_SECRET: only one of them is set; set both, or neither for the simulator")
	} else if c.simulated && (c.stellr.BaseURL != "" || c.stellr.TokenURL != "") {
		problem("STELLR_BASE_URL, STELLR_TOKEN_URL: they need STELLR_CLIENT_ID and STELLR_CLIENT_SECRET; without those the simulator inside the gateway is asked")
	}
	if (c.tlsCert == "") != (c.tlsKey == "") {
		problem("GATEWAY_TLS_CERT, GATEWAY_TLS_KEY: only one of them is set; set both, or neither for plain HTTP")
	}
	if c.auth == "" {
		c.auth = authRequired
		if c.simulated {
			c.auth = authNone
		}
	}
	if c.auth == authNone && !isLoopback(c.addr) {
		problem("GATEWAY_AUTH: with none, anybody who reaches %s could use the account: listen on 127.0.0.1, or set GATEWAY_AUTH=required and give the callers API keys", c.addr)
	}
	return errors.Join(problems...)
}

// checkKeys says why nobody could come in: credentials are asked for, and there are no keys and no issuer of tokens.
func (c *config) checkKeys() error {
	if keys, _, tokens := c.directory.Counts(); c.auth == authRequired && keys == 0 && !tokens {
		return errors.New("GATEWAY_AUTH: callers must show an API key, and there is none: run `stellr-gateway key NAME`, put the lines that it prints into a file and name the file in GATEWAY_CONFIG; on your own machine GATEWAY_AUTH=none works too")
	}
	return nil
}

// unknownSettings are variables with the prefix of a setting and a name of none: mistyped ones, most likely.
func unknownSettings(known []setting, env map[string]string) []string {
	names := map[string]bool{}
	for _, s := range known {
		names[s.name] = true
		names[s.name+"_FILE"] = s.secret
	}
	var unknown []string
	for name := range env {
		if (strings.HasPrefix(name, "GATEWAY_") || strings.HasPrefix(name, "STELLR_")) && !names[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// readTrusted reads the trusted documents.
func (c *config) readTrusted() error {
	if c.trustedPath == "" {
		if c.trustMode == "log" || c.trustMode == "enforce" {
			return fmt.Errorf("GATEWAY_TRUSTED_MODE: %s needs a list of documents in GATEWAY_TRUSTED_DOCUMENTS", c.trustMode)
		}
		return nil
	}
	if c.trustMode == "" {
		c.trustMode = string(graph.TrustEnforce)
	}
	raw, err := readSmall(c.trustedPath, trustedFile)
	if err != nil {
		return fmt.Errorf("GATEWAY_TRUSTED_DOCUMENTS: %w", err)
	}
	if c.trusted, err = graph.ParseTrusted(raw, c.limits.graph); err != nil {
		return fmt.Errorf("GATEWAY_TRUSTED_DOCUMENTS: %s: %w", c.trustedPath, err)
	}
	return nil
}

// readDashboard opens the folder of the dashboard.
func (c *config) readDashboard() (err error) {
	if c.dashboardPath == "" {
		return nil
	}
	if c.dashboard, err = openDashboard(c.dashboardPath); err != nil {
		return fmt.Errorf("GATEWAY_DASHBOARD: %w", err)
	}
	return nil
}

// How large files may be.
const (
	smallFile   = 1 << 20
	trustedFile = 16 << 20
)

// readSmall reads a file of at most so many bytes.
func readSmall(path string, most int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, most+1))
	if int64(len(raw)) > most {
		return nil, fmt.Errorf("it is larger than %d MiB", most>>20)
	}
	return raw, err
}

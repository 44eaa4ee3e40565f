// Stellr Gateway answers GraphQL over TD SYNNEX's StreamOne Stellr REST API.
package main

//go:generate go run github.com/99designs/gqlgen generate
//go:generate go run ./graph/lean/rewrite
//go:generate go run ./graph/reference

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/internal/access"
	"stellr-gateway/playground"
	"stellr-gateway/stellr"
)

func main() {
	ctx, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		os.Exit(1) // who asks twice does not want to wait
	}()
	if err := run(ctx, os.Args[1:], os.Environ(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "stellr-gateway:", err)
		os.Exit(1)
	}
}

// gateway is the parts of a running gateway.
type gateway struct {
	config   *config
	log      *slog.Logger
	client   *stellr.Client
	record   *record
	resolver *graph.Resolver
	door     *door
	ready    *readiness
	stopping chan struct{} // closed when the gateway is about to stop
	stopBy   time.Time     // when it is to have stopped; set before stopping is closed
	requests sync.WaitGroup

	admission    *admission
	certificates *certificates // nil where plain HTTP is spoken
}

// serve runs the gateway until ctx ends, then lets what is under way finish.
func serve(ctx context.Context, c *config, o simulatorOptions, stdout io.Writer) error {
	log := newLogger(stdout, c.logLevel, c.logFormat)
	collectSeldom()
	var simulator *simulator
	if c.simulated {
		var err error
		if simulator, err = startSimulator(o); err != nil {
			return err
		}
		defer simulator.Close()
		simulator.configure(&c.stellr)
	}
	c.stellr.Logger, c.stellr.Scope = log, access.Scope
	shared, err := c.openShared(log)
	if err != nil {
		return err
	}
	defer shared.Close()
	kept := new(graph.Kept)
	c.stellr.Cache = kept
	client, err := stellr.New(c.stellr)
	if err != nil {
		return err
	}
	record, err := c.openRecord(ctx, client)
	if err != nil {
		return err
	}
	defer closing(log, "the journal", record)
	shared.join(c, record, log)
	if err := c.open(kept, record.account, shared); err != nil {
		return err
	}
	defer closing(log, "what was read", kept.Store)
	g := newGateway(c, log, client, kept, record, shared)
	if g.certificates, err = openCertificates(c, log); err != nil {
		return err
	}
	handler, err := g.handler()
	if err != nil {
		return err
	}
	listener, err := listen(c.addr)
	if err != nil {
		return err
	}
	if c.auth == authNone && !isLoopback(listener.Addr().String()) {
		return errors.Join(fmt.Errorf("GATEWAY_AUTH: none is for loopback, and %s is not", c.addr), listener.Close())
	}
	stopReloading := g.reloadOnHangUp()
	defer stopReloading()
	g.announce(reachable(listener.Addr()), isLoopback(listener.Addr().String()))
	if simulator != nil {
		simulator.announce(log)
	}
	go g.ready.look(ctx) // says in the log whether the configuration works
	stopWork := g.work()
	defer stopWork()
	return g.serve(ctx, listener, handler)
}

// closing closes something at the very end.
func closing(log *slog.Logger, what string, it io.Closer) {
	if err := it.Close(); err != nil {
		log.Error(what+" could not be closed in good order", "error", err.Error())
	}
}

// work begins to look after writes. The function that it answers ends that: those that are on their way to Stellr may
// land first, as far as there is time. One that does not is read back after the next start.
func (g *gateway) work() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); g.resolver.Work(ctx) }()
	return func() {
		cancel()
		select {
		case <-done:
		case <-time.After(max(time.Until(g.stopBy), time.Second)):
			g.log.Warn("stopped while a write was on its way to Stellr: it will be read back")
		}
	}
}

func newGateway(c *config, log *slog.Logger, client *stellr.Client, kept *graph.Kept, record *record, shared *shared) *gateway {
	stopping := make(chan struct{})
	writes := c.writes
	writes.Patience = c.stellr.WriteTimeout + 20*time.Second // a token, a turn and a repetition of what was not sent
	options := graph.Options{
		Client: client, Kept: kept, Simulated: c.simulated, MaxCalls: c.maxCalls, CallsAtOnce: c.callsAtOnce, MaxObjects: c.maxObjects, Logger: log,
		Journal: record, Account: record.account, Node: record.node, Writes: writes, Requests: c.requests,
		Licenses: c.licenses,
	}
	shared.carry(&options)
	return &gateway{
		config: c, log: log, client: client, record: record, stopping: stopping,
		door:      &door{open: c.auth == authNone, callers: c.directory, origins: c.origins},
		ready:     &readiness{check: onItsOwn(client.Check), journal: record.Check, kept: checkOf(kept), now: time.Now, log: log, stopping: stopping},
		admission: newAdmission(c.limits.requests, newMemory(limitMemory(c.limits.memory)), log, time.Now),
		resolver:  graph.NewResolver(options),
	}
}

// onItsOwn is a check on behalf of the gateway itself, whoever wants to know.
func onItsOwn(check func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error { return check(access.With(ctx, access.Gateway())) }
}

// handler is everything that the gateway answers over HTTP.
func (g *gateway) handler() (http.Handler, error) {
	page, err := playgroundPage()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	options := g.handlerOptions()
	mux.Handle("/graphql", graph.NewHandler(g.resolver, options))
	mux.Handle("GET /schema.graphql", g.door.guarded(schemaFor(options.ShowsSchema)))
	mux.HandleFunc("GET /healthz", alive)
	mux.Handle("GET /readyz", g.ready)
	mux.Handle("/{$}", page)
	mux.Handle("/playground/", page)
	if g.config.dashboard != nil {
		mux.Handle("GET /dashboard", http.RedirectHandler("/dashboard/", http.StatusPermanentRedirect))
		mux.Handle("GET /dashboard/{name...}", g.config.dashboard)
	}
	l := g.config.limits
	return numbered(logged(g.log, secured(timed(l, g.config.deadline+time.Minute, g.door.fromHere(g.counted(mux)))))), nil
}

func (g *gateway) handlerOptions() graph.HandlerOptions {
	l := g.config.limits
	return graph.HandlerOptions{
		Limits: l.graph, Deadline: g.config.deadline, InitWait: l.initWait, Ping: l.ping, WriteWait: l.writeWait,
		CallerRate: g.config.callerRate, AnswerCache: g.config.keeping.answers, Introspection: graph.Introspection(g.config.introspection),
		Trusted: g.config.trusted, TrustMode: graph.TrustMode(g.config.trustMode),
		Logger: g.log, Authenticate: g.door.authenticate, Stopping: g.stopping, Admit: g.admission.enter,
	}
}

// counted knows which requests are under way, WebSockets among them, which the server loses sight of.
func (g *gateway) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.requests.Add(1)
		defer g.requests.Done()
		next.ServeHTTP(w, r)
	})
}

// listen opens an address. The error is a sentence that says what to do.
func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("another program listens on %s: stop it, or choose another address with -addr or GATEWAY_ADDR (port 0 takes a free one)", address)
	}
	if err != nil {
		return nil, fmt.Errorf("the address %s cannot be listened on: %w", address, err)
	}
	return listener, nil
}

// serve answers until ctx ends. Then no new connections are taken, what is under way is let finish, and WebSockets and
// streams are told to go elsewhere.
func (g *gateway) serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	l := g.config.limits
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: l.headerWait,
		IdleTimeout:       l.idleWait,
		ConnContext:       withConnection,
		MaxHeaderBytes:    l.headerBytes,
		ErrorLog:          slog.NewLogLogger(g.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() {
		if g.certificates == nil {
			if tcp, ok := listener.(*net.TCPListener); ok {
				listener = joining{tcp}
			}
			failed <- server.Serve(listener)
			return
		}
		g.certificates.secure(server, l)
		failed <- server.ServeTLS(listener, "", "")
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("the gateway stopped: %w", err)
	case <-ctx.Done():
	}
	g.log.Info("stopping: no new requests, those under way may finish", "at_most", l.stopWait.String())
	g.stopBy = time.Now().Add(l.stopWait)
	close(g.stopping)
	patience, cancel := context.WithTimeout(context.Background(), l.stopWait)
	defer cancel()
	if err := errors.Join(server.Shutdown(patience), g.finish(patience)); err != nil {
		g.log.Warn("stopped before all requests had finished")
		return server.Close()
	}
	g.log.Info("stopped")
	return nil
}

// finish waits for the requests under way.
func (g *gateway) finish(ctx context.Context) error {
	done := make(chan struct{})
	go func() { g.requests.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// announce says where the gateway is, and warns of what may not be meant.
func (g *gateway) announce(host string, loopback bool) {
	address := "http://" + host
	if g.certificates != nil {
		address = "https://" + host
	}
	first := slog.NewRecord(time.Now(), slog.LevelInfo, "Stellr Gateway is at "+address+"/ (the playground; operations go to "+address+"/graphql)", 0)
	first.Add("version", version())
	_ = g.log.Handler().Handle(context.Background(), first) // whatever the log's level: nothing else tells a free port
	if g.config.dashboard != nil {
		g.log.Info("the dashboard is at "+address+"/dashboard/", "folder", g.config.dashboardPath)
	}
	for _, name := range g.config.unknown {
		g.log.Warn("there is no such setting, it has no effect", "name", name)
	}
	if g.certificates == nil && !loopback {
		g.log.Warn("keys, tokens and data cross the network in plain HTTP: end TLS in a proxy in front, or set GATEWAY_TLS_CERT and GATEWAY_TLS_KEY")
	}
	if keys, _, tokens := g.config.directory.Counts(); g.config.auth == authNone && (keys > 0 || tokens) {
		g.log.Warn("callers could show API keys or tokens, but GATEWAY_AUTH=none asks nobody for any")
	}
	switch documents := g.config.trusted.Len(); graph.TrustMode(g.config.trustMode) {
	case graph.TrustEnforce:
		g.log.Info("only trusted documents are executed", "documents", documents)
	case graph.TrustLog:
		g.log.Info("documents that are not trusted are told here", "documents", documents)
	}
	if !g.config.simulated {
		g.log.Info("operations are answered from Stellr", "region", string(g.client.Region()), "sandbox", g.client.Sandbox(), "base_url", g.client.BaseURL())
	}
}

func playgroundPage() (http.Handler, error) {
	offered, err := examples()
	if err != nil {
		return nil, err
	}
	return playground.Handler(offered)
}

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// reloadOnHangUp reads gateway.yaml and the certificate anew each time that the process gets a SIGHUP, until the function that it answers is
// called.
func (g *gateway) reloadOnHangUp() (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	stopped := make(chan struct{})
	go func() {
		for {
			select {
			case <-signals:
				g.reload()
			case <-stopped:
				return
			}
		}
	}()
	return func() { signal.Stop(signals); close(stopped) }
}

// reload has the gateway show the certificate that its files hold now, and know who may call by gateway.yaml as it is
// now; it says in the log how that went.
func (g *gateway) reload() {
	if g.certificates != nil {
		g.certificates.tell(g.certificates.reload())
	}
	if g.config.path == "" {
		if g.certificates == nil {
			g.log.Warn("there is nothing to read anew: GATEWAY_CONFIG names no file, and GATEWAY_TLS_CERT neither")
		}
		return
	}
	changed, err := g.config.reload()
	for _, one := range unjoin(err) {
		g.log.Error("gateway.yaml is not good: who may call stays as it was", "error", one.Error())
	}
	if err != nil {
		return
	}
	keys, organizations, tokens := g.config.directory.Counts()
	g.log.Info("gateway.yaml was read anew", "api_keys", keys, "organizations", organizations, "tokens", tokens)
	if changed {
		g.log.Warn("what changed in gateway.yaml beside auth and organizations counts from the next start on")
	}
	if err := g.config.checkKeys(); err != nil {
		g.log.Warn("nobody can come in any more", "error", err.Error())
	}
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"stellr-gateway/graph"
	"stellr-gateway/stellr"
)

// How long a check of the upstream may take, and how long its outcome is good for. A failure is forgotten sooner, so
// that a gateway is ready soon after what was wrong is mended.
const (
	checkPatience  = 20 * time.Second
	goodOutcomeFor = 30 * time.Second
	badOutcomeFor  = 5 * time.Second
)

// finding is one line of /readyz.
type finding struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message"`
}

// readiness knows whether the gateway can answer. It asks the upstream when somebody wants to know and the last
// outcome is too old, once for all who wait.
type readiness struct {
	check    func(context.Context) error // the client's Check
	journal  func(context.Context) error // the journal's
	kept     func(context.Context) error // the cache's
	now      func() time.Time
	log      *slog.Logger
	stopping <-chan struct{}

	mu   sync.Mutex // held while checking
	last error
	at   time.Time // zero before the first check
}

// look is the present state of the upstream: nil when all is well, else mostly a *stellr.CheckError.
func (r *readiness) look(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	lasts := goodOutcomeFor
	if r.last != nil {
		lasts = badOutcomeFor
	}
	if !r.at.IsZero() && r.now().Sub(r.at) < lasts {
		return r.last
	}
	// Whoever asked may leave; the outcome is for the next one too.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkPatience)
	defer cancel()
	fresh := r.check(ctx)
	if r.at.IsZero() || findingOf(fresh) != findingOf(r.last) {
		r.tell(ctx, fresh)
	}
	r.last, r.at = fresh, r.now()
	return fresh
}

// tell logs a change. The log has all the words; /readyz is public and has fewer.
func (r *readiness) tell(ctx context.Context, err error) {
	if err == nil {
		r.log.InfoContext(ctx, "Stellr accepts the credentials and lists customers: ready")
		return
	}
	r.log.ErrorContext(ctx, "not ready: "+err.Error(), "finding", string(findingOf(err)))
}

func findingOf(err error) stellr.Finding {
	if e, ok := errors.AsType[*stellr.CheckError](err); ok {
		return e.Finding
	}
	return ""
}

// ServeHTTP answers /readyz: 200 when the gateway can answer, 503 when it cannot or is about to stop.
func (r *readiness) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	report := struct {
		Status string    `json:"status"`
		Checks []finding `json:"checks"`
	}{Status: "stopping", Checks: []finding{}}
	select {
	case <-r.stopping:
		writeJSON(w, http.StatusServiceUnavailable, report)
		return
	default:
	}
	err := r.look(request.Context())
	recording := r.journal(request.Context())
	report.Status, report.Checks = "ready", append(findings(err), journalFinding(recording), cacheFinding(r.kept(request.Context())))
	status := http.StatusOK
	if err != nil || recording != nil {
		report.Status, status = "not ready", http.StatusServiceUnavailable
	}
	writeJSON(w, status, report)
}

// findings is what a check of the upstream says of the token and of the customers.
func findings(err error) []finding {
	token := finding{Name: "token", OK: true, Message: "Stellr issues an access token."}
	customers := finding{Name: "customers", OK: true, Message: "Stellr lists customers."}
	if err == nil {
		return []finding{token, customers}
	}
	words := "Stellr cannot be reached, fails or throttles. The log says more."
	switch findingOf(err) {
	case stellr.FindingCredentials:
		words = "Stellr refuses the client id and secret. New ones take up to ten minutes to work, and production and sandbox have their own."
	case stellr.FindingTokenSource:
		words = "No access token can be had: the token endpoint cannot be reached, or what answers there is none. The log says more."
	case stellr.FindingPermission:
		words = "The credentials may not list customers: the permission is missing in the developer portal."
	case stellr.FindingEmpty:
		words = "Stellr accepts the credentials and lists 0 customers: they may belong to another reseller account."
	case stellr.FindingAnswer:
		words = "What answers is not like Stellr: check the region and the base URL."
	case stellr.FindingGaveUp:
		words = "Stellr did not answer in time."
	}
	switch findingOf(err) {
	case stellr.FindingCredentials, stellr.FindingTokenSource:
		token = finding{Name: "token", Message: words}
		customers = finding{Name: "customers", Message: "Not asked without a token."}
	default:
		customers = finding{Name: "customers", Message: words}
	}
	return []finding{token, customers}
}

// journalFinding is what a check of the journal says.
func journalFinding(err error) finding {
	if err != nil {
		return finding{Name: "journal", Message: "Writes cannot be recorded, so none is sent. Reading goes on."}
	}
	return finding{Name: "journal", OK: true, Message: "Writes are recorded."}
}

// cacheFinding is what a check of the cache says. The gateway is ready without it.
func cacheFinding(err error) finding {
	if err != nil {
		return finding{Name: "cache", Message: "Redis cannot be reached: this node is on its own, and slower."}
	}
	return finding{Name: "cache", OK: true, Message: "What was read is kept."}
}

// checkOf is the check of a cache; one that always works where there is none.
func checkOf(kept *graph.Kept) func(context.Context) error {
	if kept == nil {
		return func(context.Context) error { return nil }
	}
	return kept.Store.Check
}

// alive answers /healthz.
func alive(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a reader that has gone is no error here
}

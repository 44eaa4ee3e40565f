package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// closedPort is an address of this machine where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// What does not work is said in words: in the log at start, by /readyz and by check.
func TestWhatDoesNotWorkIsSaid(t *testing.T) {
	for _, test := range []struct {
		name    string
		options sim.Options
		environ []string // overrides
		finding string
		words   string // of the log and of check
		token   bool
		readyz  string
	}{
		{"wrong secret", sim.Options{}, []string{"STELLR_CLIENT_SECRET=s3cret"}, "credentials",
			"the token endpoint refuses the client id and secret (status 401)", false, "Stellr refuses the client id and secret."},
		{"other reseller", sim.Options{}, []string{"STELLR_CLIENT_ID=" + sim.DefaultOtherClientID}, "empty",
			"Credentials that belong to the wrong reseller account see 0 records and no error", true, "lists 0 customers: they may belong to another reseller account"},
		{"no permission", sim.Options{Denied: map[string][]stellr.Action{sim.DefaultClientID: {stellr.ActionListCustomers}}}, nil, "permission",
			"Permissions are ticked for each endpoint in the developer portal", true, "the permission is missing in the developer portal"},
		{"no token endpoint", sim.Options{}, []string{"STELLR_TOKEN_URL=http://" + closedPort(t)}, "token",
			"no access token can be had", false, "No access token can be had"},
		{"a page for a token", sim.Options{Faults: []sim.Fault{{Action: sim.ActionToken, Kind: sim.FaultHTML}}}, nil, "token",
			"a web page perhaps: check the token URL", false, "No access token can be had"},
		{"a page for customers", sim.Options{Faults: []sim.Fault{{Kind: sim.FaultHTML}}}, nil, "answer",
			"does not answer like Stellr", true, "What answers is not like Stellr"},
		{"errors", sim.Options{Faults: []sim.Fault{{Kind: sim.FaultStatus, Status: 500}}}, nil, "upstream",
			"is not available", true, "Stellr cannot be reached, fails or throttles."},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, environ := stellrAt(t, test.options)
			environ = append(environ, test.environ...)
			g := start(t, nil, environ...)
			var line struct{ Level, Msg, Finding string }
			if err := json.Unmarshal([]byte(g.log.wait(t, "not ready: ")), &line); err != nil {
				t.Fatal(err)
			}
			if line.Level != "ERROR" || line.Finding != test.finding || !strings.Contains(line.Msg, test.words) {
				t.Errorf("the log says %+v", line)
			}
			status, _, text := g.do("GET", "/readyz", "")
			var report struct {
				Status string
				Checks []finding
			}
			if err := json.Unmarshal([]byte(text), &report); err != nil || status != 503 || report.Status != "not ready" || len(report.Checks) != 4 {
				t.Fatalf("/readyz: status %d, %s", status, text)
			}
			if report.Checks[0].OK != test.token || report.Checks[1].OK || !report.Checks[2].OK || !strings.Contains(text, test.readyz) {
				t.Errorf("/readyz: %s", text)
			}
			if status, _, _ := g.do("GET", "/healthz", ""); status != 200 {
				t.Errorf("/healthz: status %d", status)
			}
			var stdout bytes.Buffer
			err := run(t.Context(), []string{"check"}, environ, &stdout)
			if err == nil || !strings.Contains(err.Error(), test.words) || stdout.Len() > 0 {
				t.Errorf("check says %v, %s", err, &stdout)
			}
			if all := g.log.String() + text + err.Error(); strings.Contains(all, "s3cret") || strings.Contains(all, sim.DefaultClientSecret) {
				t.Errorf("a secret is shown: %s", all)
			}
		})
	}
}

func TestCheckWorks(t *testing.T) {
	_, environ := stellrAt(t, sim.Options{})
	var stdout bytes.Buffer
	if err := run(t.Context(), []string{"check"}, environ, &stdout); err != nil || !strings.HasPrefix(stdout.String(), "It works: http://127.0.0.1:") {
		t.Errorf("check says %v, %s", err, &stdout)
	}
	stdout.Reset()
	err := run(t.Context(), []string{"check"}, append(environ, "GATEWAY_AUTH=required"), &stdout)
	if err == nil || !strings.Contains(err.Error(), "callers must show an API key") || !strings.HasPrefix(stdout.String(), "It works: ") {
		t.Errorf("without keys, check says %v, %s", err, &stdout)
	}
}

// An outcome is kept for a while, a bad one for less, and only a change is logged.
func TestReadinessIsRemembered(t *testing.T) {
	var outcome error
	var log bytes.Buffer
	asked, now := 0, time.Unix(0, 0)
	r := &readiness{
		kept:  checkOf(nil),
		check: func(context.Context) error { asked++; return outcome },
		now:   func() time.Time { return now },
		log:   slog.New(slog.NewTextHandler(&log, nil)),
	}
	bad := &stellr.CheckError{Finding: stellr.FindingUpstream, Words: "down"}
	for i, step := range []struct {
		after   time.Duration
		becomes error
		want    error
		asked   int
		lines   int
	}{
		{0, nil, nil, 1, 1},
		{goodOutcomeFor - 1, bad, nil, 1, 1},
		{1, bad, bad, 2, 2},
		{badOutcomeFor - 1, nil, bad, 2, 2},
		{1, bad, bad, 3, 2},
		{badOutcomeFor, nil, nil, 4, 3},
	} {
		now, outcome = now.Add(step.after), step.becomes
		if got := r.look(t.Context()); got != step.want || asked != step.asked || strings.Count(log.String(), "\n") != step.lines {
			t.Errorf("step %d: %v after %d checks, log:\n%s", i, got, asked, &log)
		}
	}
}

// A caller who leaves does not spoil the outcome for the next one.
func TestReadinessOutlivesItsCaller(t *testing.T) {
	r := &readiness{
		kept:  checkOf(nil),
		check: func(ctx context.Context) error { return ctx.Err() },
		now:   time.Now,
		log:   slog.New(slog.DiscardHandler),
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := r.look(gone); err != nil {
		t.Error(err)
	}
}

func TestNotReadyWhileStopping(t *testing.T) {
	stopping := make(chan struct{})
	close(stopping)
	r := &readiness{check: func(context.Context) error { return errors.New("asked") }, stopping: stopping}
	status, text := answerOf(r, "GET", "/readyz")
	if status != http.StatusServiceUnavailable || text != `{"status":"stopping","checks":[]}`+"\n" {
		t.Errorf("status %d, %s", status, text)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// seats is a mutation that raises the seats of a customer's first active Microsoft subscription, under one key.
func seats(t *testing.T, environ []string) string {
	t.Helper()
	all, err := clientOf(t, environ).Subscriptions("100001").Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all.Items {
		if s.Status == stellr.SubscriptionActive && s.VendorID == sim.MicrosoftID && s.BillingFrequency != "one_time" {
			return `mutation {changeSeats(input: {customerNo: "100001", subscriptionId: "` + s.SubscriptionID + `", quantity: 250, idempotencyKey: "one-key-for-one-intention"}) {
				command {id status} replayed userErrors {code message}}}`
		}
	}
	t.Fatal("there is no such subscription")
	return ""
}

type seatsAnswer struct {
	ChangeSeats struct {
		Command    *struct{ ID, Status string }
		Replayed   bool
		UserErrors []struct{ Code, Message string }
	}
}

// program starts the gateway as a process of its own.
func program(t *testing.T, environ []string) (*exec.Cmd, *running) {
	t.Helper()
	program := exec.Command(os.Args[0])
	program.Env = append(environ, "BE_THE_GATEWAY=1", "GATEWAY_ADDR=127.0.0.1:0")
	log := newLogLines()
	program.Stdout, program.Stderr = log, log
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = program.Process.Kill()
		_ = log.Close()
	})
	line := log.wait(t, "Stellr Gateway is at")
	return program, &running{t: t, url: line[strings.Index(line, "http://"):strings.Index(line, "/ (")], log: log}
}

// The program is killed while an order is on its way. The next one knows of it, finds out what became of it, and answers
// the same key with that.
func TestKilledWhileWriting(t *testing.T) {
	environ, arrived, letGo, upstream := held(t, stellr.ActionChangeSeats, -1)
	environ = append(environ, "GATEWAY_CONFIG="+withFile(t, "gateway.yaml", "limits: {read_back: \"20ms,100ms,1s\"}"))
	query := seats(t, environ)
	first, g := program(t, environ)
	go func() { _, _, _, _ = g.try("POST", "/graphql", `{"query":`+quoted(query)+`}`) }()
	<-arrived // the request is at Stellr, which has not carried it out yet
	if err := first.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	letGo()
	_, again := program(t, environ)
	var answer seatsAnswer
	again.ask(query, &answer)
	if c := answer.ChangeSeats; c.Command == nil || !c.Replayed || c.Command.Status != "UNKNOWN" && c.Command.Status != "SUCCEEDED" && c.Command.Status != "FAILED" {
		t.Fatalf("the same key brought %+v", c)
	}
	id := answer.ChangeSeats.Command.ID
	again.log.wait(t, "a command of unknown outcome was read back")
	var data struct{ Command struct{ Status string } }
	for data.Command.Status == "" || data.Command.Status == "UNKNOWN" {
		again.ask(`{command(id: "`+id+`") {status}}`, &data)
	}
	orders := 0
	for _, entry := range upstream.Ledger() {
		if entry.Action == stellr.ActionChangeSeats && entry.Committed {
			orders++
		}
	}
	if want := map[string]int{"SUCCEEDED": 1, "FAILED": 0}[data.Command.Status]; orders != want {
		t.Errorf("there are %d orders, and the command is %s", orders, data.Command.Status)
	}
}

// The journal is in the user's state folder when nobody says where, belongs to one process, and is not readable by others.
func TestDefaultJournal(t *testing.T) {
	_, environ := stellrAt(t, sim.Options{})
	state := t.TempDir()
	environ = append(environ[:len(environ)-1], "XDG_STATE_HOME="+state)
	g := start(t, nil, environ...)
	info, err := os.Stat(filepath.Join(state, "stellr-gateway", "journal.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
	var stdout strings.Builder
	if err := run(t.Context(), []string{"check"}, environ, &stdout); err != nil || !strings.Contains(stdout.String(), "by a gateway that is running") {
		t.Errorf("check says %v, %s", err, stdout.String())
	}
	if err := run(t.Context(), []string{"-addr", "127.0.0.1:0"}, environ, &stdout); err == nil || !strings.Contains(err.Error(), "GATEWAY_DATABASE_URL") || !strings.Contains(err.Error(), "PostgreSQL") {
		t.Errorf("a second gateway ended with %v", err)
	}
	g.stop()
	if err := g.waitEnd(); err != nil {
		t.Error(err)
	}
	stdout.Reset()
	if err := run(t.Context(), []string{"check"}, environ, &stdout); err != nil || !strings.Contains(stdout.String(), "Writes can be recorded.") {
		t.Errorf("check says %v, %s", err, stdout.String())
	}
	if err := run(t.Context(), []string{"-addr", "127.0.0.1:0"}, environ[:len(environ)-1], &stdout); err == nil || !strings.Contains(err.Error(), "no home folder") {
		t.Errorf("without a home the gateway ended with %v", err)
	}
}

// The simulator's journal is gone with it, so that a key of yesterday is free today.
func TestSimulatorsJournal(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	g := start(t, nil)
	if files, _ := filepath.Glob(filepath.Join(temp, "stellr-gateway-*", "journal.db")); len(files) != 1 {
		t.Errorf("there are %v", files)
	}
	g.stop()
	if err := g.waitEnd(); err != nil {
		t.Error(err)
	}
	if files, _ := filepath.Glob(filepath.Join(temp, "*")); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

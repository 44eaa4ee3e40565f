package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stellr-gateway/examples/service/gateway"
)

func hashOf(key string) string {
	hash := sha256.Sum256([]byte(key))
	return hex.EncodeToString(hash[:])
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// A query, a mutation and an event: a change is sent, followed over WebSocket until it has ended, and then forgotten.
func TestSeats(t *testing.T) {
	r := newRig(t, "-sim-operation-time", "300ms")
	s := r.some()
	out, err := r.run(s.seats(2, "-expect", fmt.Sprint(s.Quantity))...)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, "the operation is SUCCEEDED") || !strings.Contains(out, "\nSUCCEEDED: ") || strings.Contains(out, "replayed") {
		t.Error("it does not say what happened")
	}
	if events := len(r.asked("events")); events != 1 {
		t.Errorf("%d WebSockets were opened", events)
	}
	if got := r.quantity(s); got != s.Quantity+2 {
		t.Errorf("there are %d seats", got)
	}
	if commands := r.commands(); !slices.Equal(commands, []string{"SUCCEEDED"}) {
		t.Errorf("the journal has %q", commands)
	}
	if kept := r.kept(); len(kept) != 0 {
		t.Errorf("%s is kept", kept)
	}
	if out, err := r.run(s.seats(3)...); err != nil || strings.Contains(out, "replayed") {
		t.Errorf("another change: %v", err)
	}
}

// A service that is killed around sending goes on with the same key, and the change is made once.
func TestKilled(t *testing.T) {
	for when, answered := range map[string]bool{"before it was sent on": false, "before the answer came": true} {
		t.Run(when, func(t *testing.T) {
			r := newRig(t, "-sim-operation-time", "300ms")
			s := r.some()
			held := make(chan struct{})
			r.at(func(q request) bool {
				if q.name != "ChangeSeats" {
					return false
				}
				if answered {
					if answer := q.answer(); answer.Code != 200 || !strings.Contains(answer.Body.String(), `"status":"PENDING"`) {
						t.Errorf("the gateway answered %d %s", answer.Code, answer.Body)
					}
				}
				close(held)
				<-q.gone
				return true
			})
			killed := r.spawn(s.seats(2)...)
			<-held
			_ = killed.Process.Kill()
			_ = killed.Wait()
			r.at(nil)
			if kept := r.kept(); len(kept) != 1 {
				t.Fatalf("%s is kept", kept)
			}
			out, err := r.run(s.seats(2)...)
			if err != nil || !strings.Contains(out, "going on with") || strings.Contains(out, "replayed") != answered {
				t.Errorf("after the restart: %v", err)
			}
			sent := r.asked("ChangeSeats")
			if len(sent) != 2 || sent[0] != sent[1] || !strings.Contains(sent[0], `"idempotencyKey":"`) {
				t.Errorf("sent were %q", sent)
			}
			if commands := r.commands(); !slices.Equal(commands, []string{"SUCCEEDED"}) || r.quantity(s) != s.Quantity+2 {
				t.Errorf("the journal has %q, and there are %d seats", commands, r.quantity(s))
			}
			if kept := r.kept(); len(kept) != 0 {
				t.Errorf("%s is still kept", kept)
			}
		})
	}
}

// A gateway that is killed before its answer is through, and again while the service listens, costs nothing but time.
func TestGatewayKilled(t *testing.T) {
	r := newRig(t, "-sim-operation-time", "3s")
	s := r.some()
	var answers atomic.Int32
	again := func() { r.gateway.kill(); r.startGateway() }
	r.at(func(q request) bool {
		if q.name == "ChangeSeats" && answers.Add(1) == 1 {
			q.answer()
			again()
			panic(http.ErrAbortHandler)
		}
		return false
	})
	out, err := r.runTo(&printed{part: "the operation is", once: again}, s.seats(2)...)
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"trying again", "replayed", "the events were lost", "SUCCEEDED: "} {
		if !strings.Contains(out, word) {
			t.Errorf("it does not say %q", word)
		}
	}
	if commands := r.commands(); !slices.Equal(commands, []string{"SUCCEEDED"}) || r.quantity(s) != s.Quantity+2 {
		t.Errorf("the journal has %q, and there are %d seats", commands, r.quantity(s))
	}
	if kept := r.kept(); len(kept) != 0 {
		t.Errorf("%s is still kept", kept)
	}
}

// What is refused is said in the gateway's words, sends nothing and leaves nothing behind.
func TestRefused(t *testing.T) {
	r := newRig(t)
	s := r.some()
	foreign := subscription{"100003", s.SubscriptionID, s.Quantity}
	for name, c := range map[string]struct {
		args []string
		code gateway.UserErrorCode
	}{
		"stale":        {s.seats(2, "-expect", fmt.Sprint(s.Quantity+1)), gateway.UserErrorCodeStaleQuantity},
		"stale, dry":   {s.seats(2, "-expect", fmt.Sprint(s.Quantity+1), "-dry-run"), gateway.UserErrorCodeStaleQuantity},
		"not there":    {subscription{"100001", "1_1", 1}.seats(2), gateway.UserErrorCodeNotFound},
		"not theirs":   {foreign.seats(2), gateway.UserErrorCodeNotFound},
		"without more": {s.seats(0), gateway.UserErrorCodeInvalidInput},
	} {
		_, err := r.run(c.args...)
		var refused *refusedError
		if !errors.As(err, &refused) || !refused.has(c.code) || exitCode(err) != 3 {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
	out, err := r.run(s.seats(2, "-dry-run")...)
	if err != nil || !strings.Contains(out, "nothing was sent") || !regexp.MustCompile(`from [0-9.]+ USD to [0-9.]+ USD`).MatchString(out) {
		t.Errorf("dry run: %v", err)
	}
	if commands, kept := r.commands(), r.kept(); len(commands) != 0 || len(kept) != 0 || r.quantity(s) != s.Quantity {
		t.Errorf("the journal has %q, %s is kept, and there are %d seats", commands, kept, r.quantity(s))
	}
}

func TestWrongKey(t *testing.T) {
	r := newRig(t)
	s := r.some()
	for _, args := range [][]string{{"renewals"}, s.seats(2)} {
		var out strings.Builder
		err := run(t.Context(), args, func(name string) string {
			if name == "GATEWAY_KEY" {
				return "sgk_wrong"
			}
			return r.getenv(name)
		}, &out)
		var said *callError
		if !errors.As(err, &said) || said.code != "UNAUTHENTICATED" || !strings.Contains(err.Error(), "set GATEWAY_KEY") || exitCode(err) != 1 {
			t.Errorf("the error is %v", err)
		}
		if out.Len() != 0 {
			t.Errorf("it prints %q", out.String())
		}
	}
	if kept := r.kept(); len(kept) != 0 {
		t.Errorf("%s is kept", kept)
	}
}

// A change whose outcome nobody knows is kept and said to be so, stands in the way of another, and ends when the gateway
// has read what became of it.
func TestUnknown(t *testing.T) {
	r := newRig(t, "-sim-operation-time", "-1s", "-sim-faults", "changeSeats:reset:count=1,commit")
	s := r.some()
	for range 2 {
		_, err := r.run(s.seats(2)...)
		var unknown *unknownError
		if !errors.As(err, &unknown) || exitCode(err) != 4 || !strings.Contains(err.Error(), "service reconcile -customer 100001 -subscription "+s.SubscriptionID) {
			t.Errorf("the error is %v", err)
		}
		if kept := r.kept(); len(kept) != 1 {
			t.Errorf("%s is kept", kept)
		}
	}
	for _, args := range [][]string{s.seats(3), {"forget", "-customer", s.Customer, "-subscription", s.SubscriptionID}} {
		if _, err := r.run(args...); exitCode(err) != 4 {
			t.Errorf("%s: the error is %v", args[0], err)
		}
	}
	out, err := r.run("reconcile", "-customer", s.Customer, "-subscription", s.SubscriptionID)
	if err != nil || !strings.Contains(out, "SUCCEEDED: ") {
		t.Errorf("reconcile: %v", err)
	}
	if commands, kept := r.commands(), r.kept(); !slices.Equal(commands, []string{"SUCCEEDED"}) || len(kept) != 0 || r.quantity(s) != s.Quantity+2 {
		t.Errorf("the journal has %q, %s is kept, and there are %d seats", commands, kept, r.quantity(s))
	}
	if _, err := r.run(s.seats(3)...); err != nil {
		t.Errorf("the next change: %v", err)
	}
}

// Another target waits until the earlier change has ended, or was dropped because the gateway never had it.
func TestAnotherTarget(t *testing.T) {
	r := newRig(t, "-sim-operation-time", "-1s")
	s := r.some()
	kept := intentions{r.state, r.door.URL + "/graphql"}
	if _, _, err := kept.begin(intention{Customer: s.Customer, Subscription: s.SubscriptionID, To: s.Quantity + 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.run(s.seats(2)...); exitCode(err) != 5 || !strings.Contains(err.Error(), "service forget") || len(r.asked("ChangeSeats")) != 0 {
		t.Errorf("the error is %v, and sent were %q", err, r.asked("ChangeSeats"))
	}
	if _, err := r.run("forget", "-customer", s.Customer, "-subscription", s.SubscriptionID); err != nil || len(r.kept()) != 0 {
		t.Errorf("forget: %v, %s is kept", err, r.kept())
	}
	r.died(s)
	out, err := r.run(s.seats(2)...)
	if err != nil || !strings.Contains(out, "the earlier change has ended as SUCCEEDED") || r.quantity(s) != s.Quantity+2 {
		t.Errorf("the error is %v, and there are %d seats", err, r.quantity(s))
	}
}

// died is what a service leaves that died when its change to one seat more had been made.
func (r *rig) died(s subscription) {
	r.t.Helper()
	kept, _, err := intentions{r.state, r.door.URL + "/graphql"}.begin(intention{Customer: s.Customer, Subscription: s.SubscriptionID, To: s.Quantity + 1})
	if err != nil {
		r.t.Fatal(err)
	}
	r.change(key, s, 1, kept.Key)
}

// change changes seats at the gateway itself, at once.
func (r *rig) change(key string, s subscription, more int, name string) {
	r.t.Helper()
	var data struct {
		ChangeSeats struct{ Command struct{ Status string } }
	}
	r.askAs(key, fmt.Sprintf(`mutation {changeSeats(input: {customerNo: %q, subscriptionId: %q, quantity: %d, idempotencyKey: %q}) {command {status}}}`,
		s.Customer, s.SubscriptionID, s.Quantity+more, name), &data)
	if status := data.ChangeSeats.Command.Status; status != "SUCCEEDED" {
		r.t.Fatalf("the change is %q", status)
	}
}

// Where somebody has changed the seats after the change that is repeated, its old success does not pass for what is there.
func TestChangedSince(t *testing.T) {
	r := newRig(t, "-sim-operation-time", "-1s")
	s := r.some()
	r.died(s)
	r.change(otherKey, s, 4, "a-change-by-somebody-else")
	out, err := r.run(s.seats(1)...)
	if err != nil || !strings.Contains(out, "replayed") || !strings.Contains(out, fmt.Sprintf("but there are %d seats now", s.Quantity+4)) {
		t.Errorf("the error is %v", err)
	}
	var refused *refusedError
	if _, err := r.run(s.seats(1)...); !errors.As(err, &refused) || !refused.has(gateway.UserErrorCodeDuplicateSuspected) {
		t.Errorf("the same a moment later: %v", err)
	}
	if _, err := r.run(s.seats(1, "-again")...); err != nil || r.quantity(s) != s.Quantity+1 || len(r.kept()) != 0 {
		t.Errorf("the same again: %v, %d seats, %s is kept", err, r.quantity(s), r.kept())
	}
}

// An answer of a proxy says nothing about the gateway: the change may be there, and stays kept.
func TestProxyBetween(t *testing.T) {
	r := newRig(t, "-sim-operation-time", "-1s")
	s := r.some()
	answers := []struct {
		status int
		body   string
	}{{504, `<html>too slow</html>`}, {401, `{"errors":[{"message":"No.","extensions":{"code":"UNAUTHENTICATED","retryable":false}}]}`}}
	var n atomic.Int32
	r.at(func(q request) bool {
		i := int(n.Add(1)) - 1
		if i >= len(answers) {
			return false
		}
		if i == 0 && !strings.Contains(q.answer().Body.String(), "SUCCEEDED") {
			t.Error("the change was not made")
		}
		q.w.WriteHeader(answers[i].status)
		_, _ = io.WriteString(q.w, answers[i].body)
		return true
	})
	if _, err := r.run(s.seats(2)...); exitCode(err) != 5 || len(r.kept()) != 1 {
		t.Errorf("the error is %v, and %s is kept", err, r.kept())
	}
	out, err := r.run(s.seats(2)...)
	if err != nil || !strings.Contains(out, "replayed") || len(r.commands()) != 1 {
		t.Errorf("the error is %v, and the journal has %q", err, r.commands())
	}
}

// What passes is tried again with the same key, after as long as the gateway asks for.
func TestTriesAgain(t *testing.T) {
	r := newRig(t, "-sim-operation-time", "-1s")
	s := r.some()
	refusals := []struct {
		status int
		body   string
	}{
		{503, `{"errors":[{"message":"The gateway has as much to do as it can.","extensions":{"code":"OVERLOADED","retryable":true,"retryAfterSeconds":2}}]}`},
		{200, `{"data":null,"errors":[{"message":"Too fast.","extensions":{"code":"RATE_LIMITED","retryAfterSeconds":1}}]}`},
		{502, `<html>a proxy's page</html>`},
	}
	began := time.Now()
	var n atomic.Int32
	r.at(func(q request) bool {
		i := int(n.Add(1)) - 1
		if q.name != "ChangeSeats" || i >= len(refusals) {
			return false
		}
		q.w.Header().Set("Content-Type", "application/json")
		q.w.WriteHeader(refusals[i].status)
		_, _ = io.WriteString(q.w, refusals[i].body)
		return true
	})
	out, err := r.run(s.seats(2)...)
	sent := r.asked("ChangeSeats")
	if err != nil || len(sent) != 4 || len(slices.Compact(sent)) != 1 || strings.Contains(out, "html") {
		t.Errorf("the error is %v, and sent were %q", err, sent)
	}
	if took := time.Since(began); took < 3*time.Second {
		t.Errorf("the gateway asked for pauses of two seconds and one; it took %v", took)
	}
	if commands := r.commands(); !slices.Equal(commands, []string{"SUCCEEDED"}) {
		t.Errorf("the journal has %q", commands)
	}
}

// The one command that needs nothing: a gateway of its own, with a key.
func TestDemo(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := run(t.Context(), []string{"-demo", "-within", "60"}, func(string) string { return "" }, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "DAYS LEFT") || !regexp.MustCompile(`\n[1-9]\d* to renew\n$`).MatchString(out.String()) {
		t.Errorf("it prints %s", out.String())
	}
	url := regexp.MustCompile(`http://\S+`).FindString(out.String())
	if answer, err := http.Get(url); err == nil {
		answer.Body.Close()
		t.Errorf("the gateway still answers at %s", url)
	}
}

// What stays wrong is tried once, and what is not a gateway's answer is not shown.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		status     int
		body, want string
		passes     bool
	}{
		{200, `{"data":null,"errors":[{"message":"No.","extensions":{"code":"FORBIDDEN","retryable":false,"requestId":"r1"}}]}`, "No. (FORBIDDEN, request r1)", false},
		{200, `{"errors":[{"message":"Later.","extensions":{"code":"UPSTREAM_TIMEOUT","retryable":true}}]}`, "Later. (UPSTREAM_TIMEOUT)", true},
		{404, `<html>nothing here</html>`, "the answer is not a gateway's (HTTP 404)", false},
		{503, `busy`, "the answer is not a gateway's (HTTP 503)", true},
		{307, `elsewhere`, "the answer is not a gateway's (HTTP 307)", false},
		{500, `{}`, "the answer is not a gateway's (HTTP 500)", false},
		{200, `{"data":`, "unexpected EOF", true},
		{200, `hello`, "invalid character 'h' looking for beginning of value", false},
	} {
		there := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			if q.URL.Path == "/elsewhere" {
				t.Error("it went where it was sent, with its key")
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		s, err := newService(func(name string) string { return map[string]string{"GATEWAY_URL": there.URL}[name] }, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		_, err = gateway.CommandByID(t.Context(), s.client, "x")
		err = explain(err)
		if _, passes := passing(err); err == nil || err.Error() != c.want || passes != c.passes {
			t.Errorf("%d %s: the error is %v, passing %v", c.status, c.body, err, passes)
		}
		there.Close()
	}
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
	}{
		{[]string{"-help"}, 0},
		{[]string{"seats", "-h"}, 0},
		{[]string{"renew"}, 2},
		{[]string{"-within", "-1"}, 2},
		{[]string{"-within", "30", "more"}, 2},
		{[]string{"seats", "-customer", "1", "-subscription", "2"}, 2},
		{[]string{"seats", "-customer", "1", "-to", "2"}, 2},
		{[]string{"seats", "-customer", "1", "-subscription", "2", "-to", "3", "-expect", "4x"}, 2},
		{[]string{"forget"}, 2},
	} {
		got := 0
		if err := run(t.Context(), c.args, func(string) string { return "" }, io.Discard); err != nil {
			got = exitCode(err)
		}
		if got != c.want {
			t.Errorf("%q ends with %d", c.args, got)
		}
	}
}

// That it renews by itself is said only where nothing speaks against it.
func TestOutcomeInWords(t *testing.T) {
	reject, active, suspended := gateway.RenewalDecisionReject, gateway.SubscriptionStatusActive, gateway.SubscriptionStatusSuspended
	undecided, renews := gateway.RenewalOutcomeUndecided, gateway.RenewalOutcomeRenews
	for want, rows := range map[string][]gateway.Renewal{
		"UNDECIDED, renews by itself": {{Outcome: &undecided, Subscription: gateway.RenewalSubscription{AutoRenew: new(true), Status: &active}}},
		"UNDECIDED": {
			{Outcome: &undecided, Decision: &reject, Subscription: gateway.RenewalSubscription{AutoRenew: new(true), Status: &active}},
			{Outcome: &undecided, Subscription: gateway.RenewalSubscription{AutoRenew: new(true), Status: &suspended}},
			{Outcome: &undecided, Subscription: gateway.RenewalSubscription{AutoRenew: new(true)}},
			{Outcome: &undecided, Subscription: gateway.RenewalSubscription{Status: &active}},
		},
		"RENEWS": {{Outcome: &renews, Subscription: gateway.RenewalSubscription{AutoRenew: new(true), Status: &active}}},
		"-":      {{Subscription: gateway.RenewalSubscription{AutoRenew: new(true), Status: &active}}},
	} {
		for _, row := range rows {
			if got := outcome(row); got != want {
				t.Errorf("%+v: %q, want %q", row, got, want)
			}
		}
	}
}

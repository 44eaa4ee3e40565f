package stellr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestObservers(t *testing.T) {
	f := newFake(t, inTurn(answering(401, `{"requestId":"r1"}`), answering(503, `{"requestId":"r2"}`), answering(200, oneCustomer)))
	var mu sync.Mutex
	var all, mine, outer []Call
	c := f.client(t, func(cfg *Config) {
		cfg.Observe = func(_ context.Context, call Call) { mu.Lock(); all = append(all, call); mu.Unlock() }
	})
	ctx := WithObserver(t.Context(), func(call Call) { outer = append(outer, call) })
	ctx = WithObserver(ctx, func(call Call) { mine = append(mine, call) })
	if _, err := c.Customer(ctx, "100001"); err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, call := range mine {
		if call.Start.IsZero() || call.Duration < 0 {
			t.Errorf("no time: %+v", call)
		}
		told = append(told, fmt.Sprintf("%s %s %s %d %d %s %q %d", call.Action, call.Method, call.Path, call.Attempt, call.Status, call.RequestID, call.Code, call.Bytes))
	}
	want := []string{
		`getCustomer GET /api/v1/cloud/customers/{customerNo} 1 401 r1 "unauthorized" 18`,
		`getCustomer GET /api/v1/cloud/customers/{customerNo} 2 503 r2 "unavailable" 18`,
		fmt.Sprintf(`getCustomer GET /api/v1/cloud/customers/{customerNo} 3 200 req-1 "" %d`, len(oneCustomer)),
	}
	if !slices.Equal(told, want) || len(outer) != 3 || len(all) != 5 || all[0].Action != ActionToken {
		t.Errorf("told %q (%d, %d)", told, len(outer), len(all))
	}
}

func TestBudgetHook(t *testing.T) {
	f := newFake(t, inTurn(answering(503, `{}`), answering(200, `{"data":{}}`)))
	c := f.client(t)
	spent := errors.New("spent")
	left, asked := 2, 0
	ctx := WithBudget(t.Context(), func() error { asked++; return nil })
	ctx = WithBudget(ctx, func() error {
		if left == 0 {
			return spent
		}
		left--
		return nil
	})
	if _, err := c.Customer(ctx, "1"); !IsNotFound(err) || left != 0 {
		t.Errorf("%v with %d left: each HTTP request counts", err, left)
	}
	for _, err := range []error{changeSeats(ctx, c), func() error { _, err := c.Customer(ctx, "1"); return err }()} {
		if wantError(t, err, CodeBudget, NotSent); !errors.Is(err, spent) {
			t.Errorf("%v does not wrap the hook's error", err)
		}
	}
	if len(f.seen()) != 2 || asked != 4 {
		t.Errorf("%d requests after %d questions, want 2 after 4", len(f.seen()), asked)
	}
}

// Nothing that the gateway must not repeat is in the log, at its most talkative.
func TestLogHoldsNoKeysOrSecrets(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			answerJSON(w, 400, `{"requestId":"r1","errorMessage":"bad token transfer-me of `+testSecret+`"}`)
			return
		}
		answerJSON(w, 200, `{"requestId":"r2","data":{"total":1,"records":[{"subscriptionId":"1_1","customerNo":77001,"quantity":{},"password":"p4ss"}]}}`)
	})
	c := f.client(t)
	ctx := t.Context()
	c.Subscriptions("77001").Collect(ctx)
	c.TransferableProducts(TransferableQuery{Domain: "acme.test", TransferToken: "transfer-me"}).Page(ctx, 1)
	c.TransferSubscription(ctx, "77001", Transfer{VendorID: "Google", TransferToken: "transfer-me", Quantity: 1})
	c.CheckVendorAccount(ctx, "Google", "transferToken", AccountCheck{Value: "transfer-me"})
	text := f.log.String()
	for _, hidden := range []string{"transfer-me", "acme.test", "77001", "p4ss", "client_secret"} {
		if strings.Contains(text, hidden) {
			t.Errorf("%q is in the log:\n%s", hidden, text)
		}
	}
	wantNoSecrets(t, text)
	for _, shown := range []string{"action=listSubscriptions", "stellr_request_id=r2", "status=400", "bad token [redacted] of [redacted]", "fields=[quantity]"} {
		if !strings.Contains(text, shown) {
			t.Errorf("%q is not in the log:\n%s", shown, text)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	cfg := Config{ClientID: "id", ClientSecret: testSecret}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
		fmt.Fprintf(&out, verb+" "+verb+" "+verb+"\n", cfg.ClientSecret, cfg, c)
	}
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		slog.New(handler).Info("x", "secret", cfg.ClientSecret, "secrets", []Secret{cfg.ClientSecret}, "client", c)
	}
	if fmt.Fprint(&out, Secret(""), c); strings.Contains(out.String(), testSecret) || strings.Contains(out.String(), fmt.Sprintf("%x", testSecret)) {
		t.Errorf("printed:\n%s", out.String())
	}
}

// The observer is how the caller of a write learns Stellr's number of the request, whichever way it ended.
func TestObserverTellsEveryWrite(t *testing.T) {
	done := answering(200, `{"requestId":"r2","data":{"customerNo":1,"subscriptionId":"1","operationId":1,"vendorId":"1","agreementType":"1"}}`)
	for _, row := range Endpoints() {
		if !row.Writes {
			continue
		}
		for _, test := range []struct {
			handle http.HandlerFunc
			want   string
		}{
			{inTurn(answering(401, `{"requestId":"r1"}`), done), `200 r2 "" ""`},
			{answering(422, `{"requestId":"r3","errorMessage":"No"}`), `422 r3 "refused" "rejected"`},
			{answering(200, `{"requestId":"r4","data":null,"bizError":{"errorMessage":"No"}}`), `200 r4 "refused" "rejected"`},
			{answering(502, `{"requestId":"r5"}`), `502 r5 "unavailable" "unknown"`},
			{func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, `0  "unavailable" "unknown"`},
		} {
			c := newFake(t, test.handle).client(t)
			var last Call
			ctx := WithObserver(t.Context(), func(call Call) { last = call })
			method := reflect.ValueOf(c).MethodByName(row.Client)
			in := []reflect.Value{reflect.ValueOf(ctx)}
			for i := 1; i < method.Type().NumIn(); i++ {
				in = append(in, sample(t, method.Type().In(i)))
			}
			if row.Action == ActionGenericRequest {
				in[1] = reflect.ValueOf(GenericRequest{Method: "POST", Path: "/api/x"})
			}
			method.Call(in)
			if got := fmt.Sprintf("%d %s %q %q", last.Status, last.RequestID, last.Code, last.Stage); last.Action != row.Action || got != test.want {
				t.Errorf("%s: told of %s %s, want %s", row.Action, last.Action, got, test.want)
			}
		}
	}
}

package stellr

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
)

func TestRehearsalIsWhatIsSent(t *testing.T) {
	f := newFake(t, answering(200, `{"data":{"customerNo":1,"subscriptionId":"1","operationId":1,"vendorId":"1","agreementType":"1"}}`))
	c := f.client(t, func(cfg *Config) { cfg.BaseURL = "http://stellr.test/below" })
	for _, row := range Endpoints() {
		if !row.Writes || row.Action == ActionCheckVendorAccount {
			continue
		}
		method := reflect.ValueOf(c).MethodByName(row.Client)
		send := func(ctx context.Context) error {
			in := []reflect.Value{reflect.ValueOf(ctx)}
			for i := 1; i < method.Type().NumIn(); i++ {
				in = append(in, sample(t, method.Type().In(i)))
			}
			if row.Action == ActionGenericRequest {
				in[1] = reflect.ValueOf(GenericRequest{Method: "DELETE", Path: "/api/ä b", Query: url.Values{"a": {"1 2"}}, Body: json.RawMessage(`{"b":1}`)})
			}
			err, _ := method.Call(in)[1].Interface().(error)
			return err
		}
		ctx, rehearsal := Rehearse(t.Context())
		before := len(f.seen())
		err := send(ctx)
		if wantError(t, err, CodeRehearsed, NotSent); !errors.Is(err, ErrRehearsed) {
			t.Errorf("%s: %v", row.Action, err)
		}
		if len(f.seen()) != before {
			t.Fatalf("%s was sent", row.Action)
		}
		if err := send(t.Context()); err != nil {
			t.Fatal(err)
		}
		sent := f.seen()[before]
		sent.body = strings.ReplaceAll(sent.body, `"transferToken":"1"`, `"transferToken":"[redacted]"`)
		if rehearsal.Action != row.Action || rehearsal.Method != sent.method || rehearsal.Path != sent.path || rehearsal.Query.Encode() != sent.query || string(rehearsal.Body) != sent.body {
			t.Errorf("%s: rehearsed %+v (%s), sent %+v", row.Action, rehearsal, rehearsal.Body, sent)
		}
	}
}

func TestRehearsalHidesSecrets(t *testing.T) {
	f := newFake(t, nil)
	c := f.client(t)
	ctx, rehearsal := Rehearse(t.Context())
	_, err := c.TransferSubscription(ctx, "7", Transfer{VendorID: "G", TransferToken: `to"k&n `, Domain: `x.to"k&n .test`, ProductID: "1", SKUNo: "2", Quantity: 3})
	wantError(t, err, CodeRehearsed, NotSent)
	if want := `{"vendorId":"G","transferToken":"[redacted]","domain":"x.[redacted].test","productId":1,"skuNo":2,"quantity":3}`; string(rehearsal.Body) != want {
		t.Errorf("got %s", rehearsal.Body)
	}
	_, err = c.CreateSubscriptions(ctx, "7", Order{VendorID: "V", DynamicParams: map[string]any{"adminPassword": "x", "a": []any{true, 7.5}}, Items: []OrderItem{{ProductID: "1", SKUNo: "2", Quantity: 3}}})
	wantError(t, err, CodeRehearsed, NotSent)
	if want := `{"vendorId":"V","dynamicParams":{"a":[true,7.5],"adminPassword":"[redacted]"},"subscriptions":[{"productId":1,"skuNo":2,"quantity":3}]}`; string(rehearsal.Body) != want {
		t.Errorf("got %s", rehearsal.Body)
	}
	_, err = c.Request(ctx, GenericRequest{Method: "PUT", Path: "/api/x", Query: url.Values{"api_key": {"hunter2"}, "q": {"a hunter2", "b"}, "pin": {"12", ""}}, Body: json.RawMessage(`{"token":123456,"n":123456,"m":[123457,"is 123456"],"pin":null}`)})
	wantError(t, err, CodeRehearsed, NotSent)
	if want := `{"token":"[redacted]","n":"[redacted]","m":[123457,"is [redacted]"],"pin":null}`; string(rehearsal.Body) != want {
		t.Errorf("got %s", rehearsal.Body)
	}
	if want := (url.Values{"api_key": {"[redacted]"}, "q": {"a [redacted]", "b"}, "pin": {"[redacted]", ""}}); !reflect.DeepEqual(rehearsal.Query, want) {
		t.Errorf("got %q", rehearsal.Query)
	}
	if len(f.dials()) != 0 {
		t.Error("something was sent")
	}
}

// What could not be sent cannot be rehearsed either.
func TestRehearsalChecks(t *testing.T) {
	f := newFake(t, nil)
	c := f.client(t)
	c.endpoints[ActionCreateCustomer] = Endpoint{Action: ActionCreateCustomer, Method: http.MethodPost}
	ctx, rehearsal := Rehearse(t.Context())
	_, err := c.ChangeSeats(ctx, "7", "1_1", SeatChange{})
	wantError(t, err, CodeInvalid, NotSent)
	_, err = c.ChangeSeats(ctx, "7", "..", SeatChange{Quantity: 1})
	wantError(t, err, CodeInvalid, NotSent)
	_, err = c.CreateCustomer(ctx, NewCustomer{Name: "X"})
	wantError(t, err, CodeNotConfigured, NotSent)
	_, err = c.Request(ctx, GenericRequest{Method: "PATCH", Path: "/api"})
	wantError(t, err, CodeInvalid, NotSent)
	if !reflect.DeepEqual(*rehearsal, Rehearsal{}) || len(f.dials()) != 0 {
		t.Errorf("got %+v after %d requests", rehearsal, len(f.seen()))
	}
}

func TestReadsAreNotRehearsed(t *testing.T) {
	f := newFake(t, answering(200, `{"data":{"customerNo":7,"valid":true,"total":0,"records":[]}}`))
	c := f.client(t)
	ctx, rehearsal := Rehearse(t.Context())
	if _, err := c.Customer(ctx, "7"); err != nil {
		t.Error(err)
	}
	if _, err := c.Customers().Collect(ctx); err != nil {
		t.Error(err)
	}
	if _, err := c.CheckVendorAccount(ctx, "V", "domain", AccountCheck{Value: "a.test"}); err != nil {
		t.Error(err)
	}
	if _, err := c.Request(ctx, GenericRequest{Method: "GET", Path: "/api/x"}); err != nil {
		t.Error(err)
	}
	if len(f.seen()) != 4 || rehearsal.Method != "" {
		t.Errorf("%d requests, %+v", len(f.seen()), rehearsal)
	}
}

package stellr

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestGenericRequest(t *testing.T) {
	f := newFake(t, answering(201, `{"requestId":"r7","data":{"name":"x","Password":"hunter2","nested":[{"client_secret":"a","adminPwd":null,"transferToken":7,"token":null}],"pin":{"a":1}}}`))
	c := f.client(t)
	got, err := c.Request(t.Context(), GenericRequest{Method: "PUT", Path: "/api/v1/x", Query: url.Values{"a": {"1", "2"}}, Body: json.RawMessage(`{"b":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"requestId":"r7","data":{"name":"x","Password":"[redacted]","nested":[{"client_secret":"[redacted]","adminPwd":null,"transferToken":"[redacted]","token":null}],"pin":"[redacted]"}}`
	if got.Status != 201 || got.RequestID != "r7" || string(got.Body) != want {
		t.Errorf("got %d, %s, %s", got.Status, got.RequestID, got.Body)
	}
	if sent := f.seen()[0]; sent.method != "PUT" || sent.query != "a=1&a=2" || sent.body != `{"b":1}` || sent.header.Get("Content-Type") != "application/json" {
		t.Errorf("sent %+v", sent)
	}
}

// The work that an answer names is told, wherever it stands; a read begins none.
func TestGenericRequestThatBeginsWork(t *testing.T) {
	for body, want := range map[string]string{
		`{"data":{"operationId":7,"subscriptionId":"1_1","status":"ACCEPTED"}}`:                            "7 1_1 ACCEPTED",
		`{"data":{"subscriptions":[{"subscriptionId":"1_1","operationId":"8"},{"subscriptionId":"1_2"}]}}`: "8 1_1 ",
		`{"data":{"operationId":"7","subscriptions":[{"operationId":"8","status":"PENDING"}]}}`:            "7  ,8  PENDING",
		`{"data":{"subscriptionId":"1_1","status":"ACCEPTED"}}`:                                            "", `{"data":{"total":1,"records":[]}}`: "", `{"data":[]}`: "", `{}`: "", `{"data":7}`: "",
	} {
		for _, method := range []string{"POST", "GET"} {
			f := newFake(t, answering(200, body))
			got, err := f.client(t).Request(t.Context(), GenericRequest{Method: method, Path: "/api/v1/x"})
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, work := range got.Begun {
				told = append(told, work.OperationID+" "+work.SubscriptionID+" "+work.StatusText)
			}
			if text := strings.Join(told, ","); method == "POST" && text != want || method == "GET" && text != "" {
				t.Errorf("%s %s: %q, want %q", method, body, text, want)
			}
		}
	}
}

func TestGenericRequestGoesTheWayOfItsMethod(t *testing.T) {
	for method, tries := range map[string]int{"GET": 3, "POST": 1, "PUT": 1, "DELETE": 1} {
		f := newFake(t, answering(502, `{}`))
		_, err := f.client(t).Request(t.Context(), GenericRequest{Method: method, Path: "/api/v1/x"})
		wantError(t, err, CodeUnavailable, Unknown)
		if len(f.seen()) != tries {
			t.Errorf("%s was sent %d times, want %d", method, len(f.seen()), tries)
		}
	}
}

func TestGenericRequestThatIsNone(t *testing.T) {
	f := newFake(t, nil)
	c := f.client(t)
	for _, request := range []GenericRequest{
		{Method: "", Path: "/api"}, {Method: "get", Path: "/api"}, {Method: "PATCH", Path: "/api"}, {Method: "CONNECT", Path: "/api"}, {Method: "GET /x HTTP/1.1\r\n", Path: "/api"},
		{Method: "GET", Path: "/api", Body: json.RawMessage(`{}`)},
		{Method: "POST", Path: "/api", Body: json.RawMessage(`{`)},
		{Method: "POST", Path: "/api", Body: json.RawMessage(``)},
		{Method: "POST", Path: "/api", Body: json.RawMessage(`{}{}`)},
		{Method: "POST", Path: "/api", Body: json.RawMessage(`"` + strings.Repeat("x", maxGenericBody) + `"`)},
	} {
		_, err := c.Request(t.Context(), request)
		wantError(t, err, CodeInvalid, NotSent)
	}
	if len(f.dials()) != 0 {
		t.Error("something was sent")
	}
}

func TestGenericRequestHidesItsCredentials(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, 400, `{"errorMessage":"bad hunter2 and hunter 3 and hunter+3 and hunter4"}`)
	})
	_, err := f.client(t).Request(t.Context(), GenericRequest{
		Method: "POST", Path: "/api/v1/x", Query: url.Values{"api_key": {"hunter 3"}}, Body: json.RawMessage(` {"list":[{"password":"hunter2"}],"secret":"hunter4"}`),
	})
	if e := wantError(t, err, CodeRefused, Rejected); e.Message != "bad [redacted] and [redacted] and [redacted] and [redacted]" {
		t.Errorf("got %q", e.Message)
	}
	if strings.Contains(f.log.String(), "hunter") {
		t.Error("a credential is in the log")
	}
}

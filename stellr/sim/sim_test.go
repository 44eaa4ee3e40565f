package sim

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// today is the day on which the tests take place.
var today = time.Date(2026, 7, 9, 10, 0, 0, 0, time.UTC)

// clock is a time that tests set.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func (c *clock) wait(d time.Duration) { c.now = c.now.Add(d) }

func (c *clock) days(n int) { c.now = c.now.AddDate(0, 0, n) }

// start makes a Stellr that needs no token, and its clock.
func start(t *testing.T, opts Options) (*Server, *clock) {
	t.Helper()
	c := &clock{today}
	opts.Clock, opts.NoAuth = c.time, true
	return New(opts), c
}

// send makes one request without a network.
func send(s http.Handler, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

type object = map[string]any

// decoded reads an answer of the given status.
func decoded(t *testing.T, w *httptest.ResponseRecorder, status int) object {
	t.Helper()
	if w.Code != status {
		t.Fatalf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	var o object
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
		t.Fatalf("not JSON: %v: %s", err, w.Body)
	}
	return o
}

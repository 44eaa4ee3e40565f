package sim

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"stellr-gateway/stellr"
)

// broken makes a Stellr with one fault, behind a real connection.
func broken(t *testing.T, faults string) (*Server, *httptest.Server, *subscription) {
	t.Helper()
	s, _ := calm(t)
	parsed, err := ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range parsed {
		s.Inject(f)
	}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return s, web, sampleOf(s, 2)
}

// attempt adds a seat over the network.
func attempt(ctx context.Context, web *httptest.Server, sub *subscription) (status int, body string, err error) {
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, web.URL+rich+"/"+sub.SubscriptionID+"/changeSeats", strings.NewReader(seats(sub, 6)))
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(raw), err
}

// What a client sees of each kind of fault, and whether the order was placed.
func TestFaultKinds(t *testing.T) {
	for _, c := range []struct {
		fault     string
		status    int // what the client sees; 0: no answer at all
		broken    bool
		committed bool
		contains  string
	}{
		{"changeSeats:429:retryAfter=2", 429, false, false, "errorMessage"},
		{"changeSeats:500", 500, false, false, "errorMessage"},
		{"changeSeats:502", 502, false, false, ""},
		{"changeSeats:503", 503, false, false, ""},
		{"changeSeats:504", 504, false, false, ""},
		{"changeSeats:502:commit", 502, false, true, ""},
		{"changeSeats:reset", 0, true, false, ""},
		{"changeSeats:reset:commit", 0, true, true, ""},
		{"changeSeats:truncate", 200, true, true, `{"requestId"`},
		{"changeSeats:html", 200, false, false, "<html>"},
		{"changeSeats:html:commit", 200, false, true, "<html>"},
		{"changeSeats:refuse", 200, false, false, "bizError"},
		{"changeSeats:doneFailed", 200, false, true, "operationId"},
		{"*:500:customer=100001", 500, false, false, ""},
		{"*:500:customer=100002", 200, false, true, "operationId"},
		{"cancelSubscription:500", 200, false, true, "operationId"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			s, web, sub := broken(t, c.fault)
			status, body, err := attempt(t.Context(), web, sub)
			if status != c.status || (err != nil) != c.broken || !strings.Contains(body, c.contains) {
				t.Errorf("client saw %d %q %v", status, body, err)
			}
			entries := s.Ledger()
			if len(entries) != 1 || entries[0].Committed != c.committed || entries[0].Status != c.status || string(entries[0].Body) != seats(sub, 6) {
				t.Errorf("ledger: %+v", entries)
			}
		})
	}
}

func TestHangAnswersNobody(t *testing.T) {
	s, web, sub := broken(t, "changeSeats:hang:commit")
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		for len(s.Ledger()) == 0 {
			time.Sleep(time.Millisecond)
		}
		leave()
	}()
	if status, _, err := attempt(ctx, web, sub); err == nil {
		t.Errorf("answered %d", status)
	}
	if e := s.Ledger()[0]; !e.Committed || e.Status != 0 {
		t.Errorf("ledger: %+v", e)
	}
}

func TestRetryAfterForms(t *testing.T) {
	s, _ := calm(t)
	s.Inject(Fault{Kind: FaultStatus, Status: 429, RetryAfter: 1500 * time.Millisecond, Count: 1})
	s.Inject(Fault{Kind: FaultStatus, Status: 503, RetryAfter: time.Minute, AsDate: true})
	for _, wanted := range []string{"2", "Thu, 09 Jul 2026 10:01:00 GMT"} {
		if got := send(s, "GET", customersPage, "").Header().Get("Retry-After"); got != wanted {
			t.Errorf("Retry-After %q, want %q", got, wanted)
		}
	}
}

func TestFaultSchedules(t *testing.T) {
	for _, c := range []struct{ fault, pattern string }{
		{"listCustomers:500:nth=3", "..x....."}, {"listCustomers:500:every=3", "..x..x.."}, {"listCustomers:500:count=2", "xx......"},
		{"listCustomers:500:every=2,count=2", ".x.x...."}, {"*:500:count=1;*:503:count=1", "xx......"}, {"getProduct:500", "........"},
	} {
		s, _, _ := broken(t, c.fault)
		var pattern strings.Builder
		for range c.pattern {
			mark := byte('.')
			if send(s, "GET", customersPage, "").Code >= 500 {
				mark = 'x'
			}
			pattern.WriteByte(mark)
		}
		if pattern.String() != c.pattern {
			t.Errorf("%s: %s, want %s", c.fault, &pattern, c.pattern)
		}
	}
}

func TestProbabilityIsSeeded(t *testing.T) {
	run := func(seed uint64) string {
		s, _ := start(t, Options{Seed: seed, Faults: []Fault{{Kind: FaultStatus, Status: 500, Probability: 0.3}}})
		pattern := make([]byte, 200)
		for i := range pattern {
			pattern[i] = byte(send(s, "GET", customersPage, "").Code/100) + '0'
		}
		return string(pattern)
	}
	if run(1) != run(1) || run(1) == run(2) {
		t.Error("not seeded")
	}
	if n := strings.Count(run(1), "5"); n < 40 || n > 80 {
		t.Errorf("%d of 200", n)
	}
}

func TestListFaults(t *testing.T) {
	page := "/api/v1/cloud/customers?pageSize=20&pageNo="
	read := func(s *Server, n string) object {
		return decoded(t, send(s, "GET", page+n, ""), 200)["data"].(object)
	}
	s, _, _ := broken(t, "")
	first := read(s, "1")["records"].([]any)
	s, _, _ = broken(t, "listCustomers:empty")
	want(t, read(s, "1"), "total", 0, "records", "[]")
	s, _, _ = broken(t, "listCustomers:wrongTotal=1000")
	want(t, read(s, "2"), "total", 1000)
	s, _, _ = broken(t, "listCustomers:repeat")
	if !reflect.DeepEqual(read(s, "3")["records"], any(first)) {
		t.Error("page 3 is not page 1 again")
	}
}

func TestLatencyAddsUp(t *testing.T) {
	var slept []time.Duration
	faults, _ := ParseFaults("listCustomers:latency=300ms;*:latency=200ms:every=2;token:latency=5s")
	s, _ := start(t, Options{Latency: time.Second, Faults: faults, Sleep: func(_ context.Context, d time.Duration) { slept = append(slept, d) }})
	send(s, "GET", customersPage, "")
	send(s, "GET", customersPage, "")
	if want := []time.Duration{time.Second, 300 * time.Millisecond, time.Second, 500 * time.Millisecond}; !reflect.DeepEqual(slept, want) {
		t.Errorf("slept %v, want %v", slept, want)
	}
}

func TestTokenEndpointFaults(t *testing.T) {
	s, _, _ := broken(t, "token:503:count=1;token:html:count=1;*:500")
	form := "grant_type=client_credentials&client_id=sandbox&client_secret=sandbox-secret"
	if o := decoded(t, ask(s, form), 503); o["error"] == nil {
		t.Errorf("no OAuth error: %v", o)
	}
	if w := ask(s, form); w.Code != 200 || !strings.Contains(w.Body.String(), "<html>") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	decoded(t, ask(s, form), 200)
}

// An operation that fails: what it reads, and what it leaves behind.
func TestFailedOperations(t *testing.T) {
	for _, c := range []struct{ kind, status, left string }{{"failed", "FAILED", ""}, {"doneFailed", "DONE", ""}, {"orphan", "FAILED", statusPending}} {
		s, clock := calm(t)
		faults, _ := ParseFaults("createSubscriptions:" + c.kind)
		s.Inject(faults[0])
		w := send(s, "POST", rich, order(AcronisID, item(s.world.catalog.variant("SPAMSENS", 's'), 3, "")))
		data := decoded(t, w, 200)["data"].(object)
		id := data["subscriptions"].([]any)[0].(object)["subscriptionId"].(string)
		clock.wait(3 * time.Second)
		op := decoded(t, send(s, "GET", "/api/v1/subscriptions/operations/9000001", ""), 200)["data"].(object)
		want(t, op, "status", c.status)
		want(t, op["results"].([]any)[0].(object), "status", "FAILED", "subscriptionId", id, "errorDetail", "VENDOR_ERROR")
		if c.left == "" {
			decoded(t, send(s, "GET", rich+"/"+id, ""), 404)
		} else {
			want(t, seen(t, s, id), "status", c.left)
		}
	}
	s, clock := calm(t)
	s.Inject(Fault{Kind: FaultDoneFailed})
	sub := sampleOf(s, 2)
	want(t, settled(t, s, clock, sub, "changeSeats", seats(sub, 9)), "quantity", 5)
	s.ClearFaults()
	want(t, settled(t, s, clock, sub, "changeSeats", seats(sub, 9)), "quantity", 9)
}

func TestParseFaults(t *testing.T) {
	text := "listSubscriptions:429:every=20,retryAfter=2s;getProduct:latency=300ms;*:502:customer=100001,nth=2,commit;token:html;" +
		"createSubscriptions:orphan:probability=0.25,count=3;listCustomers:wrongTotal=7;*:503:retryAfter=1m0s,asDate"
	faults, err := ParseFaults(text)
	if err != nil {
		t.Fatal(err)
	}
	var again []string
	for _, f := range faults {
		again = append(again, f.String())
	}
	if got := strings.Join(again, ";"); got != text {
		t.Errorf("read back as\n%s, want\n%s", got, text)
	}
	if want := (Fault{Action: stellr.ActionListSubscriptions, Every: 20, Kind: FaultStatus, Status: 429, RetryAfter: 2 * time.Second}); faults[0] != want {
		t.Errorf("%+v, want %+v", faults[0], want)
	}
	if faults, err := ParseFaults("listSubscriptions:429:every=20,retryAfter=2;"); err != nil || faults[0].RetryAfter != 2*time.Second {
		t.Errorf("%+v %v", faults, err)
	}
	for _, bad := range []string{
		"listSubscriptions", "nothing:500", "*:600", "*:nothing", "*:latency", "*:latency=-1s", "*:reset=1", "*:500:every=0", "*:500:every", "*:500:x=1",
		"*:500:probability=2", "*:500:probability=NaN", "*:500:commit=maybe", "*:wrongTotal",
	} {
		if _, err := ParseFaults(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add("listSubscriptions:429:every=20,retryAfter=2;getProduct:latency=300ms")
	f.Add("*:502:customer=1,commit;token:html:probability=0.5")
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := ParseFaults(text)
		if err != nil {
			return
		}
		for _, fault := range faults {
			again, err := ParseFaults(fault.String())
			if err != nil || len(again) != 1 || again[0] != fault {
				t.Errorf("%q: %+v read back as %+v, %v", fault, fault, again, err)
			}
		}
	})
}

func TestLedgerKeepsWritesAndCountsReads(t *testing.T) {
	s, _ := calm(t)
	sub := sampleOf(s, 2)
	for range 50 {
		send(s, "GET", customersPage, "")
	}
	send(s, "POST", rich+"/"+sub.SubscriptionID+"/changeSeats", seats(sub, 0))
	send(s, "POST", rich+"/"+sub.SubscriptionID+"/changeSeats", seats(sub, 6))
	entries := s.Ledger()
	if s.Calls(stellr.ActionListCustomers) != 50 || s.CallsTotal() != 52 || len(entries) != 2 {
		t.Fatalf("%d, %d calls, %d writes", s.Calls(stellr.ActionListCustomers), s.CallsTotal(), len(entries))
	}
	if entries[0].Committed || entries[0].Status != 400 || !entries[1].Committed || entries[1].Action != stellr.ActionChangeSeats || !entries[1].At.Equal(today) {
		t.Errorf("%+v", entries)
	}
	if !json.Valid(entries[1].Body) || entries[1].RequestID == "" || entries[1].ClientID != DefaultClientID {
		t.Errorf("%+v", entries[1])
	}
	s.ResetLedger()
	if s.CallsTotal() != 0 || len(s.Ledger()) != 0 {
		t.Error("not forgotten")
	}
}

package stellr

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadOutcomes(t *testing.T) {
	html := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(status)
			io.WriteString(w, "<html>"+testToken)
		}
	}
	typed := func(contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{contentType}
			io.WriteString(w, body)
		}
	}
	cut := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "500")
		io.WriteString(w, `{"data":{`)
	}
	hangUp := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	refusal := `{"requestId":"r9","errorMessage":"No"}`
	fine := answering(200, oneCustomer)
	tests := []struct {
		name   string
		handle http.HandlerFunc
		code   Code
		stage  Stage
		sent   int
	}{
		{"fine", fine, "", "", 1},
		{"500, then fine", inTurn(answering(500, refusal), fine), "", "", 2},
		{"502, 503, then fine", inTurn(html(502), answering(503, ""), fine), "", "", 3},
		{"504 three times", answering(504, refusal), CodeUnavailable, Unknown, 3},
		{"501", answering(501, refusal), CodeUnavailable, Unknown, 1},
		{"HTML, then fine", inTurn(html(200), fine), "", "", 2},
		{"HTML three times", html(200), CodeBadAnswer, Unknown, 3},
		{"cut short, then fine", inTurn(cut, fine), "", "", 2},
		{"cut short three times", cut, CodeBadAnswer, Unknown, 3},
		{"half of the JSON", inTurn(answering(200, `{"data":{"customerNo"`), fine), "", "", 2},
		{"hung up, then fine", inTurn(hangUp, fine), "", "", 2},
		{"hung up three times", hangUp, CodeUnavailable, Unknown, 3},
		{"429, then fine", inTurn(answering(429, refusal), fine), "", "", 2},
		{"429 three times", answering(429, refusal), CodeThrottled, Rejected, 3},
		{"401, then fine", inTurn(answering(401, refusal), fine), "", "", 2},
		{"401 and 401", answering(401, refusal), CodeUnauthorized, Rejected, 2},
		{"400", answering(400, refusal), CodeRefused, Rejected, 1},
		{"403", answering(403, refusal), CodeForbidden, Rejected, 1},
		{"404", answering(404, refusal), CodeNotFound, Rejected, 1},
		{"404 in HTML is no answer of Stellr's", html(404), CodeBadAnswer, Unknown, 1},
		{"null data", answering(200, `{"requestId":"r","data":null}`), CodeNotFound, Rejected, 1},
		{"empty data", answering(200, `{"requestId":"r","data":{}}`), CodeNotFound, Rejected, 1},
		{"no data", answering(200, `{"requestId":"r"}`), CodeNotFound, Rejected, 1},
		{"another customer's", answering(200, `{"data":{"customerNo":"2"}}`), CodeNotFound, Rejected, 1},
		{"business failure", answering(200, refusal), CodeRefused, Rejected, 1},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 302) }, CodeBadAnswer, Unknown, 1},
		{"no content type", typed("", oneCustomer), "", "", 1},
		{"problem+json", typed("application/problem+json", oneCustomer), "", "", 1},
		{"JSON as text", typed("text/plain", oneCustomer), CodeBadAnswer, Unknown, 3},
		{"broken content type", typed("application/json; =", oneCustomer), CodeBadAnswer, Unknown, 3},
		{"two documents", answering(200, oneCustomer+oneCustomer), CodeBadAnswer, Unknown, 3},
		{"nested too deeply", answering(200, `{"data":`+strings.Repeat("[", 101)+strings.Repeat("]", 101)+`}`), CodeBadAnswer, Unknown, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, test.handle)
				got, err := f.client(t).Customer(t.Context(), "100001")
				if test.code == "" && (err != nil || got.Name != "Acme") {
					t.Fatalf("got %v, %v", got, err)
				}
				if test.code != "" {
					wantError(t, err, test.code, test.stage)
				}
				if sent := len(f.seen()); sent != test.sent {
					t.Errorf("%d requests were sent, want %d", sent, test.sent)
				}
				wantNoSecrets(t, f.log.String())
			})
		})
	}
}

func TestAnswersThatAreTooLarge(t *testing.T) {
	spaces := strings.Repeat(" ", 1<<20)
	bomb := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(w)
		for range 9 {
			io.WriteString(packed, spaces)
		}
		packed.Close()
	}
	large := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for range 9 {
			io.WriteString(w, spaces)
		}
	}
	for name, handle := range map[string]http.HandlerFunc{"plain": large, "gzip": bomb} {
		f := newFake(t, handle)
		_, err := f.client(t).Customer(t.Context(), "1")
		wantError(t, err, CodeBadAnswer, Unknown)
		if len(f.seen()) != 1 {
			t.Errorf("%s: %d requests, want 1: it will be as large again", name, len(f.seen()))
		}
	}
	wantError(t, changeSeats(t.Context(), newFake(t, bomb).client(t)), CodeBadAnswer, Unknown)
	f := newFake(t, answering(200, oneCustomer+spaces[:100]))
	if _, err := f.client(t, func(cfg *Config) { cfg.MaxAnswer = int64(len(oneCustomer) + 100) }).Customer(t.Context(), "100001"); err != nil {
		t.Errorf("an answer of just the right size: %v", err)
	}
	_, err := f.client(t, func(cfg *Config) { cfg.MaxAnswer = int64(len(oneCustomer) + 99) }).Customer(t.Context(), "100001")
	wantError(t, err, CodeBadAnswer, Unknown)
}

func TestReadWaitsAsLongAsItIsAsked(t *testing.T) {
	tests := []struct {
		name, header string
		status       int
		deadline     time.Duration
		waits        time.Duration
		sent         int
	}{
		{"seconds", "7", 429, time.Minute, 7 * time.Second, 2},
		{"a date", "Sat, 01 Jan 2000 00:00:09 GMT", 503, time.Minute, 9 * time.Second, 2},
		{"a date that has passed", "Fri, 31 Dec 1999 23:00:00 GMT", 503, time.Minute, 0, 2},
		{"garbage on throttling", "soon", 429, time.Minute, time.Second - 1, 2},
		{"garbage on failure", "-3", 503, time.Minute, 50*time.Millisecond - 1, 2},
		{"longer than there is", "61", 429, time.Minute, 0, 1},
		{"longer than anyone waits", "31", 429, 0, 0, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // its clock begins on 1 January 2000
				f := newFake(t, inTurn(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Retry-After", test.header)
					answerJSON(w, test.status, `{}`)
				}, answering(200, oneCustomer)))
				c := f.client(t, func(cfg *Config) {
					cfg.Rand = func(n time.Duration) time.Duration {
						if test.header == "soon" || test.header == "-3" {
							return n - 1
						}
						return 0
					}
				})
				ctx := t.Context()
				if test.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.deadline)
					defer cancel()
				}
				start := time.Now()
				_, err := c.Customer(ctx, "100001")
				if waited := time.Since(start); waited != test.waits || len(f.seen()) != test.sent {
					t.Errorf("waited %v for %d requests, want %v and %d (%v)", waited, len(f.seen()), test.waits, test.sent, err)
				}
				if test.sent == 1 && wantError(t, err, CodeThrottled, Rejected).RetryAfter < 31*time.Second {
					t.Error("the error does not say how long to wait")
				}
			})
		})
	}
}

func TestReadTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		start := time.Now()
		_, err := f.client(t).Customer(t.Context(), "1")
		wantError(t, err, CodeTimeout, Unknown)
		if took := time.Since(start); took != 45*time.Second || len(f.seen()) != 3 {
			t.Errorf("took %v and %d requests, want 45s and 3", took, len(f.seen()))
		}
	})
}

func TestReadOfACallerWhoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "20")
			answerJSON(w, 503, `{}`)
		})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		_, err := f.client(t).Customer(ctx, "1")
		wantError(t, err, CodeCanceled, Unknown)
		if !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

// The ration of repetitions: of 40 reads that fail at once, only a fifth of what is in flight is tried again.
func TestRetryBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const readers = 40
		all, more := make(chan struct{}), make(chan struct{})
		var arrived atomic.Int32
		f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			if arrived.Add(1) <= readers {
				<-all
			} else {
				<-more
			}
			answerJSON(w, 503, `{"requestId":"r"}`)
		})
		c := f.client(t, func(cfg *Config) { cfg.Concurrency, cfg.BreakerRequests = readers, 1000 })
		for range readers {
			go func() {
				_, err := c.Customer(context.Background(), "1")
				wantError(t, err, CodeUnavailable, Unknown)
			}()
		}
		synctest.Wait()
		close(all)
		synctest.Wait()
		if again := arrived.Load() - readers; again < 3 || again > readers*3/10 {
			t.Errorf("%d of %d reads are tried again at once", again, readers)
		}
		close(more)
		synctest.Wait()
	})
}

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 7, 9, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		header string
		wait   time.Duration
		ok     bool
	}{
		{"0", 0, true}, {"5", 5 * time.Second, true}, {" 5 ", 5 * time.Second, true},
		{"86400", 24 * time.Hour, true}, {"86401", 24 * time.Hour, true}, {"9223372036854775807", 24 * time.Hour, true},
		{"99999999999999999999", 0, false}, {"-1", 0, false}, {"1.5", 0, false}, {"", 0, false}, {"soon", 0, false}, {"0x10", 0, false},
		{"Thu, 09 Jul 2026 12:00:30 GMT", 30 * time.Second, true},
		{"Thursday, 09-Jul-26 12:00:30 GMT", 30 * time.Second, true},
		{"Thu Jul  9 12:00:30 2026", 30 * time.Second, true},
		{"Thu, 09 Jul 2026 11:00:00 GMT", 0, true},
		{"Thu, 09 Jul 2099 12:00:00 GMT", 24 * time.Hour, true},
		{"Thu, 99 Jul 2026 12:00:00 GMT", 0, false},
	}
	for _, test := range tests {
		if wait, ok := parseRetryAfter(test.header, now); wait != test.wait || ok != test.ok {
			t.Errorf("%q: got %v, %v; want %v, %v", test.header, wait, ok, test.wait, test.ok)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"0", "5", "-1", "Thu, 09 Jul 2026 12:00:30 GMT", "99999999999999999999", "soon", " 7", "Thu, 09 Jul 0000 12:00:30 GMT"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		wait, ok := parseRetryAfter(header, time.Date(2026, 7, 9, 12, 0, 0, 0, time.UTC))
		if wait < 0 || wait > maxRetryAfter || !ok && wait != 0 {
			t.Errorf("%q: %v, %v", header, wait, ok)
		}
	})
}

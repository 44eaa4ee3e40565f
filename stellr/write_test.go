package stellr

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func changeSeats(ctx context.Context, c *Client) error {
	_, err := c.ChangeSeats(ctx, "100001", "411833_1", SeatChange{Quantity: 5, ProductID: "10", SKUNo: "20"})
	return err
}

func TestWriteOutcomes(t *testing.T) {
	after := func(seconds string, status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", seconds)
			answerJSON(w, status, body)
		}
	}
	html := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			io.WriteString(w, "<html>"+testToken)
		}
	}
	refusal := `{"requestId":"r9","errorMessage":"No","errorDetail":"not now"}`
	done := answering(200, `{"requestId":"r","data":{"operationId":7,"status":"ACCEPTED"}}`)
	tests := []struct {
		name   string
		handle http.HandlerFunc
		code   Code // empty: success
		stage  Stage
		sent   int
	}{
		{"accepted", done, "", "", 1},
		{"done at once", answering(200, `{"data":{"status":"DONE"}}`), "", "", 1},
		{"nothing said in 200", answering(200, `{"data":{}}`), CodeBadAnswer, Unknown, 1},
		{"no content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, "", "", 1},
		{"400", answering(400, refusal), CodeRefused, Rejected, 1},
		{"403", answering(403, refusal), CodeForbidden, Rejected, 1},
		{"404", answering(404, refusal), CodeNotFound, Rejected, 1},
		{"409", answering(409, refusal), CodeRefused, Rejected, 1},
		{"422", answering(422, refusal), CodeRefused, Rejected, 1},
		{"400 in HTML", html(400), CodeBadAnswer, Unknown, 1},
		{"403 in HTML", html(403), CodeBadAnswer, Unknown, 1},
		{"404 without a body", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }, CodeBadAnswer, Unknown, 1},
		{"408", answering(408, refusal), CodeBadAnswer, Unknown, 1},
		{"500", answering(500, refusal), CodeUnavailable, Unknown, 1},
		{"501", answering(501, refusal), CodeUnavailable, Unknown, 1},
		{"502", html(502), CodeUnavailable, Unknown, 1},
		{"503 with Retry-After", after("0", 503, refusal), CodeUnavailable, Unknown, 1},
		{"504", answering(504, ``), CodeUnavailable, Unknown, 1},
		{"business failure in 200", answering(200, refusal), CodeRefused, Rejected, 1},
		{"business failure beside an operation", answering(200, `{"BizError":{"Message":"No"},"data":{"operationId":"1"}}`), CodeRefused, Unknown, 1},
		{"business failure beside a list", answering(200, `{"errorMessage":"No","data":[{"subscriptionId":"1_1"}]}`), CodeRefused, Unknown, 1},
		{"business failure beside other data", answering(200, `{"BizError":{"Message":"No"},"data":{"operationId":null,"reason":"x"}}`), CodeRefused, Rejected, 1},
		{"HTML in 200", html(200), CodeBadAnswer, Unknown, 1},
		{"nothing in 200", answering(200, ``), CodeBadAnswer, Unknown, 1},
		{"no data in 200", answering(200, `{"requestId":"r"}`), CodeBadAnswer, Unknown, 1},
		{"null data in 200", answering(200, `{"requestId":"r","data":null}`), CodeBadAnswer, Unknown, 1},
		{"text as data in 200", answering(200, `{"requestId":"r","data":"ok"}`), CodeBadAnswer, Unknown, 1},
		{"cut short", answering(200, `{"requestId":"r","data":{"operationId":`), CodeBadAnswer, Unknown, 1},
		{"307", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 307) }, CodeBadAnswer, Unknown, 1},
		{"303", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 303) }, CodeBadAnswer, Unknown, 1},
		{"401 once", inTurn(answering(401, refusal), done), "", "", 2},
		{"401 twice", answering(401, refusal), CodeUnauthorized, Rejected, 2},
		{"401, then 502", inTurn(answering(401, refusal), html(502)), CodeUnavailable, Unknown, 2},
		{"429 with seconds", inTurn(after("1", 429, refusal), done), "", "", 2},
		{"429 at once", inTurn(after("0", 429, refusal), done), "", "", 2},
		{"429 twice", after("1", 429, refusal), CodeThrottled, Rejected, 2},
		{"429 without Retry-After", answering(429, refusal), CodeThrottled, Rejected, 1},
		{"429 with garbage", after("soon", 429, refusal), CodeThrottled, Rejected, 1},
		{"429 for longer than there is", after("3600", 429, refusal), CodeThrottled, Rejected, 1},
		{"429, then 500", inTurn(after("1", 429, refusal), answering(500, refusal)), CodeUnavailable, Unknown, 2},
		{"401, then 429, then 200", inTurn(answering(401, refusal), after("1", 429, refusal), done), "", "", 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, test.handle)
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				err := changeSeats(ctx, f.client(t))
				if test.code == "" && err != nil {
					t.Fatal(err)
				}
				if test.code != "" {
					wantError(t, err, test.code, test.stage)
				}
				if sent := len(f.seen()); sent != test.sent {
					t.Errorf("%d requests were sent, want %d", sent, test.sent)
				}
				for _, request := range f.seen() {
					if !request.closes {
						t.Error("the connection was to be kept alive")
					}
					if request.header.Get("Idempotency-Key")+request.header.Get("X-Idempotency-Key") != "" {
						t.Error("a header that makes net/http repeat the request")
					}
				}
				wantNoSecrets(t, f.log.String())
			})
		})
	}
}

func TestWriteTellsStellrsWordsWithoutSecrets(t *testing.T) {
	f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
		answerJSON(w, 422, `{"requestId":"r9","ErrorMessage":"token xfer+1 of `+testSecret+` expired","ErrorDetail":"`+r.Header.Get("Authorization")+`"}`)
	})
	_, err := f.client(t).TransferSubscription(t.Context(), "1", Transfer{VendorID: "Google", TransferToken: "xfer+1", Quantity: 1})
	e := wantError(t, err, CodeRefused, Rejected)
	if e.Message != "token [redacted] of [redacted] expired" || e.Detail != "Bearer [redacted]" || e.RequestID != "r9" || e.Status != 422 {
		t.Errorf("got %q, %q, %q, %d", e.Message, e.Detail, e.RequestID, e.Status)
	}
	wantNoSecrets(t, f.log.String())
}

func TestWriteOfWhichNothingLeftIsTriedThreeTimes(t *testing.T) {
	f := newFake(t, answering(200, `{"data":{"status":"DONE"}}`))
	c := f.client(t)
	f.refuse = 2
	if err := changeSeats(t.Context(), c); err != nil {
		t.Errorf("the third try goes through: %v", err)
	}
	f.refuse = -1
	before := len(f.dials())
	wantError(t, changeSeats(t.Context(), c), CodeUnavailable, NotSent)
	if tries := len(f.dials()) - before; tries != 3 {
		t.Errorf("tried %d times, want 3", tries)
	}
}

func TestWriteToAClosedPort(t *testing.T) {
	server := httptest.NewServer(nil)
	address := server.URL
	server.Close()
	f := newFake(t, nil)
	c := f.client(t, func(cfg *Config) {
		cfg.BaseURL = address
		cfg.Dial = func(ctx context.Context, network, at string) (net.Conn, error) {
			if at == "stellr.test:80" {
				return f.dial(ctx, network, at)
			}
			return new(net.Dialer).DialContext(ctx, network, at)
		}
	})
	e := wantError(t, changeSeats(t.Context(), c), CodeUnavailable, NotSent)
	if !errors.Is(e, errRefused) || errors.Is(e, syscall.ECONNREFUSED) {
		t.Errorf("the cause is %v", e.Unwrap())
	}
}

// A connection that is closed after the request was read is what makes generic clients buy twice.
func TestWriteIsNotRepeatedWhenTheConnectionDies(t *testing.T) {
	for _, reset := range []bool{false, true} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		var requests atomic.Int32
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				go func() {
					defer conn.Close()
					if request, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
						io.ReadAll(request.Body)
						requests.Add(1)
					}
					if reset {
						conn.(*net.TCPConn).SetLinger(0)
					}
				}()
			}
		}()
		f := newFake(t, nil)
		c := f.client(t, func(cfg *Config) {
			cfg.BaseURL = "http://" + listener.Addr().String()
			cfg.Dial = func(ctx context.Context, network, at string) (net.Conn, error) {
				if at == "stellr.test:80" {
					return f.dial(ctx, network, at)
				}
				return new(net.Dialer).DialContext(ctx, network, at)
			}
		})
		wantError(t, changeSeats(t.Context(), c), CodeUnavailable, Unknown)
		if requests.Load() != 1 {
			t.Errorf("reset %v: %d requests arrived, want 1", reset, requests.Load())
		}
	}
}

func TestWriteUnderTime(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	t.Run("no answer in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, hang)
			start := time.Now()
			wantError(t, changeSeats(t.Context(), f.client(t)), CodeTimeout, Unknown)
			if took := time.Since(start); took != 30*time.Second || len(f.seen()) != 1 {
				t.Errorf("took %v and %d requests, want 30s and 1", took, len(f.seen()))
			}
		})
	})
	t.Run("the caller's deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, hang)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			e := wantError(t, changeSeats(ctx, f.client(t)), CodeTimeout, Unknown)
			if !errors.Is(e, context.DeadlineExceeded) {
				t.Error("it is not a DeadlineExceeded")
			}
		})
	})
	t.Run("the caller gives up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, hang)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			wantError(t, changeSeats(ctx, f.client(t)), CodeCanceled, Unknown)
		})
	})
	t.Run("the caller gave up before", func(t *testing.T) {
		f := newFake(t, hang)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		wantError(t, changeSeats(ctx, f.client(t)), CodeCanceled, NotSent)
		if len(f.seen()) != 0 {
			t.Error("it was sent")
		}
	})
	t.Run("no connection in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t, nil)
			c := f.client(t, func(cfg *Config) {
				cfg.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
					if f.tokenRequests() == 0 {
						return f.dial(ctx, network, address)
					}
					<-ctx.Done()
					return nil, ctx.Err()
				}
			})
			start := time.Now()
			wantError(t, changeSeats(t.Context(), c), CodeTimeout, NotSent)
			if took := time.Since(start); took != 3*2*time.Second {
				t.Errorf("took %v, want three times two seconds", took)
			}
		})
	})
}

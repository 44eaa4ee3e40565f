package stellr

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneTokenForAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, answering(200, oneCustomer))
		release := make(chan struct{})
		f.token = func(w http.ResponseWriter, r *http.Request) {
			<-release
			answerJSON(w, 200, `{"access_token":"`+testToken+`","expires_in":7200}`)
		}
		c := f.client(t, func(cfg *Config) { cfg.Concurrency = 200 })
		gone, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				_, err := c.Customer(gone, "100001")
				wantError(t, err, CodeCanceled, NotSent)
			})
		}
		synctest.Wait() // one of those who will give up has begun the request
		for range 90 {
			all.Go(func() {
				if _, err := c.Customer(t.Context(), "100001"); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		leave() // they do not fail the others
		synctest.Wait()
		close(release)
		all.Wait()
		if f.tokenRequests() != 1 || len(f.seen()) != 90 {
			t.Errorf("%d token requests and %d others, want 1 and 90", f.tokenRequests(), len(f.seen()))
		}
	})
}

func TestTokenRequest(t *testing.T) {
	f := newFake(t, answering(200, oneCustomer))
	f.token = func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm(); r.PostForm.Get("grant_type") != "client_credentials" || r.PostForm.Get("client_id") != "client" || r.PostForm.Get("client_secret") != testSecret {
			t.Errorf("the form is %v", r.PostForm)
		}
		if r.Header.Get("Authorization") != "" || r.Method != "POST" {
			t.Error("credentials belong into the form only")
		}
		answerJSON(w, 200, `{"access_token":"`+testToken+`","expires_in":"7200"}`)
	}
	if _, err := f.client(t).Customer(t.Context(), "100001"); err != nil {
		t.Fatal(err)
	}
	if got := f.seen()[0].authorization; got != "Bearer "+testToken {
		t.Errorf("Authorization is %q", got)
	}
}

func TestTokenLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, answering(200, oneCustomer))
		c := f.client(t)
		begun := time.Now()
		read := func() string {
			t.Helper()
			if _, err := c.Customer(t.Context(), "100001"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // for a renewal in the background
			return f.seen()[len(f.seen())-1].authorization
		}
		want := func(authorization, token string, requests int) {
			t.Helper()
			if authorization != "Bearer "+testToken+"-"+token || f.tokenRequests() != requests {
				t.Errorf("sent %q after %d token requests, want token %s after %d", authorization, f.tokenRequests(), token, requests)
			}
		}
		if c.Authenticated() || !c.TokenExpiresAt().IsZero() {
			t.Error("there is no token yet")
		}
		want(read(), "1", 1)
		if !c.Authenticated() || !c.TokenExpiresAt().Equal(begun.Add(2*time.Hour)) {
			t.Errorf("expires at %v", c.TokenExpiresAt())
		}
		time.Sleep(95 * time.Minute)
		want(read(), "1", 1)
		time.Sleep(2 * time.Minute) // past 80 %: the old one is used while the new one comes
		want(read(), "1", 2)
		want(read(), "2", 2)
		time.Sleep(3 * time.Hour) // expired: everybody waits for a new one
		if c.Authenticated() {
			t.Error("an expired token is none")
		}
		want(read(), "3", 3)
	})
}

func TestRenewalThatFailsLeavesTheOldToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, answering(200, oneCustomer))
		c := f.client(t)
		read := func() error { _, err := c.Customer(t.Context(), "100001"); synctest.Wait(); return err }
		if err := read(); err != nil {
			t.Fatal(err)
		}
		f.token = answering(401, `{"error":"invalid_client","error_description":"`+testSecret+`"}`)
		time.Sleep(100 * time.Minute)
		for range 5 {
			if err := read(); err != nil {
				t.Errorf("the old token still works: %v", err)
			}
		}
		if f.tokenRequests() != 2 {
			t.Errorf("%d token requests, want 2: a failed renewal is not tried again at once", f.tokenRequests())
		}
		time.Sleep(time.Hour)
		wantError(t, read(), CodeToken, NotSent)
	})
}

func TestTokenEndpointInTrouble(t *testing.T) {
	html := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>"+testSecret)
	}
	tests := []struct {
		name      string
		token     http.HandlerFunc
		status    int
		tries     int
		temporary bool
		finding   Finding
	}{
		{"wrong credentials", answering(401, `{"error":"invalid_client","error_description":"`+testSecret+`"}`), 401, 1, false, FindingCredentials},
		{"wrong credentials as 400", answering(400, `{"error":"invalid_client"}`), 400, 1, false, FindingCredentials},
		{"forbidden", answering(403, `<html>`), 403, 1, false, FindingCredentials},
		{"wrong path", answering(404, `{}`), 404, 1, false, FindingTokenSource},
		{"error in 200", answering(200, `{"error":"`+testSecret+`"}`), 200, 1, false, FindingCredentials},
		{"500", answering(500, testSecret), 500, 3, true, FindingTokenSource},
		{"429", answering(429, `{}`), 429, 3, true, FindingTokenSource},
		{"HTML", html, 0, 3, true, FindingTokenSource},
		{"not JSON", answering(200, testSecret), 0, 3, true, FindingTokenSource},
		{"no token", answering(200, `{"expires_in":7200}`), 0, 3, true, FindingTokenSource},
		{"a token that is none", answering(200, `{"access_token":"two words"}`), 200, 3, true, FindingTokenSource},
		{"too large", answering(200, `{"access_token":"`+strings.Repeat("x", maxToken)+`"}`), 0, 3, true, FindingTokenSource},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 307) }, 307, 1, false, FindingTokenSource},
		{"hung up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, 3, true, FindingTokenSource},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0, 3, true, FindingTokenSource},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, answering(200, oneCustomer))
				f.token = test.token
				c := f.client(t)
				start := time.Now()
				_, err := c.Customer(t.Context(), "100001")
				e := wantError(t, err, CodeToken, NotSent)
				if e.Status != test.status || e.Temporary() != test.temporary || e.Action != ActionGetCustomer || f.tokenRequests() != test.tries {
					t.Errorf("status %d, temporary %v, action %s after %d tries", e.Status, e.Temporary(), e.Action, f.tokenRequests())
				}
				if took := time.Since(start); test.name == "hangs" && took != 15*time.Second || took > 15*time.Second {
					t.Errorf("took %v", took)
				}
				wantError(t, changeSeats(t.Context(), c), CodeToken, NotSent)
				time.Sleep(time.Minute)
				found, ok := errors.AsType[*CheckError](c.Check(t.Context()))
				if !ok || found.Finding != test.finding {
					t.Errorf("the check finds %v", found)
				}
				wantNoSecrets(t, f.log.String()+printed(found))
				if len(f.seen()) != 0 {
					t.Error("a request went out without a token")
				}
			})
		})
	}
}

func TestRefusedCredentialsAreNotTriedOverAndOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, answering(200, oneCustomer))
		f.token = answering(401, `{"error":"invalid_client"}`)
		c := f.client(t)
		for range 20 {
			_, err := c.Customer(t.Context(), "100001")
			wantError(t, err, CodeToken, NotSent)
		}
		if f.tokenRequests() != 1 {
			t.Errorf("%d token requests, want 1", f.tokenRequests())
		}
		f.token = nil
		time.Sleep(refusedPause + 1)
		if _, err := c.Customer(t.Context(), "100001"); err != nil {
			t.Error(err)
		}
	})
}

// A token that ends in mid-life costs one new token, however many callers meet the 401.
func TestRevokedTokenIsReplacedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second) // all are under way with the old token
			if r.Header.Get("Authorization") == "Bearer "+testToken+"-1" {
				answerJSON(w, 401, `{"errorMessage":"expired"}`)
				return
			}
			answerJSON(w, 200, oneCustomer)
		})
		c := f.client(t, func(cfg *Config) { cfg.Concurrency = 50 })
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if _, err := c.Customer(t.Context(), "100001"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if f.tokenRequests() != 2 || len(f.seen()) != 100 {
			t.Errorf("%d token requests and %d others, want 2 and 100", f.tokenRequests(), len(f.seen()))
		}
	})
}

// An endpoint that answers 401 whatever the token does not make every call fetch one.
func TestUnhelpfulTokensAreNotFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, answering(401, `{"errorMessage":"no"}`))
		c := f.client(t)
		for range 10 {
			_, err := c.Customer(t.Context(), "100001")
			wantError(t, err, CodeUnauthorized, Rejected)
		}
		if f.tokenRequests() != 2 {
			t.Errorf("%d token requests, want 2", f.tokenRequests())
		}
	})
}

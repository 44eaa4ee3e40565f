package stellr

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

func TestCheck(t *testing.T) {
	html := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<html>"+testSecret)
	}
	tests := []struct {
		name    string
		handle  http.HandlerFunc
		finding Finding // empty: all is well
		words   string
	}{
		{"all is well", answering(200, `{"data":{"total":1,"records":[{"customerNo":1}]}}`), "", ""},
		{"nobody", answering(200, `{"data":{"total":0,"records":[]}}`), FindingEmpty, "wrong reseller account see 0 records and no error"},
		{"without numbers", answering(200, `{"data":{"total":1,"records":[{"id":1}]}}`), FindingAnswer, "base URL"},
		{"401", answering(401, `{"requestId":"r4","errorMessage":"`+testSecret+`"}`), FindingCredentials, "up to ten minutes"},
		{"403", answering(403, `{"requestId":"r4","errorMessage":"`+testSecret+`"}`), FindingPermission, "developer portal: tick this one, and all others that you need. Stellr's request number is r4."},
		{"404", answering(404, `{}`), FindingAnswer, "region and the base URL"},
		{"400", answering(400, `{}`), FindingAnswer, "region and the base URL"},
		{"a web page", html, FindingAnswer, "does not answer like Stellr (status 200)"},
		{"429", answering(429, `{}`), FindingUpstream, "throttling"},
		{"502", answering(502, `<html>`), FindingUpstream, "answers with status 502"},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, FindingUpstream, "in time"},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, FindingUpstream, "closed before the answer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(t, test.handle)
				err := f.client(t).Check(t.Context())
				found, _ := errors.AsType[*CheckError](err)
				if test.finding == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if found == nil || found.Finding != test.finding || !strings.Contains(found.Words, test.words) {
					t.Fatalf("got %v, want %q with %q", err, test.finding, test.words)
				}
				wantNoSecrets(t, printed(err)+f.log.String())
			})
		})
	}
	f := newFake(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if found, _ := errors.AsType[*CheckError](f.client(t).Check(ctx)); found == nil || found.Finding != FindingGaveUp {
		t.Errorf("got %v", found)
	}
}

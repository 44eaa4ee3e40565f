package transport

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// listen opens an event stream and returns its lines.
func listen(t *testing.T, ctx context.Context, url, query string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, "POST", url, strings.NewReader(`{"query":"`+query+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", jsonType)
	request.Header.Set("Accept", mediaStream)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response, bufio.NewScanner(response.Body)
}

// wantLines reads lines, and skips empty ones and signs of life.
func wantLines(t *testing.T, lines *bufio.Scanner, want ...string) {
	t.Helper()
	for _, line := range want {
		for lines.Scan() && (lines.Text() == "" || lines.Text() == ":") {
		}
		if lines.Text() != line {
			t.Fatalf("%q came where %q should: %v", lines.Text(), line, lines.Err())
		}
	}
}

func wantEnd(t *testing.T, lines *bufio.Scanner) {
	t.Helper()
	for lines.Scan() {
		if lines.Text() != "" && lines.Text() != ":" {
			t.Fatalf("%q came after the end", lines.Text())
		}
	}
}

func TestStreamOfASubscription(t *testing.T) {
	f := newFake()
	server := serve(t, f.options())
	response, lines := listen(t, t.Context(), server.URL, "subscription{tick}")
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
		t.Fatal(response.StatusCode, response.Header)
	}
	for _, text := range []string{"a", "b"} {
		f.next <- text
		wantLines(t, lines, "event: next", `data: {"data":{"tick":"`+text+`"}}`)
	}
	close(f.next)
	wantLines(t, lines, "event: complete", "data: ")
	wantEnd(t, lines)
}

func TestStreamOfOneAnswer(t *testing.T) {
	server := serve(t, newFake().options())
	for query, data := range map[string]string{
		"{name}":               `{"data":{"name":"test"}}`,
		"mutation{change}":     `{"data":{"change":"test"}}`,
		"{lines}":              `{"data":{"lines": "a"  }}`,
		"{fails}":              `{"errors":[{"message":"failed on purpose"}],"data":{"fails":null}}`,
		"{breaks}":             `{"errors":[{"message":"broken"}]}`,
		"{":                    `{"errors":[{"message":"Expected Name, found <EOF>","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`,
		"query($v:Int!){name}": "",
	} {
		_, lines := listen(t, t.Context(), server.URL, query)
		if data != "" {
			wantLines(t, lines, "event: next", "data: "+data, "event: complete", "data: ")
			wantEnd(t, lines)
		}
	}
}

func TestStreamSaysThatItLives(t *testing.T) {
	f := newFake()
	o := f.options()
	o.Ping = time.Millisecond
	server := serve(t, o)
	ctx, leave := context.WithCancel(t.Context())
	_, lines := listen(t, ctx, server.URL, "subscription{tick}")
	for range 10 {
		if !lines.Scan() || lines.Text() != ":" && lines.Text() != "" {
			t.Fatalf("%q: %v", lines.Text(), lines.Err())
		}
	}
	leave()
	<-f.ended
}

func TestStreamEndsWithItsCaller(t *testing.T) {
	f := newFake()
	server := serve(t, f.options())
	ctx, leave := context.WithCancel(t.Context())
	_, lines := listen(t, ctx, server.URL, "subscription{tick}")
	f.next <- "a"
	wantLines(t, lines, "event: next", `data: {"data":{"tick":"a"}}`)
	leave()
	<-f.ended
}

func TestStreamEndsWithTheServerButIsNotComplete(t *testing.T) {
	f := newFake()
	o, stopping := f.options(), make(chan struct{})
	o.Stopping = stopping
	server := serve(t, o)
	_, lines := listen(t, t.Context(), server.URL, "subscription{tick}")
	close(stopping)
	wantEnd(t, lines)
	<-f.ended
}

func TestStreamEndsWithTheCallersTime(t *testing.T) {
	f := newFake()
	o := f.options()
	o.Authenticate = func(ctx context.Context, _ string) (context.Context, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		t.Cleanup(cancel)
		return ctx, nil
	}
	server := serve(t, o)
	_, lines := listen(t, t.Context(), server.URL, "subscription{tick}")
	wantEnd(t, lines)
	<-f.ended
}

func TestStreamThatBreaks(t *testing.T) {
	f := newFake()
	server := serve(t, f.options())
	_, lines := listen(t, t.Context(), server.URL, "subscription{breaks}")
	f.next <- "a"
	wantLines(t, lines, "event: next", `data: {"errors":[{"message":"broken"}]}`, "event: complete", "data: ")
}

func TestStreamsForOneCallerAreCounted(t *testing.T) {
	f := newFake()
	o := f.options() // 2 sockets of 3 operations: 6 streams
	server := serve(t, o)
	ctx, leave := context.WithCancel(t.Context())
	for range 6 {
		if response, _ := listen(t, ctx, server.URL, "subscription{tick}"); response.StatusCode != 200 {
			t.Fatal(response.StatusCode)
		}
	}
	if response, _ := listen(t, ctx, server.URL, "subscription{tick}"); response.StatusCode != 429 {
		t.Fatal(response.StatusCode)
	}
	leave()
	for range 6 {
		<-f.ended
	}
}

// deaf is a writer whose caller has gone.
type deaf struct{ http.ResponseWriter }

func (deaf) Write([]byte) (int, error) { return 0, errors.New("gone") }
func (deaf) WriteHeader(int)           {}
func (deaf) Header() http.Header       { return http.Header{} }

func TestStreamToNobodyEnds(t *testing.T) {
	f := newFake()
	request, err := http.NewRequest("POST", "/", strings.NewReader(`{"query":"subscription{tick}"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", jsonType)
	request.Header.Set("Accept", mediaStream)
	go func() { f.next <- "a" }()
	New(f.options()).ServeHTTP(deaf{}, request)
}

package transport

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"id":"1","type":"subscribe","payload":{"query":"{name}"}}`))
	f.Add([]byte(`{"type":"connection_init","payload":{"Authorization":"Bearer x"}}`))
	f.Add([]byte(`{"type":"ping","payload":null,"type":"pong"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := readMessage(data)
		if err != nil {
			return
		}
		if !json.Valid(data) || len(m.ID) > maxID || m.Payload != nil && m.Payload[0] != '{' {
			t.Fatalf("%q became %+v", data, m)
		}
		authorizationOf(m.Payload, nil)
	})
}

func FuzzPost(f *testing.F) {
	for _, body := range badBodies {
		f.Add(body)
	}
	f.Add(`{"query":"query A($v:Int){name @skip(if:false)}","variables":{"v":1},"operationName":"A","extensions":{}}`)
	f.Add(`{"query":"{breaks}"}`)
	f.Add(`{"documentId":"sha256:00","extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}`)
	handler := New(newFake().options())
	f.Fuzz(func(t *testing.T, body string) {
		request, err := http.NewRequest("POST", "/", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", jsonType)
		request.Header.Set("Accept", mediaResponse)
		answer := newRecorder()
		handler.ServeHTTP(answer, request)
		var parsed struct{ Data, Errors json.RawMessage }
		if err := json.Unmarshal(answer.body, &parsed); err != nil || parsed.Data == nil && parsed.Errors == nil {
			t.Fatalf("%q was answered with %q", body, answer.body)
		}
		if (answer.status == 200) != (parsed.Data != nil) {
			t.Fatalf("%q was answered with status %d: %q", body, answer.status, answer.body)
		}
	})
}

func FuzzGet(f *testing.F) {
	f.Add("query=query+A($v:Int)%7Bname%7D&operationName=A&variables=%7B%22v%22:1%7D")
	f.Add("documentId=a&extensions=%7B%22persistedQuery%22:%7B%7D%7D")
	f.Add("query=%ff&query=;&variables=[")
	handler := New(newFake().options())
	f.Fuzz(func(t *testing.T, query string) {
		request := &http.Request{Method: "GET", URL: &url.URL{Path: "/", RawQuery: query}, Header: http.Header{"Accept": {mediaResponse}}}
		answer := newRecorder()
		handler.ServeHTTP(answer, request)
		var parsed struct{ Data, Errors json.RawMessage }
		if err := json.Unmarshal(answer.body, &parsed); err != nil || (answer.status == 200) != (parsed.Data != nil) || parsed.Data == nil && parsed.Errors == nil {
			t.Fatalf("%q was answered with %d %q", query, answer.status, answer.body)
		}
	})
}

// FuzzMeasure holds what is counted without reading against what is read.
func FuzzMeasure(f *testing.F) {
	f.Add([]byte(`{"a":[1,"x,[\"{",{"b":{}}],"c":null}`))
	f.Add([]byte(`"\\\\","`))
	f.Add([]byte(`[[[],[]],"\u005b"]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		values, deepest := measure(text)
		var read any
		if json.Unmarshal(text, &read) != nil {
			return
		}
		n, deep := 0, 0
		var count func(v any, depth int)
		count = func(v any, depth int) {
			n++
			deep = max(deep, depth)
			switch v := v.(type) {
			case []any:
				deep = max(deep, depth+1)
				for _, item := range v {
					count(item, depth+1)
				}
			case map[string]any: // a key that stands twice is there once
				deep = max(deep, depth+1)
				for _, item := range v {
					count(item, depth+1)
				}
			}
		}
		if count(read, 0); n > values || deep > deepest {
			t.Fatalf("%s: %d values, %d deep, where %d and %d were counted", text, n, deep, values, deepest)
		}
	})
}

// recorder keeps one answer.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func newRecorder() *recorder { return &recorder{header: http.Header{}} }

func (r *recorder) Header() http.Header    { return r.header }
func (r *recorder) WriteHeader(status int) { r.status = status }
func (r *recorder) Write(p []byte) (int, error) {
	r.body = append(r.body, p...)
	return len(p), nil
}

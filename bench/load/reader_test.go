package load

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReader(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	for name, c := range map[string]struct {
		sent, body string
		status     int
		err        error
	}{
		"length":              {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "{}", 200, nil},
		"names in any case":   {"HTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\n{}", "{}", 200, nil},
		"no body":             {"HTTP/1.1 204 No Content\r\n\r\n", "", 204, nil},
		"chunks":              {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;a=b\r\n}\r\n0\r\n\r\n", "{}", 200, nil},
		"trailers":            {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nA: b\r\n\r\n", "{}", 200, nil},
		"longer than buffers": {"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + long, long, 200, nil},
		"a long chunk":        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n" + long + "\r\n0\r\n\r\n", long, 200, nil},
		"cut short":           {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", "", 0, io.ErrUnexpectedEOF},
		"cut in the head":     {"HTTP/1.1 200 OK\r\nContent-", "", 0, io.ErrUnexpectedEOF},
		"nothing":             {"", "", 0, io.EOF},
		"no end":              {"HTTP/1.1 200 OK\r\n\r\n{}", "", 0, errLength},
		"a negative length":   {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "", 0, errHead},
		"a chunk of nonsense": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "", 0, errChunk},
		"a chunk too long":    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", "", 0, errChunk},
		"another protocol":    {"SSH-2.0-OpenSSH\r\n\r\n", "", 0, errHead},
	} {
		status, body, err := NewReader(strings.NewReader(c.sent)).Next()
		if !errors.Is(err, c.err) || err == nil && (status != c.status || string(body) != c.body) {
			t.Errorf("%s: status %d, %d bytes, %v; expected %d, %d bytes, %v", name, status, len(body), err, c.status, len(c.body), c.err)
		}
	}
}

// What one answer leaves behind must not reach the next.
func TestReaderOfSeveral(t *testing.T) {
	sent := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n" +
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo" + "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"
	for name, from := range map[string]io.Reader{"at once": strings.NewReader(sent), "byte by byte": iotest.OneByteReader(strings.NewReader(sent))} {
		r := NewReader(from)
		for i, expected := range []string{"one", "two", ""} {
			if _, body, err := r.Next(); err != nil || string(body) != expected {
				t.Errorf("%s: answer %d is %q, %v", name, i+1, body, err)
			}
		}
		if _, _, err := r.Next(); err != io.EOF {
			t.Errorf("%s: the end is %v", name, err)
		}
	}
}

// However the bytes arrive, it reads the same; and what net/http can read as well, it reads as net/http does.
func FuzzReader(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		status, body, err := NewReader(bytes.NewReader(sent)).Next()
		status2, body2, err2 := NewReader(iotest.OneByteReader(bytes.NewReader(sent))).Next()
		if status != status2 || !bytes.Equal(body, body2) || (err == nil) != (err2 == nil) {
			t.Fatalf("at once: %d, %q, %v; byte by byte: %d, %q, %v", status, body, err, status2, body2, err2)
		}
		if err != nil {
			return
		}
		if len(body) > len(sent) {
			t.Fatalf("%d bytes of body from %d bytes", len(body), len(sent))
		}
		theirs, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(sent)), nil)
		if err != nil {
			return // net/http is stricter
		}
		if theirs.StatusCode != status {
			t.Fatalf("status %d; net/http reads %d", status, theirs.StatusCode)
		}
	})
}

func TestAsk(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/errors":
			io.WriteString(w, `{"data":null,"errors":[{"message":"no"}]}`)
		case "/down":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			body, _ := io.ReadAll(r.Body)
			w.Write(body)
		}
	}))
	defer server.Close()
	host := server.Listener.Addr().String()
	c, err := Dial(t.Context(), host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if body, err := c.Ask(Post(host, "/", []byte(`{"a":1}`))); err != nil || string(body) != `{"a":1}` {
		t.Errorf("answered %q, %v", body, err)
	}
	for path, status := range map[string]int{"/errors": 200, "/down": 503} {
		_, err := c.Ask(Get(host, path))
		if failure, ok := errors.AsType[*Failure](err); !ok || failure.Status != status {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := c.Ask(Post(host, "/", []byte(`{}`))); err != nil {
		t.Errorf("after failures: %v", err)
	}
}

package stellr

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const oneVendor = `{"requestId":"r","data":{"total":1,"records":[{"vendorId":"7","vendorName":"M"}]}}`

func headed(body string, headers ...string) string {
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", len(body))
	for _, header := range headers {
		head += header + "\r\n"
	}
	return head + "\r\n" + body
}

// scripted answers the requests on each of its connections with the texts of that connection, byte by byte as they stand,
// and closes it after the last.
type scripted struct {
	connections [][]string

	mu    sync.Mutex
	opens int
	heads []string
}

func (s *scripted) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opens >= len(s.connections) {
		return nil, errors.New("nobody is there")
	}
	answers := s.connections[s.opens]
	s.opens++
	go s.serve(far, answers)
	return near, nil
}

func (s *scripted) serve(conn net.Conn, answers []string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for _, answer := range answers {
		var head bytes.Buffer
		for !strings.HasSuffix(head.String(), "\r\n\r\n") {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			head.WriteString(line)
		}
		s.mu.Lock()
		s.heads = append(s.heads, head.String())
		s.mu.Unlock()
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

func (s *scripted) client(t *testing.T) *Client {
	t.Helper()
	c, err := New(Config{
		ClientID: "client", ClientSecret: testSecret, BaseURL: "http://stellr.test/base", TokenURL: "http://stellr.test/token", PlainHTTP: true,
		Dial: s.dial, ReadAttempts: 1, ReadTimeout: time.Hour, Rand: func(time.Duration) time.Duration { return 0 },
	})
	if err != nil {
		t.Fatal(err)
	}
	c.tokens.fetch = func(context.Context) (string, time.Duration, error) { return testToken, time.Hour, nil }
	return c
}

func (s *scripted) seen() (opens int, heads []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opens, s.heads
}

// What is sent is a plain request of HTTP/1.1, and the second goes over the same connection.
func TestReadsShareAConnection(t *testing.T) {
	s := &scripted{connections: [][]string{{headed(oneVendor), headed(oneVendor)}}}
	c := s.client(t)
	for range 2 {
		if page, err := c.Vendors().Page(t.Context(), 1); err != nil || len(page.Items) != 1 {
			t.Fatal(page, err)
		}
	}
	opens, heads := s.seen()
	want := "GET /base" + c.endpoints[ActionListVendors].Path + "?pageNo=1&pageSize=200 HTTP/1.1\r\nHost: stellr.test\r\nUser-Agent: stellr-gateway\r\n" +
		"Accept: application/json\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer " + testToken + "\r\n\r\n"
	if opens != 1 || len(heads) != 2 || heads[0] != want || heads[1] != want {
		t.Errorf("%d connections, %q", opens, heads)
	}
}

// Connections that cannot be used again are not: the next request gets a new one, and its own answer.
func TestConnectionsThatAreNotKept(t *testing.T) {
	long := strings.Repeat("x", maxHeader)
	for name, test := range map[string]struct {
		first  string
		failed bool
		stays  bool // the other side would answer once more, wrongly
	}{
		"the other side closes it":               {headed(oneVendor, "Connection: close"), false, true},
		"the other side closed it unsaid":        {headed(oneVendor), false, false},
		"an older protocol":                      {strings.Replace(headed(oneVendor), "HTTP/1.1", "HTTP/1.0", 1), false, true},
		"more came than was asked for":           {headed(oneVendor) + headed(`{"data":{"records":[]}}`), false, true},
		"until it is closed":                     {"HTTP/1.1 200 OK\r\n\r\n" + oneVendor, false, false},
		"an answer that is cut short":            {headed(oneVendor)[:len(headed(oneVendor))-5], true, false},
		"a head that is cut short":               {"HTTP/1.1 200 OK\r\nContent-Ty", true, false},
		"a head that is too long":                {headed(oneVendor, "X: "+long), true, true},
		"no HTTP":                                {"220 mail.example.com ESMTP\r\n\r\n", true, true},
		"informational answers without end":      {strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 20), true, true},
		"two lengths":                            {headed(oneVendor, "Content-Length: 3"), true, true},
		"a protocol that nobody asked for":       {"HTTP/1.1 101 Switching Protocols\r\n\r\n", true, true},
		"a part that has no number for its size": {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			first := []string{test.first}
			if test.stays {
				first = append(first, headed(`{"data":{"total":0,"records":[]}}`))
			}
			s := &scripted{connections: [][]string{first, {headed(oneVendor)}}}
			c := s.client(t)
			page, err := c.Vendors().Page(t.Context(), 1)
			if test.failed != (err != nil) || err == nil && len(page.Items) != 1 {
				t.Fatalf("%v %v", page, err)
			}
			if err != nil && StageOf(err) != Unknown {
				t.Errorf("it was sent: %v", err)
			}
			if page, err := c.Vendors().Page(t.Context(), 1); err != nil || len(page.Items) != 1 {
				t.Fatalf("the next: %v %v", page, err)
			}
			if opens, _ := s.seen(); opens != 2 {
				t.Errorf("%d connections", opens)
			}
		})
	}
}

// Answers in several forms are read, and leave the connection as it was.
func TestConnectionsThatAreKept(t *testing.T) {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	io.WriteString(zip, oneVendor)
	zip.Close()
	chunks := fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", oneVendor[:5], len(oneVendor)-5, oneVendor[5:])
	for name, first := range map[string]string{
		"whole":              headed(oneVendor),
		"in chunks":          chunks,
		"packed":             headed(packed.String(), "Content-Encoding: gzip"),
		"packed, in chunks":  fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", packed.Len(), packed.String()),
		"after early hints":  "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n" + headed(oneVendor),
		"a refusal":          "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n" + `{"errorMessage":"n"}`,
		"nothing to be told": "HTTP/1.1 204 No Content\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := &scripted{connections: [][]string{{first, headed(oneVendor)}}}
			c := s.client(t)
			if _, err := c.Vendors().Page(t.Context(), 1); err != nil && StageOf(err) != Rejected {
				t.Fatal(err)
			}
			if page, err := c.Vendors().Page(t.Context(), 1); err != nil || len(page.Items) != 1 {
				t.Fatalf("the next: %v %v", page, err)
			}
			if opens, _ := s.seen(); opens != 1 {
				t.Errorf("%d connections", opens)
			}
		})
	}
}

// What calls itself gzip and is none is an answer that cannot be read.
func TestAnswersThatAreNotPacked(t *testing.T) {
	s := &scripted{connections: [][]string{{headed(oneVendor, "Content-Encoding: gzip")}}}
	if page, err := s.client(t).Vendors().Page(t.Context(), 1); codeOf(err) != CodeBadAnswer {
		t.Fatalf("%v %v", page, err)
	}
}

// A caller who gives up while an answer is awaited does not wait, and nobody gets the connection after that.
func TestConnectionOfACallerWhoGaveUp(t *testing.T) {
	s := &scripted{connections: [][]string{{headed(oneVendor), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "for nobody"}, {headed(oneVendor)}}}
	c := s.client(t)
	if _, err := c.Vendors().Page(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := c.Vendors().Page(ctx, 1); codeOf(err) != CodeCanceled {
		t.Fatal(err)
	}
	if page, err := c.Vendors().Page(t.Context(), 1); err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	if opens, _ := s.seen(); opens != 2 {
		t.Errorf("%d connections", opens)
	}
}

// An answer that was not read to its end, or whose caller gave up, leaves no connection.
func TestConnectionsOfHalfReadAnswers(t *testing.T) {
	for name, test := range map[string]struct{ read, giveUp, kept bool }{
		"read": {true, false, true}, "not read": {false, false, false}, "read by a caller who gave up": {true, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := &scripted{connections: [][]string{{headed(strings.Repeat(" ", 2*readBuffer)), "for nobody"}}}
			c := &connections{keep: 1, head: " HTTP/1.1\r\nX: ", open: func(ctx context.Context) (net.Conn, error) { return s.dial(ctx, "", "") }}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			response, _, err := c.send(ctx, &call{path: "/"}, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if test.read {
				io.Copy(io.Discard, response.Body)
			}
			if test.giveUp {
				cancel()
			}
			response.Body.Close()
			response.Body.Close() // which does nothing
			if one := c.take(); (one != nil) != test.kept || c.take() != nil {
				t.Errorf("kept: %v", one != nil)
			}
		})
	}
}

// A request has its whole time whenever the one before it on the connection began, and a sixteenth more at most.
func TestTimeOnAKeptConnection(t *testing.T) {
	const limit = 16 * time.Minute // of ReadTimeout
	for _, pauses := range [][]time.Duration{{0}, {time.Second}, {limit / 2}, {0, 50 * time.Second}, {30 * time.Second, 59 * time.Second}, {time.Second, time.Minute, 2 * time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			var answers []string
			for range pauses {
				answers = append(answers, headed(oneVendor))
			}
			s := &scripted{connections: [][]string{append(answers, "HTTP/1.1 200 O", "what nobody asks for")}}
			c := s.client(t)
			c.cfg.ReadTimeout = limit
			c.read = c.readChain()
			for _, pause := range pauses {
				if _, err := c.Vendors().Page(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				time.Sleep(min(pause, idleTimeout-time.Second))
			}
			begun := time.Now()
			_, err := c.Vendors().Page(t.Context(), 1)
			wantError(t, err, CodeTimeout, Unknown)
			if took := time.Since(begun); took < limit || took > limit+limit/16 {
				t.Errorf("%v: took %v", pauses, took)
			}
			if opens, _ := s.seen(); opens != 1 {
				t.Errorf("%v: %d connections", pauses, opens)
			}
		})
	}
}

// Connections that nobody uses are closed after a while; no more are kept than there may be requests at once.
func TestIdleConnectionsAreClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := &connections{keep: 2}
		var ends []net.Conn
		for range 3 {
			near, far := net.Pipe()
			ends = append(ends, far)
			kept.put(&connection{Conn: near})
			time.Sleep(time.Second)
		}
		isClosed := func(end net.Conn) bool {
			end.SetReadDeadline(time.Now().Add(time.Millisecond))
			_, err := end.Read(make([]byte, 1))
			return err == io.EOF
		}
		if isClosed(ends[0]) || isClosed(ends[1]) || !isClosed(ends[2]) {
			t.Fatal("not the two that were kept first")
		}
		time.Sleep(idleTimeout - 2500*time.Millisecond)
		if !isClosed(ends[0]) || isClosed(ends[1]) {
			t.Fatal("not the one that is too old")
		}
		if one := kept.take(); one == nil || kept.take() != nil {
			t.Fatal("not one is left")
		}
		time.Sleep(2 * idleTimeout)
		if isClosed(ends[1]) {
			t.Fatal("one that is in use was closed")
		}
		ends[1].Close()
	})
}

// What comes over a connection while nobody asks is never taken for an answer: such a connection is closed.
func TestNobodyAskedForIt(t *testing.T) {
	for name, unasked := range map[string]string{
		"another answer": headed(`{"data":{"total":1,"records":[{"vendorId":"8","vendorName":"of somebody else"}]}}`),
		"a farewell":     "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
		"its end":        "",
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			c := (&scripted{}).client(t)
			c.cfg.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
			}
			c.read = c.readChain()
			answered, told := make(chan struct{}), make(chan struct{})
			s := &scripted{}
			go func() {
				first, err := listener.Accept()
				if err != nil {
					return
				}
				io.WriteString(first, headed(oneVendor)) // before it is asked, which is read below
				<-answered
				io.WriteString(first, unasked)
				first.(*net.TCPConn).CloseWrite()
				close(told)
				second, err := listener.Accept()
				if err != nil {
					return
				}
				s.serve(second, []string{headed(oneVendor)})
				first.Close()
			}()
			for i := range 2 {
				page, err := c.Vendors().Page(t.Context(), 1)
				if err != nil || len(page.Items) != 1 || page.Items[0].VendorID != "7" {
					t.Fatal(page, err)
				}
				if i == 0 {
					close(answered)
					<-told
				}
			}
			if _, heads := s.seen(); len(heads) != 1 {
				t.Errorf("the second request was not sent over a new connection: %q", heads)
			}
		})
	}
}

// Over TLS the host must be who it says, and what the connection carries is HTTP/1.1.
func TestReadsOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/token") {
			answerJSON(w, 200, `{"access_token":"t","expires_in":7200}`)
			return
		}
		answerJSON(w, 200, fmt.Sprintf(`{"data":{"records":[{"vendorId":"7","vendorName":"%s"}]}}`, r.Proto))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	settings := server.Client().Transport.(*http.Transport).TLSClientConfig
	open := func(name string) *connections {
		dial := func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
		}
		trusting := &tls.Config{RootCAs: settings.RootCAs, ServerName: name, NextProtos: []string{"http/1.1"}}
		return &connections{keep: 1, head: " HTTP/1.1\r\nHost: " + name + "\r\nX: ", open: func(ctx context.Context) (net.Conn, error) {
			return encrypted(ctx, dial, trusting, time.Minute)
		}}
	}
	response, _, err := open("example.com").send(t.Context(), &call{path: "/"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), `"HTTP/1.1"`) {
		t.Errorf("%s %v", body, err)
	}
	response.Body.Close()
	if _, sent, err := open("example.org").send(t.Context(), &call{path: "/"}, time.Minute); err == nil || sent {
		t.Errorf("another host's certificate: sent %v, %v", sent, err)
	} else if _, safe := safeCause(err); safe != errCertificate {
		t.Error(err)
	}
}

// FuzzAnswerHead reads whatever may come instead of an answer: it ends, and never panics.
func FuzzAnswerHead(f *testing.F) {
	for _, seed := range []string{headed(oneVendor), "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "\x16\x03\x01", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, came []byte) {
		near, far := net.Pipe()
		go func() {
			defer far.Close()
			bufio.NewReader(far).ReadString('\n')
			go io.Copy(io.Discard, far)
			far.Write(came)
		}()
		c := &connections{keep: 1, head: " HTTP/1.1\r\nX: ", open: func(context.Context) (net.Conn, error) { return near, nil }}
		response, _, err := c.send(t.Context(), &call{path: "/"}, time.Minute)
		if err != nil {
			return
		}
		if body, err := readAll(response.Body, 1<<20, response.ContentLength); err == nil && len(body) > len(came) && response.Header.Get("Content-Encoding") == "" {
			t.Errorf("%d bytes of %d", len(body), len(came))
		}
		response.Body.Close()
	})
}

//go:build unix

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// certificateFiles are two files that a test rewrites.
type certificateFiles struct {
	t         *testing.T
	cert, key string
}

func newCertificateFiles(t *testing.T) certificateFiles {
	t.Helper()
	folder := t.TempDir()
	return certificateFiles{t, filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")}
}

func (f certificateFiles) write(path, text string) {
	f.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// renew writes a new certificate for this machine, by its own authority.
func (f certificateFiles) renew(serial int64) {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		f.t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		f.t.Fatal(err)
	}
	f.write(f.cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})))
	f.write(f.key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// client trusts what is in the file now.
func (f certificateFiles) client() *http.Client {
	f.t.Helper()
	text, err := os.ReadFile(f.cert)
	if err != nil {
		f.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	f.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// serialOf is the serial number of the certificate that is shown.
func serialOf(t *testing.T, address string) int64 {
	t.Helper()
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the number is all that is looked at
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
}

func TestTLS(t *testing.T) {
	files := newCertificateFiles(t)
	files.renew(1)
	g := start(t, nil, "GATEWAY_TLS_CERT="+files.cert, "GATEWAY_TLS_KEY="+files.key)
	address, https := strings.CutPrefix(g.url, "https://")
	if !https || strings.Contains(g.log.String(), "http://127") {
		t.Fatalf("the first line says %q", g.url)
	}
	response, err := files.client().Post(g.url+"/graphql", "application/json", strings.NewReader(whoAmI))
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != 200 || response.ProtoMajor != 2 || response.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
		t.Errorf("%d over %s, %v", response.StatusCode, response.Proto, response.Header)
	}
	if conn, err := tls.Dial("tcp", address, &tls.Config{MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true}); err == nil {
		t.Errorf("TLS 1.1 is spoken: %v", conn.Close())
	}
	plain := &running{t: t, url: "http://" + address}
	if status, _, _ := plain.do("POST", "/graphql", whoAmI); status != 400 {
		t.Errorf("plain HTTP is answered with %d", status)
	}
	for origin, ok := range map[string]bool{g.url: true, plain.url: false} {
		conn, _, err := websocket.Dial(t.Context(), g.url+"/graphql", &websocket.DialOptions{
			HTTPClient: files.client(), HTTPHeader: http.Header{"Origin": {origin}}, Subprotocols: []string{"graphql-transport-ws"},
		})
		if (err == nil) != ok {
			t.Errorf("a WebSocket from %s: %v", origin, err)
		}
		if err == nil {
			_ = conn.CloseNow()
		}
	}

	files.write(files.cert, "what is no certificate")
	g.hangUp("the new certificate is not good")
	if serial := serialOf(t, address); serial != 1 {
		t.Errorf("after a bad file number %d is shown", serial)
	}
	files.renew(2)
	g.hangUp("the certificate was read anew")
	if serial := serialOf(t, address); serial != 2 {
		t.Errorf("after a good file number %d is shown", serial)
	}
	if strings.Contains(g.log.String(), "PRIVATE KEY") {
		t.Error("the key is in the log")
	}
}

// Over HTTP/2 a body that does not come is given up as well, and the connection serves others meanwhile.
func TestSlowBodyOverHTTP2(t *testing.T) {
	files := newCertificateFiles(t)
	files.renew(1)
	g := impatient(t, "GATEWAY_TLS_CERT="+files.cert, "GATEWAY_TLS_KEY="+files.key)
	client := files.client()
	client.Timeout = time.Minute
	reader, writer := io.Pipe()
	defer writer.Close()
	go func() { _, _ = writer.Write([]byte("{")) }()
	response, err := client.Post(g.url+"/graphql", "application/json", reader)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body) // the stream may be reset behind the answer
	_ = response.Body.Close()
	if response.StatusCode != 400 || response.ProtoMajor != 2 || !strings.Contains(string(text), "could not be read to its end") {
		t.Errorf("%d over %s: %s", response.StatusCode, response.Proto, text)
	}
	if response, err = client.Post(g.url+"/graphql", "application/json", strings.NewReader(whoAmI)); err != nil || response.StatusCode != 200 {
		t.Fatal(err)
	}
	_ = response.Body.Close()
}

// Without a signal, a change is noticed by the next connection after a while.
func TestCertificatesFollowTheirFiles(t *testing.T) {
	files := newCertificateFiles(t)
	files.renew(1)
	var log strings.Builder
	c, err := openCertificates(&config{tlsCert: files.cert, tlsKey: files.key}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c.now = func() time.Time { return now }
	shows := func(what string, serial int64, logged int) {
		t.Helper()
		pair, err := c.show(nil)
		if err != nil || pair.Leaf.SerialNumber.Int64() != serial || strings.Count(log.String(), "\n") != logged {
			t.Errorf("%s: %v, %v, log %s", what, pair.Leaf.SerialNumber, err, &log)
		}
	}
	at := func(age time.Duration) { // file systems may count in seconds
		for _, path := range []string{files.cert, files.key} {
			if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
	}
	shows("at first", 1, 0)
	files.renew(2)
	at(time.Hour)
	shows("at once", 1, 0)
	now = now.Add(lookedEach)
	shows("later", 2, 1)
	now = now.Add(lookedEach)
	shows("without a change", 2, 1)
	files.write(files.key, "half a ke")
	now = now.Add(lookedEach)
	shows("with a bad key", 2, 2)
	now = now.Add(lookedEach)
	shows("with the same bad key", 2, 2)
	if err := os.Remove(files.key); err != nil {
		t.Fatal(err)
	}
	now = now.Add(lookedEach)
	shows("without a key", 2, 3)
	files.renew(3)
	at(time.Minute)
	now = now.Add(lookedEach)
	shows("mended", 3, 4)
}

func TestBadCertificates(t *testing.T) {
	good, other := newCertificateFiles(t), newCertificateFiles(t)
	good.renew(1)
	other.renew(2)
	for want, environ := range map[string][]string{
		"only one of them is set":                             {"GATEWAY_TLS_CERT=" + good.cert},
		"only one of them is set; ":                           {"GATEWAY_TLS_KEY=" + good.key},
		"GATEWAY_TLS_CERT, GATEWAY_TLS_KEY: stat /nowhere":    {"GATEWAY_TLS_CERT=/nowhere", "GATEWAY_TLS_KEY=" + good.key},
		"private key does not match public key":               {"GATEWAY_TLS_CERT=" + good.cert, "GATEWAY_TLS_KEY=" + other.key},
		"GATEWAY_TLS_CERT, GATEWAY_TLS_KEY: it is larger":     {"GATEWAY_TLS_CERT=/dev/zero", "GATEWAY_TLS_KEY=" + good.key},
		"are no certificate and its key: tls: failed to find": {"GATEWAY_TLS_CERT=" + good.key, "GATEWAY_TLS_KEY=" + good.cert},
	} {
		err := run(t.Context(), []string{"-addr", "127.0.0.1:0"}, environ, new(strings.Builder))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want an error with %q, got %v", environ, want, err)
		}
	}
}

// Keys that cross a network in plain text are warned of.
func TestPlainHTTPIsWarnedOf(t *testing.T) {
	_, path := someKey(t)
	files := newCertificateFiles(t)
	files.renew(1)
	for _, test := range []struct {
		addr   string
		tls    bool
		warned bool
	}{{"0.0.0.0:0", false, true}, {"0.0.0.0:0", true, false}, {"127.0.0.1:0", false, false}} {
		environ := []string{"GATEWAY_AUTH=required", "GATEWAY_CONFIG=" + path}
		if test.tls {
			environ = append(environ, "GATEWAY_TLS_CERT="+files.cert, "GATEWAY_TLS_KEY="+files.key)
		}
		g := start(t, []string{"-addr", test.addr}, environ...)
		g.stop()
		_ = g.waitEnd()
		if warned := strings.Contains(g.log.String(), "in plain HTTP"); warned != test.warned {
			t.Errorf("%+v: the log is\n%s", test, g.log)
		}
	}
}

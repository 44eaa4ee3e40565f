package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"time"
)

// lookedEach is how often the certificate's files are looked at, at most, for whether they have changed.
const lookedEach = 10 * time.Second

// certificates is the certificate that the gateway shows, which follows its files: a new one counts from the next
// connection on. One that cannot be used changes nothing.
type certificates struct {
	certPath, keyPath string
	log               *slog.Logger
	now               func() time.Time

	mu     sync.Mutex
	shown  *tls.Certificate
	of     stamp // of the files that were read last, good or bad
	looked time.Time
}

// stamp is when the files of a certificate and its key were changed, and how long they are.
type stamp struct {
	cert, key         time.Time
	certSize, keySize int64
}

// openCertificates reads the certificate for the first time. Where none is configured there is nil.
func openCertificates(c *config, log *slog.Logger) (*certificates, error) {
	if c.tlsCert == "" {
		return nil, nil
	}
	s := &certificates{certPath: c.tlsCert, keyPath: c.tlsKey, log: log, now: time.Now}
	if err := s.reload(); err != nil {
		return nil, fmt.Errorf("GATEWAY_TLS_CERT, GATEWAY_TLS_KEY: %w", err)
	}
	return s, nil
}

// reload reads the files. Where that fails the certificate stays what it was.
func (s *certificates) reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.read()
}

// read is reload for who holds the lock.
func (s *certificates) read() error {
	before, err := s.stamp()
	s.of, s.looked = before, s.now()
	if err != nil {
		return err
	}
	cert, err := readSmall(s.certPath, 1<<20)
	if err != nil {
		return err
	}
	key, err := readSmall(s.keyPath, 1<<20)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key) // its errors show nothing of the files
	if err != nil {
		return fmt.Errorf("%s and %s are no certificate and its key: %w", s.certPath, s.keyPath, err)
	}
	if pair.Leaf != nil && s.now().After(pair.Leaf.NotAfter) {
		s.log.Warn("the certificate's time is over: callers will refuse it", "path", s.certPath, "until", pair.Leaf.NotAfter)
	}
	s.shown = &pair
	return nil
}

func (s *certificates) stamp() (stamp, error) {
	cert, certErr := os.Stat(s.certPath)
	key, keyErr := os.Stat(s.keyPath)
	if err := errors.Join(certErr, keyErr); err != nil {
		return stamp{}, err
	}
	return stamp{cert.ModTime(), key.ModTime(), cert.Size(), key.Size()}, nil
}

// show is the certificate for a connection that begins.
func (s *certificates) show(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now().Sub(s.looked) < lookedEach {
		return s.shown, nil
	}
	s.looked = s.now()
	if now, err := s.stamp(); err == nil && now == s.of {
		return s.shown, nil
	}
	s.tell(s.read())
	return s.shown, nil
}

// tell says in the log how reading the files anew went.
func (s *certificates) tell(err error) {
	if err != nil {
		s.log.Error("the new certificate is not good: the one before stays", "error", err.Error())
		return
	}
	s.log.Info("the certificate was read anew", "until", s.shown.Leaf.NotAfter)
}

// config is how TLS is spoken with it: from 1.2 on, and otherwise as Go has it, which is kept up to date.
func (s *certificates) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: s.show}
}

// secure has server speak TLS with this certificate; what else holds for HTTP/1 is then said for HTTP/2 too.
func (s *certificates) secure(server *http.Server, l limits) {
	server.TLSConfig = s.config()
	server.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 100, SendPingTimeout: l.ping, WriteByteTimeout: l.writeWait}
}

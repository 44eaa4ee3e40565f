package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	keysSeldom = 10 * time.Second // at most one question to the issuer in this time, whatever is asked of the gateway
	keysFresh  = time.Hour        // after which keys are asked for again: one that the issuer has withdrawn is good no longer
	keysWait   = 5 * time.Second  // for the issuer's answer
	maxKeys    = 1 << 20          // bytes of it
	manyKeys   = 100
)

// keySet is the public keys of an issuer. Those that were read last are kept while the issuer cannot be reached.
type keySet struct {
	issuer     Issuer
	algorithms []jose.SignatureAlgorithm
	now        func() time.Time
	client     *http.Client

	mu     sync.Mutex
	keys   []jose.JSONWebKey
	read   time.Time // when they were read
	tried  time.Time // when the issuer was last asked
	flight *question // the one under way; nil when there is none
}

// question is one request to the issuer, for everybody who waits for it.
type question struct {
	done chan struct{}
	err  error
}

func newKeySet(i Issuer, algorithms []jose.SignatureAlgorithm) *keySet {
	client := http.Client{Timeout: keysWait}
	if i.Client != nil {
		client = *i.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // the address is the configured one
	return &keySet{issuer: i, algorithms: algorithms, now: i.Now, client: &client}
}

// VerifySignature is what a token says, when one of the issuer's keys has signed it. What it says is for others to check.
func (s *keySet) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	signed, err := jose.ParseSigned(token, s.algorithms)
	if err != nil {
		return nil, err
	}
	if len(signed.Signatures) != 1 {
		return nil, errors.New("it does not have one signature")
	}
	header := signed.Signatures[0].Header
	keys, err := s.candidates(ctx, header)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if said, err := signed.Verify(key.Key); err == nil {
			return said, nil
		}
	}
	return nil, errors.New("none of the issuer's keys has signed it")
}

// candidates are the keys that may have signed a token. Where there is none, the issuer is asked whether it has new ones.
func (s *keySet) candidates(ctx context.Context, header jose.Header) ([]jose.JSONWebKey, error) {
	s.mu.Lock()
	found, stale := s.fitting(header), s.now().Sub(s.read) >= keysFresh
	var asked *question
	if len(found) == 0 || stale {
		asked = s.ask()
	}
	s.mu.Unlock()
	if len(found) > 0 {
		return found, nil // what may have been withdrawn is found out in the background
	}
	if asked == nil {
		return nil, errors.New("the issuer's keys that are known do not fit, and it was asked a moment ago")
	}
	select {
	case <-asked.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if asked.err != nil {
		return nil, asked.err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fitting(header), nil
}

// fitting are the keys for a token's header. The set is locked.
func (s *keySet) fitting(header jose.Header) (fit []jose.JSONWebKey) {
	for _, key := range s.keys {
		if (header.KeyID == "" || key.KeyID == header.KeyID) && (key.Algorithm == "" || key.Algorithm == header.Algorithm) {
			fit = append(fit, key)
		}
	}
	return fit
}

// ask has the issuer asked, unless it was a moment ago; nil then. The set is locked.
func (s *keySet) ask() *question {
	if s.flight != nil {
		return s.flight
	}
	if !s.tried.IsZero() && s.now().Sub(s.tried) < keysSeldom {
		return nil
	}
	s.tried = s.now()
	q := &question{done: make(chan struct{})}
	s.flight = q
	go func() {
		defer close(q.done)
		ctx, cancel := context.WithTimeout(context.Background(), keysWait)
		defer cancel()
		keys, err := s.fetch(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.flight, q.err = nil, err
		if err == nil {
			s.keys, s.read = keys, s.now()
		}
	}()
	return q
}

// refresh asks the issuer now.
func (s *keySet) refresh(ctx context.Context) error {
	s.mu.Lock()
	s.tried = time.Time{}
	q := s.ask()
	s.mu.Unlock()
	select {
	case <-q.done:
		return q.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fetch reads the issuer's keys.
func (s *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	address := s.issuer.JWKS
	if address == "" {
		var about struct {
			Issuer string `json:"issuer"`
			JWKS   string `json:"jwks_uri"`
		}
		if err := s.get(ctx, strings.TrimSuffix(s.issuer.URL, "/")+"/.well-known/openid-configuration", &about); err != nil {
			return nil, err
		}
		if about.Issuer != s.issuer.URL {
			return nil, errors.New("the issuer's discovery document is another issuer's")
		}
		if err := checkAddress(about.JWKS); err != nil {
			return nil, fmt.Errorf("the issuer's discovery document: jwks_uri: %w", err)
		}
		address = about.JWKS
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := s.get(ctx, address, &set); err != nil {
		return nil, err
	}
	var keys []jose.JSONWebKey
	for _, raw := range set.Keys[:min(len(set.Keys), manyKeys)] {
		var key jose.JSONWebKey // one that cannot be read is another's business: the others are still good
		if key.UnmarshalJSON(raw) == nil && key.IsPublic() && key.Valid() && (key.Use == "" || key.Use == "sig") {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the issuer has no keys that can be used")
	}
	return keys, nil
}

// get reads a JSON document.
func (s *keySet) get(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return fmt.Errorf("the issuer's keys cannot be read: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the issuer's keys cannot be read: %s answers with status %d", address, response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeys+1))
	if err != nil || len(body) > maxKeys {
		return fmt.Errorf("the issuer's keys cannot be read: %s answers too much, or not to its end", address)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("the issuer's keys cannot be read: %s does not answer what it should", address)
	}
	return nil
}

// checkAddress says whether keys may come from an address: over TLS, or from this machine.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return errors.New("it must look like https://host/path")
	}
	ip := net.ParseIP(u.Hostname())
	if u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())) {
		return errors.New("it must begin with https://, or anybody on the way could sign tokens")
	}
	return nil
}

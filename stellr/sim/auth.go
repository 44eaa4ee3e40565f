package sim

import (
	"crypto/subtle"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"stellr-gateway/stellr"
)

// TokenPath is where tokens are issued (O).
const TokenPath = "/oauth2/v1/token"

// ActionToken is what the token endpoint is called in the ledger and in faults.
const ActionToken stellr.Action = "token"

type token struct {
	client string
	until  time.Time
}

type tokens struct {
	mu     sync.Mutex
	issued map[string]token
	count  int
}

// issueToken answers the client credentials grant; credentials come in the form or as Basic authorization.
func (s *Server) issueToken(q *call) (answer, *refusal) {
	if q.r.Method != http.MethodPost {
		return answer{}, &refusal{status: http.StatusMethodNotAllowed, message: "invalid_request", detail: "POST is required", oauth: true}
	}
	raw, _ := io.ReadAll(io.LimitReader(q.r.Body, maxBody))
	form, err := url.ParseQuery(string(raw))
	if err != nil || !strings.HasPrefix(q.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return answer{}, &refusal{status: http.StatusBadRequest, message: "invalid_request", detail: "a form is required", oauth: true}
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if name, password, ok := q.r.BasicAuth(); ok {
		id, secret = unescaped(name), unescaped(password)
	}
	known := id == s.opts.ClientID || id == s.opts.OtherClientID
	if !known || subtle.ConstantTimeCompare([]byte(secret), []byte(s.opts.ClientSecret)) != 1 {
		return answer{}, &refusal{status: http.StatusUnauthorized, message: "invalid_client", detail: "Client authentication failed", oauth: true}
	}
	if form.Get("grant_type") != "client_credentials" {
		return answer{}, &refusal{status: http.StatusBadRequest, message: "unsupported_grant_type", detail: "client_credentials is required", oauth: true}
	}
	word := s.tokens.issue(s.opts, id, q.now)
	life := strconv.Itoa(int(s.opts.TokenLife / time.Second))
	return answer{status: http.StatusOK, body: []byte(`{"access_token":"` + word + `","token_type":"Bearer","expires_in":` + life + `}`)}, nil
}

// unescaped undoes the form encoding that OAuth asks of credentials in a Basic header.
func unescaped(word string) string {
	if plain, err := url.QueryUnescape(word); err == nil {
		return plain
	}
	return word
}

func (t *tokens) issue(opts Options, client string, now time.Time) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	for word, old := range t.issued {
		if !now.Before(old.until) {
			delete(t.issued, word)
		}
	}
	t.count++
	word := throw(opts.Seed, "token", t.count).hex(24)
	t.issued[word] = token{client, now.Add(opts.TokenLife)}
	return word
}

// RevokeTokens makes every token that was issued so far worthless, as a 401 in mid-life does (O).
func (s *Server) RevokeTokens() {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	clear(s.tokens.issued)
}

func (s *Server) authenticate(q *call) *refusal {
	word, ok := strings.CutPrefix(q.r.Header.Get("Authorization"), "Bearer ")
	if !ok && s.opts.NoAuth {
		q.client = s.opts.ClientID
		return nil
	}
	s.tokens.mu.Lock()
	t, known := s.tokens.issued[word]
	s.tokens.mu.Unlock()
	if !known || !q.now.Before(t.until) {
		return refuse(http.StatusUnauthorized, "Unauthorized", "The access token is missing, unknown or has expired")
	}
	q.client = t.client
	q.stranger = t.client == s.opts.OtherClientID
	return nil
}

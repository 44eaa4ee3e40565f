package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Config is who may call.
type Config struct {
	Organizations map[string]Customers
	Keys          []Grant
	JWT           *Issuer // nil: tokens are not taken
}

// Errors of Authenticate. What is wrong with a token is in the error's text, for logs and never for the caller.
var (
	ErrNoCredentials = errors.New("no credentials were sent")
	ErrUnknownKey    = errors.New("the API key is not known")
	ErrBadToken      = errors.New("the token is not good")
)

// ErrRevoked is why the context of a caller ends whose key was taken out of the configuration, or has other roles there.
var ErrRevoked = errors.New("the credentials were revoked")

// Directory knows everybody who may call. It is safe for concurrent use, and can be replaced while it is used.
type Directory struct {
	mu    sync.Mutex // guards Replace
	state atomic.Pointer[state]
}

// state is what a directory was told last.
type state struct {
	organizations map[string]Customers
	keys          *keys
	tokens        *verifier // nil: tokens are not taken

	// What ends when credentials are revoked: for each key, by its hash, and for all tokens.
	keyLives map[keyHash]*life
	tokenAll *life
}

// life is how long credentials are good.
type life struct {
	context.Context
	end context.CancelCauseFunc
}

func newLife() *life {
	ctx, end := context.WithCancelCause(context.Background())
	return &life{ctx, end}
}

// New makes a directory. The error joins everything that is wrong, each in a sentence.
func New(c Config) (*Directory, error) {
	d := &Directory{}
	return d, d.Replace(c)
}

// Replace has the directory know another configuration from now on. Callers who are there see their new rights at once;
// those whose key is gone or has other roles, and those with a token where the issuer has changed, are ended. Where the
// configuration is wrong nothing changes.
func (d *Directory) Replace(c Config) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := &state{organizations: c.Organizations, keyLives: map[keyHash]*life{}, tokenAll: newLife()}
	var wrongKeys, wrongIssuer error
	next.keys, wrongKeys = newKeys(c.Keys, c.Organizations)
	old := d.state.Load()
	switch {
	case c.JWT == nil:
	case old != nil && old.tokens != nil && old.tokens.issuer.same(c.JWT):
		next.tokens, next.tokenAll = old.tokens, old.tokenAll
	default:
		next.tokens, wrongIssuer = newVerifier(*c.JWT)
	}
	if err := errors.Join(wrongKeys, wrongIssuer); err != nil {
		return err
	}
	for i, hash := range next.keys.hashes {
		next.keyLives[hash] = newLife()
		if old == nil {
			continue
		}
		if before, ok := old.keys.find(hash); ok && before.Subject == next.keys.callers[i].Subject && slices.Equal(before.Roles, next.keys.callers[i].Roles) {
			next.keyLives[hash] = old.keyLives[hash]
		}
	}
	d.state.Store(next)
	if old != nil {
		old.revokeFor(next)
	}
	return nil
}

// revokeFor ends what is not good any more.
func (s *state) revokeFor(next *state) {
	for hash, life := range s.keyLives {
		if next.keyLives[hash] != life {
			life.end(ErrRevoked)
		}
	}
	if next.tokenAll != s.tokenAll {
		s.tokenAll.end(ErrRevoked)
	}
}

// Counts is how many API keys and organizations there are, and whether tokens are taken.
func (d *Directory) Counts() (keys, organizations int, tokens bool) {
	s := d.state.Load()
	return len(s.keys.hashes), len(s.organizations), s.tokens != nil
}

// Check says why tokens could not be verified now; nil where none are taken.
func (d *Directory) Check(ctx context.Context) error {
	if tokens := d.state.Load().tokens; tokens != nil {
		return tokens.keys.refresh(ctx)
	}
	return nil
}

// Authenticate is ctx on behalf of whoever the credentials belong to: an API key, or a token where those are taken. Rights
// are asked anew each time that something is decided. The context ends with the credentials: at a token's end, with
// ErrRevoked as its cause when they are revoked.
func (d *Directory) Authenticate(ctx context.Context, bearer string) (context.Context, error) {
	s := d.state.Load()
	switch {
	case bearer == "":
		return nil, ErrNoCredentials
	case s.tokens != nil && strings.Count(bearer, ".") == 2:
		return d.withToken(ctx, s, bearer)
	}
	hash := keyHash(sha256.Sum256([]byte(bearer)))
	if _, ok := s.keys.find(hash); !ok {
		return nil, ErrUnknownKey
	}
	return WithLive(s.keyLives[hash].bound(ctx), func() Caller {
		caller, _ := d.state.Load().keys.find(hash)
		return caller
	}), nil
}

// bound is ctx, which ends with the life as well.
func (l *life) bound(ctx context.Context) context.Context {
	ctx, end := context.WithCancelCause(ctx)
	stop := context.AfterFunc(l, func() { end(context.Cause(l)) })
	context.AfterFunc(ctx, func() { stop() })
	return ctx
}

// withToken is Authenticate for a token.
func (d *Directory) withToken(ctx context.Context, s *state, token string) (context.Context, error) {
	who, err := s.tokens.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithDeadline(s.tokenAll.bound(ctx), who.until)
	context.AfterFunc(ctx, cancel)
	var known atomic.Pointer[resolved]
	return WithLive(ctx, func() Caller {
		now := d.state.Load()
		if last := known.Load(); last != nil && last.by == now {
			return last.caller
		}
		caller := now.callerOf(who)
		known.Store(&resolved{now, caller})
		return caller
	}), nil
}

// resolved is a caller as a state of the directory has it.
type resolved struct {
	by     *state
	caller Caller
}

// callerOf is the caller with a token. Roles and organizations that nobody knows are none.
func (s *state) callerOf(who identity) Caller {
	caller := Caller{Subject: who.subject}
	if s.tokens == nil {
		return caller
	}
	for _, word := range who.roles {
		if roles, err := parseRoles([]string{word}); err == nil && len(roles) > len(caller.Roles) {
			caller.Roles = roles
		}
	}
	for _, name := range who.organizations {
		if customers, ok := s.organizations[name]; ok {
			caller.Organizations = append(caller.Organizations, name)
			caller.Customers = caller.Customers.and(customers)
		}
	}
	return caller
}

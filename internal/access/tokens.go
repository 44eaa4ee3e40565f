package access

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

const (
	leeway   = 30 * time.Second // between clocks
	maxToken = 8 << 10          // bytes
	maxTime  = 1 << 40          // seconds: what a token says beyond it is no time
)

// Issuer is whose tokens are taken, and how they are read.
type Issuer struct {
	URL        string   // who must have issued a token
	Audience   string   // whom it must be for
	JWKS       string   // where the issuer's keys are; empty: where its discovery document says
	Algorithms []string // how it may be signed; RS256 when there are none
	// The claims with the caller's roles and organizations: texts or lists of texts. A dot leads into an object.
	RolesClaim, OrganizationsClaim string

	Now    func() time.Time // time.Now when nil
	Client *http.Client     // one of its own when nil
}

// same says whether tokens that are good for one are good for the other.
func (i *Issuer) same(other *Issuer) bool {
	return i.URL == other.URL && i.Audience == other.Audience && i.JWKS == other.JWKS && slices.Equal(i.Algorithms, other.Algorithms) &&
		i.RolesClaim == other.RolesClaim && i.OrganizationsClaim == other.OrganizationsClaim
}

// asymmetric are the ways to sign for which nobody but the issuer needs the secret.
func asymmetric() []jose.SignatureAlgorithm {
	return []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512, jose.ES256, jose.ES384, jose.ES512, jose.EdDSA}
}

// verifier reads tokens.
type verifier struct {
	issuer Issuer
	keys   *keySet
	oidc   *oidc.IDTokenVerifier
}

// newVerifier checks an issuer's settings. It asks the issuer for nothing yet.
func newVerifier(i Issuer) (*verifier, error) {
	given := i
	if i.Now == nil {
		i.Now = time.Now
	}
	if i.RolesClaim == "" {
		i.RolesClaim = "roles"
	}
	if i.OrganizationsClaim == "" {
		i.OrganizationsClaim = "org"
	}
	if len(i.Algorithms) == 0 {
		i.Algorithms = []string{string(jose.RS256)}
	}
	var problems []error
	if i.Audience == "" {
		problems = append(problems, errors.New("jwt: audience is missing: a token for another service must not open this one"))
	}
	if err := checkAddress(i.URL); err != nil {
		problems = append(problems, fmt.Errorf("jwt: issuer: %w", err))
	}
	if i.JWKS != "" {
		if err := checkAddress(i.JWKS); err != nil {
			problems = append(problems, fmt.Errorf("jwt: jwks_url: %w", err))
		}
	}
	var algorithms []jose.SignatureAlgorithm
	for _, name := range i.Algorithms {
		if !slices.Contains(asymmetric(), jose.SignatureAlgorithm(name)) {
			problems = append(problems, fmt.Errorf("jwt: algorithms: %q is not one of %v", name, asymmetric()))
		}
		algorithms = append(algorithms, jose.SignatureAlgorithm(name))
	}
	keys := newKeySet(i, algorithms)
	return &verifier{issuer: given, keys: keys, oidc: oidc.NewVerifier(i.URL, keys, &oidc.Config{
		ClientID: i.Audience, SupportedSigningAlgs: i.Algorithms, SkipExpiryCheck: true, // which knows no leeway: verify looks
	})}, errors.Join(problems...)
}

// identity is who a token says the caller is.
type identity struct {
	subject              string
	roles, organizations []string
	until                time.Time // the token's end, leeway included
}

// verify reads a token. The error wraps ErrBadToken.
func (v *verifier) verify(ctx context.Context, raw string) (identity, error) {
	bad := func(why error) (identity, error) { return identity{}, fmt.Errorf("%w: %w", ErrBadToken, why) }
	if len(raw) > maxToken {
		return bad(fmt.Errorf("it is longer than %d bytes", maxToken))
	}
	token, err := v.oidc.Verify(ctx, raw)
	if err != nil {
		return bad(err)
	}
	var claims map[string]json.RawMessage
	var times struct {
		Exp *float64 `json:"exp"`
		Nbf *float64 `json:"nbf"`
		Iat *float64 `json:"iat"`
	}
	if err := errors.Join(token.Claims(&claims), token.Claims(&times)); err != nil {
		return bad(err)
	}
	now := v.keys.now()
	switch {
	case token.Subject == "":
		return bad(errors.New("it has no subject"))
	case times.Exp == nil || *times.Exp > maxTime:
		return bad(errors.New("it has no end"))
	case !moment(*times.Exp).Add(leeway).After(now):
		return bad(errors.New("it has ended"))
	case times.Nbf != nil && (*times.Nbf > maxTime || moment(*times.Nbf).Add(-leeway).After(now)):
		return bad(errors.New("it is not valid yet"))
	case times.Iat != nil && (*times.Iat > maxTime || moment(*times.Iat).Add(-leeway).After(now)):
		return bad(errors.New("it was issued in the future"))
	}
	settings := v.keys.issuer
	return identity{
		subject: token.Subject, roles: wordsAt(claims, settings.RolesClaim), organizations: wordsAt(claims, settings.OrganizationsClaim),
		until: time.Now().Add(moment(*times.Exp).Add(leeway).Sub(now)), // by the clock that deadlines go by
	}, nil
}

func moment(seconds float64) time.Time { return time.UnixMilli(int64(seconds * 1000)) }

// wordsAt are the texts of a claim: of one that is a text that text, of a list its texts. A claim's whole name is looked
// for first, then the way into objects.
func wordsAt(claims map[string]json.RawMessage, name string) []string {
	raw, ok := claims[name]
	if outer, inner, dotted := strings.Cut(name, "."); !ok && dotted {
		var object map[string]json.RawMessage
		if json.Unmarshal(claims[outer], &object) != nil {
			return nil
		}
		return wordsAt(object, inner)
	}
	var word string
	if json.Unmarshal(raw, &word) == nil {
		return []string{word}
	}
	var list []any
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var words []string
	for _, item := range list {
		if word, ok := item.(string); ok {
			words = append(words, word)
		}
	}
	return words
}

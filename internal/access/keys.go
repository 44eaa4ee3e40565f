package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Grant is one API key as the configuration describes it. Only the key's hash is known.
type Grant struct {
	Name          string
	SHA256        string   // of the key, in hexadecimal
	Roles         []string // viewer, operator, buyer or admin
	Organizations []string
}

// keyHash is the SHA-256 of an API key: keys are random and long, so a slow hash would guard nothing.
type keyHash [sha256.Size]byte

// keys are the API keys of a gateway's callers.
type keys struct {
	hashes  []keyHash
	callers []Caller
}

// newKeys checks the grants and makes the keys. The error joins everything that is wrong, each in a sentence.
func newKeys(grants []Grant, organizations map[string]Customers) (*keys, error) {
	k := &keys{}
	var problems []error
	for i, grant := range grants {
		name := fmt.Sprintf("key %d", i+1)
		if grant.Name != "" {
			name = fmt.Sprintf("key %q", grant.Name)
		}
		hash, caller, err := grant.check(organizations)
		if err == nil {
			err = k.add(hash, caller)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
		}
	}
	return k, errors.Join(problems...)
}

func (k *keys) add(hash keyHash, caller Caller) error {
	if slices.Contains(k.hashes, hash) {
		return errors.New("another key has the same sha256")
	}
	if slices.ContainsFunc(k.callers, func(other Caller) bool { return other.Subject == caller.Subject }) {
		return errors.New("another key has the same name")
	}
	k.hashes, k.callers = append(k.hashes, hash), append(k.callers, caller)
	return nil
}

// find is whose key has this hash. It takes as long for a right key as for a wrong one.
func (k *keys) find(hash keyHash) (Caller, bool) {
	found := -1
	for i := range k.hashes {
		same := subtle.ConstantTimeCompare(hash[:], k.hashes[i][:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 {
		return Caller{}, false
	}
	return k.callers[found], true
}

// NewKey makes a random key, and the SHA-256 of it that the configuration takes.
func NewKey() (key, hash string) {
	key = "sgk_" + rand.Text()
	sum := sha256.Sum256([]byte(key))
	return key, hex.EncodeToString(sum[:])
}

func (g Grant) check(organizations map[string]Customers) (hash keyHash, caller Caller, err error) {
	if g.Name == "" {
		return hash, caller, errors.New("it has no name")
	}
	raw, err := hex.DecodeString(g.SHA256)
	if err != nil || len(raw) != len(hash) {
		return hash, caller, errors.New("sha256 is not the SHA-256 of a key in 64 hexadecimal digits")
	}
	caller = Caller{Subject: g.Name, Organizations: slices.Clone(g.Organizations)}
	if caller.Roles, err = parseRoles(g.Roles); err != nil {
		return hash, caller, err
	}
	if len(g.Organizations) == 0 {
		return hash, caller, errors.New("it belongs to no organization, so it would see nothing")
	}
	for _, name := range g.Organizations {
		customers, ok := organizations[name]
		if !ok {
			return hash, caller, fmt.Errorf("there is no organization %q", name)
		}
		caller.Customers = caller.Customers.and(customers)
	}
	return keyHash(raw), caller, nil
}

// parseRoles reads role words and adds the roles that they include.
func parseRoles(words []string) ([]Role, error) {
	highest := 0
	for _, word := range words {
		step := slices.Index(Roles(), Role(strings.ToUpper(word)))
		if step < 0 {
			return nil, fmt.Errorf("there is no role %q: the roles are viewer, operator, buyer and admin", word)
		}
		highest = max(highest, step+1)
	}
	if highest == 0 {
		return nil, errors.New("it has no role, so it could do nothing")
	}
	return Roles()[:highest], nil
}

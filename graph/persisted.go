package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql/handler/lru"

	"stellr-gateway/graph/generated"
	"stellr-gateway/graph/transport"
)

// Trust is what documents are executed.
type Trust string

// The degrees of trust in documents that were not given beforehand.
const (
	TrustAll  Trust = "off"     // they are executed
	TrustLog  Trust = "log"     // they are executed, and each is logged once
	TrustNone Trust = "enforce" // they are not executed
)

// documents are those that a request can name instead of bringing them.
type documents struct {
	gate      *gate
	trust     Trust
	trusted   map[string]string // by id
	texts     map[string]bool   // of the trusted ones
	persisted *lru.LRU[string]  // by the SHA-256 of the text: automatic persisted queries
	strange   *lru.LRU[bool]    // the hashes of those that were logged
	log       *slog.Logger
}

func newDocuments(g *gate, o HandlerOptions) *documents {
	d := &documents{
		gate: g, trust: o.Trust, trusted: map[string]string{}, texts: map[string]bool{}, log: o.Logger,
		persisted: lru.New[string](o.Limits.Persisted), strange: lru.New[bool](o.Limits.Persisted),
	}
	for id, text := range o.Trusted {
		d.trusted[plainID(id)], d.texts[text] = text, true
	}
	return d
}

// plainID is a document's id without the word for how it was made.
func plainID(id string) string { return strings.TrimPrefix(id, "sha256:") }

// Errors of documents that are named or brought.
var (
	errNotPersisted = &requestError{code: CodeNotPersisted, message: "PersistedQueryNotFound"} // the very words that clients look for
	errOtherHash    = &requestError{code: CodeBadInput, message: "sha256Hash is not the SHA-256 of the document."}
	errNoDocument   = &requestError{code: CodeNotPersisted, message: "There is no document with this documentId."}
	errNotTrusted   = &requestError{code: CodeForbidden, message: "Only documents that this gateway was given beforehand are executed."}
)

// find puts the document that a request names into it, and says whether it is one that was known before. One that comes
// with its hash is known from then on, if it could be executed at all.
func (d *documents) find(ctx context.Context, r *transport.Request) (known bool, err error) {
	text, trusted := d.trustedText(r)
	switch {
	case trusted:
		r.Query = text
		return true, nil
	case r.DocumentID != "":
		return false, errNoDocument
	case d.trust == TrustNone && r.Query == "":
		return false, errNotPersisted
	case d.trust == TrustNone:
		return false, errNotTrusted
	case r.Hash != "":
		if known, err = d.persist(ctx, r); err != nil {
			return false, err
		}
	}
	if d.trust == TrustLog {
		d.note(ctx, r)
	}
	return known, nil
}

// trustedText is the document that a request names by id or hash, or brings word for word, where it is a trusted one.
func (d *documents) trustedText(r *transport.Request) (string, bool) {
	for _, id := range []string{r.DocumentID, r.Hash} {
		if text, ok := d.trusted[plainID(id)]; ok && id != "" && (r.Query == "" || r.Query == text) {
			return text, true
		}
	}
	return r.Query, r.DocumentID == "" && d.texts[r.Query]
}

// persist remembers the document that comes with its hash, or finds the one that has it.
func (d *documents) persist(ctx context.Context, r *transport.Request) (known bool, err error) {
	hash := strings.ToLower(r.Hash)
	if r.Query == "" {
		text, ok := d.persisted.Get(ctx, hash)
		if !ok {
			return false, errNotPersisted
		}
		r.Query = text
		return true, nil
	}
	if sum := sha256.Sum256([]byte(r.Query)); hex.EncodeToString(sum[:]) != hash {
		return false, errOtherHash
	}
	if d.gate.document(ctx, r.Query).errs == nil {
		d.persisted.Add(ctx, hash, r.Query)
	}
	return true, nil
}

// note logs a document that is not trusted, once.
func (d *documents) note(ctx context.Context, r *transport.Request) {
	sum := sha256.Sum256([]byte(r.Query))
	hash := hex.EncodeToString(sum[:])
	if _, logged := d.strange.Get(ctx, hash); logged {
		return
	}
	d.strange.Add(ctx, hash, true)
	d.log.WarnContext(ctx, "a document was executed that is not a trusted one", slog.String("sha256", hash), slog.String("operation", short(r.OperationName)))
}

// CheckDocuments says which documents could not be executed by a gateway with these limits, each in a sentence.
func CheckDocuments(documents map[string]string, limits Limits) error {
	g := &gate{schema: withoutDefer(generated.NewExecutableSchema(generated.Config{}).Schema()), limits: limits.orDefaults(), known: lru.New[document](1)}
	var problems []error
	for _, id := range slices.Sorted(maps.Keys(documents)) {
		if errs := g.read(documents[id]).errs; errs != nil {
			problems = append(problems, fmt.Errorf("document %q: %s", short(id), errs[0].Message))
		}
	}
	return errors.Join(problems...)
}

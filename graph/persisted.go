package graph

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/access"
)

// documents knows documents by their names: the trusted ones, and those that callers had persisted (APQ).
type documents struct {
	trusted *Trusted
	mode    TrustMode
	log     *slog.Logger
	told    *lru.LRU[bool] // the hashes of documents that are not trusted and were told to the log

	mu    sync.Mutex
	kept  *simplelru.LRU[string, string] // texts by their SHA-256
	bytes int                            // of these texts
	most  int
}

// toldDocuments is how many hashes of documents that are not trusted are remembered, so that the log has each once.
const toldDocuments = 1000

func newDocuments(o HandlerOptions) *documents {
	d := &documents{trusted: o.Trusted, mode: o.TrustMode, log: o.Logger, most: o.Limits.PersistedBytes, told: lru.New[bool](toldDocuments)}
	kept, err := simplelru.NewLRU(o.Limits.Persisted, func(_, text string) { d.bytes -= len(text) })
	if err != nil {
		panic(err) // there is no limit below 1
	}
	d.kept = kept
	return d
}

// meant is the document that a request means.
type meant struct {
	text      string
	trusted   bool
	persisted bool   // it had a name before the request came
	hash      string // to be persisted under, once it is known to be valid; empty for not at all
}

// find says which document a request means, by its text or by its name. The error is a *requestError.
func (d *documents) find(request transport.Request, params *graphql.RawParams) (meant, error) {
	hash, err := persistedHash(params.Extensions)
	if err != nil {
		return meant{}, err
	}
	if request.DocumentID != "" && (params.Query != "" || hash != "") {
		return meant{}, &requestError{code: CodeBadInput, message: "documentId names the document by itself: query and extensions.persistedQuery must be left out."}
	}
	if params.Query == "" {
		return d.named(request.DocumentID + hash) // one of them is empty
	}
	if hash != "" && hash != hashOf(params.Query) {
		return meant{}, &requestError{code: CodeBadInput, message: "extensions.persistedQuery.sha256Hash is not the SHA-256 of query."}
	}
	m := meant{text: params.Query, trusted: d.trusted.has(params.Query)}
	if d.mode == TrustEnforce && !m.trusted {
		return meant{}, errNotTrusted()
	}
	m.persisted = m.trusted
	if hash != "" && !m.trusted {
		_, m.persisted = d.recall(hash)
		if !request.Get && !m.persisted {
			m.hash = hash
		}
	}
	return m, nil
}

// named is the document with a name.
func (d *documents) named(name string) (meant, error) {
	if text, ok := d.trusted.named(name); ok {
		return meant{text: text, trusted: true, persisted: true}, nil
	}
	if d.mode == TrustEnforce {
		return meant{}, errNotTrusted()
	}
	if text, ok := d.recall(strings.TrimPrefix(name, "sha256:")); ok {
		return meant{text: text, persisted: true}, nil
	}
	return meant{}, &requestError{code: CodeNotPersisted, message: "PersistedQueryNotFound"} // the words that clients look for
}

func errNotTrusted() error {
	return &requestError{code: CodeNotTrusted, message: "The document is none of those that this gateway trusts."}
}

// persistedHash is the hash in extensions.persistedQuery; empty where there is none.
func persistedHash(extensions map[string]any) (string, error) {
	if extensions["persistedQuery"] == nil {
		return "", nil
	}
	fields, _ := extensions["persistedQuery"].(map[string]any)
	hash, _ := fields["sha256Hash"].(string)
	if fmt.Sprint(fields["version"]) != "1" || len(hash) != 2*sha256.Size || strings.Trim(hash, "0123456789abcdef") != "" {
		return "", &requestError{code: CodeBadInput, message: "extensions.persistedQuery has version 1 and a sha256Hash of 64 hexadecimal digits, in small letters."}
	}
	return hash, nil
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// recall is the document that was persisted under a hash.
func (d *documents) recall(hash string) (string, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept.Get(hash)
}

// persist keeps a document that is valid, where the request asks for that. Those that were not asked for for the longest
// time make room.
func (d *documents) persist(m meant) {
	if m.hash == "" || len(m.text) > d.most {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept.Contains(m.hash) {
		return
	}
	d.kept.Add(m.hash, m.text)
	for d.bytes += len(m.text); d.bytes > d.most; {
		d.kept.RemoveOldest()
	}
}

// note writes each document that is not trusted into the log once, where that is wanted: its hash and nothing of it.
func (d *documents) note(ctx context.Context, m meant) {
	if d.mode != TrustLog || m.trusted {
		return
	}
	hash := hashOf(m.text)
	if _, known := d.told.Get(ctx, hash); known {
		return
	}
	d.told.Add(ctx, hash, true)
	d.log.WarnContext(ctx, "a document is not trusted", "sha256", hash, "bytes", len(m.text), "caller", access.From(ctx).Subject)
}

package graph

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// TrustMode is what the list of trusted documents is for.
type TrustMode string

// The modes of trust.
const (
	TrustOff     TrustMode = "off"     // trusted documents can be asked for by name, others by their text
	TrustLog     TrustMode = "log"     // so they can, and each other document is told to the log
	TrustEnforce TrustMode = "enforce" // nothing else is executed
)

// Trusted is a list of documents that operators have looked at. Nil is none.
type Trusted struct {
	texts  map[string]string   // by name
	hashed map[string]string   // by the SHA-256 that clients find by themselves
	ready  map[string]document // by text
}

// manifestFormat is what Apollo's tools call their files.
const manifestFormat = "apollo-persisted-query-manifest"

// ParseTrusted reads a file of trusted documents: an object of names and documents, as graphql-codegen and Relay write it,
// or a manifest of Apollo's tools. Every document must be within the limits and valid. The error joins all that is
// wrong; it names documents and does not show them.
func ParseTrusted(file []byte, limits Limits) (*Trusted, error) {
	entries, err := trustedEntries(file)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.New("there are no documents in it")
	}
	reader := newReader(schema(), limits.orDefaults())
	t := &Trusted{texts: map[string]string{}, hashed: map[string]string{}, ready: map[string]document{}}
	var problems []error
	for _, entry := range entries {
		if err := t.add(reader, entry); err != nil {
			problems = append(problems, fmt.Errorf("document %q: %w", short(entry.name), err))
		}
	}
	if len(problems) == 0 {
		return t, nil
	}
	const most = 10
	if more := len(problems) - most; more > 0 {
		problems = append(problems[:most], fmt.Errorf("and %d more", more))
	}
	return nil, errors.Join(problems...)
}

// trustedEntry is a document of the file.
type trustedEntry struct{ name, text string }

func (t *Trusted) add(reader reader, entry trustedEntry) error {
	if entry.name == "" || entry.text == "" {
		return errors.New("it has no name or no text")
	}
	if _, twice := t.texts[entry.name]; twice {
		return errors.New("its name stands there twice")
	}
	doc := reader.read(entry.text, false)
	if doc.errs != nil {
		return errors.New(doc.errs[0].Message)
	}
	t.texts[entry.name], t.hashed[hashOf(entry.text)], t.ready[entry.text] = entry.text, entry.text, doc
	return nil
}

// trustedEntries reads either form of the file.
func trustedEntries(file []byte) ([]trustedEntry, error) {
	var manifest struct {
		Format     string
		Version    int
		Operations []struct{ ID, Body string }
	}
	if !utf8.Valid(file) || !json.Valid(file) {
		return nil, errors.New("it is not JSON")
	}
	if json.Unmarshal(file, &manifest) == nil && manifest.Format == manifestFormat {
		if manifest.Version != 1 {
			return nil, fmt.Errorf("it is a manifest of version %d, and this gateway knows version 1", manifest.Version)
		}
		entries := make([]trustedEntry, len(manifest.Operations))
		for i, operation := range manifest.Operations {
			entries[i] = trustedEntry{operation.ID, operation.Body}
		}
		return entries, nil
	}
	return trustedObject(file)
}

// trustedObject reads an object of names and documents, in which no name may stand twice.
func trustedObject(file []byte) (entries []trustedEntry, err error) {
	wrong := errors.New(`it is neither an object of names and documents ({"<hash>": "query …"}) nor a manifest of Apollo's tools`)
	decoder := json.NewDecoder(bytes.NewReader(file))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return nil, wrong
	}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		name, ok := token.(string)
		if !ok {
			continue // the end of the object
		}
		var text string
		if decoder.Decode(&text) != nil {
			return nil, wrong
		}
		entries = append(entries, trustedEntry{name, text})
	}
}

// named is the document with a name or, where that is no name, with a hash; with or without "sha256:" before it.
func (t *Trusted) named(name string) (string, bool) {
	if t == nil {
		return "", false
	}
	plain := strings.TrimPrefix(name, "sha256:")
	for _, known := range []string{t.texts[name], t.texts[plain], t.hashed[plain]} {
		if known != "" {
			return known, true
		}
	}
	return "", false
}

// has says whether a document is trusted.
func (t *Trusted) has(text string) bool {
	_, ok := t.document(text)
	return ok
}

// document is a trusted document, ready to be executed.
func (t *Trusted) document(text string) (document, bool) {
	if t == nil {
		return document{}, false
	}
	doc, ok := t.ready[text]
	return doc, ok
}

// Len is how many documents there are.
func (t *Trusted) Len() int {
	if t == nil {
		return 0
	}
	return len(t.texts)
}

package transport

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/99designs/gqlgen/graphql"
)

// These are all that is ever said of a body that cannot be read: what is wrong, never what was there.
var (
	errNotJSON   = badRequest("The body must be one JSON object in UTF-8, with nothing behind it.")
	errQuery     = badRequest("query must be a string that holds a GraphQL document.")
	errName      = badRequest("operationName must be a string or null.")
	errVariables = badRequest("variables must be an object or null.")
	errExtension = badRequest("extensions must be an object or null.")
	errDocument  = badRequest("documentId must be a string or null.")
	errPersisted = badRequest("The extension persistedQuery has version 1 and sha256Hash, a string.")
	errValues    = badRequest("variables hold too many values.")
	errTwice     = badRequest("query, operationName, variables extensions and documentId may each stand there only once.")
)

// maxValues is about how many values variables may hold: each becomes many times its bytes, and no argument takes so many.
const maxValues = 10_000

// decodeParams reads the parameters of a GraphQL request: one JSON object, whose other keys are ignored.
func decodeParams(body []byte) (*Request, error) {
	params, seen := &Request{}, map[string]bool{}
	err := eachField(body, func(name string, value json.RawMessage) error {
		switch name {
		case "query", "operationName", "variables", "extensions", "documentId":
			if seen[name] {
				return errTwice
			}
			seen[name] = true
			return setParam(params, name, value)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return params, params.complete()
}

// Request is what a caller wants executed: a document, or the name of one that is known.
type Request struct {
	graphql.RawParams
	DocumentID string // names a document that was given beforehand
	Hash       string // of the extension persistedQuery: the document's SHA-256 in hexadecimal
}

// complete reads the hash of a persisted query. The error says that there is neither a document nor the name of one.
func (r *Request) complete() error {
	if persisted, ok := r.Extensions["persistedQuery"].(map[string]any); ok {
		version, _ := persisted["version"].(json.Number)
		if r.Hash, _ = persisted["sha256Hash"].(string); version != "1" || r.Hash == "" {
			return errPersisted
		}
	}
	if r.Query == "" && r.DocumentID == "" && r.Hash == "" {
		return errQuery
	}
	return nil
}

func setParam(params *Request, name string, value json.RawMessage) error {
	null := string(value) == "null"
	switch name {
	case "query":
		if null || !readInto(value, '"', &params.Query) {
			return errQuery
		}
	case "documentId":
		if !null && !readInto(value, '"', &params.DocumentID) {
			return errDocument
		}
	case "operationName":
		if !null && !readInto(value, '"', &params.OperationName) {
			return errName
		}
	case "variables":
		if bytes.Count(value, []byte{','}) > maxValues {
			return errValues
		}
		if !null && !readInto(value, '{', &params.Variables) {
			return errVariables
		}
	case "extensions":
		if !null && !readInto(value, '{', &params.Extensions) {
			return errExtension
		}
	}
	return nil
}

// readInto reads a JSON value that begins so, and numbers as they are written.
func readInto(value json.RawMessage, begins byte, into any) bool {
	if len(value) == 0 || value[0] != begins {
		return false
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	return decoder.Decode(into) == nil
}

// eachField calls field with each key and value of the one JSON object that data must be.
func eachField(data []byte, field func(name string, value json.RawMessage) error) error {
	if !utf8.Valid(data) || !json.Valid(data) {
		return errNotJSON
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	if first, err := decoder.Token(); err != nil || first != json.Delim('{') {
		return errNotJSON
	}
	for decoder.More() {
		key, err := decoder.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			return errNotJSON
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return errNotJSON
		}
		if err := field(name, value); err != nil {
			return err
		}
	}
	return nil
}

// readBody is the request's body, if it is no longer than most.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuse(http.StatusRequestEntityTooLarge, "The body is too large.")
	}
	return nil, &Refusal{Status: http.StatusBadRequest, Message: "The body could not be read to its end.", Cause: err}
}

// urlParams reads the parameters of a GET.
func urlParams(u *url.URL) (*Request, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil || !utf8.ValidString(u.RawQuery) {
		return nil, badRequest("The address could not be read.")
	}
	params := &Request{DocumentID: values.Get("documentId")}
	params.Query, params.OperationName = values.Get("query"), values.Get("operationName")
	for _, name := range []string{"query", "operationName", "variables", "extensions", "documentId"} {
		if len(values[name]) > 1 {
			return nil, errTwice
		}
		if text := values.Get(name); !utf8.ValidString(text) {
			return nil, badRequest("The address could not be read.")
		}
	}
	for _, name := range []string{"variables", "extensions"} {
		text := values.Get(name)
		if text == "" {
			continue
		}
		value := json.RawMessage(bytes.TrimSpace([]byte(text)))
		if !json.Valid(value) {
			return nil, map[string]error{"variables": errVariables, "extensions": errExtension}[name]
		}
		if err := setParam(params, name, value); err != nil {
			return nil, err
		}
	}
	return params, params.complete()
}

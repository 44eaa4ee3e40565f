package transport

import (
	"bytes"
	"context"
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
	errTwice     = badRequest("query, documentId, operationName, variables and extensions may each stand there only once.")
	errKeys      = badRequest("The body has too many keys.")
	errValues    = badRequest("The request holds too many values, or values too deep in one another.")
)

// What a body may be made of, so that a small one takes little time and memory to read.
const (
	maxKeys   = 100    // of the object that the body is, those that are ignored included
	maxValues = 10_000 // in it, whichever they are
	maxDepth  = 100    // of these in one another
)

// Request is what a caller sent beside the parameters that gqlgen knows.
type Request struct {
	DocumentID string // names the document where there is no query
	Get        bool   // it came by GET: nothing may change for it
}

type requestKey struct{}

func withRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestOf is the request that the executor is given ctx for.
func RequestOf(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}

// received is the parameters of one GraphQL request.
type received struct {
	*graphql.RawParams
	documentID string
}

// decodeParams reads the parameters of a GraphQL request: one JSON object, whose other keys are ignored.
func decodeParams(body []byte) (received, error) {
	if tooMuch(body) {
		return received{}, errValues
	}
	params, seen := received{RawParams: &graphql.RawParams{}}, map[string]bool{}
	err := eachField(body, func(name string, value json.RawMessage) error {
		switch name {
		case "query", "documentId", "operationName", "variables", "extensions":
			if seen[name] {
				return errTwice
			}
			seen[name] = true
			return params.set(name, value)
		}
		return nil
	})
	if err != nil {
		return received{}, err
	}
	return params, params.check()
}

// check says whether there is anything to execute: a document, or a name of one.
func (p *received) check() error {
	if p.Query == "" && p.documentID == "" && p.Extensions["persistedQuery"] == nil {
		return errQuery
	}
	return nil
}

func (p *received) set(name string, value json.RawMessage) error {
	null := string(value) == "null"
	switch name {
	case "query":
		if null || !readInto(value, '"', &p.Query) {
			return errQuery
		}
	case "documentId":
		if !null && !readInto(value, '"', &p.documentID) {
			return errDocument
		}
	case "operationName":
		if !null && !readInto(value, '"', &p.OperationName) {
			return errName
		}
	case "variables":
		return p.setObject(value, &p.Variables, errVariables)
	case "extensions":
		return p.setObject(value, &p.Extensions, errExtension)
	}
	return nil
}

func (p *received) setObject(value json.RawMessage, into *map[string]any, wrong error) error {
	if string(value) != "null" && !readInto(value, '{', into) {
		return wrong
	}
	return nil
}

// tooMuch says whether a JSON text would take more time and memory than any request needs.
func tooMuch(text []byte) bool {
	values, deepest := measure(text)
	return values > maxValues || deepest > maxDepth
}

// measure is about how many values a JSON text holds, never too few, and how deep they are.
func measure(text []byte) (values, deepest int) {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			values, depth = values+1, depth+1
			deepest = max(deepest, depth)
		case c == ']' || c == '}':
			depth--
		case c == ',':
			values++
		}
	}
	return values + 1, deepest
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
	for n := 0; decoder.More(); n++ {
		if n == maxKeys {
			return errKeys
		}
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
func urlParams(u *url.URL) (received, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil || !utf8.ValidString(u.RawQuery) {
		return received{}, badRequest("The address could not be read.")
	}
	params := received{
		RawParams:  &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")},
		documentID: values.Get("documentId"),
	}
	for _, name := range []string{"query", "documentId", "operationName", "variables", "extensions"} {
		if len(values[name]) > 1 {
			return received{}, errTwice
		}
		if text := values.Get(name); !utf8.ValidString(text) {
			return received{}, badRequest("The address could not be read.")
		}
	}
	for _, name := range []string{"variables", "extensions"} {
		text := values.Get(name)
		if text == "" {
			continue
		}
		value := json.RawMessage(bytes.TrimSpace([]byte(text)))
		if tooMuch(value) {
			return received{}, errValues
		}
		if !json.Valid(value) {
			return received{}, map[string]error{"variables": errVariables, "extensions": errExtension}[name]
		}
		if err := params.set(name, value); err != nil {
			return received{}, err
		}
	}
	return params, params.check()
}

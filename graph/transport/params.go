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
	errValues    = badRequest("variables hold too many values.")
	errTwice     = badRequest("query, operationName, variables and extensions may each stand there only once.")
)

// maxValues is about how many values variables may hold: each becomes many times its bytes, and no argument takes so many.
const maxValues = 10_000

// decodeParams reads the parameters of a GraphQL request: one JSON object, whose other keys are ignored.
func decodeParams(body []byte) (*graphql.RawParams, error) {
	params, seen := &graphql.RawParams{}, map[string]bool{}
	err := eachField(body, func(name string, value json.RawMessage) error {
		switch name {
		case "query", "operationName", "variables", "extensions":
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
	if params.Query == "" {
		return nil, errQuery
	}
	return params, nil
}

func setParam(params *graphql.RawParams, name string, value json.RawMessage) error {
	null := string(value) == "null"
	switch name {
	case "query":
		if null || !readInto(value, '"', &params.Query) {
			return errQuery
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
func urlParams(u *url.URL) (*graphql.RawParams, error) {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil || !utf8.ValidString(u.RawQuery) {
		return nil, badRequest("The address could not be read.")
	}
	params := &graphql.RawParams{Query: values.Get("query"), OperationName: values.Get("operationName")}
	for _, name := range []string{"query", "operationName", "variables", "extensions"} {
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
	if params.Query == "" {
		return nil, errQuery
	}
	return params, nil
}

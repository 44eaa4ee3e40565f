package transport

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
)

// encode writes an answer as JSON. There is no data key where nothing was executed, as the GraphQL specification
// has it.
func encode(response *graphql.Response) ([]byte, error) {
	var out bytes.Buffer
	out.Grow(len(response.Data) + 256)
	out.WriteByte('{')
	if len(response.Errors) > 0 {
		out.WriteString(`"errors":`)
		if err := plainJSON(&out, response.Errors); err != nil {
			return nil, err
		}
	}
	if response.Data != nil {
		if len(response.Errors) > 0 {
			out.WriteByte(',')
		}
		out.WriteString(`"data":`)
		out.Write(response.Data)
	}
	if len(response.Extensions) > 0 {
		out.WriteString(`,"extensions":`)
		if err := plainJSON(&out, response.Extensions); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// plainJSON writes a value without the escapes that only HTML needs.
func plainJSON(out *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1) // the line break that Encode adds
	return nil
}

// write sends one answer.
func write(w http.ResponseWriter, media string, status int, response *graphql.Response) {
	body, err := encode(response)
	if err != nil {
		panic(err)
	}
	if media == "" {
		media = mediaJSON // for errors that have to be told to somebody who takes neither
	}
	header := w.Header()
	header.Set("Content-Type", media+"; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Add("Vary", "Accept")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who has gone does not mind
}

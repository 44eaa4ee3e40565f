package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Answers answers whole queries, which those who ask the same at once may share.
type Answers interface {
	// Join is the answer to a POST with this body, where it is kept or on its way for somebody who may see as much, and
	// waits for that; nil where the request has to be read and run.
	Join(ctx context.Context, header http.Header, body []byte) *Answer
	// Ask runs a query, or joins who runs it already. body is what it came as; nil for not in a body of its own.
	Ask(ctx context.Context, operation *graphql.OperationContext, body []byte) *Answer
}

// Answer is a response that is written as JSON once, and compressed once in each way, for all who get it. It is not
// changed.
type Answer struct {
	Response *graphql.Response
	text     []byte

	mu         sync.Mutex
	compressed map[string][]byte // by encoding
}

// NewAnswer writes a response.
func NewAnswer(response *graphql.Response) *Answer {
	text, err := encode(response)
	if err != nil {
		panic(err)
	}
	return &Answer{Response: response, text: text}
}

// Size is about how many bytes the answer takes.
func (a *Answer) Size() int { return len(a.text) }

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

// in is the answer's text in an encoding. It is made when somebody wants it first.
func (a *Answer) in(encoding string, c *compressor) []byte {
	a.mu.Lock()
	defer a.mu.Unlock()
	if text, ok := a.compressed[encoding]; ok {
		return text
	}
	if a.compressed == nil {
		a.compressed = map[string][]byte{}
	}
	a.compressed[encoding] = c.compress(encoding, a.text)
	return a.compressed[encoding]
}

// write sends one answer, in an encoding that the caller takes; as it is where none will do.
func (h *Handler) write(w http.ResponseWriter, r *http.Request, media string, status int, a *Answer) {
	if media == "" {
		media = mediaJSON // for errors that have to be told to somebody who takes neither
	}
	header, body := w.Header(), a.text
	if len(body) >= worthCompressing {
		if encoding := encodingFor(r.Header["Accept-Encoding"]); encoding != "" {
			header["Content-Encoding"] = []string{encoding}
			body = a.in(encoding, h.compressor)
		}
	}
	header["Content-Type"] = []string{media + "; charset=utf-8"}
	header["Content-Length"] = []string{strconv.Itoa(len(body))}
	header["Cache-Control"] = []string{"no-store"}
	header["X-Content-Type-Options"] = []string{"nosniff"}
	header["Vary"] = append(header["Vary"], "Accept, Accept-Encoding")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who has gone does not mind
}

package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// What an answer may take at most.
const (
	maxHead = 64 << 10
	maxBody = 64 << 20
)

var (
	errHead   = errors.New("the answer's head cannot be read")
	errChunk  = errors.New("a chunk of the answer cannot be read")
	errLarge  = errors.New("the answer is too large")
	errLength = errors.New("the answer says neither its length nor that it comes in chunks")
)

// Reader reads HTTP/1.1 answers from one connection. It knows just what servers of JSON send, for it shares the
// processor with what is measured: its buffers are used again, and no header is kept.
type Reader struct {
	from       io.Reader
	buf        []byte
	start, end int    // what was read and is not yet used
	body       []byte // of an answer in chunks
}

// NewReader makes a reader of the answers on a connection.
func NewReader(from io.Reader) *Reader { return &Reader{from: from, buf: make([]byte, 64<<10)} }

// Next reads an answer. The body is good until the next call. At the end, before an answer begins, the error is io.EOF.
func (r *Reader) Next() (status int, body []byte, err error) {
	head, err := r.head()
	if err != nil {
		return 0, nil, err
	}
	status, length, chunked, err := parseHead(head)
	switch {
	case err != nil:
		return 0, nil, err
	case chunked:
		body, err = r.chunks()
	case length < 0 && status != 204 && status != 304:
		return status, nil, errLength
	default:
		body, err = r.take(max(length, 0))
	}
	return status, body, err
}

// head is everything up to the empty line.
func (r *Reader) head() ([]byte, error) {
	seen := 0
	for {
		have := r.buf[r.start:r.end]
		if i := bytes.Index(have[seen:], []byte("\r\n\r\n")); i >= 0 {
			head := have[:seen+i+2] // with the end of its last line
			r.start += seen + i + 4
			return head, nil
		}
		seen = max(len(have)-3, 0)
		if len(have) > maxHead {
			return nil, errHead
		}
		if err := r.fill(); err != nil {
			if err == io.EOF && len(have) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// fill reads more, whatever there is.
func (r *Reader) fill() error {
	if r.start == r.end {
		r.start, r.end = 0, 0
	}
	if r.end == len(r.buf) {
		r.makeRoom()
	}
	n, err := r.from.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}

// makeRoom has place behind what is not yet used. The buffer grows with what came, whatever length was announced.
func (r *Reader) makeRoom() {
	into := r.buf
	if r.start == 0 {
		into = make([]byte, 2*len(r.buf))
	}
	r.end = copy(into, r.buf[r.start:r.end])
	r.buf, r.start = into, 0
}

// take is the next n bytes.
func (r *Reader) take(n int) ([]byte, error) {
	for r.end-r.start < n {
		if err := r.fill(); err != nil {
			return nil, unexpected(err)
		}
	}
	r.start += n
	return r.buf[r.start-n : r.start], nil
}

// line is what comes before the next end of a line.
func (r *Reader) line() ([]byte, error) {
	seen := 0
	for {
		have := r.buf[r.start:r.end]
		if i := bytes.Index(have[seen:], []byte("\r\n")); i >= 0 {
			r.start += seen + i + 2
			return have[:seen+i], nil
		}
		seen = max(len(have)-1, 0)
		if len(have) > maxHead {
			return nil, errChunk
		}
		if err := r.fill(); err != nil {
			return nil, unexpected(err)
		}
	}
}

// chunks puts a body in chunks together.
func (r *Reader) chunks() ([]byte, error) {
	r.body = r.body[:0]
	for {
		line, err := r.line()
		if err != nil {
			return nil, err
		}
		digits, _, _ := bytes.Cut(line, []byte(";"))
		size, err := strconv.ParseUint(string(bytes.TrimSpace(digits)), 16, 31)
		if err != nil {
			return nil, errChunk
		}
		if size == 0 {
			break
		}
		if len(r.body)+int(size) > maxBody {
			return nil, errLarge
		}
		chunk, err := r.take(int(size) + 2)
		if err != nil {
			return nil, err
		}
		if !bytes.HasSuffix(chunk, []byte("\r\n")) {
			return nil, errChunk
		}
		r.body = append(r.body, chunk[:size]...)
	}
	for { // trailers, then an empty line
		line, err := r.line()
		if err != nil || len(line) == 0 {
			return r.body, err
		}
	}
}

// parseHead reads the status line and the two headers that say where the body ends.
func parseHead(head []byte) (status, length int, chunked bool, err error) {
	line, rest, _ := bytes.Cut(head, []byte("\r\n"))
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return 0, 0, false, errHead
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil || status < 200 {
		return 0, 0, false, errHead
	}
	length = -1
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\r\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return 0, 0, false, errHead
		}
		switch value = bytes.TrimSpace(value); {
		case bytes.EqualFold(name, []byte("Content-Length")):
			n, err := strconv.ParseUint(string(value), 10, 31)
			if err != nil || n > maxBody {
				return 0, 0, false, fmt.Errorf("%w: its length", errHead)
			}
			length = int(n)
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			chunked = bytes.EqualFold(value, []byte("chunked"))
		}
	}
	return status, length, chunked, nil
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

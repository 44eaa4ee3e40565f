package transport

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func TestEncodingFor(t *testing.T) {
	for _, test := range []struct {
		want    string
		accepts []string
	}{
		{"", nil},
		{"", []string{""}},
		{"", []string{"identity"}},
		{"", []string{"br, deflate, compress"}},
		{"gzip", []string{"gzip"}},
		{"gzip", []string{"gzip, deflate, br"}},
		{"zstd", []string{"gzip, deflate, br, zstd"}},
		{"zstd", []string{"zstd;q=0.5, gzip;q=0.5"}},
		{"gzip", []string{"zstd;q=0.5, gzip;q=0.6"}},
		{"gzip", []string{"zstd;q=0, gzip;q=0.001"}},
		{"", []string{"zstd;q=0, gzip;q=0"}},
		{"", []string{"gzip;q=0.0"}},
		{"zstd", []string{"*"}},
		{"", []string{"*;q=0"}},
		{"gzip", []string{"*, zstd;q=0"}},
		{"zstd", []string{"gzip;q=0, *;q=0.1"}},
		{"gzip", []string{"gzip, *;q=0"}},
		{"zstd", []string{"gzip", "zstd"}},
		{"gzip", []string{"GZip"}},
		{"", []string{"gzip;Q=0"}},
		{"", []string{"gzip;\tq=0"}},
		{"", []string{"gzip ; q = 0"}},
		{"gzip", []string{" gzip ;q=1"}},
		{"", []string{"gzip;q=2"}},
		{"", []string{"gzip;q=-1"}},
		{"", []string{"gzip;q=x"}},
		{"", []string{"gzip;q=NaN"}},
		{"", []string{";q=1"}},
		{"", []string{",,,"}},
	} {
		if got := encodingFor(test.accepts); got != test.want {
			t.Errorf("%q is answered in %q, want %q", test.accepts, got, test.want)
		}
	}
}

// Whatever the header is, the encoding is one that it names, or it has an asterisk.
func FuzzEncodingFor(f *testing.F) {
	for _, seed := range []string{"", "gzip", "zstd;q=0.5, gzip;q=0.6", "*;q=0", "gzip;q=1e400", ";;=,", "GZIP;Q=0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accepts string) {
		switch got := encodingFor([]string{accepts}); got {
		case "":
		case encodingGzip, encodingZstd:
			if lower := strings.ToLower(accepts); !strings.Contains(lower, got) && !strings.Contains(lower, "*") {
				t.Errorf("%q is answered in %s", accepts, got)
			}
		default:
			t.Errorf("%q is answered in %q", accepts, got)
		}
	})
}

// decoded is a body as it was before it was encoded.
func decoded(t *testing.T, encoding string, body []byte) string {
	t.Helper()
	var from io.Reader = bytes.NewReader(body)
	var err error
	switch encoding {
	case encodingGzip:
		from, err = gzip.NewReader(from)
	case encodingZstd:
		var reader *zstd.Decoder
		if reader, err = zstd.NewReader(from, zstd.WithDecoderMaxMemory(8<<20)); err == nil { // what browsers allow
			defer reader.Close()
			from = reader
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Answers from 1 KiB on are compressed as the caller likes it, smaller ones are not, and all of them say what they depend on.
func TestAnswersAreCompressed(t *testing.T) {
	h := New(Options{MaxSockets: 1, MaxStreams: 1})
	frame := NewAnswer(&graphql.Response{Data: []byte(`""`)}).Size()
	for _, size := range []int{0, 100, worthCompressing - 1, worthCompressing, worthCompressing + 1, 100_000, 3 << 20} {
		answer := NewAnswer(&graphql.Response{Data: []byte(strconv.Quote(strings.Repeat("Zürich ok ", size/10+1)[:max(size-frame, 0)]))})
		for _, accepts := range []string{"", "gzip", "zstd", "gzip, zstd", "identity", "br"} {
			want := ""
			if len(answer.text) >= worthCompressing {
				want = encodingFor([]string{accepts})
			}
			for range 2 { // the second time it is there already
				r, w := httptest.NewRequest("POST", "/", nil), httptest.NewRecorder()
				r.Header.Set("Accept-Encoding", accepts)
				w.Header().Set("Vary", "Origin")
				h.write(w, r, mediaJSON, http.StatusOK, answer)
				header := w.Header()
				if got := header.Get("Content-Encoding"); got != want {
					t.Errorf("%d bytes for %q came in %q", len(answer.text), accepts, got)
				}
				if header.Get("Content-Length") != strconv.Itoa(w.Body.Len()) || strings.Join(header["Vary"], ", ") != "Origin, Accept, Accept-Encoding" {
					t.Errorf("%d bytes for %q: %v", w.Body.Len(), accepts, header)
				}
				if text := decoded(t, want, w.Body.Bytes()); text != string(answer.text) {
					t.Errorf("%d bytes for %q are not what was answered", len(answer.text), accepts)
				}
			}
		}
	}
}

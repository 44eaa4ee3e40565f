package transport

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// worthCompressing is how many bytes an answer has at least that is compressed: a smaller one fits into a packet.
const worthCompressing = 1 << 10

// The encodings of answers.
const (
	encodingGzip = "gzip"
	encodingZstd = "zstd"
)

// encodingFor is how somebody wants an answer who sent these Accept-Encoding headers: zstd where it is liked as much as
// gzip, since it takes less time; empty for as it is.
func encodingFor(accepts []string) string {
	if len(accepts) == 0 {
		return ""
	}
	quality := map[string]float64{}
	for _, line := range accepts {
		for part := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(strings.ToLower(part), ";")
			q := 1.0
			if value, ok := strings.CutPrefix(strings.Join(strings.Fields(params), ""), "q="); ok {
				var err error
				if q, err = strconv.ParseFloat(value, 64); err != nil || q < 0 || q > 1 {
					continue
				}
			}
			quality[strings.TrimSpace(name)] = q
		}
	}
	of := func(name string) float64 {
		if q, told := quality[name]; told {
			return q
		}
		return quality["*"]
	}
	switch zstd, gzip := of(encodingZstd), of(encodingGzip); {
	case zstd > 0 && zstd >= gzip:
		return encodingZstd
	case gzip > 0:
		return encodingGzip
	}
	return ""
}

// compressor compresses answers. The fast levels do: the network that an answer crosses is faster than the slow ones.
type compressor struct {
	zstd *zstd.Encoder // of which EncodeAll may be called by many at once
	gzip sync.Pool     // of *gzip.Writer: each takes a megabyte
}

func newCompressor() *compressor {
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
	if err != nil {
		panic(err) // the options are right
	}
	return &compressor{zstd: encoder, gzip: sync.Pool{New: func() any {
		writer, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic(err) // the level exists
		}
		return writer
	}}}
}

func (c *compressor) compress(encoding string, text []byte) []byte {
	if encoding == encodingZstd {
		return c.zstd.EncodeAll(text, make([]byte, 0, len(text)/4))
	}
	var out bytes.Buffer
	out.Grow(len(text) / 4)
	writer := c.gzip.Get().(*gzip.Writer)
	defer c.gzip.Put(writer)
	writer.Reset(&out)
	_, err := writer.Write(text)
	if err == nil {
		err = writer.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

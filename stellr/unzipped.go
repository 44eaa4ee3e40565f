package stellr

import (
	"compress/gzip"
	"io"
)

// unzipped is the body of an answer that came packed. Its first reading fails where it is no gzip.
type unzipped struct {
	packed io.ReadCloser
	reader *gzip.Reader
}

func (u *unzipped) Read(to []byte) (int, error) {
	if u.reader == nil {
		reader, err := gzip.NewReader(u.packed)
		if err != nil {
			return 0, err
		}
		u.reader = reader
	}
	return u.reader.Read(to)
}

// Close closes the packed body.
func (u *unzipped) Close() error { return u.packed.Close() }

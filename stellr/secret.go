package stellr

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a text that prints, logs and marshals as [redacted]. Convert it to string to use it.
type Secret string

// String is [redacted], or nothing for an empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString is what %#v prints: the same.
func (s Secret) GoString() string { return s.String() }

// Format is what every verb of package fmt prints: the same.
func (s Secret) Format(out fmt.State, _ rune) { io.WriteString(out, s.String()) }

// MarshalText is what encoders write: the same.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON is what json.Marshal writes: the same, as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// LogValue is what slog writes: the same.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// newLogger writes the log to w: as text or JSON, or by what w is when format is empty. What is not printable is escaped,
// so that nothing a caller sends can look like a line of its own, or tell a terminal what to do.
func newLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == logText || format == "" && isTerminal(w) {
		return slog.New(withRequest{slog.NewTextHandler(w, options)})
	}
	return slog.New(withRequest{slog.NewJSONHandler(printable{w}, options)})
}

// printable escapes what slog leaves as it is in JSON and terminals may obey: the control characters from U+007F on, and
// what turns the direction of text. In JSON such characters stand in texts only. (As text, slog quotes them all.)
type printable struct{ to io.Writer }

// Write writes one line.
func (p printable) Write(line []byte) (int, error) {
	rest := bytes.TrimSuffix(line, []byte("\n"))
	if bytes.IndexFunc(rest, unprintable) < 0 {
		return p.to.Write(line)
	}
	escaped := make([]byte, 0, len(line)+64)
	for _, r := range string(rest) {
		if !unprintable(r) {
			escaped = utf8.AppendRune(escaped, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			escaped = fmt.Appendf(escaped, `\u%04x`, unit)
		}
	}
	if _, err := p.to.Write(append(escaped, '\n')); err != nil {
		return 0, err
	}
	return len(line), nil
}

func unprintable(r rune) bool { return !strconv.IsPrint(r) }

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// withRequest adds the number of the request that a line belongs to.
type withRequest struct{ slog.Handler }

// Handle writes one line.
func (h withRequest) Handle(ctx context.Context, line slog.Record) error {
	if id := requestID(ctx); id != "" {
		line.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, line)
}

// WithAttrs is the same handler with more attributes.
func (h withRequest) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withRequest{h.Handler.WithAttrs(attrs)}
}

// WithGroup is the same handler with its attributes in a group.
func (h withRequest) WithGroup(name string) slog.Handler {
	return withRequest{h.Handler.WithGroup(name)}
}

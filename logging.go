package main

import (
	"context"
	"io"
	"log/slog"
	"os"
)

// newLogger writes the log to w: as text or JSON, or by what w is when format is empty. Both escape what is not
// printable, so that nothing a caller sends can look like a line of its own.
func newLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == logText || format == "" && isTerminal(w) {
		return slog.New(withRequest{slog.NewTextHandler(w, options)})
	}
	return slog.New(withRequest{slog.NewJSONHandler(w, options)})
}

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

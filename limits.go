package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"stellr-gateway/graph"
)

// limits is what `limits` of gateway.yaml bounds, but for what the client of Stellr has in its own configuration.
type limits struct {
	graph       graph.Limits
	requests    int   // operations under way
	memory      int64 // bytes
	headerWait  time.Duration
	headerBytes int
	bodyWait    time.Duration
	idleWait    time.Duration
	stopWait    time.Duration
	initWait    time.Duration
	ping        time.Duration
	writeWait   time.Duration
}

// limitSettings is every key of `limits`. Numbers are numbers; sizes are bytes or have KiB or MiB behind them;
// durations are 500ms or 30s.
func (c *config) limitSettings() []setting {
	g, l, s, w := &c.limits.graph, &c.limits, &c.stellr, &c.writes
	const most = 1 << 30
	return []setting{
		{name: "body", fallback: "256KiB", set: size(&g.Body, 1<<10, most), does: "body of a request"},
		{name: "query", fallback: "16KiB", set: size(&g.Query, 1<<8, most), does: "text of an operation"},
		{name: "tokens", fallback: "1000", set: number(&g.Tokens, 10, most), does: "words and signs of an operation; introspection needs 184"},
		{name: "depth", fallback: "12", set: number(&g.Depth, 1, 1000), does: "fields inside one another, introspection aside"},
		{name: "aliases", fallback: "20", set: number(&g.Aliases, 1, most), does: "fields under another name"},
		{name: "root_fields", fallback: "20", set: number(&g.RootFields, 1, most), does: "fields of the root"},
		{name: "directives", fallback: "10", set: number(&g.Directives, 1, most), does: "uses of directives"},
		{name: "same_key", fallback: "10", set: number(&g.SameKey, 1, most), does: "fields in one place of the answer under one key"},
		{name: "selections", fallback: "2000", set: number(&g.Selections, 10, most), does: "fields and fragments, each fragment as often as it is used"},
		{name: "described", fallback: "500000", set: number(&g.Described, 1000, 100_000_000), does: "values in the answer to an introspection, as estimated"},
		{name: "errors", fallback: "10", set: number(&g.Errors, 1, 1000), does: "errors in an answer"},
		{name: "cost", fallback: "1000", set: number(&g.Cost, 1, 1_000_000), does: "points that an operation may cost, as estimated: a request to Stellr each, or a hundred records"},
		{name: "persisted", fallback: "1000", set: number(&g.Persisted, 1, 1_000_000), does: "documents that callers may name by their hash afterwards (APQ)"},
		{name: "persisted_bytes", fallback: "8MiB", set: size(&g.PersistedBytes, 1<<10, most), does: "these documents together"},
		{name: "message", fallback: "64KiB", set: size(&g.Message, 1<<10, most), does: "a WebSocket message"},
		{name: "streams", fallback: "20", set: number(&g.Streams, 1, 10_000), does: "operations at once on one WebSocket"},
		{name: "sockets", fallback: "10", set: number(&g.Sockets, 1, 100_000), does: "WebSockets of one caller"},
		{name: "requests", fallback: "512", set: number(&l.requests, 1, 1_000_000), does: "operations under way at once, of all callers together; further ones are `OVERLOADED`"},
		{name: "memory", fallback: "1024MiB", set: size(&l.memory, 64<<20, 1<<40), does: "memory of the process, where `GOMEMLIMIT` does not say; new operations are `OVERLOADED` when four fifths are in use"},
		{name: "init_wait", fallback: "5s", set: duration(&l.initWait, time.Millisecond, time.Hour), does: "until a WebSocket's `connection_init` is there"},
		{name: "ping", fallback: "20s", set: duration(&l.ping, time.Millisecond, time.Hour), does: "between signs of life on WebSockets and event streams"},
		{name: "write_wait", fallback: "10s", set: duration(&l.writeWait, time.Millisecond, time.Hour), does: "until a caller who does not read, on one of these or 64 KiB of an answer, is given up"},
		{name: "header_wait", fallback: "5s", set: duration(&l.headerWait, time.Millisecond, time.Hour), does: "until a request's headers are there"},
		{name: "header_bytes", fallback: "16KiB", set: size(&l.headerBytes, 1<<10, 1<<20), does: "headers of a request"},
		{name: "body_wait", fallback: "10s", set: duration(&l.bodyWait, time.Millisecond, time.Hour), does: "until a request's body is there"},
		{name: "idle_wait", fallback: "75s", set: duration(&l.idleWait, time.Millisecond, time.Hour), does: "a connection without requests is kept"},
		{name: "stop_wait", fallback: "25s", set: duration(&l.stopWait, 0, time.Hour), does: "requests under way may take to finish when the gateway stops"},
		{name: "stellr_connect", fallback: "2s", set: duration(&s.ConnectTimeout, time.Millisecond, time.Hour), does: "to connect to Stellr, and again for TLS"},
		{name: "stellr_read", fallback: "15s", set: duration(&s.ReadTimeout, time.Millisecond, time.Hour), does: "one request to Stellr that reads"},
		{name: "stellr_write", fallback: "30s", set: duration(&s.WriteTimeout, time.Millisecond, time.Hour), does: "one request to Stellr that writes"},
		{name: "stellr_token", fallback: "5s", set: duration(&s.TokenTimeout, time.Millisecond, time.Hour), does: "one request for a token"},
		{name: "stellr_answer", fallback: "8MiB", set: size(&s.MaxAnswer, 1<<10, most), does: "an answer of Stellr's, decompressed"},
		{name: "stellr_attempts", fallback: "3", set: number(&s.ReadAttempts, 1, 10), does: "tries of a read, the first included"},
		{name: "stellr_retry_delay", fallback: "50ms", set: duration(&s.RetryDelay, time.Millisecond, time.Minute), does: "the longest first wait before another try; each further one is up to twice as long"},
		{name: "stellr_throttle_wait", fallback: "1s", set: duration(&s.ThrottleWait, time.Millisecond, time.Minute), does: "the same when Stellr throttles and does not say how long to wait"},
		{name: "stellr_retry_budget", fallback: "0.2", set: number(&s.RetryBudget, 0.001, 1), does: "the share of requests that may be repetitions"},
		{name: "breaker_share", fallback: "0.5", set: number(&s.BreakerShare, 0.01, 1), does: "the share of failures that makes the gateway leave Stellr alone"},
		{name: "breaker_requests", fallback: "20", set: number(&s.BreakerRequests, 1, 1_000_000), does: "the fewest requests that this share is taken of"},
		{name: "breaker_window", fallback: "10s", set: duration(&s.BreakerWindow, time.Millisecond, time.Hour), does: "the time that it is taken over"},
		{name: "breaker_pause", fallback: "30s", set: duration(&s.BreakerPause, time.Millisecond, time.Hour), does: "how long Stellr is left alone before one request tries again"},
		{name: "follow_first", fallback: "2s", set: duration(&w.FirstLook, time.Millisecond, time.Hour), does: "until an operation is looked at for the first time"},
		{name: "follow_seldom", fallback: "1m", set: duration(&w.SeldomLook, time.Millisecond, time.Hour), does: "the longest time between two looks at an operation"},
		{name: "follow_for", fallback: "72h", set: duration(&w.FollowFor, time.Second, 10_000*time.Hour), does: "an operation is followed; then its command is read back"},
		{name: "follow_missing", fallback: "10m", set: duration(&w.MissingAfter, time.Millisecond, 100*time.Hour), does: "an operation that Stellr does not know is waited for; then its command is read back"},
		{name: "read_back", fallback: "5s,30s,2m,10m,1h", set: durations(&w.ReadBack, time.Millisecond, 100*time.Hour), does: "before each reading of what became of a write whose answer never came"},
		{name: "duplicates", fallback: "10m", set: duration(&w.Duplicates, time.Millisecond, 100*time.Hour), does: "within which an identical purchase under another key is suspected to be a mistake"},
	}
}

// setLimits sets what given holds, and the rest to its fallback.
func (c *config) setLimits(given map[string]any) error {
	return setAll("limit", c.limitSettings(), given)
}

// setAll sets what given holds, and the rest to its fallback. kind is what they are called.
func setAll(kind string, settings []setting, given map[string]any) error {
	var problems []error
	left := maps.Clone(given)
	for _, s := range settings {
		value := s.fallback
		raw, ok := left[s.name]
		delete(left, s.name)
		err := error(nil)
		if ok {
			value, err = word(raw)
		}
		if err == nil {
			err = s.set(value)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", s.name, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		problems = append(problems, fmt.Errorf("there is no %s %q", kind, name))
	}
	return errors.Join(problems...)
}

// word is a value of the file as it would stand in an environment variable.
func word(raw any) (string, error) {
	switch raw.(type) {
	case string, bool, int64, uint64, float64:
		return fmt.Sprint(raw), nil
	}
	return "", errors.New("it must be one word or number")
}

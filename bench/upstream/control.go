package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Request is one request that the upstream answered.
type Request struct {
	Path       string // with its query
	Start, End time.Time
}

// requestLog keeps requests while it is on.
type requestLog struct {
	on   atomic.Bool
	mu   sync.Mutex
	kept []Request
}

func (l *requestLog) add(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, r)
}

func (l *requestLog) take() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.kept
	l.kept = nil
	return kept
}

// control is for the benchmark itself: it costs no latency and is not counted.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	var answer any
	switch r.URL.Path {
	case "/control/counts":
		answer = s.countsNow()
	case "/control/reset":
		for _, count := range s.counts {
			count.Store(0)
		}
	case "/control/watch":
		s.log.take()
		s.log.on.Store(true)
	case "/control/watched":
		s.log.on.Store(false)
		answer = s.log.take()
	default:
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *Server) countsNow() Counts {
	counts := Counts{}
	for action, count := range s.counts {
		if n := count.Load(); n > 0 {
			counts[string(action)] = n
		}
	}
	return counts
}

// Counts is how often each action was asked for.
type Counts map[string]int64

// Total is all of them together, without the token.
func (c Counts) Total() int64 {
	var total int64
	for action, n := range c {
		if action != string(actionToken) {
			total += n
		}
	}
	return total
}

// Control speaks to an upstream in another process.
type Control struct{ Address string }

// Reset begins to count anew.
func (c Control) Reset(ctx context.Context) error { return c.ask(ctx, "reset", nil) }

// Counts is what was asked for since the last Reset.
func (c Control) Counts(ctx context.Context) (Counts, error) {
	counts := Counts{}
	err := c.ask(ctx, "counts", &counts)
	return counts, err
}

// Watch keeps each request from now on.
func (c Control) Watch(ctx context.Context) error { return c.ask(ctx, "watch", nil) }

// Watched ends Watch, and is what was asked for since.
func (c Control) Watched(ctx context.Context) ([]Request, error) {
	var requests []Request
	err := c.ask(ctx, "watched", &requests)
	return requests, err
}

func (c Control) ask(ctx context.Context, what string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+c.Address+"/control/"+what, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("the upstream's control: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New("the upstream's control: " + response.Status)
	}
	if into == nil {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	return json.NewDecoder(response.Body).Decode(into)
}

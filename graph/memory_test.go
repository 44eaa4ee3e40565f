package graph_test

import (
	"context"
	"sync"
	"time"

	"stellr-gateway/internal/journal"
)

// memory is a journal that costs nothing, keeps nothing and knows only keys: what a real one adds to a write's time is
// measured against it. What it is not asked for by such a write it does not have.
type memory struct {
	journal.Journal
	mu   sync.Mutex
	keys map[string]*journal.Command
}

func (m *memory) ByKey(_ context.Context, _, organization, action, key string) (*journal.Command, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.keys[organization+action+key], nil
}

func (m *memory) Claim(_ context.Context, c *journal.Command, _ journal.Check) (journal.Verdict, *journal.Command, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := c.Organization + c.Action + c.Key
	if other := m.keys[name]; other != nil {
		return journal.Taken, other, nil
	}
	copied := *c
	m.keys[name], c.Version = &copied, 1
	return journal.Won, nil, nil
}

func (m *memory) Mark(context.Context, string, string, string) (int64, error) { return 0, nil }

func (m *memory) Save(_ context.Context, c *journal.Command) error {
	c.Version++
	return nil
}

func (m *memory) Take(context.Context, string, string, time.Time, time.Duration, int) ([]*journal.Command, error) {
	return nil, nil
}

func (m *memory) NextDue(context.Context, string) (time.Time, error) { return time.Time{}, nil }

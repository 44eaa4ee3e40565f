package graph_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"stellr-gateway/internal/journal"
)

// memory is a journal that costs nothing and keeps nothing: what is added to a write's time by a real one is measured
// against it.
type memory struct {
	mu  sync.Mutex
	all []*journal.Command // in the order of their claims
}

func clone(c *journal.Command) *journal.Command {
	raw, _ := json.Marshal(c)
	own := new(journal.Command)
	_ = json.Unmarshal(raw, own)
	return own
}

func (m *memory) find(pass func(*journal.Command) bool) *journal.Command {
	for _, c := range slices.Backward(m.all) {
		if pass(c) {
			return clone(c)
		}
	}
	return nil
}

func (m *memory) Look(_ context.Context, c *journal.Command, check journal.Check) (journal.Verdict, *journal.Command, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	verdict, other := m.look(c, check)
	return verdict, other, nil
}

func (m *memory) look(c *journal.Command, check journal.Check) (journal.Verdict, *journal.Command) {
	taken := m.find(func(o *journal.Command) bool {
		return c.Key != "" && !o.Released && o.Account == c.Account && o.Organization == c.Organization && o.Action == c.Action && o.Key == c.Key
	})
	if taken != nil {
		return journal.Taken, taken
	}
	blocking := m.find(func(o *journal.Command) bool {
		return c.Spends && o.Spends && o.Status == journal.Unknown && o.Account == c.Account && o.CustomerNo == c.CustomerNo &&
			(common(o.ProductIDs, c.ProductIDs) || common(o.SubscriptionIDs, c.SubscriptionIDs))
	})
	if blocking != nil {
		return journal.Blocked, blocking
	}
	duplicate := m.find(func(o *journal.Command) bool {
		return c.Spends && !check.DuplicatesSince.IsZero() && !o.CreatedAt.Before(check.DuplicatesSince) && o.Account == c.Account && o.Organization == c.Organization &&
			o.Action == c.Action && o.InputHash == c.InputHash && o.Status != journal.Rejected && o.Status != journal.Failed
	})
	if duplicate != nil {
		return journal.Duplicate, duplicate
	}
	beside := func(o *journal.Command) bool {
		return !check.ReadAt.IsZero() && len(c.SubscriptionIDs) > 0 && len(o.SubscriptionIDs) > 0 && o.Account == c.Account &&
			o.CustomerNo == c.CustomerNo && o.SubscriptionIDs[0] == c.SubscriptionIDs[0]
	}
	if busy := m.find(func(o *journal.Command) bool { return beside(o) && o.InFlight() }); busy != nil {
		return journal.Busy, busy
	}
	if outdated := m.find(func(o *journal.Command) bool {
		return beside(o) && !o.DispatchedAt.IsZero() && o.ChangedAt.After(check.ReadAt)
	}); outdated != nil {
		return journal.Outdated, outdated
	}
	return journal.Free, nil
}

func common(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

func (m *memory) Claim(_ context.Context, c *journal.Command, check journal.Check) (journal.Verdict, *journal.Command, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if verdict, other := m.look(c, check); verdict != journal.Free {
		return verdict, other, nil
	}
	c.Version = 1
	m.all = append(m.all, clone(c))
	return journal.Won, nil, nil
}

func (m *memory) Save(_ context.Context, c *journal.Command) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.all, func(o *journal.Command) bool { return o.ID == c.ID })
	if i < 0 || m.all[i].Version != c.Version {
		return journal.ErrStale
	}
	c.Version++
	m.all[i] = clone(c)
	return nil
}

func (m *memory) get(pass func(*journal.Command) bool) (*journal.Command, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.find(pass), nil
}

func (m *memory) Get(_ context.Context, account, id string) (*journal.Command, error) {
	return m.get(func(c *journal.Command) bool { return c.Account == account && c.ID == id })
}

func (m *memory) ByKey(_ context.Context, account, organization, action, key string) (*journal.Command, error) {
	return m.get(func(c *journal.Command) bool {
		return c.Account == account && c.Key == key && (organization == "" || c.Organization == organization) && (action == "" || c.Action == action)
	})
}

func (m *memory) ByOperation(_ context.Context, account, operationID string) (*journal.Command, error) {
	return m.get(func(c *journal.Command) bool {
		return c.Account == account && slices.ContainsFunc(c.Operations, func(o journal.Operation) bool { return o.OperationID == operationID })
	})
}

func (m *memory) List(_ context.Context, f journal.Filter, p journal.Page) ([]*journal.Command, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var page []*journal.Command
	for _, c := range slices.Backward(m.all) {
		if matches(c, f) && (p.After == "" || c.ID < p.After) && len(page) < p.Limit {
			page = append(page, clone(c))
		}
	}
	return page, nil
}

func matches(c *journal.Command, f journal.Filter) bool {
	is := func(wanted, value string) bool { return wanted == "" || wanted == value }
	return c.Account == f.Account && is(f.Organization, c.Organization) && is(f.Actor, c.Actor) && is(f.CustomerNo, c.CustomerNo) &&
		is(f.Action, c.Action) && (f.Status == "" || f.Status == c.Status) && !c.CreatedAt.Before(f.From) && (f.To.IsZero() || c.CreatedAt.Before(f.To))
}

func (m *memory) Count(ctx context.Context, f journal.Filter) (int, error) {
	all, err := m.List(ctx, f, journal.Page{Limit: 1 << 30})
	return len(all), err
}

func (m *memory) Take(_ context.Context, account, node string, now time.Time, lease time.Duration, most int) ([]*journal.Command, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var taken []*journal.Command
	for _, c := range m.all {
		if c.Account != account || c.DueAt.IsZero() || c.DueAt.After(now) || c.LeaseUntil.After(now) || len(taken) == most {
			continue
		}
		c.Node, c.LeaseUntil, c.Version = node, now.Add(lease), c.Version+1
		taken = append(taken, clone(c))
	}
	return taken, nil
}

func (m *memory) NextDue(_ context.Context, account string) (next time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.all {
		due := c.DueAt
		if c.LeaseUntil.After(due) {
			due = c.LeaseUntil
		}
		if c.Account == account && !c.DueAt.IsZero() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	return next, nil
}

func (m *memory) Check(context.Context) error { return nil }
func (m *memory) Close() error                { return nil }

package cache

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// memory is a Cache of one node.
type memory struct {
	options Options
	drops   *drops
	flights *flights
	entries *otter.Cache[string, *entry]
}

// entry is an answer that is kept.
type entry struct {
	value   any
	bytes   int
	at      time.Time // when its Fetch began
	fresh   time.Time // until when it is
	stale   time.Time // until when it may be given at all
	version Version   // of its tags, before it was fetched
	seen    atomic.Uint64
	again   atomic.Int64 // when it may be refreshed again, in Unix nanoseconds
}

// failedRefreshWaits is how long a failed refresh is not repeated.
const failedRefreshWaits = time.Second

// Memory is a cache in the memory of this process.
func Memory(o Options) Cache {
	o.setDefaults()
	return &memory{options: o, drops: newDrops(), flights: newFlights(), entries: newEntries[*entry](o)}
}

// kept is what entries hold.
type kept interface {
	weight(key string) uint32
	left(now time.Time) time.Duration
}

func newEntries[E kept](o Options) *otter.Cache[string, E] {
	return otter.Must(&otter.Options[string, E]{
		MaximumWeight: uint64(o.MaxBytes),
		Weigher:       func(key string, e E) uint32 { return e.weight(key) },
		ExpiryCalculator: otter.ExpiryWritingFunc(func(e otter.Entry[string, E]) time.Duration {
			return max(e.Value.left(o.Now()), 1)
		}),
	})
}

// weight is about how many bytes of memory it takes: a decoded value several times those it came as.
func (e *entry) weight(key string) uint32 { return uint32(min(2*e.bytes+len(key)+512, 1<<31)) }

// left is how much longer it may be given.
func (e *entry) left(now time.Time) time.Duration { return e.stale.Sub(now) }

func (m *memory) Get(ctx context.Context, q Question) (Answer, error) {
	if !q.Fresh {
		if e, now := m.find(q.Key, q.Tags), m.options.Now(); e != nil && e.stale.After(now) {
			if !e.fresh.After(now) {
				m.refresh(ctx, q, e, now)
			}
			return e.answer(now), nil
		}
	}
	answer, joined, err := m.fetch(ctx, q)
	if joined && err == nil {
		answer.Age = max(answer.Age, 1) // it began before it was asked for here
	}
	return answer, err
}

func (m *memory) Peek(key string, tags []string) (Answer, bool) {
	e := m.find(key, tags)
	if e == nil {
		return Answer{}, false
	}
	now := m.options.Now()
	if !e.fresh.After(now) {
		return Answer{}, false
	}
	return e.answer(now), true
}

// find is what is kept and was not dropped; nil for nothing. It may be too old.
func (m *memory) find(key string, tags []string) *entry {
	e, ok := m.entries.GetIfPresent(key)
	if !ok {
		return nil
	}
	all := m.drops.all()
	if e.seen.Load() == all {
		return e
	}
	if m.drops.version(tags) != e.version {
		return nil
	}
	e.seen.Store(all)
	return e
}

func (e *entry) answer(now time.Time) Answer {
	return Answer{Value: e.value, Age: max(now.Sub(e.at), 1), Left: max(e.fresh.Sub(now), 0), Kept: true}
}

// fetch asks the upstream, once for everybody who waits, and keeps the answer.
func (m *memory) fetch(ctx context.Context, q Question) (Answer, bool, error) {
	all, version := m.drops.all(), m.drops.version(q.Tags)
	return m.flights.do(ctx, place{q.Key, version}, q, func(ctx context.Context) (Answer, error) {
		began := m.options.Now()
		if e := m.find(q.Key, q.Tags); !q.Fresh && e != nil && e.fresh.After(began) {
			return e.answer(began), nil // another fetch ended since it was looked for
		}
		raw, brief, err := q.Fetch(ctx)
		if err != nil {
			return Answer{}, err
		}
		value, err := q.Decode(raw)
		if err != nil {
			return Answer{}, err
		}
		e := &entry{value: value, bytes: len(raw), at: began, version: version}
		e.seen.Store(all)
		e.live(q.Life, brief)
		now := m.options.Now()
		if e.stale.After(now) {
			m.keep(q, e)
		}
		return Answer{Value: value, Left: max(e.fresh.Sub(now), 0)}, nil
	})
}

// keep keeps an entry, unless it was dropped meanwhile or what is there began later.
func (m *memory) keep(q Question, e *entry) {
	if m.drops.version(q.Tags) != e.version {
		return
	}
	m.entries.Compute(q.Key, func(old *entry, found bool) (*entry, otter.ComputeOp) {
		if found && old.version == e.version && old.at.After(e.at) {
			return old, otter.CancelOp
		}
		return e, otter.WriteOp
	})
}

// live says until when the entry is good.
func (e *entry) live(l Life, brief bool) {
	if brief {
		l = Life{Fresh: l.Brief}
	}
	e.fresh = e.at.Add(l.Fresh)
	e.stale = e.fresh.Add(l.Stale)
}

// refresh fetches in the background what is stale, unless somebody does, or it failed a moment ago.
func (m *memory) refresh(ctx context.Context, q Question, e *entry, now time.Time) {
	again := e.again.Load()
	if again > now.UnixNano() || !e.again.CompareAndSwap(again, now.Add(m.options.RefreshFor).UnixNano()) {
		return
	}
	go func() {
		defer func() {
			if recover() != nil { // whoever asks when it is too old meets the panic
				e.again.Store(m.options.Now().Add(failedRefreshWaits).UnixNano())
			}
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.options.RefreshFor)
		defer cancel()
		if _, _, err := m.fetch(ctx, q); err != nil {
			e.again.Store(m.options.Now().Add(failedRefreshWaits).UnixNano())
		}
	}()
}

func (m *memory) Drop(_ context.Context, tags ...string) error {
	m.drops.drop(tags)
	return nil
}

func (m *memory) Version(tags ...string) Version {
	if len(tags) == 0 {
		return Version{number: m.drops.all()}
	}
	return m.drops.version(tags)
}

func (m *memory) Check(context.Context) error { return nil }

func (m *memory) Close() error {
	m.entries.InvalidateAll()
	m.entries.StopAllGoroutines()
	return nil
}

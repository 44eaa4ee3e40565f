package main

import (
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

// admission lets so many operations be under way at once, and none begin while memory is scarce: what cannot be carried
// is refused at once, so that what is under way is answered.
type admission struct {
	places chan struct{} // holds one for each operation under way
	memory *memory
	log    *slog.Logger
	now    func() time.Time

	mu   sync.Mutex
	told time.Time // when the log last said that operations are refused
	shed int       // how many were since then
}

// toldEach is how often the log says that operations are refused: each of them would be a line when there is least time.
const toldEach = 10 * time.Second

func newAdmission(most int, memory *memory, log *slog.Logger, now func() time.Time) *admission {
	return &admission{places: make(chan struct{}, most), memory: memory, log: log, now: now}
}

// enter takes a place and answers what gives it back; false when there is none.
func (a *admission) enter() (leave func(), ok bool) {
	if a.memory.scarce() {
		a.refused("memory is scarce")
		return nil, false
	}
	select {
	case a.places <- struct{}{}:
		return func() { <-a.places }, true
	default:
		a.refused("as many as may be are under way")
		return nil, false
	}
}

func (a *admission) refused(why string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.shed++
	if now := a.now(); a.told.IsZero() || now.Sub(a.told) >= toldEach {
		a.log.Warn("operations are refused for now: "+why, "refused", a.shed, "under_way", len(a.places))
		a.told, a.shed = now, 0
	}
}

// memoryUse is what the process uses of memory, in bytes.
type memoryUse struct {
	live uint64 // what the last collection found in use, and stacks
	held uint64 // what was got from the system and not given back
}

// How much of the limit is scarce, how old a reading may be, and how often memory is cleaned up while it is scarce.
const (
	scarceShare  = 0.8
	readingLasts = 50 * time.Millisecond
	cleanedEach  = time.Second
)

// memory knows whether there is enough of it. It looks when it is asked, and not more often than makes sense.
type memory struct {
	limit uint64
	read  func() memoryUse
	clean func() // begins a collection, and does not wait for it
	now   func() time.Time

	mu      sync.Mutex
	at      time.Time // of the last reading
	low     bool
	cleaned time.Time
}

func newMemory(limit int64) *memory {
	return &memory{limit: uint64(limit), read: readUsage, clean: func() { go runtime.GC() }, now: time.Now}
}

// scarce says whether memory is: the most of it is in use, or all of it is held although the collector does what it can.
func (m *memory) scarce() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if !m.at.IsZero() && now.Sub(m.at) < readingLasts {
		return m.low
	}
	used := m.read()
	m.at, m.low = now, float64(used.live) >= scarceShare*float64(m.limit) || used.held >= m.limit
	if m.low && now.Sub(m.cleaned) >= cleanedEach {
		m.cleaned = now
		m.clean() // what nothing new is let in for does not become less by itself: collections follow allocations
	}
	return m.low
}

// readUsage asks the runtime, which takes it a few microseconds and stops nothing.
func readUsage() memoryUse {
	samples := []metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	of := func(i int) uint64 { return samples[i].Value.Uint64() }
	return memoryUse{live: of(0) + of(1), held: of(2) - of(3)}
}

// limitMemory is the limit that the runtime keeps to: GOMEMLIMIT's, else the one of the configuration.
func limitMemory(configured int64) int64 {
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		return limit
	}
	debug.SetMemoryLimit(configured)
	return configured
}

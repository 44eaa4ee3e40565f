package cache

import (
	"sync"
	"sync/atomic"
)

// drops counts what was dropped, and knows for each tag when that was last.
type drops struct {
	count atomic.Uint64
	mu    sync.RWMutex
	last  map[string]uint64 // by tag; what is not there was dropped with floor at the latest
	floor uint64
}

// rememberedTags is how many tags are remembered; then all are forgotten, which drops everything.
const rememberedTags = 100_000

func newDrops() *drops { return &drops{last: map[string]uint64{}} }

// all is how much was dropped until now.
func (d *drops) all() uint64 { return d.count.Load() }

// version is when one of the tags was dropped last.
func (d *drops) version(tags []string) Version {
	d.mu.RLock()
	defer d.mu.RUnlock()
	last := d.floor
	for _, tag := range tags {
		last = max(last, d.last[tag])
	}
	return Version{number: last}
}

func (d *drops) drop(tags []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.count.Load() + 1
	if len(d.last) >= rememberedTags {
		clear(d.last)
		d.floor = now
	}
	for _, tag := range tags {
		d.last[tag] = now
	}
	d.count.Store(now) // last: who sees it sees the tags
}

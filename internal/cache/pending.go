package cache

import (
	"sync"
	"sync/atomic"
)

// pending are the tags that were dropped and that Redis was not told of yet.
type pending struct {
	some atomic.Bool // whether there are any
	mu   sync.Mutex
	tags map[string]uint64 // and when each was dropped last
	all  uint64            // when everything was, since there were too many; 0 for no
	now  uint64            // counts
}

// mostPending is how many tags wait; beyond, everything is dropped.
const mostPending = 1000

func (p *pending) add(tags []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now++
	p.some.Store(true)
	if len(p.tags)+len(tags) > mostPending || p.all > 0 {
		clear(p.tags)
		p.all = p.now
		return
	}
	if p.tags == nil {
		p.tags = map[string]uint64{}
	}
	for _, tag := range tags {
		p.tags[tag] = p.now
	}
}

// waiting is what waits, and a mark for told.
func (p *pending) waiting() (tags []string, all bool, mark uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for tag := range p.tags {
		tags = append(tags, tag)
	}
	return tags, p.all > 0, p.now
}

// told forgets what waited at the mark, unless it was dropped again since.
func (p *pending) told(mark uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for tag, at := range p.tags {
		if at <= mark {
			delete(p.tags, tag)
		}
	}
	if p.all <= mark {
		p.all = 0
	}
	p.some.Store(p.now != mark)
}

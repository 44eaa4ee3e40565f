package cache

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

// marks count the invalidations of Redis, by what they are of. What was read counts as long as the sum of its marks from
// before is the same. Names that share a mark are looked at again too often, and that is all.
type marks struct {
	seed  maphash.Seed
	slots [1 << 14]atomic.Uint64
	whole atomic.Uint64 // what invalidates everything
}

func (m *marks) slot(name string) uint16 {
	return uint16(maphash.String(m.seed, name) % uint64(len(m.slots)))
}
func (m *marks) all() { m.whole.Add(1) }

func (m *marks) sum(slots ...uint16) uint64 {
	sum := m.whole.Load()
	for _, slot := range slots {
		sum += m.slots[slot].Load()
	}
	return sum
}

// invalidate hears what Redis says was changed; nil when the connection is lost. What the client itself keeps of it is gone
// before.
func (m *marks) invalidate(names []rueidis.RedisMessage) {
	if names == nil {
		m.all()
	}
	for i := range names {
		if name, err := names[i].ToString(); err == nil {
			m.slots[m.slot(name)].Add(1)
		}
	}
}

// The names of keys in Redis. Those of the project's begin with a hash of the account.

func short(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

func (r *redis) rootName() string          { return r.prefix + "all" } // whose id is part of every version
func (r *redis) anyName() string           { return r.prefix + "any" } // whose id changes with every Drop
func (r *redis) tagName(tag string) string { return r.prefix + "tag:" + short(tag) }

// spot is where things are in Redis.
type spot struct {
	name  string   // of the value; empty for none
	ids   []string // of the root or of any, and of the tags
	slots []uint16 // of the marks of the value and these
}

func (r *redis) spot(key string, tags []string) spot {
	s := r.idSpot(r.rootName(), tags)
	sum := sha256.Sum256([]byte(key))
	s.name = r.prefix + "value:" + hex.EncodeToString(sum[:])
	s.slots = append(s.slots, r.marks.slot(s.name))
	return s
}

// idSpot is that of ids alone.
func (r *redis) idSpot(first string, tags []string) spot {
	s := spot{ids: make([]string, 0, len(tags)+1), slots: make([]uint16, 0, len(tags)+2)}
	s.ids = append(s.ids, first)
	for _, tag := range tags {
		s.ids = append(s.ids, r.tagName(tag))
	}
	for _, id := range s.ids {
		s.slots = append(s.slots, r.marks.slot(id))
	}
	return s
}

// view is what is known of a key at one time.
type view struct {
	proof
	ids    []string // as in the spot
	digest string   // of these
	head   head     // where found
	found  bool     // there is a value of these ids
	ends   time.Time
}

// proof says of when something was.
type proof struct {
	sum   uint64 // of the marks
	all   uint64 // drops of this node
	drops Version
}

// forever is how long the client keeps what it read, unless Redis says less or invalidates it.
const forever = 365 * 24 * time.Hour

// look reads what Redis has: the ids of the tags and the head of the value. What was read before and not invalidated since
// takes no trip. It is false where Redis cannot be asked.
func (r *redis) look(at spot, tags []string) (view, bool) {
	// All of this before it is asked whether Redis is there: what happens meanwhile makes it old.
	v := view{ids: make([]string, len(at.ids))}
	v.all, v.drops, v.sum = r.drops.all(), r.drops.version(tags), r.marks.sum(at.slots...)
	if !r.usable() {
		return v, false
	}
	asked := make([]rueidis.CacheableTTL, 0, len(at.ids)+1)
	for _, name := range at.ids {
		asked = append(asked, rueidis.CT(r.client.B().Get().Key(name).Cache(), forever))
	}
	if at.name != "" {
		asked = append(asked, rueidis.CT(r.client.B().Hget().Key(at.name).Field(headField).Cache(), forever))
	}
	var answers []rueidis.RedisResult
	if r.trip(func(ctx context.Context) error {
		got := r.client.DoMultiCache(ctx, asked...)
		for _, answer := range got {
			if err := broken(answer.Error()); err != nil {
				return err
			}
		}
		answers = got
		return nil
	}) != nil {
		return v, false
	}
	missing := false
	for i := range at.ids {
		v.ids[i], _ = answers[i].ToString()
		missing = missing || v.ids[i] == ""
	}
	if missing && !r.identify(at.ids, v.ids) {
		return v, false
	}
	v.digest = short(strings.Join(v.ids, "\n"))
	if at.name != "" && !missing {
		v.read(answers[len(at.ids)])
	}
	return v, true
}

// read takes in what is at the value's name. Whatever is not understood is nothing.
func (v *view) read(answer rueidis.RedisResult) {
	text, err := answer.ToString()
	if err != nil {
		return
	}
	ends := time.UnixMilli(answer.CachePXAT())
	h, err := decodeHead(text)
	if err != nil || h.digest != v.digest || time.Until(ends) > h.whole+time.Second { // it has no end, or not its own
		return
	}
	v.head, v.found, v.ends = h, true, ends
}

// broken is an error that says that Redis cannot be used, and not that something of another kind is there.
func broken(err error) error {
	answer, ok := rueidis.IsRedisErr(err)
	if rueidis.IsRedisNil(err) || ok && strings.HasPrefix(answer.Error(), "WRONGTYPE") {
		return nil
	}
	return err
}

// identify gives an id to what has none. Nothing is good that was kept before: nobody knows what was dropped since.
func (r *redis) identify(names, ids []string) bool {
	var commands rueidis.Commands
	for i, name := range names {
		if ids[i] == "" {
			commands = append(commands, r.client.B().Set().Key(name).Value(rand.Text()).Nx().Px(r.idLife()).Build(),
				r.client.B().Get().Key(name).Build())
		}
	}
	var got []string
	if r.trip(func(ctx context.Context) error {
		var texts []string
		for _, answer := range r.client.DoMulti(ctx, commands...) {
			if err := broken(answer.Error()); err != nil {
				return err
			}
			text, _ := answer.ToString()
			texts = append(texts, text)
		}
		got = texts
		return nil
	}) != nil {
		return false
	}
	for i := range ids {
		if ids[i] == "" {
			if ids[i], got = got[1], got[2:]; ids[i] == "" {
				return false // something else is there
			}
		}
	}
	return true
}

// idLife is how long an id is kept: longer than what it is of, so that few are made anew.
func (r *redis) idLife() time.Duration { return max(24*time.Hour, 2*time.Duration(r.longest.Load())) }

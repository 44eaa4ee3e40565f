package cache

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/redis/rueidis"
)

// redis is a Cache that nodes share over Redis. What it keeps is in Redis; each node remembers what that was decoded to, and
// Redis tells it what is no longer so.
type redis struct {
	options  Options
	client   rueidis.Client
	prefix   string
	drops    *drops // those of this node
	flights  *flights
	entries  *otter.Cache[string, *held]
	marks    marks
	versions versions
	line     line
	pending  pending
	telling  sync.Mutex
	longest  atomic.Int64 // life seen
	ctx      context.Context
	cancel   context.CancelFunc

	locks, renewals, unlocks, keeps *rueidis.Lua
}

// held is an answer that is in Redis, as this node knows it.
type held struct {
	entry
	stamp string
	tags  []string
	slots []uint16
	proof atomic.Pointer[proof] // of when it was good last
}

const (
	maxStored     = 4 << 20                // bytes of a value; what is bigger is not kept
	clientBytes   = 32 << 20               // of the ids and heads that the client keeps
	redisPatience = 200 * time.Millisecond // how long Redis may take
	lostAfter     = time.Second            // a connection on which nothing comes is asked so often, and given up after as long
)

// Redis is a cache that all nodes of an upstream account share. It opens a client of its own, with what the options say of
// where Redis is, of TLS and of passwords; Close closes it. The server must speak RESP3, as those since Redis 6 do. That it
// does not answer is no error: until it does nothing is kept. The error shows nothing of where Redis is.
func Redis(server rueidis.ClientOption, account string, o Options) (Cache, error) {
	o.setDefaults()
	r := &redis{
		options: o, prefix: "stellr-gateway:cache:" + short(account) + ":",
		drops: newDrops(), flights: newFlights(), entries: newEntries[*held](o),
		locks: rueidis.NewLuaScript(lockScript), renewals: rueidis.NewLuaScript(renewScript),
		unlocks: rueidis.NewLuaScript(unlockScript), keeps: rueidis.NewLuaScript(keepScript),
	}
	r.marks.seed = maphash.MakeSeed()
	r.ctx, r.cancel = context.WithCancel(context.Background())
	server.ForceSingleClient, server.AlwaysRESP2, server.DisableCache = true, false, false
	server.PipelineMultiplex = -1 // one connection: an invalidation is heard before the answers that Redis gives after it
	server.DisableAutoPipelining, server.ClientTrackingOptions, server.NewCacheStoreFn = false, nil, nil
	server.OnInvalidations = r.marks.invalidate
	server.CacheSizeEachConn = clientBytes
	server.DisableRetry = true
	server.Dialer.KeepAlive, server.ConnWriteTimeout = lostAfter, lostAfter
	var err error
	if r.client, err = rueidis.NewClient(server); r.client == nil {
		return nil, errors.New("cache: Redis cannot be used as its options say")
	}
	if err != nil {
		r.failed()
	}
	return r, nil
}

// Get implements Cache.
func (r *redis) Get(ctx context.Context, q Question) (Answer, error) {
	answer, joined, err := r.get(ctx, q)
	if joined && err == nil {
		answer.Age = max(answer.Age, 1)
	}
	return answer, err
}

func (r *redis) get(ctx context.Context, q Question) (Answer, bool, error) {
	if q.Life == (Life{}) {
		return r.flights.do(ctx, place{q.Key, r.Version(q.Tags...)}, q, func(ctx context.Context) (Answer, error) { return r.pass(ctx, q) })
	}
	if !q.Fresh {
		if e := r.find(q.Key, q.Tags); e != nil {
			if now := r.options.Now(); e.stale.After(now) {
				return r.give(ctx, q, e, now), false, nil
			}
		}
	}
	at := r.spot(q.Key, q.Tags)
	v, ok := r.look(at, q.Tags)
	if !ok {
		to := place{q.Key, Version{number: v.drops.number, text: r.line.nobodys()}}
		return r.flights.do(ctx, to, q, func(ctx context.Context) (Answer, error) { return r.pass(ctx, q) })
	}
	if !q.Fresh {
		if e := r.remembered(q.Key, v); e != nil {
			if now := r.options.Now(); e.stale.After(now) {
				return r.give(ctx, q, e, now), false, nil
			}
		}
	}
	to := place{q.Key, Version{number: v.drops.number, text: v.digest}}
	return r.flights.do(ctx, to, q, func(ctx context.Context) (Answer, error) { return r.obtain(ctx, q, at) })
}

// Peek implements Cache.
func (r *redis) Peek(key string, tags []string) (Answer, bool) {
	e := r.find(key, tags)
	if e == nil {
		return Answer{}, false
	}
	now := r.options.Now()
	if !e.fresh.After(now) {
		return Answer{}, false
	}
	return e.answer(now), true
}

// find is what is good without asking Redis: nothing that makes it less was heard since it was read. It may be too old.
func (r *redis) find(key string, tags []string) *held {
	e, ok := r.entries.GetIfPresent(key)
	if !ok {
		return nil
	}
	good := e.proof.Load()
	if good == nil || good.sum != r.marks.sum(e.slots...) || !slices.Equal(e.tags, tags) {
		return nil
	}
	if all := r.drops.all(); good.all != all {
		if r.drops.version(tags) != good.drops {
			return nil
		}
		e.proof.CompareAndSwap(good, &proof{sum: good.sum, all: all, drops: good.drops})
	}
	return e
}

// remembered is what this node decoded of what Redis has; nil where it did not.
func (r *redis) remembered(key string, v view) *held {
	e, ok := r.entries.GetIfPresent(key)
	if !v.found || !ok || e.stamp != v.head.stamp {
		return nil
	}
	e.proof.Store(&v.proof)
	return e
}

// give answers from what is kept, and refreshes it where it is stale.
func (r *redis) give(ctx context.Context, q Question, e *held, now time.Time) Answer {
	if !e.fresh.After(now) {
		r.refresh(ctx, q, e, now)
	}
	return e.answer(now)
}

// Check implements Cache.
func (r *redis) Check(context.Context) error {
	if !r.usable() {
		return errAway
	}
	return r.ping()
}

// Close implements Cache. What Redis was not told yet it is not told any more.
func (r *redis) Close() error {
	r.cancel()
	r.client.Close()
	r.entries.InvalidateAll()
	r.entries.StopAllGoroutines()
	return nil
}

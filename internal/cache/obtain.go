package cache

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/maypok86/otter/v2"
	"github.com/redis/rueidis"
)

// pass only fetches.
func (r *redis) pass(ctx context.Context, q Question) (Answer, error) {
	raw, _, err := q.Fetch(ctx)
	if err != nil {
		return Answer{}, err
	}
	value, err := q.Decode(raw)
	return Answer{Value: value}, err
}

// obtain is the answer from Redis or the upstream. One node at a time asks for it, the others wait until it is in Redis, or
// nobody fetches any more.
func (r *redis) obtain(ctx context.Context, q Question, at spot) (Answer, error) {
	pause := time.Duration(0)
	for {
		v, ok := r.look(at, q.Tags)
		if !ok {
			return r.pass(ctx, q)
		}
		if q.Fresh {
			answer, err := r.fetch(ctx, q, at, v)
			return answer, err
		}
		if answer, ok := r.ready(ctx, q, at, v); ok {
			answer.Kept = pause == 0 // else somebody's fetch was waited for
			return answer, nil
		}
		held, taken, err := r.take(at, v, false)
		if err != nil {
			return r.pass(ctx, q)
		}
		if taken {
			return r.lead(ctx, q, at, held)
		}
		if pause = min(max(2*pause, firstPoll), lastPoll); !sleep(ctx, pause) {
			return Answer{}, ctx.Err()
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// lead fetches for all nodes. Whoever had the lock before may have kept the answer just before it was taken.
func (r *redis) lead(ctx context.Context, q Question, at spot, l *lock) (Answer, error) {
	defer r.unlock(l, false)
	v, ok := r.look(at, q.Tags)
	if !ok {
		return r.pass(ctx, q)
	}
	if answer, ok := r.ready(ctx, q, at, v); ok {
		return answer, nil
	}
	return r.fetch(ctx, q, at, v)
}

// ready is the answer that is in Redis, where it is not too old.
func (r *redis) ready(ctx context.Context, q Question, at spot, v view) (Answer, bool) {
	e := r.remembered(q.Key, v)
	if e == nil {
		e = r.load(q, at, v)
	}
	if e == nil {
		return Answer{}, false
	}
	now := r.options.Now()
	if !e.stale.After(now) {
		return Answer{}, false
	}
	return r.give(ctx, q, e, now), true
}

// load reads and decodes what is in Redis; nil where that is nothing or not what its head says.
func (r *redis) load(q Question, at spot, v view) *held {
	if !v.found {
		return nil
	}
	var text, body string
	if r.trip(func(ctx context.Context) error {
		answer := r.client.Do(ctx, r.client.B().Hmget().Key(at.name).Field(headField, bodyField).Build())
		if err := broken(answer.Error()); err != nil {
			return err
		}
		if parts, _ := answer.ToArray(); len(parts) == 2 {
			text, _ = parts[0].ToString()
			body, _ = parts[1].ToString()
		}
		return nil
	}) != nil {
		return nil
	}
	raw := []byte(body)
	if text != v.head.encode() || !v.head.fits(raw) {
		return nil
	}
	value, err := q.Decode(raw)
	if err != nil {
		return nil
	}
	stale := r.options.Now().Add(time.Until(v.ends))
	began := stale.Add(-v.head.whole - v.head.spent)
	e := &held{
		entry: entry{value: value, bytes: len(raw), at: began, fresh: began.Add(v.head.fresh), stale: stale},
		stamp: v.head.stamp, tags: q.Tags, slots: at.slots,
	}
	e.proof.Store(&v.proof)
	r.entries.Set(q.Key, e)
	return e
}

// fetch asks the upstream and keeps the answer.
func (r *redis) fetch(ctx context.Context, q Question, at spot, v view) (Answer, error) {
	began := r.options.Now()
	raw, brief, err := q.Fetch(ctx)
	if err != nil {
		return Answer{}, err
	}
	value, err := q.Decode(raw)
	if err != nil {
		return Answer{}, err
	}
	e := &held{
		entry: entry{value: value, bytes: len(raw), at: began, version: v.drops},
		stamp: rand.Text(), tags: q.Tags, slots: at.slots,
	}
	e.live(q.Life, brief)
	if !r.keep(q, at, v, e, raw) {
		return Answer{Value: value}, nil
	}
	return Answer{Value: value, Left: max(e.fresh.Sub(r.options.Now()), 0)}, nil
}

// keep keeps an entry in Redis and remembers it. It does not when something was dropped since the view.
func (r *redis) keep(q Question, at spot, v view, e *held, raw []byte) bool {
	now := r.options.Now()
	h := head{stamp: e.stamp, digest: v.digest, spent: max(now.Sub(e.at), 0), fresh: e.fresh.Sub(e.at), size: len(raw), sum: checksum(raw)}
	h.whole = e.stale.Sub(now).Truncate(time.Millisecond)
	if h.whole <= 0 || h.whole > maxLife || len(raw) > maxStored || r.drops.version(q.Tags) != v.drops || !r.usable() {
		return false
	}
	r.lives(e.stale.Sub(e.at))
	names := append([]string{at.name}, at.ids...)
	args := append([]string{h.encode(), rueidis.BinaryString(raw), milliseconds(h.whole), number(h.spent.Microseconds())}, v.ids...)
	if kept, err := r.script(r.keeps, names, args); err != nil || kept == 0 {
		return false
	}
	r.entries.Compute(q.Key, func(old *held, found bool) (*held, otter.ComputeOp) {
		if found && old.version == e.version && old.at.After(e.at) {
			return old, otter.CancelOp
		}
		return e, otter.WriteOp
	})
	// Reading the head again has Redis say when it changes, and takes no body. That it changed just now is heard before.
	if r.ping() == nil {
		if seen, ok := r.look(at, q.Tags); ok {
			r.remembered(q.Key, seen)
		}
	}
	return true
}

// lives notes how long something is kept.
func (r *redis) lives(life time.Duration) {
	for {
		longest := r.longest.Load()
		if int64(life) <= longest || r.longest.CompareAndSwap(longest, int64(life)) {
			return
		}
	}
}

// refresh fetches in the background what is stale, unless some node does, or it failed a moment ago. Those who find it too
// old meanwhile wait for the lock.
func (r *redis) refresh(ctx context.Context, q Question, e *held, now time.Time) {
	again := e.again.Load()
	if again > now.UnixNano() || !e.again.CompareAndSwap(again, now.Add(r.options.RefreshFor).UnixNano()) {
		return
	}
	go func() {
		defer func() {
			_ = recover() // whoever asks when it is too old meets the panic
			e.again.Store(r.options.Now().Add(failedRefreshWaits).UnixNano())
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.options.RefreshFor)
		defer cancel()
		stop := context.AfterFunc(r.ctx, cancel)
		defer stop()
		r.renewed(ctx, q, e.stamp)
	}()
}

// renewed fetches again what has the stamp, as the one of all nodes that does.
func (r *redis) renewed(ctx context.Context, q Question, stamp string) {
	at := r.spot(q.Key, q.Tags)
	v, ok := r.look(at, q.Tags)
	if !ok || v.found && v.head.stamp != stamp {
		return
	}
	l, taken, err := r.take(at, v, true)
	if err != nil || !taken {
		return
	}
	failed := true
	defer func() { r.unlock(l, failed) }()
	if v, ok = r.look(at, q.Tags); !ok || v.found && v.head.stamp != stamp {
		failed = false
		return
	}
	_, err = r.fetch(ctx, q, at, v)
	failed = err != nil
}

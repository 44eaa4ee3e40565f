package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

const (
	leftAlone  = time.Second // Redis is not asked so long after it failed
	insistence = time.Second // it may take so long to be told what was dropped
)

// errAway says nothing of where Redis is.
var errAway = errors.New("cache: Redis does not answer")

// line is what is known of the connection.
type line struct {
	away   atomic.Bool
	mu     sync.Mutex    // of changes
	unsure atomic.Uint64 // counts versions that nobody else has
}

// nobodys is a version that equals none. While Redis is away others may write what is not heard of here, so nobody may join
// what was begun before: reading is slower then, and never behind.
func (l *line) nobodys() string { return "away " + strconv.FormatUint(l.unsure.Add(1), 10) }

// trip goes to Redis. Where go fails, or takes longer than Redis may, Redis is left alone for a while. It has a goroutine of
// its own, since Redis's client does not keep to a context in all it does, and none of the asker's contexts, since an asker
// that hangs up says nothing of Redis.
func (r *redis) trip(to func(ctx context.Context) error) error {
	return r.tripIn(r.options.patience, to)
}

// tripIn is trip with another patience.
func (r *redis) tripIn(patience time.Duration, to func(ctx context.Context) error) error {
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(r.ctx, patience)
		defer cancel()
		done <- to(ctx)
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case err := <-done:
		if err == nil {
			return nil
		}
	case <-timer.C:
	}
	r.failed()
	return errAway
}

// failed leaves Redis alone. What was read from it counts no more until it was compared again.
func (r *redis) failed() {
	r.line.mu.Lock()
	defer r.line.mu.Unlock()
	if !r.line.away.Swap(true) {
		go r.comeBack()
	}
	r.marks.all()
}

// comeBack tries about each second whether Redis answers again, so that nobody else waits for that. Then Redis is told what
// it was not told before.
func (r *redis) comeBack() {
	every := time.NewTicker(leftAlone)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-r.ctx.Done():
			return
		}
		if r.ping() == nil {
			r.line.mu.Lock()
			r.line.away.Store(false)
			r.line.mu.Unlock()
			r.usable() // where this fails it is away again, and somebody else tries
			return
		}
	}
}

// usable says whether Redis may be read from: it answers, and was told of all that was dropped here.
func (r *redis) usable() bool {
	return !r.line.away.Load() && (!r.pending.some.Load() || r.tell(r.options.patience) == nil)
}

// ping asks whether Redis answers. All invalidations that Redis sent before its answer were heard when it returns.
func (r *redis) ping() error { return r.pingIn(r.options.patience) }

func (r *redis) pingIn(patience time.Duration) error {
	return r.tripIn(patience, func(ctx context.Context) error { return r.client.Do(ctx, r.client.B().Ping().Build()).Error() })
}

// tell tells Redis what was dropped here.
func (r *redis) tell(patience time.Duration) error {
	r.telling.Lock()
	defer r.telling.Unlock()
	if r.line.away.Load() {
		return errAway
	}
	tags, all, mark := r.pending.waiting()
	if !r.pending.some.Load() {
		return nil // somebody else told it
	}
	names := []string{r.anyName()}
	if all {
		names = append(names, r.rootName())
	}
	for _, tag := range tags {
		names = append(names, r.tagName(tag))
	}
	commands := make(rueidis.Commands, 0, len(names)+1)
	for _, name := range names {
		commands = append(commands, r.client.B().Set().Key(name).Value(rand.Text()).Px(r.idLife()).Build())
	}
	// Redis invalidates what this node itself changes right after its answer: when the next answer comes, that was heard.
	commands = append(commands, r.client.B().Ping().Build())
	err := r.tripIn(patience, func(ctx context.Context) error {
		for _, result := range r.client.DoMulti(ctx, commands...) {
			if err := result.Error(); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		r.pending.told(mark)
	}
	return err
}

// Drop implements Cache.
func (r *redis) Drop(_ context.Context, tags ...string) error {
	r.note(tags)
	if r.usable() || r.insist() {
		return nil
	}
	return errAway // and it is told when it is back
}

// note drops tags on this node.
func (r *redis) note(tags []string) {
	r.pending.add(tags) // before the node's own versions change: who sees those does not read from Redis before it was told
	r.drops.drop(tags)
}

// insist tells Redis what was dropped although it is left alone at the moment. It may be this node alone that had no answer
// in time, and the others show what was before until they are told.
func (r *redis) insist() bool {
	patience := max(insistence, r.options.patience)
	if r.pingIn(patience) != nil {
		return false
	}
	r.line.mu.Lock()
	r.line.away.Store(false)
	r.line.mu.Unlock()
	return r.tell(patience) == nil
}

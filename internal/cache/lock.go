package cache

import (
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

const (
	lockLife   = 2 * time.Second // of a lock whose holder is gone
	lockRenews = lockLife / 4
	firstPoll  = 2 * time.Millisecond
	lastPoll   = 50 * time.Millisecond
)

// lockScript takes the lock KEYS[1] with the token ARGV[1] for ARGV[2] milliseconds, unless somebody has it or KEYS[2] is there.
const lockScript = `
if KEYS[2] and redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
return 0`

// renewScript has the lock KEYS[1] live ARGV[2] milliseconds from now, if it is that of the token ARGV[1].
const renewScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0`

// unlockScript gives the lock KEYS[1] back, if it is that of the token ARGV[1]. KEYS[2] then is there for ARGV[2] milliseconds.
const unlockScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if KEYS[2] then redis.call('SET', KEYS[2], '', 'PX', ARGV[2]) end
return redis.call('DEL', KEYS[1])`

// keepScript keeps a value KEYS[1] with the head ARGV[1] and the body ARGV[2] for ARGV[3] milliseconds, unless one of the ids
// KEYS[2…] is no longer ARGV[5…], or what is there began later than ARGV[4] microseconds ago, by the clock of Redis.
const keepScript = `
for i = 2, #KEYS do
  if redis.pcall('GET', KEYS[i]) ~= ARGV[i + 3] then return 0 end
end
local time = redis.call('TIME')
local began = time[1] * 1000000 + time[2] - ARGV[4]
local old = redis.pcall('HMGET', KEYS[1], 'head', 'began')
if type(old[1]) == 'string' and type(old[2]) == 'string' then
  local pattern = '^%d+ %S+ (%S+) '
  if string.match(old[1], pattern) == string.match(ARGV[1], pattern) and (tonumber(old[2]) or 0) > began then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'head', ARGV[1], 'body', ARGV[2], 'began', string.format('%.0f', began))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`

const headField, bodyField = "head", "body"

// lock is the right to fetch for all nodes.
type lock struct {
	name  string
	pause string // the name of what keeps others from refreshing
	token string // empty where it is held by nobody
	end   func() // ends renewing it
}

// take takes the lock of a value. held is false when somebody has it; where it refreshes, also shortly after that failed. It
// fails where Redis cannot be asked.
func (r *redis) take(at spot, v view, refreshes bool) (l *lock, held bool, err error) {
	l = &lock{name: at.name + ":lock:" + v.digest, pause: at.name + ":pause:" + v.digest, token: rand.Text()}
	names := []string{l.name}
	if refreshes {
		names = append(names, l.pause)
	}
	got, err := r.script(r.locks, names, []string{l.token, milliseconds(lockLife)})
	if err != nil || got == 0 {
		return nil, false, err
	}
	ctx, end := context.WithCancel(r.ctx)
	l.end = end
	go r.renew(ctx, l)
	return l, true, nil
}

// renew keeps a lock as long as the fetch goes on.
func (r *redis) renew(ctx context.Context, l *lock) {
	every := time.NewTicker(lockRenews)
	defer every.Stop()
	for {
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
		if r.usable() {
			_, _ = r.script(r.renewals, []string{l.name}, []string{l.token, milliseconds(lockLife)})
		}
	}
}

// unlock gives a lock back. Where that does not reach Redis it ends by itself. pauses keeps all nodes from refreshing for a while.
func (r *redis) unlock(l *lock, pauses bool) {
	l.end()
	if !r.usable() {
		return
	}
	names, args := []string{l.name}, []string{l.token}
	if pauses {
		names, args = append(names, l.pause), append(args, milliseconds(failedRefreshWaits))
	}
	_, _ = r.script(r.unlocks, names, args)
}

// errRefused is that Redis answers but does not do it: it may have no room.
var errRefused = errors.New("cache: Redis refuses it")

// script has Redis run a script that answers with a number.
func (r *redis) script(s *rueidis.Lua, names, args []string) (answer int64, err error) {
	type outcome struct {
		answer  int64
		refused bool
	}
	var got outcome
	if err := r.trip(func(ctx context.Context) error {
		n, err := s.Exec(ctx, r.client, names, args).AsInt64()
		_, refused := rueidis.IsRedisErr(err)
		if err != nil && !refused {
			return err
		}
		got = outcome{n, refused}
		return nil
	}); err != nil {
		return 0, err
	}
	if got.refused {
		return 0, errRefused
	}
	return got.answer, nil
}

func milliseconds(d time.Duration) string { return number(d.Milliseconds()) }

func number(n int64) string { return strconv.FormatInt(n, 10) }

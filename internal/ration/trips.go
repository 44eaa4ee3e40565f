package ration

import (
	"context"
	"strconv"
	"time"

	"golang.org/x/time/rate"
)

// turnsScript gives turns: KEYS[1] holds when the next one is free, in microseconds since 2026, so that a number of Lua's
// keeps fractions of them. ARGV is the time between two turns, how far away one may be at all, and for each that is asked
// for how long it may be waited for. The answer is how long to wait for each; -1 where that is too long, which takes nothing.
//
// A next turn that is further away than any that could have been given was written before the clock of Redis went back.
const turnsScript = `
local time = redis.call('TIME')
local now = (time[1] - 1767225600) * 1000000 + time[2]
local interval, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local turn = tonumber(redis.call('GET', KEYS[1]) or now)
if turn < now or turn > now + longest + interval then turn = now end
local waits, taken = {}, false
for i = 3, #ARGV do
  local wait = turn - now
  if wait <= math.min(tonumber(ARGV[i]), longest) then
    waits[i - 2], turn, taken = math.ceil(wait), turn + interval, true
  else
    waits[i - 2] = -1
  end
end
if taken then
  redis.call('SET', KEYS[1], string.format('%.3f', turn), 'PX', string.format('%.0f', math.ceil((turn - now) / 1000) + 1000))
end
return waits`

// beatScript notes that the node ARGV[1] is there in KEYS[1], and answers how many are; a node counts for ARGV[2]
// milliseconds. With ARGV[3] the node leaves.
const beatScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[3] then
  return redis.call('ZREM', KEYS[1], ARGV[1])
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])`

func (r *Ration) turnKey() string  { return "stellr-gateway:{ration:" + r.o.Account + "}:turn" }
func (r *Ration) nodesKey() string { return "stellr-gateway:{ration:" + r.o.Account + "}:nodes" }

// interval is the time between two turns, in microseconds.
func (r *Ration) interval() float64 { return 1e6 / r.o.Rate }

// serve asks Redis for turns, for all who wait at once.
func (r *Ration) serve() {
	for {
		select {
		case first := <-r.asks:
			r.trip(r.gather(first))
		case <-r.ctx.Done():
			return
		}
	}
}

// gather is the first and everybody else who waits.
func (r *Ration) gather(first *ask) []*ask {
	asks := []*ask{first}
	for len(asks) < together {
		select {
		case next := <-r.asks:
			asks = append(asks, next)
		default:
			return asks
		}
	}
	return asks
}

// trip gets answers for all of them. It takes no longer than Redis may take.
func (r *Ration) trip(asks []*ask) {
	waits := []int64(nil)
	if !r.isAway() {
		waits = r.ask(asks)
	}
	for i, a := range asks {
		switch {
		case waits == nil:
			a.answer <- answer{kind: unknown}
		case waits[i] < 0:
			a.answer <- answer{kind: tooLate}
		default:
			a.answer <- answer{kind: given, wait: time.Duration(waits[i]) * time.Microsecond}
		}
	}
}

// ask is Redis's answer in microseconds; nil when it is away. Whoever has left is given no turn.
func (r *Ration) ask(asks []*ask) []int64 {
	args := []string{number(r.interval()), number(max(float64(longest.Microseconds()), r.interval()))}
	for _, a := range asks {
		args = append(args, number(float64(mayWait(a.ctx).Microseconds())))
	}
	done := make(chan []int64, 1)
	go func() { // Redis's client does not keep to a context in all it does
		ctx, cancel := context.WithTimeout(context.Background(), lateAnswers)
		defer cancel()
		waits, err := r.turns.Exec(ctx, r.o.Client, []string{r.turnKey()}, args).AsIntSlice()
		if err != nil || len(waits) != len(asks) {
			waits = nil
		}
		done <- waits
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var waits []int64
	select {
	case waits = <-done:
	case <-timer.C:
	}
	r.answered(waits != nil)
	return waits
}

// mayWait is how long a turn may be waited for: not at all by a context that has ended.
func mayWait(ctx context.Context) time.Duration {
	deadline, limited := ctx.Deadline()
	switch {
	case ctx.Err() != nil:
		return -1 * time.Microsecond
	case limited:
		return time.Until(deadline)
	}
	return longest
}

func number(n float64) string { return strconv.FormatFloat(n, 'f', 3, 64) }

// answered notes whether Redis answered.
func (r *Ration) answered(well bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	switch {
	case !well:
		r.away, r.many = now.Add(awayFor), now
		if now.Sub(r.warned) >= quietLog {
			r.warned = now
			r.log.Warn("Redis does not answer: this node keeps to its part of the ration of requests", "nodes", r.nodes)
		}
	case !r.away.IsZero():
		r.away, r.back = time.Time{}, now.Add(awayFor+2*patience)
		r.log.Info("Redis answers again: the nodes share the ration of requests")
	}
}

// isAway says whether Redis is left alone at the moment.
func (r *Ration) isAway() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.away)
}

// isBack says whether Redis answers only since a moment ago.
func (r *Ration) isBack() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.back)
}

// beat says again and again that this node is there, and at last that it is not.
func (r *Ration) beat() {
	every := time.NewTicker(beatEvery)
	defer every.Stop()
	for {
		if nodes, err := r.say(r.ctx, beatEvery); err == nil {
			r.count(int(nodes), time.Now())
		} else {
			r.uncounted(time.Now())
		}
		select {
		case <-every.C:
		case <-r.ctx.Done():
			_, _ = r.say(context.WithoutCancel(r.ctx), patience, "leaves") // else it is taken for lost soon
			return
		}
	}
}

// say tells Redis of this node and is told how many there are.
func (r *Ration) say(ctx context.Context, patience time.Duration, leaves ...string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	args := append([]string{r.o.Node, strconv.FormatInt(aliveFor.Milliseconds(), 10)}, leaves...)
	return r.beats.Exec(ctx, r.o.Client, []string{r.nodesKey()}, args).AsInt64()
}

// count notes how many nodes there are. Fewer than before are believed only after a while: a Redis that was empty a moment
// ago has not heard of all of them yet.
func (r *Ration) count(nodes int, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if nodes = max(nodes, 1); nodes < r.nodes && now.Sub(r.many) < aliveFor {
		return
	}
	if nodes != r.nodes {
		r.own.SetLimit(rate.Limit(r.o.Rate / float64(nodes)))
	}
	r.nodes, r.many = nodes, now
}

// uncounted notes that nobody knows how many there are: as many as there were.
func (r *Ration) uncounted(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.many = now
}

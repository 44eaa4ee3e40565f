package graph

import (
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/maypok86/otter/v2"

	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/cache"
)

// keptAnswers keeps whole answers for a short while: no longer than what they were made of is fresh, and not after any of
// it was dropped. A nil one keeps none.
type keptAnswers struct {
	most    time.Duration
	version func(tags ...string) cache.Version
	now     func() time.Time
	answers *otter.Cache[asking, *keptAnswer]
}

// keptAnswersSize is how many bytes of answers are kept, about.
const keptAnswersSize = 32 << 20

// keptAnswer is an answer that is kept.
type keptAnswer struct {
	response  *graphql.Response
	estimated int           // points
	at        time.Time     // when it was made
	oldest    time.Duration // how old then was what it was made of
	until     time.Time
	tags      []string      // what drops it
	version   cache.Version // of its tags, when it was made

	mu    sync.Mutex
	seen  cache.Version // of everything, when the tags were looked at last
	aged  int           // seconds, that the form says
	form  *transport.Answer
	bytes int
}

func newKeptAnswers(most time.Duration, version func(tags ...string) cache.Version, now func() time.Time) *keptAnswers {
	return &keptAnswers{most: most, version: version, now: now, answers: otter.Must(&otter.Options[asking, *keptAnswer]{
		MaximumWeight:    keptAnswersSize,
		Weigher:          func(_ asking, k *keptAnswer) uint32 { return uint32(k.bytes) },
		ExpiryCalculator: otter.ExpiryWriting[asking, *keptAnswer](most),
	})}
}

// get is the answer that is kept; nil where there is none that is good.
func (k *keptAnswers) get(a asking) *keptAnswer {
	if k == nil {
		return nil
	}
	kept, ok := k.answers.GetIfPresent(a)
	if !ok {
		return nil
	}
	if !kept.until.After(k.now()) || !kept.holds(k.version) {
		k.answers.Invalidate(a)
		return nil
	}
	return kept
}

// holds says whether nothing was dropped of what the answer was made of.
func (k *keptAnswer) holds(version func(tags ...string) cache.Version) bool {
	all := version()
	k.mu.Lock()
	defer k.mu.Unlock()
	if all == k.seen {
		return true
	}
	if version(k.tags...) != k.version {
		return false
	}
	k.seen = all
	return true
}

// keep keeps the answer of a run that has ended, unless something is wrong with it, or something was written meanwhile.
func (s *sharing) keep(a asking, r *run, b *bill) {
	if s.kept == nil || len(r.answer.Response.Errors) > 0 || b.tally == nil {
		return
	}
	left, oldest, tags := b.tally.freshness()
	if left = min(left, s.kept.most); left <= 0 {
		return
	}
	now := s.now()
	k := &keptAnswer{
		response: r.answer.Response, estimated: r.estimated, at: now, oldest: oldest, until: now.Add(left), tags: tags,
		version: s.version(tags...), seen: r.version, form: r.answer, aged: -1, bytes: 3*r.answer.Size() + 2048,
	}
	if s.version() == r.version { // looked at last: what was dropped since the run began may be in it
		s.kept.answers.Set(a, k)
	}
}

// answer is the answer with how old it is. It is written anew once a second.
func (k *keptAnswer) answer(now time.Time) *transport.Answer {
	age := seconds(k.oldest + now.Sub(k.at))
	k.mu.Lock()
	defer k.mu.Unlock()
	if age != k.aged {
		response := *k.response
		response.Extensions = maps.Clone(response.Extensions)
		showAge(&response, age)
		k.form, k.aged = transport.NewAnswer(&response), age
	}
	return k.form
}

// seconds are begun seconds.
func seconds(d time.Duration) int { return int(math.Ceil(max(d, 1).Seconds())) }

// showAge tells, in an answer's extensions, that it was made of what was kept, and how old the oldest of that is.
func showAge(response *graphql.Response, seconds int) {
	if response.Extensions == nil {
		response.Extensions = map[string]any{}
	}
	response.Extensions["cache"] = map[string]any{"age": seconds}
}

// freshness is how long what an answer was made of is fresh, how old the oldest of it is, and what drops it.
func (t *tally) freshness() (left, oldest time.Duration, tags []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reads == 0 {
		return 0, 0, nil // made of nothing that could be dropped
	}
	return t.left, t.oldest, slices.Sorted(maps.Keys(t.tags))
}

package graph

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"hash/maphash"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/cache"
)

// sharing runs a query once for all who ask it at the same time and may see the same, and keeps its answer for those who
// ask a moment later, where that is wanted.
type sharing struct {
	version  func(tags ...string) cache.Version // of what was read
	patience time.Duration                      // a run that began longer ago is not joined: its deadline is near
	now      func() time.Time
	kept     *keptAnswers // nil: no answers are kept

	mu     sync.Mutex
	runs   map[asking]*run
	bodies *simplelru.LRU[uint64, posted] // what bodies ask, by their hash
	seed   maphash.Seed
}

// asking is who asks what: all callers with the same rights, or one of them where the answer depends on that.
type asking struct {
	rights, caller string
	question       sameness
}

// sameness tells questions apart: by document, operation and variables.
type sameness [sha256.Size]byte

// posted is what the body of a POST asks.
type posted struct {
	body     string
	question sameness
	personal bool
}

// run is a query that is run for all who wait for it.
type run struct {
	version   cache.Version // when it began
	began     time.Time
	estimated int // points
	cancel    context.CancelFunc
	waiting   int // how many wait; guarded by sharing's lock
	done      chan struct{}
	answer    *transport.Answer // set before done is closed; nil where it concerns the first caller only
}

// How much is remembered of bodies.
const (
	rememberedBodies = 1000
	longestBody      = 4 << 10 // bytes
)

func newSharing(o HandlerOptions, version func(tags ...string) cache.Version) *sharing {
	bodies, err := simplelru.NewLRU[uint64, posted](rememberedBodies, nil)
	if err != nil {
		panic(err) // there is no limit below 1
	}
	if version == nil { // no resolvers, nothing to drop
		version = func(...string) cache.Version { return cache.Version{} } // nothing is ever dropped
	}
	s := &sharing{version: version, patience: o.Deadline / 2, now: o.Clock, runs: map[asking]*run{}, bodies: bodies, seed: maphash.MakeSeed()}
	if o.AnswerCache > 0 {
		s.kept = newKeptAnswers(o.AnswerCache, version, o.Clock)
	}
	return s
}

// Join is the answer to a POST with this body that is kept, or on its way; nil where the request has to be read.
func (g *gate) Join(ctx context.Context, header http.Header, body []byte) *transport.Answer {
	if byItself(header) {
		return nil
	}
	p, ok := g.sharing.known(body)
	if !ok {
		return nil
	}
	caller := access.From(ctx)
	a := askingOf(caller, p.question, p.personal)
	if answer := g.join(ctx, caller, a); askingOf(access.From(ctx), p.question, p.personal) == a {
		return answer
	}
	return nil // the caller's rights are others than they were
}

// Ask runs a query for all who ask the same until it is answered, or waits for who does.
func (g *gate) Ask(ctx context.Context, operation *graphql.OperationContext, body []byte) *transport.Answer {
	q, err := questionOf(operation)
	if byItself(operation.Headers) || err != nil {
		return transport.NewAnswer(g.runAlone(ctx, operation))
	}
	s, kind := g.sharing, kindOf(operation)
	s.know(body, posted{string(body), q, kind.personal})
	for {
		caller := access.From(ctx)
		a := askingOf(caller, q, kind.personal)
		answer := g.join(ctx, caller, a)
		if answer == nil {
			if running, r := s.begin(access.With(ctx, caller), a, billFor(operation).estimated); r != nil {
				answer = g.lead(ctx, running, operation, a, r)
			}
		}
		if answer != nil && askingOf(access.From(ctx), q, kind.personal) == a { // rights may change meanwhile
			return answer
		}
	}
}

// byItself says whether a caller wants an answer of its own.
func byItself(header http.Header) bool {
	return len(header[costHeader]) > 0 || len(header[callsHeader]) > 0 || bypasses(header)
}

// runAlone runs a query for one caller.
func (g *gate) runAlone(ctx context.Context, operation *graphql.OperationContext) *graphql.Response {
	responses, own := g.DispatchOperation(ctx, operation)
	return responses(own)
}

// join is the answer that is kept, or that somebody else is getting; nil where there is none. It costs the caller a point.
func (g *gate) join(ctx context.Context, caller access.Caller, a asking) *transport.Answer {
	kept, r := g.sharing.find(a)
	estimated := 0
	switch {
	case kept != nil:
		estimated = kept.estimated
	case r != nil:
		defer g.sharing.leave(r)
		estimated = r.estimated
	default:
		return nil
	}
	if g.rates.perSecond > 0 {
		if wait := g.rates.take(caller.ID(), estimated); wait > 0 {
			return transport.NewAnswer(g.DispatchError(ctx, listOf(tooOften(wait))))
		}
		g.rates.correct(caller.ID(), 1-estimated)
	}
	if kept != nil {
		return kept.answer(g.sharing.now())
	}
	select {
	case <-r.done:
		if r.answer == nil {
			g.rates.correct(caller.ID(), -1) // for nothing
		}
		return inRequest(ctx, r.answer)
	case <-ctx.Done():
		return transport.NewAnswer(g.DispatchError(ctx, listOf(ctx.Err())))
	}
}

// lead runs a query on behalf of all who wait for it, with the rights that they had when it began. It goes on when its
// first caller goes, as long as others wait; who goes because a key was revoked is not told what it brings.
func (g *gate) lead(own, running context.Context, operation *graphql.OperationContext, a asking, r *run) *transport.Answer {
	stays := context.AfterFunc(own, func() { g.sharing.leave(r) })
	defer func() {
		if stays() {
			g.sharing.leave(r)
		}
	}()
	defer g.sharing.end(a, r) // also where it panics: the others ask again then
	response := g.runAlone(running, operation)
	answer := transport.NewAnswer(response)
	if onlyOwn(response) {
		return answer
	}
	r.answer = answer
	if !kindOf(operation).fleeting {
		g.sharing.keep(a, r, billFor(operation))
	}
	if err := own.Err(); err != nil && running.Err() == nil {
		return transport.NewAnswer(g.DispatchError(own, listOf(err)))
	}
	return answer
}

// onlyOwn says whether a response is about who asked: that the caller's rate is used up.
func onlyOwn(response *graphql.Response) bool {
	for _, err := range response.Errors {
		if _, refused := errors.AsType[*transport.Refusal](err.Err); refused {
			return true
		}
	}
	return false
}

// inRequest is an answer as another request's: its errors have the number of the request that they are told to.
func inRequest(ctx context.Context, a *transport.Answer) *transport.Answer {
	if a == nil || len(a.Response.Errors) == 0 {
		return a
	}
	response := *a.Response
	response.Errors = nil
	for _, err := range a.Response.Errors {
		own := *err
		own.Extensions = maps.Clone(err.Extensions)
		if _, numbered := own.Extensions["requestId"]; numbered {
			own.Extensions["requestId"] = requestID(ctx)
		}
		response.Errors = append(response.Errors, &own)
	}
	return transport.NewAnswer(&response)
}

// askingOf is a caller's question.
func askingOf(caller access.Caller, q sameness, personal bool) asking {
	a := asking{rights: caller.Rights(), question: q}
	if personal {
		a.caller = caller.ID()
	}
	return a
}

// questionOf is what an operation asks. Variables are written with sorted names.
func questionOf(operation *graphql.OperationContext) (sameness, error) {
	variables, err := json.Marshal(operation.Variables)
	if err != nil {
		return sameness{}, err
	}
	hash := sha256.New()
	for _, part := range [][]byte{[]byte(operation.RawQuery), []byte(operation.Operation.Name), variables} {
		size := sha256.Sum256(part) // parts cannot run into each other
		hash.Write(size[:])
	}
	return sameness(hash.Sum(nil)), nil
}

// known is what a body asks that was seen before.
func (s *sharing) known(body []byte) (posted, bool) {
	key := maphash.Bytes(s.seed, body)
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.bodies.Get(key)
	return p, ok && p.body == string(body)
}

// know remembers what a body asks.
func (s *sharing) know(body []byte, p posted) {
	if len(body) == 0 || len(body) > longestBody {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies.Add(maphash.Bytes(s.seed, body), p)
}

// find is the kept answer, or the run that may be joined, which counts the caller then. A run that began before something
// was written may miss that, and is not joined.
func (s *sharing) find(a asking) (*keptAnswer, *run) {
	if kept := s.kept.get(a); kept != nil {
		return kept, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.runs[a]
	if !s.joinable(r, s.version()) {
		return nil, nil
	}
	r.waiting++
	return nil, r
}

// joinable says whether a run may be joined: not one that was called off since nobody waited for it any more.
func (s *sharing) joinable(r *run, version cache.Version) bool {
	return r != nil && r.waiting > 0 && r.version == version && s.now().Sub(r.began) <= s.patience
}

// begin is a new run and the context to run it in, whose end is not its first caller's; nil where there is one to join.
func (s *sharing) begin(ctx context.Context, a asking, estimated int) (context.Context, *run) {
	version := s.version()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.joinable(s.runs[a], version) {
		return nil, nil
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &run{version: version, began: s.now(), estimated: estimated, cancel: cancel, waiting: 1, done: make(chan struct{})}
	s.runs[a] = r
	return running, r
}

// leave is for everybody who waits no longer. When nobody does, the run is called off.
func (s *sharing) leave(r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.waiting--; r.waiting == 0 {
		r.cancel()
	}
}

// end tells all who wait.
func (s *sharing) end(a asking, r *run) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runs[a] == r {
		delete(s.runs, a)
	}
	close(r.done)
}

package stellr

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// Cache keeps what reads have brought, for the calls that are made with WithReuse. What it answers is shared by all who
// ask: nobody may change it. Records of customers who are out of a call's scope are left out after it has answered, so
// one answer serves callers who see more and who see less.
type Cache interface {
	// Read answers a question with what is kept, or with what its Fetch brings.
	Read(ctx context.Context, q Question) (Reading, error)
	// Keeps says whether anything is kept that an action reads.
	Keeps(Action) bool
	// Peek answers a question if the answer is kept, fresh and at hand. It asks nobody, and never calls Fetch.
	Peek(q Question) (Reading, bool)
}

// Question is a read as a cache sees it.
type Question struct {
	Action     Action
	CustomerNo string // whom it is for; the reseller itself where it is empty
	ForOne     bool   // it is for a customer, or for the reseller itself, and not for all
	Path       string // with the query: what tells the questions of one account apart
	Template   string // the path with its placeholders: it holds no key
	Fresh      bool   // what is kept, or was asked before, is not good enough
	// Fetch asks Stellr. found is false where Stellr says that there is no such thing: that is an answer too.
	Fetch func(context.Context) (raw []byte, found bool, err error)
	// Decode reads what Fetch brought, also after it was kept elsewhere. What it cannot read must not be kept.
	Decode func(raw []byte) (any, error)
}

// Reading is a cache's answer.
type Reading struct {
	Value any           // as Decode made it
	Age   time.Duration // since Stellr was asked
	Left  time.Duration // how much longer it is fresh; 0 where nothing is kept, or it is not fresh any more
	Kept  bool          // nobody was waited for

	// Shared says that another operation's request was waited for, or another node's. The client of Stellr sets it.
	Shared bool
}

// Reuse says how the reads that are made with a context may be answered by Config.Cache.
type Reuse struct {
	Fresh bool              // not with what is kept; what comes is kept for others
	Only  func(Action) bool // which reads; nil: all
	// Told is told of each read that was answered, also of those that no cache has to do with: they have no Left. It may
	// be called from several goroutines at once.
	Told func(Question, Reading)
}

type reuseKey struct{}

// WithReuse lets reads that are made with the context be answered by Config.Cache. Without it every read asks Stellr, and
// what comes is not kept.
func WithReuse(ctx context.Context, r Reuse) context.Context {
	return context.WithValue(ctx, reuseKey{}, &r)
}

// ask sends a call, or has the cache answer it, and reads the answer. What read makes of it is shared.
func ask[V any](ctx context.Context, c *Client, rq *call, read func(context.Context, *answer) (V, error)) (V, error) {
	var none V
	reuse, _ := ctx.Value(reuseKey{}).(*Reuse)
	if !reuse.lets(rq.action) || c.cfg.Cache == nil || rq.err != nil || rq.method != http.MethodGet {
		got, err := c.send(ctx, rq)
		if err != nil {
			return none, err
		}
		reuse.tell(Question{Action: rq.action}, Reading{})
		return read(ctx, got)
	}
	if err := c.within(ctx, rq); err != nil {
		return none, err
	}
	q, fetched := question(ctx, c, rq, read)
	q.Fresh = reuse.Fresh
	reading, err := c.cfg.Cache.Read(ctx, q)
	if err != nil {
		return none, asError(rq.action, err)
	}
	reading.Shared = !reading.Kept && !fetched.Load()
	reuse.tell(q, reading)
	if missing, ok := reading.Value.(*Error); ok {
		return none, missing
	}
	return reading.Value.(V), nil
}

// mayPeek says whether an answer could be kept and used. It is asked before a call is made, which takes longer.
func (c *Client) mayPeek(ctx context.Context, action Action) bool {
	reuse, _ := ctx.Value(reuseKey{}).(*Reuse)
	return reuse.lets(action) && !reuse.Fresh && c.cfg.Cache != nil && c.cfg.Cache.Keeps(action)
}

// peek is ask where the answer is kept and at hand; only where mayPeek says so.
func peek[V any](ctx context.Context, c *Client, rq *call, read func(context.Context, *answer) (V, error)) (V, bool) {
	var none V
	reuse, _ := ctx.Value(reuseKey{}).(*Reuse)
	if rq.err != nil || c.within(ctx, rq) != nil {
		return none, false
	}
	q, _ := question(ctx, c, rq, read)
	reading, ok := c.cfg.Cache.Peek(q)
	if !ok {
		return none, false
	}
	value, ok := reading.Value.(V) // and not what says that there is none
	if ok {
		reuse.tell(q, reading)
	}
	return value, ok
}

// WithReadings is the context with somebody more who is told of each read that a cache answers; the context itself where
// it does not let one.
func WithReadings(ctx context.Context, tell func(Reading)) context.Context {
	reuse, _ := ctx.Value(reuseKey{}).(*Reuse)
	if reuse == nil {
		return ctx
	}
	more := *reuse
	more.Told = func(q Question, r Reading) {
		tell(r)
		reuse.tell(q, r)
	}
	return context.WithValue(ctx, reuseKey{}, &more)
}

func (r *Reuse) lets(action Action) bool { return r != nil && (r.Only == nil || r.Only(action)) }

func (r *Reuse) tell(q Question, reading Reading) {
	if r != nil && r.Told != nil {
		r.Told(q, reading)
	}
}

// question is a call as a cache sees it. fetched says whether its Fetch was begun.
func question[V any](ctx context.Context, c *Client, rq *call, read func(context.Context, *answer) (V, error)) (q Question, fetched *atomic.Bool) {
	fetched = new(atomic.Bool)
	var came []byte // what Fetch has brought: JSON that was looked at already
	return Question{
		Action: rq.action, Template: rq.template, CustomerNo: rq.customer, ForOne: rq.forOne, Path: rq.target(),
		Fetch: func(fetching context.Context) (raw []byte, found bool, err error) {
			fetched.Store(true)
			if deadline, ok := ctx.Deadline(); ok { // others may wait for it too, but not longer
				var cancel context.CancelFunc
				fetching, cancel = context.WithDeadline(fetching, deadline)
				defer cancel()
			}
			fresh := *rq
			got, err := c.send(fetching, &fresh)
			switch failure, failed := errors.AsType[*Error](err); {
			case failed && failure.Code == CodeNotFound:
				came = packed(keptMissing, failure.RequestID, &answer{})
				return came, false, nil
			case err != nil:
				return nil, false, err
			}
			came = packed(keptFound, got.requestID, got)
			return came, true, nil
		},
		Decode: func(raw []byte) (any, error) {
			kind, got := unpacked(raw)
			switch {
			case kind == keptMissing:
				return &Error{Action: rq.action, Stage: Rejected, Code: CodeNotFound, Status: http.StatusNotFound, RequestID: got.requestID}, nil
			case kind != keptFound, !same(raw, came) && got.data != nil && !wellFormed(got.data):
				return nil, badAnswer(rq.action, 0, "what was kept of the answer cannot be read")
			}
			return read(ctx, got)
		},
	}, fetched
}

// The first byte of an answer that is kept.
const (
	keptFound   = '+'
	keptMissing = '-'
)

// mostAround is how many bytes around an answer's data are kept with it, rather than the data be copied.
const mostAround = 1 << 10

// packed is an answer as it is kept: its kind, its number, a line break, its data. It takes the answer over: where the data
// stands in the body behind as much as goes before it, and is most of it, that is written there, and nothing is copied.
func packed(kind byte, requestID string, got *answer) []byte {
	head := len(requestID) + 2
	begin := cap(got.body) - cap(got.data) // of the data, which is a part of the body
	if got.data == nil || begin < head || cap(got.body) > 2*len(got.data)+mostAround {
		raw := make([]byte, 0, head+len(got.data))
		raw = append(append(raw, kind), requestID...)
		return append(append(raw, '\n'), got.data...)
	}
	raw := got.body[begin-head : begin+len(got.data) : begin+len(got.data)]
	raw[0] = kind
	raw[copy(raw[1:], requestID)+1] = '\n'
	return raw
}

// unpacked is the kind of an answer that was kept, and the answer; another kind where it is none.
func unpacked(raw []byte) (kind byte, got *answer) {
	head, data, ok := bytes.Cut(raw, []byte{'\n'})
	if !ok || len(head) == 0 {
		return 0, nil
	}
	if len(data) == 0 {
		data = nil
	}
	return head[0], &answer{status: http.StatusOK, requestID: string(head[1:]), data: data}
}

// same says whether two texts are one and the same in memory.
func same(a, b []byte) bool { return len(a) > 0 && len(a) == len(b) && &a[0] == &b[0] }

// asError is a cache's error as one of this package: a caller who did not want to wait any longer is told by its context.
func asError(action Action, err error) error {
	if _, ours := errors.AsType[*Error](err); ours {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return gaveUp(action, Unknown, err)
	}
	return notSent(action, CodeUnavailable, errors.New("the cache failed"))
}

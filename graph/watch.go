package graph

import (
	"context"
	"sync"
	"time"

	"stellr-gateway/internal/access"
	"stellr-gateway/internal/events"
	"stellr-gateway/stellr"
)

// How often an operation is looked at: at first, and at most seldom.
const (
	firstLook  = 2 * time.Second
	seldomLook = time.Minute
)

// freshLook is how long what was seen is the present state to somebody who comes.
const freshLook = time.Second

// watches follow operations at Stellr, each of them once for all who listen on this node. What nodes see they tell each
// other, but each looks for itself: what is not told is seen all the same.
type watches struct {
	r   *Resolver
	hub *events.Hub[*stellr.Operation]
	mu  sync.Mutex        // guards the watches as well
	all map[string]*watch // by the operation's number as it was asked for
}

// watch follows one operation, on behalf of nobody in particular, until the last of those who listen has left.
type watch struct {
	of        *watches
	id        string
	ctx       context.Context
	cancel    context.CancelFunc
	listeners int
	following bool

	last *stellr.Operation // as told last; nil until it was seen
	seen time.Time         // when it was last seen to be so
	gone bool              // Stellr does not know it, or not any more
	look *look             // the one under way; nil when there is none
}

// look is one request for an operation, for everybody who wants to know at the time.
type look struct {
	done      chan struct{}
	operation *stellr.Operation // nil when there is none
	err       error
}

func newWatches(r *Resolver) *watches {
	return &watches{r: r, hub: events.NewHub[*stellr.Operation](feedQueue), all: map[string]*watch{}}
}

// follow tells the operation as it stands, then each time it is seen to have changed, until it has ended. Where there is no
// such operation, or it is not the caller's to see, nothing is told. An upstream that fails or refuses later is asked again: that it cannot be seen does
// not end an operation.
func (ws *watches) follow(ctx context.Context, operationID string) (<-chan *stellr.Operation, error) {
	w := ws.join(operationID)
	stop := context.AfterFunc(ctx, w.leave)
	operation, err := w.see(ctx, freshLook)
	if operation == nil || err != nil || !ws.r.maySeeOperation(ctx, operation) {
		if stop() {
			w.leave()
		}
		return nothing[*stellr.Operation](), err
	}
	return heard(ctx, w.listen(func(o *stellr.Operation) bool {
		return o.CustomerNo == "" || access.From(ctx).Sees(o.CustomerNo) // where the record is silent, it was found out above
	})), nil
}

// join is the operation's watch, with one more to listen. Whoever joins leaves again.
func (ws *watches) join(operationID string) *watch {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	w := ws.all[operationID]
	if w == nil {
		ctx, cancel := context.WithCancel(access.With(context.Background(), access.Gateway()))
		w = &watch{of: ws, id: operationID, ctx: ctx, cancel: cancel}
		ws.all[operationID] = w
	}
	w.listeners++
	return w
}

// leave is for everybody who joined, once. The last one ends the watch.
func (w *watch) leave() {
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	if w.listeners--; w.listeners == 0 {
		w.cancel()
		delete(w.of.all, w.id)
	}
}

// tell takes in what somebody else saw of an operation.
func (ws *watches) tell(o *stellr.Operation) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if w := ws.all[o.OperationID]; w != nil {
		w.take(o)
	}
}

// see is the operation as it was seen at most so long ago, else as it is now; nil when there is none. It asks Stellr once
// for everybody who wants to know at the same time, and whoever asks may leave without spoiling it for the others.
func (w *watch) see(ctx context.Context, fresh time.Duration) (*stellr.Operation, error) {
	w.of.mu.Lock()
	if w.over() || w.last != nil && w.of.r.Clock().Sub(w.seen) < fresh {
		defer w.of.mu.Unlock()
		return w.present(), nil
	}
	l := w.look
	if l == nil {
		l = &look{done: make(chan struct{})}
		w.look = l
		go w.ask(l)
	}
	w.of.mu.Unlock()
	select {
	case <-l.done:
		return l.operation, l.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask gets the operation from Stellr.
func (w *watch) ask(l *look) {
	defer close(l.done)
	operation, err := present(w.of.r.Client.Operation(w.ctx, w.id))
	w.of.r.ended(w.ctx, operation) // before anybody is told
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	w.look = nil
	switch {
	case w.over(): // somebody else saw the end of it in the meantime
	case err != nil:
		l.err = err
		return
	case operation == nil:
		w.gone = true
		w.of.hub.End(w.id)
	default:
		before := w.last
		if w.take(operation); before != nil && w.last != before {
			w.of.r.Bus.Publish(kindOperation, packOperation(operation)) // other nodes need not wait until they look
		}
	}
	l.operation = w.present()
}

// present is the operation as it was last seen; nil when there is none. The watches are locked.
func (w *watch) present() *stellr.Operation {
	if w.gone {
		return nil
	}
	return w.last
}

// over says whether nothing more can happen. The watches are locked.
func (w *watch) over() bool { return w.gone || w.last != nil && w.last.Ended() }

// take tells what was seen of the operation where it differs from what was told last. Several look at it, and the one
// whose answer comes last need not have looked last: an operation does not go back. The watches are locked.
func (w *watch) take(o *stellr.Operation) {
	if w.over() {
		return
	}
	if w.last != nil && progress(o) < progress(w.last) {
		return
	}
	w.seen = w.of.r.Clock()
	if w.last != nil && same(w.last, o) {
		return
	}
	w.last = o
	w.of.hub.Publish(w.id, o)
	if o.Ended() {
		w.of.hub.End(w.id)
		w.cancel()
	}
}

// listen begins with the operation as it was last seen, and goes on with those that may be told.
func (w *watch) listen(may func(*stellr.Operation) bool) *events.Stream[*stellr.Operation] {
	w.of.mu.Lock()
	defer w.of.mu.Unlock()
	stream := w.of.hub.Listen(w.id, may, w.last)
	if w.over() {
		stream.Close()
	} else if !w.following {
		w.following = true
		go w.follow(w.last)
	}
	return stream
}

// follow looks at the operation again and again until it is over or nobody listens.
func (w *watch) follow(last *stellr.Operation) {
	for wait := firstLook; w.of.r.Pause(w.ctx, wait) == nil; {
		now, err := w.see(w.ctx, 0)
		switch {
		case err == nil && now == nil:
			return
		case err == nil && now != last:
			last, wait = now, firstLook
		default:
			wait = min(wait*3/2, seldomLook)
		}
		if last.Ended() {
			return
		}
	}
}

// progress is how far an operation has come.
func progress(o *stellr.Operation) int {
	switch {
	case o.Ended():
		return 2
	case o.Status == stellr.OperationAccepted:
		return 0
	}
	return 1
}

// same says whether two looks at an operation saw the same.
func same(a, b *stellr.Operation) bool {
	if a.StatusText != b.StatusText || a.Status != b.Status || len(a.Results) != len(b.Results) {
		return false
	}
	for i := range a.Results {
		if a.Results[i] != b.Results[i] {
			return false
		}
	}
	return true
}

// pause waits; it ends early, with the context's error, when the context does.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

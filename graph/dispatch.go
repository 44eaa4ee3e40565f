package graph

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"stellr-gateway/graph/transport"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// Writes is how writes are sent, followed and found out about. What is zero has a default.
type Writes struct {
	Patience     time.Duration   // for one write in all, waiting and token included; 50 s
	FirstLook    time.Duration   // at an operation, after its write; 2 s
	SeldomLook   time.Duration   // the longest time between two looks; 1 min
	FollowFor    time.Duration   // an operation is followed so long, then its command is read back; 72 h
	ReadBack     []time.Duration // before each reading of what became of a write; 5 s, 30 s, 2 min, 10 min, 1 h
	Duplicates   time.Duration   // within which an identical buy under another key is suspect; 10 min
	MissingAfter time.Duration   // an operation that is not there is waited for so long; 10 min
	Margin       time.Duration   // beyond Patience, before a command on its way is taken for lost; 10 s
	Lease        time.Duration   // a command is one node's so long, while it is looked after; 2 min
}

func (w *Writes) setDefaults() {
	setDefault(&w.Patience, 50*time.Second)
	setDefault(&w.FirstLook, 2*time.Second)
	setDefault(&w.SeldomLook, time.Minute)
	setDefault(&w.FollowFor, 72*time.Hour)
	setDefault(&w.Duplicates, 10*time.Minute)
	setDefault(&w.MissingAfter, 10*time.Minute)
	setDefault(&w.Margin, 10*time.Second)
	setDefault(&w.Lease, 2*time.Minute)
	if len(w.ReadBack) == 0 {
		w.ReadBack = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, time.Hour}
	}
}

// outcome is what came of a command as far as somebody who waited for it knows. Where nobody knows, its command is nil.
type outcome struct {
	command *journal.Command // as it was saved last; a copy that nobody changes any more
	sent    *sent            // of the call that sent it
	err     error            // what broke, where nothing was processed
}

// flight is a command on its way to Stellr from this node.
type flight struct {
	landed chan struct{} // closed when outcome is set
	outcome
}

// flights are the commands on their way from this node.
type flights struct {
	mu   sync.Mutex
	all  map[string]*flight // by command id
	wait sync.WaitGroup
}

// of is a command's flight; nil when it is not on its way from this node.
func (f *flights) of(id string) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.all[id]
}

// dispatch sends a command that is in the journal, and waits for what comes of it. Whoever asked may leave: the
// command goes on.
func (k *keeper) dispatch(ctx context.Context, w *write, c *journal.Command) outcome {
	f := &flight{landed: make(chan struct{})}
	begun := copyCommand(c)
	k.flights.mu.Lock()
	k.flights.all[c.ID] = f
	k.flights.mu.Unlock()
	k.r.tellCommand(begun)
	k.flights.wait.Go(func() {
		own := context.WithoutCancel(ctx)
		f.outcome = k.fly(own, w, c)
		k.flights.mu.Lock()
		delete(k.flights.all, c.ID)
		k.flights.mu.Unlock()
		close(f.landed)
		k.announce(own, f.command)
		k.wakeUp()
	})
	return f.until(ctx, begun)
}

// until waits for the outcome as long as somebody wants to know it; after that, the command as it stood.
func (f *flight) until(ctx context.Context, stood *journal.Command) outcome {
	ctx, cancel := beforeEnd(ctx)
	defer cancel()
	select {
	case <-f.landed:
		return f.outcome
	case <-ctx.Done():
		return outcome{command: stood}
	}
}

// beforeEnd is ctx with a deadline that is so much earlier that an answer can still be given.
func beforeEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-min(time.Second, time.Until(deadline)/4)))
	}
	return context.WithCancel(ctx)
}

// fly commits to the journal that the command is sent, sends it, and commits what came of it.
func (k *keeper) fly(ctx context.Context, w *write, c *journal.Command) outcome {
	ctx, cancel := context.WithTimeout(ctx, k.r.Writes.Patience)
	defer cancel()
	c.Step, c.DispatchedAt = journal.Dispatched, k.r.Clock()
	c.DueAt = c.DispatchedAt.Add(k.r.Writes.Patience + k.r.Writes.Margin) // nobody takes it for lost before
	if err := k.save(ctx, c); err != nil {
		end(c, journal.Failed, k.r.Clock(), &journal.Problem{Code: journal.NotProcessed, Message: "Nothing was sent, because that could not be recorded first."})
		c.Released = true
		told := copyCommand(c)
		k.flights.wait.Go(func() { k.saveOutcome(context.WithoutCancel(ctx), c) })
		return outcome{command: told, err: k.r.journalFailed(ctx, err)}
	}
	requestID := ""
	observed := stellr.WithObserver(ctx, func(call stellr.Call) {
		if call.RequestID != "" {
			requestID = call.RequestID
		}
	})
	done, err := k.sendOnce(observed, w)
	k.r.written(ctx, c) // whatever came of it
	unnamed := c.CustomerNo
	broken := k.settle(c, done, err)
	if c.CustomerNo != unnamed { // a new customer's number, under which it may be kept that there is none
		k.r.written(ctx, c)
	}
	if c.StellrRequestID == "" {
		c.StellrRequestID = requestID
	}
	if c.Error != nil && c.Error.StellrRequestID == "" {
		c.Error.StellrRequestID = c.StellrRequestID
	}
	k.log(ctx, c, err)
	return outcome{command: k.saveOutcome(context.WithoutCancel(ctx), c), sent: done, err: broken}
}

// sendOnce sends the one request. A panic on the way leaves it open what came of it, like an answer that cannot be read.
func (k *keeper) sendOnce(ctx context.Context, w *write) (done *sent, err error) {
	defer func() {
		if p := recover(); p != nil {
			done, err = nil, k.panicked(ctx, p)
		}
	}()
	return w.send(ctx)
}

// panicked writes a panic to the log: it must not end the program, in which other writes are on their way.
func (k *keeper) panicked(ctx context.Context, p any) error {
	err := transport.NewPanic(p)
	k.r.Logger.ErrorContext(ctx, "a write met a fault of the gateway's own", slog.String("error", withoutSecrets(err.Error())), slog.String("stack", string(err.Stack)))
	return err
}

// saveOutcome keeps what is known of a command's outcome. Where the journal cannot be written it goes on trying for as
// long as the program runs, but whoever waits is told after a while. Where another node took the command for lost
// meanwhile, what is known here counts; that nothing is known here does not. It returns the command as it is told to whoever waits.
func (k *keeper) saveOutcome(ctx context.Context, c *journal.Command) *journal.Command {
	told := copyCommand(c)
	kept := make(chan struct{})
	k.flights.wait.Go(func() {
		defer close(kept)
		k.keepSaving(ctx, c)
	})
	patience := time.NewTimer(k.r.Writes.Margin)
	defer patience.Stop()
	select {
	case <-kept:
		return copyCommand(c)
	case <-patience.C:
		return told
	}
}

// keepSaving saves a command until that succeeds, or the program ends.
func (k *keeper) keepSaving(ctx context.Context, c *journal.Command) {
	const seldom = 5 * time.Second
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, seldom) {
		err := k.save(ctx, c)
		if err == nil {
			return
		}
		if errors.Is(err, journal.ErrStale) {
			if there, err := k.r.Journal.Get(ctx, c.Account, c.ID); err == nil && there != nil {
				if c.Status == journal.Unknown && !there.InFlight() {
					*c = *there // it is looked after, or known: not to know adds nothing
					return
				}
				c.Version = there.Version
				continue
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-k.closing:
			timer.Stop()
			k.r.Logger.ErrorContext(ctx, "the outcome of a command could not be recorded: it will be read back", slog.String("command", c.ID), slog.String("error", err.Error()))
			return
		}
	}
}

// log writes what came of a command: the audit's line beside the journal's row.
func (k *keeper) log(ctx context.Context, c *journal.Command, err error) {
	level, attrs := slog.LevelInfo, []slog.Attr{
		slog.String("command", c.ID), slog.String("action", c.Action), slog.String("actor", c.Actor),
		slog.String("status", string(c.Status)), slog.String("stellr_request_id", c.StellrRequestID),
	}
	if err != nil {
		level, attrs = slog.LevelWarn, append(attrs, slog.String("error", withoutSecrets(err.Error())))
	}
	k.r.Logger.LogAttrs(ctx, level, "a command was sent", attrs...)
}

// await is what came of a command that was there already: at once when it is not on its way to Stellr any more,
// otherwise when it has landed or nobody waits any longer.
func (k *keeper) await(ctx context.Context, c *journal.Command) outcome {
	ctx, cancel := beforeEnd(ctx)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, time.Second) { // it may be about to leave, or on its way from another node
		if f := k.flights.of(c.ID); f != nil {
			o := f.until(ctx, c)
			return outcome{command: o.command, err: o.err}
		}
		now, err := k.r.Journal.Get(context.WithoutCancel(ctx), c.Account, c.ID)
		switch {
		case err != nil:
			return outcome{err: k.r.journalUnreadable(ctx, err)}
		case now == nil: // a journal forgets nothing
			return outcome{command: c}
		}
		if !now.InFlight() || k.r.Pause(ctx, wait) != nil {
			return outcome{command: now}
		}
	}
}

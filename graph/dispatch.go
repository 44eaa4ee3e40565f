package graph

import (
	"context"
	"errors"
	"log/slog"
	"slices"
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

// dispatch sends a command that is in the journal, and waits for what comes of it. Whoever asked may leave: the
// command goes on.
func (k *keeper) dispatch(ctx context.Context, w *write, c *journal.Command) outcome {
	f := &flight{landed: make(chan struct{})}
	claimed := copyCommand(c)
	k.flights.mu.Lock()
	k.flights.all[c.ID] = f
	k.flights.mu.Unlock()
	k.r.tellCommand(claimed)
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
	return f.until(ctx, claimed)
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
	broken := k.settle(c, done, err)
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

// settle writes into the command what came of sending it. The error that it returns is for the caller, beside a command
// that was certainly not processed.
func (k *keeper) settle(c *journal.Command, done *sent, err error) error {
	failure, known := errors.AsType[*stellr.Error](err)
	now := k.r.Clock()
	switch {
	case err == nil:
		k.accepted(c, done, now)
	case known && unprocessed(failure):
		end(c, journal.Failed, now, &journal.Problem{Code: journal.NotProcessed, Message: "It was certainly not carried out: " + answerToStellr(context.Background(), failure).message})
		c.Released = true
		return err
	case known && failure.Stage == stellr.Rejected:
		end(c, journal.Rejected, now, refusalOf(failure))
	default:
		k.unknown(c, now)
	}
	return nil
}

// unprocessed says whether a failure is about the way to Stellr and not about what was asked: nothing was sent, or it
// was turned away unread.
func unprocessed(e *stellr.Error) bool {
	if e.Stage == stellr.NotSent {
		return true
	}
	switch e.Code {
	case stellr.CodeUnauthorized, stellr.CodeForbidden, stellr.CodeThrottled, stellr.CodeToken:
		return e.Stage == stellr.Rejected
	}
	return false
}

// refusalOf is what Stellr or the vendor said against a write.
func refusalOf(e *stellr.Error) *journal.Problem {
	p := &journal.Problem{Code: journal.VendorRefused, Message: "Stellr refused it.", StellrRequestID: e.RequestID}
	if e.Code == stellr.CodeNotFound {
		p.Code, p.Message = journal.NotFound, "Stellr has no such thing."
	}
	if words := joinWords(e.Message, e.Detail); words != "" {
		p.Message = words
	}
	return p
}

// joinWords is what was said, in one line.
func joinWords(message, detail string) string {
	if message == "" || detail == "" {
		return message + detail
	}
	return message + ": " + detail
}

// accepted writes into the command that Stellr took it.
func (k *keeper) accepted(c *journal.Command, done *sent, now time.Time) {
	if done.customerNo != "" {
		c.CustomerNo = done.customerNo
	}
	c.SubscriptionIDs = union(c.SubscriptionIDs, done.subscriptionIDs)
	c.Operations = done.operations
	if len(c.Operations) == 0 {
		end(c, journal.Succeeded, now, nil)
		return
	}
	c.Status, c.Step, c.DueAt = journal.Pending, journal.Following, now.Add(k.r.Writes.FirstLook)
}

// unknown writes into the command that nobody knows what came of it, and when that is to be found out.
func (k *keeper) unknown(c *journal.Command, now time.Time) {
	c.Status, c.Step, c.Reads, c.DueAt = journal.Unknown, journal.Reading, 0, now.Add(k.r.Writes.ReadBack[0])
	c.Error = &journal.Problem{Code: journal.OutcomeOpen,
		Message: "It was sent, and no readable answer came: it may have been carried out. The gateway finds out by reading, and never sends it again."}
}

// end writes into the command that nothing more happens by itself.
func end(c *journal.Command, status journal.Status, now time.Time, problem *journal.Problem) {
	c.Status, c.Step, c.FinishedAt, c.Error = status, journal.Ended, now, problem
	c.DueAt, c.Node, c.LeaseUntil = time.Time{}, "", time.Time{}
}

// union is the texts of both lists, each once.
func union(a, b []string) []string {
	all := a[:len(a):len(a)]
	for _, text := range b {
		if text != "" && !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

// saveOutcome keeps what is known of a command's outcome, trying again for a while where the journal cannot be
// written. Where another node took the command for lost meanwhile, what is known here counts. It returns the command
// as it is told to whoever waits.
func (k *keeper) saveOutcome(ctx context.Context, c *journal.Command) *journal.Command {
	ctx, cancel := context.WithTimeout(ctx, k.r.Writes.Margin)
	defer cancel()
	for wait := 20 * time.Millisecond; ; wait *= 2 {
		err := k.save(ctx, c)
		if err == nil {
			break
		}
		if errors.Is(err, journal.ErrStale) {
			if there, err := k.r.Journal.Get(ctx, c.Account, c.ID); err == nil && there != nil {
				c.Version = there.Version
				continue
			}
		}
		if k.r.Pause(ctx, wait) != nil {
			k.r.Logger.ErrorContext(ctx, "the outcome of a command could not be recorded: it will be read back", slog.String("command", c.ID), slog.String("error", err.Error()))
			break
		}
	}
	return copyCommand(c)
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
	k.flights.mu.Lock()
	f := k.flights.all[c.ID]
	k.flights.mu.Unlock()
	if f != nil {
		o := f.until(ctx, c)
		return outcome{command: o.command, err: o.err}
	}
	ctx, cancel := beforeEnd(ctx)
	defer cancel()
	for wait := 50 * time.Millisecond; ; wait = min(2*wait, time.Second) { // it may be on its way from another node
		now, err := k.r.Journal.Get(context.WithoutCancel(ctx), c.Account, c.ID)
		if err != nil || now == nil {
			return outcome{err: k.r.journalFailed(ctx, err)}
		}
		if !now.InFlight() || k.r.Pause(ctx, wait) != nil {
			return outcome{command: now}
		}
	}
}

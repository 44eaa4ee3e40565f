package graph

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"stellr-gateway/internal/access"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// How the keeper works.
const (
	announceTime = 10 * time.Second // for reading what a command has changed, to tell it
	looksAt      = 16               // commands at once
	idlePause    = 2 * time.Second  // the longest time between two looks into the journal: other nodes write there too
	leastPause   = 10 * time.Millisecond
)

// keeper looks after commands that have not ended, whichever node sent them: it follows operations and reads back what
// nobody knows. What it knows is in the journal, so that any other keeper can go on where it stopped.
type keeper struct {
	r       *Resolver
	flights flights
	wake    chan struct{}
	closing chan struct{} // closed when nothing more is looked after
	once    sync.Once
}

func newKeeper(r *Resolver) *keeper {
	return &keeper{r: r, flights: flights{all: map[string]*flight{}}, wake: make(chan struct{}, 1), closing: make(chan struct{})}
}

// Work looks after commands, and hears what other nodes tell, until ctx ends. It returns when those that are on their way
// have landed.
func (r *Resolver) Work(ctx context.Context) {
	var hearing sync.WaitGroup
	hearing.Go(func() { r.hear(ctx) })
	defer hearing.Wait()
	if r.Journal != nil {
		r.keeper.work(access.With(ctx, access.Gateway()))
	}
	r.keeper.once.Do(func() { close(r.keeper.closing) })
	r.keeper.flights.wait.Wait()
}

func (k *keeper) work(ctx context.Context) {
	slots := make(chan struct{}, looksAt)
	for ctx.Err() == nil {
		k.rest(ctx, k.takeDue(ctx, slots))
	}
	for range looksAt { // those that are looked at
		slots <- struct{}{}
	}
}

// takeDue begins to look after what is due, as far as there is room. It answers how long to wait, at most, before the
// next time.
func (k *keeper) takeDue(ctx context.Context, slots chan struct{}) time.Duration {
	free := cap(slots) - len(slots)
	if free == 0 {
		return idlePause // whoever is ready first wakes the keeper
	}
	due, err := k.r.Journal.Take(ctx, k.r.Account, k.r.Node, k.r.Clock(), k.r.Writes.Lease, free)
	if err != nil && ctx.Err() == nil {
		k.r.Logger.WarnContext(ctx, "the journal cannot be read: commands are not looked after", slog.String("error", err.Error()))
		return idlePause
	}
	for _, c := range due {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots; k.wakeUp() }()
			looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.r.Writes.Lease*3/4)
			defer cancel()
			k.lookAfter(looking, c)
		}()
	}
	if next, err := k.r.Journal.NextDue(ctx, k.r.Account); err == nil && !next.IsZero() && len(slots) < cap(slots) {
		return min(max(next.Sub(k.r.Clock()), leastPause), idlePause)
	}
	return idlePause
}

// rest waits, or until something happened here.
func (k *keeper) rest(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-k.wake:
	case <-ctx.Done():
	}
}

// wakeUp has the journal looked into.
func (k *keeper) wakeUp() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// lookAfter does what is due for a command, and gives it back to whoever comes next.
func (k *keeper) lookAfter(ctx context.Context, c *journal.Command) {
	defer func() {
		if p := recover(); p != nil {
			_ = k.panicked(ctx, p) // its lease runs out, and it is looked after again
		}
	}()
	now := k.r.Clock()
	switch c.Step {
	case journal.Claimed: // the node that had it stopped before it sent anything
		end(c, journal.Failed, now, &journal.Problem{Code: journal.NotProcessed, Message: "The gateway stopped before anything was sent."})
		c.Released = true
	case journal.Dispatched: // the node that had it stopped while it may have been on its way
		k.unknown(c, c.DispatchedAt)
		c.DueAt = later(c.DueAt, now)
	case journal.Following:
		k.follow(ctx, c, now)
	case journal.Reading:
		k.readBack(ctx, c, now)
	default:
		c.DueAt = time.Time{}
	}
	c.Node, c.LeaseUntil = "", time.Time{}
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.r.Writes.Lease/8) // looking may have used up its time
	defer cancel()
	switch err := k.save(saving, c); {
	case errors.Is(err, journal.ErrStale): // whoever saved knows more
	case err != nil:
		k.r.Logger.WarnContext(ctx, "what became of a command could not be recorded: it is looked at again", slog.String("command", c.ID), slog.String("error", err.Error()))
	default:
		k.announce(ctx, c)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// follow looks at the operations of a command.
func (k *keeper) follow(ctx context.Context, c *journal.Command, now time.Time) {
	left := k.lookAt(ctx, c, now)
	age := now.Sub(c.DispatchedAt)
	c.DueAt = now.Add(min(max(age/2, k.r.Writes.FirstLook), k.r.Writes.SeldomLook))
	switch {
	case left == 0:
		k.concluded(ctx, c, now)
	case age > k.r.Writes.FollowFor || slices.ContainsFunc(c.Operations, func(o journal.Operation) bool {
		return !o.MissingSince.IsZero() && now.Sub(o.MissingSince) > k.r.Writes.MissingAfter
	}):
		k.unknown(c, now)
	}
}

// lookAt looks at the operations of a command that have not ended, and answers how many still have not.
func (k *keeper) lookAt(ctx context.Context, c *journal.Command, now time.Time) (left int) {
	for i := range c.Operations {
		o := &c.Operations[i]
		if o.Ended {
			continue
		}
		seen, err := k.r.Client.Operation(ctx, o.OperationID)
		switch {
		case stellr.IsNotFound(err) && o.MissingSince.IsZero():
			o.MissingSince = now
		case err == nil:
			if seen.Ended() {
				k.r.written(ctx, c) // before anybody is told
			}
			if seen.StatusText != o.StatusText || seen.Ended() {
				k.r.tellOperation(seen)
			}
			o.StatusText, o.Ended, o.Failed, o.MissingSince = seen.StatusText, seen.Ended(), seen.Status == stellr.OperationFailed, time.Time{}
			k.results(c, seen)
		}
		if !o.Ended {
			left++
		}
	}
	return left
}

// results takes over what an operation says of subscriptions, and what went wrong.
func (k *keeper) results(c *journal.Command, o *stellr.Operation) {
	for _, result := range o.Results {
		c.SubscriptionIDs = union(c.SubscriptionIDs, []string{result.SubscriptionID})
		if result.Status == stellr.OperationFailed && refused(c) == nil {
			c.Error = &journal.Problem{Code: journal.VendorRefused, Message: "The vendor could not carry it out.", StellrRequestID: c.StellrRequestID}
			if words := joinWords(result.Message, result.Detail); words != "" {
				c.Error.Message = words
			}
		}
	}
}

// concluded writes into a command that all its operations have ended. What a failed order left behind is found out
// first: it must not be lost.
func (k *keeper) concluded(ctx context.Context, c *journal.Command, now time.Time) {
	failed := slices.ContainsFunc(c.Operations, func(o journal.Operation) bool { return o.Failed })
	switch {
	case evidenceOf(c).Open && c.Step == journal.Following: // of a part they said nothing: reading may tell
		k.unknown(c, now)
		return
	case !failed && refused(c) == nil:
		end(c, journal.Succeeded, now, nil)
		return
	case refused(c) == nil:
		c.Error = &journal.Problem{Code: journal.VendorRefused, Message: "The vendor could not carry it out.", StellrRequestID: c.StellrRequestID}
	}
	behind, err := k.leftBehind(ctx, c)
	switch c.LeftBehind = behind; {
	case err != nil && !lasting(err) && now.Sub(c.DispatchedAt) <= k.r.Writes.FollowFor:
		return // c.DueAt says when to look again
	case err != nil:
		c.Error.Message += " What it may have left behind could not be read."
	case len(behind) > 0:
		c.Error.Message += " Something that it made is there: see leftBehind."
	}
	end(c, journal.Failed, now, c.Error)
}

// refused is what went wrong with a command, or a part of it, by Stellr's own word; nil when nothing did. That nobody knew
// its outcome for a while is no such thing.
func refused(c *journal.Command) *journal.Problem {
	if c.Error == nil || c.Error.Code == journal.OutcomeOpen {
		return nil
	}
	return c.Error
}

// leftBehind are the subscriptions of a failed order that are at Stellr nevertheless, whether they came to life or not.
func (k *keeper) leftBehind(ctx context.Context, c *journal.Command) ([]string, error) {
	var behind []string
	old := evidenceOf(c).Existing
	for _, id := range made(c) {
		if slices.Contains(old, id) {
			continue
		}
		s, err := present(k.r.Client.Subscription(ctx, c.CustomerNo, id))
		switch {
		case err != nil:
			return nil, err
		case s != nil && s.Status != stellr.SubscriptionCancelled:
			behind = append(behind, id)
		}
	}
	return behind, nil
}

// lasting says whether a reading failed for a reason that does not pass by itself.
func lasting(err error) bool {
	failure, ok := errors.AsType[*stellr.Error](err)
	if !ok {
		return false
	}
	switch failure.Code {
	case stellr.CodeForbidden, stellr.CodeNotFound, stellr.CodeRefused, stellr.CodeNotConfigured, stellr.CodeInvalid:
		return true
	}
	return false
}

// announce tells of a command as it is now, and of its subscriptions when it may have changed them.
func (k *keeper) announce(ctx context.Context, c *journal.Command) {
	if c == nil {
		return
	}
	if c.Step == journal.Ended {
		k.r.written(ctx, c) // before anybody is told
	}
	k.r.tellCommand(c)
	if c.Step != journal.Ended || c.Status == journal.Rejected || c.Released || !k.r.feeds.subscriptions.wanted(plainKey(c.CustomerNo)) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, announceTime)
	defer cancel()
	for _, id := range c.SubscriptionIDs {
		if s, err := k.r.Client.Subscription(ctx, c.CustomerNo, id); err == nil {
			k.r.tellSubscription(s)
		}
	}
}

// stamp gives a command that is about to be claimed its identity and times.
func (k *keeper) stamp(c *journal.Command) {
	now := k.r.Clock()
	c.ID, c.CreatedAt, c.ChangedAt = journal.NewID(now), now, now
	c.DueAt, c.Node, c.LeaseUntil = now.Add(k.r.Writes.Patience+k.r.Writes.Margin), "", time.Time{}
}

// save writes a command to the journal as it is now.
func (k *keeper) save(ctx context.Context, c *journal.Command) error {
	c.ChangedAt = k.r.Clock()
	return k.r.Journal.Save(ctx, c)
}

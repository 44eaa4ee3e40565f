package graph

import (
	"context"
	"errors"
	"slices"
	"time"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// What a command is after its request was sent, by what came back.

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

// accepted writes into the command what a readable answer says of it.
func (k *keeper) accepted(c *journal.Command, done *sent, now time.Time) {
	if done.customerNo != "" {
		c.CustomerNo = done.customerNo
	}
	c.SubscriptionIDs = union(c.SubscriptionIDs, done.subscriptionIDs)
	c.Operations = done.operations
	if done.open { // what the operations say is not all
		e := evidenceOf(c)
		e.Open = true
		c.Evidence = e.marshal()
	}
	switch {
	case done.good == 0 && done.failed != nil && !done.open:
		end(c, journal.Rejected, now, done.failed)
	case done.open && len(c.Operations) == 0:
		c.Error = done.failed
		k.unknown(c, now)
	case done.failed == nil && len(c.Operations) == 0:
		end(c, journal.Succeeded, now, nil)
	default: // its operations end it, or what is left of what went wrong is looked for
		c.Status, c.Step, c.Error, c.DueAt = journal.Pending, journal.Following, done.failed, now.Add(k.r.Writes.FirstLook)
	}
}

// unknown writes into the command that nobody knows what came of it, and when that is to be found out.
func (k *keeper) unknown(c *journal.Command, now time.Time) {
	c.Status, c.Step, c.Reads, c.DueAt = journal.Unknown, journal.Reading, 0, now.Add(k.r.Writes.ReadBack[0])
	if refused(c) == nil { // what is known of a part stays known
		c.Error = &journal.Problem{Code: journal.OutcomeOpen,
			Message: "It was sent, and no readable answer came: it may have been carried out. The gateway finds out by reading, and never sends it again."}
	}
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

package stellr

import (
	"errors"
	"time"
)

// Stage says how far a call got. It is what decides whether a write may be sent again.
type Stage string

// The three stages.
const (
	// NotSent: nothing left this machine; whatever was asked for did not happen.
	NotSent Stage = "not sent"
	// Rejected: Stellr answered, readably, that it did not do it.
	Rejected Stage = "rejected"
	// Unknown: something was sent and no readable answer came. A write may have been carried out and must not be
	// repeated; a read may be.
	Unknown Stage = "unknown"
)

// Code says what kind of failure a call met. The set is closed.
type Code string

// The kinds of failure.
const (
	CodeNotFound      Code = "not found"       // Stellr has no such record, or it is somebody else's
	CodeForbidden     Code = "forbidden"       // 403: the endpoint's permission is not ticked in the developer portal (O)
	CodeUnauthorized  Code = "unauthorized"    // 401, also with a new token
	CodeThrottled     Code = "throttled"       // 429, or the client's own ration of requests would take too long
	CodeTimeout       Code = "timed out"       // no answer in time, or the caller's deadline passed
	CodeCanceled      Code = "canceled"        // the caller gave up
	CodeUnavailable   Code = "unavailable"     // refused, no such host, reset, 5xx, circuit open
	CodeBadAnswer     Code = "bad answer"      // not JSON, cut short, too large, without what it must hold
	CodeRefused       Code = "refused"         // any other 4xx, or a business failure
	CodeToken         Code = "no access token" // the token endpoint gave none
	CodeBudget        Code = "over budget"     // the caller's own hook refused the request
	CodeNotConfigured Code = "not configured"  // no path is known for the action in this configuration
	CodeInvalid       Code = "invalid argument"
	CodeRehearsed     Code = "rehearsed" // nothing is wrong: see Rehearse
)

// Error is the one error type that calls to Stellr fail with.
//
// Error() and everything that Unwrap leads to is safe to show: no URL, token, secret or text of the upstream's. The
// upstream's own words are in Message and Detail, for logs and for the answers to writes.
type Error struct {
	Action     Action
	Stage      Stage
	Code       Code
	Status     int           // HTTP status; 0 when no answer came
	RequestID  string        // Stellr's own number of the request, which its support asks for; may be empty
	RetryAfter time.Duration // how long Stellr asks to wait; 0 when it does not say
	Message    string        // Stellr's words, with secrets of the request taken out; never part of Error()
	Detail     string        // more of them

	cause error // safe to print: see safeCause
	again bool  // a read may be tried again
	bytes int   // of the answer
	timed bool  // Stellr said how long to wait, be it not at all
}

// Error names what was asked, how far it got and what went wrong: "changeSeats: timed out (unknown)".
func (e *Error) Error() string {
	text := string(e.Action) + ": " + string(e.Code) + " (" + string(e.Stage) + ")"
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap is the cause: context.Canceled, context.DeadlineExceeded, a hook's own error or a short description; nil when
// there is nothing more to say.
func (e *Error) Unwrap() error { return e.cause }

// Temporary says whether the same call may well succeed later. It does not say that a write may be repeated: Stage
// does.
func (e *Error) Temporary() bool {
	switch e.Code {
	case CodeThrottled, CodeTimeout, CodeUnavailable, CodeBadAnswer:
		return true
	case CodeToken:
		return e.again
	}
	return false
}

// IsNotFound says whether err means that there is no such record, or none of the customer that was named.
func IsNotFound(err error) bool { return codeOf(err) == CodeNotFound }

// StageOf is how far a call got that failed with err: Unknown for an error that is not from this package, empty for
// nil.
func StageOf(err error) Stage {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Stage
	}
	return Unknown
}

func codeOf(err error) Code {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// notSent is a failure before anything was sent.
func notSent(action Action, code Code, cause error) *Error {
	return &Error{Action: action, Stage: NotSent, Code: code, cause: cause}
}

// badAnswer is an answer that arrived and cannot be used.
func badAnswer(action Action, status int, cause string) *Error {
	return &Error{Action: action, Stage: Unknown, Code: CodeBadAnswer, Status: status, cause: errors.New(cause), again: true}
}

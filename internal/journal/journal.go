// Package journal keeps a record of every write, before and after it is sent, so that no order is sent twice and none
// is forgotten.
//
// A command is claimed, dispatched, and then ends, is followed, or is read back. What a step means for a restart is in
// the comments of Step. Journals differ in where they keep commands: a SQLite file for one node, PostgreSQL for
// several. Times are the caller's, kept to microseconds: a journal has no clock of its own.
package journal

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
)

// Status is what became of a command.
type Status string

// The statuses.
const (
	Pending   Status = "PENDING"   // under way: claimed, sent, or its operation is running
	Succeeded Status = "SUCCEEDED" // done
	Rejected  Status = "REJECTED"  // refused by Stellr or the vendor; nothing was done
	Failed    Status = "FAILED"    // accepted and then failed, or not processed at all
	Unknown   Status = "UNKNOWN"   // sent, and nobody knows whether it was carried out
)

// Step is how far a command is on its way.
type Step string

// The steps. After a restart, and when the node that had it is lost:
const (
	Claimed    Step = "claimed"    // nothing was sent: it ends, and its key is free again
	Dispatched Step = "dispatched" // something may have been sent: it is read back, never sent again
	Following  Step = "following"  // its operations are running: they are followed on
	Reading    Step = "reading"    // its outcome is being found out by reading
	Ended      Step = "ended"      // nothing more happens by itself
)

// Code says what kind of problem a user error is.
type Code string

// The codes.
const (
	NotFound      Code = "NOT_FOUND"
	InvalidInput  Code = "INVALID_INPUT"
	NotAllowedNow Code = "NOT_ALLOWED_NOW"
	StaleQuantity Code = "STALE_QUANTITY"
	VendorRefused Code = "VENDOR_REFUSED"
	KeyReused     Code = "IDEMPOTENCY_KEY_REUSED"
	Suspected     Code = "DUPLICATE_SUSPECTED"
	OutcomeOpen   Code = "OUTCOME_UNKNOWN"
	Unresolved    Code = "PREVIOUS_COMMAND_UNRESOLVED"
	NotProcessed  Code = "NOT_PROCESSED"
)

// Problem is why a command was refused, or what went wrong with it, in words for the caller.
type Problem struct {
	Code            Code     `json:"code"`
	Message         string   `json:"message"`
	Field           []string `json:"field,omitempty"` // the place in the input; nil where it is about no place
	StellrRequestID string   `json:"stellrRequestId,omitempty"`
}

// Operation is one of Stellr's operations that a command started.
type Operation struct {
	OperationID    string `json:"operationId"`
	SubscriptionID string `json:"subscriptionId,omitempty"`
	StatusText     string `json:"status,omitempty"` // as last seen
	Ended          bool   `json:"ended,omitempty"`
	Failed         bool   `json:"failed,omitempty"`
	// MissingSince is when Stellr was first seen not to know it; zero while it does.
	MissingSince time.Time `json:"missingSince,omitzero"`
}

// Command is one write.
type Command struct {
	ID           string          // made by NewID; commands are listed in its order
	Account      string          // which upstream account it was sent to
	Organization string          // whose key it is
	Action       string          // the mutation's name
	Key          string          // the caller's idempotency key; empty when none was given
	InputHash    string          // tells whether the same was asked
	Purchase     string          // tells whether the same is bought, however it was asked for; of what spends
	Input        json.RawMessage // what was asked, without secrets
	Actor        string          // who asked
	Spends       bool            // it buys, or changes what is paid

	CustomerNo      string   // empty where there is none, or none yet
	SubscriptionIDs []string // the one that it changes; then those that came of it
	VendorID        string
	ProductIDs      []string // what is bought or changed

	Status          Status
	Step            Step
	Released        bool            // certainly not processed: its key is free for another command
	Inferred        bool            // the outcome was found out by reading, not told by Stellr
	Reads           int             // how often it was read back to the end
	Evidence        json.RawMessage // what reading back needs: how things stood and what was wanted
	Operations      []Operation
	LeftBehind      []string // subscriptions that a failed order left at Stellr
	StellrRequestID string
	Error           *Problem

	CreatedAt    time.Time
	DispatchedAt time.Time // zero until it was
	FinishedAt   time.Time // zero until it ended
	ChangedAt    time.Time // when it was last saved

	DueAt      time.Time // when somebody must look at it again; zero: never
	Node       string    // who does, until LeaseUntil; empty: whoever comes first
	LeaseUntil time.Time
	Version    int64 // counts what was saved; Save refuses when somebody else has saved since
}

// AnyProduct stands in ProductIDs for a command of which nobody can tell what it is about.
const AnyProduct = "*"

// RefID is the command's global id, of the same form as those of Stellr's records.
func (c *Command) RefID() string {
	return base64.RawURLEncoding.EncodeToString([]byte("Command/" + c.ID))
}

// InFlight says whether the command may be on its way to Stellr at this moment.
func (c *Command) InFlight() bool { return c.Step == Claimed || c.Step == Dispatched }

// Verdict is what the journal says to a new command.
type Verdict string

// The verdicts. All but Free and Won come with the other command that they are about.
const (
	Free      Verdict = "free"      // nothing speaks against it (of Look)
	Won       Verdict = "won"       // it is in the journal now, at step Claimed (of Claim)
	Taken     Verdict = "taken"     // its key belongs to another command
	Blocked   Verdict = "blocked"   // a command of unknown outcome stands on the same customer and product
	Duplicate Verdict = "duplicate" // the same was bought a moment ago, under another key
	Busy      Verdict = "busy"      // another write to the same subscription is on its way to Stellr
	Outdated  Verdict = "outdated"  // another write to the same subscription went out since it was read
)

// Check is what Claim asks of the journal beside the key.
type Check struct {
	DuplicatesSince time.Time // an identical spending command created since then is Duplicate; zero: none is
	Based           bool      // the command is based on how its subscription was read to stand
	Mark            int64     // what Journal.Mark answered before that was read
	Settled         bool      // the command relies on how the subscription stands: one that is still followed is Busy too
}

// Filter says which commands. What is empty does not narrow; Account is always needed.
type Filter struct {
	Account      string
	Organization string
	Actor        string
	CustomerNo   string
	Customers    []string // only commands for one of these; nil does not narrow, and no customers have no commands
	Status       Status
	Action       string
	From, To     time.Time // created at From or later, and before To
}

// Page is a part of a list of commands, newest first.
type Page struct {
	After   string // an id: only commands that were made before this one
	Before  string // an id: only commands that were made after this one
	Limit   int    // at most so many
	FromEnd bool   // the last ones of the list and not the first; they come newest first all the same
}

// Errors of journals. Every other error means that the journal cannot be used at the moment.
var (
	ErrStale  = errors.New("the command was saved by somebody else since it was read")
	ErrLocked = errors.New("another process uses the journal")
)

// Journal keeps commands. What a method that writes has returned from without an error is on disk. All are safe for
// concurrent use.
type Journal interface {
	// Claim puts a new command, at step Claimed, into the journal and answers Won, unless something speaks against it:
	// then nothing is written. The order of the verdicts is Taken, Blocked, Duplicate, Busy, Outdated.
	//
	//   - Taken: a command with the same account, organization, action and non-empty key that is not Released.
	//   - Blocked, for spending commands: a command of status Unknown in the same account and for the same customer, of
	//     any organization, that has a product or a subscription in common or is about AnyProduct.
	//   - Duplicate, for spending commands: one of the same account, organization, action and purchase, created at or
	//     after check.DuplicatesSince, that is neither Rejected nor Failed, or that left something behind.
	//   - Busy and Outdated, where check.Based: a command of the same account and customer, of any organization, whose
	//     first SubscriptionIDs entry is c's, in flight or, where check.Settled, followed (Busy), or dispatched, landed or
	//     finished since check.Mark (Outdated).
	//
	// It holds against every other Claim, on any node: of two that exclude each other one wins. Won sets c's step and
	// version. A command without the time of its creation is an error.
	Claim(ctx context.Context, c *Command, check Check) (Verdict, *Command, error)
	// Look is Claim without writing: Free instead of Won.
	Look(ctx context.Context, c *Command, check Check) (Verdict, *Command, error)
	// Mark is how far everything is that was ever done to a subscription, as a number that grows with each step: to be
	// asked before the subscription is read, and given to Claim.
	Mark(ctx context.Context, account, customerNo, subscriptionID string) (int64, error)
	// Save writes a command as it is now, but for its id and account. It fails with ErrStale when it is not the version
	// that is there, or when there is none, and counts c.Version up when it succeeds.
	Save(ctx context.Context, c *Command) error
	// Get is the command with this id; nil when there is none.
	Get(ctx context.Context, account, id string) (*Command, error)
	// ByKey is the command that has this key, the latest when several have, and a Released one only when no other has: of
	// any action when action is empty, of any organization when that is empty. Nil when there is none.
	ByKey(ctx context.Context, account, organization, action, key string) (*Command, error)
	// ByOperation is the command that started the operation; nil when there is none.
	ByOperation(ctx context.Context, account, operationID string) (*Command, error)
	// List is a page of the commands that match, newest first.
	List(ctx context.Context, f Filter, p Page) ([]*Command, error)
	// Count is how many commands match.
	Count(ctx context.Context, f Filter) (int, error)
	// Take gives node the commands that are due at now and that nobody has a lease on, not even node itself, at most so
	// many, the longest due first, with a lease until now+lease. No command is ever given to two nodes at once. It does
	// not count versions up: whoever was slow and lost its lease may still save what it knows.
	Take(ctx context.Context, account, node string, now time.Time, lease time.Duration, most int) ([]*Command, error)
	// NextDue is when Take will next have something: the earliest DueAt, or the end of its lease where that is later.
	// The zero time when nothing is due ever.
	NextDue(ctx context.Context, account string) (time.Time, error)
	// Check says whether the journal can be written, by writing.
	Check(ctx context.Context) error
	// Close ends the journal's use.
	Close() error
}

package stellr

import "time"

// OperationStatus is what an operation's status word means, its results included.
type OperationStatus string

// Operation statuses. OperationOther stands for a word this package does not know; StatusText has it.
const (
	OperationAccepted  OperationStatus = "ACCEPTED"
	OperationRunning   OperationStatus = "RUNNING"
	OperationSucceeded OperationStatus = "SUCCEEDED"
	OperationFailed    OperationStatus = "FAILED"
	OperationOther     OperationStatus = "OTHER"
)

// Operation is work that Stellr accepted and does by and by (D that it exists, A for the names).
type Operation struct {
	OperationID    string            `json:"operationId" key:"true" wire:"int"`
	Action         string            `json:"operationType"`
	StatusText     string            `json:"status"` // ACCEPTED, PENDING, DONE, FAILED
	CustomerNo     string            `json:"customerNo" alias:"customerNumber" wire:"int"`
	SubscriptionID string            `json:"subscriptionId"`
	CreatedAt      time.Time         `json:"createdTime"`
	CompletedAt    time.Time         `json:"completedTime"` // zero until it ended
	Results        []OperationResult `json:"results"`

	// Status is what StatusText and the results mean together: an operation that reads done and holds a failed result
	// is OperationFailed (D).
	Status OperationStatus `json:"-"`
}

func (o *Operation) settle(_ string) {
	o.Status = operationStatus(o.StatusText)
	for i := range o.Results {
		r := &o.Results[i]
		r.CustomerNo, r.Status = o.CustomerNo, operationStatus(r.StatusText)
		if o.Status == OperationSucceeded && r.Status == OperationFailed {
			o.Status = OperationFailed
		}
	}
}

// Ended says whether the operation will not change any more.
func (o *Operation) Ended() bool {
	return o.Status == OperationSucceeded || o.Status == OperationFailed
}

// OperationResult is what became of one subscription in an operation (A).
type OperationResult struct {
	SubscriptionID string `json:"subscriptionId"`
	StatusText     string `json:"status"`
	Message        string `json:"errorMessage"`
	Detail         string `json:"errorDetail"`

	CustomerNo string          `json:"-"` // the operation's
	Status     OperationStatus `json:"-"`
}

// ChangeLogEntry is one thing that happened to a line of a contract (O).
type ChangeLogEntry struct {
	SubscriptionID string    `json:"subscriptionId"`
	CustomerNo     string    `json:"customerNo" alias:"customerNumber" wire:"int"`
	ContractNo     string    `json:"contractNo" alias:"contractNumber" wire:"int"`
	LineNo         *int      `json:"lineNo" alias:"lineNumber"`
	Activity       string    `json:"activityLog"`
	Text           string    `json:"changeLog"` // Add 3 seats, Remove 1 seat, Set to Renew with current plan, …
	At             time.Time `json:"entryDatetime"`
	By             string    `json:"entryBy"`
	Source         string    `json:"entrySource"`
}

// ChangeLogQuery names the contract and the first day of its change log (O for the list, A for the path).
type ChangeLogQuery struct {
	ContractNo string
	Since      Date // zero: from the beginning
}

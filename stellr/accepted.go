package stellr

import "encoding/json"

// Operation is the operation of which a write's answer told, as far as that answer told of it; nil when what was asked
// was done at once.
func (a *Accepted) Operation(customerNo string) *Operation {
	if a.OperationID == "" {
		return nil
	}
	o := &Operation{OperationID: a.OperationID, StatusText: a.StatusText, CustomerNo: customerNo, SubscriptionID: a.SubscriptionID}
	o.settle("")
	if o.Status == "" {
		o.Status = OperationAccepted
	}
	return o
}

// Redact is JSON with the values of fields that look like credentials replaced, and with the secrets taken out of all
// others, in the same order; nil for none.
func Redact(value json.RawMessage, secrets ...string) json.RawMessage {
	return withoutCredentials(value, secrets...)
}

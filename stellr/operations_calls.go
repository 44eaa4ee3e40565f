package stellr

import "context"

// Operation gets the state of work that Stellr accepted (D; the names are A). The path names no customer: whoever
// shows the operation must check the record's own. Where there is none, the error is one that IsNotFound knows.
func (c *Client) Operation(ctx context.Context, operationID string) (*Operation, error) {
	rq := c.to(ActionGetOperation, keys{"operationId": operationID})
	return one(ctx, c, rq, func(r *Operation) bool { return fits(&r.OperationID, operationID) })
}

// ChangeLog lists what happened to the lines of a contract, from a day on (O that it exists, A for the path). Entries
// have no key: the same entry twice on one page is two entries.
func (c *Client) ChangeLog(customerNo string, q ChangeLogQuery) *List[*ChangeLogEntry] {
	rq := c.to(ActionListChangeLog, keys{"customerNo": customerNo}).
		with("contractNo", q.ContractNo).with("startDate", q.Since.String())
	return newList(c, rq, nil, func(r *ChangeLogEntry) bool {
		inherit(&r.ContractNo, q.ContractNo)
		return fits(&r.CustomerNo, customerNo)
	})
}

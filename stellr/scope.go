package stellr

import (
	"context"
	"errors"
	"slices"
)

// Scope says which customers a request may be for, and its answer's records may belong to. The empty number stands for
// the reseller itself: for what belongs to no customer.
type Scope = func(customerNo string) bool

// errOutOfScope stands in logs only: whoever asks is told that there is no such record.
var errOutOfScope = errors.New("the customer is out of the request's scope")

// scope is what Config.Scope says of a context; nil where every customer is in it.
func (c *Client) scope(ctx context.Context) Scope {
	if c.cfg.Scope == nil {
		return nil
	}
	return c.cfg.Scope(ctx)
}

// within says why a call must not be made with the context; nil when it may. A customer out of scope is not there: the
// error is the one of a record that does not exist, and nothing is sent in either case that would tell them apart.
func (c *Client) within(ctx context.Context, rq *call) error {
	if scope := c.scope(ctx); scope != nil && rq.forOne && !scope(rq.customer) {
		return notSent(rq.action, CodeNotFound, errOutOfScope)
	}
	return nil
}

// of says which customer a call is for; the reseller itself where the number is empty.
func (rq *call) of(customerNo string) *call {
	rq.customer, rq.forOne = customerNo, true
	return rq
}

// ofAny is of for a number that may be left out: such a call is for all customers, and the records of its answer tell
// whose they are.
func (rq *call) ofAny(customerNo string) *call {
	if customerNo == "" {
		return rq
	}
	return rq.of(customerNo)
}

// owned is a record that belongs to a customer. The reseller's own has the empty number.
type owned interface{ owner() string }

// seenBy is a record as it is seen in a scope: itself, or without the parts that are out of it; false where all of it is.
// The record is left as it is, since others may see more of it. One that belongs to nobody in particular, as those of the
// catalogue, is in every scope.
func seenBy[R any](scope Scope, record R) (R, bool) {
	if scope == nil {
		return record, true
	}
	switch one := any(record).(type) {
	case *Invoice:
		record = any(one.within(scope)).(R)
	case *InvoiceLine: // one that names no customer is its invoice's, which whoever shows it must ask for
		return record, one.CustomerNo == "" || scope(one.CustomerNo)
	}
	belongs, ok := any(record).(owned)
	return record, !ok || scope(belongs.owner())
}

func (c *Customer) owner() string         { return c.CustomerNo }
func (s *Subscription) owner() string     { return s.CustomerNo }
func (i *Invoice) owner() string          { return i.CustomerNo }
func (c *AzureConsumption) owner() string { return c.CustomerNo }
func (a *Agreement) owner() string        { return a.CustomerNo }
func (o *Operation) owner() string        { return o.CustomerNo }
func (r *RenewalOptions) owner() string   { return r.CustomerNo }
func (a *VendorAccount) owner() string    { return a.CustomerNo }
func (u *SubscribedUser) owner() string   { return u.CustomerNo }
func (e *ChangeLogEntry) owner() string   { return e.CustomerNo }

// within is the invoice without the charges that name a customer out of scope: one to the reseller can hold several
// customers'.
func (i *Invoice) within(scope Scope) *Invoice {
	out := func(line InvoiceLine) bool { return line.CustomerNo != "" && !scope(line.CustomerNo) }
	if !slices.ContainsFunc(i.Lines, out) {
		return i
	}
	less := *i
	less.Lines = slices.DeleteFunc(slices.Clone(i.Lines), out)
	return &less
}

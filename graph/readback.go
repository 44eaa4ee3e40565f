package graph

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// finding is what reading says of a command whose answer never came.
type finding struct {
	verdict         findingKind
	subscriptionIDs []string
	customerNo      string // of a new customer
}

type findingKind int

const (
	noTrace  findingKind = iota // none of it of it, or not yet
	happened                    // it was carried out
	unsure                      // there is something, and it may be of another's doing
)

// readBack finds out by reading what became of a command. One match: it was carried out. Nothing after all readings: it
// was not, as far as reading can tell. Anything else is for a person.
func (k *keeper) readBack(ctx context.Context, c *journal.Command, now time.Time) {
	schedule := k.r.Writes.ReadBack
	found, err := k.find(ctx, c)
	if err != nil {
		c.DueAt = now.Add(min(schedule[min(c.Reads, len(schedule)-1)], 10*time.Minute)) // a reading that failed does not count
		return
	}
	if due := readingDue(c, schedule); found.verdict != happened && now.Before(due) {
		c.DueAt = due // after a restart everything is looked at, but only readings in their time count
		return
	}
	c.Reads++
	last := c.Reads >= len(schedule)
	switch {
	case found.verdict == happened:
		k.found(c, found, now)
	case last && found.verdict == noTrace:
		end(c, journal.Failed, now, &journal.Problem{Code: journal.OutcomeOpen, StellrRequestID: c.StellrRequestID,
			Message: fmt.Sprintf("No readable answer came, and %d readings found no trace of it: it is taken as not carried out.", c.Reads)})
		c.Inferred = true
	case last:
		end(c, journal.Unknown, time.Time{}, &journal.Problem{Code: journal.OutcomeOpen, StellrRequestID: c.StellrRequestID,
			Message: "No readable answer came, and reading cannot tell whether it was carried out: a person must find out, and tell by `reconcileCommand`."})
	default:
		c.DueAt = now.Add(schedule[c.Reads])
	}
	k.r.Logger.InfoContext(ctx, "a command of unknown outcome was read back", slog.String("command", c.ID), slog.String("status", string(c.Status)), slog.Int("reads", c.Reads))
}

// readingDue is when the next reading of a command is due, counted from when it was sent.
func readingDue(c *journal.Command, schedule []time.Duration) time.Time {
	due := c.DispatchedAt
	for _, wait := range schedule[:min(c.Reads+1, len(schedule))] {
		due = due.Add(wait)
	}
	return due
}

// found writes into a command that it was carried out.
func (k *keeper) found(c *journal.Command, f finding, now time.Time) {
	c.SubscriptionIDs = union(c.SubscriptionIDs, f.subscriptionIDs)
	if f.customerNo != "" {
		c.CustomerNo = f.customerNo
	}
	end(c, journal.Succeeded, now, nil)
	c.Inferred = true
}

// find reads what a command would have changed.
func (k *keeper) find(ctx context.Context, c *journal.Command) (finding, error) {
	e := evidenceOf(c)
	switch c.Action {
	case actionCreateCustomer:
		return k.findCustomer(ctx, c, e.Customer)
	case actionAcceptAgreement:
		agreement, err := present(k.r.Client.Agreement(ctx, c.CustomerNo, e.Type))
		return when(agreement != nil && agreement.Status == stellr.AgreementAccepted), err
	case actionSaveVendorAccount:
		return k.findAccount(ctx, c, e.Account)
	case actionUpdateRenewal:
		return k.findInLog(ctx, c, e)
	}
	switch {
	case makesSubscriptions(c.Action):
		return k.findBought(ctx, c, e)
	case e.Wanted != nil && e.Before != nil:
		return k.findChanged(ctx, c, e)
	}
	return finding{verdict: unsure}, nil
}

func when(yes bool) finding {
	if yes {
		return finding{verdict: happened}
	}
	return finding{}
}

// findChanged looks at the subscription that the command would have changed. What takes effect at the end of the term
// does not show there: the change log does.
func (k *keeper) findChanged(ctx context.Context, c *journal.Command, e evidence) (finding, error) {
	s, err := present(k.r.Client.Subscription(ctx, c.CustomerNo, c.SubscriptionIDs[0]))
	switch {
	case err != nil:
		return finding{}, err
	case s != nil && e.Wanted.fits(s):
		return when(true), nil
	case len(e.Bought) > 0: // an upgrade may give a new id
		if found, err := k.findBought(ctx, c, e); err != nil || found.verdict == happened {
			return found, err
		}
	}
	if s == nil || !e.Before.fits(s) {
		return finding{verdict: unsure}, nil
	}
	if c.Action == actionDowngradeSubscription || c.Action == actionChangePlan {
		return k.findInLog(ctx, c, e)
	}
	return finding{}, nil
}

// findInLog looks for an entry of the subscription in its contract's change log since the command was sent.
func (k *keeper) findInLog(ctx context.Context, c *journal.Command, e evidence) (finding, error) {
	if e.Contract == "" || !k.r.Client.Available(stellr.ActionListChangeLog) {
		return finding{verdict: unsure}, nil
	}
	sent := c.DispatchedAt.Truncate(time.Second) // the log may be no finer
	entries, err := k.r.Client.ChangeLog(c.CustomerNo, stellr.ChangeLogQuery{ContractNo: e.Contract, Since: stellr.DateOf(sent).AddDays(-1)}).Collect(ctx)
	if err != nil {
		return finding{}, err
	}
	return when(slices.ContainsFunc(entries.Items, func(entry *stellr.ChangeLogEntry) bool {
		return entry.SubscriptionID == c.SubscriptionIDs[0] && !entry.At.Before(sent) && entry.SeatsDelta() == nil
	})), nil
}

// findBought looks for subscriptions that were not there before, of the products that were bought. Those that other
// commands brought are not counted.
func (k *keeper) findBought(ctx context.Context, c *journal.Command, e evidence) (finding, error) {
	all, err := k.r.Client.Subscriptions(c.CustomerNo).Collect(ctx)
	if err != nil {
		return finding{}, err
	}
	taken, err := k.takenByOthers(ctx, c)
	if err != nil {
		return finding{}, err
	}
	wanted := slices.Clone(e.Bought)
	var ids []string
	for _, s := range all.Items {
		if slices.Contains(e.Existing, s.SubscriptionID) || slices.Contains(taken, s.SubscriptionID) || s.ParentID != "" && s.ParentID != e.Parent {
			continue
		}
		if !slices.ContainsFunc(e.Bought, func(b bought) bool { return b.is(s) }) {
			continue
		}
		ids = append(ids, s.SubscriptionID)
		if i := slices.IndexFunc(wanted, func(b bought) bool { return b.is(s) }); i >= 0 {
			wanted = slices.Delete(wanted, i, i+1)
		}
	}
	switch {
	case len(ids) == 0:
		return finding{}, nil
	case len(wanted) == 0 && len(ids) == len(e.Bought):
		return finding{verdict: happened, subscriptionIDs: ids}, nil
	}
	return finding{verdict: unsure}, nil
}

// is says whether a subscription may be the one that was bought.
func (b bought) is(s *stellr.Subscription) bool {
	return stellr.SameKey(b.ProductID, s.ProductID) && (s.Quantity == nil || *s.Quantity == b.Quantity) &&
		(b.ResellerPONo == "" || s.ResellerPONo == "" || b.ResellerPONo == s.ResellerPONo)
}

// takenByOthers are the subscriptions that other commands for the customer brought or changed lately.
func (k *keeper) takenByOthers(ctx context.Context, c *journal.Command) ([]string, error) {
	const most = 1000
	others, err := k.r.Journal.List(ctx, journal.Filter{Account: c.Account, CustomerNo: c.CustomerNo, From: c.CreatedAt.Add(-time.Hour)}, journal.Page{Limit: most})
	var ids []string
	for _, other := range others {
		if other.ID != c.ID {
			ids = append(ids, other.SubscriptionIDs...)
		}
	}
	return ids, err
}

// findCustomer looks for a customer with the new one's name that no other command made.
func (k *keeper) findCustomer(ctx context.Context, c *journal.Command, wanted *newcomer) (finding, error) {
	if wanted == nil {
		return finding{verdict: unsure}, nil
	}
	all, err := k.r.Client.Customers().Collect(ctx)
	if err != nil {
		return finding{}, err
	}
	since := stellr.DateOf(c.DispatchedAt).Time()
	var numbers []string
	for _, customer := range all.Items {
		old := !customer.CreatedAt.IsZero() && customer.CreatedAt.Before(since)
		if !old && wanted.is(customer) {
			numbers = append(numbers, customer.CustomerNo)
		}
	}
	made, err := k.r.Journal.List(ctx, journal.Filter{Account: c.Account, Action: c.Action, From: since}, journal.Page{Limit: 1000})
	if err != nil {
		return finding{}, err
	}
	numbers = slices.DeleteFunc(numbers, func(no string) bool {
		return slices.ContainsFunc(made, func(other *journal.Command) bool { return other.ID != c.ID && other.CustomerNo == no })
	})
	switch len(numbers) {
	case 0:
		return finding{}, nil
	case 1:
		return finding{verdict: happened, customerNo: numbers[0]}, nil
	}
	return finding{verdict: unsure}, nil
}

func (n *newcomer) is(c *stellr.Customer) bool {
	same := func(a, b string) bool { return a == "" || b == "" || strings.EqualFold(a, b) }
	return strings.EqualFold(n.Name, c.Name) && same(n.Email, c.Email) && same(n.Domain, c.Domain)
}

// findAccount looks for the vendor account as it was to be.
func (k *keeper) findAccount(ctx context.Context, c *journal.Command, wanted *ownership) (finding, error) {
	if wanted == nil {
		return finding{verdict: unsure}, nil
	}
	accounts, err := k.r.Client.VendorAccounts(stellr.VendorAccountQuery{CustomerNo: c.CustomerNo, VendorID: c.VendorID}).Collect(ctx)
	if err != nil {
		return finding{}, err
	}
	return when(slices.ContainsFunc(accounts.Items, func(a *stellr.VendorAccount) bool {
		return wanted.is(a) && stellr.SameKey(c.CustomerNo, a.CustomerNo)
	})), nil
}

func (o *ownership) is(a *stellr.VendorAccount) bool {
	same := func(a, b string) bool { return a == "" || strings.EqualFold(a, b) }
	return same(o.OwnerType, a.OwnerType) && same(o.Domain, a.Domain) && same(o.TenantID, a.TenantID) && same(o.AdminEmail, a.AdminEmail)
}

package graph

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
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
	noTrace  findingKind = iota // nothing of it is there
	happened                    // it was carried out
	unsure                      // something is there, and it may not have come to an end or be of another's doing
)

// readBack finds out by reading what became of a command. One match: it was carried out. Nothing after all readings: it
// was not, as far as reading can tell. Anything else is for a person.
func (k *keeper) readBack(ctx context.Context, c *journal.Command, now time.Time) {
	schedule := k.r.Writes.ReadBack
	found, err := k.find(ctx, c, now)
	switch {
	case c.Step == journal.Ended: // its operations said so
		return
	case err != nil && lasting(err):
		found = finding{verdict: unsure}
	case err != nil:
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
		end(c, journal.Failed, now, openEnd(c, fmt.Sprintf("No readable answer came, and %d readings found no trace of it: it is taken as not carried out.", c.Reads)))
		c.Inferred = true
	case last:
		end(c, journal.Unknown, time.Time{}, openEnd(c, "No readable answer came, and reading cannot tell whether it was carried out: a person must find out, and tell by `reconcileCommand`."))
	default:
		c.DueAt = now.Add(schedule[c.Reads])
	}
	k.r.Logger.InfoContext(ctx, "a command of unknown outcome was read back", slog.String("command", c.ID), slog.String("status", string(c.Status)), slog.Int("reads", c.Reads))
}

// openEnd is how a command ends of which Stellr did not tell all, in words. What it said against a part is kept.
func openEnd(c *journal.Command, words string) *journal.Problem {
	p := &journal.Problem{Code: journal.OutcomeOpen, Message: words, StellrRequestID: c.StellrRequestID}
	if said := refused(c); said != nil {
		p.Message = "Of a part it was said: " + said.Message + " Of the rest: " + words
	}
	return p
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

// find reads what a command would have changed. Where Stellr took it and named operations, those tell: they may end the
// command; and while they do not, or are not known any more, that nothing is to be seen proves nothing.
func (k *keeper) find(ctx context.Context, c *journal.Command, now time.Time) (finding, error) {
	taken := len(c.Operations) > 0
	if taken {
		left := k.lookAt(ctx, c, now)
		if left == 0 && !evidenceOf(c).Open {
			k.concluded(ctx, c, now)
			return finding{verdict: unsure}, nil
		}
		if slices.ContainsFunc(c.Operations, func(o journal.Operation) bool { return !o.Ended && o.MissingSince.IsZero() }) {
			return finding{verdict: unsure}, nil
		}
	}
	found, err := k.trace(ctx, c)
	if taken && found.verdict == noTrace || refused(c) != nil && found.verdict == happened {
		found = finding{verdict: unsure} // reading and what Stellr said do not agree
	}
	return found, err
}

// trace looks for what a command would have changed.
func (k *keeper) trace(ctx context.Context, c *journal.Command) (finding, error) {
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
		return k.findDecision(ctx, c, e)
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
	case len(e.Bought) > 0 && c.Action == actionUpgradeSubscription: // it may have a new id
		if found, err := k.findBought(ctx, c, e); err != nil || found.verdict != noTrace {
			return found, err
		}
	}
	if s == nil || !e.Before.fits(s) || e.Wanted.Quantity != nil && s.Quantity == nil {
		return finding{verdict: unsure}, nil
	}
	if c.Action == actionDowngradeSubscription || c.Action == actionChangePlan {
		return k.findInLog(ctx, c, e)
	}
	return finding{}, nil
}

// findDecision looks at what is decided for the end of the term. Which plan was accepted is in the change log only.
func (k *keeper) findDecision(ctx context.Context, c *journal.Command, e evidence) (finding, error) {
	options, err := present(k.r.Client.RenewalOptions(ctx, c.CustomerNo, c.SubscriptionIDs[0]))
	switch {
	case err != nil:
		return finding{}, err
	case options == nil || e.Decision == "" || options.Decision == "" || options.Decision == stellr.RenewalOther:
		return finding{verdict: unsure}, nil
	case options.Decision != e.Decision:
		return finding{}, nil
	case len(e.Bought) == 0:
		return when(true), nil
	}
	found, err := k.findInLog(ctx, c, e)
	if found.verdict == noTrace {
		found.verdict = unsure // the decision is there: it may have been made before
	}
	return found, err
}

// scheduling is what a change log says of things that are to happen at the end of a term, and scheduled what it says of
// those that have happened or will not happen any more.
var (
	scheduling = regexp.MustCompile(`(?i)renew|plan|downgrade|schedul`)
	scheduled  = regexp.MustCompile(`(?i)\brenewed\b|\bremoved\b`)
)

// skew is how far apart the clocks of the gateway and of Stellr may be.
const skew = 10 * time.Minute

// findInLog looks in the contract's change log for something that is to happen to the subscription at the end of its
// term, and was entered since the command was sent. What was entered shortly before that proves nothing, nor does what
// another command may have had entered.
func (k *keeper) findInLog(ctx context.Context, c *journal.Command, e evidence) (finding, error) {
	if e.Contract == "" || !k.r.Client.Available(stellr.ActionListChangeLog) {
		return finding{verdict: unsure}, nil
	}
	sent := c.DispatchedAt.Truncate(time.Second) // the log may be no finer
	entries, err := k.r.Client.ChangeLog(c.CustomerNo, stellr.ChangeLogQuery{ContractNo: e.Contract, Since: stellr.DateOf(sent).AddDays(-1)}).Collect(ctx)
	if err != nil {
		return finding{}, err
	}
	beside, err := k.beside(ctx, c)
	if err != nil {
		return finding{}, err
	}
	found := finding{}
	for _, entry := range entries.Items {
		said := entry.Activity + " " + entry.Text
		switch {
		case entry.SubscriptionID != c.SubscriptionIDs[0] || !scheduling.MatchString(said) || scheduled.MatchString(said):
		case !entry.At.Before(sent) && !beside.changed(c.SubscriptionIDs[0], sent.Add(-skew)):
			return when(true), nil
		case !entry.At.Before(sent.Add(-skew)):
			found = finding{verdict: unsure}
		}
	}
	return found, nil
}

// findBought looks for subscriptions that were not there before, of the products that were bought, and that no other
// command brought. One that is still pending may yet come to nothing. One of the product that is not as it was ordered may
// have been changed since: it is nobody's proof, for or against.
func (k *keeper) findBought(ctx context.Context, c *journal.Command, e evidence) (finding, error) {
	all, err := k.r.Client.Subscriptions(c.CustomerNo).Collect(ctx)
	if err != nil {
		return finding{}, err
	}
	beside, err := k.beside(ctx, c)
	if err != nil {
		return finding{}, err
	}
	var fresh []*stellr.Subscription
	strange := false
	for _, s := range all.Items {
		old := slices.Contains(e.Existing, s.SubscriptionID) || s.ParentID != "" && s.ParentID != e.Parent
		switch {
		case old || beside.taken(s.SubscriptionID):
		case slices.ContainsFunc(e.Bought, func(b bought) bool { return b.is(s) }):
			fresh = append(fresh, s)
		case slices.ContainsFunc(e.Bought, func(b bought) bool { return stellr.SameKey(b.ProductID, s.ProductID) }):
			strange = true
		}
	}
	slices.SortFunc(fresh, func(a, b *stellr.Subscription) int { return strings.Compare(a.SubscriptionID, b.SubscriptionID) })
	mine, total := beside.turn(c, e)
	switch {
	case len(fresh) == 0 && !strange:
		return finding{}, nil
	case mine < 0 || len(fresh) != total*len(e.Bought):
		return finding{verdict: unsure}, nil
	}
	return whole(e.Bought, fresh[mine*len(e.Bought):(mine+1)*len(e.Bought)]), nil
}

// whole says whether subscriptions are all that was bought, and have come to life.
func whole(wanted []bought, fresh []*stellr.Subscription) finding {
	left := slices.Clone(wanted)
	found := finding{verdict: happened}
	for _, s := range fresh {
		i := slices.IndexFunc(left, func(b bought) bool { return b.is(s) })
		if i < 0 || s.Status != stellr.SubscriptionActive && s.Status != stellr.SubscriptionSuspended {
			return finding{verdict: unsure} // it may yet come to nothing, or be what is left of one that did
		}
		left = slices.Delete(left, i, i+1)
		found.subscriptionIDs = append(found.subscriptionIDs, s.SubscriptionID)
	}
	return found
}

// is says whether a subscription may be the one that was bought.
func (b bought) is(s *stellr.Subscription) bool {
	return stellr.SameKey(b.ProductID, s.ProductID) && (s.Quantity == nil || *s.Quantity == b.Quantity) &&
		(b.ResellerPONo == "" || s.ResellerPONo == "" || b.ResellerPONo == s.ResellerPONo)
}

// others are the commands for the same customer beside one, those of the last hour before it and all after it.
type others []*journal.Command

func (k *keeper) beside(ctx context.Context, c *journal.Command) (others, error) {
	const most = 1000
	all, err := k.r.Journal.List(ctx, journal.Filter{Account: c.Account, CustomerNo: c.CustomerNo, From: c.CreatedAt.Add(-time.Hour)}, journal.Page{Limit: most})
	return slices.DeleteFunc(all, func(other *journal.Command) bool { return other.ID == c.ID }), err
}

// taken says whether a subscription came of another command.
func (o others) taken(id string) bool {
	return slices.ContainsFunc(o, func(other *journal.Command) bool { return slices.Contains(made(other), id) })
}

// changed says whether another command that changes the subscription was sent since, and may have been carried out.
func (o others) changed(id string, since time.Time) bool {
	return slices.ContainsFunc(o, func(other *journal.Command) bool {
		return slices.Contains(other.SubscriptionIDs, id) && maybe(other) && !other.DispatchedAt.Before(since)
	})
}

// maybe says whether a command was sent, and may have been carried out.
func maybe(c *journal.Command) bool {
	return !c.DispatchedAt.IsZero() && c.Status != journal.Rejected && (c.Status != journal.Failed || len(c.LeftBehind) > 0)
}

// untold says whether a command bought something, and it is not told what came of it. What a generic request brought never
// is.
func untold(c *journal.Command, bought int) bool {
	switch {
	case !maybe(c):
		return false
	case c.Action == actionUpgradeSubscription: // it may have kept its id
		return c.Status == journal.Pending
	case makesSubscriptions(c.Action):
		return len(made(c)) < bought
	}
	return slices.Contains(c.ProductIDs, journal.AnyProduct)
}

// turn is the command's place among those of which nobody knows what they brought either, and how many they are. Where
// they differ, what is there cannot be told apart, and the place is negative.
func (o others) turn(c *journal.Command, e evidence) (mine, total int) {
	total = 1
	for _, other := range o {
		bought := evidenceOf(other).Bought
		open := len(bought) > 0 && !other.DispatchedAt.IsZero() && (other.InFlight() || other.Status == journal.Unknown)
		if !open && !untold(other, len(bought)) || !overlap(other.ProductIDs, c.ProductIDs) {
			continue
		}
		if !open || other.InFlight() || other.Action != c.Action || !slices.Equal(bought, e.Bought) {
			return -1, 0
		}
		total++
		if other.ID < c.ID {
			mine++
		}
	}
	return mine, total
}

func overlap(a, b []string) bool {
	return slices.Contains(a, journal.AnyProduct) || slices.ContainsFunc(a, func(text string) bool { return slices.Contains(b, text) })
}

// findCustomer looks for a customer with the new one's name that no other command made. One that does not tell when it was
// made, or only on which day, may have been there before.
func (k *keeper) findCustomer(ctx context.Context, c *journal.Command, wanted *newcomer) (finding, error) {
	if wanted == nil {
		return finding{verdict: unsure}, nil
	}
	all, err := k.r.Client.Customers().Collect(ctx)
	if err != nil {
		return finding{}, err
	}
	today := stellr.DateOf(c.DispatchedAt).Time()
	made, err := k.r.Journal.List(ctx, journal.Filter{Account: c.Account, Action: c.Action, From: today}, journal.Page{Limit: 1000})
	if err != nil {
		return finding{}, err
	}
	found := finding{}
	for _, customer := range all.Items {
		others := slices.ContainsFunc(made, func(other *journal.Command) bool { return other.ID != c.ID && other.CustomerNo == customer.CustomerNo })
		at := customer.CreatedAt
		switch {
		case others || !wanted.is(customer) || !at.IsZero() && at.Before(today):
		case found.verdict == noTrace && !at.Equal(today) && at.After(c.DispatchedAt.Add(-time.Minute)):
			found = finding{verdict: happened, customerNo: customer.CustomerNo}
		case !at.IsZero() && !at.Equal(today) && at.Before(c.DispatchedAt.Add(-skew)): // made before, on the same day
		default:
			return finding{verdict: unsure}, nil
		}
	}
	return found, nil
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

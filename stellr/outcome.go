package stellr

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// RenewalOutcome is what becomes of a subscription at the end of its term.
type RenewalOutcome string

// Renewal outcomes.
const (
	OutcomeRenews    RenewalOutcome = "RENEWS"    // and nothing is known of a change
	OutcomeChanges   RenewalOutcome = "CHANGES"   // it renews as something else
	OutcomeEnds      RenewalOutcome = "ENDS"      // it does not renew
	OutcomeUndecided RenewalOutcome = "UNDECIDED" // nobody has said
)

// Renewal is a live subscription whose term ends on a day that is near.
type Renewal struct {
	Subscription *Subscription
	RenewalDate  Date
	DaysLeft     int
}

// RefID is the subscription's reference as one word: it has one term that ends.
func (r *Renewal) RefID() string { return r.Subscription.RefID() }

// Renewals are those live subscriptions whose term ends from a day on and within so many days of it, the soonest first,
// and the same day's by their ids. What has no term, and what was bought once, does not renew.
func Renewals(subscriptions []*Subscription, today Date, within int) []*Renewal {
	var renewals []*Renewal
	for _, s := range subscriptions {
		left := today.DaysUntil(s.EndDate)
		months, known := MonthsPerBilling(s.BillingFrequency)
		if !s.Live() || s.EndDate.IsZero() || known && months == 0 || left < 0 || left > within {
			continue
		}
		renewals = append(renewals, &Renewal{Subscription: s, RenewalDate: s.EndDate, DaysLeft: left})
	}
	slices.SortFunc(renewals, func(a, b *Renewal) int {
		return cmp.Or(cmp.Compare(a.DaysLeft, b.DaysLeft), cmp.Compare(a.Subscription.CustomerNo, b.Subscription.CustomerNo),
			cmp.Compare(a.Subscription.SubscriptionID, b.Subscription.SubscriptionID))
	})
	return renewals
}

// Outcome is what the renewal options and the subscription say becomes of it. Options that are not there are nil: then
// the vendor takes no decisions, and what the subscription says of itself is all there is. It is empty where the decision
// is a word that nobody knows. OutcomeRenews of a decision to renew leaves open whether it renews as it is: see
// SetToChange.
func (s *Subscription) Outcome(options *RenewalOptions) RenewalOutcome {
	decision := RenewalDecision("")
	if options != nil {
		decision = options.Decision
	}
	switch {
	case decision == RenewalAccept:
		return OutcomeRenews
	case decision == RenewalReject:
		return OutcomeEnds
	case decision == RenewalOther:
		return ""
	case s.AutoRenew != nil && !*s.AutoRenew:
		return OutcomeEnds
	case s.AutoRenew != nil && options == nil:
		return OutcomeRenews
	}
	return OutcomeUndecided
}

// What a change log says of renewals: `Set to Renew with current plan` (O), with another plan (A), and that there is
// nothing set any more, because it happened or was taken back (A).
var (
	setToRenew   = regexp.MustCompile(`(?i)\bset to renew\b(?:\s+with\s+(.+))?`)
	setOtherwise = regexp.MustCompile(`(?i)\bset to not renew\b|\brenewed\b|\brenewal removed\b`)
)

// SetToChange says whether a subscription's change log, newest entry first, has it set to renew as something else than
// what it is.
func SetToChange(log []*ChangeLogEntry) bool {
	for _, e := range log {
		if setOtherwise.MatchString(e.Text) {
			return false
		}
		if said := setToRenew.FindStringSubmatch(e.Text); said != nil {
			plan := strings.ToLower(strings.TrimSpace(said[1]))
			return plan != "" && plan != "current plan"
		}
	}
	return false
}

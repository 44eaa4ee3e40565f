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
	OutcomeUndecided RenewalOutcome = "UNDECIDED" // nobody has said, or what is said contradicts itself
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

// Outcome is what becomes of it by the renewal options, by what it says of itself, and by its change log, newest entry
// first. Options that are not there are nil: then the vendor takes no decisions, and what the subscription says of itself
// is all there is. A log is needed only where LogDecides says so. It is empty where the decision is a word that nobody
// knows.
func (s *Subscription) Outcome(options *RenewalOptions, log []*ChangeLogEntry) RenewalOutcome {
	said := s.saidOfRenewal(options, log)
	if s.VendorKind() != VendorGoogle || s.Status != SubscriptionSuspended {
		return said
	}
	switch {
	case AnnualPlan(s.PlanName): // does not renew, whatever is set (S)
		return OutcomeEnds
	case s.PlanName == "" && (said == OutcomeRenews || said == OutcomeChanges): // it may be annual
		return OutcomeUndecided
	}
	return said
}

// LogDecides says whether the outcome needs the change log: of a decision to renew the options do not say what it renews
// as, and of one that autoRenew contradicts nothing else says whether it holds.
func (s *Subscription) LogDecides(options *RenewalOptions) bool {
	if options == nil || s.VendorKind() == VendorGoogle && s.Status == SubscriptionSuspended && AnnualPlan(s.PlanName) {
		return false
	}
	return options.Decision == RenewalAccept || options.Decision == RenewalReject && s.renewsByItself(true)
}

func (s *Subscription) renewsByItself(is bool) bool { return s.AutoRenew != nil && *s.AutoRenew == is }

// saidOfRenewal is the outcome by what is set. How a decision and autoRenew go together is not documented, and both are
// assumed (A), while words of the change log have been seen (O): where the two contradict each other, the decision holds
// only if the log's newest word agrees with it.
func (s *Subscription) saidOfRenewal(options *RenewalOptions, log []*ChangeLogEntry) RenewalOutcome {
	decision := RenewalDecision("")
	if options != nil {
		decision = options.Decision
	}
	switch set := setIn(log); {
	case decision == RenewalOther:
		return ""
	case decision == RenewalReject && s.renewsByItself(true) && set != setToEnd:
		return OutcomeUndecided
	case decision == RenewalReject:
		return OutcomeEnds
	case decision == RenewalAccept && set == setToChange:
		return OutcomeChanges
	case decision == RenewalAccept && set == setToEnd, decision == RenewalAccept && set == setToNothing && s.renewsByItself(false):
		return OutcomeUndecided
	case decision == RenewalAccept, options == nil && s.renewsByItself(true):
		return OutcomeRenews
	case s.renewsByItself(false):
		return OutcomeEnds
	}
	return OutcomeUndecided
}

// set is what a change log has a subscription set to do at the end of its term.
type set int

const (
	setToNothing set = iota // or that is done, or was taken back
	setToRenew              // as what it is
	setToChange
	setToEnd
)

// What a change log says of renewals: `Set to Renew with current plan` (O), with another plan (A), that it is set to end
// (A), and that there is nothing set any more, because it happened or was taken back (A).
var (
	willRenew = regexp.MustCompile(`(?i)\bset to renew\b(?:\s+with\s+(.+))?`)
	willEnd   = regexp.MustCompile(`(?i)\bset to not renew\b`)
	isOver    = regexp.MustCompile(`(?i)\brenewed\b|\brenewal removed\b`)
)

// setIn is what the newest entry about the renewal says.
func setIn(log []*ChangeLogEntry) set {
	for _, e := range log {
		switch said := willRenew.FindStringSubmatch(e.Text); {
		case willEnd.MatchString(e.Text):
			return setToEnd
		case isOver.MatchString(e.Text):
			return setToNothing
		case said == nil:
			continue
		case said[1] == "" || strings.EqualFold(strings.TrimSpace(said[1]), "current plan"):
			return setToRenew
		}
		return setToChange
	}
	return setToNothing
}

package graph

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/internal/licenses"
	"stellr-gateway/stellr"
)

// licenseMatches are the customer's subscriptions that a license may come from, best first.
func (l *loaders) licenseMatches(ctx context.Context, customerNo string, input model.LicenseInput) ([]*model.LicenseMatch, error) {
	wanted, err := newLicense(l.r.Licenses, input)
	if err != nil || customerNo == "" {
		return nil, err
	}
	subscriptions, err := l.subscriptionsOf(ctx, customerNo)
	if err != nil {
		_, err = present[stellr.Subscription](nil, err) // a number that Stellr cannot be asked for is nobody's
		return nil, err
	}
	matches := wanted.matches(subscriptions)
	return matches, l.put(ctx, len(matches))
}

// longestLicense is how many characters a field that names a license may have.
const longestLicense = 100

// license is what a caller asks for: the license, with what the table says of it.
type license struct {
	table      *licenses.Table
	commerceID string         // folded; empty where it was not given
	rows       []licenses.Row // of the license; none where the table does not have it
	name       string         // in words; empty where nobody knows it
	words      []string       // of the name
}

// newLicense reads the input. The error is an *relay.ArgumentError; it does not repeat what the caller sent.
func newLicense(table *licenses.Table, input model.LicenseInput) (*license, error) {
	commerceID, skuID, part := licenses.FoldID(text(input.CommerceSubscriptionID)), licenses.FoldID(text(input.SkuID)), strings.TrimSpace(text(input.SkuPartNumber))
	for name, given := range map[string]*string{"commerceSubscriptionId": input.CommerceSubscriptionID, "skuId": input.SkuID, "skuPartNumber": input.SkuPartNumber} {
		if utf8.RuneCountInString(text(given)) > longestLicense {
			return nil, &relay.ArgumentError{Message: "license." + name + " has more than 100 characters"}
		}
	}
	if commerceID == "" && skuID == "" && part == "" {
		return nil, &relay.ArgumentError{Message: "license must have a commerceSubscriptionId, a skuId or a skuPartNumber"}
	}
	w := &license{table: table, commerceID: commerceID, rows: table.BySKUID(skuID)}
	named := table.ByPartNumber(part)
	if len(w.rows) > 0 && len(named) > 0 && w.rows[0].Name != named[0].Name {
		return nil, &relay.ArgumentError{Message: "license.skuId is " + w.rows[0].Name + ", and license.skuPartNumber is " + named[0].Name}
	}
	if len(w.rows) == 0 {
		w.rows = named
	}
	if len(w.rows) > 0 {
		w.name = w.rows[0].Name
	} else {
		w.name = strings.ReplaceAll(part, "_", " ") // newer ones are the name in this form
	}
	w.words = productWords(w.name)
	return w, nil
}

// candidate is a subscription that the license may come from. Its weight says, in thousandths, how well it matches, by
// itself.
type candidate struct {
	subscription *stellr.Subscription
	basis        model.LicenseMatchBasis
	weight       int
	reason       string // without an end
}

// matches are all candidates, best first. Where a commerce id decides, nothing else is answered.
func (w *license) matches(subscriptions []*stellr.Subscription) []*model.LicenseMatch {
	live := keep(subscriptions, func(s *stellr.Subscription) bool { return s.Live() && mayBeMicrosoft(s) })
	var found []candidate
	for _, s := range live {
		if w.commerceID != "" && licenses.FoldID(s.VendorSubscriptionID) == w.commerceID {
			found = append(found, candidate{s, model.LicenseMatchBasisCommerceSubscriptionID, certain, "its vendorSubscriptionId is the license's commerceSubscriptionId"})
		}
	}
	if len(found) == 0 {
		for _, s := range live {
			if c := w.weigh(s); c.weight > 0 {
				found = append(found, c)
			}
		}
	}
	slices.SortFunc(found, func(a, b candidate) int {
		if a.weight != b.weight {
			return b.weight - a.weight
		}
		return byNumber(a.subscription.SubscriptionID, b.subscription.SubscriptionID)
	})
	return share(found)
}

// mayBeMicrosoft says whether a subscription is Microsoft's, or of a vendor that is not told and of an offer of
// Microsoft's.
func mayBeMicrosoft(s *stellr.Subscription) bool {
	if s.VendorKind() == stellr.VendorMicrosoft {
		return true
	}
	offer, ok := stellr.ParseOffer(s.OfferID, s.MfgPartNo)
	return s.VendorKind() == stellr.VendorOther && s.VendorName == "" && ok && offer.Commerce()
}

// weigh is the subscription as a candidate; of no weight where it is none.
func (w *license) weigh(s *stellr.Subscription) candidate {
	c := w.byOffer(s)
	if c.weight == 0 {
		return c
	}
	if id := licenses.FoldID(s.VendorSubscriptionID); w.commerceID != "" && licenses.IsGUID(id) {
		c.weight /= 2
		c.reason += "; its vendorSubscriptionId is not the license's commerceSubscriptionId"
	}
	c.subscription, c.weight = s, max(1, c.weight)
	return c
}

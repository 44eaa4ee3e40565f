package graph

import (
	"fmt"
	"strings"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/licenses"
	"stellr-gateway/stellr"
)

// likeness is how a subscription's offer and those of a license compare.
type likeness int

const (
	alikeNot      likeness = iota // it is known to be something else
	alikeUntold                   // nothing can be compared: no offer, or one that the table does not have
	alikeOtherSKU                 // the product is the license's, the sku is one that the table does not have
	alikeUnclear                  // the product is the license's and others', and which sku it is, is not told
	alikeProduct                  // the product is the license's alone, and which sku it is, is not told
	alikeWhole                    // product and sku are the license's
)

// The weights, in thousandths. They are opinions, and only their order is meant: exact before product and sku, before
// the product alone, before the name; a part number, which describes what was ordered, is a little less than an offer id.
const (
	certain     = 1000
	almost      = 950 // of several that ought to be certain
	byNameOnly  = 400
	byNameApart = 300 // the offer is none that is known, or the license is none
)

func (l likeness) weight() int {
	switch l {
	case alikeWhole:
		return 950
	case alikeProduct:
		return 600
	case alikeUnclear:
		return 400
	case alikeOtherSKU:
		return 200
	}
	return 0
}

// percent is what is left of a weight where the table is not sure.
func percent(c licenses.Confidence) int {
	switch c {
	case licenses.Stated:
		return 100
	case licenses.Agreed:
		return 95
	case licenses.Listed:
		return 80
	}
	return 60
}

// byOffer compares by the offer id, else by the part number, else by name. Where the two name different offers, the one
// that matches counts half.
func (w *license) byOffer(s *stellr.Subscription) candidate {
	offer, hasOffer := commerceOffer(s.OfferID)
	part, hasPart := commerceOffer(s.MfgPartNo)
	switch {
	case hasOffer && hasPart && offer.Is(part) && offer.SKU == "" && part.SKU != "":
		hasOffer = false // the part number tells more
	case hasOffer && hasPart && offer.Is(part):
		hasPart = false
	}
	alike, row := alikeUntold, licenses.Row{}
	c := candidate{basis: model.LicenseMatchBasisOfferID}
	what, besides := "offer id", "part number"
	if hasOffer {
		alike, row = w.compare(offer, s)
	}
	if hasPart {
		byPart, partRow := w.compare(part, s)
		if !hasOffer || byPart > max(alike, alikeUntold) {
			alike, row, c.basis = byPart, partRow, model.LicenseMatchBasisPartNumber
			what, besides = besides, what
		} else if byPart == alikeNot && alike == alikeUntold {
			alike = alikeNot
		}
	}
	switch alike {
	case alikeNot:
		return candidate{}
	case alikeUntold:
		return w.byName(s, hasOffer || hasPart)
	}
	c.weight = alike.weight() * percent(row.Confidence) / 100
	if c.basis == model.LicenseMatchBasisPartNumber {
		c.weight = c.weight * 95 / 100
	}
	c.reason = fmt.Sprintf(alike.says(), what, w.name)
	if row.Confidence == licenses.Listed {
		c.reason += "; only one public list says so"
	}
	if hasOffer && hasPart {
		c.weight /= 2
		c.reason += "; its " + besides + " names another offer"
	}
	if other := w.otherName(row.ProductID, s); other != "" {
		c.weight /= 2
		c.reason += "; its name is that of " + other
	}
	return c
}

// says is the likeness as the beginning of a sentence, with places for what was compared and for the license.
func (l likeness) says() string {
	switch l {
	case alikeWhole:
		return "its %s names the product and sku under which %s is sold"
	case alikeProduct:
		return "its %s names the product under which %s is sold, but which sku of it is not known"
	case alikeUnclear:
		return "its %s names the product under which %s is sold beside other licenses, and which sku of it is not known"
	}
	return "its %s names the product under which %s is sold, but with a sku that is not known"
}

// commerceOffer is the New Commerce offer that a text names.
func commerceOffer(text string) (stellr.Offer, bool) {
	offer, ok := stellr.ParseOffer(text)
	return offer, ok && offer.Commerce()
}

// compare compares an offer with those of the license, and says by which row. A sku of the license's product that the
// table has for others only is theirs: E3 is sold with Teams and without under one product.
func (w *license) compare(offer stellr.Offer, s *stellr.Subscription) (likeness, licenses.Row) {
	best, by, sold := alikeUntold, licenses.Row{}, false
	for _, row := range w.rows {
		sold = sold || row.ProductID != ""
		if row.ProductID != offer.Product {
			continue
		}
		alike := alikeOtherSKU
		switch {
		case row.OfferSKU == "" || offer.SKU == "":
			alike = alikeProduct
		case row.OfferSKU == offer.SKU:
			alike = alikeWhole
		}
		if alike > best || alike == best && percent(row.Confidence) > percent(by.Confidence) {
			best, by = alike, row
		}
	}
	if best == alikeWhole {
		return alikeWhole, by
	}
	listed, others := w.others(offer, s)
	switch {
	case listed, best == alikeUntold && sold && len(w.table.ByProduct(offer.Product)) > 0:
		return alikeNot, by
	case best == alikeProduct && others && !w.named(s):
		return alikeUnclear, by
	}
	return best, by
}

// others says of an offer that is not known to be the license's whether it is another's: because the table has its sku for
// that one, or because the subscription has the other's name. Else it says whether others are sold under its product.
func (w *license) others(offer stellr.Offer, s *stellr.Subscription) (listed, others bool) {
	for _, row := range w.table.ByProduct(offer.Product) {
		if row.Name == w.name {
			continue
		}
		others = true
		if offer.SKU != "" && row.OfferSKU == offer.SKU {
			return true, true
		}
	}
	return w.otherName(offer.Product, s) != "", others
}

// otherName is the name of another license of a product, if that is the subscription's name.
func (w *license) otherName(productID string, s *stellr.Subscription) string {
	words := productWords(s.Name)
	for _, row := range w.table.ByProduct(productID) {
		if row.Name != w.name && sameWords(productWords(row.Name), words) {
			return row.Name
		}
	}
	return ""
}

// byName compares the names. apart says that the subscription has an offer, of which the table knows nothing.
func (w *license) byName(s *stellr.Subscription, apart bool) candidate {
	if !w.named(s) || s.VendorKind() != stellr.VendorMicrosoft {
		return candidate{}
	}
	c := candidate{basis: model.LicenseMatchBasisProductName, weight: byNameOnly, reason: "only its name says that it is " + w.name}
	if apart || len(w.rows) == 0 {
		c.weight = byNameApart
		c.reason += ", and its offer or the license is none that is known"
	}
	return c
}

// named says whether the subscription has the license's name.
func (w *license) named(s *stellr.Subscription) bool {
	return len(w.words) > 0 && sameWords(w.words, productWords(s.Name))
}

// share makes candidates, best first, into matches. The confidence is the weight, less what others weigh beside it: all
// together are never over 1, and where several match equally well none of them is likely.
func share(found []candidate) []*model.LicenseMatch {
	sum, equals := 0, map[int]int{}
	for i := range found {
		if len(found) > 1 {
			found[i].weight = min(found[i].weight, almost)
		}
		sum += found[i].weight
		equals[found[i].weight]++
	}
	matches := make([]*model.LicenseMatch, len(found))
	for i, c := range found {
		reason := strings.ToUpper(c.reason[:1]) + c.reason[1:]
		if n := equals[c.weight] - 1; n > 0 {
			reason += "; " + subscriptions(n, "matches just as well", "match just as well") + ", and nothing tells which it is"
		}
		if n := countIf(found, func(o candidate) bool { return o.weight > c.weight }); n > 0 {
			reason += "; " + subscriptions(n, "matches better", "match better")
		}
		if n := countIf(found, func(o candidate) bool { return o.weight < c.weight }); n > 0 {
			reason += "; " + subscriptions(n, "matches less well and may be it", "match less well and may be it")
		}
		confidence := c.weight * c.weight / sum // rounded down, so that the sum stays
		matches[i] = &model.LicenseMatch{Subscription: c.subscription, Basis: c.basis, Confidence: float64(confidence) / 1000, Reason: reason + "."}
	}
	return matches
}

// subscriptions are so many others, with what they do.
func subscriptions(n int, one, many string) string {
	if n == 1 {
		return "another subscription " + one
	}
	return fmt.Sprintf("%d other subscriptions %s", n, many)
}

func countIf(found []candidate, is func(candidate) bool) int {
	n := 0
	for _, c := range found {
		if is(c) {
			n++
		}
	}
	return n
}

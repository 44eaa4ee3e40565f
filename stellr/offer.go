package stellr

import (
	"regexp"
	"strings"
)

// Offer is what is sold, whatever the term and the billing: the vendor's own name for it, as far as part numbers and offer
// ids tell.
type Offer struct {
	Product string // Microsoft: the New Commerce product, such as CFQ7TTC0LH18; Google: its number of the edition
	SKU     string // Microsoft: the sku of that product, such as 0001; empty where it is not told, and for others
}

var (
	// A New Commerce product and, behind it with or without a sign between, its sku (the forms: O).
	commerceOffer = regexp.MustCompile(`(?i)CFQ7TTC0[0-9A-Z]{4}(?:[:,\-/ ]?([0-9A-Z]{4})(?:[^0-9A-Z]|$))?`)
	// What stands in the place of a sku where a part number ends in its term and billing: P1YA, P1MM.
	commerceTerm = regexp.MustCompile(`(?i)^P[0-9][MY][A-Z0-9]$`)
	// Google's numbers of its editions (S), with what names the plan behind them (A).
	googleOffer = regexp.MustCompile(`^(1010[0-9]{6})(?:-|$)`)
)

// ParseOffer finds the offer in a part number or an offer id, in any of the forms that distributors write them in: it is
// the first of the texts that names one. ok is false where none does.
func ParseOffer(texts ...string) (offer Offer, ok bool) {
	for _, text := range texts {
		if match := commerceOffer.FindStringSubmatch(strings.TrimSpace(text)); match != nil {
			offer := Offer{Product: strings.ToUpper(match[0][:12])}
			if sku := strings.ToUpper(match[1]); !commerceTerm.MatchString(sku) {
				offer.SKU = sku
			}
			return offer, true
		}
		if match := googleOffer.FindStringSubmatch(strings.TrimSpace(text)); match != nil {
			return Offer{Product: match[1]}, true
		}
	}
	return Offer{}, false
}

// Is says whether two offers can be the same one: where one of them does not tell its sku, that is not compared.
func (o Offer) Is(other Offer) bool {
	return o.Product == other.Product && (o.SKU == "" || other.SKU == "" || o.SKU == other.SKU)
}

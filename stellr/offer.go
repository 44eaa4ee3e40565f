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

// The parts of a New Commerce offer in a text: its product; behind it, with or without signs between, its sku, which begins
// with 0 (O); and behind that whatever is no part of a longer word, or the term and the billing as in P1YA and P1M (the
// forms: O, but A for other signs than the colon, the hyphen and the comma). Only ASCII letters are meant: to fold case
// by Unicode would take ſ for S.
var (
	commerceOffer = regexp.MustCompile(`[Cc][Ff][Qq]7[Tt][Tt][Cc]0[0-9A-Za-z]{4}(?:[^0-9A-Za-z]{0,3}(0[0-9A-Za-z]{3})(?:[Pp][0-9][MYmy][0-9A-Za-z]?)?(?:[^0-9A-Za-z]|$))?`)
	// Google's numbers of its editions (S), with what names the plan behind them (A).
	googleOffer = regexp.MustCompile(`^(1010[0-9]{6})(?:-|$)`)
)

// productLength is how long a New Commerce product id is.
const productLength = len("CFQ7TTC0LH18")

// ParseOffer finds the offer in a part number or an offer id, in any of the forms that distributors write them in: it is
// the first of the texts that names one. ok is false where none does. What could be a sku and could be something else is
// left out: an unknown sku is no harm, a wrong one is.
func ParseOffer(texts ...string) (offer Offer, ok bool) {
	for _, text := range texts {
		if match := commerceOffer.FindStringSubmatch(text); match != nil {
			return Offer{Product: strings.ToUpper(match[0][:productLength]), SKU: strings.ToUpper(match[1])}, true
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

// Commerce says whether it is an offer of Microsoft's New Commerce.
func (o Offer) Commerce() bool { return strings.HasPrefix(o.Product, "CFQ7") }

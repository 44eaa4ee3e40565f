package graph

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// What dry runs find out in the catalogue. What a record does not tell is left to Stellr.

// purchase is something to be bought.
type purchase struct {
	productID, skuNo string // one of them may be empty
	quantity         int
	billing, term    string   // empty: the product's own
	vendorID         string   // whose it must be; empty: anybody's
	addOnTo          string   // the product of the subscription that it is added to; empty: it is bought by itself
	owned            bool     // the customer has it, and buys another number of it
	field            []string // where it stands in the input; of what is owned, where the quantity stands
}

// purchaseProblem is the product, nil where it cannot be told which it is, and what speaks against the purchase.
func (l *loaders) purchaseProblem(ctx context.Context, b purchase) (*stellr.Product, *journal.Problem, error) {
	p, err := l.product(ctx, b.productID, b.vendorID)
	if b.productID == "" {
		p, err = l.productsBySKU.Load(ctx, b.skuNo)()
	}
	switch {
	case err != nil:
		return nil, nil, err
	case b.owned && p == nil: // it was sold, whatever the catalogue says today
		return nil, nil, nil
	case b.owned:
		return p, quantityProblem(p, b.quantity, b.field...), nil
	case p == nil && b.productID == "":
		return nil, b.problem(journal.NotFound, "skuNo", "There is no such product."), nil
	case p == nil:
		return nil, b.problem(journal.NotFound, "productId", "There is no such product."), nil
	case otherSKU(p, b.skuNo):
		return nil, b.problem(journal.InvalidInput, "skuNo", fmt.Sprintf("%s has the article number %s, not %s.", called(p), p.SKUNo, b.skuNo)), nil
	}
	if problem := b.offered(p); problem != nil {
		return p, problem, nil
	}
	problem, err := l.addOnProblem(ctx, b, p)
	return p, problem, err
}

// offered says whether the product is sold like this.
func (b purchase) offered(p *stellr.Product) *journal.Problem {
	switch {
	case b.vendorID != "" && p.VendorID != "" && !sameVendor(b.vendorID, p.VendorID):
		return b.problem(journal.InvalidInput, "productId", fmt.Sprintf("%s is %s's: an order is for one vendor.", called(p), cmp.Or(p.VendorName, p.VendorID)))
	case p.Discontinued != nil && *p.Discontinued:
		return b.problem(journal.NotAllowedNow, "productId", called(p)+" is discontinued: it is not sold any more.")
	case b.billing != "" && p.BillingFrequency != "" && !sameBilling(b.billing, p.BillingFrequency):
		return b.problem(journal.InvalidInput, "billingFrequency", fmt.Sprintf("%s is billed by %s. Another way of billing is another product.", called(p), p.BillingFrequency))
	case b.term != "" && p.TermDuration != "" && !strings.EqualFold(b.term, p.TermDuration):
		return b.problem(journal.InvalidInput, "termDuration", fmt.Sprintf("%s has a term of %s. Another term is another product.", called(p), p.TermDuration))
	}
	return quantityProblem(p, b.quantity, b.at("quantity")...)
}

// addOnProblem says whether the product is an add-on where one is bought, and none elsewhere. Which product an add-on is
// named with is not all that it adds to: a variant of the same offer may do (A), and that is left to Stellr.
func (l *loaders) addOnProblem(ctx context.Context, b purchase, p *stellr.Product) (*journal.Problem, error) {
	switch {
	case b.addOnTo == "" && p.PrimaryProductID != "":
		return b.problem(journal.InvalidInput, "productId", fmt.Sprintf("%s is an add-on of product %s: it is bought with createAddOn.", called(p), p.PrimaryProductID)), nil
	case b.addOnTo == "" || p.PrimaryProductID != "":
		return nil, nil
	}
	// That products name their primary is A, that they are listed with it is D.
	related, err := l.relatedList.whole(ctx, b.addOnTo)
	if err != nil || slices.ContainsFunc(related, func(other *stellr.Product) bool { return stellr.SameKey(other.ProductID, p.ProductID) }) {
		return nil, err
	}
	return b.problem(journal.InvalidInput, "productId", called(p)+" is no add-on."), nil
}

// at is a place within the purchase's input.
func (b purchase) at(name string) []string { return append(slices.Clip(b.field), name) }

func (b purchase) problem(code journal.Code, field, message string) *journal.Problem {
	return &journal.Problem{Code: code, Message: message, Field: b.at(field)}
}

// quantityProblem says whether the product is sold in such a number.
func quantityProblem(p *stellr.Product, quantity int, field ...string) *journal.Problem {
	if p.MinQuantity != nil && quantity < *p.MinQuantity {
		return invalid(fmt.Sprintf("%s is sold from %d on.", called(p), *p.MinQuantity), field...)
	}
	if p.MaxQuantity != nil && *p.MaxQuantity > 0 && quantity > *p.MaxQuantity {
		return invalid(fmt.Sprintf("%s is sold up to %d.", called(p), *p.MaxQuantity), field...)
	}
	return nil
}

// transitionProblem is the product that a subscription shall become, and what speaks against that. kind is upgrade or
// downgrade.
func (l *loaders) transitionProblem(ctx context.Context, s *stellr.Subscription, productID, skuNo, kind string) (*stellr.Product, *journal.Problem, error) {
	all, err := l.transitionList.whole(ctx, subscriptionKey{s.CustomerNo, s.SubscriptionID})
	if err != nil {
		return nil, nil, err
	}
	field := "targetProductId"
	if productID == "" {
		field = "targetSkuNo"
	}
	var elsewhere *stellr.Product // the target, as something else than what is wanted
	for _, p := range all {
		switch {
		case productID != "" && !stellr.SameKey(p.ProductID, productID), productID == "" && !stellr.SameKey(p.SKUNo, skuNo):
		case p.TransitionType != "" && !strings.EqualFold(p.TransitionType, kind):
			elsewhere = p
		case otherSKU(p, skuNo):
			return nil, invalid(fmt.Sprintf("%s has the article number %s, not %s.", called(p), p.SKUNo, skuNo), "targetSkuNo"), nil
		case p.Eligible != nil && !*p.Eligible && p.Reason != "":
			return p, notNow(fmt.Sprintf("It cannot become %s now: %s.", called(p), strings.TrimRight(p.Reason, ".")), field), nil
		case p.Eligible != nil && !*p.Eligible:
			return p, notNow(fmt.Sprintf("It cannot become %s now; Stellr does not say why.", called(p)), field), nil
		default:
			return p, nil, nil
		}
	}
	if elsewhere != nil {
		return nil, notNow(fmt.Sprintf("Becoming %s is no %s for it: see transitionProducts.", called(elsewhere), kind), field), nil
	}
	return nil, notNow(fmt.Sprintf("There is no %s to this product for it: see transitionProducts.", kind), field), nil
}

// agreementProblem says whether a customer may order of a kind of vendor. Microsoft's orders need the customer's own
// agreement, which is never accepted implicitly (S; that it stands under this type is A).
func (l *loaders) agreementProblem(ctx context.Context, customerNo string, kind stellr.VendorKind) (*journal.Problem, error) {
	if kind != stellr.VendorMicrosoft {
		return nil, nil
	}
	agreement, err := l.agreements.Load(ctx, agreementKey{customerNo, stellr.MicrosoftCustomerAgreement})()
	if err != nil || agreement != nil && agreement.Status != stellr.AgreementNotAccepted {
		return nil, err
	}
	return notNow("The customer has not accepted the "+stellr.MicrosoftCustomerAgreement+", without which nothing of Microsoft's can be ordered: see acceptAgreement.", "customerNo"), nil
}

// customerProblem says whether anything can be ordered for a customer.
func (l *loaders) customerProblem(ctx context.Context, customerNo string) (*journal.Problem, error) {
	c, err := l.customer(ctx, customerNo)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return noCustomer(), nil
	case c.Status == stellr.CustomerDiscontinued:
		return notNow("The customer is discontinued: nothing can be ordered for it.", "customerNo"), nil
	}
	return nil, nil
}

// otherSKU says that an article number is certainly not the product's.
func otherSKU(p *stellr.Product, skuNo string) bool {
	return skuNo != "" && p.SKUNo != "" && !stellr.SameKey(p.SKUNo, skuNo)
}

func sameVendor(a, b string) bool { return stellr.SameKey(a, b) || strings.EqualFold(a, b) }

// called is the product, in words.
func called(p *stellr.Product) string {
	if p.Name == "" {
		return "Product " + p.ProductID
	}
	return "“" + p.Name + "”"
}

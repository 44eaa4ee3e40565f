package graph

import (
	"context"
	"slices"
	"strings"

	"stellr-gateway/graph/payload"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// examinePlan says what the catalogue has against another plan for a subscription, and what it would cost. Which products
// are variants of one offer is read from their part numbers; where those do not tell, it is left to Stellr.
func (r *Resolver) examinePlan(ctx context.Context, w *write, p *payload.Preview, plan stellr.PlanChange, quantity *int) ([]*journal.Problem, error) {
	s := w.subscription
	variants, err := r.load(ctx).variants(ctx, s)
	if err != nil || len(variants) == 0 {
		return nil, err
	}
	fitting := keep(variants, func(v *stellr.Product) bool { return fitsPlan(s, v, plan) })
	sold := keep(fitting, func(v *stellr.Product) bool { return v.Discontinued == nil || !*v.Discontinued })
	switch {
	case len(fitting) == 0:
		return []*journal.Problem{invalid(called(variants[0])+" is not sold with such a plan.", planField(plan))}, nil
	case len(sold) == 0:
		return []*journal.Problem{notNow(called(fitting[0])+" is discontinued: it is not sold any more.", planField(plan))}, nil
	case len(sold) > 1:
		return nil, nil // which of them Stellr takes is not known
	}
	seats := number(quantity, s.Quantity)
	p.Cost, p.Price = monthlyOf(sold[0], seats)
	if stellr.SameKey(sold[0].ProductID, s.ProductID) {
		p.Cost, p.Price = afterChange(s, sold[0], seats)
	}
	if quantity == nil {
		return nil, nil
	}
	return with(nil, quantityProblem(sold[0], *quantity, "quantity")), nil
}

// variants are the products of the subscription's offer, its own among them: without that the catalogue is not the one that
// it was bought from.
func (l *loaders) variants(ctx context.Context, s *stellr.Subscription) ([]*stellr.Product, error) {
	offer, ok := stellr.ParseOffer(s.OfferID, s.MfgPartNo)
	if !ok {
		return nil, nil
	}
	all, err := l.productList.whole(ctx, catalogueKey{s.VendorID, stellr.ProductQuery{IncludeDiscontinued: true}})
	variants := keep(all, func(p *stellr.Product) bool {
		own, ok := stellr.ParseOffer(p.MfgPartNo)
		return ok && own.Is(offer)
	})
	if !slices.ContainsFunc(variants, func(p *stellr.Product) bool { return stellr.SameKey(p.ProductID, s.ProductID) }) {
		return nil, err
	}
	return variants, err
}

// fitsPlan says whether a product has the plan. What is not asked for stays as the subscription has it, but for Google's
// plans: those become annual ones (S).
func fitsPlan(s *stellr.Subscription, p *stellr.Product, plan stellr.PlanChange) bool {
	if s.PlanName != "" || plan.PlanName != "" {
		named := stellr.AnnualPlan(p.PlanName)
		if plan.PlanName != "" {
			named = stellr.PlanWord(p.PlanName) == stellr.PlanWord(plan.PlanName)
		}
		return named && (plan.BillingFrequency == "" || sameBilling(plan.BillingFrequency, p.BillingFrequency)) &&
			(plan.TermDuration == "" || strings.EqualFold(plan.TermDuration, p.TermDuration))
	}
	billing, term := plan.BillingFrequency, plan.TermDuration
	if billing == "" {
		billing = s.BillingFrequency
	}
	if term == "" {
		term = s.TermDuration
	}
	return sameBilling(billing, p.BillingFrequency) && strings.EqualFold(term, p.TermDuration)
}

// planField is the part of the input that says what plan it is to be.
func planField(plan stellr.PlanChange) string {
	switch {
	case plan.PlanName != "":
		return "planName"
	case plan.TermDuration != "":
		return "termDuration"
	}
	return "billingFrequency"
}

package graph

import (
	"context"
	"slices"
	"strconv"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/payload"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

func (r *Resolver) updateRenewal(in model.UpdateRenewalInput) *write {
	w := newWrite(actionUpdateRenewal, in)
	w.require(in.Decision == stellr.RenewalAccept || in.Decision == stellr.RenewalReject, "The decision is ACCEPT or REJECT.", "decision")
	w.require(in.Decision != stellr.RenewalReject || len(in.Plans) == 0, "What does not renew has no plans to renew into.", "plans")
	setting := stellr.RenewalSetting{Decision: in.Decision, NewPlans: make([]stellr.NewPlan, len(in.Plans))}
	products := make([]named, len(in.Plans))
	for i, plan := range in.Plans {
		at := strconv.Itoa(i)
		w.require(plan.Quantity >= 1, "A quantity is at least 1.", "plans", at, "quantity")
		products[i] = productNamed(plan.ProductID, plan.SkuNo)
		w.require(products[i] != named{}, "The product is missing: productId or skuNo.", "plans", at, "productId")
		setting.NewPlans[i] = stellr.NewPlan{
			Quantity: plan.Quantity, BillingFrequency: text(plan.BillingFrequency), TermDuration: text(plan.TermDuration),
			CoterminousDate: plan.CoterminousDate,
		}
	}
	r.on(w, model.LifecycleActionUpdateRenewal, step{}, func(ctx context.Context, s *stellr.Subscription) (*journal.Problem, error) {
		w.evidence.Decision, w.evidence.Bought = in.Decision, nil
		for i := range products {
			if problem, err := r.complete(ctx, w, &products[i], []*stellr.Subscription{s}, "productId", "skuNo", "plans", strconv.Itoa(i)); problem != nil || err != nil {
				return problem, err
			}
			plan := &setting.NewPlans[i]
			plan.ProductID, plan.SKUNo = products[i].productID, products[i].skuNo
			w.evidence.Bought = append(w.evidence.Bought, bought{ProductID: plan.ProductID, Quantity: plan.Quantity})
		}
		return nil, nil
	})
	w.examine = func(ctx context.Context, p *payload.Preview) ([]*journal.Problem, error) {
		return r.examineRenewal(ctx, w, p, setting)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		return done(r.Client.UpdateRenewal(ctx, w.customerNo, w.subscriptionID, setting))
	}
	return w
}

// examineRenewal says what speaks against a decision, by the subscription's renewal options, and what the next term would
// cost each month.
func (r *Resolver) examineRenewal(ctx context.Context, w *write, p *payload.Preview, setting stellr.RenewalSetting) ([]*journal.Problem, error) {
	l := r.load(ctx)
	options, err := l.renewalOptions.Load(ctx, subscriptionKey{w.customerNo, w.subscriptionID})()
	if err != nil {
		return nil, err
	}
	if options == nil {
		return []*journal.Problem{{Code: journal.NotAllowedNow, Message: "Stellr has no renewal options for the subscription: nothing can be decided."}}, nil
	}
	if setting.Decision == stellr.RenewalReject {
		return nil, nil // the next term costs nothing
	}
	if len(setting.NewPlans) == 0 {
		p.Cost, p.Price = p.CostNow, p.PriceNow
		return nil, nil
	}
	var problems []*journal.Problem
	var costs, prices []*stellr.Money
	for i, plan := range setting.NewPlans {
		at := strconv.Itoa(i)
		if !slices.ContainsFunc(options.Plans, func(o stellr.RenewalPlan) bool { return stellr.SameKey(o.ProductID, plan.ProductID) }) {
			problems = append(problems, &journal.Problem{Code: journal.NotAllowedNow, Message: "The product is not among the plans that the subscription can renew into.", Field: []string{"plans", at, "productId"}})
		}
		if day := plan.CoterminousDate; day != nil && !slices.Contains(options.CoterminousDates, *day) {
			problems = append(problems, &journal.Problem{Code: journal.NotAllowedNow, Message: "The day is not among those on which the subscription can end with others.", Field: []string{"plans", at, "coterminousDate"}})
		}
		product, err := l.product(ctx, plan.ProductID, w.vendorID)
		if err != nil {
			return nil, err
		}
		cost, price := monthlyOf(product, plan.Quantity)
		if stellr.SameKey(plan.ProductID, w.subscription.ProductID) {
			cost, price = afterChange(w.subscription, product, plan.Quantity)
		}
		costs, prices = append(costs, cost), append(prices, price)
	}
	p.Cost, p.Price = sumMoney(costs), sumMoney(prices)
	return problems, nil
}

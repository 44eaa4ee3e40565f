package graph

import (
	"context"
	"strconv"

	"stellr-gateway/graph/model"
	"stellr-gateway/internal/access"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

func (r *Resolver) updateRenewal(in model.UpdateRenewalInput) *write {
	w := newWrite(actionUpdateRenewal, access.Operator, in)
	w.require(in.Decision == stellr.RenewalAccept || in.Decision == stellr.RenewalReject, "The decision is ACCEPT or REJECT.", "decision")
	w.require(in.Decision != stellr.RenewalReject || len(in.Plans) == 0, "What does not renew has no plans to renew into.", "plans")
	setting := stellr.RenewalSetting{Decision: in.Decision, NewPlans: make([]stellr.NewPlan, len(in.Plans))}
	products := make([]named, len(in.Plans))
	for i, plan := range in.Plans {
		at := strconv.Itoa(i)
		w.require(plan.Quantity >= 1, "A quantity is at least 1.", "plans", at, "quantity")
		products[i] = named{text(plan.ProductID), text(plan.SkuNo)}
		w.require(products[i] != named{}, "The product is missing: productId or skuNo.", "plans", at, "productId")
		setting.NewPlans[i] = stellr.NewPlan{
			Quantity: plan.Quantity, BillingFrequency: text(plan.BillingFrequency), TermDuration: text(plan.TermDuration),
			CoterminousDate: plan.CoterminousDate,
		}
	}
	r.on(w, model.LifecycleActionUpdateRenewal, step{}, func(*stellr.Subscription) *journal.Problem { return nil })
	looked := w.look
	w.look = func(ctx context.Context) (*journal.Problem, error) {
		for i := range products {
			if problem, err := r.complete(ctx, w, &products[i], "productId", "skuNo", "plans", strconv.Itoa(i)); problem != nil || err != nil {
				return problem, err
			}
			setting.NewPlans[i].ProductID, setting.NewPlans[i].SKUNo = products[i].productID, products[i].skuNo
		}
		return looked(ctx)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		return done(r.Client.UpdateRenewal(ctx, w.customerNo, w.subscriptionID, setting))
	}
	return w
}

package graph

import (
	"context"
	"fmt"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/payload"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// The mutations' names, as commands have them.
const (
	actionCreateCustomer         = "createCustomer"
	actionAcceptAgreement        = "acceptAgreement"
	actionCreateSubscriptions    = "createSubscriptions"
	actionCreateAddOn            = "createAddOn"
	actionChangeSeats            = "changeSeats"
	actionCancelSubscription     = "cancelSubscription"
	actionSuspendSubscription    = "suspendSubscription"
	actionActivateSubscription   = "activateSubscription"
	actionReactivateSubscription = "reactivateSubscription"
	actionUpgradeSubscription    = "upgradeSubscription"
	actionDowngradeSubscription  = "downgradeSubscription"
	actionChangePlan             = "changePlan"
	actionTransferSubscription   = "transferSubscription"
	actionUpdateRenewal          = "updateRenewal"
	actionSaveVendorAccount      = "saveVendorAccount"
	actionStellrRequest          = "stellrRequest"
)

// The writes to one subscription that is there already.

// preparation takes from a subscription what a write needs, and says what is wrong with that.
type preparation func(context.Context, *stellr.Subscription) (*journal.Problem, error)

// on has the write look at its subscription and at the rules. said is what is wanted of it.
func (r *Resolver) on(w *write, action model.LifecycleAction, said step, prepare preparation) {
	w.look = func(ctx context.Context) (*journal.Problem, error) {
		if err := r.based(ctx, w); err != nil {
			return nil, err
		}
		s, err := present(r.Client.Subscription(ctx, w.customerNo, w.subscriptionID))
		if err != nil {
			return nil, err
		}
		return r.consider(ctx, w, action, s, said, prepare)
	}
}

// consider says what forbids a step on a subscription that was just read.
func (r *Resolver) consider(ctx context.Context, w *write, action model.LifecycleAction, s *stellr.Subscription, said step, prepare preparation) (*journal.Problem, error) {
	if s == nil {
		return noSubscription(), nil
	}
	w.subscription, w.vendorID, w.productIDs = s, s.VendorID, []string{s.ProductID}
	w.evidence.Before, w.evidence.Contract = standingOf(s), s.ContractNo
	if problem, err := prepare(ctx, s); problem != nil || err != nil {
		return problem, err
	}
	said.action, said.subscription, said.now = action, s, r.Clock()
	return said.forbidden(), nil
}

// done is what Stellr answered to a write on one subscription.
func done(a *stellr.Accepted, err error) (*sent, error) {
	if err != nil {
		return nil, err
	}
	s := &sent{}
	s.take(*a)
	return s, nil
}

func (r *Resolver) changeSeats(in model.ChangeSeatsInput) *write {
	w := newWrite(actionChangeSeats, in)
	w.expects = in.ExpectedQuantity != nil
	w.require(in.Quantity >= 1, "The new total is at least 1: to have no seats is to cancel.", "quantity")
	product := named{}
	r.on(w, model.LifecycleActionChangeSeats, step{quantity: &in.Quantity}, func(ctx context.Context, s *stellr.Subscription) (*journal.Problem, error) {
		w.evidence.Wanted = &standing{Quantity: &in.Quantity}
		if problem := unexpected(in.ExpectedQuantity, s.Quantity); problem != nil {
			return problem, nil
		}
		if product = (named{s.ProductID, s.SKUNo}); product == (named{}) {
			return &journal.Problem{Code: journal.NotAllowedNow, Message: "Stellr does not tell which product the subscription is of, and wants to be told it."}, nil
		}
		return r.complete(ctx, w, &product, nil, "subscriptionId", "subscriptionId")
	})
	w.examine = func(ctx context.Context, p *payload.Preview) ([]*journal.Problem, error) {
		return r.examineQuantity(ctx, w, p, in.Quantity)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		return done(r.Client.ChangeSeats(ctx, w.customerNo, w.subscriptionID, stellr.SeatChange{
			Quantity: in.Quantity, ProductID: product.productID, SKUNo: product.skuNo, ResellerPONo: text(in.ResellerPoNo),
		}))
	}
	return w
}

// unexpected says that a subscription does not have the seats that the caller takes it to have.
func unexpected(expected, present *int) *journal.Problem {
	p := &journal.Problem{Code: journal.StaleQuantity, Field: []string{"expectedQuantity"}}
	switch {
	case expected == nil || present != nil && *expected == *present:
		return nil
	case present == nil:
		p.Message = fmt.Sprintf("Stellr does not tell how many seats the subscription has: that they are %d cannot be confirmed.", *expected)
	default:
		p.Message = fmt.Sprintf("The subscription has %d seats, not %d: somebody has changed it.", *present, *expected)
	}
	return p
}

// verb is one of the four writes that take nothing but a reason.
type verb struct {
	name   string
	action model.LifecycleAction
	leads  stellr.SubscriptionStatus // what the subscription is afterwards
	call   func(*stellr.Client, context.Context, string, string, stellr.Reason) (*stellr.Accepted, error)
}

func cancelling() verb {
	return verb{actionCancelSubscription, model.LifecycleActionCancel, stellr.SubscriptionCancelled, (*stellr.Client).CancelSubscription}
}

func suspending() verb {
	return verb{actionSuspendSubscription, model.LifecycleActionSuspend, stellr.SubscriptionSuspended, (*stellr.Client).SuspendSubscription}
}

func activating() verb {
	return verb{actionActivateSubscription, model.LifecycleActionActivate, stellr.SubscriptionActive, (*stellr.Client).ActivateSubscription}
}

func reactivating() verb {
	return verb{actionReactivateSubscription, model.LifecycleActionReactivate, stellr.SubscriptionActive, (*stellr.Client).ReactivateSubscription}
}

// simple is a write of a verb.
func (r *Resolver) simple(v verb, input any, reason *string) *write {
	w := newWrite(v.name, input)
	r.on(w, v.action, step{}, func(context.Context, *stellr.Subscription) (*journal.Problem, error) {
		w.evidence.Wanted = &standing{Status: v.leads}
		return nil, nil
	})
	w.examine = func(_ context.Context, p *payload.Preview) ([]*journal.Problem, error) {
		if v.leads != stellr.SubscriptionCancelled { // what is suspended is billed on
			p.Cost, p.Price = p.CostNow, p.PriceNow
		}
		return nil, nil
	}
	w.send = func(ctx context.Context) (*sent, error) {
		return done(v.call(r.Client, ctx, w.customerNo, w.subscriptionID, stellr.Reason{Reason: text(reason)}))
	}
	return w
}

// transition is where a subscription is to move.
type transition struct {
	productID, skuNo *string
	quantity         *int
}

func (r *Resolver) upgrade(in model.UpgradeSubscriptionInput) *write {
	w := newWrite(actionUpgradeSubscription, in)
	return r.transition(w, model.LifecycleActionUpgrade, transition{in.TargetProductID, in.TargetSkuNo, in.Quantity})
}

func (r *Resolver) downgrade(in model.DowngradeSubscriptionInput) *write {
	w := newWrite(actionDowngradeSubscription, in)
	return r.transition(w, model.LifecycleActionDowngrade, transition{in.TargetProductID, in.TargetSkuNo, in.Quantity})
}

// transition is an upgrade or a downgrade. All of the customer's subscriptions are read: an upgrade may give a new id.
func (r *Resolver) transition(w *write, action model.LifecycleAction, to transition) *write {
	w.require(to.quantity == nil || *to.quantity >= 1, "A quantity is at least 1.", "quantity")
	w.require(text(to.productID) != "" || text(to.skuNo) != "", "The product to move to is missing: targetProductId or targetSkuNo.", "targetProductId")
	target := productNamed(to.productID, to.skuNo)
	w.look = func(ctx context.Context) (*journal.Problem, error) {
		all, problem, err := r.lookAtAll(ctx, w)
		if problem != nil || err != nil {
			return problem, err
		}
		if problem, err := r.complete(ctx, w, &target, all, "targetProductId", "targetSkuNo"); problem != nil || err != nil {
			return problem, err
		}
		return r.consider(ctx, w, action, find(all, w.subscriptionID), step{quantity: to.quantity}, func(_ context.Context, s *stellr.Subscription) (*journal.Problem, error) {
			w.productIDs = []string{s.ProductID, target.productID}
			w.evidence.Wanted = &standing{ProductID: target.productID, Quantity: to.quantity}
			w.evidence.Bought = []bought{{ProductID: target.productID, Quantity: number(to.quantity, s.Quantity)}}
			w.evidence.Existing = ofProducts(all, w.evidence.Bought)
			return nil, nil
		})
	}
	w.examine = func(ctx context.Context, p *payload.Preview) ([]*journal.Problem, error) {
		return r.examineTransition(ctx, w, p, target, action, to.quantity)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		body := stellr.Transition{TargetProductID: target.productID, TargetSKUNo: target.skuNo, Quantity: number(to.quantity, nil)}
		if action == model.LifecycleActionUpgrade {
			return done(r.Client.UpgradeSubscription(ctx, w.customerNo, w.subscriptionID, body))
		}
		return done(r.Client.DowngradeSubscription(ctx, w.customerNo, w.subscriptionID, body))
	}
	return w
}

// number is the first of the two that is there, else 0.
func number(first, second *int) int {
	switch {
	case first != nil:
		return *first
	case second != nil:
		return *second
	}
	return 0
}

func (r *Resolver) changePlan(in model.ChangePlanInput) *write {
	w := newWrite(actionChangePlan, in)
	change := stellr.PlanChange{
		BillingFrequency: text(in.BillingFrequency), TermDuration: text(in.TermDuration), PlanName: text(in.PlanName),
		Quantity: number(in.Quantity, nil), ResellerPONo: text(in.ResellerPoNo),
	}
	w.require(in.Quantity == nil || *in.Quantity >= 1, "A quantity is at least 1.", "quantity")
	w.require(change.BillingFrequency != "" || change.TermDuration != "" || change.PlanName != "",
		"What is to change is missing: billingFrequency, termDuration or planName.", "billingFrequency")
	r.on(w, model.LifecycleActionChangePlan, step{quantity: in.Quantity, plan: change}, func(context.Context, *stellr.Subscription) (*journal.Problem, error) {
		w.evidence.Wanted = &standing{
			BillingFrequency: change.BillingFrequency, TermDuration: change.TermDuration, PlanName: change.PlanName, Quantity: in.Quantity,
		}
		return nil, nil
	})
	w.examine = func(ctx context.Context, p *payload.Preview) ([]*journal.Problem, error) {
		return r.examinePlan(ctx, w, p, change, in.Quantity)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		return done(r.Client.ChangePlan(ctx, w.customerNo, w.subscriptionID, change))
	}
	return w
}

package stellr

import (
	"context"
	"net/http"
)

// The writes to subscriptions. Each is sent at most once after anything could have left this machine: an error of
// stage Unknown means that it may have been carried out, and only reading tells. An answer without an operation id
// means that it was done at once (D).

// CreateSubscriptions orders for a customer (D for the names, A for the nesting). One order is for one vendor; Google
// takes one item (D).
func (c *Client) CreateSubscriptions(ctx context.Context, customerNo string, order Order) (*Ordered, error) {
	rq := c.to(ActionCreateSubscriptions, keys{"customerNo": customerNo}).carrying(order).hidingCredentials().
		require(order.VendorID != "" && len(order.Items) > 0, "an order needs a vendor and an item")
	for _, item := range order.Items {
		rq.require(item.Quantity > 0, "a quantity is at least 1")
	}
	return one[Ordered](ctx, c, rq, func(r *Ordered) bool {
		return r.OperationID != "" || r.StatusText != "" || len(r.Subscriptions) > 0
	})
}

// CreateAddOn adds a product to a subscription (D; the body is A).
func (c *Client) CreateAddOn(ctx context.Context, customerNo, subscriptionID string, order AddOnOrder) (*Accepted, error) {
	rq := c.subscriptionCall(ActionCreateAddOn, customerNo, subscriptionID, order).require(order.Quantity > 0, "a quantity is at least 1")
	return c.lifecycle(ctx, rq, "")
}

// ChangeSeats sets the number of seats: the resulting total, never a difference (D).
func (c *Client) ChangeSeats(ctx context.Context, customerNo, subscriptionID string, change SeatChange) (*Accepted, error) {
	rq := c.subscriptionCall(ActionChangeSeats, customerNo, subscriptionID, change).require(change.Quantity > 0, "a quantity is at least 1")
	return c.lifecycle(ctx, rq, subscriptionID)
}

// CancelSubscription ends a subscription. Microsoft's can be cancelled until CancellableUntil only (S).
func (c *Client) CancelSubscription(ctx context.Context, customerNo, subscriptionID string, reason Reason) (*Accepted, error) {
	return c.lifecycle(ctx, c.subscriptionCall(ActionCancelSubscription, customerNo, subscriptionID, reason), subscriptionID)
}

// SuspendSubscription stops the use of a subscription, which is billed on (S).
func (c *Client) SuspendSubscription(ctx context.Context, customerNo, subscriptionID string, reason Reason) (*Accepted, error) {
	return c.lifecycle(ctx, c.subscriptionCall(ActionSuspendSubscription, customerNo, subscriptionID, reason), subscriptionID)
}

// ActivateSubscription brings a suspended subscription back (S).
func (c *Client) ActivateSubscription(ctx context.Context, customerNo, subscriptionID string, reason Reason) (*Accepted, error) {
	return c.lifecycle(ctx, c.subscriptionCall(ActionActivateSubscription, customerNo, subscriptionID, reason), subscriptionID)
}

// ReactivateSubscription brings a suspended subscription back (S); its path is spelled "reactive" (D).
func (c *Client) ReactivateSubscription(ctx context.Context, customerNo, subscriptionID string, reason Reason) (*Accepted, error) {
	return c.lifecycle(ctx, c.subscriptionCall(ActionReactivateSubscription, customerNo, subscriptionID, reason), subscriptionID)
}

// UpgradeSubscription moves a subscription to a better product, at once; it may get a new id (S). The body is A.
func (c *Client) UpgradeSubscription(ctx context.Context, customerNo, subscriptionID string, to Transition) (*Accepted, error) {
	return c.lifecycle(ctx, c.subscriptionCall(ActionUpgradeSubscription, customerNo, subscriptionID, to), subscriptionID)
}

// DowngradeSubscription moves a subscription to a smaller product at the end of its term (S). The body is A.
func (c *Client) DowngradeSubscription(ctx context.Context, customerNo, subscriptionID string, to Transition) (*Accepted, error) {
	return c.lifecycle(ctx, c.subscriptionCall(ActionDowngradeSubscription, customerNo, subscriptionID, to), subscriptionID)
}

// ChangePlan sets how a subscription is billed and for how long, from the end of its term (S). The body is A.
func (c *Client) ChangePlan(ctx context.Context, customerNo, subscriptionID string, change PlanChange) (*Accepted, error) {
	return c.lifecycle(ctx, c.subscriptionCall(ActionChangePlan, customerNo, subscriptionID, change), subscriptionID)
}

// TransferSubscription brings a subscription over from another reseller (D; the body is A). Its token expires (S).
func (c *Client) TransferSubscription(ctx context.Context, customerNo string, transfer Transfer) (*Accepted, error) {
	rq := c.to(ActionTransferSubscription, keys{"customerNo": customerNo}).carrying(transfer).hiding(transfer.TransferToken).
		require(transfer.Quantity > 0, "a quantity is at least 1")
	return c.lifecycle(ctx, rq, "")
}

func (c *Client) subscriptionCall(action Action, customerNo, subscriptionID string, body any) *call {
	return c.to(action, keys{"customerNo": customerNo, "subscriptionId": subscriptionID}).carrying(body)
}

// lifecycle sends a write that is answered with an operation, or with nothing to wait for. subscriptionID is the one
// that was changed, empty where a new one comes.
func (c *Client) lifecycle(ctx context.Context, rq *call, subscriptionID string) (*Accepted, error) {
	got, err := c.send(ctx, rq)
	if err != nil {
		return nil, err
	}
	if got.status == http.StatusNoContent {
		return &Accepted{SubscriptionID: subscriptionID}, nil
	}
	var n notes
	accepted, _, ok := readRecord[Accepted](c, got.data, nil, &n)
	if !ok || accepted.OperationID == "" && accepted.StatusText == "" && accepted.SubscriptionID == "" {
		failure := badAnswer(rq.action, got.status, "the answer does not say what was done")
		failure.RequestID, failure.again = got.requestID, false
		return nil, failure
	}
	c.report(ctx, rq.action, got.requestID, 0, n)
	inherit(&accepted.SubscriptionID, subscriptionID)
	return accepted, nil
}

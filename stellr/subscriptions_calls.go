package stellr

import "context"

// Subscriptions lists a customer's subscriptions as whole records (D; whole: O).
func (c *Client) Subscriptions(customerNo string) *List[*Subscription] {
	rq := c.to(ActionListSubscriptions, keys{"customerNo": customerNo})
	return newList(c, rq, subscriptionKey, func(r *Subscription) bool { return fits(&r.CustomerNo, customerNo) })
}

// ResellerSubscriptions lists the subscriptions of all customers. That list exists (O), but its path is not publicly
// known: until one is configured (see HasResellerSubscriptions), reading it fails with CodeNotConfigured. Records
// that do not name their customer are left out.
func (c *Client) ResellerSubscriptions() *List[*Subscription] {
	return newList(c, c.to(ActionListResellerSubscriptions, nil), subscriptionKey, func(r *Subscription) bool { return r.CustomerNo != "" })
}

func subscriptionKey(r *Subscription) string { return r.CustomerNo + " " + r.SubscriptionID }

// Subscription gets one subscription of a customer (D). Where there is none, or it is another customer's, the error is
// one that IsNotFound knows.
func (c *Client) Subscription(ctx context.Context, customerNo, subscriptionID string) (*Subscription, error) {
	rq := c.to(ActionGetSubscription, keys{"customerNo": customerNo, "subscriptionId": subscriptionID})
	return one(ctx, c, rq, subscriptionOf(customerNo, subscriptionID))
}

// KeptSubscription is Subscription where Config.Cache has the record at hand and the context lets it be used.
func (c *Client) KeptSubscription(ctx context.Context, customerNo, subscriptionID string) (*Subscription, bool) {
	if !c.mayPeek(ctx, ActionGetSubscription) {
		return nil, false
	}
	rq := c.to(ActionGetSubscription, keys{"customerNo": customerNo, "subscriptionId": subscriptionID})
	return keptOne(ctx, c, rq, subscriptionOf(customerNo, subscriptionID))
}

func subscriptionOf(customerNo, subscriptionID string) func(*Subscription) bool {
	return func(r *Subscription) bool {
		return fits(&r.SubscriptionID, subscriptionID) && fits(&r.CustomerNo, customerNo)
	}
}

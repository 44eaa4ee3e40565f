package stellr

import "context"

// RenewalOptions gets what a subscription can become at the end of its term (D; the fields are A). Where there is
// nothing, the error is one that IsNotFound knows.
func (c *Client) RenewalOptions(ctx context.Context, customerNo, subscriptionID string) (*RenewalOptions, error) {
	rq := c.to(ActionGetRenewalOptions, keys{"customerNo": customerNo, "subscriptionId": subscriptionID})
	return one(ctx, c, rq, func(r *RenewalOptions) bool {
		return fits(&r.SubscriptionID, subscriptionID) && fits(&r.CustomerNo, customerNo)
	})
}

// UpdateRenewal decides what happens at the end of the term (D; the nesting is A). RenewalReject does not cancel (D).
// An error of stage Unknown means that it may be decided.
func (c *Client) UpdateRenewal(ctx context.Context, customerNo, subscriptionID string, setting RenewalSetting) (*Accepted, error) {
	ok := setting.Decision == RenewalAccept || setting.Decision == RenewalReject
	return c.lifecycle(ctx, c.subscriptionCall(ActionUpdateRenewal, customerNo, subscriptionID, setting).require(ok, "the decision is ACCEPT or REJECT"), subscriptionID)
}

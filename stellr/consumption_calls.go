package stellr

// AzureConsumption lists what was used of Azure, one row for each meter and month (D; the names of the fields are A).
// Rows have no key: the same row twice on one page is two rows.
func (c *Client) AzureConsumption(q ConsumptionQuery) *List[*AzureConsumption] {
	rq := c.to(ActionAzureConsumption, nil).
		with("customerNo", q.CustomerNo).with("subscriptionId", q.SubscriptionID).
		with("billingMonth", q.BillingMonth).with("resourceGroup", q.ResourceGroup)
	return newList(c, rq, nil, func(r *AzureConsumption) bool { return allows(r.CustomerNo, q.CustomerNo) })
}

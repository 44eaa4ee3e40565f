package stellr

import "context"

// VendorProducts lists a vendor's catalogue (D; the filters are O).
func (c *Client) VendorProducts(vendorID string, q ProductQuery) *List[*Product] {
	discontinued := "N"
	if q.IncludeDiscontinued {
		discontinued = "Y"
	}
	rq := c.to(ActionListVendorProducts, keys{"vendorId": vendorID}).
		with("includeEOL", discontinued).with("$search", q.Search).with("mfgPartNo", q.MfgPartNo)
	return newList(c, rq, productKey, func(r *Product) bool {
		inherit(&r.VendorID, vendorID)
		return true
	})
}

// Product gets one product (D). Where there is none, the error is one that IsNotFound knows.
func (c *Client) Product(ctx context.Context, productID string) (*Product, error) {
	rq := c.to(ActionGetProduct, keys{"productId": productID})
	return one(ctx, c, rq, func(r *Product) bool { return fits(&r.ProductID, productID) })
}

// KeptProduct is Product where Config.Cache has the record at hand and the context lets it be used.
func (c *Client) KeptProduct(ctx context.Context, productID string) (*Product, bool) {
	if !c.mayPeek(ctx, ActionGetProduct) {
		return nil, false
	}
	rq := c.to(ActionGetProduct, keys{"productId": productID})
	return keptOne(ctx, c, rq, func(r *Product) bool { return fits(&r.ProductID, productID) })
}

// ProductBySKU gets the product with a distributor's SKU number (D). Where there is none, the error is one that
// IsNotFound knows.
func (c *Client) ProductBySKU(ctx context.Context, skuNo string) (*Product, error) {
	rq := c.to(ActionGetProductBySKU, keys{"skuNo": skuNo})
	return one(ctx, c, rq, func(r *Product) bool { return fits(&r.SKUNo, skuNo) })
}

// RelatedProducts lists what can be added to a product (D).
func (c *Client) RelatedProducts(primaryProductID string) *List[*Product] {
	return newList(c, c.to(ActionListRelatedProducts, keys{"primaryProductId": primaryProductID}), productKey, nil)
}

// TransferableProducts lists what can be brought over from another Google reseller (D; the query is A).
func (c *Client) TransferableProducts(q TransferableQuery) *List[*Product] {
	rq := c.to(ActionListTransferableProducts, nil).
		with("domain", q.Domain).with("transferToken", q.TransferToken).hiding(q.TransferToken)
	return newList(c, rq, productKey, nil)
}

// TransitionProducts lists what a subscription can be upgraded or downgraded to (D; the fields are A).
func (c *Client) TransitionProducts(customerNo, subscriptionID string) *List[*Product] {
	rq := c.to(ActionListTransitionProducts, keys{"customerNo": customerNo, "subscriptionId": subscriptionID})
	return newList(c, rq, func(r *Product) string { return r.ProductID + " " + r.SKUNo + " " + r.TransitionType }, nil)
}

func productKey(r *Product) string { return r.ProductID + " " + r.SKUNo }

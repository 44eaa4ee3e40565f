package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/payload"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// The writes that bring new subscriptions.

// makesSubscriptions says whether new subscriptions come of a mutation.
func makesSubscriptions(action string) bool {
	return action == actionCreateSubscriptions || action == actionCreateAddOn || action == actionTransferSubscription
}

// named is a product as an order names it, by both its keys. One of them can be left out by the caller.
type named struct{ productID, skuNo string }

// productNamed is a product as a caller names it.
func productNamed(productID, skuNo *string) named {
	return named{plainKey(text(productID)), plainKey(text(skuNo))}
}

// of is the product by both its keys, where a subscription that was read already tells them.
func (n named) of(all []*stellr.Subscription) named {
	for _, s := range all {
		if s.ProductID != "" && s.SKUNo != "" && (stellr.SameKey(n.productID, s.ProductID) && n.skuNo == "" || stellr.SameKey(n.skuNo, s.SKUNo) && n.productID == "") {
			return named{s.ProductID, s.SKUNo}
		}
	}
	return n
}

// complete looks up the key that the caller left out: among the subscriptions that were read already, else in the
// catalogue, which costs a request.
func (r *Resolver) complete(ctx context.Context, w *write, n *named, all []*stellr.Subscription, productField, skuField string, where ...string) (*journal.Problem, error) {
	if *n = n.of(all); n.productID != "" && n.skuNo != "" {
		return nil, nil
	}
	product, field, err := (*stellr.Product)(nil), productField, error(nil)
	if n.productID != "" {
		product, err = r.load(ctx).product(ctx, n.productID, w.vendorID)
	} else {
		field = skuField
		product, err = r.load(ctx).productsBySKU.Load(ctx, n.skuNo)()
	}
	if err != nil {
		return nil, err
	}
	if product == nil {
		return &journal.Problem{Code: journal.NotFound, Message: "There is no such product.", Field: append(where, field)}, nil
	}
	n.productID, n.skuNo = product.ProductID, product.SKUNo
	return nil, nil
}

// lookAtAll reads all subscriptions of the write's customer.
func (r *Resolver) lookAtAll(ctx context.Context, w *write) ([]*stellr.Subscription, *journal.Problem, error) {
	if err := r.based(ctx, w); err != nil {
		return nil, nil, err
	}
	all, err := r.Client.Subscriptions(w.customerNo).Collect(ctx)
	if _, err := present(all, err); err != nil {
		return nil, nil, err
	}
	if err != nil {
		return nil, noCustomer(), nil
	}
	return all.Items, nil, nil
}

// find is the subscription with the id; nil when there is none.
func find(all []*stellr.Subscription, id string) *stellr.Subscription {
	if i := slices.IndexFunc(all, func(s *stellr.Subscription) bool { return s.SubscriptionID == id }); i >= 0 {
		return all[i]
	}
	return nil
}

// ofProducts are the ids of the subscriptions of the products that are bought.
func ofProducts(all []*stellr.Subscription, buying []bought) []string {
	var ids []string
	for _, s := range all {
		if slices.ContainsFunc(buying, func(b bought) bool { return stellr.SameKey(b.ProductID, s.ProductID) }) {
			ids = append(ids, s.SubscriptionID)
		}
	}
	return ids
}

// buying notes what is bought: for the journal's rules, and for reading back.
func (w *write) buying(all []*stellr.Subscription, what ...bought) {
	w.evidence.Bought, w.productIDs = what, nil
	for _, b := range what {
		w.productIDs = union(w.productIDs, []string{b.ProductID})
	}
	w.evidence.Existing = ofProducts(all, what)
}

func (r *Resolver) createSubscriptions(in model.CreateSubscriptionsInput) *write {
	w := newWrite(actionCreateSubscriptions, in)
	order := stellr.Order{
		VendorID: in.VendorID, ResellerPONo: text(in.ResellerPoNo), EndUserPONo: text(in.EndUserPoNo),
		PaymentMethod: text(in.PaymentMethod), Items: make([]stellr.OrderItem, len(in.Items)),
	}
	w.require(object(in.DynamicParams, &order.DynamicParams), "dynamicParams is an object.", "dynamicParams")
	w.require(len(in.Items) > 0, "An order has at least one item.", "items")
	products := make([]named, len(in.Items))
	for i, item := range in.Items {
		at := strconv.Itoa(i)
		w.require(item.Quantity >= 1, "A quantity is at least 1.", "items", at, "quantity")
		products[i] = productNamed(item.ProductID, item.SkuNo)
		w.require(products[i] != named{}, "The product is missing: productId or skuNo.", "items", at, "productId")
		order.Items[i] = stellr.OrderItem{
			Quantity: item.Quantity, BillingFrequency: text(item.BillingFrequency), TermDuration: text(item.TermDuration),
			AutoRenew: item.AutoRenew, CoterminousSubscriptionID: text(item.CoterminousSubscriptionID),
		}
	}
	w.look = func(ctx context.Context) (*journal.Problem, error) { return r.lookAtOrder(ctx, w, &order, products) }
	w.examine = func(ctx context.Context, p *payload.Preview) ([]*journal.Problem, error) {
		return r.examineOrder(ctx, w, p, order)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		o, err := r.Client.CreateSubscriptions(ctx, w.customerNo, order)
		return ordered(len(order.Items), o, err)
	}
	return w
}

// lookAtOrder completes an order, and notes what the customer has already.
func (r *Resolver) lookAtOrder(ctx context.Context, w *write, order *stellr.Order, products []named) (*journal.Problem, error) {
	all, problem, err := r.lookAtAll(ctx, w)
	if problem != nil || err != nil {
		return problem, err
	}
	if problem, err := r.oneItem(ctx, w, len(products), all); problem != nil || err != nil {
		return problem, err
	}
	what := make([]bought, len(products))
	for i := range products {
		at := strconv.Itoa(i)
		if problem, err := r.complete(ctx, w, &products[i], all, "productId", "skuNo", "items", at); problem != nil || err != nil {
			return problem, err
		}
		item := &order.Items[i]
		item.ProductID, item.SKUNo = products[i].productID, products[i].skuNo
		what[i] = bought{ProductID: item.ProductID, Quantity: item.Quantity, ResellerPONo: order.ResellerPONo}
	}
	for i, item := range order.Items {
		if id := item.CoterminousSubscriptionID; id != "" && find(all, id) == nil {
			return &journal.Problem{Code: journal.NotFound, Message: "The customer has no such subscription to end with.",
				Field: []string{"items", strconv.Itoa(i), "coterminousSubscriptionId"}}, nil
		}
	}
	w.buying(all, what...)
	return nil, nil
}

// oneItem refuses an order of several items to Google, which takes one (D). Which vendor it is, what the customer has
// already tells mostly; the list of vendors is read where it does not.
func (r *Resolver) oneItem(ctx context.Context, w *write, items int, all []*stellr.Subscription) (*journal.Problem, error) {
	if items < 2 {
		return nil, nil
	}
	name := ""
	for _, s := range all {
		if sameVendor(s.VendorID, w.vendorID) && s.VendorName != "" {
			name = s.VendorName
		}
	}
	if name == "" && stellr.KindOfVendor(w.vendorID, "") == stellr.VendorOther {
		vendor, err := r.load(ctx).vendor(ctx, w.vendorID)
		if err != nil {
			return nil, err
		}
		if vendor != nil {
			name = vendor.Name
		}
	}
	if stellr.KindOfVendor(w.vendorID, name) == stellr.VendorGoogle {
		return &journal.Problem{Code: journal.InvalidInput, Message: "Google takes one item an order: send an order for each.", Field: []string{"items"}}, nil
	}
	return nil, nil
}

// itemField is the place of an item in an order's input.
func itemField(i int) []string { return []string{"items", strconv.Itoa(i)} }

// object reads a JSON object; false when it is something else. None is none.
func object(raw json.RawMessage, into *map[string]any) bool {
	if len(raw) == 0 || string(raw) == "null" {
		return true
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	return decoder.Decode(into) == nil
}

// ordered is what Stellr answered to an order of so many items. An order of which less is told, and no operation of the
// whole that would tell the rest, is open.
func ordered(items int, o *stellr.Ordered, err error) (*sent, error) {
	if err != nil {
		return nil, err
	}
	s := &sent{}
	for _, item := range o.Subscriptions {
		s.take(item)
	}
	if whole := (stellr.Accepted{OperationID: o.OperationID, StatusText: o.StatusText}); o.OperationID != "" || len(o.Subscriptions) == 0 {
		s.take(whole)
	}
	s.open = o.OperationID == "" && (s.open || len(o.Subscriptions) < items)
	return s, nil
}

func (r *Resolver) createAddOn(in model.CreateAddOnInput) *write {
	w := newWrite(actionCreateAddOn, in)
	product := productNamed(in.ProductID, in.SkuNo)
	w.require(product != named{}, "The product is missing: productId or skuNo.", "productId")
	w.require(in.Quantity >= 1, "A quantity is at least 1.", "quantity")
	w.look = func(ctx context.Context) (*journal.Problem, error) {
		all, problem, err := r.lookAtAll(ctx, w)
		if problem != nil || err != nil {
			return problem, err
		}
		if problem, err := r.complete(ctx, w, &product, all, "productId", "skuNo"); problem != nil || err != nil {
			return problem, err
		}
		return r.consider(ctx, w, model.LifecycleActionCreateAddOn, find(all, w.subscriptionID), step{}, func(_ context.Context, s *stellr.Subscription) (*journal.Problem, error) {
			w.evidence.Parent = s.SubscriptionID
			w.buying(all, bought{ProductID: product.productID, Quantity: in.Quantity, ResellerPONo: text(in.ResellerPoNo)})
			return nil, nil
		})
	}
	w.examine = func(ctx context.Context, p *payload.Preview) ([]*journal.Problem, error) {
		return r.examineAddOn(ctx, w, p, product, in.Quantity)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		return done(r.Client.CreateAddOn(ctx, w.customerNo, w.subscriptionID, stellr.AddOnOrder{
			ProductID: product.productID, SKUNo: product.skuNo, Quantity: in.Quantity, ResellerPONo: text(in.ResellerPoNo),
		}))
	}
	return w
}

func (r *Resolver) transfer(in model.TransferSubscriptionInput) *write {
	w := newWrite(actionTransferSubscription, in)
	product := productNamed(in.ProductID, in.SkuNo)
	w.require(product != named{}, "The product is missing: productId or skuNo.", "productId")
	w.require(in.Quantity >= 1, "A quantity is at least 1.", "quantity")
	w.require(in.TransferToken != "", "The transfer token is missing: the customer gets it from the vendor.", "transferToken")
	w.look = func(ctx context.Context) (*journal.Problem, error) {
		all, problem, err := r.lookAtAll(ctx, w)
		if problem != nil || err != nil {
			return problem, err
		}
		problem, err = r.complete(ctx, w, &product, all, "productId", "skuNo")
		if problem == nil && err == nil {
			w.buying(all, bought{ProductID: product.productID, Quantity: in.Quantity, ResellerPONo: text(in.ResellerPoNo)})
		}
		return problem, err
	}
	w.examine = func(ctx context.Context, p *payload.Preview) ([]*journal.Problem, error) {
		return r.examineTransfer(ctx, w, p, product, in)
	}
	w.send = func(ctx context.Context) (*sent, error) {
		return done(r.Client.TransferSubscription(ctx, w.customerNo, stellr.Transfer{
			VendorID: in.VendorID, TransferToken: in.TransferToken, Domain: text(in.Domain),
			ProductID: product.productID, SKUNo: product.skuNo, Quantity: in.Quantity, ResellerPONo: text(in.ResellerPoNo),
		}))
	}
	return w
}

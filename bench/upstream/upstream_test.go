package upstream

import (
	"net/http/httptest"
	"testing"

	"stellr-gateway/stellr"
)

// The client reads everything that the upstream holds, and the upstream counts it.
func TestClientReadsIt(t *testing.T) {
	shape := Shape{Customers: 250, Subscriptions: 5, Products: 50}
	server := httptest.NewServer(New(shape, 0))
	defer server.Close()
	client, err := stellr.New(stellr.Config{ClientID: "a", ClientSecret: "b", BaseURL: server.URL, TokenURL: server.URL + TokenPath})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	customers, err := client.Customers().Collect(ctx)
	if err != nil || len(customers.Items) != shape.Customers || customers.Total != shape.Customers || customers.Dropped != 0 {
		t.Fatalf("customers: %v", err)
	}
	no := CustomerNo(249)
	subscriptions, err := client.Subscriptions(no).Collect(ctx)
	if err != nil || len(subscriptions.Items) != shape.Subscriptions {
		t.Fatalf("subscriptions: %v", err)
	}
	vendors, err := client.Vendors().Collect(ctx)
	if err != nil || len(vendors.Items) != 3 {
		t.Fatalf("vendors: %v", err)
	}
	products := 0
	for _, v := range vendors.Items {
		catalogue, err := client.VendorProducts(v.VendorID, stellr.ProductQuery{IncludeDiscontinued: true}).Collect(ctx)
		if err != nil {
			t.Fatal(err)
		}
		products += len(catalogue.Items)
	}
	if products != shape.Products {
		t.Errorf("%d products", products)
	}
	first := subscriptions.Items[0]
	if got, err := client.Subscription(ctx, no, first.SubscriptionID); err != nil || got.Name != first.Name {
		t.Errorf("subscription: %+v, %v", got, err)
	}
	product, err := client.Product(ctx, first.ProductID)
	if err != nil || product.Name != first.Name {
		t.Errorf("product: %+v, %v", product, err)
	}
	if got, err := client.ProductBySKU(ctx, first.SKUNo); err != nil || got.ProductID != product.ProductID {
		t.Errorf("product by article number: %+v, %v", got, err)
	}
	if got, err := client.Customer(ctx, no); err != nil || *got != *customers.Items[249] {
		t.Errorf("customer: %+v, %v", got, err)
	}
	if _, err := client.Customer(ctx, "1"); !stellr.IsNotFound(err) {
		t.Errorf("a customer that is not there: %v", err)
	}
	control := Control{Address: server.Listener.Addr().String()}
	counts, err := control.Counts(ctx)
	if err != nil || counts[string(stellr.ActionListCustomers)] != 2 || counts[string(stellr.ActionListVendorProducts)] != 3 || counts.Total() != 12 {
		t.Errorf("counted: %v, %v", counts, err)
	}
	if err := control.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	if counts, err := control.Counts(ctx); err != nil || counts.Total() != 0 {
		t.Errorf("counted after Reset: %v, %v", counts, err)
	}
}

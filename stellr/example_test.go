package stellr_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// exampleClient is a client of the simulator, so that the examples run without an account. A real one needs the id,
// the secret and the region only.
func exampleClient() (*stellr.Client, func()) {
	server := httptest.NewServer(sim.New(sim.Options{
		Customers: 3, SubscriptionsPerCustomer: 2, Quirks: sim.QuirksNone,
		Clock: func() time.Time { return time.Date(2026, 7, 9, 12, 0, 0, 0, time.UTC) },
	}))
	client, err := stellr.New(stellr.Config{
		ClientID: sim.DefaultClientID, ClientSecret: sim.DefaultClientSecret,
		BaseURL: server.URL, TokenURL: server.URL + sim.TokenPath,
	})
	if err != nil {
		log.Fatal(err)
	}
	return client, server.Close
}

// A client needs credentials and a region. It sends nothing before it is used; Check says in words whether the
// configuration works.
func ExampleNew() {
	client, err := stellr.New(stellr.Config{ClientID: "id", ClientSecret: "secret", Region: stellr.CA, Sandbox: true})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(client)

	_, err = stellr.New(stellr.Config{ClientID: "id", ClientSecret: "secret", Region: stellr.BR})
	fmt.Println(err)
	// Output:
	// stellr.Client(CA, https://api-uat.ca.tdsynnex.com)
	// stellr: no token address of region BR is publicly known: configure the token URL
}

// Collect reads a whole list, its pages at once where that is possible.
func ExampleList_Collect() {
	client, done := exampleClient()
	defer done()

	customers, err := client.Customers().Collect(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	for _, customer := range customers.Items {
		fmt.Println(customer.CustomerNo, customer.Status)
	}
	// Output:
	// 100001 ACTIVE
	// 100002 ACTIVE
	// 100003 ACTIVE
}

// All reads a list page by page, no further than the loop goes.
func ExampleList_All() {
	client, done := exampleClient()
	defer done()

	for subscription, err := range client.Subscriptions("100001").All(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		if subscription.UnitCost != nil && subscription.Status == stellr.SubscriptionActive {
			fmt.Println(subscription.CustomerNo, "has an active subscription with a price")
			break
		}
	}
	// Output: 100001 has an active subscription with a price
}

// A write is sent at most once after anything could have left the machine. The stage of its error says what is known.
func ExampleClient_ChangeSeats() {
	client, done := exampleClient()
	defer done()
	ctx := context.Background()

	subscriptions, err := client.Subscriptions("100001").Collect(ctx)
	if err != nil {
		log.Fatal(err)
	}
	subscription := subscriptions.Items[0]
	accepted, err := client.ChangeSeats(ctx, subscription.CustomerNo, subscription.SubscriptionID, stellr.SeatChange{
		Quantity:  *subscription.Quantity + 1, // the resulting total
		ProductID: subscription.ProductID,
		SKUNo:     subscription.SKUNo,
	})
	switch stellr.StageOf(err) {
	case "":
		fmt.Println("accepted:", accepted.SubscriptionID == subscription.SubscriptionID)
	case stellr.NotSent, stellr.Rejected:
		fmt.Println("not done:", err)
	case stellr.Unknown:
		fmt.Println("it may have been done; read the subscription before trying again:", err)
	}
	// Output: accepted: true
}

// All errors are of one type, which says how far the call got and what went wrong.
func ExampleError() {
	client, done := exampleClient()
	defer done()

	_, err := client.Customer(context.Background(), "999999")
	fmt.Println(err)
	fmt.Println(stellr.IsNotFound(err))
	if failure, ok := errors.AsType[*stellr.Error](err); ok {
		fmt.Println(failure.Code, failure.Stage, failure.Status, failure.Temporary())
	}
	// Output:
	// getCustomer: not found (rejected)
	// true
	// not found rejected 404 false
}

// A budget caps the HTTP requests that one piece of work may cost, repetitions included.
func ExampleWithBudget() {
	client, done := exampleClient()
	defer done()

	left := 2
	ctx := stellr.WithBudget(context.Background(), func() error {
		if left == 0 {
			return errors.New("two requests are enough")
		}
		left--
		return nil
	})
	for _, customerNo := range []string{"100001", "100002", "100003"} {
		_, err := client.Customer(ctx, customerNo)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// <nil>
	// getCustomer: over budget (not sent): two requests are enough
}

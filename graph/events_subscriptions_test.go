package graph

import (
	"fmt"
	"sync"
	"testing"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

const changing = `subscription {subscriptionChanged(customerNo: %q) {subscriptionId quantity}}`

func quantityIs(id string, quantity int) string {
	return fmt.Sprintf(`{"subscriptionChanged":{"subscriptionId":%q,"quantity":%d}}`, id, quantity)
}

func record(customerNo, id string, quantity int) *stellr.Subscription {
	return &stellr.Subscription{CustomerNo: customerNo, SubscriptionID: id, Quantity: &quantity}
}

// seats are two subscriptions of the customer 100001 whose seats can be changed.
func (s *station) seats() (subscriptions []*stellr.Subscription) {
	s.t.Helper()
	list, err := s.client.Subscriptions("100001").Collect(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, subscription := range list.Items {
		if subscription.Status == stellr.SubscriptionActive && subscription.VendorID == "4" && len(subscriptions) < 2 {
			subscriptions = append(subscriptions, subscription)
		}
	}
	return subscriptions
}

// set changes a subscription's seats behind the gateway's back.
func (s *station) set(subscription *stellr.Subscription, quantity int) {
	s.t.Helper()
	if _, err := s.client.ChangeSeats(s.t.Context(), "100001", subscription.SubscriptionID, stellr.SeatChange{
		Quantity: quantity, ProductID: subscription.ProductID, SKUNo: subscription.SKUNo,
	}); err != nil {
		s.t.Fatal(err)
	}
}

func TestChangesOfSubscriptionsAreSeen(t *testing.T) {
	over(t, func(t *testing.T, listen func(s *station, caller, query string) *ear) {
		s := newStation(t, sim.Options{OperationTime: -1})
		seats := s.seats()
		a, b, quantity := seats[0], seats[1], *seats[0].Quantity
		whole := `{customer(customerNo: "100001") {subscriptions(first: 200) {nodes {subscriptionId}}}}`
		across := `{subscriptions(first: 200, filter: {customerNo: "100001", search: "zzz"}) {nodes {subscriptionId}}}`
		one := fmt.Sprintf(`{subscription(customerNo: "100001", subscriptionId: %q) {quantity}}`, a.SubscriptionID)
		other := `{customer(customerNo: "100002") {subscriptions(first: 200) {nodes {subscriptionId}}}}`
		s.ask(whole) // nobody listens yet
		e := listen(s, "", fmt.Sprintf(changing, "100001"))
		s.until("somebody listens", func() bool { return s.listeners() == 1 })
		s.ask(one) // the first sight
		s.ask(other)
		s.set(a, quantity+1)
		s.ask(one)
		s.ask(one)
		s.ask(whole) // the first sight of the others
		s.set(b, *b.Quantity+1)
		s.ask(across)
		s.ask(whole)
		s.set(a, quantity+2)
		fresh, err := s.client.Subscription(t.Context(), "100001", a.SubscriptionID)
		if err != nil {
			t.Fatal(err)
		}
		s.r.tellSubscription(fresh) // by whoever changed it
		s.r.tellSubscription(fresh)
		s.ask(whole)
		s.ask(one)
		s.set(a, quantity+3)
		s.ask(whole)
		e.want(quantityIs(a.SubscriptionID, quantity+1), quantityIs(b.SubscriptionID, *b.Quantity+1),
			quantityIs(a.SubscriptionID, quantity+2), quantityIs(a.SubscriptionID, quantity+3))
		e.leave()
		s.wantNothingKept()
	})
}

func TestChangesForACustomerWhoIsNotThere(t *testing.T) {
	over(t, func(t *testing.T, listen func(s *station, caller, query string) *ear) {
		s := newStation(t, sim.Options{})
		for _, customerNo := range []string{"1", ""} {
			listen(s, "", fmt.Sprintf(changing, customerNo)).want("complete")
		}
		if n := s.sim.CallsTotal() - s.sim.Calls(stellr.ActionToken); n != 1 {
			t.Errorf("%d requests", n)
		}
		s.sim.Inject(sim.Fault{Action: stellr.ActionGetCustomer, Kind: sim.FaultStatus, Status: 403})
		if code := codeOf(t, listen(s, "", fmt.Sprintf(changing, "100001")).next()); code != "UPSTREAM_FORBIDDEN" {
			t.Error(code)
		}
		s.wantNothingKept()
	})
}

// feedOf is a feed with somebody who listens for the customer 1.
func feedOf(t *testing.T) (f *subscriptionFeed, heard func() []int) {
	f = newSubscriptionFeed()
	f.join("1")
	s := f.hub.Listen("1", nil)
	t.Cleanup(func() { s.Close(); f.leave("1") })
	return f, func() (quantities []int) {
		for {
			select {
			case event := <-s.Events():
				quantities = append(quantities, *event.Quantity)
			default:
				return quantities
			}
		}
	}
}

func TestWhatIsToldOfSubscriptions(t *testing.T) {
	f, heard := feedOf(t)
	now := func(quantity int) { f.saw(record("1", "a", quantity), f.began()) }
	for i, c := range []struct {
		what string
		do   func()
		want string
	}{
		{"the first sight", func() { now(1) }, "[]"},
		{"the same", func() { now(1) }, "[]"},
		{"told, though it was seen", func() { f.tell(record("1", "a", 1)) }, "[1]"},
		{"told again", func() { f.tell(record("1", "a", 1)) }, "[]"},
		{"seen to differ", func() { now(2); now(2) }, "[2]"},
		{"told after it was seen to differ", func() { f.tell(record("1", "a", 2)) }, "[]"},
		{"told, then seen", func() { f.tell(record("1", "a", 3)); now(3) }, "[3]"},
		{"back again", func() { now(2) }, "[2]"},
		{"told before it was ever seen", func() { f.tell(record("1", "b", 9)); f.saw(record("1", "b", 9), f.began()) }, "[9]"},
		{"another customer's", func() { f.tell(record("2", "a", 1)); f.saw(record("2", "a", 2), f.began()) }, "[]"},
		{"the customer's in another spelling", func() { f.tell(record("001", "a", 2)); f.tell(record("001", "a", 3)) }, "[3]"},
	} {
		c.do()
		if got := fmt.Sprint(heard()); got != c.want {
			t.Errorf("%d, %s: %s was told, where %s should be", i, c.what, got, c.want)
		}
	}
}

// An answer that began before a change was told may still bring the state of before.
func TestAnOldRecordIsNoChange(t *testing.T) {
	f, heard := feedOf(t)
	early := f.began()
	f.saw(record("1", "a", 1), f.began())
	slow := f.began()
	f.tell(record("1", "a", 2))
	f.saw(record("1", "a", 1), slow)
	f.saw(record("1", "a", 1), early)
	f.saw(record("1", "a", 2), f.began())
	slow = f.began()
	f.saw(record("1", "a", 3), f.began())
	f.saw(record("1", "a", 2), slow)
	if got := fmt.Sprint(heard()); got != "[2 3]" {
		t.Error(got)
	}
}

// The same amount can be written in several ways.
func TestTheSameAmountIsNoChange(t *testing.T) {
	f, heard := feedOf(t)
	for _, amount := range []string{"10", "10.00", "1e1"} {
		cost := decimal.RequireFromString(amount)
		s := record("1", "a", 1)
		s.UnitCost = &cost
		f.saw(s, f.began())
	}
	if got := heard(); got != nil {
		t.Error(got)
	}
}

func TestNothingIsRememberedForNobody(t *testing.T) {
	f := newSubscriptionFeed()
	f.tell(record("1", "a", 1))
	f.saw(record("1", "a", 1), 0)
	if len(f.customers) != 0 || f.began() != 0 {
		t.Error("something was remembered")
	}
	var wait sync.WaitGroup
	for i := range 200 {
		wait.Go(func() {
			topic := fmt.Sprint(i % 3)
			f.join(topic)
			defer f.leave(topic)
			s := f.hub.Listen(topic, nil)
			defer s.Close()
			for quantity := range 20 {
				f.saw(record(topic, "a", quantity), f.began())
				f.tell(record(topic, "b", quantity))
			}
		})
	}
	wait.Wait()
	if len(f.customers) != 0 || f.listeners.Load() != 0 {
		t.Errorf("%v is left", f.customers)
	}
}

func BenchmarkRecordsWhenNobodyListens(b *testing.B) {
	f, s := newSubscriptionFeed(), record("100001", "a", 1)
	for range b.N {
		f.saw(s, 0)
	}
}

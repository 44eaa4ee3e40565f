package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"stellr-gateway/internal/cache"
	"stellr-gateway/internal/journal"
	"stellr-gateway/stellr"
)

// Two accounts that keep what they read in the same place are shown their own.
func TestEachAccountHasItsOwn(t *testing.T) {
	store := cache.Memory(cache.Options{})
	read := func(account string) string {
		kept := &Kept{Store: store, Account: account, Lives: plainLives()}
		reading, err := kept.Read(t.Context(), stellr.Question{
			Action: stellr.ActionListCustomers, Path: "/customers",
			Fetch:  func(context.Context) ([]byte, bool, error) { return []byte("of " + account), true, nil },
			Decode: func(raw []byte) (any, error) { return string(raw), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		return reading.Value.(string)
	}
	for range 2 {
		for _, account := range []string{"one", "another"} {
			if got := read(account); got != "of "+account {
				t.Errorf("account %q is shown what is %q", account, got)
			}
		}
	}
	one := &Kept{Store: store, Account: "one", Lives: plainLives()}
	if err := store.Drop(t.Context(), one.everything()); err != nil {
		t.Fatal(err)
	}
	for account, want := range map[string]bool{"one": false, "another": true} {
		kept := &Kept{Store: store, Account: account, Lives: plainLives()}
		if _, ok := kept.Peek(stellr.Question{Action: stellr.ActionListCustomers, Path: "/customers"}); ok != want {
			t.Errorf("after a drop of the one's, what is kept of %q is there: %v", account, ok)
		}
	}
}

// A failure is everybody's who waits, unless it is about whoever asked first.
func TestWhichFailuresConcernAll(t *testing.T) {
	for err, want := range map[error]bool{
		&stellr.Error{Code: stellr.CodeUnavailable}:                            true,
		fmt.Errorf("around it: %w", &stellr.Error{Code: stellr.CodeThrottled}): true,
		&stellr.Error{Code: stellr.CodeBudget}:                                 false,
		&stellr.Error{Code: stellr.CodeCanceled}:                               false,
		&stellr.Error{Code: stellr.CodeTimeout}:                                false,
		errors.New("something else"):                                           false,
	} {
		if concernsAll(err) != want {
			t.Errorf("%v: %v", err, !want)
		}
	}
}

// A write to one customer drops what is kept of all customers together, too.
func TestWritesDropWhatIsOfAll(t *testing.T) {
	c := newCrowd(t, keepingAll(0, plainLives()))
	others := `{customer(customerNo: "100002") {name}}`
	for _, query := range []string{listing, others} {
		c.must(wish{query: query})
	}
	c.r.written(t.Context(), &journal.Command{Action: actionChangeSeats, CustomerNo: "100001"})
	c.took("")
	if c.must(wish{query: listing}); c.took(ofTheList) != 1 {
		t.Error("the list of all customers is as it was before the write")
	}
	if c.must(wish{query: others}); c.took("/api/") != 0 {
		t.Error("another customer is read again")
	}
}

// What an event shows beside its subject is as it is now, but for catalogues.
func TestEventsShowNothingKept(t *testing.T) {
	c := newCrowd(t, keepingAll(0, plainLives()))
	s := c.active()
	ear := c.streamEar("anna/ADMIN/all", `subscription {subscriptionChanged(customerNo: "100001") {status customer {name} product {name}}}`)
	c.until("somebody listens", func() bool { return c.listeners() == 1 })
	c.must(wish{query: fmt.Sprintf(`{customer(customerNo: "100001") {name subscriptions(first: 200) {nodes {product {name}}}} subscription(customerNo: "100001", subscriptionId: %q) {name}}`, s.SubscriptionID)})
	c.took("")
	changed := *s
	changed.Status, changed.StatusText = stellr.SubscriptionSuspended, "Suspended"
	c.r.sawSubscription(&changed, c.r.feeds.subscriptions.began())
	ear.next()
	c.mu.Lock()
	asked := strings.Join(c.asked, "\n")
	c.mu.Unlock()
	if !strings.Contains(asked, "/customers/100001") && !strings.Contains(asked, ofTheList) {
		t.Errorf("the customer is shown as it was: only %q was asked for", asked)
	}
	if strings.Contains(asked, "products") {
		t.Errorf("the catalogue was read again: %q", asked)
	}
}

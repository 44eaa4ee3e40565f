package graph

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"stellr-gateway/internal/access"
	"stellr-gateway/stellr"
)

// The lives in these tests: each type has one of its own, and nothing is shown when it is over.
func plainLives() Lives {
	return Lives{Catalogue: 50 * time.Second, Customers: 40 * time.Second, Subscriptions: 20 * time.Second, Invoices: 30 * time.Second, Missing: 10 * time.Second}
}

// What was read is not read again while it lives, by the type of what it is, and is when it does not.
func TestKeptForAsLongAsItsTypeLives(t *testing.T) {
	for _, test := range []struct {
		query string
		life  time.Duration
	}{
		{`{vendors {nodes {name status}}}`, 50 * time.Second},
		{`{customers(first: 5) {nodes {name}}}`, 40 * time.Second},
		{`{customer(customerNo: "100001") {name}}`, 40 * time.Second},
		{`{vendorAccounts {nodes {domain}}}`, 40 * time.Second},
		{`{customer(customerNo: "100001") {subscriptions {nodes {name}}}}`, 20 * time.Second},
		{`{invoices(first: 5) {nodes {invoiceNo}}}`, 30 * time.Second},
		{`{azureConsumption {totalCount}}`, 30 * time.Second},
		{`{customer(customerNo: "nobody") {name}}`, 10 * time.Second},
	} {
		t.Run(test.query, func(t *testing.T) {
			c := newCrowd(t, keepingAll(0, plainLives()))
			first := c.must(wish{query: test.query})
			if n := c.took("/api/"); n == 0 || first.age() != 0 {
				t.Fatalf("it took %d requests at first, and is %v s old", n, first.age())
			}
			c.passed.Add(int64(test.life - time.Millisecond))
			second := c.must(wish{query: test.query})
			if n := c.took("/api/"); n != 0 || second.data != first.data || second.age() != test.life.Seconds() {
				t.Errorf("%d requests, %v s old: %s, then %s", n, second.age(), first.data, second.data)
			}
			c.passed.Add(int64(time.Millisecond))
			if third := c.must(wish{query: test.query}); c.took("/api/") == 0 || third.data != first.data {
				t.Errorf("nothing was read when its life was over: %+v", third)
			}
		})
	}
}

// What has no life is read each time, and so is what is about this moment.
func TestNotKept(t *testing.T) {
	none := newCrowd(t, keepingAll(time.Minute, Lives{}))
	all := newCrowd(t, keepingAll(time.Minute, plainLives()))
	for query, c := range map[string]*crowd{
		listing: none, `{vendors {nodes {name status}}}`: none,
		`{operation(operationId: "1") {status}}`: all, `{googleTransferableProducts(domain: "cedar.example", transferToken: "TOKEN") {nodes {name}}}`: all,
	} {
		for range 2 {
			if a := c.ask(t.Context(), wish{query: query}, "each"); c.took("/api/") == 0 || a.age() != 0 || a.failed != nil {
				t.Errorf("%s: nothing was read: %+v", query, a)
			}
		}
		if n := c.keptNow(); n > 0 {
			t.Errorf("%s: %d answers are kept", query, n)
		}
	}
}

// Who wants nothing kept has it read anew, and what comes serves the others.
func TestBypassReadsAnewForAll(t *testing.T) {
	c := newCrowd(t, keepingAll(0, plainLives()))
	c.must(wish{query: listing})
	c.took("")
	c.passed.Add(int64(30 * time.Second))
	if a := c.must(wish{query: listing, header: "X-Gateway-Cache: Bypass"}); c.took(ofTheList) != 1 || a.age() != 0 {
		t.Errorf("it was not read anew: %+v", a)
	}
	c.passed.Add(int64(30 * time.Second))
	if a := c.must(wish{caller: benReads, query: listing}); c.took("/api/") != 0 || a.age() != 30 {
		t.Errorf("another got %+v", a)
	}
}

// A list of all customers that is kept answers for each of them, however few are asked for.
func TestAKeptListAnswersForEach(t *testing.T) {
	for _, field := range []string{"invoices {nodes {invoiceNo}}", "vendorAccounts {nodes {domain}}"} {
		c := newCrowd(t, keepingAll(0, plainLives()))
		c.must(wish{query: `{customers(first: 40) {nodes {name ` + field + `}}}`})
		if n := c.took("/api/"); n == 0 || n > 20 {
			t.Fatalf("%s: it took %d requests at first", field, n)
		}
		one := wish{query: `{customer(customerNo: "100007") {name ` + field + `}}`}
		if a := c.must(one); c.took("/api/") != 0 {
			t.Errorf("%s: one customer's are read, though all are kept: %+v", field, a)
		}
		kept := c.must(one)
		if fresh := c.must(wish{query: one.query, header: "X-Gateway-Cache: bypass"}); fresh.data != kept.data || !strings.Contains(kept.data, `":"`) {
			t.Errorf("%s: %s from what is kept, %s from Stellr", field, kept.data, fresh.data)
		}
	}
}

// Nor is the list of all customers read where each one's own is kept.
func TestKeptListsAnswerForAll(t *testing.T) {
	c := newCrowd(t, keepingAll(0, plainLives()))
	var all []string
	for no := 100001; no <= 100005; no++ {
		one := fmt.Sprintf(`c%d: customer(customerNo: "%d") {name invoices {nodes {invoiceNo}}}`, no, no)
		c.must(wish{query: "{" + one + "}"})
		all = append(all, one)
	}
	c.took("")
	if a := c.must(wish{query: "{" + strings.Join(all, " ") + "}"}); c.took("/api/") != 0 {
		t.Errorf("something was read again: %+v", a)
	}
}

// keptNow is how many answers are kept and good.
func (c *crowd) keptNow() (n int) {
	for a := range c.sharing.kept.answers.All() {
		if c.sharing.kept.get(a) != nil {
			n++
		}
	}
	return n
}

// keepsAnswers is a gateway that keeps answers for 15 seconds.
func keepsAnswers(t *testing.T) *crowd { return newCrowd(t, keepingAll(15*time.Second, plainLives())) }

// An answer is kept for its life, and no longer than any part of what it is made of.
func TestAnswersLive(t *testing.T) {
	two := `{customer(customerNo: "100001") {name subscriptions {nodes {name}}}}`
	for _, test := range []struct {
		name     string
		before   string        // is asked first
		wait     time.Duration // after that
		query    string
		lives    time.Duration
		ageAtEnd float64
	}{
		{"as long as is set", "", 0, listing, 15 * time.Second, 15},
		{"no longer than what is kept is fresh", listing, 30 * time.Second, listing, 10 * time.Second, 40},
		{"no longer than the shortest", `{customer(customerNo: "100001") {subscriptions {nodes {name}}}}`, 12 * time.Second, two, 8 * time.Second, 20},
		{"that there is nothing", "", 0, `{customer(customerNo: "nobody") {name}}`, 10 * time.Second, 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := keepsAnswers(t)
			if test.before != "" {
				c.must(wish{query: test.before})
				c.passed.Add(int64(test.wait))
				c.sharing.kept.answers.InvalidateAll()
			}
			first := c.must(wish{query: test.query})
			c.passed.Add(int64(test.lives - 2*time.Second))
			if a := c.must(wish{query: test.query}); a.age() != test.ageAtEnd-2 {
				t.Errorf("two seconds before its end it is %v s old", a.age())
			}
			c.passed.Add(int64(2*time.Second - time.Millisecond))
			if n := c.keptNow(); n != 1 {
				t.Fatalf("%d answers are kept", n)
			}
			if a := c.must(wish{caller: "other/ADMIN/all", query: test.query}); a.data != first.data || a.age() != test.ageAtEnd {
				t.Errorf("it is %v s old, not %v: %s", a.age(), test.ageAtEnd, a.data)
			}
			c.passed.Add(int64(time.Millisecond))
			if n := c.keptNow(); n != 0 {
				t.Error("it is kept longer")
			}
		})
	}
}

// A write to a customer drops the answers that hold something of it, and those alone.
func TestAnswersAreDroppedByWrites(t *testing.T) {
	one, two := `{customer(customerNo: "100001") {name}}`, `{customer(customerNo: "100002") {subscriptions {nodes {name}}}}`
	both := `{a: customer(customerNo: "100001") {name} b: customer(customerNo: "100002") {name}}`
	vendors := `{vendors {nodes {name status}}}`
	for _, test := range []struct {
		name string
		drop func(c *crowd)
		left []string
	}{
		{"one", func(c *crowd) { c.r.changed(c.t.Context(), "100001") }, []string{two, vendors}},
		{"one, with zeros before", func(c *crowd) { c.r.changed(c.t.Context(), "00100001") }, []string{two, vendors}},
		{"the other", func(c *crowd) { c.r.changed(c.t.Context(), "100002") }, []string{one, vendors}},
		{"a third", func(c *crowd) { c.r.changed(c.t.Context(), "100003") }, []string{one, two, both, vendors}},
		{"everything", func(c *crowd) { c.r.drop(c.t.Context(), c.r.Kept.everything()) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := keepsAnswers(t)
			for _, query := range []string{one, two, both, vendors, listing} {
				c.must(wish{query: query})
			}
			if n := c.keptNow(); n != 5 {
				t.Fatalf("%d answers are kept at first", n)
			}
			test.drop(c)
			if n := c.keptNow(); n != len(test.left) {
				t.Errorf("%d answers are left", n)
			}
			c.took("")
			for _, query := range test.left {
				if c.must(wish{query: query}); c.took("/api/") != 0 {
					t.Errorf("%s was read again", query)
				}
			}
		})
	}
}

// Answers that somebody else could not be given, or not later, are not kept.
func TestAnswersThatAreNotKept(t *testing.T) {
	for name, w := range map[string]wish{
		"about the caller":      {query: `{customers(first: 5) {nodes {name}} viewer {subject}}`},
		"about the caller, too": {query: `{customers(first: 5) {nodes {name}} ... {...F}} fragment F on Query {v: viewer {subject}}`},
		"any node":              {query: `{node(id: "` + stellr.Ref{Kind: "Customer", Keys: []string{"100001"}}.String() + `") {id}}`},
		"this moment":           {query: `{customers(first: 5) {nodes {name}} upstream {simulated}}`},
		"the schema only":       {query: `{__typename}`},
		"asked anew":            {query: listing, header: "X-Gateway-Cache: bypass"},
		"with its cost":         {query: listing, header: "X-Gateway-Cost: 1"},
		"with its calls":        {query: listing, header: "X-Gateway-Calls: 1"},
		"with an error":         {query: `{vendors {nodes {name}} customers(first: 5, after: "x") {nodes {name}}}`},
	} {
		c := keepsAnswers(t)
		if a := c.ask(t.Context(), w, "once"); a.failed != nil {
			t.Errorf("%s: %+v", name, a)
		}
		if n := c.keptNow(); n != 0 {
			t.Errorf("%s: it is kept", name)
		}
	}
	c := keepsAnswers(t)
	c.spoil.Store(true)
	if a := c.ask(t.Context(), wish{query: listing}, "failed"); a.errors == nil || c.keptNow() > 0 {
		t.Errorf("a failure is kept: %+v", a)
	}
	c.spoil.Store(false)
	c.hold(ofTheList)
	during := c.asks(wish{query: listing})
	c.reached(ofTheList, 2)
	c.r.changed(t.Context(), "100007")
	c.release()
	if a := during()[0]; a.errors != nil || c.keptNow() > 0 {
		t.Errorf("what was read during a write is kept: %+v", a)
	}
}

// Every root field of a query is known to be about the caller, about this moment, or the same for all with the same rights.
func TestEveryRootFieldIsKnownToBeSharedOrNot(t *testing.T) {
	const personal, fleeting = "viewer node nodes operation command commandByKey commands", "upstream checkVendorAccount"
	const shared = `agreement azureConsumption customer customers googleTransferableProducts invoice invoiceReport invoices licenseMatches product productBySku
		recurring renewals subscription subscriptions vendor vendorAccounts vendors`
	for _, field := range schema().Query.Fields {
		if strings.HasPrefix(field.Name, "__") {
			continue
		}
		is := func(list string) bool { return slices.Contains(strings.Fields(list), field.Name) }
		if !is(personal) && !is(fleeting) && !is(shared) {
			t.Errorf("%s: decide whether others may be given its answer", field.Name)
		}
		if isPersonal(field.Name) != is(personal) || isFleeting(field.Name) != is(fleeting) {
			t.Errorf("%s: personal %v, fleeting %v", field.Name, isPersonal(field.Name), isFleeting(field.Name))
		}
	}
}

// What is kept of an answer is for those with the same rights; others get what is theirs.
func TestAnswersAreKeptByRights(t *testing.T) {
	c := keepsAnswers(t)
	for range 2 {
		for caller, sees := range map[string]string{annaReads: "100001 100002", seesFirst: "100001", "eve/VIEWER/100002": "100002", "fay/VIEWER/": ""} {
			a := c.must(wish{caller: caller, query: listing})
			for _, customerNo := range []string{"100001", "100002"} {
				if strings.Contains(a.data, `"`+customerNo+`"`) != strings.Contains(sees, customerNo) {
					t.Errorf("%s got %s", caller, a.data)
				}
			}
		}
	}
	if n := c.keptNow(); n != 3 { // nothing was read for the last
		t.Errorf("%d answers are kept", n)
	}
	c.took("")
	if a := c.must(wish{caller: "ina/VIEWER/100001", query: listing}); c.took("") != 0 || a.age() == 0 || strings.Contains(a.data, "100002") {
		t.Errorf("who may see the same got %+v", a)
	}
}

// What is shown while it is read anew is not kept for longer in an answer.
func TestStaleAnswersAreNotKept(t *testing.T) {
	lives := plainLives()
	lives.Stale = time.Minute
	c := newCrowd(t, keepingAll(15*time.Second, lives))
	c.must(wish{query: listing})
	c.passed.Add(int64(45 * time.Second))
	c.hold(ofTheList)
	if a := c.must(wish{query: listing}); a.age() != 45 || c.keptNow() != 0 {
		t.Errorf("%d answers are kept: %+v", c.keptNow(), a)
	}
	c.reached(ofTheList, 2)
	c.release()
	c.until("it is read anew", func() bool {
		return c.ask(context.Background(), wish{query: listing}, "again").age() == 1
	})
}

// What is shown although it is old is no news: a change that was seen meanwhile is not told to be undone.
func TestWhatIsKeptIsNoNews(t *testing.T) {
	lives := plainLives()
	lives.Stale = time.Minute
	c := newCrowd(t, keepingAll(0, lives))
	s := c.active()
	one := fmt.Sprintf(`{subscription(customerNo: %q, subscriptionId: %q) {status}}`, s.CustomerNo, s.SubscriptionID)
	list := `{customer(customerNo: "100001") {subscriptions(first: 200) {nodes {status}}}}`
	ear := c.streamEar("anna/ADMIN/all", `subscription {subscriptionChanged(customerNo: "100001") {status}}`)
	c.until("somebody listens", func() bool { return c.listeners() == 1 })
	c.must(wish{query: one})
	c.must(wish{query: list})
	c.passed.Add(int64(25 * time.Second))
	changed := *s
	changed.Status, changed.StatusText = stellr.SubscriptionSuspended, "Suspended"
	c.r.sawSubscription(&changed, c.r.feeds.subscriptions.began())
	ear.want(`{"subscriptionChanged":{"status":"SUSPENDED"}}`)
	c.hold("/subscriptions/")
	if a := c.must(wish{query: one}); !strings.Contains(a.data, "ACTIVE") || a.age() == 0 {
		t.Fatalf("nothing old is shown: %+v", a)
	}
	c.r.changed(t.Context(), "100001") // the next one is read
	c.release()
	again := changed
	again.Name = "told last"
	c.r.sawSubscription(&again, c.r.feeds.subscriptions.began())
	ear.want(`{"subscriptionChanged":{"status":"SUSPENDED"}}`)
}

// active is an active subscription of the first customer.
func (c *crowd) active() *stellr.Subscription {
	c.t.Helper()
	all, err := c.client.Subscriptions("100001").Collect(access.With(context.Background(), access.Local()))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, s := range all.Items {
		if s.Status == stellr.SubscriptionActive {
			return s
		}
	}
	c.t.Fatal("none is active")
	return nil
}

// What is read ahead of an answer that failed early is told of while the answer is made.
func TestToldWhileTheAgeIsShown(t *testing.T) {
	made := (&Resolver{}).newTally()
	var late sync.WaitGroup
	for range 4 {
		late.Go(func() {
			made.told(&Kept{}, stellr.Question{}, stellr.Reading{Age: time.Minute, Left: time.Second, Kept: true})
		})
		made.age()
		made.freshness()
	}
	late.Wait()
	if oldest, kept := made.age(); !kept || oldest != time.Minute {
		t.Errorf("%v %v", oldest, kept)
	}
}

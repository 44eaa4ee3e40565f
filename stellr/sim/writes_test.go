package sim

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"stellr-gateway/stellr"
)

// Every write of the table is served, and the ledger holds what was sent and what it did.
func TestLedgerTellsEveryWrite(t *testing.T) {
	eachEndpoint(t, func(t *testing.T, e stellr.Endpoint) {
		s, _ := start(t, Options{Quirks: QuirksNone, ResellerSubscriptionsPath: testResellerPath})
		if e.Action == stellr.ActionGetOperation {
			send(s, http.MethodPost, rich+"/"+sampleOf(s, 1).SubscriptionID+"/suspend", "{}")
			s.ResetLedger()
		}
		method, target, body := request(s, e)
		data := decoded(t, send(s, method, target, body), http.StatusOK)["data"].(object)
		if !e.Writes {
			if len(s.Ledger()) != 0 {
				t.Errorf("a read is in the ledger: %+v", s.Ledger())
			}
			return
		}
		var ids []string
		if id, ok := data["subscriptionId"].(string); ok {
			ids = append(ids, id)
		}
		if list, ok := data["subscriptions"].([]any); ok {
			ids = append(ids, list[0].(object)["subscriptionId"].(string))
		}
		got := s.Ledger()[0]
		if changes := e.Action != stellr.ActionCheckVendorAccount; got.Action != e.Action || string(got.Body) != body || got.Committed != changes || got.Status != 200 {
			t.Errorf("ledger: %+v", got)
		}
		if strings.Contains(e.Path, "/subscriptions") != (len(ids) == 1) || !reflect.DeepEqual(got.SubscriptionIDs, ids) {
			t.Errorf("subscriptions %q, want %q", got.SubscriptionIDs, ids)
		}
	})
	s, _ := calm(t)
	sub := sampleOf(s, 2)
	refused(t, s, sub, "changeSeats", seats(sub, 0), "400")
	if got := s.Ledger()[0]; got.Committed || got.SubscriptionIDs != nil || string(got.Body) != seats(sub, 0) {
		t.Errorf("a refused write: %+v", got)
	}
}

// Some upgrades give a new subscription, when their operation ends.
func TestLedgerTellsWhatAnUpgradeCreated(t *testing.T) {
	for _, atOnce := range []bool{false, true} {
		s, c := start(t, Options{Quirks: QuirksNone, OperationTime: map[bool]time.Duration{true: -1}[atOnce]})
		sub := sampleOf(s, 2)
		if got, o := act(t, s, sub.SubscriptionID, "upgrade", target(s.world.catalog.variant("CFQ7TTC0LCHC:0002", 'm'))); got != "200" {
			t.Fatal(got, o)
		}
		first := s.Ledger()[0].SubscriptionIDs
		c.wait(time.Minute)
		seen(t, s, sub.SubscriptionID)
		ids := s.Ledger()[0].SubscriptionIDs
		if len(ids) != 2 || ids[0] != sub.SubscriptionID || ids[1] == ids[0] || len(first) != 1 && !atOnce || len(first) != 2 && atOnce {
			t.Fatalf("at once %v: %q, then %q", atOnce, first, ids)
		}
		want(t, seen(t, s, ids[1]), "status", "Active")
		ids[0] = "x"
		if s.Ledger()[0].SubscriptionIDs[0] == "x" {
			t.Error("the ledger can be written to")
		}
	}
}

// logged is what the change log tells of a subscription since the start of the test.
func logged(t *testing.T, s *Server, sub *subscription) []object {
	t.Helper()
	path := rich + "/changelogs?pageNo=1&pageSize=200&startDate=" + today.Format(time.DateOnly) + "&contractNo=" + sub.ContractNo
	var found []object
	for _, r := range decoded(t, send(s, "GET", path, ""), 200)["data"].(object)["records"].([]any) {
		if entry := r.(object); entry["subscriptionId"] == sub.SubscriptionID {
			found = append(found, entry)
		}
	}
	return found
}

// Whatever a write does, now or at the end of the term, is in the change log from the moment that its operation ends: it
// is how a write whose answer was lost is found again.
func TestChangeLogTellsEveryVerb(t *testing.T) {
	renewTo := func(p *product) string {
		return fmt.Sprintf(`{"decision":"ACCEPT","newPlans":[{"productId":%s,"skuNo":%s,"quantity":4}]}`, p.ProductID, p.SKUNo)
	}
	for _, row := range []struct {
		sample     int
		verb       string
		body       func(c *catalog, sub *subscription) string
		activity   string
		text       string
		scheduling bool
	}{
		{2, "changeSeats", nil, "Change Seats", "Add 1 seat", false},
		{1, "cancel", nil, "Cancel", "Cancel subscription", false},
		{2, "suspend", nil, "Suspend", "Suspend subscription", false},
		{8, "activate", nil, "Activate", "Activate subscription", false},
		{8, "reactive", nil, "Activate", "Activate subscription", false},
		{0, "upgrade", func(c *catalog, _ *subscription) string { return target(c.variant("CFQ7TTC0LDPB:0001", 'm')) }, "Upgrade", "Upgrade from Microsoft 365 Business Basic (Annual Term, Monthly Billing) to Microsoft 365 Business Standard (Annual Term, Monthly Billing)", false},
		{2, "upgrade", func(c *catalog, _ *subscription) string { return target(c.variant("CFQ7TTC0LCHC:0002", 'm')) }, "Upgrade", "Replaced by ", false},
		{2, "downgrade", func(c *catalog, _ *subscription) string { return target(c.variant("CFQ7TTC0LH18:0001", 'm')) }, "Renewal", "Set to Renew with Microsoft 365 Business Basic (Annual Term, Monthly Billing)", true},
		{2, "changePlan", nil, "Renewal", "Set to Renew with Microsoft 365 Business Standard (Annual Term, Annual Billing)", true},
		{2, "renew/setting", func(*catalog, *subscription) string { return `{"decision":"REJECT","newPlans":[]}` }, "Renewal", "Set to not Renew", true},
		{2, "renew/setting", nil, "Renewal", "Set to Renew with current plan", true},
		{4, "renew/setting", func(c *catalog, _ *subscription) string { return renewTo(c.variant("CFQ7TTC0LCHC:0002", 'm')) }, "Renewal", "Set to Renew with Microsoft 365 Business Premium (Annual Term, Monthly Billing)", true},
		{15, "changePlan", nil, "Change Plan", "Change plan from FLEXIBLE to ANNUAL_YEARLY_PAY", false},
		{16, "downgrade", func(c *catalog, _ *subscription) string { return target(c.variant("1010020027", 'M')) }, "Renewal", "Set to Renew with Google Workspace Business Starter (Annual, Monthly Payment)", true},
		{16, "renew/setting", func(*catalog, *subscription) string { return `{"decision":"REJECT"}` }, "Renewal", "Set to not Renew", true},
	} {
		t.Run(fmt.Sprint(row.verb, " of sample ", row.sample), func(t *testing.T) {
			s, c := calm(t)
			// The write is carried out and its answer is lost.
			s.Inject(Fault{Kind: FaultStatus, Status: 502, Commit: true, Count: 1})
			sub := sampleOf(s, row.sample)
			name := sub.Name
			body := bodyFor(s, sub, row.verb)
			if row.body != nil {
				body = row.body(s.world.catalog, sub)
			}
			if got, _ := act(t, s, sub.SubscriptionID, row.verb, body); got != "502" || !s.Ledger()[0].Committed {
				t.Fatal(got, s.Ledger())
			}
			c.wait(3*time.Second - 1)
			if early := logged(t, s, sub); len(early) != 0 {
				t.Errorf("told before it was done: %v", early)
			}
			c.wait(time.Hour)
			entries := logged(t, s, sub)
			if len(entries) != 1 || !strings.HasPrefix(fmt.Sprint(entries[0]["changeLog"]), row.text) {
				t.Fatalf("got %v, want %s", entries, row.text)
			}
			want(t, entries[0], "activityLog", row.activity, "entrySource", "API", "entryBy", DefaultClientID, "entryDatetime", "2026-07-09T06:00:03.000-0400")
			if row.scheduling && sub.Name != name {
				t.Error("it was done at once")
			}
		})
	}
}

// A write that fails later is not told as done.
func TestChangeLogDoesNotTellFailedWrites(t *testing.T) {
	for _, kind := range []FaultKind{FaultFailed, FaultDoneFailed, FaultOrphan} {
		s, c := calm(t)
		s.Inject(Fault{Kind: kind, Count: 1})
		sub := sampleOf(s, 2)
		settled(t, s, c, sub, "changePlan", bodyFor(s, sub, "changePlan"))
		if told := logged(t, s, sub); len(told) != 0 || !s.Ledger()[0].Committed {
			t.Errorf("%s: %v", kind, told)
		}
	}
}

// What a failed order leaves behind can be read, one by one and in lists, and nothing can be done with it.
func TestOrphansStay(t *testing.T) {
	for _, row := range []struct {
		action stellr.Action
		kind   FaultKind
		left   int
	}{
		{stellr.ActionCreateSubscriptions, FaultOrphan, 1}, {stellr.ActionCreateAddOn, FaultOrphan, 1}, {stellr.ActionTransferSubscription, FaultOrphan, 1},
		{stellr.ActionCreateSubscriptions, FaultFailed, 0}, {stellr.ActionCreateAddOn, FaultFailed, 0}, {stellr.ActionTransferSubscription, FaultDoneFailed, 0},
	} {
		s, c := calm(t)
		s.Inject(Fault{Action: row.action, Kind: row.kind})
		method, path, body := request(s, endpointOf(row.action))
		decoded(t, send(s, method, path, body), 200)
		entry := s.Ledger()[0]
		if len(entry.SubscriptionIDs) != 1 || !entry.Committed {
			t.Fatalf("%s: %+v", row.action, entry)
		}
		c.days(30)
		id, found := entry.SubscriptionIDs[0], 0
		for _, r := range decoded(t, send(s, "GET", rich+"?pageNo=1&pageSize=200", ""), 200)["data"].(object)["records"].([]any) {
			if record := r.(object); record["subscriptionId"] == id {
				found++
				want(t, record, "status", "Pending", "vendorSubscriptionId", nil)
			}
		}
		if found != row.left {
			t.Errorf("%s, %s: %d left behind, want %d", row.action, row.kind, found, row.left)
		}
		decoded(t, send(s, "GET", rich+"/"+id, ""), map[int]int{1: 200, 0: 404}[row.left])
		if got, _ := act(t, s, id, "cancel", "{}"); got != map[int]string{1: "409", 0: "404"}[row.left] {
			t.Errorf("%s, %s: cancelling it: %s", row.action, row.kind, got)
		}
	}
}

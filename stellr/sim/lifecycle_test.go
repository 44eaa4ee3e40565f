package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"stellr-gateway/stellr"
)

const rich = "/api/v1/customers/100001/subscriptions"

// act does a verb on a subscription and answers the status, or "vendor" for a refusal within HTTP 200.
func act(t *testing.T, s *Server, id, verb, body string) (string, object) {
	t.Helper()
	method := http.MethodPost
	if verb == "renew/setting" {
		method = http.MethodPut
	}
	w := send(s, method, rich+"/"+id+"/"+verb, body)
	var o object
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
		t.Fatal(err)
	}
	if o["bizError"] != nil && w.Code == http.StatusOK {
		return "vendor", o
	}
	return strconv.Itoa(w.Code), o
}

// seen is a subscription as the wire shows it.
func seen(t *testing.T, s *Server, id string) object {
	t.Helper()
	return decoded(t, send(s, "GET", rich+"/"+id, ""), http.StatusOK)["data"].(object)
}

// calm makes a Stellr without quirks, so that answers can be read by their usual names.
func calm(t *testing.T) (*Server, *clock) { return start(t, Options{Quirks: QuirksNone}) }

// want compares members of a record, written as JSON would: text without quotes, absent as <nil>.
func want(t *testing.T, record object, members ...any) {
	t.Helper()
	for i := 0; i < len(members); i += 2 {
		value := record[members[i].(string)]
		if number, ok := value.(float64); ok {
			value = strconv.FormatFloat(number, 'f', -1, 64)
		}
		if got := fmt.Sprint(value); got != fmt.Sprint(members[i+1]) {
			t.Errorf("%s is %s, want %v", members[i], got, members[i+1])
		}
	}
}

func seats(sub *subscription, n int) string {
	return fmt.Sprintf(`{"productId":%s,"skuNo":%s,"quantity":%d}`, sub.ProductID, sub.SKUNo, n)
}

func target(p *product) string {
	return fmt.Sprintf(`{"targetProductId":%s,"targetSkuNo":%s}`, p.ProductID, p.SKUNo)
}

// The verbs, and the samples of the rich customer that stand for the states. A cell is what a verb answers in a state.
func TestVerbsByState(t *testing.T) {
	verbs := []string{"changeSeats", "cancel", "suspend", "activate", "reactive", "upgrade", "downgrade", "changePlan", "renew/setting", "addOn"}
	table := []struct {
		state  string
		sample int
		answer string // one word a verb
	}{
		// Microsoft
		{"Active, windows open", 1, "200 200 200 409 409 200 200 200 200 200"},
		{"Active, windows closed", 2, "200 vendor 200 409 409 200 200 200 200 200"},
		{"Suspended", 8, "409 vendor 409 200 200 409 409 409 409 409"},
		{"Expired", 9, "409 409 409 409 409 409 409 409 409 409"},
		{"Cancelled", 10, "409 409 409 409 409 409 409 409 409 409"},
		{"Pending", 11, "409 409 409 409 409 409 409 409 409 409"},
		{"unknown", 12, "409 409 409 409 409 409 409 409 409 409"},
		{"one-time", 14, "422 vendor 422 409 409 422 422 422 422 422"},
		// Google
		{"flexible", 15, "200 200 200 409 409 200 422 200 422 200"},
		{"annual", 16, "200 200 200 409 409 200 200 vendor 200 200"},
		{"suspended annual", 17, "409 200 409 200 200 409 409 409 409 409"},
		{"trial", 18, "200 200 vendor 409 409 200 422 200 200 200"},
		// Acronis
		{"simple", 20, "200 200 200 409 409 200 422 422 200 422"},
	}
	for _, row := range table {
		words := strings.Fields(row.answer)
		for i, verb := range verbs {
			t.Run(row.state+" "+verb, func(t *testing.T) {
				s, _ := calm(t)
				sub := sampleOf(s, row.sample)
				if got, o := act(t, s, sub.SubscriptionID, verb, bodyFor(s, sub, verb)); got != words[i] {
					t.Errorf("answered %s, want %s: %v", got, words[i], o)
				}
			})
		}
	}
}

// bodyFor is a body that a verb takes, where the subscription's product has something to take.
func bodyFor(s *Server, sub *subscription, verb string) string {
	c := s.world.catalog
	switch verb {
	case "changeSeats":
		return seats(sub, *sub.Quantity+1)
	case "upgrade", "downgrade":
		found := c.byID["70005"]
		for _, p := range c.byVendor[sub.VendorID] {
			if sub.product.transition(p) == verb {
				found = p
			}
		}
		return target(found)
	case "changePlan":
		return `{"billingFrequency":"annual"}`
	case "renew/setting":
		return `{"decision":"ACCEPT","newPlans":[]}`
	case "addOn":
		found := c.variant("CFQ7TTC0MM8R:0002", 'm')
		if addOns := c.addOnsTo(sub.product); len(addOns) > 0 {
			found = addOns[0]
		}
		return fmt.Sprintf(`{"productId":%s,"skuNo":%s,"quantity":1}`, found.ProductID, found.SKUNo)
	}
	return `{}`
}

func TestOperationTakesItsTime(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 2)
	_, o := act(t, s, sub.SubscriptionID, "changeSeats", seats(sub, 9))
	want(t, o["data"].(object), "status", "ACCEPTED", "operationId", 9000001, "subscriptionId", sub.SubscriptionID)
	read := func() object {
		return decoded(t, send(s, "GET", "/api/v1/subscriptions/operations/9000001", ""), 200)["data"].(object)
	}
	want(t, read(), "status", "ACCEPTED", "operationType", "changeSeats", "completedTime", nil)
	want(t, seen(t, s, sub.SubscriptionID), "quantity", 5)
	if got, _ := act(t, s, sub.SubscriptionID, "suspend", ""); got != "409" {
		t.Errorf("a second write while the first runs: %s", got)
	}
	c.wait(2 * time.Second)
	want(t, read(), "status", "PENDING")
	c.wait(time.Second)
	want(t, seen(t, s, sub.SubscriptionID), "quantity", 9)
	want(t, read(), "status", "DONE", "completedTime", "2026-07-09T06:00:03.000-0400")
	results := read()["results"].([]any)
	want(t, results[0].(object), "status", "DONE", "subscriptionId", sub.SubscriptionID)
}

func TestWritesWithoutOperations(t *testing.T) {
	s, _ := calm(t)
	acronis := sampleOf(s, 20)
	_, o := act(t, s, acronis.SubscriptionID, "changeSeats", seats(acronis, 3))
	want(t, o["data"].(object), "operationId", nil, "status", "DONE")
	want(t, seen(t, s, acronis.SubscriptionID), "quantity", 3)

	at, _ := start(t, Options{Quirks: QuirksNone, OperationTime: -1})
	sub := sampleOf(at, 2)
	_, o = act(t, at, sub.SubscriptionID, "changeSeats", seats(sub, 8))
	want(t, o["data"].(object), "operationId", nil, "status", "DONE")
	want(t, seen(t, at, sub.SubscriptionID), "quantity", 8)
}

func TestChangeSeatsBodies(t *testing.T) {
	s, _ := calm(t)
	sub := sampleOf(s, 2)
	for _, c := range []struct{ body, want string }{
		{seats(sub, 0), "400"}, {seats(sub, -4), "400"}, {seats(sub, 5), "422"}, {seats(sub, 301), "422"}, {``, "400"}, {`[]`, "400"}, {`{"quantity":7}`, "400"},
		{`{"quantity":"7.5"}`, "400"}, {fmt.Sprintf(`{"productId":%s,"skuNo":1,"quantity":7}`, sub.ProductID), "400"},
		{fmt.Sprintf(`{"productId":"%s","skuNo":"%s","quantity":"7"}`, sub.ProductID, sub.SKUNo), "200"},
	} {
		if got, o := act(t, s, sub.SubscriptionID, "changeSeats", c.body); got != c.want {
			t.Errorf("%s: %s, want %s: %v", c.body, got, c.want, o)
		}
	}
	if got, _ := act(t, s, "1_1", "cancel", "{}"); got != "404" {
		t.Errorf("unknown subscription: %s", got)
	}
}

func TestChangeLogTellsWrites(t *testing.T) {
	s, c := calm(t)
	sub := sampleOf(s, 2)
	for _, n := range []int{8, 7} {
		act(t, s, sub.SubscriptionID, "changeSeats", seats(sub, n))
		c.wait(time.Minute)
		seen(t, s, sub.SubscriptionID)
	}
	act(t, s, sub.SubscriptionID, "renew/setting", `{"decision":"ACCEPT","newPlans":[]}`)
	c.wait(time.Minute)
	records := decoded(t, send(s, "GET", rich+"/changelogs?pageNo=1&pageSize=200&startDate=2026-07-09&contractNo="+sub.ContractNo, ""), 200)["data"].(object)["records"].([]any)
	texts := []string{"Add 3 seats", "Remove 1 seat", "Set to Renew with current plan"}
	if len(records) != len(texts) {
		t.Fatalf("%d entries: %v", len(records), records)
	}
	for i, text := range texts {
		want(t, records[i].(object), "changeLog", text, "entrySource", "API", "entryBy", DefaultClientID, "subscriptionId", sub.SubscriptionID)
	}
	decoded(t, send(s, "GET", rich+"/changelogs?pageNo=1&pageSize=200", ""), 400)
}

func dateIn(days int) string { return stellr.DateOf(today).AddDays(days).String() }

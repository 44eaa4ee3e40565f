package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stellr-gateway/stellr"
)

func item(p *product, quantity int, more string) string {
	return fmt.Sprintf(`{"productId":%s,"skuNo":%s,"quantity":%d%s}`, p.ProductID, p.SKUNo, quantity, more)
}

func order(vendorID string, items ...string) string {
	return `{"vendorId":"` + vendorID + `","resellerPoNo":"PO-1","subscriptions":[` + strings.Join(items, ",") + `]}`
}

func TestOrderIsPendingUntilItsOperationEnds(t *testing.T) {
	s, c := calm(t)
	m := s.world.catalog
	w := send(s, "POST", rich, order(MicrosoftID, item(m.variant("CFQ7TTC0LH18:0001", 'm'), 3, ""), item(m.variant("CFQ7TTC0LH16:0001", 'a'), 2, `,"autoRenew":false`)))
	data := decoded(t, w, 200)["data"].(object)
	want(t, data, "status", "ACCEPTED")
	items := data["subscriptions"].([]any)
	if len(items) != 2 {
		t.Fatalf("%d subscriptions", len(items))
	}
	first, second := items[0].(object)["subscriptionId"].(string), items[1].(object)["subscriptionId"].(string)
	if strings.TrimSuffix(first, "_1") != strings.TrimSuffix(second, "_2") {
		t.Errorf("not one contract: %s and %s", first, second)
	}
	want(t, seen(t, s, first), "status", "Pending", "resellerPoNo", "PO-1")
	c.wait(3 * time.Second)
	want(t, seen(t, s, first), "status", "Active", "quantity", 3, "refundableQuantity", 3, "startDate", dateIn(0), "endDate", dateIn(365), "autoRenew", true)
	want(t, seen(t, s, second), "status", "Active", "autoRenew", false, "billingFrequency", "annual")
	if n := len(s.Ledger()); n != 1 || !s.Ledger()[0].Committed || s.Ledger()[0].CustomerNo != "100001" {
		t.Errorf("ledger: %+v", s.Ledger())
	}
}

func TestOrderRules(t *testing.T) {
	s, _ := calm(t)
	m := s.world.catalog
	basic, starter := m.variant("CFQ7TTC0LH18:0001", 'm'), m.variant("1010020027", 'F')
	sub := sampleOf(s, 1)
	for name, c := range map[string]struct {
		customer, body string
		status         int
	}{
		"nothing":             {"100001", ``, 400},
		"no items":            {"100001", order(MicrosoftID), 400},
		"no vendor":           {"100001", order("9", item(basic, 1, "")), 422},
		"other vendor":        {"100001", order(GoogleID, item(basic, 1, "")), 422},
		"google, two":         {"100001", order(GoogleID, item(starter, 1, ""), item(starter, 2, "")), 422},
		"google, one":         {"100001", order(GoogleID, item(starter, 1, "")), 200},
		"discontinued":        {"100001", order(MicrosoftID, item(m.variant("CFQ7TTC0LF8S:0002", 'm'), 1, "")), 422},
		"zero":                {"100001", order(MicrosoftID, item(basic, 0, "")), 400},
		"too many":            {"100001", order(MicrosoftID, item(basic, 301, "")), 422},
		"too few":             {"100001", order(AcronisID, item(m.variant("SPEMSENS", 's'), 4, "")), 422},
		"add-on":              {"100001", order(MicrosoftID, item(m.variant("CFQ7TTC0MM8R:0002", 'm'), 1, "")), 422},
		"other term":          {"100001", order(MicrosoftID, item(basic, 1, `,"termDuration":"P3Y"`)), 422},
		"other billing":       {"100001", order(MicrosoftID, item(basic, 1, `,"billingFrequency":"annual"`)), 422},
		"coterminous":         {"100001", order(MicrosoftID, item(basic, 1, `,"coterminousSubscriptionId":"`+sub.SubscriptionID+`"`)), 200},
		"coterminous unknown": {"100001", order(MicrosoftID, item(basic, 1, `,"coterminousSubscriptionId":"1_1"`)), 422},
		"no agreement":        {"100006", order(MicrosoftID, item(basic, 1, "")), 422},
		"discontinued buyer":  {"100010", order(MicrosoftID, item(basic, 1, "")), 422},
		"no customer":         {"7", order(MicrosoftID, item(basic, 1, "")), 404},
		"one bad of two":      {"100001", order(MicrosoftID, item(basic, 1, ""), item(basic, 0, "")), 400},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := calm(t)
			o := decoded(t, send(s, "POST", "/api/v1/customers/"+c.customer+"/subscriptions", c.body), c.status)
			if got := s.Ledger()[0].Committed; got != (c.status == 200) {
				t.Errorf("committed %v: %v", got, o)
			}
		})
	}
}

func TestNewCustomerBuysAfterTheAgreement(t *testing.T) {
	s, c := calm(t)
	body := `{"name":"Fresh Start Ltd","country":"ca","email":"a@fresh.example"}`
	created := decoded(t, send(s, "POST", "/api/v1/cloud/customers", body), 200)["data"].(object)
	want(t, created, "name", "Fresh Start Ltd", "country", "CA", "status", "Active", "customerNo", "100049")
	again := decoded(t, send(s, "POST", "/api/v1/cloud/customers", body), 200)["data"].(object)
	want(t, again, "customerNo", "100050")
	decoded(t, send(s, "POST", "/api/v1/cloud/customers", `{"name":" "}`), 400)

	at := "/api/v1/customers/100049"
	buy := order(MicrosoftID, item(s.world.catalog.variant("CFQ7TTC0LH18:0001", 'm'), 1, ""))
	agreement := at + "/agreements/" + stellr.MicrosoftCustomerAgreement
	want(t, decoded(t, send(s, "GET", agreement, ""), 200)["data"].(object), "status", "Not Accepted", "acceptedDate", nil)
	decoded(t, send(s, "POST", at+"/subscriptions", buy), 422)
	decoded(t, send(s, "POST", agreement, `{"firstName":"A"}`), 400)
	decoded(t, send(s, "POST", agreement, `{"firstName":"A","lastName":"B","email":"a@b.example","acceptedDate":"2027-07-09"}`), 422)
	decoded(t, send(s, "POST", agreement, `{"firstName":"A","lastName":"B","email":"a@b.example","acceptedDate":"2026-07-09"}`), 200)
	want(t, decoded(t, send(s, "GET", agreement, ""), 200)["data"].(object), "status", "Accepted", "acceptedDate", "2026-07-09")
	decoded(t, send(s, "POST", at+"/subscriptions", buy), 200)
	c.wait(time.Minute)
	list := decoded(t, send(s, "GET", at+"/subscriptions?pageNo=1&pageSize=5", ""), 200)["data"].(object)
	want(t, list, "total", 1)
	want(t, list["records"].([]any)[0].(object), "currency", "CAD", "status", "Active")
}

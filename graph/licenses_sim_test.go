package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"stellr-gateway/internal/licenses"
	"stellr-gateway/stellr"
	"stellr-gateway/stellr/sim"
)

// licenseMatch is a match as tests ask for it.
type licenseMatch struct {
	Basis, Reason string
	Confidence    float64
	Subscription  struct{ SubscriptionID, Status, MfgPartNo, OfferID, Name string }
}

// licenseMatches asks for the matches of a customer's license.
func (g *gateway) licenseMatches(customerNo string, license map[string]any) []licenseMatch {
	g.t.Helper()
	a := g.ask(licenseQuery, map[string]any{"no": customerNo, "license": license})
	if len(a.Errors) > 0 {
		g.t.Fatalf("%v of %s: %+v", license, customerNo, a.Errors)
	}
	return readMatches(g.t, a)
}

const licenseQuery = `query ($no: ID!, $license: LicenseInput!) {licenseMatches(customerNo: $no, license: $license) {
	basis confidence reason subscription {subscriptionId status mfgPartNo offerId name}}}`

func readMatches(t testing.TB, a answer) []licenseMatch {
	t.Helper()
	var data struct{ LicenseMatches []licenseMatch }
	if err := json.Unmarshal(a.Data, &data); err != nil || data.LicenseMatches == nil {
		t.Fatalf("%s: %v", a.Data, err)
	}
	return data.LicenseMatches
}

// The demonstration has each case of matching; this is where.
func TestLicensesOfTheDemonstration(t *testing.T) {
	g := open(t, sim.Options{})
	for _, test := range []struct {
		name, customerNo, part string
		want                   string // subscription, basis and confidence of each
		subject                string // what the first one's offer id, part number or name has in it
	}{
		{"offer id", "100001", "SPE_E3", "400571_1 OFFER_ID 0.902", "CFQ7TTC0LFLX:0001"},
		{"part number with a colon", "100003", "PROJECTPROFESSIONAL", "402975_1 PART_NUMBER 0.856", "CFQ7TTC0HDB0:0002"},
		{"part number with a hyphen", "100008", "SPB", "407558_1 PART_NUMBER 0.856", "CFQ7TTC0LCHC-0002"},
		{"part number behind a country", "100013", "O365_BUSINESS_PREMIUM", "412607_1 PART_NUMBER 0.856", "USCFQ7TTC0LDPB0001"},
		{"part number between commas", "100015", "DESKLESSPACK", "414406_2 PART_NUMBER 0.856", "NL,CFQ7TTC0LGZW,0001"},
		{"part number in small letters", "100027", "EXCHANGEENTERPRISE", "426153_1 PART_NUMBER 0.856", "cfq7ttc0lh1p 0001"},
		{"part number with the term", "100003", "VISIOCLIENT", "402975_2 PART_NUMBER 0.541", "CFQ7TTC0HD32P1YM"},
		{"part number of the product alone", "100002", "SPE_E5", "401834_1 PART_NUMBER 0.541", "CFQ7TTC0LFLZ "},
		{"name only", "100032", "SPE_E3", "431823_1 PRODUCT_NAME 0.400", "AAA-"},
		{"the trap of Business Standard", "100019", "O365_BUSINESS_PREMIUM", "418010_2 OFFER_ID 0.902", "Microsoft 365 Business Standard"},
		{"the trap of F3", "100004", "SPE_F1", "403011_1 OFFER_ID 0.902", "Microsoft 365 F3"},
		{"two alike", "100001", "O365_BUSINESS_PREMIUM", "400460_1 OFFER_ID 0.451, 400497_1 OFFER_ID 0.451", "Business Standard"},
		{"alike, one of them suspended", "100024", "EXCHANGESTANDARD", "423179_1 OFFER_ID 0.451, 423216_1 OFFER_ID 0.451", "Plan 1"},
		{"two alike and one nearly so", "100030", "EXCHANGEENTERPRISE", "429151_1 OFFER_ID 0.305, 429151_3 OFFER_ID 0.305, 429966_1 PART_NUMBER 0.275", "Plan 2"},
		{"with Teams, beside those without", "100023", "SPE_E3", "422546_1 OFFER_ID 0.902", "Microsoft 365 E3 (Annual"},
		{"without Teams: a sku, and a product whose name tells", "100023", "Microsoft_365_E3_(no_Teams)", "422583_1 OFFER_ID 0.475, 422620_1 PART_NUMBER 0.171", "CFQ7TTC0LFLX:0021"},
		{"with Teams, by part number", "100023", "SPE_E5", "422657_1 PART_NUMBER 0.856", "Microsoft 365 E5 (Annual"},
		{"without Teams, of a sku that nobody knows", "100023", "Microsoft_365_E5_(no_Teams)", "422694_1 OFFER_ID 0.360", "Microsoft 365 E5 (no Teams)"},
		{"with Teams, where there is one without", "100023", "ENTERPRISEPACK", "", ""},
		{"without Teams, by nothing but the name", "100023", "Office_365_E3_(no_Teams)", "422731_1 PRODUCT_NAME 0.400", "Office 365 E3 (no Teams)"},
		{"an add-on", "100001", "Microsoft_365_Copilot", "400497_2 OFFER_ID 0.902", "Copilot"},
		{"one that expired beside one that lives", "100005", "EMS", "404573_1 OFFER_ID 0.902", "Security E3"},
		{"one that expired", "100008", "M365_F1", "", ""},
		{"one that was cancelled", "100001", "AAD_PREMIUM", "", ""},
		{"one that is pending", "100001", "Teams_Ess", "", ""},
		{"nothing like it", "100002", "SPE_E3", "", ""},
		{"a license that nobody knows", "100002", "SPE_E9", "", ""},
		{"another vendor's", "100001", "Acronis_Backup_for_Microsoft_365", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var all []string
			matches := g.licenseMatches(test.customerNo, map[string]any{"skuPartNumber": test.part})
			for _, m := range matches {
				all = append(all, fmt.Sprintf("%s %s %.3f", m.Subscription.SubscriptionID, m.Basis, m.Confidence))
			}
			if got := strings.Join(all, ", "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if len(matches) > 0 {
				s := matches[0].Subscription
				if text := s.OfferID + " " + s.MfgPartNo + " " + s.Name; !strings.Contains(text, test.subject) {
					t.Errorf("it is %s, which is no example of %s", text, test.subject)
				}
			}
		})
	}
}

// Where a customer of the demonstration has both, no license with Teams gets a subscription without, nor the other way.
func TestLicensesOfTheDemonstrationKeepTeamsApart(t *testing.T) {
	g := open(t, sim.Options{})
	got := map[bool]int{}
	for _, row := range licenses.BuiltIn().Rows() {
		wanted := strings.Contains(row.Name, "(no Teams)")
		for _, m := range g.licenseMatches("100023", map[string]any{"skuId": row.SKUID}) {
			got[wanted]++
			if without := strings.Contains(m.Subscription.Name, "(no Teams)"); without != wanted {
				t.Errorf("%s is said to come from %s, with %.3f: %s", row.Name, m.Subscription.Name, m.Confidence, m.Reason)
			}
		}
	}
	if got[true] != 4 || got[false] != 3 {
		t.Errorf("%d without Teams, %d with it", got[true], got[false])
	}
}

// The commerce id decides, unless what has it is dead.
func TestLicensesByCommerceID(t *testing.T) {
	g := open(t, sim.Options{})
	vendorID := func(customerNo, subscriptionID string) string {
		t.Helper()
		return g.one(customerNo, func(s *stellr.Subscription) bool { return s.SubscriptionID == subscriptionID }).VendorSubscriptionID
	}
	live, dead := vendorID("100001", "400497_1"), vendorID("100005", "404610_3")
	for _, written := range []string{live, strings.ToUpper(live), " {" + live + "} "} {
		m := g.licenseMatches("100001", map[string]any{"commerceSubscriptionId": written, "skuPartNumber": "O365_BUSINESS_PREMIUM"})
		if len(m) != 1 || m[0].Subscription.SubscriptionID != "400497_1" || m[0].Basis != "COMMERCE_SUBSCRIPTION_ID" || m[0].Confidence != 1 {
			t.Errorf("%q: %+v", written, m)
		}
	}
	if m := g.licenseMatches("100005", map[string]any{"commerceSubscriptionId": dead}); len(m) != 0 {
		t.Errorf("a dead one: %+v", m)
	}
	m := g.licenseMatches("100005", map[string]any{"commerceSubscriptionId": dead, "skuPartNumber": "EMS"})
	if len(m) != 1 || m[0].Subscription.SubscriptionID != "404573_1" || m[0].Confidence != 0.451 || !strings.Contains(m[0].Reason, "is not the license's commerceSubscriptionId") {
		t.Errorf("the live one of the same product: %+v", m)
	}
	if m := g.licenseMatches("100002", map[string]any{"commerceSubscriptionId": live}); len(m) != 0 {
		t.Errorf("another customer's: %+v", m)
	}
}

// A customer who is not there, or not the caller's, has no matches and no error; what cannot be asked is said.
func TestLicensesOfNobody(t *testing.T) {
	g := open(t, sim.Options{})
	e3 := map[string]any{"skuPartNumber": "SPE_E3"}
	for _, customerNo := range []string{stranger, "", "nobody", "../customers", strings.Repeat("9", 3000)} {
		if m := g.licenseMatches(customerNo, e3); len(m) != 0 {
			t.Errorf("%.20s: %+v", customerNo, m)
		}
	}
	if m := g.as("only 100002/anna/VIEWER").licenseMatches(ours, e3); len(m) != 0 {
		t.Errorf("who does not see the customer sees %+v", m)
	}
	if n := g.as("only 100002/anna/VIEWER").calls(`{licenseMatches(customerNo: "100001", license: {skuPartNumber: "SPE_E3"}) {confidence}}`); n != 0 {
		t.Errorf("who does not see the customer has Stellr asked %d times", n)
	}
	if m := g.as("only 100001/anna/VIEWER").licenseMatches(ours, e3); len(m) != 1 {
		t.Errorf("who sees the customer sees %+v", m)
	}
	for _, license := range []map[string]any{{}, {"skuId": nil}, {"skuPartNumber": " "}, {"skuId": "05e9a617-0261-4cee-bb44-138d3ef5d965", "skuPartNumber": "SPE_E5"}, {"skuPartNumber": strings.Repeat("x", 101)}} {
		a := g.ask(licenseQuery, map[string]any{"no": ours, "license": license})
		if a.code() != "BAD_USER_INPUT" || string(a.Data) != `{"licenseMatches":[]}` || fmt.Sprint(a.Errors[0].Path) != "[licenseMatches]" {
			t.Errorf("%v: %s %+v", license, a.Data, a.Errors)
		}
	}
	g.sim.Inject(sim.Fault{Action: stellr.ActionListSubscriptions, Kind: sim.FaultStatus, Status: 400})
	if a := g.ask(licenseQuery, map[string]any{"no": ours, "license": e3}); a.code() != "UPSTREAM_ERROR" || string(a.Data) != `{"licenseMatches":[]}` {
		t.Errorf("a list that cannot be read: %s %+v", a.Data, a.Errors)
	}
}

// However many licenses of a customer are asked for, its list is read once; and also where it has many pages.
func TestLicensesShareTheList(t *testing.T) {
	g := open(t, sim.Options{})
	two := `{a: licenseMatches(customerNo: "100001", license: {skuPartNumber: "SPE_E3"}) {confidence subscription {customer {customerNo}}}
		b: licenseMatches(customerNo: "100001", license: {skuPartNumber: "SPB"}) {confidence subscription {subscriptionId}}
		subscriptions(filter: {customerNo: "100001"}) {totalCount}}`
	if n := g.calls(two); n != 2 { // the list, and the customer
		t.Errorf("it took %d requests", n)
	}
	if n := g.calls(`{licenseMatches(customerNo: "100007", license: {skuPartNumber: "SPE_E3"}) {confidence}}`); n != 2 { // pages
		t.Errorf("many subscriptions took %d requests", n)
	}
}

package graph

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"stellr-gateway/graph/model"
	"stellr-gateway/graph/relay"
	"stellr-gateway/internal/licenses"
	"stellr-gateway/stellr"
)

// sold is an active subscription of Microsoft's.
func sold(id, offerID, mfgPartNo, name string) *stellr.Subscription {
	return &stellr.Subscription{SubscriptionID: id, VendorID: "4", VendorName: "Microsoft", OfferID: offerID, MfgPartNo: mfgPartNo, Name: name, Status: stellr.SubscriptionActive}
}

// but is a subscription with something changed.
func but(s *stellr.Subscription, change func(*stellr.Subscription)) *stellr.Subscription {
	change(s)
	return s
}

// byPart is an input that names a license by its part number.
func byPart(part string) model.LicenseInput { return model.LicenseInput{SkuPartNumber: &part} }

func matchesOf(t *testing.T, input model.LicenseInput, subscriptions ...*stellr.Subscription) []*model.LicenseMatch {
	t.Helper()
	wanted, err := newLicense(licenses.BuiltIn(), input)
	if err != nil {
		t.Fatal(err)
	}
	return wanted.matches(subscriptions)
}

// inShort is matches in short: subscription, basis and confidence.
func inShort(matches []*model.LicenseMatch) string {
	var all []string
	for _, m := range matches {
		all = append(all, fmt.Sprintf("%s %s %.3f", m.Subscription.SubscriptionID, m.Basis, m.Confidence))
	}
	return strings.Join(all, ", ")
}

const (
	someGUID  = "0f3a1c52-7c1e-4b52-9a53-2f1a6f0d9b11"
	otherGUID = "7d0c9a3e-2222-4b52-9a53-2f1a6f0d9b11"
)

func TestLicenseRules(t *testing.T) {
	commerce := func(id string) model.LicenseInput {
		return model.LicenseInput{CommerceSubscriptionID: new(id), SkuPartNumber: new("SPE_E3")}
	}
	named := func(id, vendorSubscriptionID string) func(*stellr.Subscription) {
		return func(s *stellr.Subscription) { s.SubscriptionID, s.VendorSubscriptionID = id, vendorSubscriptionID }
	}
	status := func(status stellr.SubscriptionStatus) func(*stellr.Subscription) {
		return func(s *stellr.Subscription) { s.Status = status }
	}
	type list = []*stellr.Subscription
	e3 := func() *stellr.Subscription { return sold("1_1", "CFQ7TTC0LFLX:0001", "", "Microsoft 365 E3") }
	for _, test := range []struct {
		name   string
		input  model.LicenseInput
		list   list
		want   string
		reason string // a part of the first one's
	}{
		{"the commerce id decides alone", commerce(someGUID), list{e3(), but(sold("2_1", "", "", "Visio"), named("2_1", someGUID))}, "2_1 COMMERCE_SUBSCRIPTION_ID 1.000", "Its vendorSubscriptionId is"},
		{"however it is written", commerce(" {" + strings.ToUpper(someGUID) + "} "), list{but(e3(), named("1_1", someGUID))}, "1_1 COMMERCE_SUBSCRIPTION_ID 1.000", ""},
		{"on either side", commerce(someGUID), list{but(e3(), named("1_1", "{"+strings.ToUpper(someGUID)+"}"))}, "1_1 COMMERCE_SUBSCRIPTION_ID 1.000", ""},
		{"twice, it decides nothing", commerce(someGUID), list{but(e3(), named("1_1", someGUID)), but(e3(), named("1_2", someGUID))},
			"1_1 COMMERCE_SUBSCRIPTION_ID 0.475, 1_2 COMMERCE_SUBSCRIPTION_ID 0.475", "another subscription matches just as well, and nothing tells which it is."},
		{"a dead one has it", commerce(someGUID), list{but(but(e3(), named("1_1", someGUID)), status(stellr.SubscriptionCancelled)), but(e3(), named("1_2", otherGUID))},
			"1_2 OFFER_ID 0.451", "its vendorSubscriptionId is not the license's"},
		{"nobody has it, and some tell none", commerce(someGUID), list{e3()}, "1_1 OFFER_ID 0.902", ""},
		{"empty ids are not the same", model.LicenseInput{CommerceSubscriptionID: new(someGUID)}, list{e3()}, "", ""},

		{"product and sku", byPart("SPE_E3"), list{e3()}, "1_1 OFFER_ID 0.902", "Its offer id names the product and sku under which Microsoft 365 E3 is sold."},
		{"stated by Microsoft", byPart("O365_BUSINESS_ESSENTIALS"), list{sold("1_1", "CFQ7TTC0LH18:0001", "", "")}, "1_1 OFFER_ID 0.950", ""},
		{"of one list only", byPart("M365_F1"), list{sold("1_1", "CFQ7TTC0MBMD:0002", "", "")}, "1_1 OFFER_ID 0.760", "only one public list says so"},
		{"by part number", byPart("SPE_E3"), list{sold("1_1", "", "NL,CFQ7TTC0LFLX,0001", "")}, "1_1 PART_NUMBER 0.856", "Its part number names"},
		{"the offer id first", byPart("SPE_E3"), list{sold("1_1", "CFQ7TTC0LFLX:0001", "USCFQ7TTC0LFLX0001", "")}, "1_1 OFFER_ID 0.902", ""},
		{"the part number tells the sku", byPart("SPE_E3"), list{sold("1_1", "CFQ7TTC0LFLX", "USCFQ7TTC0LFLX0001", "")}, "1_1 PART_NUMBER 0.856", ""},
		{"the sku is not told", byPart("O365_BUSINESS_ESSENTIALS"), list{sold("1_1", "", "CFQ7TTC0LH18P1YA", "")}, "1_1 PART_NUMBER 0.570", "which sku of it is not known"},
		{"the sku is none that is known", byPart("O365_BUSINESS_ESSENTIALS"), list{sold("1_1", "CFQ7TTC0LH18:0009", "", "")}, "1_1 OFFER_ID 0.200", "with a sku that is not known"},
		{"the sku is another license's", byPart("SPE_E3"), list{sold("1_1", "CFQ7TTC0LFLX:0021", "", "Microsoft 365 E3")}, "", ""},
		{"which has its own", byPart("Microsoft_365_E3_(no_Teams)"), list{e3(), sold("1_2", "CFQ7TTC0LFLX:0021", "", "")}, "1_2 OFFER_ID 0.760", ""},
		{"of a license whose sku is not known", byPart("Microsoft_365_E5_(no_Teams)"), list{sold("1_1", "CFQ7TTC0LFLZ:0002", "", ""), sold("1_2", "CFQ7TTC0LFLZ:0033", "", "")}, "1_2 OFFER_ID 0.240", "beside other licenses"},
		{"of such a license, and the name tells", byPart("Microsoft_365_E5_(no_Teams)"), list{sold("1_1", "CFQ7TTC0LFLZ:0033", "", "Microsoft 365 E5 (no Teams) (Annual Term)")}, "1_1 OFFER_ID 0.360", "which sku of it is not known"},
		{"of such a license, and the name is another's", byPart("Microsoft_365_E5_(no_Teams)"), list{sold("1_1", "CFQ7TTC0LFLZ:0033", "", "Microsoft 365 E5")}, "", ""},
		{"the sku is none that is known, and the name is another's", byPart("SPE_E5"), list{sold("1_1", "CFQ7TTC0LFLZ:0033", "", "Microsoft 365 E5 (no Teams)")}, "", ""},
		{"product and sku, but the name is another's", byPart("SPE_E3"), list{sold("1_1", "CFQ7TTC0LFLX:0001", "", "Microsoft 365 E3 (no Teams)")}, "1_1 OFFER_ID 0.451", "; its name is that of Microsoft 365 E3 (no Teams)."},
		{"and the other way", byPart("Microsoft_365_E3_(no_Teams)"), list{sold("1_1", "", "CFQ7TTC0LFLX-0021", "Microsoft 365 E3 - Annual")}, "1_1 PART_NUMBER 0.361", "; its name is that of Microsoft 365 E3."},
		{"one of two licenses, and the name tells", byPart("SPE_E3"), list{sold("1_1", "", "CFQ7TTC0LFLX", "Microsoft 365 E3 (Annual Term, Annual Billing)"), sold("1_2", "", "CFQ7TTC0LFLX", "Microsoft 365 E3 (no Teams) (Monthly Term)")},
			"1_1 PART_NUMBER 0.541", ""},
		{"one of two licenses, and nothing tells", byPart("SPE_E3"), list{sold("1_1", "", "CFQ7TTC0LFLX", "Enterprise")}, "1_1 PART_NUMBER 0.361", "beside other licenses"},
		{"two offers that differ", byPart("SPE_E3"), list{sold("1_1", "CFQ7TTC0LFLX:0001", "CFQ7TTC0LFLZ:0002", "")}, "1_1 OFFER_ID 0.451", "its part number names another offer"},
		{"two that differ the other way", byPart("SPE_E5"), list{sold("1_1", "CFQ7TTC0LFLX:0001", "CFQ7TTC0LFLZ:0002", "")}, "1_1 PART_NUMBER 0.428", "its offer id names another offer"},
		{"another's offer, whatever the name", byPart("SPE_E3"), list{sold("1_1", "CFQ7TTC0LFLZ:0002", "AAA-12345", "Microsoft 365 E3")}, "", ""},
		{"another's offer, and one of nobody's", byPart("SPE_E3"), list{sold("1_1", "CFQ7TTC0LFLZ:0002", "CFQ7TTC0ZZZZ:0001", "Microsoft 365 E3"), sold("1_2", "CFQ7TTC0ZZZZ:0001", "CFQ7TTC0LFLZ:0002", "Microsoft 365 E3")}, "", ""},
		{"two licenses of one product", model.LicenseInput{SkuID: new("CDD28E44-67E3-425E-BE4C-737FAB2899D3"), SkuPartNumber: new("smb_business")}, list{sold("1_1", "CFQ7TTC0LH1G:0001", "", "")}, "1_1 OFFER_ID 0.902", ""},
		{"an id that nobody knows beside a part number", model.LicenseInput{SkuID: new(otherGUID), SkuPartNumber: new("SPE_E3")}, list{e3()}, "1_1 OFFER_ID 0.902", ""},

		{"the trap of Business Standard", byPart("O365_BUSINESS_PREMIUM"), list{sold("1_1", "CFQ7TTC0LCHC:0002", "", "Microsoft 365 Business Premium"), sold("1_2", "CFQ7TTC0LDPB:0001", "", "Microsoft 365 Business Standard")}, "1_2 OFFER_ID 0.902", "Business Standard is sold"},
		{"the same by name", byPart("O365_BUSINESS_PREMIUM"), list{sold("1_1", "", "", "Microsoft 365 Business Premium"), sold("1_2", "", "", "Microsoft 365 Business Standard")}, "1_2 PRODUCT_NAME 0.400", ""},
		{"the trap of F3", byPart("SPE_F1"), list{sold("1_1", "CFQ7TTC0MBMD:0002", "", "Microsoft 365 F1"), sold("1_2", "CFQ7TTC0LH05:0001", "", "Microsoft 365 F3")}, "1_2 OFFER_ID 0.902", "365 F3 is sold"},

		{"by name", byPart("POWERAPPS_PER_USER"), list{sold("1_1", "", "AAA-12345", "Power Apps Premium (Annual Term, Monthly Billing)")}, "1_1 PRODUCT_NAME 0.400", "Only its name says that it is Power Apps Premium."},
		{"by name, with an offer that nobody knows", byPart("SPE_E3"), list{sold("1_1", "CFQ7TTC0ZZZZ:0001", "", "Microsoft 365 E3")}, "1_1 PRODUCT_NAME 0.300", "none that is known"},
		{"by the name in a part number that nobody knows", byPart("Microsoft_365_E7_(no_Teams)"), list{sold("1_1", "", "", "Microsoft 365 E7 (no Teams)"), sold("1_2", "", "", "Microsoft 365 E7")}, "1_1 PRODUCT_NAME 0.300", ""},
		{"a license that nobody knows", model.LicenseInput{SkuID: new(otherGUID)}, list{e3(), sold("1_2", "", "", "")}, "", ""},

		{"the suspended are billed", byPart("SPE_E3"), list{but(e3(), status(stellr.SubscriptionSuspended))}, "1_1 OFFER_ID 0.902", ""},
		{"the others are not", byPart("SPE_E3"), list{but(e3(), status(stellr.SubscriptionCancelled)), but(e3(), status(stellr.SubscriptionExpired)), but(e3(), status(stellr.SubscriptionPending)), but(e3(), status(stellr.SubscriptionOther)), but(e3(), status(""))}, "", ""},
		{"another vendor's", byPart("SPE_E3"), list{but(e3(), func(s *stellr.Subscription) { s.VendorID, s.VendorName = "31", "Acronis" })}, "", ""},
		{"a vendor that is not told, by its offer", byPart("SPE_E3"), list{but(e3(), func(s *stellr.Subscription) { s.VendorName = "" }), but(sold("2_1", "", "", "Microsoft 365 E3"), func(s *stellr.Subscription) { s.VendorName = "" })}, "1_1 OFFER_ID 0.902", ""},
		{"an add-on gives its own licenses", byPart("Microsoft_365_Copilot"), list{e3(), but(sold("1_2", "CFQ7TTC0MM8R:0002", "", ""), func(s *stellr.Subscription) { s.ParentID = "1_1" })}, "1_2 OFFER_ID 0.902", ""},

		{"two alike", byPart("SPE_E3"), list{but(e3(), named("10_1", "")), but(e3(), named("9_1", ""))}, "10_1 OFFER_ID 0.451, 9_1 OFFER_ID 0.451", "another subscription matches just as well, and nothing tells which it is."},
		{"three alike", byPart("SPE_E3"), list{but(e3(), named("3_1", "")), e3(), but(e3(), named("2_1", ""))}, "1_1 OFFER_ID 0.300, 2_1 OFFER_ID 0.300, 3_1 OFFER_ID 0.300", "2 other subscriptions match just as well"},
		{"nearly alike", byPart("SPE_E3"), list{sold("1_1", "", "CFQ7TTC0LFLX-0001", ""), sold("1_2", "CFQ7TTC0LFLX:0001", "", "")}, "1_2 OFFER_ID 0.462, 1_1 PART_NUMBER 0.416", "is sold; another subscription matches less well and may be it."},
		{"one much better", byPart("SPE_E3"), list{sold("1_1", "", "", "Microsoft 365 E3"), e3()}, "1_1 OFFER_ID 0.624, 1_1 PRODUCT_NAME 0.122", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			matches := matchesOf(t, test.input, test.list...)
			if got := inShort(matches); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			if len(matches) > 0 && !strings.Contains(matches[0].Reason, test.reason) {
				t.Errorf("the reason is %q, want %q in it", matches[0].Reason, test.reason)
			}
		})
	}
}

func TestLicenseInput(t *testing.T) {
	long := strings.Repeat("é", 101)
	for name, test := range map[string]struct {
		input model.LicenseInput
		want  string
	}{
		"nothing":           {model.LicenseInput{}, "license must have a commerceSubscriptionId, a skuId or a skuPartNumber"},
		"nothing but signs": {model.LicenseInput{CommerceSubscriptionID: new(" "), SkuID: new("{ }"), SkuPartNumber: new("\t")}, "license must have"},
		"two products":      {model.LicenseInput{SkuID: new("05E9A617-0261-4CEE-BB44-138D3EF5D965"), SkuPartNumber: new("SPE_E5")}, "license.skuId is Microsoft 365 E3, and license.skuPartNumber is Microsoft 365 E5"},
		"a long part":       {model.LicenseInput{SkuPartNumber: &long}, "license.skuPartNumber has more than 100 characters"},
		"a long id":         {model.LicenseInput{SkuID: &long}, "license.skuId has more than 100 characters"},
		"a long other id":   {model.LicenseInput{CommerceSubscriptionID: new(strings.Repeat(" ", 101) + "x"), SkuID: new("x")}, "license.commerceSubscriptionId has more than 100 characters"},
	} {
		_, err := newLicense(licenses.BuiltIn(), test.input)
		if argument, ok := errors.AsType[*relay.ArgumentError](err); !ok || !strings.HasPrefix(argument.Message, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Characters are counted, not bytes.
func TestLicenseInputOfManyBytes(t *testing.T) {
	if _, err := newLicense(licenses.BuiltIn(), byPart(strings.Repeat("é", 100))); err != nil {
		t.Error(err)
	}
}

// Names that differ in what counts are not the same, and those that differ in the term are.
func TestProductWords(t *testing.T) {
	rows := licenses.BuiltIn().Rows()
	for _, row := range rows {
		for _, form := range []string{"%s", "%s (Annual Term, Monthly Billing)", "%s (3-Year Term, Annual Billing)", "%s - Annual", "%s Annual Commitment, Billed Monthly", " %s [NCE] 1-Year", "%s | P1Y", "%s (NCE COM MTH)", "%s (Trial)"} {
			if name := fmt.Sprintf(form, row.Name); !sameWords(productWords(name), productWords(strings.ToUpper(row.Name))) {
				t.Errorf("%q is %q, and %q is %q", name, productWords(name), row.Name, productWords(row.Name))
			}
		}
		for _, other := range rows {
			if other.Name != row.Name && sameWords(productWords(other.Name), productWords(row.Name)) {
				t.Errorf("%q and %q are the same", row.Name, other.Name)
			}
		}
	}
	for _, same := range [][2]string{
		{"Exchange Online (Plan 1)", "Exchange Online Plan 1"}, {"Microsoft Defender for Office 365 (Plan 2)", "Defender for Office 365 Plan 2"}, {"Microsoft Teams Premium", "Teams Premium"},
		{"Enterprise Mobility & Security E3", "Enterprise Mobility + Security E3"}, {"Microsoft 365 E3 (No Teams)", "Microsoft 365 E3 no Teams"},
	} {
		if !sameWords(productWords(same[0]), productWords(same[1])) {
			t.Errorf("%q is %q, and %q is %q", same[0], productWords(same[0]), same[1], productWords(same[1]))
		}
	}
	for _, other := range [][2]string{
		{"Microsoft 365 E3", "Microsoft 365 E5"}, {"Microsoft 365 E3", "Microsoft 365 E3 (no Teams)"}, {"Microsoft 365 E3", "Office 365 E3"}, {"Microsoft 365 Business Basic", "Microsoft 365 Business Standard"},
		{"Exchange Online Plan 1", "Exchange Online Plan 2"}, {"Microsoft 365 Copilot", "Copilot"}, {"Microsoft", "Microsoft 365"}, {"Office 365 E5", "Office 365 E5 without Audio Conferencing"}, {"", ""}, {"Annual", "Monthly"},
	} {
		if sameWords(productWords(other[0]), productWords(other[1])) {
			t.Errorf("%q and %q are the same", other[0], other[1])
		}
	}
}

// spellings are the forms of part numbers and offer ids; sku says whether it is told.
var spellings = []struct {
	write func(product, sku string) string
	sku   bool
}{
	{func(p, s string) string { return p + ":" + s }, true},
	{func(p, s string) string { return p + "-" + s }, true},
	{func(p, s string) string { return "US" + p + s }, true},
	{func(p, s string) string { return "NL," + p + "," + s }, true},
	{func(p, s string) string { return strings.ToLower(p + " : " + s) }, true},
	{func(p, s string) string { return " " + p + s + "P1YM " }, true},
	{func(p, s string) string { return p + "_" + s + "_P1Y" }, true},
	{func(p, s string) string { return p + "P1YA" }, false},
	{func(p, s string) string { return strings.ToLower(p) }, false},
}

// Each row that has an offer is found by each form of it, in the offer id and in the part number.
func TestEverySpellingOfEveryRow(t *testing.T) {
	pairs := 0
	for _, row := range licenses.BuiltIn().Rows() {
		for i, form := range spellings {
			if row.ProductID == "" || row.OfferSKU == "" && form.sku {
				continue
			}
			pairs++
			text := form.write(row.ProductID, row.OfferSKU)
			want := stellr.Offer{Product: row.ProductID}
			if form.sku {
				want.SKU = row.OfferSKU
			}
			if offer, ok := stellr.ParseOffer(text); !ok || offer != want {
				t.Errorf("%q is %+v", text, offer)
			}
			input := model.LicenseInput{SkuID: new(strings.ToUpper(row.SKUID))}
			offer, part := matchesOf(t, input, sold("1_1", text, "", "")), matchesOf(t, input, sold("1_1", "", text, ""))
			if len(offer) != 1 || len(part) != 1 || offer[0].Basis != model.LicenseMatchBasisOfferID || part[0].Basis != model.LicenseMatchBasisPartNumber || part[0].Confidence >= offer[0].Confidence {
				t.Errorf("form %d of %s: %s, %s", i, row.PartNumber, inShort(offer), inShort(part))
			}
			if sure := len(offer) == 1 && offer[0].Confidence > 0.7; sure != form.sku {
				t.Errorf("form %d of %s: %s", i, row.PartNumber, inShort(offer))
			}
		}
	}
	if pairs < 400 {
		t.Errorf("only %d were tried", pairs)
	}
}

// What is sold with Teams and what is sold without it are never taken for each other with confidence, however the offer is
// written, and not at all where the name or the sku tells.
func TestLicensesWithAndWithoutTeams(t *testing.T) {
	const without = " (no Teams)"
	rows := licenses.BuiltIn().Rows()
	pairs, tried := 0, 0
	for _, row := range rows {
		for _, other := range rows {
			if row.Name != other.Name+without && other.Name != row.Name+without {
				continue
			}
			pairs++
			for _, name := range []string{other.Name, other.Name + " (Annual Term, Monthly Billing)", strings.Replace(other.Name, without, " - No Teams", 1), "Enterprise", ""} {
				for i, form := range spellings {
					sku := cmp.Or(other.OfferSKU, "0034") // where the table has none, one that nobody knows
					text, told := form.write(other.ProductID, sku), form.sku && other.OfferSKU != "" || strings.Contains(name, "365")
					for _, s := range []*stellr.Subscription{sold("1_1", text, "", name), sold("1_1", "", text, name), sold("1_1", "", "AAA-12345", name)} {
						told := told && (s.OfferID+s.MfgPartNo == text || strings.Contains(name, "365"))
						matches := matchesOf(t, byPart(row.PartNumber), s)
						if tried++; len(matches) > 0 && (told || matches[0].Confidence > 0.5) {
							t.Errorf("%s, form %d: %q named %q matches with %s", row.Name, i, s.OfferID+s.MfgPartNo, s.Name, inShort(matches))
						}
					}
				}
				if contradicted := sold("1_1", row.ProductID+":"+row.OfferSKU, "", other.Name); row.OfferSKU != "" {
					if m := matchesOf(t, byPart(row.PartNumber), contradicted); len(m) != 1 || m[0].Confidence > 0.5 || !strings.Contains(m[0].Reason, "its name is that of "+other.Name) {
						t.Errorf("%s, named %s: %s", row.Name, other.Name, inShort(m))
					}
				}
			}
		}
	}
	if pairs < 6 || tried < 400 {
		t.Errorf("only %d pairs, %d subscriptions", pairs, tried)
	}
}

// drawn is a subscription of a random customer, and what it is in truth.
type drawn struct {
	*stellr.Subscription
	row  licenses.Row
	told bool // its offer and its sku are written out, and nothing contradicts
}

func makeOne(r *rand.Rand, rows []licenses.Row, number int) drawn {
	row := rows[r.IntN(len(rows))]
	s := sold(fmt.Sprintf("%d_%d", 400000+number*37%100, number), "", "", row.Name+[]string{"", " (Annual Term, Monthly Billing)"}[r.IntN(2)])
	m := drawn{Subscription: s, row: row}
	if row.ProductID != "" {
		offer, part := spellings[r.IntN(len(spellings))], spellings[r.IntN(len(spellings))]
		if row.OfferSKU == "" {
			offer, part = spellings[len(spellings)-1], spellings[len(spellings)-2]
		}
		kind := r.IntN(4)
		if kind != 0 {
			s.OfferID = offer.write(row.ProductID, row.OfferSKU)
		}
		if kind != 1 {
			s.MfgPartNo = part.write(row.ProductID, row.OfferSKU)
		}
		m.told = kind != 0 && offer.sku || kind != 1 && part.sku
		if other := rows[r.IntN(len(rows))]; kind == 3 && r.IntN(3) == 0 && other.ProductID != "" && other.ProductID != row.ProductID {
			s.MfgPartNo, m.told = other.ProductID, false
		}
	} else {
		s.MfgPartNo = []string{"", "AAA-12345"}[r.IntN(2)]
	}
	s.Status = []stellr.SubscriptionStatus{stellr.SubscriptionActive, stellr.SubscriptionActive, stellr.SubscriptionActive, stellr.SubscriptionSuspended, stellr.SubscriptionCancelled,
		stellr.SubscriptionExpired, stellr.SubscriptionPending, stellr.SubscriptionOther, ""}[r.IntN(9)]
	switch r.IntN(8) {
	case 0:
		s.VendorID, s.VendorName = "31", "Acronis"
	case 1:
		s.VendorID, s.VendorName = "Google", "Google"
	}
	s.VendorSubscriptionID = []string{"", someGUID, otherGUID, fmt.Sprintf("%08x-0000-4000-a000-000000000000", number)}[r.IntN(20)/5]
	return m
}

// Of whatever a customer has: nothing dead and nothing of other vendors is answered, nothing confident among equals, all
// that is the license for sure and nothing that is another for sure, best first, and the same whatever order the list has.
func TestLicensesOfRandomCustomers(t *testing.T) {
	table := licenses.BuiltIn()
	answers, ambiguous, exact := 0, 0, 0
	for seed := range uint64(4000) {
		r := rand.New(rand.NewPCG(seed, 7))
		rows := table.Rows()
		if seed%2 == 0 { // few products, so that many are alike
			at := r.IntN(len(rows) - 4)
			rows = rows[at : at+4]
		}
		var all []drawn
		var list []*stellr.Subscription
		for number := range r.IntN(14) {
			all = append(all, makeOne(r, rows, number))
			list = append(list, all[number].Subscription)
		}
		row := rows[r.IntN(len(rows))]
		input := []model.LicenseInput{{SkuID: &row.SKUID}, {SkuPartNumber: &row.PartNumber}, {SkuID: &row.SKUID, SkuPartNumber: &row.PartNumber}}[r.IntN(3)]
		if r.IntN(3) == 0 {
			input.CommerceSubscriptionID = new([]string{someGUID, strings.ToUpper(otherGUID), "12345678-0000-4000-a000-000000000000"}[r.IntN(3)])
		}
		matches := matchesOf(t, input, list...)
		if problem := wrongWith(matches, all, row); problem != "" {
			t.Fatalf("seed %d, %s: %s: %s", seed, row.PartNumber, problem, inShort(matches))
		}
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		if again := matchesOf(t, input, list...); !reflect.DeepEqual(again, matches) {
			t.Fatalf("seed %d, %s: in another order %s, not %s", seed, row.PartNumber, inShort(again), inShort(matches))
		}
		answers += len(matches)
		if len(matches) > 1 && matches[0].Confidence == matches[1].Confidence {
			ambiguous++
		}
		if len(matches) > 0 && matches[0].Basis == model.LicenseMatchBasisCommerceSubscriptionID {
			exact++
		}
	}
	if answers < 1500 || ambiguous < 200 || exact < 200 {
		t.Errorf("too little was tried: %d answers, %d ambiguous, %d exact", answers, ambiguous, exact)
	}
}

// wrongWith is what is wrong with the matches for a license that a customer with all of these gets; empty if nothing is.
func wrongWith(matches []*model.LicenseMatch, all []drawn, row licenses.Row) string {
	sum := 0.0
	for i, m := range matches {
		s := m.Subscription
		at := slices.IndexFunc(all, func(a drawn) bool { return a.Subscription == s })
		named := all[at].row.Name == row.Name
		sameOffer := all[at].row.ProductID == row.ProductID && all[at].row.OfferSKU == row.OfferSKU && row.OfferSKU != ""
		exact := m.Basis == model.LicenseMatchBasisCommerceSubscriptionID
		sum += m.Confidence
		switch {
		case s.Status != stellr.SubscriptionActive && s.Status != stellr.SubscriptionSuspended:
			return "a dead one"
		case s.VendorName != "Microsoft":
			return "another vendor's"
		case i > 0 && m.Confidence > matches[i-1].Confidence:
			return "not the best first"
		case i > 0 && m.Confidence >= 0.5:
			return "two that are likely"
		case i > 0 && exact != (matches[i-1].Basis == model.LicenseMatchBasisCommerceSubscriptionID):
			return "something beside what is exact"
		case exact && len(matches) == 1 && m.Confidence != 1, !exact && m.Confidence > 0.95, m.Basis == model.LicenseMatchBasisProductName && m.Confidence > 0.4:
			return "a confidence that is too high or too low"
		case !exact && all[at].told && !named && !sameOffer:
			return "another license's"
		case m.Reason == "" || !strings.HasSuffix(m.Reason, ".") || strings.ContainsAny(m.Reason, "%\n"):
			return "no reason: " + m.Reason
		}
	}
	if sum > 1.0000001 {
		return "more than certain"
	}
	if len(matches) > 0 && matches[0].Basis == model.LicenseMatchBasisCommerceSubscriptionID {
		return ""
	}
	for _, a := range all {
		told := a.told && a.row.Name == row.Name && a.Live() && a.VendorName == "Microsoft"
		if told && !slices.ContainsFunc(matches, func(m *model.LicenseMatch) bool { return m.Subscription == a.Subscription }) {
			return a.SubscriptionID + " is missing"
		}
	}
	return ""
}

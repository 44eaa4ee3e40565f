package stellr

import (
	"regexp"
	"strings"
	"testing"
)

func TestParseOffer(t *testing.T) {
	for text, want := range map[string]Offer{
		"CFQ7TTC0LH18:0001": {"CFQ7TTC0LH18", "0001"}, "CFQ7TTC0LH18-0001": {"CFQ7TTC0LH18", "0001"},
		"USCFQ7TTC0LH180001": {"CFQ7TTC0LH18", "0001"}, "NL,CFQ7TTC0LH18,0001": {"CFQ7TTC0LH18", "0001"},
		"CFQ7TTC0LH18P1YA": {"CFQ7TTC0LH18", ""}, "CFQ7TTC0LH18P1MM": {"CFQ7TTC0LH18", ""}, "CFQ7TTC0LH18": {"CFQ7TTC0LH18", ""},
		"cfq7ttc0lh18:000q": {"CFQ7TTC0LH18", "000Q"}, " CFQ7TTC0LH18:0001:P1Y ": {"CFQ7TTC0LH18", "0001"}, "CFQ7TTC0LH18:0001P1Y": {"CFQ7TTC0LH18", "0001"},
		"CFQ7TTC0LH180001P1YA": {"CFQ7TTC0LH18", "0001"}, "uscfq7ttc0lh180001": {"CFQ7TTC0LH18", "0001"}, "CFQ7TTC0LH18 : 0001": {"CFQ7TTC0LH18", "0001"},
		"CFQ7TTC0LH18_0001": {"CFQ7TTC0LH18", "0001"}, "CFQ7TTC0LH18/0001/P1Y": {"CFQ7TTC0LH18", "0001"}, "DE CFQ7TTC0LH18 0001 (NCE)": {"CFQ7TTC0LH18", "0001"},
		"CFQ7TTC0LH18 2026": {"CFQ7TTC0LH18", ""}, "CFQ7TTC0LH18 YEAR": {"CFQ7TTC0LH18", ""}, "CFQ7TTC0LH1800012": {"CFQ7TTC0LH18", ""},
		"CFQ7TTC0LH18 - Plan 0001": {"CFQ7TTC0LH18", ""}, "CFQ7TTC0LH18:00\u017f1": {"CFQ7TTC0LH18", ""}, "CFQ7TTC0LH18P3YA/DE": {"CFQ7TTC0LH18", ""},
		"1010020027-12MO": {"1010020027", ""}, "1010020027": {"1010020027", ""},
	} {
		if got, ok := ParseOffer("", text); !ok || got != want {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "SPAMSENS-MON", "CFQ7TTC0LH1", "CFQ7TTC0LH1\u017f", "CFQ7TTC0\u212aH18", "DZH318Z0BPS6:0001", "10100200", "2010020027-FLEX"} {
		if got, ok := ParseOffer(text); ok {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got, _ := ParseOffer("SPAMSENS-MON", "CFQ7TTC0LH18:0001", "CFQ7TTC0LDPB:0001"); got.Product != "CFQ7TTC0LH18" {
		t.Errorf("got %+v", got)
	}
	basic, other := Offer{"CFQ7TTC0LH18", "0001"}, Offer{"CFQ7TTC0LH18", "0002"}
	if !basic.Is(Offer{Product: "CFQ7TTC0LH18"}) || !(Offer{Product: "CFQ7TTC0LH18"}).Is(basic) || basic.Is(other) || basic.Is(Offer{"CFQ7TTC0LDPB", "0001"}) {
		t.Error("offers are not told apart")
	}
}

// Whatever a part number is, what is read from it is an offer that is written out in it.
func FuzzParseOffer(f *testing.F) {
	for _, text := range []string{"CFQ7TTC0LH18:0001", "NL,CFQ7TTC0LH18,0001", "USCFQ7TTC0LH180001", "CFQ7TTC0LH18P1YA", "cfq7ttc0lh1\u017f0001", "1010020027-FLEX", " "} {
		f.Add(text)
	}
	form := regexp.MustCompile(`^(CFQ7TTC0[0-9A-Z]{4}|1010[0-9]{6})$`)
	f.Fuzz(func(t *testing.T, text string) {
		offer, ok := ParseOffer(text)
		if !ok && offer != (Offer{}) || ok && !form.MatchString(offer.Product) || !strings.Contains(strings.ToUpper(text), offer.Product) {
			t.Fatalf("%q: %+v, %v", text, offer, ok)
		}
		if offer.SKU != "" {
			if again, _ := ParseOffer(offer.Product + ":" + offer.SKU); again != offer || !strings.Contains(strings.ToUpper(text), offer.SKU) {
				t.Fatalf("%q: %+v, and then %+v", text, offer, again)
			}
		}
	})
}

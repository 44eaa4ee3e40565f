package stellr

import "testing"

func TestParseOffer(t *testing.T) {
	for text, want := range map[string]Offer{
		"CFQ7TTC0LH18:0001": {"CFQ7TTC0LH18", "0001"}, "CFQ7TTC0LH18-0001": {"CFQ7TTC0LH18", "0001"},
		"USCFQ7TTC0LH180001": {"CFQ7TTC0LH18", "0001"}, "NL,CFQ7TTC0LH18,0001": {"CFQ7TTC0LH18", "0001"},
		"CFQ7TTC0LH18P1YA": {"CFQ7TTC0LH18", ""}, "CFQ7TTC0LH18P1MM": {"CFQ7TTC0LH18", ""}, "CFQ7TTC0LH18": {"CFQ7TTC0LH18", ""},
		"cfq7ttc0lh18:000q": {"CFQ7TTC0LH18", "000Q"}, " CFQ7TTC0LH18:0001:P1Y ": {"CFQ7TTC0LH18", "0001"}, "CFQ7TTC0LH18:0001P1Y": {"CFQ7TTC0LH18", ""},
		"1010020027-12MO": {"1010020027", ""}, "1010020027": {"1010020027", ""},
	} {
		if got, ok := ParseOffer("", text); !ok || got != want {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "SPAMSENS-MON", "CFQ7TTC0LH1", "10100200", "2010020027-FLEX"} {
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

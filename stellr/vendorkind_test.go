package stellr

import "testing"

func TestVendorKinds(t *testing.T) {
	for _, test := range []struct {
		id, name string
		want     VendorKind
	}{
		{"Google", "", VendorGoogle}, {"google", "", VendorGoogle}, {"Microsoft", "", VendorMicrosoft}, {"MICROSOFT", "", VendorMicrosoft},
		{"4", "Microsoft", VendorMicrosoft}, {"4", "microsoft corporation", VendorMicrosoft}, {"4", "TD SYNNEX/MICROSOFT-CSP", VendorMicrosoft}, {"4", "Microsoft, Inc.", VendorMicrosoft},
		{"9", "Google LLC", VendorGoogle}, {"9", "(google)", VendorGoogle},
		{"Google", "Microsoft", VendorGoogle}, {"Microsoft", "Google", VendorMicrosoft}, {"9", "Google for Microsoft", VendorOther},
		{"31", "Acronis", VendorOther}, {"", "", VendorOther}, {"4", "Microsofty", VendorOther}, {"4", "Googlemail", VendorOther}, {"9", "NotGoogle", VendorOther}, {"9", "Google2", VendorOther},
		{"Microsoft 365", "", VendorOther}, {"9", "Micro soft", VendorOther},
	} {
		if got := KindOfVendor(test.id, test.name); got != test.want {
			t.Errorf("%q, %q: %s, want %s", test.id, test.name, got, test.want)
		}
	}
	got := []VendorKind{
		(&Subscription{VendorID: "4", VendorName: "Microsoft"}).VendorKind(), (&Subscription{VendorID: "Google"}).VendorKind(),
		(&Product{VendorID: "4", VendorName: "Microsoft"}).VendorKind(), (&Product{VendorID: "Google"}).VendorKind(),
		(&Vendor{VendorID: "4", Name: "Microsoft"}).VendorKind(), (&Vendor{VendorID: "Google"}).VendorKind(),
	}
	for i, kind := range got {
		if want := []VendorKind{VendorMicrosoft, VendorGoogle}[i%2]; kind != want {
			t.Errorf("record %d is %s's, want %s", i, kind, want)
		}
	}
}

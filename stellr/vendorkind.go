package stellr

import (
	"strings"
	"unicode"
)

// VendorKind is which vendor's rules a record goes by.
type VendorKind string

// The vendors whose rules are known. VendorOther stands for all others, and for one that cannot be told.
const (
	VendorMicrosoft VendorKind = "MICROSOFT"
	VendorGoogle    VendorKind = "GOOGLE"
	VendorOther     VendorKind = "OTHER"
)

// KindOfVendor tells which vendor it is: by the id, which is a name at least for Google (O; that it may be one for
// Microsoft, and that its case may differ, is A), or else by a name that holds the vendor's as a word (S). A name that
// holds both is neither's.
func KindOfVendor(vendorID, vendorName string) VendorKind {
	switch {
	case strings.EqualFold(vendorID, "Microsoft"):
		return VendorMicrosoft
	case strings.EqualFold(vendorID, "Google"):
		return VendorGoogle
	}
	microsoft, google := hasWord(vendorName, "Microsoft"), hasWord(vendorName, "Google")
	switch {
	case microsoft && !google:
		return VendorMicrosoft
	case google && !microsoft:
		return VendorGoogle
	}
	return VendorOther
}

func hasWord(text, word string) bool {
	between := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for one := range strings.FieldsFuncSeq(text, between) {
		if strings.EqualFold(one, word) {
			return true
		}
	}
	return false
}

// VendorKind is which vendor the subscription is of.
func (s *Subscription) VendorKind() VendorKind { return KindOfVendor(s.VendorID, s.VendorName) }

// VendorKind is which vendor the product is of.
func (p *Product) VendorKind() VendorKind { return KindOfVendor(p.VendorID, p.VendorName) }

// VendorKind is which vendor it is.
func (v *Vendor) VendorKind() VendorKind { return KindOfVendor(v.VendorID, v.Name) }

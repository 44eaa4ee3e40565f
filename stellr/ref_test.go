package stellr

import (
	"errors"
	"slices"
	"testing"
)

func TestRefsAreReadAsTheyWereWritten(t *testing.T) {
	for _, ref := range []Ref{
		{"Customer", []string{"100001"}}, {"Subscription", []string{"100001", "400423_1"}}, {"Agreement", []string{"1", "a/b%2F c+d"}},
		{"VendorAccount", []string{"RESELLER", "", "4", "", ""}}, {"Odd", []string{"ä☃\x00\xff"}},
	} {
		if got, err := ParseRef(ref.String()); err != nil || got.Kind != ref.Kind || !slices.Equal(got.Keys, ref.Keys) {
			t.Errorf("%q became %q: %v", ref, got, err)
		}
	}
	for _, word := range []string{"", "!", "Q3VzdG9tZXI", "Q3VzdG9tZXIvMQ=", "LzE", "Q3VzdG9tZXIvJTMx", "Q3VzdG9tZXIvJXg"} {
		if got, err := ParseRef(word); !errors.Is(err, ErrBadRef) {
			t.Errorf("%q became %q", word, got)
		}
	}
}

// Whatever comes as an id: it is refused, or it is the one word for its record.
func FuzzRef(f *testing.F) {
	for _, ref := range []Ref{{"Customer", []string{"100001"}}, {"Agreement", []string{"1", "a/b%2F c+d"}}, {"Odd", []string{"", "\xff"}}} {
		f.Add(ref.String())
	}
	f.Add("Q3VzdG9tZXIvJTMx") // Customer/%31
	f.Add("====")
	f.Fuzz(func(t *testing.T, word string) {
		ref, err := ParseRef(word)
		if err != nil {
			if !errors.Is(err, ErrBadRef) {
				t.Fatalf("%q: %v", word, err)
			}
			return
		}
		if ref.String() != word || ref.Kind == "" || len(ref.Keys) == 0 {
			t.Fatalf("%q became %q, which is %q", word, ref, ref.String())
		}
	})
}

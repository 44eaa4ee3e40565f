package stellr

import "testing"

// What is read as a reference is what the reference writes, letter by letter: a record has one id.
func FuzzRef(f *testing.F) {
	for _, seed := range []string{
		Ref{"Customer", []string{"100001"}}.String(), Ref{"Subscription", []string{"100001", "411833_1"}}.String(), Ref{"A", []string{"", "/", "%2F", "\x00", "ä"}}.String(),
		"", "=", "Q3VzdG9tZXI", "Q3VzdG9tZXIv", "Q3VzdG9tZXIvMTAwMDAx=", "Q3VzdG9tZXIvMTAwMDAy", "////", "LyUyZg", "Q3VzdG9tZXIvJTJm",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		ref, err := ParseRef(word)
		if err != nil {
			return
		}
		if ref.String() != word || ref.Kind == "" || len(ref.Keys) == 0 {
			t.Errorf("%q became %+v, which is %q", word, ref, ref.String())
		}
	})
}

package stellr

import (
	"encoding/json"
	"strings"
	"testing"
)

func wellFormedSeeds() []string {
	return []string{
		`{}`, `[]`, `{"a":1}`, ` { "a" : [ 1 , 2.5e-3 , -0 , "x\n\u00e9\"" , true , false , null , { } , [ ] ] } `, `"x"`, `1`, `null`,
		``, ` `, `{`, `}`, `[`, `]`, `{]`, `[}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[,1]`, `{,}`, `{1:2}`, `[1 2]`, `{"a":1 "b":2}`, `1 2`,
		`01`, `-`, `1.`, `.1`, `1e`, `1e+`, `+1`, `--1`, `0x1`, `1E5`, `nul`, `nulll`, `True`, `falsy`, `tru`, `"`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\n\"", `"\`,
		"[\"\x7f\"]", "{\"\x00\":1}", "\xef\xbb\xbf{}", `{"a":{"b":{"c":[[[[]]]]}}}`, `[[[[[[]]]]]`, `[]]`, `{"a":1}}`, "\"\xff\"",
		strings.Repeat("[", 100) + strings.Repeat("]", 100), strings.Repeat("[", 101) + strings.Repeat("]", 101),
		strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	}
}

// What is taken for JSON is what encoding/json takes for it, up to a depth.
func FuzzWellFormed(f *testing.F) {
	for _, seed := range wellFormedSeeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		valid := json.Valid(b)
		if want := valid && depthOf(b) <= maxDepth; wellFormed(b) != want {
			t.Errorf("%q: %v, want %v", b, !want, want)
		}
	})
}

func depthOf(b []byte) int {
	depth, deepest := 0, 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = stringEnd(b, i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

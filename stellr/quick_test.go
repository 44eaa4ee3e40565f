package stellr

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
)

// somewhat is a text of up to longest of the letters.
func somewhat(random *rand.Rand, letters string, longest int) string {
	text := make([]byte, random.IntN(longest+1))
	for i := range text {
		text[i] = letters[random.IntN(len(letters))]
	}
	return string(text)
}

// What is read the quick way is what the libraries read.
func TestQuickReadings(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	numbers, days := 0, 0
	for range 200_000 {
		text := somewhat(random, "00123456789.-", 20)
		if got, ok := shortDecimal(text); ok {
			numbers++
			if want, err := decimal.NewFromString(text); err != nil || got.String() != want.String() || got.Exponent() != want.Exponent() {
				t.Errorf("%q is read as %v; the library says %v, %v", text, got, want, err)
			}
		}
		text = fmt.Sprintf("%04d-%02d-%02d", random.IntN(2400), random.IntN(14), random.IntN(34))
		if random.IntN(4) == 0 {
			at := random.IntN(len(text))
			text = text[:at] + somewhat(random, "0-: /", 1) + text[at:]
			text = text[:len(dayLayout)]
		}
		got, ok := dayIn(text)
		want, err := time.Parse(dayLayout, text)
		if ok != (err == nil && !want.IsZero()) || ok && !got.Equal(want) {
			t.Errorf("%q is read as %v, %v; the library says %v, %v", text, got, ok, want, err)
		}
		if ok {
			days++
		}
	}
	if numbers < 10_000 || days < 10_000 {
		t.Errorf("only %d numbers and %d days were read", numbers, days)
	}
}

// An outline is the fields of the outermost object, and the names inside them before each.
func TestOutline(t *testing.T) {
	var told []string
	body := `{"a":1, "b" :{"c":{"deep":0},"\u0064":[{"deep":1}],"e":2}  ,"f":[{"g":"}"},3],"h":{},"i":[],"j":"\"", "k":{"l":{}}}`
	if !outline([]byte(body), func(name, value []byte) { told = append(told, fmt.Sprintf("%s=%s", name, value)) }) {
		t.Fatal("it is not well-formed")
	}
	want := []string{`a=1`, `c=`, `d=`, `e=`, `b={"c":{"deep":0},"\u0064":[{"deep":1}],"e":2}`, `f=[{"g":"}"},3]`, `h={}`, `i=[]`, `j="\""`, `l=`, `k={"l":{}}`}
	if fmt.Sprint(told) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", told, want)
	}
}

func FuzzOutline(f *testing.F) {
	for _, seed := range []string{oneCustomer, `{"a":{"b":1},"a":[{}],"":"\\\""}`, `[{"a":1}]`, `"a"`, " { \"a\"\n:\t1 , \"b\":{ }} "} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		told := map[string]string{}
		if !outline(body, func(name, value []byte) {
			if value != nil {
				told[string([]rune(string(name)))] = string(value)
			}
		}) {
			return
		}
		want := map[string]json.RawMessage{}
		if json.Unmarshal(body, &want) != nil {
			want = nil // it is no object
		}
		if len(told) != len(want) {
			t.Errorf("%q: told of %v, encoding/json of %v", body, told, want)
		}
		for name := range told {
			if told[name] != string(want[name]) {
				t.Errorf("%q: %q is told as %q, encoding/json has %q", body, name, told[name], want[name])
			}
		}
	})
}

// An answer is kept as it is told, whether its number fits before its data or not.
func TestPacked(t *testing.T) {
	for _, body := range []string{
		`{"requestId":"5ae5600a-0d56-4f11-a86c-1e46381a962d","data":{"total":1}}`, `{"requestId":"r","data":[]}`, " \n" + `{"data":{"a":1},"requestId":"comes late"}`,
		`{"requestId":"none"}`, `{"requestId":"null","data":null}`, `[{"a":1}]`, `{"data":7}`,
	} {
		raw := []byte(body)
		wrapped, ok := openEnvelope(raw)
		if !ok {
			t.Fatal(body)
		}
		id, data := strings.Clone(wrapped.requestID), bytes.Clone(wrapped.data)
		kind, got := unpacked(packed(keptFound, wrapped.requestID, &answer{body: raw, data: wrapped.data}))
		if kind != keptFound || got.requestID != id || !bytes.Equal(got.data, data) || wrapped.requestID != id {
			t.Errorf("%s: got %c %q %s, and %q is left of its number", body, kind, got.requestID, got.data, wrapped.requestID)
		}
	}
	long := []byte(`{"requestId":"r","debug":"` + strings.Repeat("x", 1<<20) + `","data":{"total":1}}`)
	wrapped, _ := openEnvelope(long)
	if raw := packed(keptFound, wrapped.requestID, &answer{body: long, data: wrapped.data}); string(raw) != "+r\n{\"total\":1}" || &raw[0] == &long[cap(long)-cap(wrapped.data)-3] {
		t.Errorf("a megabyte is kept for %q", raw)
	}
	kind, got := unpacked(packed(keptMissing, "r", &answer{}))
	if kind != keptMissing || got.requestID != "r" || got.data != nil {
		t.Errorf("got %c %q %s", kind, got.requestID, got.data)
	}
}

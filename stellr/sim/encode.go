package sim

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// encoder writes stellr's records as the wire has them: names from their json tags, ids marked wire:"int" as integers
// where they are numeric, prices as numbers, absent values left out or null.
type encoder struct {
	seed   uint64
	quirks Quirks
	plans  map[reflect.Type][]wireField // complete after newEncoder; only read from then on
}

type wireField struct {
	index   int
	name    string
	aliases []string
	wire    string // the wire tag: int, yn or nothing
}

func newEncoder(seed uint64, quirks Quirks) *encoder {
	e := &encoder{seed, quirks, map[reflect.Type][]wireField{}}
	for _, record := range []any{
		stellr.Customer{}, stellr.Subscription{}, stellr.Product{}, stellr.Vendor{}, stellr.VendorAccount{}, stellr.Invoice{},
		stellr.AzureConsumption{}, stellr.Agreement{}, stellr.SubscribedUser{}, stellr.ChangeLogEntry{}, stellr.Operation{},
		stellr.RenewalOptions{}, stellr.AccountCheckResult{}, stellr.Accepted{}, stellr.Ordered{},
	} {
		e.learn(reflect.TypeOf(record))
	}
	return e
}

// learn reads the tags of a record's type and of the records within it.
func (e *encoder) learn(t reflect.Type) {
	if _, known := e.plans[t]; known {
		return
	}
	e.plans[t] = nil
	var fields []wireField
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || name == "" {
			continue
		}
		var aliases []string
		if list := f.Tag.Get("alias"); list != "" {
			aliases = strings.Split(list, ",")
		}
		fields = append(fields, wireField{i, name, aliases, f.Tag.Get("wire")})
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct && f.Type.Elem() != reflect.TypeFor[stellr.Date]() {
			e.learn(f.Type.Elem())
		}
	}
	e.plans[t] = fields
}

// record encodes one record of stellr's. The key says which record it is: what is quirky about it depends on that.
func (e *encoder) record(record any, key string) []byte {
	v := reflect.Indirect(reflect.ValueOf(record))
	return e.appendRecord(make([]byte, 0, 512), v, e.styleOf(v.Type(), key))
}

func (e *encoder) appendRecord(b []byte, v reflect.Value, s style) []byte {
	b = append(b, '{')
	for _, f := range e.plans[v.Type()] {
		start := len(b)
		if start > 0 && b[start-1] != '{' {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, s.nameOf(f)...)
		b = append(b, '"', ':')
		value := len(b)
		if b = e.appendValue(b, v.Field(f.index), f, s); len(b) > value {
			continue
		}
		if s.nulls {
			b = append(b, "null"...)
		} else {
			b = b[:start]
		}
	}
	return append(s.appendExtras(b), '}')
}

// appendValue adds nothing for a value that is absent.
func (e *encoder) appendValue(b []byte, v reflect.Value, f wireField, s style) []byte {
	switch value := v.Interface().(type) {
	case string:
		return appendWord(b, value, f.wire == "int" && !s.idsAsText)
	case *int:
		if value == nil {
			return b
		}
		return s.appendNumber(b, strconv.Itoa(*value))
	case int:
		return s.appendNumber(b, strconv.Itoa(value))
	case *decimal.Decimal:
		if value == nil {
			return b
		}
		return s.appendNumber(b, value.String())
	case *bool:
		return appendBool(b, value, f.wire == "yn")
	case stellr.Date:
		return s.appendDate(b, value)
	case time.Time:
		return s.appendTime(b, value)
	}
	if v.Kind() != reflect.Slice || v.IsNil() {
		return b
	}
	b = append(b, '[')
	for i := range v.Len() {
		if i > 0 {
			b = append(b, ',')
		}
		if v.Type().Elem().Kind() == reflect.Struct && e.plans[v.Type().Elem()] != nil {
			b = e.appendRecord(b, v.Index(i), s.within())
		} else {
			b = e.appendValue(b, v.Index(i), wireField{}, s)
		}
	}
	return append(b, ']')
}

func appendBool(b []byte, value *bool, yesNo bool) []byte {
	switch {
	case value == nil:
		return b
	case yesNo && *value:
		return append(b, `"Y"`...)
	case yesNo:
		return append(b, `"N"`...)
	}
	return strconv.AppendBool(b, *value)
}

// appendWord writes a text, or an integer where the wire has one and the text is one.
func appendWord(b []byte, word string, integer bool) []byte {
	if word == "" {
		return b
	}
	if integer && isInteger(word) {
		return append(b, word...)
	}
	return appendText(b, word)
}

func appendText(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, _ := json.Marshal(text) // a string cannot fail
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// isInteger says whether JSON would write the word as an integer without losing anything.
func isInteger(word string) bool {
	if word == "" || len(word) > 15 || word[0] == '0' && len(word) > 1 {
		return false
	}
	for i := range len(word) {
		if word[i] < '0' || word[i] > '9' {
			return false
		}
	}
	return true
}

package stellr

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
)

// encode is the body of a write. It is json.Marshal, but that ids which are integers on the wire (wire:"int") go as
// such, and that days which are not set are left out.
func encode(body any) ([]byte, error) {
	return json.Marshal(wireValue(reflect.ValueOf(body)))
}

// object keeps the order of its fields.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			out = append(out, ',')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		out = append(strconv.AppendQuote(out, m.name), ':')
		out = append(out, value...)
	}
	return append(out, '}'), nil
}

func wireValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return wireValue(v.Elem())
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = wireValue(v.Index(i))
		}
		return list
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Date]() {
			return v.Interface()
		}
		return wireObject(v)
	}
	return v.Interface()
}

func wireObject(v reflect.Value) object {
	var out object
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		inner := v.Field(i)
		_, isDate := inner.Interface().(Date)
		if name == "-" || inner.IsZero() && (options == "omitempty" || isDate) {
			continue
		}
		if text := inner.String(); f.Tag.Get("wire") == "int" && isWireInt(text) {
			out = append(out, member{name, json.Number(text)})
			continue
		}
		out = append(out, member{name, wireValue(inner)})
	}
	return out
}

// isWireInt says whether a text is an integer that survives the way: no leading zero, no more than 18 digits.
func isWireInt(text string) bool {
	n, err := strconv.ParseUint(text, 10, 63)
	return err == nil && len(text) <= 18 && strconv.FormatUint(n, 10) == text
}

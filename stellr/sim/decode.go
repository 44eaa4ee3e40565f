package sim

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"stellr-gateway/stellr"
)

// readBody fills one of stellr's request bodies. An id may come as a number or as a text, and so may a number (A);
// members that nobody knows are ignored.
func (q *call) readBody(target any) *refusal {
	if len(strings.TrimSpace(string(q.body))) == 0 {
		return badRequest("A JSON body is required")
	}
	if why := fill(q.body, reflect.ValueOf(target).Elem()); why != "" {
		return badRequest(why)
	}
	return nil
}

// fill tells what is wrong with the JSON, or nothing.
func fill(raw []byte, v reflect.Value) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return "A JSON object is required"
	}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		value, there := members[name]
		if !there || string(value) == "null" {
			continue
		}
		if why := fillField(value, v.Field(i)); why != "" {
			return name + ": " + why
		}
	}
	return ""
}

func fillField(raw json.RawMessage, field reflect.Value) string {
	var word string
	isText := json.Unmarshal(raw, &word) == nil
	if !isText {
		word = string(raw)
	}
	switch {
	case field.Type() == reflect.TypeFor[*stellr.Date]() || field.Type() == reflect.TypeFor[stellr.Date]():
		return fillDate(word, field)
	case field.Kind() == reflect.String:
		if !isText && !isInteger(word) {
			return "must be a text"
		}
		field.SetString(word)
	case field.Kind() == reflect.Int:
		n, err := strconv.Atoi(word)
		if err != nil {
			return "must be a whole number"
		}
		field.SetInt(int64(n))
	case field.Kind() == reflect.Slice:
		return fillSlice(raw, field)
	default:
		if json.Unmarshal(raw, field.Addr().Interface()) != nil {
			return "is of the wrong kind"
		}
	}
	return ""
}

func fillDate(word string, field reflect.Value) string {
	if word == "" {
		return ""
	}
	day, err := stellr.ParseDate(word)
	if err != nil {
		return "must be a date of the form yyyy-MM-dd"
	}
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.ValueOf(&day))
	} else {
		field.Set(reflect.ValueOf(day))
	}
	return ""
}

func fillSlice(raw json.RawMessage, field reflect.Value) string {
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) != nil {
		return "must be a list"
	}
	field.Set(reflect.MakeSlice(field.Type(), len(elements), len(elements)))
	for i, element := range elements {
		if why := fill(element, field.Index(i)); why != "" {
			return strconv.Itoa(i) + ": " + why
		}
	}
	return ""
}

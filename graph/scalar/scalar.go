// Package scalar says how the schema's scalars are written and read.
//
// Text, ids, days and moments that are empty are written as null: Stellr leaves out, nulls and empties fields at
// will, and all three mean that nothing was told.
package scalar

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// MarshalString writes text; null when there is none.
func MarshalString(s string) graphql.Marshaler {
	if s == "" {
		return graphql.Null
	}
	return graphql.MarshalString(s)
}

// UnmarshalString reads a JSON string and nothing else.
func UnmarshalString(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	return "", errors.New("a string is needed")
}

// MarshalID writes an id as a string; null when there is none.
func MarshalID(s string) graphql.Marshaler { return MarshalString(s) }

// UnmarshalID reads an id from a string or a whole number: the keys of Stellr look like numbers, and people write
// them so.
func UnmarshalID(v any) (string, error) {
	switch id := v.(type) {
	case string:
		return id, nil
	case json.Number:
		if _, err := strconv.ParseInt(string(id), 10, 64); err == nil {
			return string(id), nil
		}
	case int64:
		return strconv.FormatInt(id, 10), nil
	case int:
		return strconv.Itoa(id), nil
	}
	return "", errors.New("an id is needed: a string or a whole number")
}

// MarshalDecimal writes an exact decimal as a string.
func MarshalDecimal(d decimal.Decimal) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, `"`+d.String()+`"`) })
}

// UnmarshalDecimal reads an exact decimal from a string of at most 40 characters, or from a number.
func UnmarshalDecimal(v any) (decimal.Decimal, error) {
	var text string
	switch d := v.(type) {
	case string:
		text = d
	case json.Number:
		text = string(d)
	case int64:
		return decimal.NewFromInt(d), nil
	}
	if d, err := decimal.NewFromString(text); err == nil && len(text) <= 40 && d.Exponent() > -30 && d.Exponent() < 30 {
		return d, nil
	}
	return decimal.Decimal{}, errors.New(`a decimal number is needed, such as "17.63"`)
}

// MarshalDate writes yyyy-mm-dd; null for no date.
func MarshalDate(d stellr.Date) graphql.Marshaler { return MarshalString(d.String()) }

// UnmarshalDate reads yyyy-mm-dd.
func UnmarshalDate(v any) (stellr.Date, error) {
	if s, ok := v.(string); ok {
		if d, err := stellr.ParseDate(s); err == nil && !d.IsZero() {
			return d, nil
		}
	}
	return stellr.Date{}, errors.New(`a date of the form "yyyy-mm-dd" is needed`)
}

// MarshalDateTime writes RFC 3339 in UTC; null for no time.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	if t.IsZero() {
		return graphql.Null
	}
	return graphql.MarshalString(t.UTC().Format(time.RFC3339Nano))
}

// UnmarshalDateTime reads RFC 3339.
func UnmarshalDateTime(v any) (time.Time, error) {
	if s, ok := v.(string); ok {
		if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New(`a time such as "2026-07-09T15:21:25Z" is needed`)
}

// MarshalJSON writes any JSON as it is; null for none.
func MarshalJSON(raw json.RawMessage) graphql.Marshaler {
	if len(raw) == 0 {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) { _, _ = w.Write(raw) })
}

// UnmarshalJSON reads any JSON.
func UnmarshalJSON(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, errors.New("this cannot be written as JSON")
	}
	return raw, nil
}

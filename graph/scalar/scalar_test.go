package scalar

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/shopspring/decimal"

	"stellr-gateway/stellr"
)

// TestWritten is how values look in an answer.
func TestWritten(t *testing.T) {
	boston := time.FixedZone("", -4*3600)
	for want, value := range map[string]graphql.Marshaler{
		`"a\"b"`:                     MarshalString(`a"b`),
		`null`:                       MarshalString(""),
		`"100001"`:                   MarshalID("100001"),
		`"17.63"`:                    MarshalDecimal(decimal.RequireFromString("17.63")),
		`"-0.1"`:                     MarshalDecimal(decimal.RequireFromString("-0.10").Round(1)),
		`"2026-07-09"`:               MarshalDate(stellr.NewDate(2026, 7, 9)),
		`"2026-07-09T15:21:25Z"`:     MarshalDateTime(time.Date(2026, 7, 9, 11, 21, 25, 0, boston)),
		`"2026-07-09T15:21:25.733Z"`: MarshalDateTime(time.Date(2026, 7, 9, 11, 21, 25, 733e6, boston)),
	} {
		var got bytes.Buffer
		if value.MarshalGQL(&got); got.String() != want {
			t.Errorf("%s, want %s", got.String(), want)
		}
	}
	var got bytes.Buffer
	MarshalDate(stellr.Date{}).MarshalGQL(&got)
	MarshalDateTime(time.Time{}).MarshalGQL(&got)
	if got.String() != "nullnull" {
		t.Error(got.String())
	}
}

// TestRead takes what a scalar is, and refuses everything else.
func TestRead(t *testing.T) {
	read := map[string]func(any) (any, error){
		"String":   func(v any) (any, error) { return UnmarshalString(v) },
		"ID":       func(v any) (any, error) { return UnmarshalID(v) },
		"Decimal":  func(v any) (any, error) { d, err := UnmarshalDecimal(v); return d.String(), err },
		"Date":     func(v any) (any, error) { d, err := UnmarshalDate(v); return d.String(), err },
		"DateTime": func(v any) (any, error) { d, err := UnmarshalDateTime(v); return d.UTC().Format(time.RFC3339), err },
	}
	for _, test := range []struct {
		scalar    string
		value     any
		want      any
		different bool
	}{
		{"String", "a", "a", false},
		{"String", 1, nil, true},
		{"String", nil, nil, true},
		{"ID", "411833_1", "411833_1", false},
		{"ID", int64(100001), "100001", false},
		{"ID", json.Number("100001"), "100001", false},
		{"ID", json.Number("1.5"), nil, true},
		{"ID", true, nil, true},
		{"Decimal", "17.63", "17.63", false},
		{"Decimal", json.Number("17.63"), "17.63", false},
		{"Decimal", "1e999999999", nil, true},
		{"Decimal", "", nil, true},
		{"Decimal", "NaN", nil, true},
		{"Date", "2026-07-09", "2026-07-09", false},
		{"Date", "2026-02-30", nil, true},
		{"Date", "2026-07-09T00:00:00Z", nil, true},
		{"DateTime", "2026-07-09T11:21:25-04:00", "2026-07-09T15:21:25Z", false},
		{"DateTime", "2026-07-09", nil, true},
	} {
		got, err := read[test.scalar](test.value)
		if (err != nil) != test.different || err == nil && got != test.want {
			t.Errorf("%s %v: %v, %v", test.scalar, test.value, got, err)
		}
	}
}

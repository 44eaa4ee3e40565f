package sim

import (
	"reflect"
	"time"

	"stellr-gateway/stellr"
)

// SecretMark is in every credential that the sandbox lets slip into a record (D that they can carry some). Whoever
// shows or logs a record must not show this.
const SecretMark = "sim-credential"

// style is how one record is written. Records of one type differ on the real wire too, and that must not matter.
type style struct {
	nulls         bool // absent values are null, not missing
	numbersAsText bool
	idsAsText     bool
	longDates     bool // a day comes as a timestamp
	alias         int  // 0: the usual names; n: the n-th alias of a field that has as many
	extra         string
	secret        string
	local         bool // timestamps as 2026-07-09T11:21:25.733-0400, not …Z
}

func (e *encoder) styleOf(t reflect.Type, key string) style {
	d := throw(e.seed, "style "+t.Name()+" "+key)
	s := style{nulls: d.percent(50)}
	s.local = t == reflect.TypeFor[stellr.ChangeLogEntry]() || t == reflect.TypeFor[stellr.Operation]()
	if e.quirks == QuirksNone || e.quirks == QuirksSome && !d.percent(17) {
		return s
	}
	s.numbersAsText, s.idsAsText = d.percent(60), d.percent(50)
	s.longDates = d.percent(30)
	s.alias = pick(d, 0, 1, 1, 2)
	s.extra = pick(d, "", "lastModifiedBy", "x_internalFlags")
	s.local = s.local != d.percent(50)
	if t == reflect.TypeFor[stellr.Customer]() || t == reflect.TypeFor[stellr.VendorAccount]() {
		s.secret = pick(d, "adminPassword", "apiKey", "clientSecret", "refreshToken")
	}
	return s
}

// within is the style of records inside this one: the extras stay outside.
func (s style) within() style {
	s.extra, s.secret = "", ""
	return s
}

func (s style) nameOf(f wireField) string {
	if s.alias > 0 && s.alias <= len(f.aliases) {
		return f.aliases[s.alias-1]
	}
	return f.name
}

func (s style) appendNumber(b []byte, number string) []byte {
	if s.numbersAsText {
		return appendText(b, number)
	}
	return append(b, number...)
}

func (s style) appendDate(b []byte, d stellr.Date) []byte {
	if d.IsZero() {
		return b
	}
	b = append(b, '"')
	b = append(b, d.String()...)
	if s.longDates {
		b = append(b, "T00:00:00Z"...)
	}
	return append(b, '"')
}

func (s style) appendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = append(b, '"')
	if s.local {
		b = t.In(time.FixedZone("", -4*3600)).AppendFormat(b, "2006-01-02T15:04:05.000-0700")
	} else {
		b = t.UTC().AppendFormat(b, "2006-01-02T15:04:05Z")
	}
	return append(b, '"')
}

func (s style) appendExtras(b []byte) []byte {
	if s.extra != "" {
		b = append(b, `,"`+s.extra+`":{"flags":[1,"2"],"note":null}`...)
	}
	if s.secret != "" {
		b = append(b, `,"`+s.secret+`":"`+SecretMark+`-4f9a"`...)
	}
	return b
}

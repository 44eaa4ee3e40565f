package stellr

import (
	"fmt"
	"time"
)

// Date is a calendar day without a time of day. The zero value is no date.
type Date struct{ day time.Time }

const dayLayout = "2006-01-02"

// NewDate is the day of the given year, month and day of the month.
func NewDate(year int, month time.Month, day int) Date {
	return Date{time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}

// DateOf is the day in UTC on which t falls; no date for the zero time.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return NewDate(t.UTC().Date())
}

// ParseDate reads yyyy-mm-dd.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(dayLayout, s)
	if err != nil {
		return Date{}, fmt.Errorf("not a date of the form yyyy-mm-dd: %q", s)
	}
	return Date{t}, nil
}

// IsZero says that there is no date.
func (d Date) IsZero() bool { return d.day.IsZero() }

// Before says whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.day.Before(other.day) }

// Time is the beginning of the day in UTC.
func (d Date) Time() time.Time { return d.day }

// AddDays is the day n days later.
func (d Date) AddDays(n int) Date { return Date{d.day.AddDate(0, 0, n)} }

// DaysUntil is how many days later other is; below 0 where it is earlier.
func (d Date) DaysUntil(other Date) int { return int(other.day.Sub(d.day).Hours() / 24) }

// String is yyyy-mm-dd, or nothing for no date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.day.Format(dayLayout)
}

// MarshalText writes yyyy-mm-dd.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d = Date{}
	if len(text) > 0 {
		*d, err = ParseDate(string(text))
	}
	return err
}

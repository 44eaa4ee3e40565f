package stellr

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Tolerant readings of single values. Each says whether the value could be read; one that could not be is taken as not
// told. None of them guesses: "1,234" is an integer but no amount, because in Brazil it is one and a bit.

const (
	maxDigits   = 40 // of a number
	maxExponent = 40 // of ten
)

// textOf reads a string, or the exact digits of a number: ids come as numbers.
func textOf(value []byte) (string, bool) {
	switch kindOf(value) {
	case '"':
		return strings.TrimSpace(stringOf(value)), true
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		if !isWhole(value) {
			d, ok := decimalOf(value)
			return d.String(), ok
		}
		return shared(value), len(value) <= maxDigits
	}
	return "", false
}

// isWhole says whether a number is written as a whole one.
func isWhole(number []byte) bool {
	for _, c := range number {
		if !isDigit(c) && c != '-' {
			return false
		}
	}
	return true
}

// groupedNumber has commas between its thousands; clearGroups is what cannot be a comma before decimals.
var (
	groupedNumber = regexp.MustCompile(`^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$`)
	clearGroups   = regexp.MustCompile(`(,\d{3}){2}|\.`)
)

// decimalOf reads a number or a string that holds one. Thousands may be grouped with commas where nothing else can be
// meant: 1,234.50 and 1,234,567.
func decimalOf(value []byte) (decimal.Decimal, bool) { return numberOf(value, false) }

func numberOf(value []byte, whole bool) (decimal.Decimal, bool) {
	text := shared(value)
	switch kindOf(value) {
	case '"':
		text = strings.TrimSpace(stringOf(value))
	case 't', 'f', 'n', '{', '[', 0:
		return decimal.Decimal{}, false
	}
	if len(text) > 2*maxDigits {
		return decimal.Decimal{}, false
	}
	if strings.Contains(text, ",") && groupedNumber.MatchString(text) && (whole || clearGroups.MatchString(text)) {
		text = strings.ReplaceAll(text, ",", "")
	}
	if d, ok := shortDecimal(text); ok { // nearly always
		return d, true
	}
	d, err := decimal.NewFromString(text)
	if err != nil || d.Exponent() > maxExponent || d.Exponent() < -maxExponent || d.NumDigits() > maxDigits {
		return decimal.Decimal{}, false
	}
	return d, true
}

// shortDecimal reads a number whose digits are an int64, written with nothing but a sign and a point.
func shortDecimal(text string) (decimal.Decimal, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 18 {
		return decimal.Decimal{}, false
	}
	number, decimals := int64(0), -1
	for i := range len(digits) {
		switch c := digits[i]; {
		case isDigit(c):
			number = 10*number + int64(c-'0')
		case c == '.' && decimals < 0 && i > 0 && i < len(digits)-1:
			decimals = len(digits) - 1 - i
		default:
			return decimal.Decimal{}, false
		}
	}
	if len(digits) < len(text) {
		number = -number
	}
	return decimal.New(number, -int32(max(decimals, 0))), true
}

// intOf reads a whole number, also written as 10.0, "10" or "1,234".
func intOf(value []byte) (int, bool) {
	if n, err := strconv.Atoi(string(value)); err == nil { // nearly always
		return n, true
	}
	d, ok := numberOf(value, true)
	if !ok || !d.IsInteger() || !d.BigInt().IsInt64() {
		return 0, false
	}
	return int(d.IntPart()), true
}

// boolOf reads true, 1, Y, yes and their opposites, in any case.
func boolOf(value []byte) (read, ok bool) {
	word := string(value)
	if kindOf(value) == '"' {
		word = strings.TrimSpace(stringOf(value))
	}
	switch strings.ToLower(word) {
	case "true", "1", "y", "yes", "t":
		return true, true
	case "false", "0", "n", "no", "f":
		return false, true
	}
	return false, false
}

// timeOf reads the forms of a timestamp that were met, as UTC. Without an offset it is UTC; a day is its beginning.
func timeOf(value []byte) (time.Time, bool) {
	t, ok := stampOf(value)
	return t.UTC(), ok
}

// stampOf keeps the offset.
func stampOf(value []byte) (time.Time, bool) {
	if kindOf(value) != '"' {
		return time.Time{}, false
	}
	text := strings.TrimSpace(stringOf(value))
	if len(text) < len(dayLayout) || len(text) > 40 {
		return time.Time{}, false
	}
	if len(text) == len(dayLayout) { // mostly
		return dayIn(text)
	}
	if text[len(dayLayout)] == ' ' {
		text = text[:len(dayLayout)] + "T" + strings.ReplaceAll(text[len(dayLayout)+1:], " ", "")
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04Z0700", "2006-01-02T15:04"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, !t.IsZero()
		}
	}
	return time.Time{}, false
}

// dayIn reads yyyy-mm-dd, in a fifth of the time that time.Parse needs.
func dayIn(text string) (time.Time, bool) {
	for i := range len(text) {
		if isDash := i == 4 || i == 7; isDash && text[i] != '-' || !isDash && !isDigit(text[i]) {
			return time.Time{}, false
		}
	}
	two := func(i int) int { return 10*int(text[i]-'0') + int(text[i+1]-'0') }
	month, day := time.Month(two(5)), two(8)
	t := time.Date(100*two(0)+two(2), month, day, 0, 0, 0, 0, time.UTC)
	return t, t.Month() == month && t.Day() == day && !t.IsZero()
}

// dateOf reads a day, or the day of a timestamp as it is written there, in the timestamp's own offset.
func dateOf(value []byte) (Date, bool) {
	t, ok := stampOf(value)
	if !ok {
		return Date{}, false
	}
	return NewDate(t.Date()), true
}

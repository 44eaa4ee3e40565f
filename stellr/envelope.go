package stellr

import (
	"bytes"
	"strings"
)

// envelope is what is around every answer (O, D for the errors).
type envelope struct {
	requestID       string
	data            []byte // nil where absent or null
	failed          bool   // it carries an error, whatever its HTTP status says
	message, detail string
	suspect         bool // a name inside of it is one under which a failure is reported
}

// openEnvelope reads an answer's outside. It is not ok when the answer is not one JSON object; a bare array is taken
// for the data.
func openEnvelope(body []byte) (e envelope, ok bool) {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")))
	if kindOf(body) != '{' && kindOf(body) != '[' || !outline(body, e.take) {
		return envelope{}, false
	}
	if kindOf(body) == '[' {
		return envelope{data: body}, true
	}
	if e.suspect {
		e.readDataError() // which looks at all of the data once more
	}
	return e, true
}

// take takes a field of the outermost object, or the name of one that is inside it.
func (e *envelope) take(name, value []byte) {
	switch {
	case value == nil:
		e.suspect = e.suspect || is(name, "bizError") || is(name, "errorMessage") || is(name, "errorDetail")
	case is(name, "requestId"):
		e.requestID = safeID(value)
	case is(name, "data"):
		if !isNull(value) {
			e.data = value
		}
	default:
		e.readError(name, value)
	}
}

// readError takes the field if it is one of those in which Stellr reports a failure (D).
func (e *envelope) readError(name, value []byte) {
	switch {
	case is(name, "errorMessage"):
		e.failed = e.failed || says(value)
		inherit(&e.message, wordsOf(value))
	case is(name, "errorDetail"):
		e.failed = e.failed || says(value)
		inherit(&e.detail, wordsOf(value))
	case is(name, "bizError"):
		e.readBizError(value)
	}
}

// readBizError reads the nested form (D), whose inner names differ.
func (e *envelope) readBizError(value []byte) {
	if kindOf(value) == '"' && says(value) {
		e.failed = true
		inherit(&e.message, wordsOf(value))
	}
	eachField(value, func(name, inner []byte) {
		switch {
		case is(name, "errorMessage"), is(name, "message"), is(name, "errorMsg"):
			inherit(&e.message, wordsOf(inner))
		case is(name, "errorDetail"), is(name, "detail"), is(name, "description"):
			inherit(&e.detail, wordsOf(inner))
		}
		e.failed = e.failed || says(inner)
	})
}

// readDataError finds a failure that is inside data: a bizError, or an errorMessage with nothing else beside it.
func (e *envelope) readDataError() {
	var inside envelope
	others := 0
	eachField(e.data, func(name, value []byte) {
		switch {
		case is(name, "bizError"):
			e.readBizError(value)
		case is(name, "errorMessage"), is(name, "errorDetail"):
			inside.readError(name, value)
		case says(value):
			others++
		}
	})
	if inside.failed && others == 0 {
		e.failed = true
		inherit(&e.message, inside.message)
		inherit(&e.detail, inside.detail)
	}
}

func is(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}

// says is whether a value holds anything: not null, false, 0, "", "0", {} or [].
func says(value []byte) bool {
	switch kindOf(value) {
	case 0, 'n', 'f':
		return false
	case '"':
		text := strings.TrimSpace(stringOf(value))
		return text != "" && text != "0"
	case '{', '[':
		return skipSpace(value, 1) < len(value)-1
	}
	return string(value) != "0"
}

// wordsOf is a text, or the JSON of anything else that says something.
func wordsOf(value []byte) string {
	switch {
	case !says(value):
		return ""
	case kindOf(value) == '"':
		return strings.TrimSpace(stringOf(value))
	}
	return string(value)
}

// safeID is a request number that can be logged and shown: short, and printable without spaces.
func safeID(value []byte) string {
	id, _ := textOf(value)
	if len(id) > 128 || !printable(id) {
		return ""
	}
	return strings.Clone(id) // which outlives the answer
}

// eachRow calls f with where each record of a page begins in data; f answers where it ends. It answers the total that the
// page tells; -1 where it does not. It is not ok when data is no page. A bare array is one too. Of two lists of records, which
// Stellr was never seen to send, the first counts.
func eachRow(data []byte, f func(i int) (end int)) (total int, ok bool) {
	total = -1
	if kindOf(data) == '[' || data == nil {
		if data != nil {
			walkElements(data, 0, f)
		}
		return total, true
	}
	told, read := false, false
	walkFields(data, func(name []byte, i int) int {
		switch {
		case is(name, "records"):
			told = true
			if !read && kindOf(data[i:]) == '[' {
				read = true
				return walkElements(data, i, f)
			}
		case is(name, "total"):
			told = true
			if n, ok := intOf(data[i:valueEnd(data, i)]); ok && n >= 0 {
				total = n
			}
		}
		return valueEnd(data, i)
	})
	return total, told || kindOf(data) == '{' && !says(data)
}

package stellr

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
	"unsafe"
)

// A reader of JSON that was checked before. It walks over the bytes without building a tree, so that a page of two
// hundred records costs little more than the records themselves.

const maxDepth = 100 // of nesting in an answer

// stringEnd is the index after the string that begins at i.
func stringEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '"':
			return i + 1
		case '\\':
			i++
		}
	}
	return len(b)
}

// valueEnd is the index after the value that begins at i.
func valueEnd(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = stringEnd(b, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth <= 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r', ':':
		default:
			i = wordEnd(b, i)
			if depth == 0 {
				return i
			}
			continue
		}
		i++
	}
	return len(b)
}

// wordEnd is the index after the number, true, false or null that begins at i.
func wordEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case ',', ']', '}', ' ', '\t', '\n', '\r':
			return i
		}
	}
	return len(b)
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\n' || b[i] == '\r') {
		i++
	}
	return i
}

// kindOf is the first byte of a value: { [ " t f n, - or a digit; 0 for nothing.
func kindOf(value []byte) byte {
	if len(value) == 0 {
		return 0
	}
	return value[0]
}

func isNull(value []byte) bool { return kindOf(value) == 'n' || kindOf(value) == 0 }

// eachField calls f with every field of an object, in order. It does nothing for other values.
func eachField(object []byte, f func(name, value []byte)) {
	walkFields(object, func(name []byte, i int) int {
		end := valueEnd(object, i)
		f(name, object[i:end])
		return end
	})
}

// walkFields calls f with the name of every field of an object and where its value begins; f answers where it ends.
func walkFields(object []byte, f func(name []byte, i int) (end int)) {
	if kindOf(object) != '{' {
		return
	}
	i := skipSpace(object, 1)
	for i < len(object) && object[i] == '"' {
		end := stringEnd(object, i)
		name := nameOf(object[i:end])
		i = skipSpace(object, end) + 1 // the colon
		i = behindComma(object, f(name, skipSpace(object, i)))
	}
}

// nameOf is the name of a field as it is meant.
func nameOf(quoted []byte) []byte {
	if plain := quoted[1 : len(quoted)-1]; bytes.IndexByte(plain, '\\') < 0 {
		return plain
	}
	return []byte(stringOf(quoted))
}

// behindComma is where the next field or element begins, or where there is no other, after a value that ended at i.
func behindComma(b []byte, i int) int {
	if i = skipSpace(b, i); i < len(b) && b[i] == ',' {
		i = skipSpace(b, i+1)
	}
	return i
}

// eachElement calls f with every element of an array, in order. It does nothing for other values.
func eachElement(array []byte, f func(value []byte)) {
	if kindOf(array) == '[' {
		walkElements(array, 0, func(i int) int {
			end := valueEnd(array, i)
			f(array[i:end])
			return end
		})
	}
}

// walkElements calls f with where every element begins of the array that begins at i; f answers where it ends. It answers
// where the array ends.
func walkElements(array []byte, i int, f func(i int) (end int)) (end int) {
	i = skipSpace(array, i+1)
	for i < len(array) && array[i] != ']' {
		i = behindComma(array, f(i))
	}
	return i + 1
}

// stringOf is the text of a JSON string. Bytes that are not UTF-8 become the replacement character. Text that stands there as
// it is shares the answer's memory, which nobody writes to after it was read: most of a record is such text, and to copy
// each of them takes longer than all the rest.
func stringOf(value []byte) string {
	plain := value[1 : len(value)-1]
	simple := true
	for _, c := range plain {
		simple = simple && c != '\\' && c < utf8.RuneSelf
	}
	switch {
	case simple:
		return shared(plain)
	case bytes.IndexByte(plain, '\\') >= 0:
	case utf8.Valid(plain):
		return shared(plain)
	default:
		return string([]rune(string(plain)))
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return ""
	}
	return text
}

// shared is the text of some bytes, in their own memory.
func shared(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

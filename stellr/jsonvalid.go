package stellr

import "encoding/binary"

// wellFormed says whether b is one JSON value (RFC 8259) that is not nested too deeply.
func wellFormed(b []byte) bool { return outline(b, nil) }

// outline is wellFormed, which tells what it comes by: the fields of the outermost object, and the names of those that are
// one deeper, with no value, before the field around them. What it told is of no use where b is not well-formed.
//
// All that is read here goes through it, so it is quicker than encoding/json, in one go with the depth.
func outline(b []byte, tell func(name, value []byte)) bool {
	var inside [maxDepth]byte // the openings around the present value
	depth, told := 0, outliner{tell: tell}
	for i := skipSpace(b, 0); i < len(b); {
		opens := b[i]
		switch opens { // a value begins here
		case '{', '[':
			if depth == maxDepth {
				return false
			}
			inside[depth] = opens
			depth++
			if i = skipSpace(b, i+1); i < len(b) && b[i] == opens+2 { // the closing one
				depth--
				i++
				break
			}
			if opens == '{' {
				i = told.keyEnd(b, i, depth)
			}
			continue
		case '"':
			i = textEnd(b, i)
		default:
			i = plainEnd(b, i)
		}
		for { // a value has ended
			if depth == 1 && inside[0] == '{' {
				told.valueEnd(b, i)
			}
			i = skipSpace(b, i)
			if depth == 0 || i >= len(b) {
				return depth == 0 && i == len(b)
			}
			around := inside[depth-1]
			if b[i] == ',' {
				if i = skipSpace(b, i+1); around == '{' {
					i = told.keyEnd(b, i, depth)
				}
				break
			}
			if b[i] != around+2 {
				return false
			}
			depth--
			i++
		}
	}
	return false
}

// outliner is where the present field of the outermost object begins, and its value.
type outliner struct {
	tell       func(name, value []byte)
	key, value int
}

// keyEnd is keyEnd of a key that stands so deep.
func (o *outliner) keyEnd(b []byte, i, depth int) int {
	end := keyEnd(b, i)
	switch {
	case depth > 2 || o.tell == nil || end >= len(b):
	case depth == 2:
		o.tell(nameOf(b[i:stringEnd(b, i)]), nil)
	default:
		o.key, o.value = i, end
	}
	return end
}

// valueEnd takes note of the end of a value of the outermost object.
func (o *outliner) valueEnd(b []byte, end int) {
	if o.tell != nil && end <= len(b) {
		o.tell(nameOf(b[o.key:stringEnd(b, o.key)]), b[o.value:end])
	}
}

// beyond is where nothing more can be read: what is wrong ends there.
const beyond = 1 << 62

// keyEnd is the index of the value whose key begins at i.
func keyEnd(b []byte, i int) int {
	if i >= len(b) || b[i] != '"' {
		return beyond
	}
	i = textEnd(b, i)
	if i = skipSpace(b, i); i >= len(b) || b[i] != ':' {
		return beyond
	}
	return skipSpace(b, i+1)
}

// textEnd is the index behind the string that begins at i.
func textEnd(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return beyond
		case c != '\\':
		case i+1 >= len(b):
			return beyond
		default:
			i++
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if i+4 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) || !isHex(b[i+3]) || !isHex(b[i+4]) {
					return beyond
				}
				i += 4
			default:
				return beyond
			}
		}
	}
	return beyond
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// plainEnd is the index behind the number or word that begins at i.
func plainEnd(b []byte, i int) int {
	switch b[i] {
	case 't', 'n':
		if i+4 <= len(b) {
			switch binary.BigEndian.Uint32(b[i:]) {
			case 't'<<24 | 'r'<<16 | 'u'<<8 | 'e', 'n'<<24 | 'u'<<16 | 'l'<<8 | 'l':
				return i + 4
			}
		}
		return beyond
	case 'f':
		if i+5 <= len(b) && string(b[i:i+5]) == "false" {
			return i + 5
		}
		return beyond
	}
	return numberEnd(b, i)
}

// numberEnd is the index behind the number that begins at i.
func numberEnd(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	switch {
	case i >= len(b) || !isDigit(b[i]):
		return beyond
	case b[i] == '0':
		i++
	default:
		i = digitsEnd(b, i)
	}
	if i < len(b) && b[i] == '.' {
		if i++; i >= len(b) || !isDigit(b[i]) {
			return beyond
		}
		i = digitsEnd(b, i)
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if i >= len(b) || !isDigit(b[i]) {
			return beyond
		}
		i = digitsEnd(b, i)
	}
	return i
}

func digitsEnd(b []byte, i int) int {
	for i < len(b) && isDigit(b[i]) {
		i++
	}
	return i
}

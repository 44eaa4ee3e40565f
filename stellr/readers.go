package stellr

import (
	"reflect"
	"time"

	"github.com/shopspring/decimal"
)

// readerOf is how to read a field of the type. A type that no record has is never told.
func readerOf(t reflect.Type) reader {
	switch t {
	case reflect.TypeFor[time.Time]():
		return scalar(timeOf)
	case reflect.TypeFor[Date]():
		return scalar(dateOf)
	case reflect.TypeFor[decimal.Decimal]():
		return scalar(decimalOf)
	}
	switch t.Kind() {
	case reflect.String:
		return func(_ *decoder, value []byte, v reflect.Value, _ *notes) bool {
			text, ok := textOf(value)
			if ok {
				v.SetString(text)
			}
			return ok
		}
	case reflect.Int:
		return func(_ *decoder, value []byte, v reflect.Value, _ *notes) bool {
			number, ok := intOf(value)
			if ok {
				v.SetInt(int64(number))
			}
			return ok
		}
	case reflect.Bool:
		return func(_ *decoder, value []byte, v reflect.Value, _ *notes) bool {
			truth, ok := boolOf(value)
			if ok {
				v.SetBool(truth)
			}
			return ok
		}
	case reflect.Pointer:
		return pointerTo(t.Elem())
	case reflect.Slice:
		return sliceOf(t)
	case reflect.Struct:
		return readStruct
	}
	return func(*decoder, []byte, reflect.Value, *notes) bool { return false }
}

func scalar[T any](read func([]byte) (T, bool)) reader {
	return func(_ *decoder, value []byte, v reflect.Value, _ *notes) bool {
		got, ok := read(value)
		if ok {
			*v.Addr().Interface().(*T) = got
		}
		return ok
	}
}

func readStruct(d *decoder, value []byte, v reflect.Value, n *notes) bool {
	if kindOf(value) != '{' {
		return false
	}
	v.SetZero()
	d.object(value, v, n)
	return true
}

func pointerTo(t reflect.Type) reader {
	read := readerOf(t)
	return func(d *decoder, value []byte, v reflect.Value, n *notes) bool {
		fresh := reflect.New(t)
		ok := read(d, value, fresh.Elem(), n)
		if ok {
			v.Set(fresh)
		}
		return ok
	}
}

// sliceOf reads an array, or one object where an array should be. Elements that cannot be read, and records without
// their key, are left out and counted.
func sliceOf(t reflect.Type) reader {
	read := readerOf(t.Elem())
	isRecord := t.Elem().Kind() == reflect.Struct && t.Elem() != reflect.TypeFor[Date]()
	return func(d *decoder, value []byte, v reflect.Value, n *notes) bool {
		list := reflect.New(t).Elem()
		list.Set(reflect.MakeSlice(t, 0, 4))
		add := func(inner []byte) {
			at := list.Len()
			if at == list.Cap() {
				list.Grow(1)
			}
			list.SetLen(at + 1)
			one := list.Index(at)
			if one.SetZero(); isNull(inner) || !read(d, inner, one, n) || isRecord && !d.hasKeys(one) {
				list.SetLen(at)
				n.dropped++
			}
		}
		switch kindOf(value) {
		case '[':
			eachElement(value, add)
		case '{':
			add(value)
		default:
			return false
		}
		v.Set(list)
		return true
	}
}

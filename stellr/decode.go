package stellr

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// decoder reads records by the tags of their fields: json names a field, alias other names that it was met under, key
// says that a record is worth nothing without it. Whatever cannot be read is taken as not told and never fails the
// record.
type decoder struct {
	plans sync.Map // reflect.Type → *plan, filled as types come
}

// notes are what was odd about a record.
type notes struct {
	told    int      // fields that were read, of the record itself
	wrong   []string // names of fields that were there and could not be read
	dropped int      // nested records without their key
}

const maxNotes = 20

func (n *notes) odd(name string) {
	if len(n.wrong) < maxNotes {
		n.wrong = append(n.wrong, name)
	}
}

// plan is how to read one struct type.
type plan struct {
	fields []field
	keys   []int                   // the indexes of the fields without which a record is worth nothing
	usual  atomic.Pointer[[]named] // the names of a record that came, in its order: most others have the same
	exact  map[string]target
	folded map[string]target // lower case
}

type field struct {
	name  string
	index int
	read  reader
}

// target is a field that a name stands for. A lower rank wins over a higher one.
type target struct {
	field int
	rank  uint8
}

const (
	byName uint8 = iota + 1
	byFoldedName
	byAlias
	byFoldedAlias
)

// reader sets v from a value that is not null, and says whether it could.
type reader func(d *decoder, value []byte, v reflect.Value, n *notes) bool

func (d *decoder) planOf(t reflect.Type) *plan {
	if known, ok := d.plans.Load(t); ok {
		return known.(*plan)
	}
	p := &plan{exact: map[string]target{}, folded: map[string]target{}}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		inherit(&name, f.Name)
		p.learn(name, target{len(p.fields), byName})
		for alias := range strings.SplitSeq(f.Tag.Get("alias"), ",") {
			if alias != "" {
				p.learn(alias, target{len(p.fields), byAlias})
			}
		}
		p.fields = append(p.fields, field{name, i, readerOf(f.Type)})
		if f.Tag.Get("key") == "true" {
			p.keys = append(p.keys, i)
		}
	}
	known, _ := d.plans.LoadOrStore(t, p)
	return known.(*plan)
}

// learn keeps the better of two meanings of a name.
func (p *plan) learn(name string, to target) {
	if old, ok := p.exact[name]; !ok || to.rank < old.rank {
		p.exact[name] = to
	}
	to.rank++ // byFoldedName, byFoldedAlias
	lower := strings.ToLower(name)
	if old, ok := p.folded[lower]; !ok || to.rank < old.rank {
		p.folded[lower] = to
	}
}

// named is a name and what it stands for.
type named struct {
	key   string // the name as it stands in JSON, with the colon
	to    target
	known bool
}

// remembered are the names of records of the type, in their order: those of this one where it is the first.
func (p *plan) remembered(record []byte) []named {
	if usual := p.usual.Load(); usual != nil {
		return *usual
	}
	var names []named
	eachField(record, func(name, _ []byte) {
		one := named{key: noKey}
		if !bytes.ContainsAny(name, `"\`) { // which would stand there escaped
			one.key = `"` + string(name) + `":`
			one.to, one.known = p.find(name)
		}
		if len(names) < mostNames {
			names = append(names, one)
		}
	})
	p.usual.Store(&names)
	return names
}

// at reads the name that begins at i, in a place of a record in which another name is usual. It answers what the name
// stands for, and where the value begins.
func (p *plan) at(b []byte, i, place int, usual []named) (to target, known bool, value int) {
	if place < len(usual) && bytes.HasPrefix(b[i:], []byte(usual[place].key)) {
		return usual[place].to, usual[place].known, skipSpace(b, i+len(usual[place].key))
	}
	end := stringEnd(b, i)
	to, known = p.find(nameOf(b[i:end]))
	return to, known, skipSpace(b, skipSpace(b, end)+1)
}

const (
	mostNames = 100    // of a record that are remembered
	noKey     = "\x00" // what no key begins with
)

func (p *plan) find(name []byte) (target, bool) {
	if to, ok := p.exact[string(name)]; ok {
		return to, true
	}
	var lower [64]byte
	if len(name) > len(lower) {
		return target{}, false
	}
	for i, b := range name {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		lower[i] = b
	}
	to, ok := p.folded[string(lower[:len(name)])]
	return to, ok
}

// object fills the struct v from the object that b begins with. It returns how many of its fields were told, and where the
// object ends.
func (d *decoder) object(b []byte, v reflect.Value, n *notes) (told, end int) {
	p := d.planOf(v.Type())
	var few [48]uint8
	ranks := few[:]
	if len(p.fields) > len(few) {
		ranks = make([]uint8, len(p.fields))
	}
	usual := p.remembered(b)
	i := skipSpace(b, 1)
	for place := 0; i < len(b) && b[i] == '"'; place++ {
		to, known, begin := p.at(b, i, place, usual)
		end := valueEnd(b, begin)
		i = behindComma(b, end)
		inner := b[begin:end]
		if !known || isNull(inner) || ranks[to.field] != 0 && ranks[to.field] < to.rank {
			continue
		}
		f := &p.fields[to.field]
		if !f.read(d, inner, v.Field(f.index), n) {
			n.odd(f.name)
			continue
		}
		if ranks[to.field] == 0 {
			told++
		}
		ranks[to.field] = to.rank
	}
	return told, i + 1
}

// hasKeys says whether all the fields without which a record is worth nothing are there.
func (d *decoder) hasKeys(v reflect.Value) bool {
	return !slices.ContainsFunc(d.planOf(v.Type()).keys, func(i int) bool { return v.Field(i).IsZero() })
}

// isKeyed says whether records of the type have fields without which they are worth nothing.
func (d *decoder) isKeyed(t reflect.Type) bool { return len(d.planOf(t).keys) > 0 }

// record reads the record that b begins with into the struct that to points to, and answers where it ends. It is not ok
// when the value is no object.
func (d *decoder) record(b []byte, to any, n *notes) (end int, ok bool) {
	if kindOf(b) != '{' {
		return valueEnd(b, 0), false
	}
	n.told, end = d.object(b, reflect.ValueOf(to).Elem(), n)
	return end, true
}

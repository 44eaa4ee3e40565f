package stellr

import (
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
	usual  atomic.Pointer[[]named] // the names of a record that came, in its order: most others have the same
	exact  map[string]target
	folded map[string]target // lower case
}

type field struct {
	name  string
	index int
	key   bool
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
		p.fields = append(p.fields, field{name, i, f.Tag.Get("key") == "true", readerOf(f.Type)})
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
	name  string
	to    target
	known bool
}

// at is find for the name in a place of a record.
func (p *plan) at(place int, name []byte) (target, bool) {
	if usual := p.usual.Load(); usual != nil && place < len(*usual) && (*usual)[place].name == string(name) {
		return (*usual)[place].to, (*usual)[place].known
	}
	return p.find(name)
}

// remember keeps the order of a record's names.
func (p *plan) remember(record []byte) {
	var names []named
	eachField(record, func(name, _ []byte) {
		if to, known := p.find(name); len(names) < mostNames {
			names = append(names, named{string(name), to, known})
		}
	})
	p.usual.Store(&names)
}

// mostNames is how many names of a record are remembered.
const mostNames = 100

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

// object fills the struct v from an object. It returns how many of its fields were told.
func (d *decoder) object(value []byte, v reflect.Value, n *notes) int {
	p := d.planOf(v.Type())
	var few [48]uint8
	ranks := few[:]
	if len(p.fields) > len(few) {
		ranks = make([]uint8, len(p.fields))
	}
	if p.usual.Load() == nil {
		p.remember(value)
	}
	told, place := 0, -1
	eachField(value, func(name, inner []byte) {
		place++
		to, ok := p.at(place, name)
		if !ok || isNull(inner) || ranks[to.field] != 0 && ranks[to.field] < to.rank {
			return
		}
		f := &p.fields[to.field]
		if !f.read(d, inner, v.Field(f.index), n) {
			n.odd(f.name)
			return
		}
		if ranks[to.field] == 0 {
			told++
		}
		ranks[to.field] = to.rank
	})
	return told
}

// hasKeys says whether all the fields without which a record is worth nothing are there.
func (d *decoder) hasKeys(v reflect.Value) bool {
	for _, f := range d.planOf(v.Type()).fields {
		if f.key && v.Field(f.index).IsZero() {
			return false
		}
	}
	return true
}

// isKeyed says whether records of the type have fields without which they are worth nothing.
func (d *decoder) isKeyed(t reflect.Type) bool {
	return slices.ContainsFunc(d.planOf(t).fields, func(f field) bool { return f.key })
}

// record reads one record into the struct that to points to. It is not ok when value is no object.
func (d *decoder) record(value []byte, to any, n *notes) bool {
	if kindOf(value) != '{' {
		return false
	}
	n.told = d.object(value, reflect.ValueOf(to).Elem(), n)
	return true
}

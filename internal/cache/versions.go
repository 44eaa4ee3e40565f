package cache

import (
	"strings"
	"sync"
)

// versions remembers the texts of versions, so that Version asks nobody as long as nothing was invalidated.
type versions struct {
	mu  sync.RWMutex
	all map[versionOf]knownVersion
}

// versionOf is a list of tags.
type versionOf struct {
	many int
	tags string
}

// knownVersion is the text of a version and the marks it was read with.
type knownVersion struct {
	text  string
	sum   uint64
	slots []uint16
}

func (v *versions) find(of versionOf, m *marks) (string, bool) {
	v.mu.RLock()
	known, ok := v.all[of]
	v.mu.RUnlock()
	return known.text, ok && known.sum == m.sum(known.slots...)
}

func (v *versions) keep(of versionOf, known knownVersion) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all == nil || len(v.all) >= rememberedTags {
		v.all = map[versionOf]knownVersion{}
	}
	v.all[of] = known
}

// Version implements Cache. It takes a trip where it is asked first, or something was dropped. While Redis is away it is
// another one about each second, since nobody knows what other nodes drop.
func (r *redis) Version(tags ...string) Version {
	version, first := r.drops.version(tags), r.rootName()
	if len(tags) == 0 {
		version, first = Version{number: r.drops.all()}, r.anyName()
	}
	of := versionOf{many: len(tags), tags: strings.Join(tags, "\n")}
	text, ok := r.versions.find(of, &r.marks)
	if !ok {
		at := r.idSpot(first, tags)
		seen, usable := r.look(at, tags)
		if !usable {
			text = r.line.nobodys()
		} else {
			text = strings.Join(seen.ids, "\n")
			r.versions.keep(of, knownVersion{text, seen.sum, at.slots})
		}
	}
	version.text = text
	return version
}

package exchange

import (
	"entente/internal/stix"
	"entente/internal/store"
)

// parts are the labels of the values within an object. The label of a value is the strictest of those of the granular
// markings that select it or what it stands in, and of the object's. What somebody may see of an object is every value
// whose label they see, down to the single string, and of lists and objects those that are not empty then.
type parts struct {
	o       *stix.Object
	base    store.Label   // of the item
	labels  []store.Label // by place, empty where nothing is stricter than base
	present uint8         // labels above base that some value has, as bits 1<<Label
}

// partsOf reads the granular markings of an object (STIX 2.1 section 7.2.3). A selector that points to nothing, which no
// object has that was checked, is taken for one of the whole object.
func partsOf(o *stix.Object, base store.Label) parts {
	p := parts{o: o, base: base}
	for _, g := range o.GranularMarkings {
		label, ok := labelOf(g.MarkingRef)
		if !ok || label <= base {
			continue
		}
		for _, selector := range g.Selectors {
			if p.labels == nil {
				p.labels = make([]store.Label, o.Values())
			}
			place := 0
			if v, ok := o.Select(selector); ok {
				place = v.Place()
			}
			p.labels[place] = max(p.labels[place], label)
		}
	}
	if p.labels != nil {
		p.inherit(o.Root(), base)
	}
	return p
}

// inherit gives all that stands in v at least the label of v.
func (p *parts) inherit(v stix.Value, from store.Label) {
	at := &p.labels[v.Place()]
	*at = max(*at, from)
	if *at > p.base {
		p.present |= 1 << *at
	}
	for c := range v.Children() {
		p.inherit(c, *at)
	}
}

// of is the label of a value.
func (p *parts) of(v stix.Value) store.Label {
	if p.labels == nil {
		return p.base
	}
	return p.labels[v.Place()]
}

// lift says whether the item can keep its label: what remains of it is a valid object for everybody who sees the item, and
// tells nothing of what was taken out. If not, next is the label to try.
func (p *parts) lift() (next store.Label, ok bool) {
	if p.present == 0 {
		return p.base, true
	}
	var tried [32]bool // by the set of labels that was taken out
	for _, sees := range sights(p.base) {
		out := p.present &^ sees
		if out == 0 || tried[out] {
			continue
		}
		tried[out] = true
		if _, _, ok := p.redact(sees, true); !ok {
			next = p.base + 1
			for p.present&(1<<next) == 0 {
				next++
			}
			return next, false
		}
	}
	return p.base, true
}

// sights are the sets of labels that a caller may see who sees an item with the label base: all up to a clearance, and Red
// or not.
func sights(base store.Label) []uint8 {
	var out []uint8
	for top := store.Clear; top <= store.AmberStrict; top++ {
		set := uint8(1)<<(top+1) - 1
		for _, s := range []uint8{set, set | 1<<store.Red} {
			if s&(1<<base) != 0 {
				out = append(out, s)
			}
		}
	}
	return out
}

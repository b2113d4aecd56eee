package exchange

import (
	"slices"

	"entente/internal/stix"
	"entente/internal/store"
)

// labelOf is the label that a marking definition stands for, by its identifier (STIX 2.1 section 7.2.1.4 and the extension
// for TLP 2.0).
func labelOf(marking string) (store.Label, bool) {
	name, ok := stix.TLPOfMarking(marking)
	if !ok {
		return 0, false
	}
	return LabelNamed(name)
}

// labelNames are the labels as STIX writes them in tlp_2_0.
var labelNames = [...]string{"clear", "green", "amber", "amber+strict", "red"}

// LabelNamed reads a label: clear, green, amber, amber+strict, red, in any case and with or without `TLP:` in front.
func LabelNamed(name string) (store.Label, bool) {
	name, ok := stix.TLPLabel(name)
	i := slices.Index(labelNames[:], name)
	return store.Label(max(i, 0)), ok && i >= 0
}

// LabelName writes a label.
func LabelName(l store.Label) string {
	if int(l) < len(labelNames) {
		return labelNames[l]
	}
	return "amber+strict" // no such label is made
}

// markings are the marking definitions that matter to what is taken in: those that restrict nobody. What is neither here nor
// a label of TLP closes the item.
type markings map[string]bool

// isStatement says whether a marking definition is a statement and nothing else (section 7.2.1.3). One that has an
// extension, too, may restrict: nobody here can tell.
func isStatement(o *stix.Object) bool {
	if o.Type != "marking-definition" || string(o.Property("definition_type")) != `"statement"` {
		return false
	}
	return o.Property("extensions") == nil
}

// learn takes note of a marking definition. Of two that contradict each other, the one that restricts counts.
func (m markings) learn(o *stix.Object) {
	if o.Type != "marking-definition" {
		return
	}
	harmless, known := m[o.ID]
	m[o.ID] = isStatement(o) && (harmless || !known)
}

// unknown are the markings of an object that are no label of TLP and no statement, each once.
func (m markings) unknown(o *stix.Object) []string {
	var out []string
	look := func(id string) {
		if _, tlp := labelOf(id); id != "" && !tlp && !m[id] && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	for _, id := range o.ObjectMarkingRefs {
		look(id)
	}
	for _, g := range o.GranularMarkings {
		look(g.MarkingRef)
	}
	return out
}

// labelOfObject is the label that the object's own markings give it: the strictest one, none where it has none.
func labelOfObject(o *stix.Object, none store.Label) store.Label {
	label, found := store.Clear, false
	for _, id := range o.ObjectMarkingRefs {
		if l, ok := labelOf(id); ok {
			label, found = max(label, l), true
		}
	}
	if !found {
		return none
	}
	return label
}

// classified is what an object's markings mean.
type classified struct {
	Label    store.Label
	Unknown  []string // markings that closed it
	Lifted   bool     // a part that cannot be taken out has lifted the label
	Granular bool     // parts are to be taken out for some who see the rest
	parts    parts
}

// classify decides the label of an object and of its parts (docs/decisions/0008). none is the label of objects that have
// none of their own.
func (m markings) classify(o *stix.Object, none store.Label) classified {
	c := classified{Label: labelOfObject(o, none), Unknown: m.unknown(o)}
	if len(c.Unknown) > 0 {
		c.Label = max(c.Label, store.AmberStrict)
	}
	before := c.Label
	c.parts = partsOf(o, c.Label)
	if selectors(o)*o.Values() > maxSelecting {
		for c.parts.present != 0 { // nothing is taken out of it, for nobody
			c.Label++
			c.parts.present &^= 1 << c.Label
		}
		c.parts = partsOf(o, c.Label)
	}
	for {
		next, ok := c.parts.lift()
		if ok {
			break
		}
		c.Label = next
		c.parts = partsOf(o, c.Label)
	}
	c.Lifted = c.Label != before
	c.Granular = c.parts.present != 0
	return c
}

// maxSelecting is how many selectors times values an object may have of which parts are taken out: what that costs, each time
// somebody reads it, is in proportion. Objects that people write have some thousands.
const maxSelecting = 200_000

// selectors is how many selectors the markings of an object have.
func selectors(o *stix.Object) int {
	n := 0
	for _, g := range o.GranularMarkings {
		n += len(g.Selectors)
	}
	return n
}

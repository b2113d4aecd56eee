package misp

import (
	"slices"
	"strings"

	"entente/internal/stix"
)

// distributions are the labels that a distribution amounts to at least. MISP names who receives an event by where they are;
// the label that is sure not to reach others is never the more open one (docs/decisions/0008).
//
// 0 is the organisation alone and 4 a sharing group, whose members nobody here knows: only red stays with whoever imports it.
// 1 is this community, whose members do not hand on: amber+strict. 2 is connected communities: amber. 3 is all, 5 is as the event.
var distributions = map[string]string{"0": "red", "1": "amber+strict", "2": "amber", "3": "", "4": "red", "5": "", "": ""}

var distributionNames = map[string]string{
	"0": "your organisation only", "1": "this community only", "2": "connected communities", "4": "a sharing group",
}

// handling is who may see something, and what it is called.
type handling struct {
	label  string // of TLP 2.0, "" without
	pap    string // of the Permissible Actions Protocol
	labels []string
}

const maxLabels = 500

// addLabel adds a label once. It says whether there was room for it.
func (h *handling) addLabel(name string) bool {
	switch {
	case slices.Contains(h.labels, name):
	case len(h.labels) >= maxLabels:
		return false
	default:
		h.labels = append(h.labels, name)
	}
	return true
}

var papLevels = []string{"", "clear", "green", "amber", "red"}

// papLevel reads a tag of the Permissible Actions Protocol.
func papLevel(tag string) (string, bool) {
	level, ok := strings.CutPrefix(strings.ToLower(strings.TrimSpace(tag)), "pap:")
	if level == "white" {
		level = "clear"
	}
	return level, ok && level != "" && slices.Contains(papLevels, level)
}

func stricterPAP(a, b string) string {
	if slices.Index(papLevels, b) > slices.Index(papLevels, a) {
		return b
	}
	return a
}

// handle works out the handling of something within what has the handling over.
func (r *run) handle(where string, over handling, tags []Tag, distribution string, group SharingGroup) handling {
	h := handling{pap: over.pap}
	own := ""
	for _, t := range tags {
		name := strings.TrimSpace(t.Name)
		switch label, tlp := stix.TLPLabel(name); {
		case t.Unread != "":
			own = stix.Stricter(own, "amber+strict")
			r.lose(where, "the tag "+name, "%s; it may have been a label of TLP and counts as amber+strict", t.Unread)
		case name == "":
		case tlp && strings.Contains(name, ":"):
			own = stix.Stricter(own, label)
		case strings.HasPrefix(strings.ToLower(name), "tlp:"):
			own = stix.Stricter(own, "amber+strict")
			r.lose(where, "the tag "+name, "nobody knows this label of TLP: it counts as amber+strict")
			h.labels = append(h.labels, name)
		case isGalaxyTag(name):
		case t.Local:
			r.lose(where, "the tag "+name, "it is local: it does not leave the MISP that it was set on")
		default:
			if level, ok := papLevel(name); ok {
				h.pap = stricterPAP(h.pap, level)
				continue
			}
			if !h.addLabel(name) {
				r.lose(where, "the tag "+name, "an object has at most %d labels", maxLabels)
			}
		}
	}
	floor, known := distributions[distribution]
	if !known {
		floor = "red"
		r.lose(where, "the distribution "+distribution, "nobody knows it: it counts as red")
	}
	if r.o.TrustTLP && own != "" {
		floor = ""
	}
	h.label = stix.Stricter(stix.Stricter(over.label, own), floor)
	if known && floor != "" && h.label == floor && stix.Stricter(own, over.label) != floor {
		who := distributionNames[distribution]
		if group.Name != "" || group.UUID != "" {
			who += " (" + strings.TrimSpace(group.Name+" "+group.UUID) + ")"
		}
		r.lose(where, "the distribution "+distribution, "it is for %s: STIX has no such audience, and the label %s is what keeps it as close", who, floor)
	}
	if own != "" && h.label != own && over.label == h.label {
		r.lose(where, "the label "+own, "what it stands in is %s, and the strictest counts", over.label)
	}
	return h
}

// markings are the marking definitions for a handling; those that are used are written with the event.
func (r *run) markings(h handling) []string {
	var ids []string
	if id, ok := stix.TLPMarking(h.label); ok {
		ids = append(ids, id)
		r.marks[id] = object{
			"type": "marking-definition", "spec_version": "2.1", "id": id, "created": stix.TLPCreated, "name": "TLP:" + strings.ToUpper(h.label),
			"extensions": object{stix.TLPExtension: object{"extension_type": "property-extension", "tlp_2_0": h.label}},
		}
	}
	if h.pap != "" {
		// A statement, for it restricts what is done with something, not who sees it.
		name := "PAP:" + strings.ToUpper(h.pap)
		id := stix.ID("marking-definition", name)
		ids = append(ids, id)
		r.marks[id] = object{
			"type": "marking-definition", "spec_version": "2.1", "id": id, "created": stix.TLPCreated, "name": name,
			"definition_type": "statement", "definition": object{"statement": name},
		}
	}
	return ids
}

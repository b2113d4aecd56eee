package stix

import "strings"

// TLPExtension is the extension definition with which OASIS put TLP 2.0 into STIX 2.1.
const TLPExtension = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"

// TLPCreated is when the marking definitions of TLP 2.0 were made.
const TLPCreated = "2022-10-01T00:00:00.000Z"

// tlp2 are the marking definitions of TLP 2.0 that OASIS published for STIX 2.1, strictest last.
var tlp2 = [...]struct{ label, id string }{
	{"clear", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"},
	{"green", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"},
	{"amber", "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"},
	{"amber+strict", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"},
	{"red", "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"},
}

// tlp1 are those of TLP 1.0, which STIX 2.1 itself defines (section 7.2.1.4).
var tlp1 = map[string]string{
	"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
	"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
	"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
	"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}

// TLPLabel writes a label of the Traffic Light Protocol the way this program does: clear, green, amber, amber+strict or
// red. It takes any case, a prefix `tlp:` and TLP 1.0's white. ok is false for anything else.
func TLPLabel(s string) (label string, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	s = strings.TrimSpace(strings.TrimPrefix(s, "tlp:"))
	switch s {
	case "white":
		return "clear", true
	case "amber-strict", "amber_strict":
		return "amber+strict", true
	}
	for _, m := range tlp2 {
		if s == m.label {
			return s, true
		}
	}
	return "", false
}

// TLPMarking is the identifier of the marking definition of a label as [TLPLabel] writes it.
func TLPMarking(label string) (id string, ok bool) {
	for _, m := range tlp2 {
		if label == m.label {
			return m.id, true
		}
	}
	return "", false
}

// TLPOfMarking is the label that a marking definition of TLP 2.0 or 1.0 stands for.
func TLPOfMarking(id string) (label string, ok bool) {
	for _, m := range tlp2 {
		if id == m.id {
			return m.label, true
		}
	}
	label, ok = tlp1[id]
	return label, ok
}

// Stricter returns the stricter one of two labels; "" is none.
func Stricter(a, b string) string {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// TLP is the strictest label of an object and its parts, "" without one.
func (o *Object) TLP() string {
	label := ""
	for _, id := range o.ObjectMarkingRefs {
		if l, ok := TLPOfMarking(id); ok {
			label = Stricter(label, l)
		}
	}
	for _, g := range o.GranularMarkings {
		if l, ok := TLPOfMarking(g.MarkingRef); ok {
			label = Stricter(label, l)
		}
	}
	return label
}

func rank(label string) int {
	for i, m := range tlp2 {
		if label == m.label {
			return i + 1
		}
	}
	return 0
}

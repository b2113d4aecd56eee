package stix

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/jcs"
)

// Change is one thing that [Upgrade] did.
type Change struct {
	Pointer string // JSON pointer in the new object
	What    string
}

// typesProperty is, per type, the property into which STIX 2.1 moved what STIX 2.0 kept in labels, and its vocabulary.
func typesProperty(name string) (string, *vocabulary) {
	switch name {
	case "indicator":
		return "indicator_types", &indicatorType
	case "malware":
		return "malware_types", &malwareType
	case "report":
		return "report_types", &reportType
	case "threat-actor":
		return "threat_actor_types", &threatActorType
	case "tool":
		return "tool_types", &toolType
	}
	return "", nil
}

// renamed20 are the properties of observables that STIX 2.1 calls otherwise.
var renamed20 = map[string]map[string]string{
	"directory":            {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"file":                 {"created": "ctime", "modified": "mtime", "accessed": "atime"},
	"process":              {"created": "created_time", "binary_ref": "image_ref"},
	"user-account":         {"password_last_changed": "credential_last_changed"}, //nolint:gosec // names of properties
	"windows-registry-key": {"modified": "modified_time"},
}

// newerThan20 names a sign that an object is not of STIX 2.0: a type or a property that came with 2.1; "" without.
func newerThan20(o *Object) string {
	switch o.Type {
	case "grouping", "incident", "infrastructure", "language-content", "location", "malware-analysis", "note", "opinion", "extension-definition":
		return "type"
	}
	for _, name := range [...]string{
		"pattern_type", "indicator_types", "malware_types", "is_family", "report_types", "threat_actor_types", "tool_types",
		"confidence", "lang", "extensions",
	} {
		if o.tree.child(0, name) >= 0 {
			return name
		}
	}
	if o.Type == "observed-data" && o.tree.child(0, "object_refs") >= 0 {
		return "object_refs"
	}
	return ""
}

// Upgrade makes a STIX 2.1 object of one of STIX 2.0 and lists what it changed. Everything else keeps its bytes, and the
// identifier and the times stay, too. An object of 2.1 comes back as it is, without changes.
//
// labels that are words of the new vocabulary move to the property of that vocabulary (indicator_types, …). An indicator's
// pattern becomes one of type stix, version 2.0. Malware becomes a family, because 2.0 did not tell: the list says so. The
// observables within observed-data stay where they are, in the form that 2.1 still reads, with their new names. Selectors of
// granular markings follow what has moved.
func Upgrade(o *Object) (*Object, []Change, error) {
	if o.Spec() != "2.0" {
		return o, nil, nil
	}
	u := upgrade{t: &o.tree}
	kind, vocabulary := typesProperty(o.Type)
	if vocabulary != nil && o.tree.child(0, kind) < 0 {
		u.moveLabels(kind, vocabulary)
	}
	for _, c := range o.tree.children(0) {
		switch name := string(o.tree.name(c)); {
		case name == "spec_version":
		case o.Type == "bundle" && name == "objects":
			if err := u.objects(c); err != nil {
				return nil, nil, err
			}
		case name == "labels" && len(u.moved) > 0:
			u.labels(kind)
		case name == "granular_markings" && o.tree.nodes[c].kind == jsonList && (len(u.moved) > 0 || o.Type == "observed-data"):
			u.markings(c)
		case name == "objects" && o.Type == "observed-data" && o.tree.nodes[c].kind == jsonObject:
			u.observables(c)
		default:
			u.keep(c)
		}
		if string(o.tree.name(c)) == "type" && o.Type != "bundle" {
			u.set("spec_version", `"2.1"`, "set spec_version to 2.1")
		}
	}
	switch o.Type {
	case "bundle":
		u.changes = append(u.changes, Change{"", "take spec_version out of the bundle"})
	case "indicator":
		u.set("pattern_type", `"stix"`, "set pattern_type to stix")
		u.set("pattern_version", `"2.0"`, "set pattern_version to 2.0")
	case "malware":
		u.set("is_family", "true", "say with is_family whether it is a family (taken as one)")
	}
	if len(u.out) == 0 {
		u.out = append(u.out, '{')
	}
	up, err := Parse(append(u.out, '}'), Limits{Size: 1 << 30, Depth: 128, Values: 1 << 30})
	if err != nil {
		return nil, nil, err
	}
	return up, u.changes, nil
}

// upgrade writes an object.
type upgrade struct {
	t       *tree
	out     []byte
	changes []Change

	moved, kept []int               // labels that become words of a vocabulary, and those that stay
	selectors   map[string][]string // what selectors of labels become
}

// name writes the name of the next property.
func (u *upgrade) name(raw string) {
	if len(u.out) == 0 {
		u.out = append(u.out, '{')
	} else if last := u.out[len(u.out)-1]; last != '{' {
		u.out = append(u.out, ',')
	}
	u.out = append(append(append(u.out, '"'), raw...), '"', ':')
}

func (u *upgrade) keep(c int) {
	n := &u.t.nodes[c]
	u.name(string(u.t.raw[n.key:n.keyEnd]))
	u.out = append(u.out, u.t.value(c)...)
}

// set writes a property that the object does not have yet.
func (u *upgrade) set(name, value, what string) {
	if name != "spec_version" && u.t.child(0, name) >= 0 {
		return
	}
	u.name(name)
	u.out = append(u.out, value...)
	u.changes = append(u.changes, Change{"/" + name, what})
}

// moveLabels finds the labels that are words of a vocabulary.
func (u *upgrade) moveLabels(kind string, v *vocabulary) {
	c := u.t.child(0, "labels")
	if c < 0 || u.t.nodes[c].kind != jsonList {
		return
	}
	u.selectors = map[string][]string{}
	for i, e := range u.t.children(c) {
		to, list := "labels", &u.kept
		if u.t.nodes[e].kind == jsonString && v.has(u.t.text(e)) {
			to, list = kind, &u.moved
		}
		u.selectors[fmt.Sprintf("labels.[%d]", i)] = []string{fmt.Sprintf("%s.[%d]", to, len(*list))}
		*list = append(*list, e)
	}
	u.selectors["labels"] = []string{kind}
	if len(u.kept) > 0 {
		u.selectors["labels"] = []string{kind, "labels"}
	}
}

// labels writes the labels: those that moved, and those that stay.
func (u *upgrade) labels(kind string) {
	u.list(kind, u.moved)
	if len(u.kept) > 0 {
		u.list("labels", u.kept)
	}
	u.changes = append(u.changes, Change{"/" + kind, "move the types from labels to " + kind})
}

func (u *upgrade) list(name string, values []int) {
	u.name(name)
	u.out = append(u.out, '[')
	for i, e := range values {
		if i > 0 {
			u.out = append(u.out, ',')
		}
		u.out = append(u.out, u.t.value(e)...)
	}
	u.out = append(u.out, ']')
}

// markings writes granular markings, whose selectors follow what has moved: what was marked stays marked.
func (u *upgrade) markings(c int) {
	kinds := map[string]string{} // of the observables
	if objects := u.t.child(0, "objects"); objects >= 0 && u.t.nodes[objects].kind == jsonObject {
		for _, e := range u.t.children(objects) {
			kinds[string(u.t.name(e))] = u.t.str(u.t.child(e, "type"))
		}
	}
	u.name("granular_markings")
	u.out = append(u.out, '[')
	for i, m := range u.t.children(c) {
		if i > 0 {
			u.out = append(u.out, ',')
		}
		selectors := u.t.child(m, "selectors")
		if selectors < 0 || u.t.nodes[selectors].kind != jsonList {
			u.out = append(u.out, u.t.value(m)...)
			continue
		}
		u.out = append(u.out, '{')
		for _, p := range u.t.children(m) {
			if p != selectors {
				u.keep(p)
				continue
			}
			u.name("selectors")
			u.out = append(u.out, '[')
			first := true
			for _, e := range u.t.children(p) {
				for _, s := range u.selected(e, kinds) {
					if !first {
						u.out = append(u.out, ',')
					}
					first = false
					u.out = append(u.out, s...)
				}
			}
			u.out = append(u.out, ']')
		}
		u.out = append(u.out, '}')
	}
	u.out = append(u.out, ']')
}

// selected are the selectors, as JSON, that a selector becomes.
func (u *upgrade) selected(e int, kinds map[string]string) []string {
	if u.t.nodes[e].kind != jsonString {
		return []string{string(u.t.value(e))}
	}
	s := u.t.str(e)
	if to := u.selectors[s]; to != nil {
		out := make([]string, len(to))
		for i := range to {
			out[i] = string(jcs.AppendString(nil, to[i]))
		}
		return out
	}
	// objects.<key>.<property>, where the key of an observable may hold no dot
	steps := strings.SplitN(s, ".", 4)
	if u.t.str(u.t.child(0, "type")) == "observed-data" && len(steps) >= 3 && steps[0] == "objects" {
		if now, ok := renamed20[kinds[steps[1]]][steps[2]]; ok {
			steps[2] = now
			return []string{string(jcs.AppendString(nil, strings.Join(steps, ".")))}
		}
	}
	return []string{string(u.t.value(e))}
}

// objects upgrades the objects of a bundle that was read whole.
func (u *upgrade) objects(c int) error {
	if u.t.nodes[c].kind != jsonList {
		u.keep(c)
		return nil
	}
	u.name("objects")
	u.out = append(u.out, '[')
	for i, e := range u.t.children(c) {
		if i > 0 {
			u.out = append(u.out, ',')
		}
		o, err := Parse(u.t.value(e), Limits{Size: 1 << 30, Depth: 128, Values: 1 << 30})
		if err != nil || o.Type == "bundle" {
			u.out = append(u.out, u.t.value(e)...)
			continue
		}
		up, changes, err := Upgrade(o)
		if err != nil {
			return err
		}
		u.out = append(u.out, up.Raw...)
		for _, ch := range changes {
			u.changes = append(u.changes, Change{fmt.Sprintf("/objects/%d%s", i, ch.Pointer), ch.What})
		}
	}
	u.out = append(u.out, ']')
	return nil
}

// observables renames properties of the observables of observed-data.
func (u *upgrade) observables(c int) {
	u.name("objects")
	u.out = append(u.out, '{')
	for _, e := range u.t.children(c) {
		names := renamed20[u.t.str(u.t.child(e, "type"))]
		if names == nil || u.t.nodes[e].kind != jsonObject {
			u.keep(e)
			continue
		}
		n := &u.t.nodes[e]
		u.name(string(u.t.raw[n.key:n.keyEnd]))
		u.out = append(u.out, '{')
		for _, p := range u.t.children(e) {
			was := string(u.t.name(p))
			now, ok := names[was]
			if !ok || u.t.child(e, now) >= 0 {
				u.keep(p)
				continue
			}
			u.name(now)
			u.out = append(u.out, u.t.value(p)...)
			what := "call " + was + " of observables " + now
			if !slices.ContainsFunc(u.changes, func(c Change) bool { return c.What == what }) {
				u.changes = append(u.changes, Change{"/objects", what})
			}
		}
		u.out = append(u.out, '}')
	}
	u.out = append(u.out, '}')
}

package stix

import (
	"fmt"
	"strings"
)

// validator checks one object.
type validator struct {
	t   *tree
	o   *Object
	out []Finding

	pattern   func(kind, version, text string) error
	ownProps  bool           // an extension adds properties at the top, or the type is somebody's own: none is unknown
	container int            // the node of observed-data's objects while within, else 0
	names     map[string]int // what stands in the container
	steps     int            // how much selectors have looked at
}

// maxFindings is how many findings one object gives, and one more that says so. To place a finding takes time in proportion
// to the object, so that this also bounds what a hostile object may cost.
const maxFindings = 250

// full says that no finding more is wanted.
func (v *validator) full() bool { return len(v.out) > maxFindings }

func (v *validator) add(sev Severity, at string, rule, section, format string, args ...any) {
	switch {
	case v.full():
	case len(v.out) == maxFindings:
		v.out = append(v.out, Finding{Error, "too-many", "", fmt.Sprintf("there is more to find than these %d: mend them first", maxFindings), "2"})
	default:
		v.out = append(v.out, Finding{Severity: sev, Rule: rule, Pointer: at, Message: fmt.Sprintf(format, args...), Section: section})
	}
}

func (v *validator) err(i int, rule, section, format string, args ...any) {
	if !v.full() {
		v.add(Error, v.t.pointer(i), rule, section, format, args...)
	}
}

func (v *validator) warn(i int, rule, section, format string, args ...any) {
	if !v.full() {
		v.add(Warning, v.t.pointer(i), rule, section, format, args...)
	}
}

// object checks the whole object.
func (v *validator) object() {
	reg := shapes()
	s := reg.types[v.o.Type]
	added := v.extensionTypes()
	v.ownProps = added["toplevel-property-extension"]
	if s == nil {
		s = v.customShape(added)
	} else {
		for _, t := range [...]string{"new-sdo", "new-sco", "new-sro"} {
			if added[t] {
				v.err(v.t.child(0, "extensions"), "extension-type", "7.3", "%q is a type of the specification, so no extension can define it with %s: use property-extension or toplevel-property-extension", s.name, t)
			}
		}
	}
	v.shape(0, s)
	switch v.o.Type {
	case "relationship":
		v.relationship()
	case "marking-definition":
		v.markingDefinition()
	case "extension-definition":
		v.extensionDefinition()
	case "bundle":
		v.bundle()
	case "indicator":
		v.indicator()
	}
	if v.o.Modified.Time.Before(v.o.Created.Time) && !v.o.Modified.Time.IsZero() {
		v.err(v.t.child(0, "modified"), "time-order", "3.6", "modified has to be at or after created")
	}
}

// customShape is the shape of an object of a type that the specification does not have.
func (v *validator) customShape(added map[string]bool) *shape {
	reg := shapes()
	v.ownProps = true
	if n := v.o.Type; n != "" && (!typeName(n) || len(n) < 3) {
		v.err(v.t.child(0, "type"), "type-name", "3.1", "name the type with 3 to 250 of a-z, 0-9 and single hyphens")
	}
	for name, s := range reg.added {
		if added[name] {
			return s
		}
	}
	if v.o.Type != "" {
		v.warn(v.t.child(0, "type"), "custom-object", "11.2", "%q is no type of STIX 2.1, and no extension defines it: custom objects are deprecated, use an extension definition with new-sdo, new-sco or new-sro", clip([]byte(v.o.Type)))
	}
	return reg.custom
}

// extensionTypes are the kinds of extension that the object uses.
func (v *validator) extensionTypes() map[string]bool {
	e := v.t.child(0, "extensions")
	if e < 0 || v.t.nodes[e].kind != jsonObject {
		return nil
	}
	m := map[string]bool{}
	for _, c := range v.t.children(e) {
		if k := v.t.str(v.t.child(c, "extension_type")); k != "" {
			m[k] = true
		}
	}
	return m
}

// places are the nodes of a shape's properties, 0 for those that are missing.
type places [maxProps]int32

// shape checks an object, or a part of one, against its table.
func (v *validator) shape(i int, s *shape) {
	if v.t.nodes[i].kind != jsonObject {
		v.err(i, "type-of-value", s.section, "an object is needed, not %s", v.t.nodes[i].kind)
		return
	}
	var at places
	for _, c := range v.t.children(i) {
		name := v.t.name(c)
		j, ok := s.index[string(name)]
		if !ok {
			v.unknown(i, c, string(name), s)
			continue
		}
		at[j] = int32(c)
		q := &s.all[j]
		if q.forbidden {
			v.err(c, "forbidden-property", "3.2", "%s has no property %s: take it out, or put it into an extension", or(s.name, "this object"), name)
			continue
		}
		if q.deprecated != "" {
			v.warn(c, "deprecated-property", s.section, "%s is deprecated: %s", name, q.deprecated)
		}
		v.prop(i, c, q, s)
	}
	for j := range s.all {
		q := &s.all[j]
		if !q.required || at[j] != 0 || v.full() || v.container > 0 && q.kind == ownID {
			continue
		}
		section := s.section
		if j < len(s.all)-len(s.props) {
			section = "3.2"
		}
		v.add(Error, v.t.pointer(i)+"/"+q.name, "required-property", section, "%s needs the property %s", or(s.name, "this object"), q.name)
	}
	for k := range s.rules {
		v.rule(i, s, &s.rules[k], &at)
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// unknown reports a property that the shape does not have.
func (v *validator) unknown(parent, c int, name string, s *shape) {
	if !propertyName(name) {
		v.err(c, "property-name", "3.1", "name the property with 3 to 250 of a-z, 0-9 and _")
		return
	}
	switch n := &v.t.nodes[c]; {
	case n.kind == jsonNull:
		v.err(c, "type-of-value", "2", "STIX has no null: leave %s out", clip([]byte(name)))
	case n.kind == jsonList && n.n == 0:
		v.err(c, "empty-list", "2.12", "leave %s out rather than empty", clip([]byte(name)))
	}
	if parent == 0 && v.ownProps {
		return
	}
	if parent == 0 && reserved[name] {
		v.warn(c, "reserved-name", "3.8", "%s is a name that the specification reserves: choose another", name)
		return
	}
	v.warn(c, "custom-property", "11.1", "%s is no property of %s: custom properties are deprecated, put it into an extension", name, or(s.name, "this object"))
}

// reserved are names of properties kept for later versions.
var reserved = map[string]bool{"action": true, "severity": true, "username": true, "usernames": true, "phone_numbers": true, "addresses": true}

func propertyName(s string) bool {
	if len(s) < 3 || len(s) > 250 {
		return false
	}
	for _, c := range []byte(s) {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// prop checks the value of a property of the shape s, which stands in the node parent.
func (v *validator) prop(parent, c int, q *prop, s *shape) {
	if !q.list {
		v.value(parent, c, q, s)
		return
	}
	n := &v.t.nodes[c]
	if n.kind != jsonList {
		v.err(c, "type-of-value", "2.12", "%s is a list: put the value into [ ]", q.name)
		return
	}
	if n.n == 0 {
		v.err(c, "empty-list", "2.12", "leave %s out rather than empty", q.name)
	}
	for _, e := range v.t.children(c) {
		v.value(parent, e, q, s)
	}
}

// rule checks one rule of the shape.
func (v *validator) rule(i int, s *shape, r *rule, at *places) {
	place := func(name string) int32 { return at[s.index[name]] }
	switch r.kind {
	case ruleAnyOf:
		props := r.props
		if len(props) == 0 {
			for j := range s.props {
				if at[len(s.all)-len(s.props)+j] != 0 {
					return
				}
			}
			if k, ok := s.index["extensions"]; ok && at[k] != 0 {
				return
			}
			v.err(i, "at-least-one", s.section, "%s needs at least one property of its own", s.name)
			return
		}
		for _, name := range props {
			if place(name) != 0 {
				return
			}
		}
		v.err(i, "at-least-one", s.section, "%s needs at least one of %s", s.name, strings.Join(props, ", "))
	case ruleNotBoth:
		if place(r.props[0]) != 0 && place(r.props[1]) != 0 {
			v.err(int(place(r.props[1])), "not-both", s.section, "%s and %s exclude each other: keep one", r.props[0], r.props[1])
		}
	case ruleNeeds:
		if c := place(r.props[0]); c != 0 {
			v.needs(i, s, r.props[0], r.then, at)
		}
	case ruleWhenTrue, ruleWhenFalse:
		c := int(place(r.props[0]))
		if c == 0 || v.t.nodes[c].kind != jsonBool || v.t.isTrue(c) != (r.kind == ruleWhenTrue) {
			return
		}
		what := r.props[0] + " being " + string(v.t.value(c))
		v.needs(i, s, what, r.then, at)
		for _, name := range r.not {
			if p := place(name); p != 0 {
				v.err(int(p), "not-both", s.section, "%s excludes %s: take it out", what, name)
			}
		}
	case ruleNotBefore, ruleLater:
		first, last := v.timeAt(place(r.props[0])), v.timeAt(place(r.props[1]))
		switch {
		case first.Time.IsZero() || last.Time.IsZero():
		case last.Time.Before(first.Time):
			v.err(int(place(r.props[1])), "time-order", s.section, "%s has to be after %s", r.props[1], r.props[0])
		case r.kind == ruleLater && !last.Time.After(first.Time):
			v.err(int(place(r.props[1])), "time-order", s.section, "%s has to be later than %s, not the same", r.props[1], r.props[0])
		}
	}
}

func (v *validator) timeAt(c int32) Timestamp {
	if c == 0 {
		return Timestamp{}
	}
	return v.t.time(int(c))
}

// needs reports the properties in then that are missing.
func (v *validator) needs(parent int, s *shape, what string, then []string, at *places) {
	for _, name := range then {
		if at[s.index[name]] == 0 && !v.full() {
			v.add(Error, v.t.pointer(parent)+"/"+name, "dependent-property", s.section, "%s needs %s, too", what, name)
		}
	}
}

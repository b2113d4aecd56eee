package stix

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Rules of single types that no table tells.

// embedded checks what the table of a part of an object does not say.
func (v *validator) embedded(c int, s *shape) {
	if s.name != "external-reference" {
		return
	}
	id := v.t.child(c, "external_id")
	if id < 0 {
		return
	}
	switch text := v.t.str(id); v.t.str(v.t.child(c, "source_name")) {
	case "cve":
		year, n, _ := strings.Cut(strings.TrimPrefix(text, "CVE-"), "-")
		_, ok1 := number(year)
		_, ok2 := number(n)
		if !strings.HasPrefix(text, "CVE-") || len(year) != 4 || len(n) < 4 || !ok1 || !ok2 {
			v.warn(id, "spelling", "2.5", "write the identifier of a vulnerability as CVE-2021-26855")
		}
	case "capec":
		n, ok := strings.CutPrefix(text, "CAPEC-")
		if _, digits := number(n); !ok || !digits || n == "" {
			v.warn(id, "spelling", "2.5", "write the identifier of an attack pattern as CAPEC-163")
		}
	}
}

// selector checks a selector of a granular marking (section 7.2.3.1.1).
func (v *validator) selector(c int, s string) {
	for i, step := range strings.Split(s, ".") {
		inner, list := strings.CutPrefix(step, "[")
		digits, closed := strings.CutSuffix(inner, "]")
		_, number := number(digits)
		if list && (!closed || !number || digits == "" || i == 0) || !list && (step == "" || strings.ContainsAny(step, "[] \t\n/")) {
			v.err(c, "selector", "7.2.3.1", "%q is no selector: write names of properties and [n] with dots between, such as labels.[0]", clip([]byte(s)))
			return
		}
	}
	// Selectors times properties may be more than anybody wants to wait for.
	const most = 50_000_000
	if v.steps > most {
		v.err(c, "selector", "7.2.3.1", "there are too many selectors to look up in an object of this size")
		return
	}
	if v.t.find(s, &v.steps) < 0 {
		v.err(c, "selector", "7.2.3.1", "%q points to nothing in this object", clip([]byte(s)))
	}
}

func (v *validator) relationship() {
	name := v.t.str(v.t.child(0, "relationship_type"))
	source, target := refType(v.t.str(v.t.child(0, "source_ref"))), refType(v.t.str(v.t.child(0, "target_ref")))
	if name == "" || classOf(source) == classNone || classOf(target) == classNone || suggestedRelationship(source, name, target) {
		return // what others define has relationships of its own
	}
	v.warn(v.t.child(0, "relationship_type"), "relationship", "5.1", "the specification does not suggest %s %s %s: fewer programs will understand it", source, name, target)
}

func (v *validator) indicator() {
	c := v.t.child(0, "pattern")
	if c < 0 || v.t.nodes[c].kind != jsonString {
		return
	}
	if len(v.t.text(c)) == 0 {
		v.err(c, "pattern", "4.7", "the pattern is empty")
		return
	}
	if v.pattern == nil {
		return
	}
	err := v.pattern(v.t.str(v.t.child(0, "pattern_type")), v.t.str(v.t.child(0, "pattern_version")), v.t.str(c))
	if advice, ok := errors.AsType[AdviceError](err); ok {
		v.warn(c, "pattern", "9", "%s", string(advice))
	} else if err != nil {
		v.err(c, "pattern", "9", "%v", err)
	}
}

func (v *validator) extensionDefinition() {
	types := v.t.strings(v.t.child(0, "extension_types"))
	adds := slices.Contains(types, "toplevel-property-extension")
	switch c := v.t.child(0, "extension_properties"); {
	case c >= 0 && !adds:
		v.err(c, "extension-properties", "7.3", "extension_properties is for extensions of the type toplevel-property-extension alone")
	case c < 0 && adds:
		v.warn(0, "extension-properties", "7.3", "name the properties that the extension adds in extension_properties")
	case c >= 0:
		for _, e := range v.t.children(c) {
			if !propertyName(v.t.str(e)) {
				v.err(e, "property-name", "3.1", "name the property with 3 to 250 of a-z, 0-9 and _")
			}
		}
	}
}

// tlp1Created is when the marking definitions of TLP 1.0 were made.
const tlp1Created = "2017-01-20T00:00:00.000Z"

func (v *validator) markingDefinition() {
	t := v.t
	kind, def := t.str(t.child(0, "definition_type")), t.child(0, "definition")
	switch {
	case def >= 0 && kind == "statement":
		if s := t.child(def, "statement"); s < 0 || t.nodes[s].kind != jsonString {
			v.err(def, "marking", "7.2.1.3", "a statement marking needs the property statement, a string")
		}
	case kind == "tlp":
		level := t.str(t.child(def, "tlp"))
		want, known := tlp1[v.o.ID]
		if want == "clear" {
			want = "white"
		}
		switch {
		case !known:
			v.err(0, "marking", "7.2.1.4", "TLP has marking definitions of its own, and nobody makes others: name the one that OASIS published")
		case level != want || t.str(t.child(0, "created")) != tlp1Created:
			v.err(def, "marking", "7.2.1.4", "this identifier is TLP:%s, created %s: write it as published", strings.ToUpper(want), tlp1Created)
		}
	case def >= 0 && kind != "":
		v.warn(t.child(0, "definition_type"), "marking", "7.2.1", "kinds of markings beside statement and tlp are made with an extension")
	}
	ext := t.child(t.child(0, "extensions"), TLPExtension)
	if ext < 0 {
		return
	}
	label := t.str(t.child(ext, "tlp_2_0"))
	switch id, ok := TLPMarking(label); {
	case !ok:
		v.err(ext, "marking", "7.2.1.4", "tlp_2_0 is clear, green, amber, amber+strict or red")
	case id != v.o.ID:
		v.err(ext, "marking", "7.2.1.4", "TLP:%s has the identifier %s, and nobody makes others", strings.ToUpper(label), id)
	}
}

// contents checks the translations of a language-content (section 7.1).
func (v *validator) contents(c int) {
	if v.t.nodes[c].kind != jsonObject || v.t.nodes[c].n == 0 {
		v.err(c, "type-of-value", "7.1", "contents needs an object of languages, not empty")
		return
	}
	for _, e := range v.t.children(c) {
		if !languageTag(string(v.t.name(e))) {
			v.err(e, "language", "7.1", "%q is no language tag (RFC 5646): write en, de-AT, zh-Hans", clip(v.t.name(e)))
		}
		if v.t.nodes[e].kind != jsonObject || v.t.nodes[e].n == 0 {
			v.err(e, "type-of-value", "7.1", "a language needs an object of properties, not empty")
		}
	}
}

// bundle checks the objects of a bundle that was read whole.
func (v *validator) bundle() {
	objects := v.t.child(0, "objects")
	if objects < 0 {
		return
	}
	for i, c := range v.t.children(objects) {
		if v.full() {
			return
		}
		at := fmt.Sprintf("/objects/%d", i)
		o, err := Parse(v.t.value(c), Limits{})
		if err != nil {
			v.add(Error, at, "type-of-value", "8", "a bundle holds objects, not %s", v.t.nodes[c].kind)
			continue
		}
		if o.Type == "bundle" {
			v.add(Error, at, "bundle", "8", "a bundle cannot hold a bundle")
			continue
		}
		for _, f := range check(o, v.pattern) {
			v.add(f.Severity, at+f.Pointer, f.Rule, f.Section, "%s", f.Message)
		}
	}
}

// observables checks the observables within observed-data, the deprecated form (section 2.13).
func (v *validator) observables(c int) {
	if v.t.nodes[c].kind != jsonObject || v.t.nodes[c].n == 0 {
		v.err(c, "type-of-value", "2.13", "objects needs an object of observables, not empty")
		return
	}
	v.container = c
	v.names = make(map[string]int, v.t.nodes[c].n)
	for _, e := range v.t.children(c) {
		v.names[string(v.t.name(e))] = e
	}
	defer func() { v.container, v.names = 0, nil }()
	for _, e := range v.t.children(c) {
		if v.t.nodes[e].kind != jsonObject {
			v.err(e, "type-of-value", "2.13", "an observable is an object, not %s", v.t.nodes[e].kind)
			continue
		}
		name := v.t.str(v.t.child(e, "type"))
		s := shapes().types[name]
		switch {
		case s == nil && typeName(name):
			v.warn(e, "custom-object", "11.2", "%q is no observable of STIX 2.1", name)
		case s == nil || s.class != classSCO:
			v.err(e, "type-of-object", "2.13", "an observable has the type of a cyber-observable object, not %q", clip([]byte(name)))
		default:
			v.shape(e, s)
		}
	}
}

// extensions checks the extensions of an object of the shape s (sections 3.2, 7.3 and 11.3).
func (v *validator) extensions(c int, s *shape) {
	if v.t.nodes[c].kind != jsonObject || v.t.nodes[c].n == 0 {
		v.err(c, "type-of-value", "3.2", "extensions needs an object of extensions, not empty")
		return
	}
	for _, e := range v.t.children(c) {
		name := string(v.t.name(e))
		if v.t.nodes[e].kind != jsonObject || v.t.nodes[e].n == 0 {
			v.err(e, "type-of-value", "3.2", "an extension is an object, not empty")
			continue
		}
		if i := slices.IndexFunc(s.exts, func(x *shape) bool { return x.name == name }); i >= 0 {
			v.shape(e, s.exts[i])
			continue
		}
		if shapes().extensions[name] != nil {
			v.err(e, "extension", "3.2", "%s is no extension of %s", name, or(s.name, "this object"))
			continue
		}
		v.extension(e, name)
	}
}

// extension checks one that the specification does not define.
func (v *validator) extension(e int, name string) {
	kind, _, err := SplitID(name)
	switch {
	case strings.HasPrefix(name, "extension-definition--") && err != nil:
		v.err(e, "identifier", "2.9", "%v", err)
		return
	case kind != "extension-definition":
		v.warn(e, "custom-extension", "11.3", "%q names no extension definition: custom extensions of this kind are deprecated", clip([]byte(name)))
		return
	}
	x := v.t.child(e, "extension_type")
	switch {
	case x < 0:
		v.warn(e, "extension-type", "7.3", "say in extension_type which kind of extension this is")
	case !extensionType.has([]byte(v.t.str(x))):
		v.err(x, "enumeration", "10.5", "%q is not in %s: use %s", clip(v.t.value(x)), extensionType.name, someOf(extensionType.words))
	}
}

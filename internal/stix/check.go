package stix

import (
	"hash/maphash"
	"strings"
)

// Check checks one object alone: its findings, in the order in which it is written. An object of STIX 2.0 is checked as the
// 2.1 object that [Upgrade] makes of it, with one warning that says so.
func Check(o *Object) []Finding { return check(o, nil) }

func check(o *Object, pattern func(kind, version, text string) error) []Finding {
	if o.Spec() == "2.0" {
		if sign := newerThan20(o); sign != "" && o.SpecVersion == "" {
			v := validator{t: &o.tree, o: o, pattern: pattern}
			v.object()
			return v.out
		}
		return check20(o, pattern)
	}
	v := validator{t: &o.tree, o: o, pattern: pattern}
	v.object()
	return v.out
}

// check20 checks an object of STIX 2.0.
func check20(o *Object, pattern func(kind, version, text string) error) []Finding {
	up, changes, err := Upgrade(o)
	if err != nil {
		return []Finding{{Error, "stix-2.0", "", "the object cannot be read as STIX 2.1: " + err.Error(), "3.2"}}
	}
	what := "spec_version is 2.0"
	if o.SpecVersion == "" {
		what = "there is no spec_version, which means STIX 2.0"
	}
	list := make([]string, len(changes))
	for i, c := range changes {
		list[i] = c.What
	}
	v := validator{t: &up.tree, o: up, pattern: pattern}
	v.add(Warning, "", "stix-2.0", "3.2", "%s: to make it 2.1, %s", what, strings.Join(list, "; "))
	v.object()
	return v.out
}

// Checker checks objects one by one and against each other: versions of one object, and extensions against their
// definitions. It remembers about 200 bytes per object. The zero value is ready; one goroutine may use it.
type Checker struct {
	// Pattern parses the pattern of an indicator; its error becomes a finding, a [AdviceError] a warning. nil checks no
	// pattern.
	Pattern func(kind, version, text string) error

	seed        maphash.Seed
	seen        map[string]seen
	definitions map[string][]string // extension types by the identifier of the definition
	uses        map[extensionUse]string
}

// AdviceError is an error about a pattern that is no breach of the specification.
type AdviceError string

func (a AdviceError) Error() string { return string(a) }

type seen struct {
	versionFacts
	sum uint64
}

type extensionUse struct{ definition, kind string }

// Late is a finding about an object that came before what shows it.
type Late struct {
	ID string
	Finding
}

// Check checks an object alone, and against those that came before it.
func (c *Checker) Check(o *Object) []Finding {
	out := check(o, c.Pattern)
	if c.seen == nil {
		c.seed = maphash.MakeSeed()
		c.seen, c.definitions, c.uses = map[string]seen{}, map[string][]string{}, map[extensionUse]string{}
	}
	if o.Type == "extension-definition" && o.ID != "" {
		c.definitions[o.ID] = o.tree.strings(o.tree.child(0, "extension_types"))
	}
	if e := o.tree.child(0, "extensions"); e >= 0 && o.tree.nodes[e].kind == jsonObject {
		for _, x := range o.tree.children(e) {
			use := extensionUse{string(o.tree.name(x)), o.tree.str(o.tree.child(x, "extension_type"))}
			if _, ok := c.uses[use]; !ok && use.kind != "" {
				c.uses[use] = o.ID
			}
		}
	}
	if o.ID == "" || o.Type == "bundle" {
		return out
	}
	now := seen{factsOf(&o.Header), maphash.Bytes(c.seed, o.Raw)}
	before, ok := c.seen[o.ID]
	if !ok {
		c.seen[o.ID] = now
		return out
	}
	switch {
	case now.sum == before.sum:
		out = append(out, Finding{Warning, "duplicate", "/id", "this object stands here twice, byte for byte: keep one", "3.6"})
	case o.Version().Text == "":
		out = append(out, Finding{Warning, "duplicate", "/id", "this identifier stands here twice, with other properties: make one object of the two", "2.9"})
	default:
		out = append(out, compareVersions(before.versionFacts, now.versionFacts)...)
	}
	if !now.version().Before(before.version()) {
		c.seen[o.ID] = now
	}
	return out
}

// Finish gives the findings that wait for the last object: extensions of a kind that their definition does not name.
func (c *Checker) Finish() []Late {
	var out []Late
	for use, id := range c.uses {
		types, ok := c.definitions[use.definition]
		if !ok || contains(types, use.kind) {
			continue
		}
		out = append(out, Late{id, Finding{
			Error, "extension-type", string(appendPointer([]byte("/extensions"), []byte(use.definition))),
			"its definition is for " + strings.Join(types, ", ") + ", not for " + use.kind, "7.3",
		}})
	}
	sortLate(out)
	return out
}

package misp

import (
	"slices"
	"strings"

	"entente/internal/stix"
	"entente/internal/stixpattern"
)

// factsOfPattern are the values that a pattern compares with, if it is no more than one observation in which they all hold; of
// hashes of one file, and of values of one property, one may be enough.
func factsOfPattern(text string) ([]fact, bool) {
	p, err := stixpattern.Parse(text)
	if err != nil {
		return nil, false
	}
	b, ok := p.Root.(*stixpattern.Bracket)
	if !ok {
		return nil, false
	}
	return factsOfComparison(b.Expr)
}

func factsOfComparison(c stixpattern.Comparison) (out []fact, ok bool) {
	switch c := c.(type) {
	case *stixpattern.Test:
		return factsOfTest(c)
	case *stixpattern.Bool:
		for _, e := range c.List {
			part, ok := factsOfComparison(e)
			if !ok {
				return nil, false
			}
			out = append(out, part...)
		}
		if !c.And && slices.ContainsFunc(out, func(f fact) bool { return group(f.path) != group(out[0].path) }) {
			return nil, false
		}
		return out, true
	}
	return nil, false
}

func factsOfTest(t *stixpattern.Test) ([]fact, bool) {
	path, ok := plainPath(t.Path)
	if !ok || t.Not || len(t.Values) == 0 {
		return nil, false
	}
	switch t.Op {
	case stixpattern.Equal, stixpattern.In:
	case stixpattern.IsSubset:
		if addressFamily(t.Values[0].Text) == "" {
			return nil, false
		}
	default:
		return nil, false
	}
	var out []fact
	for _, v := range t.Values {
		f := fact{path: path}
		switch v.Kind {
		case stixpattern.StringValue:
			f.value = v.Text
		case stixpattern.IntValue, stixpattern.BoolValue:
			f.value = v.String()
		case stixpattern.TimeValue:
			f.value = stamp(v.Time)
		default:
			return nil, false
		}
		out = append(out, canonical(f))
	}
	return out, true
}

// canonical is a fact with the path that the tables of this package have for it.
func canonical(f fact) fact {
	switch f.path {
	case "ipv4-addr:value", "ipv6-addr:value":
		f.path = "ip-addr:value"
	}
	return f
}

// factsOfObservables are the values of observables. those names them all by their identifiers; what one refers to is part of
// it.
func factsOfObservables(those map[string]*stix.Object, refs []string) (out []fact) {
	for _, root := range rootsOf(those, refs) {
		out = append(out, factsOfRoot(those, refs, root)...)
	}
	return out
}

// property is a text at the top of an object.
func property(o *stix.Object, name string) string { return get(o.Root(), name) }

// walker lists the facts of an observable.
type walker struct {
	those map[string]*stix.Object
	refs  []string
	out   []fact
}

// maxFacts bounds the facts of one observable, in which references may go around in circles.
const maxFacts = 2000

func (w *walker) object(o *stix.Object, kind, prefix string, depth int) {
	if depth > 4 {
		return
	}
	for c := range o.Root().Children() {
		switch c.Name() {
		case "type", "id", "spec_version", "object_marking_refs", "granular_markings", "defanged", "is_multipart":
			continue
		}
		w.value(kind, prefix+c.Name(), c, depth)
	}
	for _, id := range w.refs {
		r := w.those[id]
		if r == nil || r.Type != "relationship" || property(r, "source_ref") != o.ID || prefix != "" {
			continue
		}
		name := strings.ReplaceAll(property(r, "relationship_type"), "-", "_") + "_refs"
		if to := w.those[property(r, "target_ref")]; to != nil && (name == "resolves_to_refs" || name == "belongs_to_refs") {
			w.object(to, kind, name+"[*].", depth+1)
		}
	}
}

func (w *walker) value(kind, path string, v stix.Value, depth int) {
	if len(w.out) >= maxFacts {
		return
	}
	name := path[strings.LastIndexByte(path, '.')+1:]
	bare := strings.TrimSuffix(name, "[*]")
	switch {
	case v.IsList():
		for e := range v.Children() {
			w.value(kind, path+"[*]", e, depth)
		}
	case v.IsObject():
		for e := range v.Children() {
			w.value(kind, path+"."+e.Name(), e, depth)
		}
	case strings.HasSuffix(bare, "_ref") || strings.HasSuffix(bare, "_refs"):
		if o := w.those[v.Text()]; o != nil {
			w.object(o, kind, path+".", depth+1)
		}
	case path == "protocols[*]" && (v.Text() == "ip" || v.Text() == "ipv4" || v.Text() == "ipv6"):
	case strings.HasSuffix(path, ".content_disposition"):
	default:
		f := fact{path: kind + ":" + path, value: v.Text()}
		if !v.IsString() {
			f.value = string(v.JSON())
		}
		w.out = append(w.out, canonical(f))
	}
}

// value puts the value of an attribute of the kind together. ok is false where facts have not exactly one for each part.
func (k *kind) value(facts []fact, observed bool) (string, bool) {
	paths := k.paths
	if observed && k.seen != nil {
		paths = k.seen
	}
	parts := make([]string, 0, len(paths))
	for _, p := range paths {
		n := 0
		for _, f := range facts {
			if f.path == p {
				parts = append(parts, f.value)
				n++
			}
		}
		if n != 1 {
			return "", false
		}
	}
	return strings.Join(parts, "|"), len(parts) > 0
}

// told is the value of an attribute of a type that objects tell by themselves.
func told(kind string, o *stix.Object, those map[string]*stix.Object) (string, bool) {
	k := kindsByName()[kind]
	switch o.Type {
	case "note":
		return property(o, "content"), true
	case "vulnerability", "threat-actor", "campaign":
		return property(o, "name"), true
	case "indicator":
		if property(o, "pattern_type") != "stix" || k != nil && k.rule == "stix" {
			return property(o, "pattern"), true
		}
		facts, ok := factsOfPattern(property(o, "pattern"))
		if !ok {
			return "", false
		}
		for _, f := range facts {
			if f.path == custom+":value" {
				return f.value, true
			}
		}
		if k == nil {
			return "", false
		}
		return k.value(facts, false)
	case "observed-data":
		if k == nil {
			return "", false
		}
		return k.value(factsOfObservables(those, texts(o.Root(), "object_refs")), true)
	}
	return "", false
}

package misp

import (
	"slices"
	"strings"
	"sync"

	"entente/internal/stix"
	"entente/internal/stixpattern"
)

// maxAlternatives is into how many attributes a pattern may fall.
const maxAlternatives = 200

// alternativesOf takes a pattern apart into what it looks for alternatively: the facts of each alternative hold together. ok is
// false where it says more than that values are equal.
func alternativesOf(text string) (out [][]fact, ok bool) {
	p, err := stixpattern.Parse(text)
	if err != nil {
		return nil, false
	}
	brackets := []stixpattern.Observation{p.Root}
	if j, isJoin := p.Root.(*stixpattern.Join); isJoin {
		if j.Op != stixpattern.JoinOr {
			return nil, false
		}
		brackets = j.List
	}
	for _, b := range brackets {
		b, ok := b.(*stixpattern.Bracket)
		if !ok {
			return nil, false
		}
		part, ok := alternatives(b.Expr)
		if !ok || len(out)+len(part) > maxAlternatives {
			return nil, false
		}
		out = append(out, part...)
	}
	return out, true
}

func alternatives(c stixpattern.Comparison) (out [][]fact, ok bool) {
	switch c := c.(type) {
	case *stixpattern.Test:
		facts, ok := factsOfTest(c)
		if !ok {
			return nil, false
		}
		for _, f := range facts { // IN: one of them
			out = append(out, []fact{f})
		}
		return out, len(out) <= maxAlternatives
	case *stixpattern.Bool:
		if c.And {
			out = [][]fact{nil}
		}
		for _, e := range c.List {
			part, ok := alternatives(e)
			if !ok {
				return nil, false
			}
			if !c.And {
				out = append(out, part...)
			} else {
				var joined [][]fact
				if len(out)*len(part) > maxAlternatives {
					return nil, false
				}
				for _, a := range out {
					for _, b := range part {
						joined = append(joined, slices.Concat(a, b))
					}
				}
				out = joined
			}
			if len(out) > maxAlternatives {
				return nil, false
			}
		}
		return out, true
	}
	return nil, false
}

// attributeOfFacts is the type and value of an attribute that says the same as facts; "" without one.
func attributeOfFacts(facts []fact, observed bool) (kind, value string) {
	if len(facts) == 0 {
		return "", ""
	}
	for i := range kinds() {
		k := &kinds()[i]
		if k.rule != "" {
			continue
		}
		want := len(k.paths)
		if path, v, fixed := strings.Cut(k.fixed, "="); fixed {
			if !slices.Contains(facts, fact{path, v}) {
				continue
			}
			want++
		}
		if len(facts) != want {
			continue
		}
		v, ok := k.value(facts, false)
		if !ok && observed {
			v, ok = k.value(facts, true)
		}
		if ok && fits(k, v) {
			return k.name, v
		}
	}
	for _, f := range facts {
		switch f.path {
		case custom + ":type":
			kind = f.value
		case custom + ":value":
			value = f.value
		default:
			return "", ""
		}
	}
	if kind == "" || value == "" || len(facts) != 2 {
		return "", ""
	}
	return kind, value
}

// fits says whether a value is really one of the type, of those whose paths say no more than that it is a value, and of two
// values one that MISP takes.
func fits(k *kind, value string) bool {
	if len(k.paths) > 1 && !acceptable(k.name, value) {
		return false // an object says it
	}
	switch k.name {
	case "onion-address", "target-email", "target-user", "attachment", "malware-sample", "uri":
		return false // others have the same paths
	case "hostname|port":
		host, _, _ := strings.Cut(value, "|")
		return addressFamily(host) == ""
	case "ip-dst", "ip-src", "ip-dst|port", "ip-src|port":
		host, _, _ := strings.Cut(value, "|")
		return addressFamily(host) != ""
	}
	return true
}

// info is what MISP asks of an object of a template.
type info struct{ uuid, version, meta string }

// templateInfo are the templates that foreign objects become.
var templateInfo = map[string]info{
	"file":               {"688c46fb-5edb-40a3-8273-1af7923e2215", "24", "file"},
	"domain-ip":          {"43b3b146-77eb-4931-b4cc-b66c60f28734", "9", "network"},
	"network-connection": {"af16764b-f8e5-4603-9de1-de34d272f80b", "2", "network"},
	"process":            {"02aeef94-ac23-455c-addb-731757ceafb5", "7", "misc"},
	"registry-key":       {"8b3228ad-6d82-4fe6-b2ae-05426308f1d5", "2", "file"},
	"email":              {"a0c666e0-fc65-4be8-b48f-3423d788b552", "18", "network"},
	"x509":               {"d1ab756a-26b5-4349-9f43-765630f0911c", "10", "network"},
	"user-account":       {"49606b06-22f0-4ac8-8eee-2f12ad46f3d3", "6", "misc"},
	"asn":                {"", "", "network"},
	"annotation":         {"5d8dc046-15a1-4ca3-a09f-ed4ede7c4487", "2", "misc"},
	"course-of-action":   {"3d1c2c06-68a9-4394-8c8d-258d115f796f", "1", "misc"},
	"attack-pattern":     {"35928348-56be-4d7f-9752-a80927936351", "1", "vulnerability"},
}

// templateOrder is the order in which templates are tried.
var templateOrder = sync.OnceValue(func() []*template {
	var out []*template
	for _, name := range []string{"file", "domain-ip", "network-connection", "process", "registry-key", "email", "x509", "user-account", "asn"} {
		out = append(out, templates()[name])
	}
	return out
})

// templateOfFacts is the template whose relations hold all facts, and its attributes.
func templateOfFacts(facts []fact) (string, []Attribute) {
	if len(facts) == 0 {
		return "", nil
	}
	for _, t := range templateOrder() {
		var out []Attribute
		for _, f := range facts {
			m, ok := t.member(f)
			if !ok {
				out = nil
				break
			}
			out = append(out, Attribute{Relation: m.relation, Type: m.kind, Value: f.value})
		}
		if out != nil {
			return t.name, out
		}
	}
	return "", nil
}

// member is the relation of a fact.
func (t *template) member(f fact) (member, bool) {
	for _, m := range t.paths {
		if m.path != f.path {
			continue
		}
		switch {
		case (m.kind == "ip-src" || m.kind == "ip-dst") && addressFamily(f.value) == "",
			m.kind == "hostname" && (addressFamily(f.value) != "" || t.name == "domain-ip"):
			continue
		case m.path == "network-traffic:protocols[*]":
			m.relation = protocolLayer(f.value)
		}
		return m, true
	}
	return member{}, false
}

// protocolLayer is the relation of a protocol.
func protocolLayer(s string) string {
	switch strings.ToLower(s) {
	case "ip", "ipv4", "ipv6", "icmp", "icmp6", "arp":
		return "layer3-protocol"
	case "tcp", "udp", "sctp", "quic":
		return "layer4-protocol"
	}
	return "layer7-protocol"
}

// rootsOf are the observables that no other one of them is part of, in their order.
func rootsOf(those map[string]*stix.Object, refs []string) (out []string) {
	inner := map[string]bool{}
	for _, id := range refs {
		switch o := those[id]; {
		case o == nil:
		case o.Type == "relationship":
			inner[property(o, "target_ref")] = true
		default:
			for ref := range o.Refs() {
				if ref.ID != id {
					inner[ref.ID] = true
				}
			}
		}
	}
	for _, id := range refs {
		if o := those[id]; o != nil && !inner[id] && o.Type != "relationship" {
			out = append(out, id)
		}
	}
	return out
}

// factsOfRoot are the values of one observable and its parts.
func factsOfRoot(those map[string]*stix.Object, refs []string, root string) []fact {
	o := those[root]
	w := walker{those: those, refs: refs}
	w.object(o, o.Type, "", 0)
	return w.out
}

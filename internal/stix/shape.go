package stix

import "sync"

// class is the family of a type of object.
type class uint8

const (
	classNone class = iota // none that the specification knows
	classSDO
	classSRO
	classSCO
	classMeta // language-content, extension-definition, marking-definition
	classBundle
)

// kind is the type of a property's value (section 2), with the format of a string where the specification demands one.
type kind uint8

const (
	anything kind = iota
	text
	boolean
	integer
	float
	timestamp
	millis // a timestamp with exactly three digits of a second
	ownID
	ownType
	specVersion
	reference
	hexadecimal
	binary
	hashes
	dictionary
	embedded
	enum
	openVocabulary
	language
	extensions
	markingObject
	observables
	contents
	pattern
	ipv4
	ipv6
	mac
	domain
	uri
	email
	mime
	cpe
	semver
	relationshipName
	phaseName
	selector
	socketOptions
)

// prop is one property of a shape.
type prop struct {
	name       string
	kind       kind
	list       bool
	required   bool
	forbidden  bool // a common property that this family of objects does not have
	deprecated string
	words      *vocabulary
	refs       []string // types that a reference may name; see refClass
	of         *shape   // what is embedded
	min, max   float64
	bounded    bool
}

func p(name string, k kind) prop             { return prop{name: name, kind: k} }
func (q prop) must() prop                    { q.required = true; return q }
func (q prop) many() prop                    { q.list = true; return q }
func (q prop) between(lo, hi float64) prop   { q.min, q.max, q.bounded = lo, hi, true; return q }
func (q prop) instead(advice string) prop    { q.deprecated = advice; return q }
func no(name string) prop                    { return prop{name: name, forbidden: true} }
func ref(name string, types ...string) prop  { return prop{name: name, kind: reference, refs: types} }
func refs(name string, types ...string) prop { return ref(name, types...).many() }
func words(name string, v *vocabulary) prop  { return prop{name: name, kind: openVocabulary, words: v} }
func oneOf(name string, v *vocabulary) prop  { return prop{name: name, kind: enum, words: v} }
func object(name string, s *shape) prop      { return prop{name: name, kind: embedded, of: s} }
func count(name string) prop                 { return p(name, integer).between(0, maxInteger) }

// Names of families in the list of types that a reference may name. An identifier of a type that nobody knows fits each.
const (
	anySDO    = "SDO"
	anySRO    = "SRO"
	anySCO    = "SCO"
	anyMeta   = "meta"
	anyObject = "any" // every object but a bundle
)

// maxInteger is the largest integer of I-JSON.
const maxInteger = 1<<53 - 1

// shape is the table of one type of object, or of a part of one.
type shape struct {
	name    string
	section string
	class   class
	props   []prop
	rules   []rule
	exts    []*shape // predefined extensions
	// contributing are the properties from which a deterministic identifier is made (section 2.9).
	contributing []string

	all   []prop         // common properties and props
	index map[string]int // name to place in all
}

// ruleKind is how the properties of a rule hang together.
type ruleKind uint8

const (
	ruleAnyOf     ruleKind = iota // at least one of props
	ruleNotBoth                   // at most one of props
	ruleNeeds                     // props[0] only together with all of then
	ruleNotBefore                 // time props[1] >= time props[0]
	ruleLater                     // time props[1] > time props[0]
	ruleWhenTrue                  // props[0] is true: then must be there, not must not
	ruleWhenFalse                 // props[0] is false: the same
)

type rule struct {
	kind  ruleKind
	props []string // none: the shape's own properties
	then  []string
	not   []string
}

func anyOf(props ...string) rule { return rule{kind: ruleAnyOf, props: props} }
func notBoth(a, b string) rule   { return rule{kind: ruleNotBoth, props: []string{a, b}} }
func needs(a string, then ...string) rule {
	return rule{kind: ruleNeeds, props: []string{a}, then: then}
}

func notBefore(first, last string) rule {
	return rule{kind: ruleNotBefore, props: []string{first, last}}
}
func later(first, last string) rule { return rule{kind: ruleLater, props: []string{first, last}} }
func whenTrue(a string, then, not []string) rule {
	return rule{kind: ruleWhenTrue, props: []string{a}, then: then, not: not}
}

func whenFalse(a string, then, not []string) rule {
	return rule{kind: ruleWhenFalse, props: []string{a}, then: then, not: not}
}

// maxProps is how many properties a shape may have: what was seen is kept in an array of this size.
const maxProps = 64

// registry is every shape, ready for use.
type registry struct {
	types      map[string]*shape
	extensions map[string]*shape // predefined extensions, by name
	custom     *shape            // an object of a type that nobody knows
	added      map[string]*shape // an object of a type that an extension defines, by the kind of extension
}

// shapes is the registry; it is built once and never changes.
var shapes = sync.OnceValue(func() *registry {
	r := &registry{types: map[string]*shape{}, extensions: map[string]*shape{}}
	for _, family := range [][]*shape{domainShapes(), relationshipShapes(), observableShapes(), metaShapes()} {
		for _, s := range family {
			r.types[s.name] = s
			s.prepare()
			for _, e := range s.exts {
				r.extensions[e.name] = e
			}
		}
	}
	r.custom = &shape{section: "11.2"}
	r.custom.prepare()
	r.added = map[string]*shape{"new-sdo": {section: "7.3", class: classSDO}, "new-sco": {section: "7.3", class: classSCO}, "new-sro": {section: "7.3", class: classSRO}}
	for _, s := range r.added {
		s.prepare()
	}
	return r
})

// prepare puts the common properties of the family in front and builds the index, here and in all that is embedded.
func (s *shape) prepare() {
	if s.index != nil {
		return
	}
	s.all = append(commonProps(s), s.props...)
	s.index = make(map[string]int, len(s.all))
	for i := range s.all {
		s.index[s.all[i].name] = i
		if of := s.all[i].of; of != nil {
			of.prepare()
		}
	}
	for _, e := range s.exts {
		e.prepare()
	}
}

// classOf is the family of a type.
func classOf(name string) class {
	if s := shapes().types[name]; s != nil {
		return s.class
	}
	return classNone
}

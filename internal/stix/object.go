package stix

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// Limits bound what is read. The zero value means the defaults.
type Limits struct {
	Size   int // bytes of one object; default 16 MiB, at most 1 GiB
	Depth  int // nesting of objects and lists; default 64, at most 128
	Values int // values within one object; default 1,000,000
}

func (l Limits) orDefaults() Limits {
	if l.Size <= 0 {
		l.Size = 16 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 64
	}
	if l.Values <= 0 {
		l.Values = 1_000_000
	}
	l.Size, l.Depth = min(l.Size, 1<<30), min(l.Depth, 128)
	return l
}

// Object is one object of STIX: the bytes that were received and what their header says. It may be read by many at once.
type Object struct {
	Header
	Raw []byte // the JSON as received, without white space around it; not to be changed

	tree tree
}

// Header is what every part of the program asks an object for. A property that is missing or of the wrong type is the zero
// value: [Check] says which. Strings are copies.
type Header struct {
	Type              string
	ID                string
	SpecVersion       string // as written; see [Object.Spec]
	Created, Modified Timestamp
	CreatedByRef      string
	Revoked           bool
	Confidence        int // 0 to 100, -1 without
	Lang              string
	Labels            []string
	ObjectMarkingRefs []string
	GranularMarkings  []GranularMarking
}

// GranularMarking marks parts of an object (section 7.2.3.1): with a marking definition, or with a language.
type GranularMarking struct {
	MarkingRef string
	Lang       string
	Selectors  []string
}

// Ref is one reference that an object makes.
type Ref struct {
	Pointer string // JSON pointer of the identifier
	ID      string
}

// Parse reads one object. It keeps raw. The error is a [*SyntaxError]; what is JSON and an object but breaks STIX is read,
// and left to [Check].
func Parse(raw []byte, lim Limits) (*Object, error) {
	t, err := parseTree(raw, lim.orDefaults())
	if err != nil {
		return nil, err
	}
	if t.nodes[0].kind != jsonObject {
		return nil, &SyntaxError{Offset: int64(t.nodes[0].val), Reason: fmt.Sprintf("an object is needed, not %s", t.nodes[0].kind)}
	}
	o := &Object{Raw: t.value(0), tree: t}
	o.Header = t.header()
	return o, nil
}

func (t *tree) header() Header {
	h := Header{Confidence: -1}
	for _, c := range t.children(0) {
		switch string(t.name(c)) {
		case "type":
			h.Type = t.str(c)
		case "id":
			h.ID = t.str(c)
		case "spec_version":
			h.SpecVersion = t.str(c)
		case "created":
			h.Created = t.time(c)
		case "modified":
			h.Modified = t.time(c)
		case "created_by_ref":
			h.CreatedByRef = t.str(c)
		case "revoked":
			h.Revoked = t.isTrue(c)
		case "confidence":
			if n, err := strconv.Atoi(string(t.value(c))); err == nil && 0 <= n && n <= 100 {
				h.Confidence = n
			}
		case "lang":
			h.Lang = t.str(c)
		case "labels":
			h.Labels = t.strings(c)
		case "object_marking_refs":
			h.ObjectMarkingRefs = t.strings(c)
		case "granular_markings":
			h.GranularMarkings = t.granular(c)
		}
	}
	return h
}

func (t *tree) time(i int) Timestamp {
	if t.nodes[i].kind != jsonString {
		return Timestamp{}
	}
	ts, _ := ParseTimestamp(string(t.text(i)))
	return ts
}

// strings are the strings of a list.
func (t *tree) strings(i int) []string {
	if i < 0 || t.nodes[i].kind != jsonList || t.nodes[i].n == 0 {
		return nil
	}
	out := make([]string, 0, t.nodes[i].n)
	for _, c := range t.children(i) {
		if t.nodes[c].kind == jsonString {
			out = append(out, string(t.text(c)))
		}
	}
	return out
}

func (t *tree) granular(i int) []GranularMarking {
	if t.nodes[i].kind != jsonList {
		return nil
	}
	var out []GranularMarking
	for _, c := range t.children(i) {
		if t.nodes[c].kind == jsonObject {
			out = append(out, GranularMarking{
				MarkingRef: t.str(t.child(c, "marking_ref")),
				Lang:       t.str(t.child(c, "lang")),
				Selectors:  t.strings(t.child(c, "selectors")),
			})
		}
	}
	return out
}

// Spec is the version of STIX that the object is of: what it says, else 2.1 for cyber-observable objects and bundles and
// 2.0 for all others (section 3.2).
func (h *Header) Spec() string {
	if h.SpecVersion != "" {
		return h.SpecVersion
	}
	switch classOf(h.Type) {
	case classSCO, classBundle:
		return "2.1"
	case classNone:
		if h.Created.Text == "" {
			return "2.1" // a cyber-observable of somebody's own
		}
	case classSDO, classSRO, classMeta:
	}
	return "2.0"
}

// Version is what tells versions of the object apart: modified, else created, else "" (an object without versions).
func (h *Header) Version() Timestamp {
	if h.Modified.Text != "" {
		return h.Modified
	}
	return h.Created
}

// Refs yields every reference that the object makes: each string in a property whose name ends in _ref or _refs, at any
// depth, created_by_ref and markings included.
func (o *Object) Refs() iter.Seq[Ref] {
	return func(yield func(Ref) bool) { o.tree.refs(0, nil, yield) }
}

// refs yields the references below a node, whose pointer is at.
func (t *tree) refs(i int, at []byte, yield func(Ref) bool) bool {
	for j, c := range t.children(i) {
		n := &t.nodes[c]
		if n.kind < jsonString {
			continue
		}
		var here []byte
		var ref bool
		if t.nodes[i].kind == jsonList {
			here = strconv.AppendInt(append(at, '/'), int64(j), 10)
			ref = i > 0 && strings.HasSuffix(string(t.name(i)), "_refs")
		} else {
			here = appendPointer(at, t.name(c))
			ref = strings.HasSuffix(string(t.name(c)), "_ref")
		}
		if n.kind == jsonString {
			if ref && !yield(Ref{string(here), string(t.text(c))}) {
				return false
			}
		} else if !t.refs(c, here, yield) {
			return false
		}
	}
	return true
}

// Property is the JSON of a property at the top of the object, nil without.
func (o *Object) Property(name string) []byte {
	if c := o.tree.child(0, name); c >= 0 {
		return o.tree.value(c)
	}
	return nil
}

// Selects says whether a selector of a granular marking (section 7.2.3.1.1) points to something in the object.
func (o *Object) Selects(selector string) bool {
	seen := 0
	return o.tree.find(selector, &seen) >= 0
}

// find is the node that a selector points to, -1 for none. It adds to seen how many nodes it has looked at.
func (t *tree) find(selector string, seen *int) int {
	at := 0
	for rest := selector; rest != ""; {
		var step string
		step, rest, _ = strings.Cut(rest, ".")
		next := -1
		if inner, ok := strings.CutPrefix(step, "["); ok && t.nodes[at].kind == jsonList {
			n, err := strconv.Atoi(strings.TrimSuffix(inner, "]"))
			if err == nil && 0 <= n && n < int(t.nodes[at].n) {
				*seen += n
				next = at + 1
				for range n {
					next = int(t.nodes[next].next)
				}
			}
		} else {
			*seen += int(t.nodes[at].n)
			next = t.child(at, step)
		}
		if next < 0 {
			return -1
		}
		at = next
	}
	if at == 0 {
		return -1
	}
	return at
}

package exchange

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"entente/internal/stix"
	"entente/internal/store"
)

// WithheldExtension identifies the extension with which an object says that parts of it were withheld:
//
//	"extensions": {"extension-definition--…": {"extension_type": "property-extension", "withheld": ["red"]}}
//
// withheld lists the labels of what is missing, the most open first. Objects of STIX 2.0 have no extensions, and those of
// files and network traffic are part of their identity: such objects say it in the custom property x_entente_withheld, with
// the same list.
func WithheldExtension() string { return withheldExtension }

var withheldExtension = stix.ID("extension-definition", "entente-withheld/1")

const withheldProperty = "x_entente_withheld"

// isRedacted says whether something was withheld from whom we have the object.
func isRedacted(o *stix.Object) bool {
	if o.Property(withheldProperty) != nil {
		return true
	}
	x, ok := o.Root().Child("extensions")
	if ok {
		_, ok = x.Child(withheldExtension)
	}
	return ok
}

// fixed are the properties that are never taken out of an object: they are what the store knows it by, or they carry the
// labels of the rest.
var fixed = []string{
	"type", "id", "spec_version", "created", "modified", "revoked", "object_marking_refs", "granular_markings",
}

// edit replaces the bytes from..to.
type edit struct {
	from, to int
	with     string
}

// redaction is the work of taking parts out of one object.
type redaction struct {
	p     *parts
	gone  []bool // by place
	edits []edit
	taken uint8 // labels of what is taken out
}

// redact takes out of an object what has a label that is not in sees, the selectors that point there, and nothing else: all
// other bytes stay as they are. It adds the statement that something was withheld. ok is false where the object cannot do
// without, and nothing of it must leave then.
//
// With try, ok is false, too, where what remains would be no valid object or would tell what was taken out. Items are tried
// when they are stored, and those that fail get a stricter label, so that readers need not wait for it.
func (p *parts) redact(sees uint8, try bool) (raw []byte, withheld []store.Label, ok bool) {
	if p.present&^sees == 0 {
		return p.o.Raw, nil, true
	}
	r := redaction{p: p, gone: make([]bool, len(p.labels))}
	root := p.o.Root()
	if r.mark(root, sees); r.taken == 0 {
		return p.o.Raw, nil, true
	}
	if r.gone[0] || !r.leavesFixed() {
		return nil, nil, false
	}
	r.cut(root)
	if !r.markings() {
		return nil, nil, false
	}
	for l := store.Clear; l <= store.Red; l++ {
		if r.taken&(1<<l) != 0 {
			withheld = append(withheld, l)
		}
	}
	if try && !r.valid() {
		return nil, nil, false
	}
	if !r.state(withheld) || try && !r.valid() {
		return nil, nil, false
	}
	return r.bytes(), withheld, true
}

// mark decides what goes: values that are not seen, and lists and objects of which nothing is left.
func (r *redaction) mark(v stix.Value, sees uint8) {
	at := v.Place()
	if v.Len() == 0 {
		if label := r.p.labels[at]; label > r.p.base && sees&(1<<label) == 0 {
			r.gone[at] = true
			r.taken |= 1 << label
		}
		return
	}
	r.gone[at] = true
	for c := range v.Children() {
		r.mark(c, sees)
		if !r.gone[c.Place()] {
			r.gone[at] = false
		}
	}
}

func (r *redaction) leavesFixed() bool {
	for c := range r.p.o.Root().Children() {
		if !slices.ContainsFunc(fixed, c.Named) {
			continue
		}
		if slices.Contains(r.gone[c.Place():c.Past()], true) {
			return false
		}
	}
	return true
}

// cut makes the edits that take out of a list or an object what is gone, with one comma each.
func (r *redaction) cut(v stix.Value) {
	kept := false // something before
	end := 0      // of what is before
	from := -1    // what is gone begins here, while nothing before it is kept
	for c := range v.Children() {
		switch {
		case r.gone[c.Place()] && kept:
			r.edits = append(r.edits, edit{from: end, to: c.End()})
		case r.gone[c.Place()]:
			if from < 0 {
				from = c.Start()
			}
		default:
			if from >= 0 {
				r.edits = append(r.edits, edit{from: from, to: c.Start()})
				from = -1
			}
			kept = true
			if c.Len() > 0 {
				r.cut(c)
			}
		}
		end = c.End()
	}
}

// markings takes the selectors out of the granular markings that point to what is gone, and renumbers those that point into
// lists that have become shorter. It fails where a selector points to the markings themselves.
func (r *redaction) markings() bool {
	list, ok := r.p.o.Root().Child("granular_markings")
	if !ok || !list.IsList() {
		return false
	}
	for m := range list.Children() {
		selectors, ok := m.Child("selectors")
		if !ok {
			continue
		}
		r.gone[m.Place()] = selectors.Len() > 0
		for s := range selectors.Children() {
			text := s.Text()
			v, ok := r.p.o.Select(text)
			if ok && list.Place() <= v.Place() && v.Place() < list.Past() {
				return false
			}
			if r.gone[s.Place()] = !ok || r.gone[v.Place()]; r.gone[s.Place()] {
				continue
			}
			r.gone[m.Place()] = false
			if now := r.renumber(text); now != text {
				r.edits = append(r.edits, edit{s.ValueStart(), s.End(), quote(now)})
			}
		}
	}
	r.gone[list.Place()] = true
	for m := range list.Children() {
		if !r.gone[m.Place()] {
			r.gone[list.Place()] = false
		}
	}
	if r.gone[list.Place()] {
		// The property goes with its neighbours' commas, as everything else does: once more from the top.
		r.edits = nil
		r.cut(r.p.o.Root())
		return true
	}
	r.cut(list)
	return true
}

// renumber is a selector after its lists have become shorter.
func (r *redaction) renumber(selector string) string {
	steps := strings.Split(selector, ".")
	at := r.p.o.Root()
	for i, step := range steps {
		n, position := stix.SelectorStep(step)
		if !position || !at.IsList() {
			c, ok := at.Child(step)
			if !ok {
				return selector
			}
			at = c
			continue
		}
		before, left := 0, n
		for c := range at.Children() {
			if left == 0 {
				at = c
				break
			}
			if left--; r.gone[c.Place()] {
				before++
			}
		}
		if before > 0 {
			steps[i] = "[" + strconv.Itoa(n-before) + "]"
		}
	}
	return strings.Join(steps, ".")
}

// quote writes a selector as JSON. A selector that was found in an object may hold any character of a property's name.
func quote(s string) string {
	var b []byte
	b = append(b, '"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, `\u00`...)
			b = append(b, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

// state adds the statement that something was withheld.
func (r *redaction) state(withheld []store.Label) bool {
	o := r.p.o
	root := o.Root()
	if o.Spec() == "2.0" || slices.Contains([]string{"file", "network-traffic", "extension-definition"}, o.Type) {
		return r.stateIn(root, withheldProperty, withheld)
	}
	x, ok := root.Child("extensions")
	if !ok || r.gone[x.Place()] {
		r.add(root, `"extensions":{"`+withheldExtension+`":`+statement(withheld)+`}`)
		return true
	}
	if c, ok := x.Child(withheldExtension); ok && !r.gone[c.Place()] {
		return r.stateIn(c, "withheld", withheld)
	}
	return r.add(x, `"`+withheldExtension+`":`+statement(withheld))
}

func statement(withheld []store.Label) string {
	return `{"extension_type":"property-extension","withheld":` + labelList(withheld) + `}`
}

// stateIn makes the list of labels the member of v with a name, or adds to the list that stands there.
func (r *redaction) stateIn(v stix.Value, name string, withheld []store.Label) bool {
	list, ok := v.Child(name)
	if !ok || r.gone[list.Place()] {
		return r.add(v, `"`+name+`":`+labelList(withheld))
	}
	r.restate(list, withheld)
	return true
}

// add appends a member to an object of which something is left.
func (r *redaction) add(v stix.Value, member string) bool {
	if !v.IsObject() || v.Len() == 0 {
		return false
	}
	r.edits = append(r.edits, edit{v.End() - 1, v.End() - 1, "," + member})
	return true
}

// restate adds labels to a statement that is there already.
func (r *redaction) restate(list stix.Value, withheld []store.Label) {
	all := slices.Clone(withheld)
	for c := range list.Children() {
		if l, ok := LabelNamed(c.Text()); ok && !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	slices.Sort(all)
	// What was cut within the list is written anew with it.
	r.edits = slices.DeleteFunc(r.edits, func(e edit) bool { return e.from >= list.ValueStart() && e.to <= list.End() })
	r.edits = append(r.edits, edit{list.ValueStart(), list.End(), labelList(all)})
}

func labelList(labels []store.Label) string {
	names := make([]string, len(labels))
	for i, l := range labels {
		names[i] = `"` + LabelName(l) + `"`
	}
	return "[" + strings.Join(names, ",") + "]"
}

// bytes are the object's bytes with the edits.
func (r *redaction) bytes() []byte {
	slices.SortStableFunc(r.edits, func(a, b edit) int { return a.from - b.from })
	raw := r.p.o.Raw
	var out bytes.Buffer
	out.Grow(len(raw) + 160)
	at := 0
	for _, e := range r.edits {
		if e.from < at { // cannot be: edits stand apart
			e.from = at
		}
		out.Write(raw[at:e.from])
		out.WriteString(e.with)
		at = max(at, e.to)
	}
	out.Write(raw[at:])
	return out.Bytes()
}

// valid says whether what remains is an object that breaks no rule and has the identifier that it deserves: one that is
// made of properties would tell them to whoever tries some out.
func (r *redaction) valid() bool {
	o, err := stix.Parse(r.bytes(), stix.Limits{Size: 1 << 30, Depth: 128, Values: 1 << 30})
	if err != nil || stix.HasErrors(stix.Check(o)) {
		return false
	}
	before, made := stix.ObservableID(r.p.o)
	if !made || before != o.ID {
		return true
	}
	after, made := stix.ObservableID(o)
	return made && after == before
}

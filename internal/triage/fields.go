package triage

import (
	"slices"
	"strings"

	"entente/internal/event"
)

// picker finds the values of chosen fields in records. It compares names without case, once for each name of a
// reader's table; the name of an object stands for its members too.
type picker struct {
	want  []string // folded
	names *event.Names
	index []int16 // by slot: place in want, -1 for others
}

func newPicker(fields []string) *picker {
	p := &picker{}
	for _, f := range fields {
		p.want = append(p.want, event.FoldString(f))
	}
	return p
}

// of returns the place of a value's field in the list of wanted ones, -1 where it is none of them.
func (p *picker) of(names *event.Names, slot uint32) int {
	if names != p.names {
		p.names, p.index = names, p.index[:0]
	}
	for s := len(p.index); s < names.Len(); s++ {
		name := event.FoldString(names.At(uint32(s)).Text)
		i := slices.IndexFunc(p.want, func(w string) bool {
			rest, ok := strings.CutPrefix(name, w)
			return ok && (rest == "" || rest[0] == '.')
		})
		p.index = append(p.index, int16(i))
	}
	return int(p.index[slot])
}

// Fields reads chosen fields of records as text. One goroutine uses it.
type Fields struct {
	pick *picker
	out  []string
	text []byte
}

// NewFields returns a reader of these fields; their names are compared without case.
func NewFields(names []string) *Fields {
	return &Fields{pick: newPicker(names), out: make([]string, len(names))}
}

// Texts returns the text of each field, in their order, "" where the record has none, and whether it has any. Several
// values of a field are joined by ", ". The slice is valid until the next call.
func (f *Fields) Texts(ev *event.Event) (texts []string, found bool) {
	clear(f.out)
	for i := range ev.Values {
		v := &ev.Values[i]
		at := f.pick.of(ev.Names, v.Slot)
		if at < 0 || v.IsNull() {
			continue
		}
		f.text = v.AppendText(f.text[:0])
		if f.out[at] != "" {
			f.out[at] += ", "
		}
		f.out[at] += string(f.text)
		found = true
	}
	return f.out, found
}

package actor

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"entente/internal/stix"
)

// Source gives objects, as far as its reader may see them: of each the latest version, revoked ones included. Orders are those of
// the source, always the same for the same objects.
type Source interface {
	// Objects are those with the identifiers; what is not there is left out.
	Objects(ctx context.Context, ids []string) ([]Object, error)
	// Referring are objects of the types that refer to an object in any property, at most limit; more says that there are others.
	Referring(ctx context.Context, id string, types []string, limit int) (list []Object, more bool, err error)
	// OfType are objects of a type, at most limit.
	OfType(ctx context.Context, kind string, limit int) (list []Object, more bool, err error)
	// Named are objects of which name or aliases hold the name, whatever the case of letters, at most limit.
	Named(ctx context.Context, name string, limit int) (list []Object, more bool, err error)
}

// Memory is a source over objects in memory. The zero value is empty; it may be read by many at once.
type Memory struct {
	objects map[string]Object
	order   []string            // by identifier
	refs    map[string][]string // identifier → objects that refer to it
	sorted  bool
}

// mostInMemory are the objects that Memory takes.
const mostInMemory = 2_000_000

// Add puts an object in. Of several versions the latest stays.
func (m *Memory) Add(o Object) error {
	if m.objects == nil {
		m.objects, m.refs = map[string]Object{}, map[string][]string{}
	}
	if o.ID == "" || o.Type == "" {
		return fmt.Errorf("an object has no id or no type")
	}
	old, there := m.objects[o.ID]
	if there {
		a, b := old.Version().Time, o.Version().Time
		if a.After(b) || a.Equal(b) && string(old.Raw) >= string(o.Raw) {
			return nil
		}
	} else if len(m.objects) >= mostInMemory {
		return fmt.Errorf("more than %d objects: import them into a node and ask that", mostInMemory)
	}
	m.objects[o.ID] = o
	if !there {
		m.order = append(m.order, o.ID)
	}
	met := map[string]bool{}
	for r := range o.Refs() {
		if !met[r.ID] && !strings.HasPrefix(r.ID, "marking-definition--") {
			met[r.ID] = true
			m.refs[r.ID] = append(m.refs[r.ID], o.ID)
		}
	}
	m.sorted = false
	return nil
}

// Read puts a bundle in, or objects one after the other, and says of each that cannot be read where and why.
func (m *Memory) Read(r io.Reader, problem func(where string, err error)) error {
	in := stix.NewReader(r, stix.Limits{})
	for {
		e, err := in.Next()
		switch {
		case err == io.EOF: //nolint:errorlint // the reader gives it bare
			m.sort()
			return nil
		case err != nil:
			return err
		case e.Bundle:
			continue
		case e.Object == nil:
			problem(e.Pointer, e.Err)
			continue
		}
		o := e.Object
		if up, _, err := stix.Upgrade(o); err == nil {
			o = up
		}
		if err := m.Add(Object{Object: o, Label: labelOf(o)}); err != nil {
			problem(e.Pointer, err)
		}
	}
}

// labelOf is the strictest label of TLP that an object bears, "" without one.
func labelOf(o *stix.Object) string {
	out := ""
	for _, id := range o.ObjectMarkingRefs {
		if l, ok := stix.TLPOfMarking(id); ok && labelOrder(l) > labelOrder(out) {
			out = l
		}
	}
	return out
}

// labels of TLP 2.0, from the most open one.
var labels = []string{"clear", "green", "amber", "amber+strict", "red"}

// labelOrder is higher for stricter labels, -1 for none.
func labelOrder(l string) int { return slices.Index(labels, l) }

func (m *Memory) sort() {
	if m.sorted {
		return
	}
	slices.Sort(m.order)
	for id, list := range m.refs {
		slices.Sort(list)
		m.refs[id] = slices.Compact(list)
	}
	m.sorted = true
}

// Objects of the identifiers.
func (m *Memory) Objects(_ context.Context, ids []string) ([]Object, error) {
	var out []Object
	for _, id := range ids {
		if o, ok := m.objects[id]; ok {
			out = append(out, o)
		}
	}
	return out, nil
}

// Referring objects of the types.
func (m *Memory) Referring(_ context.Context, id string, types []string, limit int) ([]Object, bool, error) {
	m.sort()
	return m.pick(m.refs[id], limit, func(o Object) bool { return slices.Contains(types, o.Type) })
}

// OfType a type.
func (m *Memory) OfType(_ context.Context, kind string, limit int) ([]Object, bool, error) {
	m.sort()
	return m.pick(m.order, limit, func(o Object) bool { return o.Type == kind })
}

// Named so.
func (m *Memory) Named(_ context.Context, name string, limit int) ([]Object, bool, error) {
	m.sort()
	return m.pick(m.order, limit, func(o Object) bool { return hasName(o, name) })
}

func (m *Memory) pick(ids []string, limit int, wanted func(Object) bool) (out []Object, more bool, err error) {
	for _, id := range ids {
		o := m.objects[id]
		if !wanted(o) {
			continue
		}
		if len(out) == limit {
			return out, true, nil
		}
		out = append(out, o)
	}
	return out, false, nil
}

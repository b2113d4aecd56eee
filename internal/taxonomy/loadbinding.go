package taxonomy

import (
	"maps"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"entente/internal/event"
	"entente/internal/sigma"
)

// set is what bindings share under a name: fields and known names.
type set struct {
	fields map[string]Field
	known  []string
}

func (f *file) readSets() error {
	n := f.top["sets"]
	if n == nil {
		return nil
	}
	m, err := f.mapping(n)
	if err != nil {
		return err
	}
	for name, n := range m {
		if _, ok := f.sets[name]; ok && strings.HasPrefix(f.name, "tables/") {
			return f.errorf(n, "set %s stands in another file already", name)
		}
		parts, err := f.mapping(n, "fields", "known")
		if err != nil {
			return err
		}
		s := &set{fields: map[string]Field{}}
		if err := f.fields(parts["fields"], s.fields); err != nil {
			return err
		}
		if s.known, err = f.texts(parts["known"]); err != nil {
			return err
		}
		f.sets[name] = s
	}
	return nil
}

func (f *file) binding(n *yaml.Node) (b *Binding, off bool, err error) {
	m, err := f.mapping(n, "name", "serves", "match", "use", "fields", "closed", "known", "narrow",
		"enable", "off")
	if err != nil {
		return nil, false, err
	}
	b = &Binding{Fields: map[string]Field{}, File: f.name, Line: n.Line}
	if b.Name, err = f.text(m["name"]); err != nil {
		return nil, false, err
	}
	if b.Name == "" {
		return nil, false, f.errorf(n, "a binding without a name")
	}
	if off, err = f.boolean(m["off"]); off || err != nil {
		if err == nil && len(m) > 2 {
			err = f.errorf(n, "binding %s is off: nothing but its name may stand beside", b.Name)
		}
		return b, off, err
	}
	if b.Enable, err = f.text(m["enable"]); err != nil {
		return nil, false, err
	}
	if b.Serves, err = f.serves(n, m["serves"]); err != nil {
		return nil, false, err
	}
	if b.Match, err = f.match(n, m["match"]); err != nil {
		return nil, false, err
	}
	if b.Closed, err = f.boolean(m["closed"]); err != nil {
		return nil, false, err
	}
	if b.Narrow, err = f.boolean(m["narrow"]); err != nil {
		return nil, false, err
	}
	known, err := f.texts(m["known"])
	if err != nil {
		return nil, false, err
	}
	use, err := f.texts(m["use"])
	if err != nil {
		return nil, false, err
	}
	for _, name := range use {
		s := f.sets[name]
		if s == nil {
			return nil, false, f.errorf(m["use"], "there is no set %q", name)
		}
		maps.Copy(b.Fields, s.fields)
		known = append(known, s.known...)
	}
	if err := f.fields(m["fields"], b.Fields); err != nil {
		return nil, false, err
	}
	return b, false, f.setKnown(n, b, known)
}

// setKnown fills Known and checks that a closed binding does not map to a field that its records lack.
func (f *file) setKnown(n *yaml.Node, b *Binding, known []string) error {
	if !b.Closed {
		return nil
	}
	if len(known) == 0 {
		return f.errorf(n, "binding %s is closed but lists no known fields", b.Name)
	}
	b.Known = make(map[string]bool, len(known))
	for _, name := range known {
		b.Known[name] = true
	}
	return nil
}

func (f *file) serves(parent, n *yaml.Node) ([]sigma.LogSource, error) {
	var out []sigma.LogSource
	err := f.each(n, func(n *yaml.Node) error {
		m, err := f.mapping(n, "product", "category", "service")
		if err != nil {
			return err
		}
		ls, err := f.logSource(n, m)
		out = append(out, ls)
		return err
	})
	if err == nil && len(out) == 0 {
		err = f.errorf(parent, "a binding must serve at least one logsource")
	}
	return out, err
}

func (f *file) logSource(n *yaml.Node, m map[string]*yaml.Node) (ls sigma.LogSource, err error) {
	for key, to := range map[string]*string{"product": &ls.Product, "category": &ls.Category, "service": &ls.Service} {
		text, err := f.text(m[key])
		if err != nil {
			return ls, err
		}
		*to = strings.ToLower(text)
	}
	if ls == (sigma.LogSource{}) {
		return ls, f.errorf(n, "a logsource needs a product, a category or a service")
	}
	return ls, nil
}

func (f *file) match(parent, n *yaml.Node) (out Match, err error) {
	if n == nil {
		return out, f.errorf(parent, "match is missing: a binding must say at least which source it is about")
	}
	m, err := f.mapping(n, "source", "channel", "provider", "event-id", "where", "pattern")
	if err != nil {
		return out, err
	}
	sources, err := f.texts(m["source"])
	if err != nil {
		return out, err
	}
	for _, s := range sources {
		out.Sources = append(out.Sources, event.Source(s))
	}
	if len(sources) == 0 {
		return out, f.errorf(n, "source is missing")
	}
	if out.Channels, err = f.texts(m["channel"]); err != nil {
		return out, err
	}
	if out.Providers, err = f.texts(m["provider"]); err != nil {
		return out, err
	}
	if out.EventIDs, err = f.eventIDs(m["event-id"]); err != nil {
		return out, err
	}
	if w := m["where"]; w != nil {
		fields, err := f.mapping(w)
		if err != nil {
			return out, err
		}
		out.Where = make(map[string][]string, len(fields))
		for name, n := range fields {
			if out.Where[name], err = f.texts(n); err != nil {
				return out, err
			}
			if len(out.Where[name]) == 0 {
				return out, f.errorf(w, "where: %s has no values", name)
			}
		}
	}
	if p := m["pattern"]; p != nil {
		text, err := f.text(p)
		if err != nil {
			return out, err
		}
		if out.Pattern, err = regexp.Compile(text); err != nil {
			return out, f.errorf(p, "pattern: %w", err)
		}
	}
	return out, nil
}

func (f *file) eventIDs(n *yaml.Node) ([]uint32, error) {
	texts, err := f.texts(n)
	if err != nil {
		return nil, err
	}
	var out []uint32
	for _, s := range texts {
		id, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			return nil, f.errorf(n, "event-id %q is no number from 0 to 4294967295", s)
		}
		out = append(out, uint32(id))
	}
	return out, nil
}

// fields reads a mapping of taxonomy names into out.
func (f *file) fields(n *yaml.Node, out map[string]Field) error {
	if n == nil {
		return nil
	}
	m, err := f.mapping(n)
	if err != nil {
		return err
	}
	for name, n := range m {
		if out[name], err = f.field(n, 0); err != nil {
			return err
		}
	}
	return nil
}

// field reads "Name", [Name, Name] or {from: …, as: …, also: …}.
func (f *file) field(n *yaml.Node, depth int) (Field, error) {
	var out Field
	var err error
	if n.Kind != yaml.MappingNode {
		out.From, err = f.texts(n)
		if err == nil && len(out.From) == 0 {
			err = f.errorf(n, "a field needs the name of a field of the record")
		}
		return out, err
	}
	m, err := f.mapping(n, "from", "as", "also")
	if err != nil {
		return out, err
	}
	if out.From, err = f.texts(m["from"]); err != nil {
		return out, err
	}
	as, err := f.text(m["as"])
	if err != nil {
		return out, err
	}
	out.As = Convert(as)
	switch a := out.As.arity(); {
	case !out.As.valid():
		return out, f.errorf(m["as"], "there is no conversion %q", as)
	case len(out.From) == 0:
		return out, f.errorf(n, "from is missing")
	case a > 1 && len(out.From) != a:
		return out, f.errorf(n, "%s takes %d fields, not %d", as, a, len(out.From))
	}
	also := m["also"]
	if also == nil {
		return out, nil
	}
	if depth > 0 {
		return out, f.errorf(also, "also must not stand inside also")
	}
	if also.Kind != yaml.SequenceNode {
		fd, err := f.field(also, depth+1)
		out.Also = []Field{fd}
		return out, err
	}
	return out, f.each(also, func(n *yaml.Node) error {
		fd, err := f.field(n, depth+1)
		out.Also = append(out.Also, fd)
		return err
	})
}

package taxonomy

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"entente/internal/event"
	"entente/internal/sigma"
)

//go:embed tables/*.yml
var tables embed.FS

// maxFile bounds a user's file.
const maxFile = 4 << 20

// Load reads the built-in table and then the user's files in order. A user's binding is added, or replaces the one
// of the same name; one that says `off: true` takes it away. An unknown key, a value of the wrong kind or a
// repeated name is an error that names file and line.
func Load(userFiles ...string) (*Table, error) {
	t := &Table{byName: map[string]int{}}
	built, err := builtIn()
	if err != nil {
		return nil, err
	}
	sets := map[string]*set{}
	for _, f := range built {
		f.sets = sets
		if err := f.readSets(); err != nil {
			return nil, err
		}
	}
	for _, f := range built {
		if err := t.add(f, false); err != nil {
			return nil, err
		}
	}
	for _, name := range userFiles {
		data, err := readFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parse(name, data)
		if err != nil {
			return nil, err
		}
		f.sets = maps.Clone(sets)
		if err := f.readSets(); err != nil {
			return nil, err
		}
		if err := t.add(f, true); err != nil {
			return nil, err
		}
	}
	t.finish()
	return t, nil
}

// builtIn parses the embedded files, each on its own goroutine: that is most of the work of Load.
func builtIn() ([]*file, error) {
	names, err := fs.Glob(tables, "tables/*.yml")
	if err != nil {
		return nil, fmt.Errorf("list built-in taxonomy: %w", err)
	}
	files, errs := make([]*file, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			data, err := tables.ReadFile(name)
			if err != nil {
				errs[i] = fmt.Errorf("read built-in taxonomy: %w", err)
				return
			}
			files[i], errs[i] = parse(name, data)
		})
	}
	wg.Wait()
	return files, errors.Join(errs...)
}

func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("read taxonomy file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("read taxonomy file: %s is no regular file of at most %d MiB", name, maxFile>>20)
	}
	data, err := os.ReadFile(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("read taxonomy file: %w", err)
	}
	return data, nil
}

// set is what bindings share under a name: fields and known names.
type set struct {
	fields map[string]Field
	known  []string
}

// file is one file while it is read.
type file struct {
	name string
	top  map[string]*yaml.Node
	sets map[string]*set // of all files before it; a user's own shadow earlier ones
	seen map[string]int  // binding names of this file, and their lines
}

func parse(name string, data []byte) (*file, error) {
	f := &file{name: name, seen: map[string]int{}}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: not valid YAML: %w", name, err)
	}
	if len(doc.Content) == 0 {
		return f, nil // nothing but comments
	}
	var err error
	f.top, err = f.mapping(doc.Content[0], "sets", "bindings", "unserved")
	return f, err
}

func (t *Table) add(f *file, user bool) error {
	err := f.each(f.top["bindings"], func(n *yaml.Node) error { return t.addBinding(f, n, user) })
	if err != nil {
		return err
	}
	return f.each(f.top["unserved"], func(n *yaml.Node) error { return t.addUnserved(f, n) })
}

func (t *Table) addBinding(f *file, n *yaml.Node, user bool) error {
	b, off, err := f.binding(n)
	if err != nil {
		return err
	}
	if line, ok := f.seen[b.Name]; ok {
		return f.errorf(n, "binding %s stands in line %d already", b.Name, line)
	}
	f.seen[b.Name] = n.Line
	i, ok := t.byName[b.Name]
	switch {
	case ok && !user:
		return f.errorf(n, "binding %s stands in %s, line %d, already", b.Name, t.list[i].File, t.list[i].Line)
	case off && !ok:
		return f.errorf(n, "there is no binding %s to switch off", b.Name)
	case off:
		t.list[i] = nil
		delete(t.byName, b.Name)
	case ok:
		t.list[i] = b
	default:
		t.byName[b.Name] = len(t.list)
		t.list = append(t.list, b)
	}
	return nil
}

func (t *Table) addUnserved(f *file, n *yaml.Node) error {
	m, err := f.mapping(n, "product", "category", "service", "reason")
	if err != nil {
		return err
	}
	u := unserved{}
	if u.source, err = f.logSource(n, m); err != nil {
		return err
	}
	if u.reason, err = f.text(m["reason"]); err != nil {
		return err
	}
	if u.reason == "" {
		return f.errorf(n, "a reason is missing")
	}
	t.unserved = append(t.unserved, u)
	return nil
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

func (f *file) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", f.name, n.Line, fmt.Errorf(format, args...))
}

var errAlias = errors.New("aliases are not supported; use sets")

// mapping reads a mapping. Where keys are given, others are errors.
func (f *file) mapping(n *yaml.Node, keys ...string) (map[string]*yaml.Node, error) {
	if n.Kind == yaml.AliasNode {
		return nil, f.errorf(n, "%w", errAlias)
	}
	if n.Kind != yaml.MappingNode {
		return nil, f.errorf(n, "a mapping of keys to values is wanted here")
	}
	m := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case k.Kind != yaml.ScalarNode:
			return nil, f.errorf(k, "a key must be a text")
		case len(keys) > 0 && !slices.Contains(keys, k.Value):
			return nil, f.errorf(k, "unknown key %q; known are %s", k.Value, strings.Join(keys, ", "))
		case m[k.Value] != nil:
			return nil, f.errorf(k, "key %q stands twice", k.Value)
		}
		m[k.Value] = n.Content[i+1]
	}
	return m, nil
}

func (f *file) each(n *yaml.Node, do func(*yaml.Node) error) error {
	if n == nil {
		return nil
	}
	if n.Kind == yaml.AliasNode {
		return f.errorf(n, "%w", errAlias)
	}
	if n.Kind != yaml.SequenceNode {
		return f.errorf(n, "a list is wanted here")
	}
	for _, c := range n.Content {
		if err := do(c); err != nil {
			return err
		}
	}
	return nil
}

// text reads a scalar; a missing node is "".
func (f *file) text(n *yaml.Node) (string, error) {
	if n == nil {
		return "", nil
	}
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return "", f.errorf(n, "a text is wanted here")
	}
	return strings.TrimSpace(n.Value), nil
}

// texts reads a scalar or a list of scalars; a missing node is none.
func (f *file) texts(n *yaml.Node) ([]string, error) {
	if n == nil {
		return nil, nil
	}
	if n.Kind == yaml.ScalarNode {
		s, err := f.text(n)
		return []string{s}, err
	}
	out := make([]string, 0, len(n.Content))
	err := f.each(n, func(n *yaml.Node) error {
		s, err := f.text(n)
		out = append(out, s)
		return err
	})
	return out, err
}

func (f *file) boolean(n *yaml.Node) (bool, error) {
	s, err := f.text(n)
	if err != nil {
		return false, err
	}
	switch s {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, f.errorf(n, "true or false is wanted here, not %q", s)
	}
}

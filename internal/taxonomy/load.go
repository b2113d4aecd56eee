package taxonomy

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"

	"go.yaml.in/yaml/v4"
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
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read taxonomy file: %w", err)
	}
	return data, nil
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

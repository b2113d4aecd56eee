package taxonomy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

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

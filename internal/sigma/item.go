package sigma

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// errMask is the reason why a dotted mask is none; what the user is told says more.
var errMask = errors.New("the mask has ones after zeros")

// item is one `field|modifiers: values` of a detection while it is compiled.
type item struct {
	*compiler
	key      string // as written
	field    string // "" for keywords
	line     int
	chain    string // the modifiers, joined by |
	chained  bool   // there are some
	all      bool
	negated  bool
	modifier string // the one that is being applied
	changed  string // the first modifier that has changed the values
	lacks    bool   // a placeholder has no values
}

// compiler turns the detections of one document into expressions.
type compiler struct {
	file    *fileLoader
	missing []string // placeholders without values, in order of appearance
	notes   []fault  // warnings
	atoms   int      // tests made so far
}

// maxAtoms bounds the tests of one document.
const maxAtoms = 1 << 17

// spend counts tests before they are made.
func (c *compiler) spend(line, n int) error {
	if c.atoms += n; c.atoms > maxAtoms {
		return faultf(line, "the document makes more than %d tests: split it", maxAtoms)
	}
	return nil
}

func (c *compiler) warn(line int, format string, args ...any) {
	c.notes = append(c.notes, fault{line: line, reason: fmt.Sprintf(format, args...)})
}

// placeholder returns the values of one, and remembers those that have none.
func (it *item) placeholder(name string) ([]string, bool) {
	values, ok := it.file.opts.Placeholders[name]
	if !ok {
		it.lacks = true
		if !slices.Contains(it.missing, name) {
			it.missing = append(it.missing, name)
		}
	}
	return values, ok
}

// detection compiles a named selection: a map is And, a list is Or, and a value that stands alone is a keyword.
func (c *compiler) detection(n *node) (Expr, error) {
	switch n.kind {
	case mapNode:
		if len(n.kids) == 0 {
			return nil, faultf(n.line, "the selection is empty: give it a field and a value")
		}
		if len(n.kids) == 2 {
			return c.item(n.kids[0], n.kids[1])
		}
		and := make(And, 0, len(n.kids)/2)
		for i := 0; i < len(n.kids); i += 2 {
			e, err := c.item(n.kids[i], n.kids[i+1])
			if err != nil {
				return nil, err
			}
			and = append(and, e)
		}
		return and, nil
	case listNode:
		if len(n.kids) == 0 {
			return nil, faultf(n.line, "the selection is empty: give it a value")
		}
		if allScalars(n) {
			return c.values(&item{compiler: c, line: n.line}, n)
		}
		or := make(Or, 0, len(n.kids))
		for _, k := range n.kids {
			e, err := c.detection(k)
			if err != nil {
				return nil, err
			}
			or = append(or, e)
		}
		return or, nil
	default:
		if n.isNull() {
			return nil, faultf(n.line, "the selection is empty: give it a field and a value")
		}
		return c.values(&item{compiler: c, line: n.line}, n)
	}
}

func allScalars(n *node) bool {
	for _, k := range n.kids {
		if k.kind != scalarNode {
			return false
		}
	}
	return true
}

// item compiles one entry of a map.
func (c *compiler) item(key, val *node) (Expr, error) {
	it := &item{compiler: c, key: key.text, line: key.line}
	field, rest, chained := strings.Cut(key.text, "|")
	it.field = c.file.intern(field)
	switch {
	case val.kind == mapNode:
		return nil, faultf(val.line, "the value of %q is a map: a field has a value or a list of values; a field inside another is written with a dot", key.text)
	case val.kind == listNode && !allScalars(val):
		return nil, faultf(val.line, "the list of values of %q holds a list or a map: it has to hold plain values", key.text)
	}
	it.chain, it.chained = rest, chained
	return c.values(it, val)
}

// values compiles the value or the list of values of an item.
func (c *compiler) values(it *item, n *node) (Expr, error) {
	list := n.kids
	if n.kind == scalarNode {
		list = []*node{n}
	}
	if len(list) == 0 { // pySigma: an empty list is null
		if it.field == "" {
			return nil, faultf(n.line, "the list of keywords is empty: give it a value")
		}
		if it.chained {
			return nil, faultf(n.line, "the list of values of %q is empty: give it a value", it.key)
		}
		it.warn(n.line, "the list of values of %q is empty: it is read as null", it.key)
		return &Atom{Field: it.field, Op: OpNull, Line: n.line}, nil
	}
	vals := c.file.values[:0]
	for _, k := range list {
		vals = append(vals, newValue(k))
	}
	c.file.values = vals
	for chain, more := it.chain, it.chained; more; {
		var name string
		name, chain, more = strings.Cut(chain, "|")
		m, ok := modifierNamed(name)
		if !ok {
			return nil, unknownModifier(it, name)
		}
		it.modifier = name
		if m.item != nil {
			if err := m.item(it); err != nil {
				return nil, err
			}
			continue
		}
		for i := range vals {
			if err := vals[i].each(func(v *value) error { return m.value(it, v) }); err != nil {
				return nil, err
			}
		}
		if it.changed == "" {
			it.changed = name
		}
		if it.lacks {
			return Or{}, nil // the document will not be loaded; go on and name all that is missing
		}
	}
	return it.link(vals)
}

// link joins the tests of the values.
func (it *item) link(vals []value) (Expr, error) {
	if it.all && len(vals) == 1 {
		it.warn(it.line, "all in %q has one value only, and no effect", it.key)
	}
	parts := make([]Expr, len(vals))
	for i := range vals {
		e, err := vals[i].expr(it)
		if err != nil {
			return nil, err
		}
		parts[i] = e
	}
	var e Expr = Or(parts)
	if it.all {
		e = And(parts)
	}
	if len(parts) == 1 {
		e = parts[0]
	}
	if it.negated {
		e = Not{e}
	}
	return e, nil
}

package hunt

import (
	"slices"

	"entente/internal/sigma"
)

// A value rule is one whose condition is nothing but values, any of which is enough: Hashes|contains one of these,
// DestinationIp one of those, or in one of these networks. What indicators ask for is this, by the ten thousand. The search for literals decides such a
// rule: it is true where one of its literals was found, and nothing of it is compiled or evaluated but these.

// valueField is a field that a value rule reads, under its name there.
type valueField struct {
	name  string
	field int32
}

// values are the literals of a condition, if it is one of a value rule.
func (c *compiler) values(e sigma.Expr) (lits []guardLit, fields []valueField, ok bool) {
	atoms, ok := valueAtoms(e)
	if !ok {
		return nil, nil, false
	}
	lits = make([]guardLit, 0, len(atoms))
	for _, a := range atoms {
		text, where, _ := plainValue(a)
		field := int32(-1)
		for _, v := range fields {
			if v.name == a.Field {
				field = v.field
			}
		}
		if field < 0 {
			field = c.ruleField(a.Field)
			fields = append(fields, valueField{a.Field, field})
		}
		lits = append(lits, guardLit{field, text, where})
	}
	return lits, fields, true
}

// valueAtoms are the tests of a condition that is an Or of plain values of fields.
func valueAtoms(e sigma.Expr) ([]*sigma.Atom, bool) {
	switch e := e.(type) {
	case *sigma.Atom:
		_, _, ok := plainValue(e)
		return []*sigma.Atom{e}, ok
	case sigma.Or:
		out := make([]*sigma.Atom, 0, len(e))
		for _, k := range e {
			more, ok := valueAtoms(k)
			if !ok {
				return nil, false
			}
			out = append(out, more...)
		}
		return out, len(out) > 0
	}
	return nil, false
}

// plainValue is the text that a test asks for, and where it has to stand, if that is all that it asks for and a search for
// literals can find it.
func plainValue(a *sigma.Atom) (text string, where anchor, ok bool) {
	if a.Op == sigma.OpCIDR && a.Field != "" {
		return a.Prefix.String(), within, true
	}
	if a.Op != sigma.OpMatch || a.Cased || a.Field == "" {
		return "", whole, false
	}
	p, head, tail := a.Pattern, true, true
	if len(p) > 0 && p[0].Kind == sigma.AnyRun {
		p, head = p[1:], false
	}
	if n := len(p); n > 0 && p[n-1].Kind == sigma.AnyRun {
		p, tail = p[:n-1], false
	}
	if len(p) != 1 || p[0].Kind != sigma.Literal || len(p[0].Text) < minGuard {
		return "", whole, false
	}
	switch {
	case head && tail:
		where = whole
	case head:
		where = atStart
	case tail:
		where = atEnd
	default:
		where = anywhere
	}
	return p[0].Text, where, true
}

// matchedValues are the fields in which a literal of a value rule stands; i is the rule's place in the program.
func (f *frame) matchedValues(out []FieldValue, i int32) []FieldValue {
	for _, v := range f.prog.rules[i].values {
		at := f.valueAt(v.field, i)
		switch {
		case at < 0:
		case len(f.prog.fields[v.field].parts) > 1 && at < len(f.casedText(v.field).cased):
			out = append(out, FieldValue{Name: v.name, Value: f.share(f.casedText(v.field).cased[at])})
		default:
			out = append(out, FieldValue{Name: v.name, Value: f.text(v.field)})
		}
	}
	return out
}

// valueAt is the place of the text of a field that holds what a value rule asks for, -1 without.
func (f *frame) valueAt(field, rule int32) int {
	for k := range f.prog.guards {
		g := &f.prog.guards[k]
		if g.field != field {
			continue
		}
		found := false
		tell := func(l *gramLiteral) { found = found || slices.Contains(l.rules, rule) }
		for at, text := range f.foldedText(field).folded {
			if g.grams.scan(text, tell); found {
				return at
			}
		}
	}
	for k := range f.prog.networks {
		s := &f.prog.networks[k]
		if s.field != field {
			continue
		}
		found := false
		for at, text := range f.casedText(field).cased {
			if s.each(text, func(rules []int32) { found = found || slices.Contains(rules, rule) }); found {
				return at
			}
		}
	}
	return -1
}

package stixpattern

import (
	"maps"
	"slices"
	"strings"
)

// evaluator evaluates comparison expressions on observations.
type evaluator struct {
	matchers map[*Test]matcher
	budget   *budget
}

// bracket says whether one object of the observation satisfies the whole expression: all of its paths start from the same
// object (section 9.5).
func (e *evaluator) bracket(x Comparison, o *Observed, names []string) bool {
	for _, name := range names {
		if e.budget.gone() {
			return false
		}
		if e.comparison(x, o, name) {
			return true
		}
	}
	return false
}

func objectNames(o *Observed) []string { return slices.Sorted(maps.Keys(o.Objects)) }

func (e *evaluator) comparison(x Comparison, o *Observed, name string) bool {
	switch x := x.(type) {
	case *Test:
		return e.test(x, o, name)
	case *Bool:
		for _, k := range x.List {
			if e.budget.gone() {
				return false
			}
			if e.comparison(k, o, name) != x.And {
				return !x.And
			}
		}
		return x.And
	}
	return false
}

// test evaluates a test from one object. A path that leads nowhere makes it false whatever its operator is (section 9.6),
// NOT EXISTS excepted, which could not be true otherwise. With NOT the whole test is negated: no value at the path
// may satisfy the operator.
func (e *evaluator) test(t *Test, o *Observed, name string) bool {
	e.budget.spend(1)
	root := o.Objects[name]
	if kind, _ := root["type"].(string); kind != t.Path.Type {
		return false
	}
	values := e.follow(t.Path, o, root)
	if t.Op == Exists {
		return (len(values) > 0) != t.Not
	}
	found, binary, m := false, t.Path.binary(), e.matchers[t]
	for _, v := range values {
		if e.budget.gone() {
			return false
		}
		if s, ok := v.(string); ok && binary {
			e.budget.spend(len(s) / 16)
			if v, ok = octets(s, t.Path.lastName()); !ok {
				continue // the data cannot be obtained
			}
		}
		found = true
		if t.holds(m, v, e.budget) {
			return !t.Not
		}
	}
	return found && t.Not
}

// follow returns the values at a path. Null is no value. Every object is reached at most once in a step, so that references
// that lead in circles take no longer than the data is large.
func (e *evaluator) follow(p Path, o *Observed, root map[string]any) []any {
	here := []any{root}
	ref := false // the last name was that of a reference, so that a name may follow
	for _, s := range p.Steps {
		if s.Kind == StepName && ref {
			here = e.dereference(o, here)
		}
		var next []any
		for _, at := range here {
			e.budget.spend(1)
			switch s.Kind {
			case StepName:
				if m, ok := at.(map[string]any); ok && m[s.Name] != nil {
					next = append(next, m[s.Name])
				}
			case StepIndex:
				if l, ok := at.([]any); ok && s.Index < len(l) && l[s.Index] != nil {
					next = append(next, l[s.Index])
				}
			case StepAny:
				l, _ := at.([]any)
				e.budget.spend(len(l))
				if e.budget.gone() {
					return nil
				}
				for _, v := range l {
					if v != nil {
						next = append(next, v)
					}
				}
			}
		}
		if s.Kind == StepName {
			ref = strings.HasSuffix(s.Name, "_ref") || strings.HasSuffix(s.Name, "_refs")
		}
		if here = next; len(here) == 0 {
			return nil
		}
	}
	return here
}

// dereference replaces names of objects by the objects. What is not part of the observation is not there.
func (e *evaluator) dereference(o *Observed, here []any) []any {
	var out []any
	seen := map[string]bool{}
	for _, at := range here {
		e.budget.spend(1)
		if m, ok := at.(map[string]any); ok { // no reference after all
			out = append(out, m)
			continue
		}
		name, ok := at.(string)
		if !ok || seen[name] {
			continue
		}
		seen[name] = true
		if obj, ok := o.Objects[name]; ok {
			out = append(out, obj)
		}
	}
	return out
}

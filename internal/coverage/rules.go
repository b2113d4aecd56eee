package coverage

import (
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"

	"entente/internal/advisory"
	"entente/internal/sigma"
)

// Rules are the rules of packs and others besides, in one collection to hunt with. A rule that several have, by its id,
// is there once; a problem names those of others that are not the same. Correlations refer to rules by id or name: where names of different rules are the same, those that come
// later get names of their own, and the correlations of their pack follow; likewise where a rule gives findings in one
// pack and only counts for a correlation in another one. Neither the packs nor others are changed.
func Rules(packs []*advisory.Pack, others ...*sigma.Collection) *sigma.Collection {
	all := make([]named, 0, len(packs)+len(others))
	for _, p := range packs {
		if p.Rules != nil {
			all = append(all, named{p.Rules, p.Manifest.ID + "@" + p.Manifest.Version})
		}
	}
	for i, c := range others {
		all = append(all, named{c, fmt.Sprintf("rules-%d", i+1)})
	}
	j := joiner{out: &sigma.Collection{}, ids: map[string]bool{}, names: map[string]bool{}, loud: map[string]bool{}}
	for _, n := range all {
		silent := silentIn(n.Collection)
		for m := range metas(n.Collection) {
			if m.ID != "" && !silent(m) {
				j.loud[m.ID] = true
			}
		}
	}
	meant := map[string]any{}
	for i, n := range all {
		own := meanings(n.Collection)
		for m := range metas(n.Collection) {
			if has, ok := meant[m.ID]; ok && i >= len(all)-len(others) && !reflect.DeepEqual(has, own[m.ID]) {
				j.out.Problems = append(j.out.Problems, sigma.Problem{
					File: m.File, Line: m.Line, Rule: m.ID, Warning: true,
					Reason: "does not run: a pack, or rules named before, have another rule with this id",
				})
			}
		}
		maps.Copy(meant, own)
		j.add(n.Collection, n.name)
	}
	return j.out
}

type named struct {
	*sigma.Collection
	name string
}

// metas are the heads of all documents of a collection.
func metas(c *sigma.Collection) iter.Seq[*sigma.Meta] {
	return func(yield func(*sigma.Meta) bool) {
		for _, r := range c.Rules {
			if !yield(&r.Meta) {
				return
			}
		}
		for _, r := range c.Correlations {
			if !yield(&r.Meta) {
				return
			}
		}
	}
}

type joiner struct {
	out   *sigma.Collection
	ids   map[string]bool // taken
	names map[string]bool // taken
	loud  map[string]bool // ids of documents that give findings in some collection
}

func (j *joiner) add(c *sigma.Collection, prefix string) {
	j.out.Filters += c.Filters
	j.out.Documents += c.Documents
	j.out.Problems = append(j.out.Problems, c.Problems...)
	silent := silentIn(c)
	have := maps.Clone(j.ids) // a collection itself may use an id several times
	renamed := map[string]string{}
	muted := map[*sigma.Meta]bool{}
	for m := range metas(c) {
		switch {
		case m.ID != "" && silent(m) && j.loud[m.ID]:
			muted[m] = true
			renamed[m.ID] = prefix + "/" + m.ID
			if m.Name != "" {
				renamed[m.Name] = renamed[m.ID]
			}
		case m.ID != "" && have[m.ID]:
		case m.Name != "" && j.names[m.Name]:
			renamed[m.Name] = prefix + "/" + m.Name
		}
	}
	// adjust returns whether a document is wanted, and the id and name that it gets.
	adjust := func(m *sigma.Meta) (id, name string, ok bool) {
		switch {
		case muted[m]:
			return "", renamed[m.ID], true
		case m.ID != "" && have[m.ID]:
			return "", "", false
		}
		if to, ok := renamed[m.Name]; ok {
			return m.ID, to, true
		}
		return m.ID, m.Name, true
	}
	for _, r := range c.Rules {
		id, name, ok := adjust(&r.Meta)
		if !ok {
			continue
		}
		if id != r.ID || name != r.Name {
			clone := *r
			clone.ID, clone.Name = id, name
			r = &clone
		}
		j.note(&r.Meta)
		j.out.Rules = append(j.out.Rules, r)
	}
	for _, r := range c.Correlations {
		id, name, ok := adjust(&r.Meta)
		if !ok {
			continue
		}
		r = redirect(r, renamed)
		if id != r.ID || name != r.Name {
			clone := *r
			clone.ID, clone.Name = id, name
			r = &clone
		}
		j.note(&r.Meta)
		j.out.Correlations = append(j.out.Correlations, r)
	}
}

func (j *joiner) note(m *sigma.Meta) {
	if m.ID != "" {
		j.ids[m.ID] = true
	}
	if m.Name != "" {
		j.names[m.Name] = true
	}
}

// redirect is a correlation with other names for what it refers to.
func redirect(r *sigma.Correlation, names map[string]string) *sigma.Correlation {
	of := func(n string) string {
		if to, ok := names[n]; ok {
			return to
		}
		return n
	}
	if !slices.ContainsFunc(r.Rules, func(n string) bool { return of(n) != n }) {
		return r
	}
	clone := *r
	clone.Rules = make([]string, len(r.Rules))
	for i, n := range r.Rules {
		clone.Rules[i] = of(n)
	}
	clone.Aliases = make(map[string]map[string]string, len(r.Aliases))
	for alias, by := range r.Aliases {
		m := make(map[string]string, len(by))
		for n, field := range by {
			m[of(n)] = field
		}
		clone.Aliases[alias] = m
	}
	clone.Expr = renameExpr(r.Expr, of)
	return &clone
}

func renameExpr(e sigma.Expr, of func(string) string) sigma.Expr {
	list := func(in []sigma.Expr) []sigma.Expr {
		out := make([]sigma.Expr, len(in))
		for i, x := range in {
			out[i] = renameExpr(x, of)
		}
		return out
	}
	switch e := e.(type) {
	case *sigma.Atom:
		clone := *e
		clone.Field = of(e.Field)
		return &clone
	case sigma.Not:
		return sigma.Not{X: renameExpr(e.X, of)}
	case sigma.And:
		return sigma.And(list(e))
	case sigma.Or:
		return sigma.Or(list(e))
	}
	return e
}

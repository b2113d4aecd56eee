package sigma

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// linker puts what the files held together: it keeps ids unique, joins filters to rules and checks what
// correlations refer to.
type linker struct {
	*Collection
	rules   []*ruleDoc
	filters []*filter
	failed  map[string]bool
}

// reference is what an id or name stands for.
type reference struct {
	rules []*ruleDoc // several where rules of a legacy collection share an id
	cor   *Correlation
}

func link(files []*fileResult, problems []Problem) *Collection {
	l := linker{
		Collection: &Collection{Problems: problems, refs: map[string]*reference{}},
		failed:     map[string]bool{},
	}
	ids, names := map[string]*Meta{}, map[string]*Meta{}
	for _, f := range files {
		l.Documents += f.documents
		l.Problems = append(l.Problems, f.problems...)
		for _, name := range f.failed {
			l.failed[name] = true
		}
		for _, e := range f.entries {
			l.admit(e, ids, names)
		}
	}
	l.dropUnresolved()
	l.dropCycles()
	for _, c := range l.Correlations {
		l.dropRepeated(c)
	}
	for _, f := range l.filters {
		l.join(f)
	}
	for _, d := range l.rules {
		l.Rules = append(l.Rules, d.rule)
	}
	for _, c := range l.Correlations {
		l.settleAliases(c)
	}
	return l.Collection
}

// meta returns what the document of e is known by.
func (e *entry) meta() *Meta {
	switch {
	case e.cor != nil:
		return &e.cor.Meta
	case e.rule != nil:
		return &e.rule.rule.Meta
	default:
		return &e.filter.Meta
	}
}

// admit takes a document in, unless its id is taken.
func (l *linker) admit(e entry, ids, names map[string]*Meta) {
	m := e.meta()
	shared := e.rule != nil && e.rule.inherited
	if m.ID != "" {
		if first, ok := ids[m.ID]; ok && !shared {
			l.Problems = append(l.Problems, Problem{
				File: m.File, Line: m.Line, Rule: m.ID,
				Reason: fmt.Sprintf("the id is taken by %q (%s): give this document its own, or remove one", first.Title, place(first)),
			})
			return
		}
		ids[m.ID] = m
	}
	if m.Name != "" {
		if first, ok := names[m.Name]; ok {
			l.warn(m, m.Line, "the name %q is taken by %q (%s): references by name mean that one", m.Name, first.Title, place(first))
		} else {
			names[m.Name] = m
		}
	}
	if e.filter != nil {
		l.filters = append(l.filters, e.filter)
		return
	}
	if e.rule != nil {
		l.rules = append(l.rules, e.rule)
		l.refer(e.rule.id, &reference{rules: []*ruleDoc{e.rule}})
		l.refer(e.rule.rule.Name, &reference{rules: []*ruleDoc{e.rule}})
	}
	if e.cor != nil {
		l.Correlations = append(l.Correlations, e.cor)
		l.refer(m.ID, &reference{cor: e.cor})
		l.refer(m.Name, &reference{cor: e.cor})
	}
}

// refer lets an id or name stand for a document. What came first stays, but rules that share an id, and a rule
// and the correlation that was made of its aggregation, go together.
func (l *linker) refer(name string, to *reference) {
	if name == "" {
		return
	}
	have, ok := l.refs[name]
	switch {
	case !ok:
		l.refs[name] = to
	case to.cor != nil && have.cor == nil && to.cor.ID == name:
		have.cor = to.cor
	case len(to.rules) == 1 && to.rules[0].id == name && to.rules[0].inherited:
		have.rules = append(have.rules, to.rules...)
	}
}

func place(m *Meta) string {
	if m.File == "" {
		return fmt.Sprintf("line %d", m.Line)
	}
	return fmt.Sprintf("%s:%d", m.File, m.Line)
}

func (l *linker) warn(m *Meta, line int, format string, args ...any) {
	l.Problems = append(l.Problems, Problem{File: m.File, Line: line, Rule: m.label(), Reason: fmt.Sprintf(format, args...), Warning: true})
}

// lookup finds what a reference means: ids compare without case.
func (c *Collection) lookup(ref string) (*reference, bool) {
	if r, ok := c.refs[ref]; ok {
		return r, true
	}
	r, ok := c.refs[strings.ToLower(ref)]
	return r, ok && (len(r.rules) == 0 || r.rules[0].id == strings.ToLower(ref))
}

// Resolve returns what a reference of a correlation ([Correlation].Rules) stands for: a correlation, or a rule,
// or several where rules of a legacy collection share an id. Both are nil where nothing has that id or name.
func (c *Collection) Resolve(ref string) ([]*Rule, *Correlation) {
	r, ok := c.lookup(ref)
	if !ok {
		return nil, nil
	}
	if r.cor != nil {
		return nil, r.cor
	}
	out := make([]*Rule, len(r.rules))
	for i, d := range r.rules {
		out[i] = d.rule
	}
	return out, nil
}

// dropUnresolved removes correlations that refer to what is not there, until all do.
func (l *linker) dropUnresolved() {
	for again := true; again; {
		again = false
		l.drop(func(c *Correlation) string {
			for _, ref := range c.Rules {
				switch _, ok := l.lookup(ref); {
				case ok:
				case l.failed[ref] || l.failed[strings.ToLower(ref)]:
					again = true
					return fmt.Sprintf("the correlation refers to %q, which was not loaded", ref)
				default:
					again = true
					return fmt.Sprintf("the correlation refers to %q, and no rule or correlation has that id or name: load it as well", ref)
				}
			}
			return ""
		})
	}
}

// drop removes the correlations for which reason gives one.
func (l *linker) drop(reason func(*Correlation) string) {
	kept := l.Correlations[:0]
	var gone []*Correlation
	for _, c := range l.Correlations {
		why := reason(c)
		if why == "" {
			kept = append(kept, c)
			continue
		}
		l.Problems = append(l.Problems, Problem{File: c.File, Line: c.Line, Rule: c.label(), Reason: why})
		gone = append(gone, c)
	}
	clear(l.Correlations[len(kept):])
	l.Correlations = kept
	for _, c := range gone {
		for _, name := range []string{c.ID, c.Name} {
			if r, ok := l.refs[name]; ok && r.cor == c {
				delete(l.refs, name)
				l.failed[name] = true
			}
		}
	}
}

// maxChain bounds how many correlations may build on each other.
const maxChain = 32

// dropCycles removes correlations that build on themselves, or on too many others.
func (l *linker) dropCycles() {
	const open = -1
	depth := map[*Correlation]int{}
	var visit func(c *Correlation) int
	visit = func(c *Correlation) int {
		if d, ok := depth[c]; ok {
			if d == open {
				return maxChain + 1
			}
			return d
		}
		depth[c] = open
		d := 1
		for _, ref := range c.Rules {
			if r, ok := l.lookup(ref); ok && r.cor != nil {
				d = max(d, 1+visit(r.cor))
			}
		}
		depth[c] = min(d, maxChain+1)
		return depth[c]
	}
	for _, c := range l.Correlations {
		visit(c)
	}
	l.drop(func(c *Correlation) string {
		if depth[c] > maxChain {
			return fmt.Sprintf("the correlation builds on itself, or on one that does, or on more than %d others in a row: break the circle", maxChain)
		}
		return ""
	})
	l.dropUnresolved()
}

// join adds a filter to the rules it is for.
func (l *linker) join(f *filter) {
	joined := 0
	add := func(d *ruleDoc) {
		d.rule.Condition = Simplify(And{d.rule.Condition, f.condition})
		d.rule.Filters = append(d.rule.Filters, f.label())
		joined++
	}
	if f.any {
		for _, d := range l.rules {
			if f.logSource.fits(d.rule.LogSource) {
				add(d)
			}
		}
		if joined == 0 {
			l.warn(&f.Meta, f.Line, "the filter is for any rule of its logsource, and there is none")
		}
	}
	for _, ref := range f.rules {
		r, ok := l.lookup(ref)
		switch {
		case !ok && (l.failed[ref] || l.failed[strings.ToLower(ref)]):
			l.warn(&f.Meta, f.Line, "the filter is for %q, which was not loaded", ref)
		case !ok:
			l.warn(&f.Meta, f.Line, "the filter is for %q, and no rule has that id or name", ref)
		case len(r.rules) == 0:
			l.warn(&f.Meta, f.Line, "the filter is for %q, which is a correlation: name the rules that it refers to", ref)
		}
		if !ok {
			continue
		}
		for _, d := range r.rules {
			if !f.logSource.fits(d.rule.LogSource) {
				l.warn(&f.Meta, f.Line, "the filter is for %q, whose logsource is another: it is not joined", ref)
				continue
			}
			add(d)
		}
	}
	if joined > 0 {
		l.Filters++
	}
}

// dropRepeated removes rules that a correlation names twice, by whatever name: it would count their matches twice, or take
// one for two. Only order makes two of one.
func (l *linker) dropRepeated(c *Correlation) {
	if c.Type == TemporalOrdered || c.Expr != nil {
		return
	}
	kept := make([]string, 0, len(c.Rules))
	seen := make(map[any]bool, len(c.Rules))
	for _, ref := range c.Rules {
		var key any = ref
		if r, ok := l.lookup(ref); ok {
			if key = r.cor; r.cor == nil {
				key = r.rules[0]
			}
		}
		if seen[key] {
			alone := ""
			if c.Type == Temporal && len(c.Conditions) == 0 {
				alone = ", and one match of it is enough; for one after the other use temporal_ordered"
			}
			l.warn(&c.Meta, c.Line, "the rule %q is named twice: it counts once%s", ref, alone)
			continue
		}
		seen[key] = true
		kept = append(kept, ref)
	}
	c.Rules = kept
}

// settleAliases writes the rules of aliases the way the correlation's own list of rules does.
func (l *linker) settleAliases(c *Correlation) {
	for _, name := range slices.Sorted(maps.Keys(c.Aliases)) {
		fields := c.Aliases[name]
		settled := make(map[string]string, len(fields))
		for _, ref := range slices.Sorted(maps.Keys(fields)) {
			if to, ok := l.sameRule(c, ref); ok {
				settled[to] = fields[ref]
				continue
			}
			l.warn(&c.Meta, c.Line, "the alias %q names the rule %q, to which the correlation does not refer", name, ref)
		}
		c.Aliases[name] = settled
	}
}

func (l *linker) sameRule(c *Correlation, ref string) (string, bool) {
	r, ok := l.lookup(ref)
	for _, own := range c.Rules {
		if own == ref {
			return own, true
		}
		if o, found := l.lookup(own); ok && found && (o == r || o.cor != nil && o.cor == r.cor || o.cor == nil && r.cor == nil && len(o.rules) > 0 && len(r.rules) > 0 && o.rules[0] == r.rules[0]) {
			return own, true
		}
	}
	return "", false
}

package hunt

import (
	"fmt"
	"slices"
	"strings"

	"entente/internal/event"
	"entente/internal/sigma"
	"entente/internal/taxonomy"
)

// Explain describes how rules are run: those whose id or name is key, else those whose title holds it. It returns
// "" where there is none.
func (p *Plan) Explain(key string) string {
	fold := event.FoldString(key)
	var b strings.Builder
	match := func(m *sigma.Meta) bool { return m.ID == fold || event.FoldString(m.Name) == fold && fold != "" }
	for range 2 {
		for _, r := range p.rules {
			if match(&r.rule.Meta) {
				p.explainRule(&b, r)
			}
		}
		for _, c := range p.correlations {
			if match(&c.doc.Meta) {
				c.explain(&b)
			}
		}
		if b.Len() > 0 {
			break
		}
		match = func(m *sigma.Meta) bool { return strings.Contains(event.FoldString(m.Title), fold) }
	}
	return b.String()
}

func (p *Plan) explainRule(b *strings.Builder, r *planRule) {
	m := &r.rule.Meta
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "%s\n  id         %s\n  file       %s:%d\n  level      %s\n  status     %s\n", m.Title, m.ID, m.File, m.Line, m.Level, m.Status)
	if len(m.Tags) > 0 {
		fmt.Fprintf(b, "  tags       %s\n", strings.Join(m.Tags, " "))
	}
	if len(r.rule.Filters) > 0 {
		fmt.Fprintf(b, "  filters    %s\n", strings.Join(r.rule.Filters, ", "))
	}
	for s := range searches(r.rule) {
		ls := s.LogSource
		fmt.Fprintf(b, "  logsource  product=%s category=%s service=%s\n", ls.Product, ls.Category, ls.Service)
		fmt.Fprintf(b, "  condition  %s\n", strings.ReplaceAll(strings.TrimSpace(sigma.Format(s.Condition)), "\n", "\n             "))
	}
	if !r.bound {
		fmt.Fprintf(b, "  runs on    nothing: %s\n", p.table.Unserved(r.rule.LogSource))
	}
	for _, bd := range p.bound {
		p.explainOn(b, r, bd)
	}
	for _, f := range r.feeds {
		fmt.Fprintf(b, "  counted by %s\n", f.corr.doc.Title)
	}
}

func (p *Plan) explainOn(b *strings.Builder, r *planRule, bd *bound) {
	if slices.Contains(bd.impossible, r) {
		fmt.Fprintf(b, "  never on   %s: it lacks %s\n", bd.Name, strings.Join(missingOn(r, bd.Name), ", "))
		return
	}
	i := slices.IndexFunc(bd.rules, func(br boundRule) bool { return br.rule == r })
	if i < 0 {
		return
	}
	fmt.Fprintf(b, "  runs on    %s\n", bd.Name)
	br := &bd.rules[i]
	if br.impossible {
		fmt.Fprintf(b, "             never true there, unless records have more than their log: it lacks %s\n", strings.Join(br.missing, ", "))
	} else if len(br.filters) > 0 {
		fmt.Fprintf(b, "             caveat: a filter reads %s, which that log lacks\n", strings.Join(br.filters, ", "))
	}
	one := *bd
	one.rules, one.impossible = bd.rules[i:i+1], nil
	p.mu.Lock()
	prog := p.compile([]*bound{&one}, map[string]bool{})
	if len(prog.rules) == 0 { // the header decides: show the plan for a header that fits
		known := map[string]bool{}
		for _, k := range bd.headerKey {
			known[k] = true
		}
		prog = p.compile([]*bound{&one}, known)
	}
	p.mu.Unlock()
	for _, f := range prog.fields {
		if s := describeField(prog, f); s != "" {
			fmt.Fprintf(b, "             %s is %s\n", f.name, s)
		}
	}
	if len(prog.base) > 0 && prog.base[0] != 0 {
		b.WriteString("             tried on every record of this kind\n")
	}
	for _, g := range prog.guards {
		fmt.Fprintf(b, "             tried when %s holds %s\n", prog.fieldName(g.field), describeLiterals(g.grams))
	}
	for i := range prog.networks {
		s := &prog.networks[i]
		fmt.Fprintf(b, "             tried when %s is in %s\n", prog.fieldName(s.field), s.describe())
	}
}

// fieldName is what rules call a field.
func (p *program) fieldName(field int32) string {
	if field == everyField {
		return "any field"
	}
	return p.fields[field].name
}

func missingOn(r *planRule, binding string) []string {
	for _, b := range r.bindings {
		if b.name == binding {
			return b.missing
		}
	}
	return nil
}

func describeField(p *program, f progField) string {
	var out []string
	for _, part := range f.parts {
		names := make([]string, len(part.from))
		for i, n := range part.from {
			names[i] = p.names[n]
		}
		s := strings.Join(names, ", ")
		if part.as != taxonomy.AsIs {
			s += " (" + string(part.as) + ")"
		}
		out = append(out, s)
	}
	s := strings.Join(out, " or ")
	if s == f.name {
		return ""
	}
	return s
}

func describeLiterals(s *gramSet) string {
	var out []string
	for _, t := range s.tables {
		for _, h := range t.lits {
			out = append(out, fmt.Sprintf("%q", h.lit.text))
		}
	}
	return someOf(out)
}

// someOf names the first of a list.
func someOf(out []string) string {
	const most = 6
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > most {
		return fmt.Sprintf("%s or one of %d more", strings.Join(out[:most], ", "), len(out)-most)
	}
	return strings.Join(out, " or ")
}

func (co *correlation) explain(b *strings.Builder) {
	d := co.doc
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(b, "%s\n  id         %s\n  file       %s:%d\n  level      %s\n  type       %s within %s\n", d.Title, d.ID, d.File, d.Line, d.Level, d.Type, d.Timespan)
	for i, r := range d.Rules {
		fmt.Fprintf(b, "  counts     %s (%s)\n", r, co.titles[i])
	}
	if len(d.GroupBy) > 0 {
		fmt.Fprintf(b, "  group by   %s\n", strings.Join(d.GroupBy, ", "))
	}
	for alias, by := range d.Aliases {
		for rule, field := range by {
			fmt.Fprintf(b, "  alias      %s is %s in %s\n", alias, field, rule)
		}
	}
	names := [...]string{"eq", "neq", "lt", "lte", "gt", "gte"}
	for _, c := range d.Conditions {
		fmt.Fprintf(b, "  condition  %s %g\n", names[c.Compare], c.Value)
	}
	if len(d.ConditionField) > 0 {
		fmt.Fprintf(b, "  over       %s\n", strings.Join(d.ConditionField, ", "))
	}
	if d.Expr != nil {
		fmt.Fprintf(b, "  condition  %s\n", sigma.Format(d.Expr))
	}
	if !co.report {
		b.WriteString("  counted by another correlation; not a finding of its own\n")
	}
}

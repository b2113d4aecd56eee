package advisory

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"entente/internal/sigma"
)

// A literal that matches nothing, whatever is done to it. Its letters stand in no test.
const deadText = "zq~Mutant~qz"

func (d *ruleDoc) called(ref string) bool {
	return ref != "" && (ref == d.name || strings.EqualFold(ref, d.id))
}

// refs lists the documents that a correlation or a filter is about.
func (d *ruleDoc) refs(kind string) []string {
	n := child(child(d.node, kind), "rules")
	if n == nil {
		return nil
	}
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	var out []string
	for _, k := range n.Content {
		out = append(out, k.Value)
	}
	return out
}

// needed lists what has to be loaded for a rule or correlation to work: itself, what it counts, and the filters of these.
func needed(docs []*ruleDoc, top *ruleDoc) []*ruleDoc {
	out := []*ruleDoc{top}
	for i := 0; i < len(out); i++ {
		for _, ref := range out[i].refs("correlation") {
			for _, d := range docs {
				if d.called(ref) && !slices.Contains(out, d) {
					out = append(out, d)
				}
			}
		}
	}
	for _, f := range docs {
		if child(f.node, "filter") == nil {
			continue
		}
		refs := f.refs("filter")
		wanted := len(refs) == 0
		for _, ref := range refs {
			wanted = wanted || strings.EqualFold(ref, "any") || slices.ContainsFunc(out, func(d *ruleDoc) bool { return d.called(ref) })
		}
		if wanted && !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

// mutant is one change of one literal.
type mutant struct {
	doc   *ruleDoc
	node  *yaml.Node
	line  int // in the file
	what  string
	apply func() (undo func())
	// mayIdle says that the change may mean the same without a fault: `1 of x*` where there is one x.
	mayIdle bool
}

// mutants lists the changes of a document's literals. docs/formats/pack.md says what is a literal and how it is changed.
func (d *ruleDoc) mutants() []*mutant {
	m := mutator{doc: d}
	for _, kind := range []string{"detection", "filter"} {
		m.detection(child(d.node, kind), kind == "filter")
		m.condition(child(child(d.node, kind), "condition"))
	}
	m.correlation(child(d.node, "correlation"))
	return m.out
}

type mutator struct {
	doc *ruleDoc
	out []*mutant
}

// set adds the change of a scalar to a value.
func (m *mutator) set(n *yaml.Node, where, value string, style yaml.Style) {
	old := *n
	m.out = append(m.out, &mutant{
		doc: m.doc, node: n, line: n.Line, what: fmt.Sprintf("%s: %s changed to %s", where, showScalar(&old), showScalar(&yaml.Node{Value: value, Style: style})),
		apply: func() func() {
			n.Value, n.Style, n.Tag = value, style, ""
			if style&quoted != 0 {
				n.Tag = "!!str"
			}
			return func() { n.Value, n.Style, n.Tag = old.Value, old.Style, old.Tag }
		},
	})
}

func showScalar(n *yaml.Node) string {
	v := n.Value
	if r := []rune(v); len(r) > 100 {
		v = string(r[:100]) + "…"
	}
	if n.Style&quoted != 0 {
		return "'" + v + "'"
	}
	return cmp.Or(v, "''")
}

// detection goes through the selections of a detection or filter.
func (m *mutator) detection(n *yaml.Node, filter bool) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if key == "condition" || key == "timeframe" || filter && key == "rules" {
			continue
		}
		m.selection(n.Content[i+1], key, nil)
	}
}

// conditionWords are the words of a condition that are changed, each to the other one.
var conditionWords = regexp.MustCompile(`(?i)\b(1 of|all of|and not|and|or)\b`)

// condition adds the changes of a condition: one of many for all of them, and for or, and the other way round.
func (m *mutator) condition(n *yaml.Node) {
	if n == nil || n.Kind != yaml.ScalarNode {
		return
	}
	other := map[string]string{"1 of": "all of", "all of": "1 of", "and": "or", "or": "and", "and not": "and"}
	for _, at := range conditionWords.FindAllStringIndex(n.Value, -1) {
		word := n.Value[at[0]:at[1]]
		m.set(n, "condition", n.Value[:at[0]]+other[strings.ToLower(word)]+n.Value[at[1]:], n.Style)
		m.out[len(m.out)-1].mayIdle = true
	}
}

// selection goes through a map, a list or a value; mods are the modifiers that apply.
func (m *mutator) selection(n *yaml.Node, where string, mods []string) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts := strings.Split(n.Content[i].Value, "|")
			m.selection(n.Content[i+1], where+"."+n.Content[i].Value, parts[1:])
		}
	case yaml.SequenceNode:
		for _, k := range n.Content {
			m.selection(k, where, mods)
		}
	case yaml.ScalarNode:
		m.scalar(n, where, mods)
	default: // there are no aliases
	}
}

// scalar adds the changes of one literal of a detection.
func (m *mutator) scalar(n *yaml.Node, where string, mods []string) {
	has := func(names ...string) bool {
		return slices.ContainsFunc(mods, func(s string) bool { return slices.Contains(names, s) })
	}
	isQuoted := n.Style&quoted != 0
	_, err := strconv.ParseFloat(n.Value, 64)
	isNumber := err == nil
	switch {
	case has("exists"):
		flipped := "true"
		switch strings.ToLower(n.Value) {
		case "true", "yes", "on":
			flipped = "false"
		}
		m.set(n, where, flipped, 0)
	case has("gt", "gte", "lt", "lte", "minute", "hour", "day", "week", "month", "year") && isNumber:
		// A threshold is only pinned from both sides.
		m.set(n, where, addNumber(n.Value, 1), 0)
		m.set(n, where, addNumber(n.Value, -1), 0)
	case has("cidr"):
		dead := "255.255.255.254/32"
		if strings.Contains(n.Value, ":") {
			dead = "100::dead:beef/128"
		}
		m.set(n, where, dead, yaml.SingleQuotedStyle)
	case has("fieldref"):
		m.set(n, where, "ZqMutantQz", yaml.SingleQuotedStyle)
	case isNumber && !isQuoted && !has("contains", "startswith", "endswith", "re"):
		m.set(n, where, addNumber(n.Value, 1), 0)
	case has("re"):
		for _, changed := range regexpMutants(n.Value) {
			m.set(n, where, changed.re, yaml.SingleQuotedStyle)
			m.out[len(m.out)-1].what = where + ": " + changed.what
		}
	default:
		m.set(n, where, deadText, yaml.SingleQuotedStyle)
	}
}

// addNumber adds to a number as it is written.
func addNumber(s string, d int64) string {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return strconv.FormatInt(i+d, 10)
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return strconv.FormatFloat(f+float64(d), 'g', -1, 64)
	}
	return s
}

// correlation adds the changes of a correlation's literals.
func (m *mutator) correlation(n *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	if span := child(n, "timespan"); span != nil {
		if d, ok := timespan(span.Value); ok {
			m.set(span, "timespan", seconds(d/2), 0)
			m.set(span, "timespan", seconds(d*2), 0)
		}
	}
	if cond := child(n, "condition"); cond != nil && cond.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(cond.Content); i += 2 {
			switch k := cond.Content[i].Value; k {
			case "gt", "gte", "lt", "lte", "eq", "neq":
				v := cond.Content[i+1]
				m.set(v, "condition."+k, addNumber(v.Value, 1), 0)
				m.set(v, "condition."+k, addNumber(v.Value, -1), 0)
			}
		}
	}
	m.condition(child(n, "condition")) // of temporal types
	if group := child(n, "group-by"); group != nil && group.Kind == yaml.SequenceNode {
		for i := range group.Content {
			m.without(group, i, "group-by")
		}
	}
	if rules := child(n, "rules"); rules != nil && rules.Kind == yaml.SequenceNode && len(rules.Content) > 1 {
		for i := range rules.Content {
			m.without(rules, i, "rules")
		}
	}
}

// without adds the change that leaves an entry of a list out.
func (m *mutator) without(list *yaml.Node, i int, where string) {
	m.out = append(m.out, &mutant{
		doc: m.doc, node: list.Content[i], line: list.Content[i].Line, what: fmt.Sprintf("%s: %s left out", where, list.Content[i].Value),
		apply: func() func() {
			old := list.Content
			list.Content = slices.Delete(slices.Clone(old), i, i+1)
			return func() { list.Content = old }
		},
	})
}

// timespan reads Sigma's notation: a number and s, m, h or d, w.
func timespan(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return 0, false
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	unit, ok := units[s[len(s)-1]]
	n, err := strconv.ParseInt(s[:len(s)-1], 10, 32)
	if !ok || err != nil || n <= 0 {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

func seconds(d time.Duration) string {
	return strconv.FormatInt(max(1, int64(d/time.Second)), 10) + "s"
}

// text writes documents as one file of rules.
func ruleText(docs []*ruleDoc) ([]byte, error) {
	var b bytes.Buffer
	for _, d := range docs {
		out, err := yaml.Dump(d.node)
		if err != nil {
			return nil, err
		}
		b.WriteString("---\n")
		b.Write(out)
	}
	return b.Bytes(), nil
}

// mutation is the mutation test of a pack.
type mutation struct {
	pack   *Pack
	runner *ruleRunner
	docs   []*ruleDoc
	// Of each rule that has a test: its cases, and what it needs.
	tested []*testedRule
	done   int // changes tried
	// literals is of how many literals these were.
	literals int
}

type testedRule struct {
	doc   *ruleDoc
	needs []*ruleDoc
	cases []*testCase
	sound bool // passes as it is
}

// run changes the literals of the documents that want says, one after the other.
func (mu *mutation) run(ctx context.Context, want func(d *ruleDoc) bool) (Problems, error) {
	var out Problems
	for _, d := range mu.docs {
		if !want(d) {
			continue
		}
		var users []*testedRule
		for _, t := range mu.tested {
			if slices.Contains(t.needs, d) {
				users = append(users, t)
			}
		}
		// The document's own test first: it is the likeliest to notice.
		slices.SortStableFunc(users, func(a, b *testedRule) int {
			return cmp.Compare(btoi(a.doc != d), btoi(b.doc != d))
		})
		if len(users) == 0 {
			continue // the check says that it has no test
		}
		base, err := mu.forms(users)
		if err != nil {
			return out, err
		}
		seen := map[*yaml.Node]bool{}
		for _, m := range d.mutants() {
			mu.done++
			if !seen[m.node] {
				seen[m.node] = true
				mu.literals++
			}
			p := Problem{Kind: KindMutation, File: d.file, Line: m.line, Rule: d.title()}
			switch noticed, same, err := mu.try(ctx, m, users, base); {
			case err != nil:
				if ctx.Err() != nil {
					return out, ctx.Err()
				}
				p.Reason = m.what + ": the changed rule cannot be tried: " + err.Error()
			case same:
				p.Reason = m.what + ": this changes nothing about the rule: the literal has no effect and can go"
				if m.mayIdle {
					p.Reason, p.Warning = m.what+": this means the same", true
				}
			case !noticed:
				p.Reason = m.what + ": no test notices"
			default:
				continue
			}
			out = append(out, p)
		}
	}
	return out, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// forms returns what the rules are compiled to, to tell changes that are none.
func (mu *mutation) forms(users []*testedRule) ([]string, error) {
	var out []string
	for _, u := range users {
		c, err := compileDocs(u.needs)
		if err != nil {
			return nil, err
		}
		out = append(out, form(c))
	}
	return out, nil
}

func compileDocs(docs []*ruleDoc) (*sigma.Collection, error) {
	text, err := ruleText(docs)
	if err != nil {
		return nil, err
	}
	c, err := sigma.Parse(sigma.Options{}, "", text)
	if err != nil {
		return nil, err
	}
	for _, p := range c.Problems {
		if !p.Warning {
			return nil, errors.New(p.Reason)
		}
	}
	return c, nil
}

// form is the meaning of a collection as text.
func form(c *sigma.Collection) string {
	var b strings.Builder
	for _, r := range c.Rules {
		fmt.Fprintf(&b, "%s %s %v\n%s\n", r.ID, r.Name, r.LogSource, sigma.Format(r.Condition))
	}
	for _, r := range c.Correlations {
		fmt.Fprintf(&b, "%s %s %s %v %v %v %v %v %v %v %v\n", r.ID, r.Name, r.Type, r.Rules, r.GroupBy, r.Timespan, r.Conditions,
			r.ConditionField, r.Percentile, r.Aliases, r.Generate)
		if r.Expr != nil {
			b.WriteString(sigma.Format(r.Expr))
		}
	}
	return b.String()
}

// try applies a change and says whether a test notices it, or whether it is no change at all.
func (mu *mutation) try(ctx context.Context, m *mutant, users []*testedRule, base []string) (noticed, same bool, err error) {
	undo := m.apply()
	defer undo()
	same = true
	for i, u := range users {
		c, err := compileDocs(u.needs)
		if err != nil {
			return false, false, err
		}
		if form(c) == base[i] {
			continue
		}
		same = false
		plan := mu.runner.plan(c)
		for _, tc := range u.cases {
			o, err := mu.runner.run(ctx, plan, u.doc.id, tc.test.format(), tc.at.file, tc.log)
			if err != nil {
				return false, false, err
			}
			if tc.verdict(o) != "" {
				return true, false, nil
			}
		}
	}
	return false, same, nil
}

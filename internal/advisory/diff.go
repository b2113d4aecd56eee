package advisory

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"entente/internal/sigma"
)

// Change is one difference between two packs.
type Change struct {
	What   string        `json:"what"`  // manifest, ttp, rule, indicator or mitigation
	How    string        `json:"how"`   // added, removed or changed
	ID     string        `json:"id"`    // of a TTP, rule or mitigation; type and value of an indicator
	Title  string        `json:"title"` // what it is called, where that is not the id
	Fields []FieldChange `json:"fields,omitempty"`
}

// FieldChange is what has changed about one thing: a value, or the entries of a list.
type FieldChange struct {
	Field   string   `json:"field"`
	From    string   `json:"from,omitempty"`
	To      string   `json:"to,omitempty"`
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}

// The ways in which something differs.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Diff lists what b has that a has not, the other way round, and what differs: manifest, TTPs, rules and correlations,
// indicators, mitigations; in the order of b, what is gone behind. Tests are not compared.
func Diff(a, b *Pack) []Change {
	var out []Change
	if fields := diffStruct(&a.Manifest, &b.Manifest); len(fields) > 0 {
		out = append(out, Change{What: "manifest", How: Changed, ID: b.Manifest.ID, Title: b.Manifest.Title, Fields: fields})
	}
	out = append(out, diffList("ttp", a.TTPs, b.TTPs,
		func(t *TTP) string { return t.ID }, func(*TTP) string { return "" }, diffStruct[TTP])...)
	out = append(out, diffList("rule", rulesOf(a), rulesOf(b),
		func(r *ruleView) string { return r.id }, func(r *ruleView) string { return r.title }, diffRules)...)
	out = append(out, diffList("indicator", a.Indicators, b.Indicators,
		func(i *Indicator) string { return i.Type + " " + i.Value }, func(*Indicator) string { return "" }, diffStruct[Indicator])...)
	return append(out, diffList("mitigation", a.Mitigations, b.Mitigations,
		func(m *Mitigation) string { return m.ID }, func(m *Mitigation) string { return m.Title }, diffStruct[Mitigation])...)
}

// diffList compares lists whose entries have an id. Of several with the same id the first counts.
func diffList[T any](what string, a, b []T, id, title func(*T) string, diff func(a, b *T) []FieldChange) []Change {
	index := func(list []T) map[string]*T {
		out := map[string]*T{}
		for i := range list {
			if k := id(&list[i]); out[k] == nil {
				out[k] = &list[i]
			}
		}
		return out
	}
	before, after := index(a), index(b)
	var out []Change
	for i := range b {
		x := &b[i]
		k := id(x)
		if after[k] != x {
			continue
		}
		old := before[k]
		if old == nil {
			out = append(out, Change{What: what, How: Added, ID: k, Title: title(x)})
			continue
		}
		if fields := diff(old, x); len(fields) > 0 {
			out = append(out, Change{What: what, How: Changed, ID: k, Title: title(x), Fields: fields})
		}
	}
	for i := range a {
		x := &a[i]
		if k := id(x); before[k] == x && after[k] == nil {
			out = append(out, Change{What: what, How: Removed, ID: k, Title: title(x)})
		}
	}
	return out
}

// diffStruct compares the fields of two things by their names in YAML.
func diffStruct[T any](a, b *T) []FieldChange {
	var out []FieldChange
	va, vb := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range va.NumField() {
		name, _, _ := strings.Cut(va.Type().Field(i).Tag.Get("yaml"), ",")
		if name == "" || name == "-" {
			continue
		}
		out = append(out, diffValue(name, va.Field(i), vb.Field(i))...)
	}
	return out
}

func diffValue(name string, a, b reflect.Value) []FieldChange {
	switch a.Kind() {
	case reflect.Slice:
		return diffTexts(name, entries(a), entries(b))
	case reflect.Struct:
		var out []FieldChange
		for i := range a.NumField() {
			sub, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("yaml"), ",")
			out = append(out, diffValue(name+"."+sub, a.Field(i), b.Field(i))...)
		}
		return out
	default:
		return diffText(name, fmt.Sprint(a.Interface()), fmt.Sprint(b.Interface()))
	}
}

// entries are the elements of a list as texts.
func entries(v reflect.Value) []string {
	out := make([]string, v.Len())
	for i := range out {
		e := v.Index(i)
		if e.Kind() != reflect.Struct {
			out[i] = fmt.Sprint(e.Interface())
			continue
		}
		var parts []string
		for _, f := range e.Fields() {
			if s := fmt.Sprint(f.Interface()); s != "" {
				parts = append(parts, s)
			}
		}
		out[i] = strings.Join(parts, " | ")
	}
	return out
}

func diffText(name, a, b string) []FieldChange {
	if a == b {
		return nil
	}
	return []FieldChange{{Field: name, From: a, To: b}}
}

// diffTexts compares lists. Where only the order differs, both are shown whole.
func diffTexts(name string, a, b []string) []FieldChange {
	if slices.Equal(a, b) {
		return nil
	}
	f := FieldChange{Field: name, Added: without(b, a), Removed: without(a, b)}
	if len(f.Added) == 0 && len(f.Removed) == 0 {
		f.From, f.To = strings.Join(a, ", "), strings.Join(b, ", ")
	}
	return []FieldChange{f}
}

// without lists what of a is not in b, each as often as it is there too often.
func without(a, b []string) []string {
	left := map[string]int{}
	for _, s := range b {
		left[s]++
	}
	var out []string
	for _, s := range a {
		if left[s] > 0 {
			left[s]--
			continue
		}
		out = append(out, s)
	}
	return out
}

// ruleView is what is compared of a rule or correlation.
type ruleView struct {
	id, title string
	m         *sigma.Meta
	parts     [][2]string // further values by name
	lines     []string    // of what it looks for
	groupBy   []string
}

// rulesOf lists the rules and correlations of a pack, but for those made of indicators.
func rulesOf(p *Pack) []ruleView {
	var out []ruleView
	add := func(m *sigma.Meta, v ruleView) {
		if p.FromIndicator(m) {
			return
		}
		v.id, v.title, v.m = cmp.Or(m.ID, m.Name, m.Title), m.Title, m
		out = append(out, v)
	}
	for _, r := range p.Rules.Rules {
		add(&r.Meta, ruleView{
			parts: [][2]string{{"logsource", logSourceText(r.LogSource)}},
			lines: strings.Split(sigma.Format(r.Condition), "\n"),
		})
	}
	for _, r := range p.Rules.Correlations {
		v := ruleView{parts: [][2]string{
			{"type", string(r.Type)},
			{"rules", strings.Join(r.Rules, ", ")},
			{"timespan", r.Timespan.String()},
			{"condition", conditionText(r)},
			{"generate", fmt.Sprint(r.Generate)},
		}, groupBy: r.GroupBy}
		if r.Expr != nil {
			v.lines = strings.Split(sigma.Format(r.Expr), "\n")
		}
		add(&r.Meta, v)
	}
	slices.SortStableFunc(out, func(a, b ruleView) int {
		return cmp.Or(cmp.Compare(a.m.File, b.m.File), cmp.Compare(a.m.Line, b.m.Line))
	})
	return out
}

func logSourceText(l sigma.LogSource) string {
	var parts []string
	for _, s := range []string{l.Product, l.Category, l.Service} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " / ")
}

func conditionText(c *sigma.Correlation) string {
	names := map[sigma.Compare]string{sigma.EQ: "=", sigma.NEQ: "!=", sigma.LT: "<", sigma.LTE: "<=", sigma.GT: ">", sigma.GTE: ">="}
	var parts []string
	for _, x := range c.Conditions {
		parts = append(parts, fmt.Sprintf("%s %g", names[x.Compare], x.Value))
	}
	text := strings.Join(parts, " and ")
	if len(c.ConditionField) > 0 {
		text += " of " + strings.Join(c.ConditionField, ", ")
	}
	return text
}

func diffRules(a, b *ruleView) []FieldChange {
	var out []FieldChange
	for _, f := range [][3]string{
		{"title", a.title, b.title},
		{"status", a.m.Status, b.m.Status},
		{"level", a.m.Level, b.m.Level},
		{"description", a.m.Description, b.m.Description},
		{"author", a.m.Author, b.m.Author},
		{"date", a.m.Date, b.m.Date},
		{"modified", a.m.Modified, b.m.Modified},
	} {
		out = append(out, diffText(f[0], f[1], f[2])...)
	}
	out = append(out, diffTexts("tags", a.m.Tags, b.m.Tags)...)
	out = append(out, diffTexts("references", a.m.References, b.m.References)...)
	out = append(out, diffTexts("falsepositives", a.m.FalsePos, b.m.FalsePos)...)
	values := func(v *ruleView) map[string]string {
		m := map[string]string{}
		for _, p := range v.parts {
			m[p[0]] = p[1]
		}
		return m
	}
	va, vb := values(a), values(b)
	for _, p := range b.parts {
		out = append(out, diffText(p[0], va[p[0]], vb[p[0]])...)
	}
	for _, p := range a.parts {
		if _, ok := vb[p[0]]; !ok {
			out = append(out, diffText(p[0], p[1], "")...)
		}
	}
	out = append(out, diffTexts("group-by", a.groupBy, b.groupBy)...)
	return append(out, diffLines("detection", a.lines, b.lines)...)
}

// maxDiffLines bounds the work of comparing two detections line by line.
const maxDiffLines = 2000

// diffLines compares texts line by line: what is only in one of them, in order (longest common subsequence).
func diffLines(name string, a, b []string) []FieldChange {
	if slices.Equal(a, b) {
		return nil
	}
	if len(a) > maxDiffLines || len(b) > maxDiffLines {
		return diffTexts(name, a, b)
	}
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i, left := range slices.Backward(a) {
		for j, right := range slices.Backward(b) {
			if left == right {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	f := FieldChange{Field: name}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			i++
			j++
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			f.Removed = append(f.Removed, strings.TrimSpace(a[i]))
			i++
		default:
			f.Added = append(f.Added, strings.TrimSpace(b[j]))
			j++
		}
	}
	return []FieldChange{f}
}

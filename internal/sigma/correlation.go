package sigma

import (
	"slices"
	"strings"
)

// correlation compiles a correlation document (Sigma Correlation Rules Specification 2.1.0). What it refers to is
// resolved when all documents are known.
func (c *compiler) correlation(doc *node, meta Meta) (*Correlation, error) {
	def := doc.get("correlation")
	if def.kind != mapNode {
		return nil, faultf(def.line, "correlation has to be a map, and is %s", def.describe())
	}
	cor := &Correlation{Meta: meta}
	typ := def.get("type")
	switch {
	case typ.isNull():
		return nil, faultf(def.line, "the correlation has no type: use one of %s", strings.Join(correlationTypes[:], ", "))
	case typ.kind != scalarNode || !slices.Contains(correlationTypes[:], strings.ToLower(typ.text)):
		return nil, faultf(typ.line, "the correlation type %q is none of %s", typ.text, strings.Join(correlationTypes[:], ", "))
	}
	cor.Type = CorrelationType(c.file.intern(strings.ToLower(typ.text)))
	var err error
	if rules := def.get("rules"); !rules.isNull() {
		if cor.Rules, err = references(rules); err != nil {
			return nil, err
		}
	}
	span := def.get("timespan")
	if span.isNull() {
		span = def.get("timeframe") // older drafts
	}
	if span.isNull() {
		return nil, faultf(def.line, "the correlation has no timespan: add one, for example 5m")
	}
	if cor.Timespan, err = parseTimespan(span); err != nil {
		return nil, err
	}
	if cor.GroupBy, err = fieldList(def.get("group-by"), "group-by"); err != nil {
		return nil, err
	}
	if cor.Aliases, err = aliases(def.get("aliases")); err != nil {
		return nil, err
	}
	// The specification shows generate beside correlation; pySigma reads it inside.
	for _, g := range []*node{def.get("generate"), doc.get("generate")} {
		if g.isNull() {
			continue
		}
		v, ok := g.boolean()
		if !ok {
			return nil, faultf(g.line, "generate has to be true or false")
		}
		cor.Generate = cor.Generate || v
	}
	if err := c.correlationCondition(cor, def); err != nil {
		return nil, err
	}
	if len(cor.Rules) == 0 {
		return nil, faultf(def.line, "the correlation names no rules: add rules with their ids or names")
	}
	return cor, nil
}

var correlationTypes = [...]string{
	string(EventCount), string(ValueCount), string(Temporal), string(TemporalOrdered),
	string(ValueSum), string(ValueAvg), string(ValuePercentile), string(ValueMedian),
}

// temporal says that the type is about which rules occur, not about a number.
func (t CorrelationType) temporal() bool { return t == Temporal || t == TemporalOrdered }

// correlationCondition reads the condition: a map of comparisons, or for temporal types an expression over rules.
func (c *compiler) correlationCondition(cor *Correlation, def *node) error {
	cond := def.get("condition")
	switch {
	case cond.isNull():
		if cor.Type.temporal() {
			return nil
		}
		return faultf(def.line, "the correlation has no condition: add one, for example gte: 5")
	case cond.kind == scalarNode:
		return c.extendedCondition(cor, cond)
	case cond.kind == listNode:
		return faultf(cond.line, "the condition of a correlation has to be a map of comparisons, and is a list")
	}
	for i := 0; i < len(cond.kids); i += 2 {
		key, val := cond.kids[i], cond.kids[i+1]
		switch key.text {
		case "field":
			fields, err := fieldList(val, "field")
			if err != nil {
				return err
			}
			cor.ConditionField = fields
			continue
		case "percentile":
			p, ok := ParseNumber(val.text)
			if !ok || val.kind != scalarNode || p < 0 || p > 100 {
				return faultf(val.line, "percentile has to be a number from 0 to 100")
			}
			cor.Percentile = p
			continue
		}
		op := slices.Index(comparisonNames[:], key.text)
		if op < 0 {
			return faultf(key.line, "the condition of a correlation has no %q: it has %s, field and percentile", key.text, strings.Join(comparisonNames[:], ", "))
		}
		n, ok := ParseNumber(val.text)
		if !ok || val.kind != scalarNode {
			return faultf(val.line, "%s wants a number, not %q", key.text, val.text)
		}
		cor.Conditions = append(cor.Conditions, CorrelationCondition{Compare(op), n})
	}
	return checkCondition(cor, cond)
}

// comparisonNames are the names of relations, in their order.
var comparisonNames = [...]string{EQ: "eq", NEQ: "neq", LT: "lt", LTE: "lte", GT: "gt", GTE: "gte"}

func checkCondition(cor *Correlation, cond *node) error {
	if len(cor.Conditions) == 0 {
		return faultf(cond.line, "the condition of the correlation compares with nothing: add one, for example gte: 5")
	}
	switch cor.Type {
	case EventCount, Temporal, TemporalOrdered:
		if len(cor.ConditionField) > 0 {
			return faultf(cond.line, "%s counts events and has no field: use value_count to count the values of one", cor.Type)
		}
	default:
		if len(cor.ConditionField) == 0 {
			return faultf(cond.line, "%s needs a field in its condition", cor.Type)
		}
		if cor.Type != ValueCount && len(cor.ConditionField) > 1 {
			return faultf(cond.line, "%s reads one field, and the condition names %d", cor.Type, len(cor.ConditionField))
		}
	}
	switch given := cond.get("percentile") != nil; {
	case cor.Type == ValuePercentile && !given:
		return faultf(cond.line, "value_percentile needs a percentile in its condition, for example percentile: 95")
	case cor.Type != ValuePercentile && given:
		return faultf(cond.line, "percentile belongs to value_percentile, and this is %s", cor.Type)
	case cor.Type == ValueMedian:
		cor.Percentile = 50
	}
	return nil
}

// extendedCondition reads an expression over rules: "rule_a and not rule_b". The rules may be named there alone.
func (c *compiler) extendedCondition(cor *Correlation, cond *node) error {
	if !cor.Type.temporal() {
		return faultf(cond.line, "the condition of %s has to be a map of comparisons: an expression over rules is for temporal and temporal_ordered", cor.Type)
	}
	listed := len(cor.Rules) > 0
	used := map[string]bool{}
	p := conditionParser{
		text: cond.text,
		leaf: func(name string) (Expr, error) {
			if listed && !slices.Contains(cor.Rules, name) {
				return nil, faultf(cond.line, "the condition names the rule %q, which is not in rules", name)
			}
			if !listed && !used[name] {
				cor.Rules = append(cor.Rules, name)
			}
			used[name] = true
			return &Atom{Field: name, Op: OpExists, Want: true, Line: cond.line}, nil
		},
		of: func(quantifier, pattern string) (Expr, error) {
			return nil, faultf(cond.line, "the condition of a correlation has no \"%s of %s\": write the names of the rules", quantifier, pattern)
		},
	}
	e, err := p.parse()
	if err != nil {
		return atLine(cond.line, err)
	}
	for _, r := range cor.Rules {
		if !used[r] {
			return faultf(cond.line, "the rule %q is in rules but not in the condition: name it there, or remove it", r)
		}
	}
	cor.Expr = Simplify(e)
	return nil
}

// fieldList reads the name of a field or a list of them.
func fieldList(n *node, key string) ([]string, error) {
	if n.isNull() {
		return nil, nil
	}
	list := n.kids
	switch n.kind {
	case scalarNode:
		list = []*node{n}
	case mapNode:
		return nil, faultf(n.line, "%s has to be a field or a list of fields, and is a map", key)
	default:
	}
	out := make([]string, 0, len(list))
	for _, k := range list {
		if k.kind != scalarNode || k.text == "" {
			return nil, faultf(k.line, "%s has to be a field or a list of fields, and holds %s", key, k.describe())
		}
		if !slices.Contains(out, k.text) {
			out = append(out, k.text)
		}
	}
	return out, nil
}

// aliases reads the names that stand for different fields in different rules.
func aliases(n *node) (map[string]map[string]string, error) {
	if n.isNull() {
		return nil, nil //nolint:nilnil // no aliases is not an error
	}
	if n.kind != mapNode {
		return nil, faultf(n.line, "aliases has to be a map, and is %s", n.describe())
	}
	out := make(map[string]map[string]string, len(n.kids)/2)
	for i := 0; i < len(n.kids); i += 2 {
		name, fields := n.kids[i], n.kids[i+1]
		if fields.kind != mapNode || len(fields.kids) == 0 {
			return nil, faultf(fields.line, "the alias %q has to be a map from rules to fields", name.text)
		}
		m := make(map[string]string, len(fields.kids)/2)
		for j := 0; j < len(fields.kids); j += 2 {
			rule, field := fields.kids[j], fields.kids[j+1]
			if field.kind != scalarNode || field.text == "" {
				return nil, faultf(field.line, "the alias %q has to name a field for the rule %q", name.text, rule.text)
			}
			m[rule.text] = field.text
		}
		out[name.text] = m
	}
	return out, nil
}

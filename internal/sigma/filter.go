package sigma

import "strings"

// filter is a filter document: a condition that rules have to meet as well.
type filter struct {
	Meta
	logSource LogSource
	any       bool     // for all rules of the logsource
	rules     []string // otherwise: ids and names
	condition Expr
}

// filter compiles a filter document (Sigma Filters Specification 2.1.0).
func (c *compiler) filter(doc *node, meta Meta) (*filter, error) {
	f := &filter{Meta: meta}
	var err error
	if f.logSource, _, err = c.logSource(doc, meta.Line); err != nil {
		return nil, err
	}
	def := doc.get("filter")
	if def.kind != mapNode {
		return nil, faultf(def.line, "filter has to be a map of rules, selections and a condition, and is %s", def.describe())
	}
	rules := def.get("rules")
	switch {
	case rules == nil:
		return nil, faultf(def.line, "the filter does not say for which rules it is: add rules with ids or names, or any")
	case rules.kind == scalarNode && strings.EqualFold(rules.text, "any"),
		rules.kind == listNode && len(rules.kids) == 0: // pySigma
		f.any = true
	default:
		if f.rules, err = references(rules); err != nil {
			return nil, err
		}
	}
	texts, err := conditionTexts(def)
	if err != nil {
		return nil, err
	}
	if len(texts) != 1 {
		return nil, faultf(def.get("condition").line, "a filter has one condition, and this one has %d", len(texts))
	}
	sel := newSelections(c, def, "condition", "rules")
	e, err := sel.condition(texts[0].text)
	if err != nil {
		return nil, atLine(texts[0].line, err)
	}
	f.condition = Simplify(e)
	c.unused(sel)
	if err := c.placeholdersKnown(def.line); err != nil {
		return nil, err
	}
	return f, nil
}

// references reads ids or names: one, or a list of them.
func references(n *node) ([]string, error) {
	list := n.kids
	switch n.kind {
	case scalarNode:
		list = []*node{n}
	case mapNode:
		return nil, faultf(n.line, "rules has to be a list of ids or names, and is a map")
	default:
	}
	out := make([]string, 0, len(list))
	for _, k := range list {
		if k.kind != scalarNode || k.isNull() {
			return nil, faultf(k.line, "rules has to be a list of ids or names, and holds %s", k.describe())
		}
		out = append(out, strings.TrimSpace(k.text))
	}
	if len(out) == 0 {
		return nil, faultf(n.line, "rules is empty: name at least one rule")
	}
	return out, nil
}

// fits says that a filter for f is meant for rules of r: what f names has to be the same in r.
func (f LogSource) fits(r LogSource) bool {
	return (f.Product == "" || f.Product == r.Product) &&
		(f.Category == "" || f.Category == r.Category) &&
		(f.Service == "" || f.Service == r.Service)
}

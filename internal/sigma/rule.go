package sigma

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ruleDoc is a rule on its way into a collection.
type ruleDoc struct {
	rule *Rule
	id   string // by which filters know it, also where a correlation has taken the id over
	// inherited says that the id is of the global document of a legacy collection, and so not the rule's alone.
	inherited bool
}

var errEmptyCondition = errors.New("the condition is empty: name the selections that have to hold")

// rule compiles a detection rule. A legacy aggregation after the condition becomes a correlation.
func (c *compiler) rule(doc *node, meta Meta) (*Rule, *Correlation, error) {
	r := &Rule{Meta: meta}
	var err error
	if r.LogSource, r.Definition, err = c.logSource(doc, meta.Line); err != nil {
		return nil, nil, err
	}
	det := doc.get("detection")
	switch {
	case det.isNull():
		return nil, nil, faultf(meta.Line, "there is no detection: name selections and a condition")
	case det.kind != mapNode:
		return nil, nil, faultf(det.line, "detection has to be a map of selections and a condition, and is %s", det.describe())
	}
	sel := newSelections(c, det, "condition", "timeframe")
	texts, err := conditionTexts(det)
	if err != nil {
		return nil, nil, err
	}
	line := det.get("condition").line
	if len(sel.list) == 0 {
		return nil, nil, faultf(det.line, "detection has no selection: name at least one")
	}
	var (
		or  Or
		cor *Correlation
	)
	for _, t := range texts {
		if head, tail, piped := strings.Cut(t.text, "|"); piped {
			if len(texts) > 1 {
				return nil, nil, faultf(t.line, "an aggregation (|) in one of several conditions is not supported: make a rule of each condition")
			}
			agg, err := parseAggregation(tail)
			if err != nil {
				return nil, nil, faultf(t.line, "%s", err)
			}
			if cor, err = c.aggregate(r, agg, det, t.line); err != nil {
				return nil, nil, err
			}
			t.text = head
		}
		e, err := sel.condition(t.text)
		if err != nil {
			return nil, nil, atLine(t.line, err)
		}
		or = append(or, e)
	}
	if t := det.get("timeframe"); t != nil && cor == nil {
		c.warn(t.line, "timeframe has no effect without an aggregation: write a correlation document")
	}
	c.unused(sel)
	r.Condition = Simplify(or)
	if err := c.placeholdersKnown(line); err != nil {
		return nil, nil, err
	}
	return r, cor, nil
}

// unused warns of selections that the condition does not ask for. They are compiled all the same, so that their
// mistakes are seen.
func (c *compiler) unused(sel *selections) {
	for i := range sel.list {
		x := &sel.list[i]
		if x.used {
			continue
		}
		c.warn(x.node.line, "the selection %q is not used by the condition", x.name)
		if _, err := sel.detection(x.node); err != nil {
			c.warn(x.node.line, "the selection %q, which is not used, has a mistake: %s", x.name, err)
		}
	}
}

// placeholdersKnown is an error that names every placeholder without values.
func (c *compiler) placeholdersKnown(line int) error {
	if len(c.missing) == 0 {
		return nil
	}
	names := make([]string, len(c.missing))
	for i, m := range c.missing {
		names[i] = "%" + m + "%"
	}
	reason := "the placeholders " + strings.Join(names, ", ") + " have to be given values"
	if len(names) == 1 {
		reason = "the placeholder " + names[0] + " has to be given values"
	}
	return &fault{line: line, reason: reason, needs: slices.Clone(c.missing)}
}

// conditionText is one condition of a document.
type conditionText struct {
	text string
	line int
}

func conditionTexts(det *node) ([]conditionText, error) {
	n := det.get("condition")
	if n.isNull() {
		return nil, faultf(det.line, "there is no condition: name the selections that have to hold")
	}
	switch n.kind {
	case scalarNode:
		return []conditionText{{n.text, n.line}}, nil
	case listNode:
		out := make([]conditionText, 0, len(n.kids))
		for _, k := range n.kids {
			if k.kind != scalarNode || k.isNull() {
				return nil, faultf(k.line, "a condition has to be a text, and is %s", k.describe())
			}
			out = append(out, conditionText{k.text, k.line})
		}
		if len(out) > 0 {
			return out, nil
		}
	default:
	}
	return nil, faultf(n.line, "condition has to be a text or a list of texts")
}

// atLine gives an error a line if it has none yet.
func atLine(line int, err error) error {
	if _, ok := errors.AsType[*fault](err); ok {
		return err
	}
	return faultf(line, "%s", err)
}

// label is what a document is called in messages.
func (m *Meta) label() string {
	switch {
	case m.ID != "":
		return m.ID
	case m.Title != "":
		return m.Title
	case m.Name != "":
		return m.Name
	}
	return fmt.Sprintf("document at line %d", m.Line)
}

package sigma

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// aggregation is what stood after the pipe of conditions before correlation documents came: count(field) by group
// > 5.
type aggregation struct {
	function string
	field    string // "" for count()
	groupBy  []string
	compare  Compare
	number   float64
}

// aggregationSyntax has one match only for any text, so the standard library's linear matcher is all it needs.
const aggregationSyntax = `(?is)^\s*(count|min|max|avg|sum)\s*\(\s*([^()]*?)\s*\)\s*(?:by\s+(.*?)\s*)?(>=|<=|==|!=|=|<|>)\s*(\S+)\s*$`

// parseAggregation reads the text after the pipe (Sigma Specification 1.0, Aggregation expression).
func parseAggregation(s string) (aggregation, error) {
	var a aggregation
	word, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(s)), " ")
	if word == "near" || strings.HasPrefix(word, "near(") {
		return a, errors.New("the aggregation \"near\" is not supported: write a correlation document of type temporal")
	}
	if len(s) > maxCondition {
		return a, errors.New("the aggregation after | is too long")
	}
	m := regexp.MustCompile(aggregationSyntax).FindStringSubmatch(s)
	if m == nil {
		return a, fmt.Errorf("the aggregation %s after | cannot be read: write a correlation document instead", quoteShort(strings.TrimSpace(s)))
	}
	a.function, a.field = strings.ToLower(m[1]), m[2]
	for g := range strings.SplitSeq(m[3], ",") {
		if g = strings.TrimSpace(g); g != "" {
			a.groupBy = append(a.groupBy, g)
		}
	}
	a.compare = map[string]Compare{">": GT, ">=": GTE, "<": LT, "<=": LTE, "=": EQ, "==": EQ, "!=": NEQ}[m[4]]
	n, ok := ParseNumber(m[5])
	if !ok {
		return a, fmt.Errorf("the aggregation after | compares with %q, which is not a number", m[5])
	}
	a.number = n
	if a.function != "count" && a.field == "" {
		return a, fmt.Errorf("the aggregation %s() needs the name of a field", a.function)
	}
	return a, nil
}

// aggregate makes a correlation of a legacy aggregation. The correlation takes the place of the rule in the eyes
// of everybody else: it has the rule's id, name and level. The rule stays as the events that it counts, under a
// name of its own.
func (c *compiler) aggregate(r *Rule, a aggregation, det *node, line int) (*Correlation, error) {
	frame := det.get("timeframe")
	if frame.isNull() {
		return nil, faultf(line, "the aggregation after | has no timeframe: add one, or write a correlation document")
	}
	span, err := parseTimespan(frame)
	if err != nil {
		return nil, err
	}
	cor := &Correlation{
		Meta:       r.Meta,
		GroupBy:    a.groupBy,
		Timespan:   span,
		Conditions: []CorrelationCondition{{a.compare, a.number}},
	}
	if a.field != "" {
		cor.ConditionField = []string{a.field}
	}
	switch a.function {
	case "count":
		cor.Type = EventCount
		if a.field != "" {
			cor.Type = ValueCount
		}
	case "sum":
		cor.Type = ValueSum
	case "avg":
		cor.Type = ValueAvg
	case "min":
		cor.Type, cor.Percentile = ValuePercentile, 0
	case "max":
		cor.Type, cor.Percentile = ValuePercentile, 100
	}
	r.Name = "events of " + r.label()
	if r.ID == "" && r.Title == "" {
		r.Name = fmt.Sprintf("events of %s:%d", r.File, r.Line)
	}
	r.ID = ""
	cor.Rules = []string{r.Name}
	return cor, nil
}

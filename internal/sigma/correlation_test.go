package sigma

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

const correlatedRules = `
title: A
id: 00000000-0000-4000-8000-00000000000a
name: rule_a
logsource: {product: windows}
detection: {sel: {F: a}, condition: sel}
---
title: B
id: 00000000-0000-4000-8000-00000000000b
name: rule_b
logsource: {product: windows}
detection: {sel: {F: b}, condition: sel}
---
title: the correlation
name: it
level: high
correlation:
`

func TestCorrelation(t *testing.T) {
	for _, tt := range []struct {
		name, def string
		want      Correlation
	}{
		{
			"event_count", "type: event_count\nrules: [rule_a]\ngroup-by: [Host]\ntimespan: 5m\ncondition: {gte: 10}",
			Correlation{Type: EventCount, Rules: []string{"rule_a"}, GroupBy: []string{"Host"}, Timespan: 5 * time.Minute, Conditions: []CorrelationCondition{{GTE, 10}}},
		},
		{
			"range, one rule, one group", "type: EVENT_COUNT\nrules: rule_a\ngroup-by: Host\ntimespan: 1h\ncondition:\n    gt: 5\n    lte: 10\n    neq: 7",
			Correlation{Type: EventCount, Rules: []string{"rule_a"}, GroupBy: []string{"Host"}, Timespan: time.Hour, Conditions: []CorrelationCondition{{GT, 5}, {LTE, 10}, {NEQ, 7}}},
		},
		{
			"value_count", "type: value_count\nrules: [rule_a, rule_b]\ntimespan: 1d\ngenerate: true\ncondition: {field: User, lt: 3}",
			Correlation{Type: ValueCount, Rules: []string{"rule_a", "rule_b"}, Timespan: 24 * time.Hour, Generate: true, ConditionField: []string{"User"}, Conditions: []CorrelationCondition{{LT, 3}}},
		},
		{
			"value_count of fields", "type: value_count\nrules: [rule_a]\ntimespan: 1s\ncondition: {field: [User, Domain], eq: 3}",
			Correlation{Type: ValueCount, Rules: []string{"rule_a"}, Timespan: time.Second, ConditionField: []string{"User", "Domain"}, Conditions: []CorrelationCondition{{EQ, 3}}},
		},
		{
			"value_sum", "type: value_sum\nrules: [rule_a]\ntimespan: 1s\ncondition: {field: Bytes, gt: 1.5}",
			Correlation{Type: ValueSum, Rules: []string{"rule_a"}, Timespan: time.Second, ConditionField: []string{"Bytes"}, Conditions: []CorrelationCondition{{GT, 1.5}}},
		},
		{
			"value_avg", "type: value_avg\nrules: [rule_a]\ntimespan: 1s\ncondition: {field: Bytes, gt: -1}",
			Correlation{Type: ValueAvg, Rules: []string{"rule_a"}, Timespan: time.Second, ConditionField: []string{"Bytes"}, Conditions: []CorrelationCondition{{GT, -1}}},
		},
		{
			"value_percentile", "type: value_percentile\nrules: [rule_a]\ntimespan: 1s\ncondition: {field: Bytes, gt: 1, percentile: 95}",
			Correlation{Type: ValuePercentile, Rules: []string{"rule_a"}, Timespan: time.Second, ConditionField: []string{"Bytes"}, Conditions: []CorrelationCondition{{GT, 1}}, Percentile: 95},
		},
		{
			"value_median", "type: value_median\nrules: [rule_a]\ntimespan: 1s\ncondition: {field: Bytes, gt: 1}",
			Correlation{Type: ValueMedian, Rules: []string{"rule_a"}, Timespan: time.Second, ConditionField: []string{"Bytes"}, Conditions: []CorrelationCondition{{GT, 1}}, Percentile: 50},
		},
		{
			"temporal by ids", "type: temporal\nrules:\n  - 00000000-0000-4000-8000-00000000000A\n  - rule_b\ntimespan: 1s",
			Correlation{Type: Temporal, Rules: []string{"00000000-0000-4000-8000-00000000000A", "rule_b"}, Timespan: time.Second},
		},
		{
			"temporal with a number", "type: temporal_ordered\nrules: [rule_a, rule_b]\ntimespan: 1s\ncondition: {gte: 1}",
			Correlation{Type: TemporalOrdered, Rules: []string{"rule_a", "rule_b"}, Timespan: time.Second, Conditions: []CorrelationCondition{{GTE, 1}}},
		},
		{
			"aliases", "type: temporal\nrules: [rule_a, rule_b]\ngroup-by: [ip]\ntimespan: 1s\naliases:\n  ip:\n    rule_a: src\n    00000000-0000-4000-8000-00000000000b: dst",
			Correlation{Type: Temporal, Rules: []string{"rule_a", "rule_b"}, GroupBy: []string{"ip"}, Timespan: time.Second, Aliases: map[string]map[string]string{"ip": {"rule_a": "src", "rule_b": "dst"}}},
		},
	} {
		c := parse(t, Options{}, correlatedRules+indent(tt.def)+"\n")
		if len(c.Correlations) != 1 || problems(c) != "" {
			t.Errorf("%s: %d correlations, %s", tt.name, len(c.Correlations), problems(c))
			continue
		}
		got := *c.Correlations[0]
		if got.Title != "the correlation" || got.Name != "it" || got.Level != "high" || got.Line != 14 {
			t.Errorf("%s: meta is %+v", tt.name, got.Meta)
		}
		got.Meta = Meta{}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s\ngot  %+v\nwant %+v", tt.name, got, tt.want)
		}
	}
}

func TestCorrelationExtended(t *testing.T) {
	for _, tt := range []struct{ rules, cond, want, fault string }{
		{"[rule_a, rule_b]", "rule_a and not rule_b", "(rule_a exists and not rule_b exists)", ""},
		{"[rule_a, rule_b]", "(rule_a AND rule_b) OR rule_a", "((rule_a exists and rule_b exists) or rule_a exists)", ""},
		{"", "rule_b or rule_a", "(rule_b exists or rule_a exists)", ""},
		{"[rule_a, rule_b]", "rule_a", "", `the rule "rule_b" is in rules but not in the condition`},
		{"[rule_a]", "rule_a and rule_b", "", `the condition names the rule "rule_b", which is not in rules`},
		{"", "rule_a and", "", "it ends where"},
		{"", "1 of rule_*", "", `has no "1 of rule_*"`},
		{"", "rule_x", "", `refers to "rule_x", and no rule or correlation has that id or name`},
	} {
		rules := ""
		if tt.rules != "" {
			rules = "\n    rules: " + tt.rules
		}
		c := parse(t, Options{}, correlatedRules+"    type: temporal"+rules+"\n    timespan: 5m\n    condition: "+tt.cond+"\n")
		if tt.fault != "" {
			if got := problems(c); len(c.Correlations) != 0 || !strings.Contains(got, tt.fault) {
				t.Errorf("%q: problems are %q and should say %q", tt.cond, got, tt.fault)
			}
			continue
		}
		if len(c.Correlations) != 1 {
			t.Errorf("%q: %s", tt.cond, problems(c))
			continue
		}
		if got := brief(c.Correlations[0].Expr); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.cond, got, tt.want)
		}
	}
	c := parse(t, Options{}, correlatedRules+"    type: temporal\n    timespan: 5m\n    condition: rule_b or rule_a\n")
	if got := fmt.Sprint(c.Correlations[0].Rules); got != "[rule_b rule_a]" {
		t.Errorf("the rules of the condition are %s", got)
	}
}

func TestCorrelationFaults(t *testing.T) {
	const head, span = "type: event_count\nrules: [rule_a]\n", "timespan: 5m\n"
	for _, tt := range []struct{ def, want string }{
		{"rules: [rule_a]\n" + span, "the correlation has no type"},
		{"type: magic\nrules: [rule_a]\n" + span, `the correlation type "magic" is none of event_count`},
		{"type: event_count\n" + span + "condition: {gte: 1}", "the correlation names no rules"},
		{"type: event_count\nrules: []\n" + span + "condition: {gte: 1}", "rules is empty"},
		{"type: event_count\nrules: {a: b}\n" + span + "condition: {gte: 1}", "rules has to be a list of ids or names"},
		{head + "condition: {gte: 1}", "the correlation has no timespan"},
		{head + "timespan: never\ncondition: {gte: 1}", `the timespan "never" cannot be read`},
		{head + span, "the correlation has no condition"},
		{head + span + "condition: {}", "compares with nothing"},
		{head + span + "condition: [a]", "has to be a map of comparisons, and is a list"},
		{head + span + "condition: rule_a", "an expression over rules is for temporal"},
		{head + span + "condition: {more: 5}", `has no "more"`},
		{head + span + "condition: {gte: many}", `gte wants a number, not "many"`},
		{head + span + "condition: {gte: 1, field: a}", "event_count counts events and has no field"},
		{head + span + "condition: {gte: 1, percentile: 5}", "percentile belongs to value_percentile"},
		{"type: value_count\nrules: [rule_a]\n" + span + "condition: {gte: 1}", "value_count needs a field"},
		{"type: value_sum\nrules: [rule_a]\n" + span + "condition: {gte: 1, field: [a, b]}", "value_sum reads one field, and the condition names 2"},
		{"type: value_percentile\nrules: [rule_a]\n" + span + "condition: {gte: 1, field: a}", "needs a percentile"},
		{"type: value_percentile\nrules: [rule_a]\n" + span + "condition: {gte: 1, field: a, percentile: 101}", "percentile has to be a number from 0 to 100"},
		{head + span + "condition: {gte: 1}\ngroup-by: {a: b}", "group-by has to be a field or a list of fields"},
		{head + span + "condition: {gte: 1}\ngroup-by: [[a]]", "group-by has to be a field or a list of fields, and holds a list"},
		{head + span + "condition: {gte: 1}\ngenerate: perhaps", "generate has to be true or false"},
		{head + span + "condition: {gte: 1}\naliases: [a]", "aliases has to be a map"},
		{head + span + "condition: {gte: 1}\naliases: {a: b}", `the alias "a" has to be a map from rules to fields`},
		{head + span + "condition: {gte: 1}\naliases: {a: {rule_a: [x]}}", `the alias "a" has to name a field for the rule "rule_a"`},
		{"type: event_count\nrules: [rule_c]\n" + span + "condition: {gte: 1}", `the correlation refers to "rule_c", and no rule or correlation has that id or name: load it as well`},
	} {
		c := parse(t, Options{}, correlatedRules+indent(tt.def)+"\n")
		if got := problems(c); len(c.Correlations) != 0 || len(c.Rules) != 2 || !strings.Contains(got, tt.want) || !strings.Contains(got, "problem") {
			t.Errorf("%q: problems are %q and should say %q", tt.def, got, tt.want)
		}
	}
	c := parse(t, Options{}, "title: x\ncorrelation: [a]\n")
	if got := problems(c); !strings.Contains(got, "correlation has to be a map") {
		t.Errorf("problems are %q", got)
	}
	c = parse(t, Options{}, correlatedRules+"    type: event_count\n    rules: [rule_a]\n    timespan: 5m\n    condition: {gte: 1}\n    aliases: {ip: {rule_b: x}}\n")
	if got := problems(c); len(c.Correlations) != 1 || !strings.Contains(got, `warning line 14: the alias "ip" names the rule "rule_b", to which the correlation does not refer`) {
		t.Errorf("problems are %q", got)
	}
	c = parse(t, Options{}, strings.Replace(correlatedRules, "name: it", "name: it\ngenerate: true", 1)+"    type: event_count\n    rules: [rule_a]\n    timespan: 5m\n    condition: {gte: 1}\n")
	if len(c.Correlations) != 1 || !c.Correlations[0].Generate {
		t.Errorf("generate beside correlation is not read: %s", problems(c))
	}
}

// TestCorrelationNamesARuleTwice: its matches would count twice, and a temporal correlation be content with one.
func TestCorrelationNamesARuleTwice(t *testing.T) {
	for _, tt := range []struct {
		typ, rules string
		want       []string
		warnings   int
	}{
		{"temporal", "[rule_a, rule_a]", []string{"rule_a"}, 1},
		{"temporal", "[rule_a, rule_b, rule_a, rule_b]", []string{"rule_a", "rule_b"}, 2},
		{"temporal", "[rule_a, rule_b]", []string{"rule_a", "rule_b"}, 0},
		{"temporal", "[0B6F1F0E-6a53-4f5c-9e0e-6a1f7d2c2009, rule_c]", []string{"0B6F1F0E-6a53-4f5c-9e0e-6a1f7d2c2009"}, 1},
		{"temporal_ordered", "[rule_a, rule_a]", []string{"rule_a", "rule_a"}, 0}, // one after the other
	} {
		c := parse(t, Options{}, `title: third
name: rule_c
id: 0b6f1f0e-6a53-4f5c-9e0e-6a1f7d2c2009
logsource: {product: windows}
detection: {s: {A: 1}, condition: s}
---
`+correlatedRules+"    type: "+tt.typ+"\n    rules: "+tt.rules+"\n    timespan: 5m\n")
		if len(c.Correlations) != 1 || !slices.Equal(c.Correlations[0].Rules, tt.want) || strings.Count(problems(c), "is named twice: it counts once, and one match of it is enough") != tt.warnings {
			t.Errorf("%s %s: %s", tt.typ, tt.rules, problems(c))
		}
	}
}

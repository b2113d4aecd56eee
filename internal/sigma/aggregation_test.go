package sigma

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAggregation(t *testing.T) {
	for _, tt := range []struct{ cond, want, fault string }{
		{"sel | count() > 5", "event_count [] by [] [> 5]", ""},
		{"sel | count() by Host >= 10", "event_count [] by [Host] [>= 10]", ""},
		{"sel | COUNT(User) BY Host, Source < 3", "value_count [User] by [Host Source] [< 3]", ""},
		{"sel|count( User )by Host<=3", "value_count [User] by [Host] [<= 3]", ""},
		{"sel | count() = 3", "event_count [] by [] [= 3]", ""},
		{"sel | count() == 3", "event_count [] by [] [= 3]", ""},
		{"sel | count() != 3", "event_count [] by [] [!= 3]", ""},
		{"sel | sum(Bytes) by Host > 1000000", "value_sum [Bytes] by [Host] [> 1000000]", ""},
		{"sel | avg(Bytes) > 0.5", "value_avg [Bytes] by [] [> 0.5]", ""},
		{"sel | min(Bytes) < 1", "value_percentile [Bytes] by [] [< 1] at 0", ""},
		{"sel | max(Bytes) > 1", "value_percentile [Bytes] by [] [> 1] at 100", ""},
		{"sel | near other", "", `"near" is not supported`},
		{"sel | sum() > 1", "", "needs the name of a field"},
		{"sel | count() > x", "", "not a number"},
		{"sel | count()", "", "cannot be read"},
		{"sel | median(x) > 1", "", "cannot be read"},
		{"sel |", "", "cannot be read"},
		{"nothing | count() > 5", "", `names "nothing"`},
		{"| count() > 5", "", "the condition is empty"},
	} {
		c := parse(t, Options{}, strings.Replace(ruleWith("sel: {F: x}\ntimeframe: 10m\ncondition: '"+tt.cond+"'"), "title: a rule", "title: a rule\nid: 5638f7c0-ac70-491d-8465-2a65075e0d86\nname: it\nlevel: high", 1))
		if tt.fault != "" {
			if got := problems(c); len(c.Rules)+len(c.Correlations) != 0 || !strings.Contains(got, tt.fault) {
				t.Errorf("%q: problems are %q and should say %q", tt.cond, got, tt.fault)
			}
			continue
		}
		if len(c.Rules) != 1 || len(c.Correlations) != 1 || problems(c) != "" {
			t.Errorf("%q: %d rules, %d correlations: %s", tt.cond, len(c.Rules), len(c.Correlations), problems(c))
			continue
		}
		r, cor := c.Rules[0], c.Correlations[0]
		got := fmt.Sprintf("%s %v by %v [%s %s]", cor.Type, cor.ConditionField, cor.GroupBy, cor.Conditions[0].Compare, formatNumber(cor.Conditions[0].Value))
		if cor.Type == ValuePercentile {
			got += fmt.Sprintf(" at %v", cor.Percentile)
		}
		if got != tt.want {
			t.Errorf("%q\ngot  %s\nwant %s", tt.cond, got, tt.want)
		}
		if cor.Timespan != 10*time.Minute || cor.Generate || cor.ID != "5638f7c0-ac70-491d-8465-2a65075e0d86" || cor.Name != "it" || cor.Level != "high" {
			t.Errorf("%q: the correlation is %+v", tt.cond, cor)
		}
		if r.ID != "" || brief(r.Condition) != "F = 'x'" {
			t.Errorf("%q: the rule is %+v", tt.cond, r)
		}
		if rules, other := c.Resolve(cor.Rules[0]); len(rules) != 1 || rules[0] != r || other != nil {
			t.Errorf("%q: %q resolves to %v, %v", tt.cond, cor.Rules[0], rules, other)
		}
		if rules, other := c.Resolve(cor.ID); rules != nil || other != cor {
			t.Errorf("%q: the id resolves to %v, %v", tt.cond, rules, other)
		}
	}
}

func TestAggregationFrame(t *testing.T) {
	for det, want := range map[string]string{
		"sel: {F: x}\ncondition: sel | count() > 5":                       "has no timeframe",
		"sel: {F: x}\ntimeframe: soon\ncondition: sel | count() > 5":      `the timespan "soon" cannot be read`,
		"sel: {F: x}\ntimeframe: 5m\ncondition: [sel, sel | count() > 5]": "one of several conditions is not supported",
	} {
		if got := problems(parse(t, Options{}, ruleWith(det))); !strings.Contains(got, want) {
			t.Errorf("%q: problems are %q and should say %q", det, got, want)
		}
	}
	c := parse(t, Options{}, ruleWith("sel: {F: x}\ntimeframe: 5m\ncondition: sel"))
	if got := problems(c); len(c.Rules) != 1 || !strings.Contains(got, "warning line 6: timeframe has no effect") {
		t.Errorf("problems are %q", got)
	}
	// A selection may not be called timeframe, and 1 of them does not mean it.
	c = parse(t, Options{}, ruleWith("sel: {F: x}\ntimeframe: 5m\ncondition: 1 of them"))
	if len(c.Rules) != 1 || brief(c.Rules[0].Condition) != "F = 'x'" {
		t.Errorf("problems are %q", problems(c))
	}
}

// A filter that names the id of a rule with an aggregation narrows the events that are counted.
func TestAggregationFilter(t *testing.T) {
	c := parse(t, Options{}, `
title: a
id: 5638f7c0-ac70-491d-8465-2a65075e0d86
logsource: {product: x}
detection: {sel: {F: x}, timeframe: 5m, condition: sel | count() > 5}
---
title: f
logsource: {product: x}
filter: {rules: [5638f7c0-ac70-491d-8465-2a65075e0d86], sel: {G: y}, condition: not sel}
`)
	if len(c.Rules) != 1 || c.Filters != 1 || problems(c) != "" || brief(c.Rules[0].Condition) != "(F = 'x' and not G = 'y')" {
		t.Errorf("%d filters, %s", c.Filters, problems(c))
	}
}

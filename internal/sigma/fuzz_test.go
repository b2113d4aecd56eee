package sigma

import (
	"reflect"
	"strings"
	"testing"
)

// seeds are documents of every kind, whole and broken.
func seeds() []string {
	out := []string{
		"", "---", "\xEF\xBB\xBF---\na: b", correlatedRules + "    type: value_count\n    rules: [rule_a]\n    timespan: 1h\n    condition: {field: x, gte: 2}\n",
		filterRules + "title: f\nlogsource: {product: windows}\nfilter: {rules: any, sel: {U: a}, condition: not sel}\n",
		ruleWith(conditionSelections + "condition: all of sel_* and not 1 of filter*"),
		ruleWith("sel: {F: x}\ntimeframe: 5m\ncondition: sel | count(User) by Host > 5"),
		"action: global\ntitle: a\ndetection: {sel: {F: x}, condition: sel}\n---\nlogsource: {product: x}\n---\naction: repeat\n",
		baseRule + chain("a", "b") + chain("b", "a", "base"), aliasBomb(3), "a: &x [*x]", "a: [1,\n---\nb: 2", "\t\tx", "\"000\r\r",
	}
	for _, n := range modifierNames {
		out = append(out, ruleOf("F|"+n+": ['-a *b', 5, 10.0.0.0/8, true, null, '%x%']"), ruleOf("'|"+n+"|all': [a, b]"))
	}
	return out
}

func FuzzParse(f *testing.F) {
	all := seeds()
	if len(all) < 50 {
		f.Fatalf("%d seeds only", len(all))
	}
	for _, s := range all {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		opts := Options{Placeholders: map[string][]string{"x": {"1", "a*"}}}
		c, err := Parse(opts, "f", data)
		if err != nil {
			return
		}
		// All that YAML takes for the end of a line, and what is added at the end of a file.
		lines := 2
		for _, b := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
			lines += strings.Count(string(data), b)
		}
		loaded := len(c.Rules) + len(c.Correlations)
		if loaded > 2*c.Documents {
			t.Fatalf("%d rules and correlations of %d documents", loaded, c.Documents)
		}
		for _, p := range c.Problems {
			if p.Reason == "" || p.Line < 0 || p.Line > lines {
				t.Fatalf("problem %+v", p)
			}
		}
		rec := record{"F": {"a", nil, "5"}, "G": {""}}
		for _, r := range c.Rules {
			if r.Condition == nil {
				t.Fatalf("%+v has no condition", r)
			}
			Walk(r.Condition, func(a *Atom) {
				if !normal(a.Pattern) {
					t.Fatalf("%v is not normal", a.Pattern)
				}
				if a.Op == OpRegexp && len(a.Regexp) > 200 {
					return
				}
				a.Eval(rec)
			})
			Format(r.Condition)
		}
		for _, cor := range c.Correlations {
			if cor.Timespan <= 0 || len(cor.Rules) == 0 {
				t.Fatalf("%+v", cor)
			}
			for _, ref := range cor.Rules {
				if rules, other := c.Resolve(ref); rules == nil && other == nil {
					t.Fatalf("%q does not resolve", ref)
				}
			}
		}
		again, err := Parse(opts, "f", data)
		if err != nil || !reflect.DeepEqual(c.Problems, again.Problems) || len(again.Rules) != len(c.Rules) {
			t.Fatal("parsing twice gives different results")
		}
	})
}

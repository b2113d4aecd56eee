package sigma

import (
	"fmt"
	"strings"
	"testing"
)

const filterRules = `
title: first
id: 00000000-0000-4000-8000-00000000000a
name: one
logsource: {product: windows, category: process_creation}
detection: {sel: {F: x}, condition: sel}
---
title: second
id: 00000000-0000-4000-8000-00000000000b
logsource: {product: windows, category: process_creation, service: sysmon}
detection: {sel: {F: y}, sel2: {G: z}, condition: [sel, sel2]}
---
title: third
logsource: {product: linux}
detection: {sel: {F: z}, condition: sel}
---
title: sum
id: 00000000-0000-4000-8000-00000000000c
correlation: {type: event_count, rules: [one], timespan: 5m, condition: {gte: 2}}
---
`

func TestFilter(t *testing.T) {
	const plain = "F = 'x'; (F = 'y' or G = 'z'); F = 'z'"
	for _, tt := range []struct {
		name, source, filter string
		want                 string // conditions of the three rules
		joined               int
		problem              string
	}{
		{"by id", "{product: windows}", "rules: [00000000-0000-4000-8000-00000000000A], sel: {U: adm}, condition: not sel", "(F = 'x' and not U = 'adm'); (F = 'y' or G = 'z'); F = 'z'", 1, ""},
		{"by name", "{product: windows}", "rules: one, sel: {U: adm}, condition: not sel", "(F = 'x' and not U = 'adm'); (F = 'y' or G = 'z'); F = 'z'", 1, ""},
		{"by several", "{product: windows}", "rules: [one, 00000000-0000-4000-8000-00000000000b], sel: {U: a}, condition: sel", "(F = 'x' and U = 'a'); ((F = 'y' or G = 'z') and U = 'a'); F = 'z'", 1, ""},
		{"any", "{product: windows}", "rules: any, sel: {U: a}, condition: not sel", "(F = 'x' and not U = 'a'); ((F = 'y' or G = 'z') and not U = 'a'); F = 'z'", 1, ""},
		{"Any of a category", "{category: process_creation, service: sysmon}", "rules: Any, sel: {U: a}, condition: not sel", "F = 'x'; ((F = 'y' or G = 'z') and not U = 'a'); F = 'z'", 1, ""},
		{"no rules is any", "{product: linux}", "rules: [], sel: {U: a}, condition: not sel", "F = 'x'; (F = 'y' or G = 'z'); (F = 'z' and not U = 'a')", 1, ""},
		{"its own selections", "{product: linux}", "rules: any, sel: {U: a}, sel_b: {V: b}, condition: not 1 of them", "F = 'x'; (F = 'y' or G = 'z'); (F = 'z' and not (U = 'a' or V = 'b'))", 1, ""},

		{"another logsource", "{product: linux}", "rules: [one], sel: {U: a}, condition: not sel", plain, 0, `warning line 21: the filter is for "one", whose logsource is another`},
		{"more than the rule's logsource", "{product: windows, service: sysmon}", "rules: [one], sel: {U: a}, condition: not sel", plain, 0, `whose logsource is another`},
		{"unknown", "{product: windows}", "rules: [two], sel: {U: a}, condition: not sel", plain, 0, `warning line 21: the filter is for "two", and no rule has that id or name`},
		{"a correlation", "{product: windows}", "rules: [00000000-0000-4000-8000-00000000000c], sel: {U: a}, condition: not sel", plain, 0, `which is a correlation`},
		{"any without rules", "{product: macos}", "rules: any, sel: {U: a}, condition: not sel", plain, 0, "warning line 21: the filter is for any rule of its logsource, and there is none"},

		{"no rules", "{product: windows}", "sel: {U: a}, condition: not sel", plain, 0, "problem line 23: the filter does not say for which rules it is"},
		{"rules as map", "{product: windows}", "rules: {a: b}, sel: {U: a}, condition: not sel", plain, 0, "rules has to be a list of ids or names, and is a map"},
		{"rules of maps", "{product: windows}", "rules: [{a: b}], sel: {U: a}, condition: not sel", plain, 0, "rules has to be a list of ids or names, and holds a map"},
		{"no condition", "{product: windows}", "rules: any, sel: {U: a}", plain, 0, "there is no condition"},
		{"two conditions", "{product: windows}", "rules: any, sel: {U: a}, condition: [sel, not sel]", plain, 0, "a filter has one condition, and this one has 2"},
		{"condition with a mistake", "{product: windows}", "rules: any, sel: {U: a}, condition: not it", plain, 0, `names "it"`},
		{"selection with a mistake", "{product: windows}", "rules: any, sel: {'U|foo': a}, condition: not sel", plain, 0, `unknown modifier "foo"`},
		{"placeholder", "{product: windows}", "rules: any, sel: {'U|expand': '%a%'}, condition: not sel", plain, 0, "the placeholder %a% has to be given values"},
		{"unused selection", "{product: linux}", "rules: any, sel: {U: a}, other: {V: b}, condition: not sel", "F = 'x'; (F = 'y' or G = 'z'); (F = 'z' and not U = 'a')", 1, `the selection "other" is not used`},
		{"no logsource", "", "rules: any, sel: {U: a}, condition: not sel", plain, 0, "there is no logsource"},
	} {
		source := ""
		if tt.source != "" {
			source = "logsource: " + tt.source
		}
		c := parse(t, Options{}, fmt.Sprintf("%stitle: the filter\n%s\nfilter: {%s}\n", filterRules, source, tt.filter))
		var got, filters []string
		for _, r := range c.Rules {
			got = append(got, brief(r.Condition))
			filters = append(filters, r.Filters...)
		}
		if s := strings.Join(got, "; "); s != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.name, s, tt.want)
		}
		if c.Filters != tt.joined || (len(filters) > 0) != (tt.joined > 0) || len(filters) > 0 && filters[0] != "the filter" {
			t.Errorf("%s: %d filters, rules say %q", tt.name, c.Filters, filters)
		}
		if p := problems(c); !strings.Contains(p, tt.problem) || tt.problem == "" && p != "" {
			t.Errorf("%s: problems are %q and should say %q", tt.name, p, tt.problem)
		}
	}
	c := parse(t, Options{}, filterRules+"title: f\nlogsource: {product: x}\nfilter: [a]\n")
	if got := problems(c); !strings.Contains(got, "filter has to be a map") {
		t.Errorf("problems are %q", got)
	}
}

// A filter may come before its rules, in another file, and several may be for one rule.
func TestFilterOrder(t *testing.T) {
	f := func(field string) string {
		return "title: f" + field + "\nlogsource: {product: windows}\nfilter: {rules: [one], sel: {" + field + ": a}, condition: not sel}\n---\n"
	}
	c := parse(t, Options{}, f("U")+f("V")+filterRules)
	want := "(F = 'x' and not U = 'a' and not V = 'a')"
	if got := brief(c.Rules[0].Condition); got != want || c.Filters != 2 || fmt.Sprint(c.Rules[0].Filters) != "[fU fV]" {
		t.Errorf("%s, %d filters, %v", got, c.Filters, c.Rules[0].Filters)
	}
}

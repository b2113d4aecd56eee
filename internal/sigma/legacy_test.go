package sigma

import (
	"fmt"
	"strings"
	"testing"
)

func TestLegacyCollections(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		want       []string
		problem    string
	}{
		{
			"global", `
action: global
title: all
id: 00000000-0000-4000-8000-00000000000a
level: high
detection: {sel: {F: x}, condition: sel}
---
logsource: {product: windows}
---
logsource: {product: linux}
detection: {sel: {G: y}}
`,
			[]string{"all high windows F = 'x'", "all high linux (G = 'y' and F = 'x')"},
			"",
		},
		{
			"reset", `
action: global
title: all
detection: {sel: {F: x}, condition: sel}
---
logsource: {product: windows}
---
action: reset
---
title: own
logsource: {product: linux}
detection: {sel: {G: y}, condition: sel}
`,
			[]string{"all  windows F = 'x'", "own  linux G = 'y'"},
			"",
		},
		{
			"repeat", `
title: first
logsource: {product: windows}
detection: {sel: {F: x}, condition: sel}
---
action: repeat
title: again
logsource: {service: system}
---
action: repeat
detection: {sel: {F: y}}
`,
			[]string{"first  windows F = 'x'", "again  windows F = 'x'", "again  windows F = 'y'"},
			"",
		},
		{"repeat of nothing", "action: repeat\ntitle: x\n", nil, "problem line 1: action: repeat has no document before it"},
		{"unknown action", "action: explode\ntitle: x\n", nil, `the action "explode" is none of global, reset, repeat`},
		{
			"correlations stay as they are", `
action: global
title: all
logsource: {product: windows}
---
name: one
detection: {sel: {F: x}, condition: sel}
---
title: cor
correlation: {type: event_count, rules: [one], timespan: 5m, condition: {gte: 2}}
`,
			[]string{"all  windows F = 'x'"},
			"",
		},
	} {
		c := parse(t, Options{}, tt.text)
		var got []string
		for _, r := range c.Rules {
			got = append(got, fmt.Sprintf("%s %s %s %s", r.Title, r.Level, r.LogSource.Product, brief(r.Condition)))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", tt.want) {
			t.Errorf("%s\ngot  %q\nwant %q", tt.name, got, tt.want)
		}
		if p := problems(c); !strings.Contains(p, tt.problem) || tt.problem == "" && p != "" {
			t.Errorf("%s: problems are %q and should say %q", tt.name, p, tt.problem)
		}
	}
}

// Rules that have their id from a global document are one to filters and correlations.
func TestLegacySharedID(t *testing.T) {
	c := parse(t, Options{}, `
action: global
title: all
id: 00000000-0000-4000-8000-00000000000a
detection: {sel: {F: x}, condition: sel}
---
logsource: {product: windows}
---
logsource: {product: linux}
---
title: f
logsource: {product: linux}
filter: {rules: [00000000-0000-4000-8000-00000000000a], sel: {U: a}, condition: not sel}
`)
	if rules, _ := c.Resolve("00000000-0000-4000-8000-00000000000a"); len(rules) != 2 {
		t.Errorf("the id resolves to %d rules", len(rules))
	}
	if len(c.Rules) != 2 || brief(c.Rules[0].Condition) != "F = 'x'" || brief(c.Rules[1].Condition) != "(F = 'x' and not U = 'a')" {
		t.Errorf("%d rules, %s", len(c.Rules), problems(c))
	}
}

package hunt

import (
	"fmt"
	"slices"
	"testing"
)

// TestIdleRulesHaveNames: each rule that could not run is named with what it lacked.
func TestIdleRulesHaveNames(t *testing.T) {
	plan := planOf(t, PlanOptions{}, `
title: runs
logsource: {product: windows, service: application}
detection: {s: {A: 1}, condition: s}
---
title: lacks a log
name: idle
id: 5b0c9c0e-3d54-4a0e-9a51-5a3f3c1f1d01
logsource: {product: windows, category: registry_set}
detection: {s: {TargetObject: x}, condition: s}
---
title: of another world
logsource: {product: toaster, service: crumbs}
detection: {s: {A: 1}, condition: s}
---
title: counts what cannot run
correlation: {type: event_count, rules: [idle], timespan: 1m, condition: {gte: 2}}
`)
	log := writeText(t, "log.jsonl", line(1, `"U":"x"`)+"\n")
	_, sum := runHunt(t, plan, Options{Inputs: []string{log}, Idle: true})
	var got []string
	for _, n := range sum.Idle {
		got = append(got, fmt.Sprintf("%s: %s", n.Title, n.Note))
	}
	want := []string{
		"lacks a log: no log for product windows, category registry_set was among the inputs",
		"of another world: no log can serve it: " + plan.table.Unserved(plan.rules[2].rule.LogSource),
		"counts what cannot run: none of the rules that it counts could run",
	}
	if !slices.Equal(got, want) || sum.Rules-sum.Applicable != len(want) || sum.Idle[0].ID != "5b0c9c0e-3d54-4a0e-9a51-5a3f3c1f1d01" {
		t.Errorf("got  %q\nwant %q; %d rules, %d applicable", got, want, sum.Rules, sum.Applicable)
	}
	if _, sum = runHunt(t, plan, Options{Inputs: []string{log}}); sum.Idle != nil {
		t.Errorf("not asked for: %v", sum.Idle)
	}
}

package hunt

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/sigma"
)

// joined hunts in JSON lines with a rule `a` (A: 1), a rule `b` (B: 1) and a correlation.
func joined(t *testing.T, correlation string, lines ...string) ([]*Finding, *Summary) {
	t.Helper()
	plan := planOf(t, PlanOptions{}, `
title: a
name: a
logsource: {product: windows, service: application}
detection: {s: {A: 1}, condition: s}
---
title: b
name: b
logsource: {product: windows, service: application}
detection: {s: {B: 1}, condition: s}
---
title: together
correlation:
`+correlation)
	return runHunt(t, plan, Options{Inputs: []string{writeText(t, "log.jsonl", strings.Join(lines, "\n")+"\n")}})
}

func brief(list []*Finding) (out []string) {
	for _, f := range list {
		c := f.Correlation
		var group []string
		for _, g := range c.Group {
			group = append(group, g.Value)
		}
		out = append(out, fmt.Sprintf("%s n=%d value=%g", strings.Join(group, ","), c.Total, c.Value))
	}
	slices.Sort(out)
	return out
}

func line(second int, rest string) string {
	return fmt.Sprintf(`{"Channel":"Application","EventID":1,"EventRecordID":%[1]d,"TimeCreated":"2024-05-01T10:00:%02[1]dZ","A":1,%[2]s}`, second, rest)
}

func TestCorrelationOverRecords(t *testing.T) {
	const byUser = "  type: event_count\n  rules: [a]\n  group-by: [U]\n  timespan: 1m\n  condition: {gte: 2}\n"
	const values = "  type: value_count\n  rules: [a]\n  group-by: [U]\n  timespan: 1m\n  condition: {field: F, gte: 2}\n"
	for _, c := range []struct {
		name, correlation string
		lines, want       []string
	}{
		{
			"a field with several values is in the group of each", byUser,
			[]string{line(1, `"U":["x","y"]`), line(2, `"U":"X"`), line(3, `"U":"y"`), line(4, `"U":"z"`)},
			[]string{"x n=2 value=2", "y n=2 value=2"},
		},
		{
			"the same value twice is one", byUser,
			[]string{line(1, `"U":["x","X","x"]`)},
			nil,
		},
		{
			"a null among the values is none of them", byUser,
			[]string{line(1, `"U":["x",null]`), line(2, `"U":["x"]`), line(3, `"U":[null]`), line(4, `"U":null`), line(5, `"U":""`), line(6, `"U":""`)},
			[]string{" n=2 value=2", "x n=2 value=2"},
		},
		{
			"null and missing are no values, the empty text is one", values,
			[]string{
				line(1, `"U":"null","F":"x"`), line(2, `"U":"null","F":null`), line(3, `"U":"missing","F":"x"`), line(4, `"U":"missing"`),
				line(5, `"U":"empty","F":"x"`), line(6, `"U":"empty","F":""`), line(7, `"U":"case","F":"x"`), line(8, `"U":"case","F":"X"`),
			},
			[]string{"empty n=2 value=2"},
		},
		{
			"several values count each", values,
			[]string{line(1, `"U":"x","F":["a","b"]`), line(2, `"U":"y","F":["a","A"]`)},
			[]string{"x n=1 value=2"},
		},
		{
			"distinct combinations, where each field has a value",
			"  type: value_count\n  rules: [a]\n  timespan: 1m\n  condition: {field: [F, G], gte: 3}\n",
			[]string{line(1, `"F":"a","G":"x"`), line(2, `"F":"a"`), line(3, `"G":"x"`), line(4, `"F":"b","G":["x","y"]`)},
			[]string{" n=4 value=3"},
		},
		{
			"numbers of a list are summed",
			"  type: value_sum\n  rules: [a]\n  timespan: 1m\n  condition: {field: F, gte: 10}\n",
			[]string{line(1, `"F":[4,"5"]`), line(2, `"F":1`)},
			[]string{" n=2 value=10"},
		},
		{
			"one record is not in order with itself",
			"  type: temporal_ordered\n  rules: [a, b]\n  group-by: [U]\n  timespan: 1m\n",
			[]string{line(1, `"U":"one","B":1`), line(2, `"U":"two","B":1`), line(3, `"U":"two","B":1`)},
			[]string{"two n=2 value=2"},
		},
		{
			"but matches all rules of temporal",
			"  type: temporal\n  rules: [a, b]\n  group-by: [U]\n  timespan: 1m\n",
			[]string{line(1, `"U":"one","B":1`), line(2, `"U":"two"`)},
			[]string{"one n=2 value=2"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := joined(t, c.correlation, c.lines...)
			if list := brief(got); !slices.Equal(list, c.want) {
				t.Errorf("got  %q\nwant %q", list, c.want)
			}
		})
	}
}

func TestCorrelationMatchesSayWhichRecords(t *testing.T) {
	got, _ := joined(t, "  type: temporal_ordered\n  rules: [a, b]\n  timespan: 1m\n",
		line(1, `"U":"early","B":1,"A":0`), line(2, `"User":"eve"`), line(3, `"User":"bob","B":1`))
	if len(got) != 1 || len(got[0].Correlation.Matches) != 2 {
		t.Fatalf("findings %q", brief(got))
	}
	for i, want := range []CorrelationMatch{{Rule: "a", User: "eve", RecordID: 2, HasRecordID: true}, {Rule: "b", User: "bob", RecordID: 3, HasRecordID: true}} {
		m := got[0].Correlation.Matches[i]
		if m.Rule != want.Rule || m.User != want.User || m.RecordID != want.RecordID || m.HasRecordID != want.HasRecordID || m.EventID != 1 || m.Channel != "Application" {
			t.Errorf("match %d is %+v, want %+v", i, m, want)
		}
	}
}

func TestCorrelationCaveats(t *testing.T) {
	var many []string
	for i := range maxGroups + 3 {
		many = append(many, fmt.Sprintf(`"v%d"`, i))
	}
	_, sum := joined(t, "  type: event_count\n  rules: [a]\n  group-by: [U, V]\n  timespan: 1m\n  condition: {gte: 2}\n",
		line(1, `"U":"x"`), line(2, `"U":"x"`), line(3, `"V":"x"`), line(4, `"U":"x","V":[`+strings.Join(many, ",")+`]`),
		`{"Channel":"Application","EventID":1,"A":1,"U":"x","V":"x"}`)
	var got []string
	for _, w := range sum.Warnings {
		got = append(got, w.Message)
	}
	want := []string{
		`1 match lacks the field U, by which the correlation "together" groups: not counted there`,
		`2 matches lack the field V, by which the correlation "together" groups: not counted there`,
		"1 match belongs to more than 64 groups of a correlation: counted in the first of them",
		"1 match has no time: not correlated",
	}
	if !slices.Equal(got, want) {
		t.Errorf("warnings %q\nwant     %q", got, want)
	}
}

// Records that name no host are of one host if their logs lie together, and of another than those that name one.
func TestCorrelationWithoutHosts(t *testing.T) {
	findings, sum := joined(t, "  type: event_count\n  rules: [a]\n  group-by: [HostLabel]\n  timespan: 1m\n  condition: {gte: 2}\n",
		line(1, `"U":"x"`), line(2, `"Computer":"ex01"`), line(3, `"U":"x"`))
	if len(sum.Warnings) != 0 || len(findings) != 1 || findings[0].Correlation.Total != 2 {
		t.Errorf("%d findings, warnings %v; want one of the two records without a host", len(findings), sum.Warnings)
	}
}

func TestFolderOf(t *testing.T) {
	for file, want := range map[string]string{
		"logs/ex01/W3SVC1/u_ex210303.log": "logs/ex01", `C:\logs\w3svc2\a.log`: `C:\logs`, "logs/a.log": "logs", "all.zip!x/a.log": "all.zip!x", "a.log": ".", "W3SVC1/a.log": ".",
		"W3SVC/a.log": "W3SVC",
	} {
		if got := folderOf(file); got != want {
			t.Errorf("%s is in %q, want %q", file, got, want)
		}
	}
}

// TestCorrelationTakesOneName: a field that a log has under two names, a number and what it means, is in one group.
func TestCorrelationTakesOneName(t *testing.T) {
	const log = "type=SYSCALL msg=audit(1714557600.%[1]d00:%[1]d): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 uid=33 comm=\"id\" exe=\"/usr/bin/id\"%[2]s\n" +
		"type=EXECVE msg=audit(1714557600.%[1]d00:%[1]d): argc=1 a0=\"id\"\n"
	for _, c := range []struct {
		name, tail string
		want       []string
	}{
		{"number and name", "\x1dUID=\"www-data\"", []string{"www-data n=2 value=2"}},
		{"the number alone", "", []string{"33 n=2 value=2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := planOf(t, PlanOptions{}, `
title: started
name: started
logsource: {product: linux, category: process_creation}
detection: {s: {Image: /usr/bin/id}, condition: s}
---
title: again
correlation: {type: event_count, rules: [started], group-by: [User], timespan: 1m, condition: {gte: 2}}
`)
			found, sum := runHunt(t, plan, Options{Inputs: []string{writeText(t, "audit.log", fmt.Sprintf(log, 1, c.tail)+fmt.Sprintf(log, 2, c.tail))}})
			if got := brief(found); !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q; %v", got, c.want, sum.Warnings)
			}
		})
	}
}

// The finding of a correlation names all that it rests on, what is referred to first.
func TestRestsOn(t *testing.T) {
	rule := func(name string) *sigma.Rule {
		return &sigma.Rule{Meta: sigma.Meta{ID: name, Title: name}, LogSource: sigma.LogSource{Product: "windows"}, Condition: sigma.And{}}
	}
	c := &sigma.Collection{
		Rules: []*sigma.Rule{rule("a"), rule("b"), rule("other")},
		Correlations: []*sigma.Correlation{
			{Meta: sigma.Meta{ID: "top"}, Type: sigma.Temporal, Rules: []string{"mid", "a"}, Timespan: 1},
			{Meta: sigma.Meta{ID: "mid"}, Type: sigma.Temporal, Rules: []string{"b", "a"}, Timespan: 1},
		},
	}
	plan := NewPlan(c, testTable(t), PlanOptions{})
	var got []string
	for _, m := range plan.correlations[0].finding(&episode{}).RestsOn {
		got = append(got, m.ID)
	}
	if want := []string{"b", "a", "mid"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A summary says what its rules are.
func TestSummaryCountsRules(t *testing.T) {
	plan := planOf(t, PlanOptions{}, trapRule(0, "rule", "category: webserver", "  s:\n    cs-method: GET\n  condition: s")+`---
title: Many
id: 00000000-0000-4000-8000-000000000009
level: high
status: test
correlation: {type: event_count, rules: [00000000-0000-4000-8000-000000000000], group-by: [c-ip], timespan: 1h, condition: {gte: 10}}
`)
	log := writeText(t, "u_ex.log", "#Fields: date time cs-method cs-uri-stem sc-status\n2021-03-02 10:00:00 GET /a 200\n")
	sum, err := Run(t.Context(), plan, Options{Inputs: []string{log}, Indicators: 1})
	if err != nil || sum.Rules != 2 || sum.Correlations != 1 || sum.Indicators != 1 {
		t.Errorf("%+v, %v", sum, err)
	}
	for title, want := range map[string]int{"rule": 1, "Many": 0} { // correlations are counted apart
		if got := plan.Count(func(m *sigma.Meta) bool { return m.Title == title }); got != want {
			t.Errorf("%d rules %q, want %d", got, title, want)
		}
	}
}

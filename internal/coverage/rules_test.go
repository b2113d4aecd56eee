package coverage

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"entente/internal/advisory"
	"entente/internal/sigma"
)

func collection(t *testing.T, text string) *sigma.Collection {
	t.Helper()
	c := sigma.ParseFiles(sigma.Options{}, sigma.File{Name: "rules/x.yml", Data: []byte(text)})
	for _, p := range c.Problems {
		t.Fatalf("%+v", p)
	}
	return c
}

func packWith(t *testing.T, id, rules string) *advisory.Pack {
	t.Helper()
	return &advisory.Pack{Manifest: advisory.Manifest{ID: id, Version: "1"}, Rules: collection(t, rules)}
}

func plainRule(id, name, word string) string {
	return fmt.Sprintf(`
title: Rule %[3]s
id: 20000000-0000-4000-8000-00000000000%[1]s
name: %[2]s
logsource: {product: windows, category: process_creation}
detection: {s: {CommandLine|contains: %[3]s}, condition: s}
`, id, name, word)
}

func counting(id, name, of, extra string) string {
	return fmt.Sprintf(`
title: Correlation %[1]s
id: 20000000-0000-4000-8000-0000000000f%[1]s
name: %[2]s
correlation: {type: event_count, rules: [%[3]s], group-by: [Computer], timespan: 1m, condition: {gte: 2}%[4]s}
`, id, name, of, extra)
}

// describe is the rules of a collection: id:name of each, and what correlations refer to.
func describeRules(c *sigma.Collection) string {
	var out []string
	last := func(id string) string { return strings.TrimLeft(id[max(0, len(id)-2):], "0") }
	for _, r := range c.Rules {
		out = append(out, last(r.ID)+":"+r.Name)
	}
	for _, r := range c.Correlations {
		out = append(out, last(r.ID)+":"+r.Name+"<"+strings.Join(r.Rules, ","))
	}
	return strings.Join(out, " ")
}

func TestRulesAreJoined(t *testing.T) {
	const sep = "---"
	for _, c := range []struct{ name, a, b, want string }{
		{"apart", plainRule("1", "a", "x"), plainRule("2", "b", "y"), "1:a 2:b"},
		{"the same rule", plainRule("1", "a", "x"), plainRule("1", "a", "x") + sep + plainRule("2", "b", "y"), "1:a 2:b"},
		{"the same name of two rules", plainRule("1", "a", "x"), plainRule("2", "a", "y"), "1:a 2:b@1/a"},
		{
			"a correlation follows its rule's new name", plainRule("1", "a", "x"), plainRule("2", "a", "y") + sep + counting("1", "c", "a", ""),
			"1:a 2:b@1/a f1:c<b@1/a",
		},
		{
			"a rule that is a finding in one pack and counts in the other", plainRule("1", "a", "x"), plainRule("1", "a", "x") + sep + counting("1", "c", "a", ""),
			"1:a :b@1/20000000-0000-4000-8000-000000000001 f1:c<b@1/20000000-0000-4000-8000-000000000001",
		},
		{
			"the other way round", plainRule("1", "a", "x") + sep + counting("1", "c", "a", ""), plainRule("1", "a", "x"),
			":a@1/20000000-0000-4000-8000-000000000001 1:a f1:c<a@1/20000000-0000-4000-8000-000000000001",
		},
		{
			"with generate it is a finding in both", plainRule("1", "a", "x"), plainRule("1", "a", "x") + sep + counting("1", "c", "a", ", generate: true"),
			"1:a f1:c<a",
		},
		{
			"it counts in both", plainRule("1", "a", "x") + sep + counting("1", "c", "a", ""), plainRule("1", "a", "x") + sep + counting("2", "d", "a", ""),
			"1:a f1:c<a f2:d<a",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := packWith(t, "a", c.a), packWith(t, "b", c.b)
			before := describeRules(b.Rules)
			if got := describeRules(Rules([]*advisory.Pack{a, b})); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
			if after := describeRules(b.Rules); after != before {
				t.Errorf("the pack itself was changed: %s", after)
			}
		})
	}
	// Aliases and extended conditions name rules as well.
	b := packWith(t, "b", plainRule("2", "a", "y")+sep+plainRule("3", "z", "z")+sep+`
title: Both
id: 20000000-0000-4000-8000-0000000000f3
correlation:
  type: temporal
  rules: [a, z]
  group-by: [who]
  timespan: 1m
  aliases: {who: {a: User, z: SubjectUserName}}
  condition: a and not z
`)
	d := Rules([]*advisory.Pack{packWith(t, "a", plainRule("1", "a", "x")), b}).Correlations[0]
	if d.Aliases["who"]["b@1/a"] != "User" || !strings.Contains(sigma.Format(d.Expr), "b@1/a") {
		t.Errorf("aliases %v, condition %s", d.Aliases, sigma.Format(d.Expr))
	}
	if len(Rules(nil, collection(t, plainRule("1", "a", "x")), collection(t, plainRule("1", "a", "x"))).Rules) != 1 {
		t.Error("rules besides packs are not joined")
	}
}

func TestFindingsBelongToThePackThatWantsThem(t *testing.T) {
	a := packWith(t, "a", plainRule("1", "x", "x")+"---"+counting("1", "c", "x", ""))
	b := packWith(t, "b", plainRule("1", "x", "x"))
	c := New([]*advisory.Pack{a, b}, Options{})
	r := c.rules["20000000-0000-4000-8000-000000000001"]
	if r == nil || r.pack != b || r.silent {
		t.Errorf("rule %+v", r)
	}
	if !slices.Contains(c.order, r) {
		t.Error("the rule is lost")
	}
}

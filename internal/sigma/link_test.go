package sigma

import (
	"fmt"
	"strings"
	"testing"
)

// chain returns a correlation document that refers to others.
func chain(name string, refs ...string) string {
	return fmt.Sprintf("title: %s\nname: %s\ncorrelation: {type: temporal, rules: [%s], timespan: 5m}\n---\n", name, name, strings.Join(refs, ", "))
}

const baseRule = "title: base\nname: base\nlogsource: {product: x}\ndetection: {sel: {F: x}, condition: sel}\n---\n"

func names(c *Collection) string {
	var l []string
	for _, x := range c.Correlations {
		l = append(l, x.Name)
	}
	return strings.Join(l, " ")
}

func TestCorrelationChains(t *testing.T) {
	long := baseRule + chain("c0", "base")
	for i := 1; i <= 40; i++ {
		long += chain(fmt.Sprintf("c%d", i), fmt.Sprintf("c%d", i-1))
	}
	for _, tt := range []struct{ name, text, want, problem string }{
		{"a chain", chain("top", "mid", "base") + chain("mid", "base") + baseRule, "top mid", ""},
		{"itself", baseRule + chain("a", "a", "base"), "", "builds on itself"},
		{"a circle", baseRule + chain("a", "b") + chain("b", "c") + chain("c", "a") + chain("ok", "base"), "ok", "builds on itself"},
		{"above a circle", baseRule + chain("top", "a") + chain("a", "b") + chain("b", "a"), "", "builds on itself"},
		{"nothing there", baseRule + chain("a", "gone") + chain("b", "a") + chain("ok", "base"), "ok", `refers to "gone"`},
		{"above nothing", baseRule + chain("b", "a") + chain("a", "gone"), "", `the correlation refers to "a", which was not loaded`},
		{"a broken rule", "title: bad\nname: bad\nlogsource: {product: x}\ndetection: {sel: {F: x}}\n---\n" + chain("a", "bad"), "", `the correlation refers to "bad", which was not loaded`},
		{"too long", long, "c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11 c12 c13 c14 c15 c16 c17 c18 c19 c20 c21 c22 c23 c24 c25 c26 c27 c28 c29 c30 c31", "more than 32 others in a row"},
	} {
		c := parse(t, Options{}, tt.text)
		if names(c) != tt.want {
			t.Errorf("%s: loaded %q, want %q", tt.name, names(c), tt.want)
		}
		if got := problems(c); !strings.Contains(got, tt.problem) || tt.problem == "" && got != "" {
			t.Errorf("%s: problems are %q and should say %q", tt.name, got, tt.problem)
		}
		for _, x := range c.Correlations {
			for _, ref := range x.Rules {
				if rules, cor := c.Resolve(ref); rules == nil && cor == nil {
					t.Errorf("%s: %q of %s does not resolve", tt.name, ref, x.Name)
				}
			}
		}
	}
}

func TestDuplicates(t *testing.T) {
	const id = "id: 00000000-0000-4000-8000-00000000000a\n"
	one := strings.Replace(baseRule, "name: base\n", id, 1)
	c := parse(t, Options{}, one+strings.Replace(strings.ToUpper(one[:60]), "TITLE: BASE", "title: other", 1)[:0]+
		strings.Replace(strings.Replace(one, "title: base", "title: other", 1), "00000a", "00000A", 1))
	if len(c.Rules) != 1 || c.Rules[0].Title != "base" {
		t.Errorf("%d rules", len(c.Rules))
	}
	if got := problems(c); got != `problem line 6: the id is taken by "base" (test.yml:1): give this document its own, or remove one` {
		t.Errorf("problems are %q", got)
	}
	c = parse(t, Options{}, baseRule+strings.Replace(baseRule, "title: base", "title: other", 1)+chain("a", "base"))
	if got := problems(c); len(c.Rules) != 2 || !strings.Contains(got, `warning line 6: the name "base" is taken by "base" (test.yml:1)`) {
		t.Errorf("problems are %q", got)
	}
	if rules, _ := c.Resolve("base"); len(rules) != 1 || rules[0].Title != "base" {
		t.Errorf("base resolves to %v", rules)
	}
	if rules, cor := c.Resolve("nothing"); rules != nil || cor != nil {
		t.Errorf("nothing resolves to %v, %v", rules, cor)
	}
}

package sigma

import (
	"fmt"
	"strings"
	"testing"
)

const conditionSelections = `sel_a: {A: 1}
sel_b: {B: 2}
filter_1: {C: 3}
filter-2: {D: 4}
_hidden: {E: 5}
notsel: {G: 6}
a.b: {H: 7}
`

func TestCondition(t *testing.T) {
	short := strings.NewReplacer("A = '1'", "A", "B = '2'", "B", "C = '3'", "C", "D = '4'", "D", "E = '5'", "E", "G = '6'", "G", "H = '7'", "H")
	for _, tt := range []struct{ cond, want, fault string }{
		{"sel_a", "A", ""},
		{"sel_a and sel_b", "(A and B)", ""},
		{"sel_a or sel_b and filter_1", "(A or (B and C))", ""},
		{"sel_a and sel_b or filter_1", "((A and B) or C)", ""},
		{"not sel_a and sel_b", "(not A and B)", ""},
		{"not (sel_a and sel_b)", "not (A and B)", ""},
		{"not not sel_a", "A", ""},
		{"not not not sel_a", "not A", ""},
		{"(sel_a or sel_b) and not filter_1", "((A or B) and not C)", ""},
		{"((sel_a))", "A", ""},
		{"sel_a\n  and\tsel_b", "(A and B)", ""},
		{"sel_a AND NOT sel_b Or filter_1", "((A and not B) or C)", ""},
		{"notsel and not sel_a", "(G and not A)", ""},
		{"filter-2 or a.b", "(D or H)", ""},
		{"_hidden", "E", ""},
		{"1 of sel_*", "(A or B)", ""},
		{"any of sel_*", "(A or B)", ""},
		{"all of sel_*", "(A and B)", ""},
		{"ALL OF sel_*", "(A and B)", ""},
		{"1 of sel_a", "A", ""},
		{"1 of *_b", "B", ""},
		{"1 of *l*", "(A or B or C or D or G)", ""},
		{"1 of s*_a", "A", ""},
		{"1 of filter*", "(C or D)", ""},
		{"1 of them", "(A or B or C or D or G or H)", ""},
		{"all of THEM", "(A and B and C and D and G and H)", ""},
		{"1 of _*", "E", ""},
		{"1 of *hidden", "", "means no selection"},
		{"not 1 of filter*", "not (C or D)", ""},
		{"not all of filter* and sel_a", "(not (C and D) and A)", ""},
		{"2 of sel_*", "(A and B)", ""},
		{"2 of *l*", "", ""},
		{"sel_a and sel_a", "A", ""},
		{"sel_a and (sel_a and sel_b)", "(A and B)", ""},
		{"3 of sel_*", "", "can never hold: there are 2"},
		{"0 of sel_*", "", `"0" before "of" has to be`},
		{"few of sel_*", "", `"few" before "of" has to be`},
		{"1 of", "", `wants the name of a selection after it`},
		{"1 of (sel_a)", "", `wants the name of a selection after it`},
		{"1 of nothing*", "", `"1 of nothing*" in the condition means no selection`},
		{"nothing", "", `the condition names "nothing", which is not in the detection`},
		{"SEL_A", "", `there is "sel_a"`},
		{"sel_*", "", `write "1 of sel_*" or "all of sel_*"`},
		{"", "", "the condition is empty"},
		{"  ", "", "the condition is empty"},
		{"sel_a and", "", "it ends where the name of a selection is expected"},
		{"and sel_a", "", `no name of a selection before "and"`},
		{"sel_a and or sel_b", "", `no name of a selection before "or"`},
		{"not", "", "it ends where"},
		{"()", "", "there is a ) where"},
		{"(sel_a", "", "a ( has no )"},
		{"sel_a)", "", "a ) without its ("},
		{"sel_a sel_b", "", `no and or or before "sel_b"`},
		{"(sel_a sel_b)", "", `no and or or before "sel_b"`},
		{"sel_a (sel_b)", "", `no and or or before "("`},
		{"sel_a not sel_b", "", `no and or or before "not"`},
		{strings.Repeat("(", 200) + "sel_a" + strings.Repeat(")", 200), "", "nested deeper"},
		{strings.Repeat("not ", 200) + "sel_a", "", "nested deeper"},
		{strings.Repeat("sel_a or ", 5000) + "sel_a", "", "is the limit"},
	} {
		text := ruleWith(conditionSelections + fmt.Sprintf("condition: %q", tt.cond))
		c := parse(t, Options{}, text)
		if tt.fault != "" {
			if len(c.Rules) != 0 || !strings.Contains(problems(c), tt.fault) {
				t.Errorf("%.60q: %d rules, %.300s, and should say %q", tt.cond, len(c.Rules), problems(c), tt.fault)
			}
			continue
		}
		if len(c.Rules) != 1 {
			t.Errorf("%q: %s", tt.cond, problems(c))
			continue
		}
		if got := short.Replace(brief(c.Rules[0].Condition)); tt.want != "" && got != tt.want {
			t.Errorf("%q\ngot  %s\nwant %s", tt.cond, got, tt.want)
		}
	}
}

func TestThreshold(t *testing.T) {
	for n := 1; n <= 6; n++ {
		text := "condition: " + fmt.Sprint(n) + " of s*"
		for i := range 6 {
			text = fmt.Sprintf("s%d: {F%d: x}\n", i, i) + text
		}
		c := parse(t, Options{}, ruleWith(text))
		if len(c.Rules) != 1 {
			t.Fatal(problems(c))
		}
		for set := range 1 << 6 {
			r, have := record{}, 0
			for i := range 6 {
				if set>>i&1 == 1 {
					r[fmt.Sprintf("F%d", i)] = []any{"x"}
					have++
				}
			}
			if got := Eval(c.Rules[0].Condition, r); got != (have >= n) {
				t.Fatalf("%d of 6 is %v for %d", n, got, have)
			}
		}
	}
	text := "condition: 15 of s*"
	for i := range 30 {
		text = fmt.Sprintf("s%d: {F%d: x}\n", i, i) + text
	}
	if got := problems(parse(t, Options{}, ruleWith(text))); !strings.Contains(got, "too many combinations") {
		t.Errorf("problems are %q", got)
	}
}

func TestConditionList(t *testing.T) {
	c := parse(t, Options{}, ruleWith("a: {A: 1}\nb: {B: 2}\ncondition:\n    - a\n    - not b"))
	if len(c.Rules) != 1 || brief(c.Rules[0].Condition) != "(A = '1' or not B = '2')" {
		t.Errorf("%+v %s", c.Rules, problems(c))
	}
	for text, fault := range map[string]string{
		"a: {A: 1}\ncondition: []":        "has to be a text or a list of texts",
		"a: {A: 1}\ncondition: {}":        "has to be a text or a list of texts",
		"a: {A: 1}\ncondition: [[a]]":     "has to be a text, and is a list",
		"a: {A: 1}\ncondition: [null, a]": "has to be a text, and is nothing",
		"a: {A: 1}":                       "there is no condition",
		"a: {A: 1}\ncondition:":           "there is no condition",
		"condition: a":                    "has no selection",
	} {
		c := parse(t, Options{}, ruleWith(text))
		if len(c.Rules) != 0 || !strings.Contains(problems(c), fault) {
			t.Errorf("%q: %s, and should say %q", text, problems(c), fault)
		}
	}
}

func TestUnusedSelections(t *testing.T) {
	c := parse(t, Options{}, ruleWith("a: {A: 1}\nb: {B: 2}\nc: {'C|foo': 2}\ncondition: a"))
	want := []string{
		`warning line 6: the selection "b" is not used by the condition`,
		`warning line 7: the selection "c" is not used by the condition`,
		`warning line 7: the selection "c", which is not used, has a mistake: unknown modifier "foo"`,
	}
	for _, w := range want {
		if !strings.Contains(problems(c), w) {
			t.Errorf("%s\nis not in\n%s", w, problems(c))
		}
	}
	if len(c.Rules) != 1 {
		t.Errorf("%d rules", len(c.Rules))
	}
}

// A small document must not stand for a huge expression.
func TestConditionBounds(t *testing.T) {
	var b strings.Builder
	b.WriteString("a:\n    F:\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "        - v%d\n", i)
	}
	b.WriteString("condition: " + strings.Repeat("a or ", 2000) + "a")
	if got := problems(parse(t, Options{}, ruleWith(b.String()))); !strings.Contains(got, "stands for more than") {
		t.Errorf("problems are %q", got)
	}
}

func FuzzCondition(f *testing.F) {
	for _, s := range []string{
		"sel_a and not 1 of filter*", "all of them", "(sel_a or sel_b) and not (filter_1)", "2 of sel_*", "not", "1 of", "((", "sel_a | count() > 5", "x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cond string) {
		doc, err := parseFullYAML(chunk{1, []byte(conditionSelections)})
		if err != nil {
			t.Fatal(err)
		}
		c := &compiler{file: newFileLoader(&Options{})}
		e, err := newSelections(c, doc).condition(cond)
		if err != nil {
			return
		}
		e = Simplify(e)
		if again := Simplify(e); !equalExpr(again, e) {
			t.Fatalf("%q gives %s, which simplifies to %s", cond, brief(e), brief(again))
		}
		// The same condition in parentheses, and negated twice, means the same.
		other, err := newSelections(c, doc).condition("not (not (" + cond + "))")
		if err != nil && !strings.Contains(err.Error(), "nested deeper") && !strings.Contains(err.Error(), "is the limit") {
			t.Fatalf("%q is read, but not in parentheses: %v", cond, err)
		}
		if err != nil {
			return
		}
		if other = Simplify(other); brief(other) != brief(e) {
			t.Fatalf("%q gives %s, and negated twice %s", cond, brief(e), brief(other))
		}
	})
}

package sigma

import (
	"fmt"
	"strings"
	"testing"
)

func TestExpand(t *testing.T) {
	opts := Options{Placeholders: map[string][]string{
		"one": {"A"}, "two": {"a", `b*`}, "none": {}, "slash": {`C:\x`},
	}}
	checkItems(t, opts, []itemTest{
		{entry: `F|expand: '%one%'`, want: `F = 'a'`},
		{entry: `F|expand: '%two%'`, want: `(F = 'a' or F starts with 'b')`},
		{entry: `F|contains|expand: '%two%'`, want: `(F contains 'a' or F contains 'b')`},
		{entry: `F|expand|contains: 'x%one%y'`, want: `F contains 'xay'`},
		{entry: `F|expand: '%two%-%two%'`, want: `(F = 'a-a' or F starts with 'a-b' or F = 'b*-a' or F starts with 'b*-b')`},
		{entry: `F|expand|all: ['%two%', c]`, want: `((F = 'a' or F starts with 'b') and F = 'c')`},
		{entry: `F|expand: '%none%'`, want: `()`},
		{entry: `F|expand: '100%'`, want: `F = '100%'`},
		{entry: `F|expand: '%%'`, want: `F = '%%'`},
		{entry: `F|expand: '\%one%two%'`, want: `(F = '%onea' or F starts with '%oneb')`},
		{entry: `F|expand: '%slash%\y'`, want: `F = 'c:\x\y'`},
		{entry: `F|expand: 5`, want: `F = '5'`},
		{entry: `F|expand|base64: '%one%'`, want: `F = 'QQ==', case matters`},
		{entry: `F|expand|cased: '%one%'`, want: `F = 'A', case matters`},
		{entry: `F|re|expand: '^%two%$'`, want: `(F matches the expression /^a$/ or F matches the expression /^b*$/)`},
		{entry: `F: '%one%'`, want: `F = '%one%'`},
		{entry: `F|cidr|expand: 10.0.0.0/8`, fault: `cannot be used with a network`},
		{entry: `F|expand|re: 'a'`, fault: `has to be the first`},
	})
}

func TestExpandWithoutValues(t *testing.T) {
	text := ruleOf("F|expand: '%one%'\nG|contains|expand: '%two%, %one%'\nH|expand|base64: '%three%'\nI|re|expand: '%four%'")
	c := parse(t, Options{Placeholders: map[string][]string{"two": {"x"}}}, text)
	want := "the placeholders %one%, %three%, %four% have to be given values"
	if got := problems(c); len(c.Rules) != 0 || !strings.Contains(got, want) {
		t.Errorf("%d rules, problems are %q, want %q", len(c.Rules), got, want)
	}
	if c.Problems[0].Rule != "a rule" || c.Problems[0].Warning {
		t.Errorf("the problem is %+v", c.Problems[0])
	}
	c = parse(t, Options{}, ruleOf("F|expand: '%one%'"))
	if got := problems(c); !strings.Contains(got, "the placeholder %one% has to be given values") {
		t.Errorf("problems are %q", got)
	}
}

func TestExpandBounds(t *testing.T) {
	var many []string
	for i := range 300 {
		many = append(many, fmt.Sprint(i))
	}
	c := parse(t, Options{Placeholders: map[string][]string{"m": many}}, ruleOf("F|expand: '%m%%m%'"))
	if got := problems(c); !strings.Contains(got, "make more than 20000 values") {
		t.Errorf("problems are %q", got)
	}
}

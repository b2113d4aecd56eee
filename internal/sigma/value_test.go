package sigma

import (
	"strings"
	"testing"
)

func TestScalars(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F: abc`, want: `F = 'abc'`},
		{entry: `F: ABC`, want: `F = 'abc'`},
		{entry: `F: "a\tb"`, want: "F = 'a\tb'"},
		{entry: `F: 'it''s'`, want: `F = 'it''s'`},
		{entry: `F: ''`, want: `F = ''`},
		{entry: `F: 4688`, want: `F = '4688'`},
		{entry: `F: +5`, want: `F = '5'`},
		{entry: `F: -5`, want: `F = '-5'`},
		{entry: `F: 007`, want: `F = '007'`},
		{entry: `F: 10.0`, want: `F = '10.0'`},
		{entry: `F: 1_000`, want: `F = '1_000'`},
		{entry: `F: 12:30`, want: `F = '12:30'`},
		{entry: `F: 1e3`, want: `F = '1e3'`},
		{entry: `F: .inf`, want: `F = '.inf'`},
		{entry: `F: 2024-03-01`, want: `F = '2024-03-01'`},
		{entry: `F: 2024-03-01 10:00:00`, want: `F = '2024-03-01 10:00:00'`},
		{entry: `F: 0x1A`, want: `(F = '0x1a' or F = '26')`},
		{entry: `F: '0x1A'`, want: `F = '0x1a'`},
		{entry: `F: 0x`, want: `F = '0x'`},
		{entry: `F: True`, want: `F = 'true'`},
		{entry: `F: 'true'`, want: `F = 'true'`},
		{entry: `F: yes`, want: `F = 'yes'`},
		{entry: `F: On`, want: `F = 'on'`},
		{entry: `F: null`, want: `F is null or missing`},
		{entry: `F: ~`, want: `F is null or missing`},
		{entry: `F:`, want: `F is null or missing`},
		{entry: `F: 'null'`, want: `F = 'null'`},
		{entry: `F: !!str 5`, want: `F = '5'`},
		{entry: `F: !!null ''`, want: `F is null or missing`},
		{entry: `F: [a, 5, null, '']`, want: `(F = 'a' or F = '5' or F is null or missing or F = '')`},
		{entry: `F: [a, A, a]`, want: `F = 'a'`},
		{entry: `F: []`, want: `F is null or missing`, warn: "read as null"},
		{entry: "F: |\n  a\n  b", want: "F = 'a\nb\n'"},
		{entry: "F: >-\n  a\n  b", want: "F = 'a b'"},
		{entry: `F: *a`, fault: "unknown anchor"},
		{entry: `F: !!binary aGk=`, fault: "tag !!binary is not supported"},
		{entry: `F: !own x`, fault: "tag !own is not supported"},
		{entry: `F: {G: 1}`, fault: "is a map"},
		{entry: `F: [[a]]`, fault: "holds a list or a map"},
		{entry: `F|contains: []`, fault: "is empty"},
		{entry: `Some Field.name[0]: x`, want: `Some Field.name[0] = 'x'`},
	})
}

func TestKeywords(t *testing.T) {
	for _, tt := range []struct{ detection, want, fault string }{
		{"sel: word", `any value contains 'word'`, ""},
		{"sel: [one, 'two*', 3]", `(any value contains 'one' or any value contains 'two' or any value contains '3')`, ""},
		{"sel: ['*a*b']", `any value contains 'a*b'`, ""},
		{"sel: {'|all': [a, b]}", `(any value contains 'a' and any value contains 'b')`, ""},
		{"sel: {'|startswith': a}", `any value starts with 'a'`, ""},
		{"sel: {'|endswith|all': [a, b]}", `(any value ends with 'a' and any value ends with 'b')`, ""},
		{"sel: {'|contains': a}", `any value contains 'a'`, ""},
		{"sel: {'|re': 'a+'}", `any value matches the expression /a+/`, ""},
		{"sel: {'|cased': A}", `any value contains 'A', case matters`, ""},
		{"sel: {'': a}", `any value contains 'a'`, ""},
		{"sel: {'|base64': foo}", `any value contains 'Zm9v', case matters`, ""},
		{"sel: {'|all': [a, b], F: c}", `(any value contains 'a' and any value contains 'b' and F = 'c')`, ""},
		{"sel: [a, {F: b}]", `(any value contains 'a' or F = 'b')`, ""},
		{"sel: [{F: a, G: b}, {F: c}]", `((F = 'a' and G = 'b') or F = 'c')`, ""},
		{"sel: [[a, b], {F: c}]", `(any value contains 'a' or any value contains 'b' or F = 'c')`, ""},
		{"sel: 4625", `any value contains '4625'`, ""},
		{"sel: ['']", ``, "empty keyword"},
		{"sel: {'|contains': ''}", ``, "empty keyword"},
		{"sel: [null]", ``, "null is no keyword"},
		{"sel: []", ``, "the selection is empty"},
		{"sel: {}", ``, "the selection is empty"},
		{"sel:", ``, "the selection is empty"},
		{"sel: {'|all': []}", ``, "list of keywords is empty"},
		{"sel: {'|exists': true}", ``, "has no field"},
		{"sel: {'|fieldref': a}", ``, "has no field"},
	} {
		c := parse(t, Options{}, ruleWith(tt.detection+"\ncondition: sel"))
		if tt.fault != "" {
			if got := problems(c); len(c.Rules) != 0 || !strings.Contains(got, tt.fault) {
				t.Errorf("%s: problems are %q and should say %q", tt.detection, got, tt.fault)
			}
			continue
		}
		if len(c.Rules) != 1 {
			t.Errorf("%s: %s", tt.detection, problems(c))
			continue
		}
		if got := brief(c.Rules[0].Condition); got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.detection, got, tt.want)
		}
	}
}

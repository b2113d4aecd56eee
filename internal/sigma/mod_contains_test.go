package sigma

import "testing"

func TestContains(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|contains: abc`, want: `F contains 'abc'`},
		{entry: `F|contains: '*abc'`, want: `F contains 'abc'`},
		{entry: `F|contains: 'a*c?'`, want: `F contains 'a*c?'`},
		{entry: `F|contains: '?a'`, want: `F starts with '?*a'`},
		{entry: `F|contains: 'a\*'`, want: `F contains 'a\*'`},
		{entry: `F|contains: '\\x\'`, want: `F contains '\x\'`},
		{entry: `F|contains: ''`, want: `F has a value`},
		{entry: `F|contains: 5`, want: `F contains '5'`},
		{entry: `F|contains: true`, want: `F contains 'true'`},
		{entry: `F|contains|startswith: a`, want: `F contains 'a'`},
		{entry: `F|re|contains: a`, want: `F matches the expression /a/`},
		{entry: `F|contains: null`, fault: `contains in "F|contains" cannot be used with null`},
		{entry: `F|cidr|contains: 10.0.0.0/8`, fault: `cannot be used with a network`},
		{entry: `F|gt|contains: 5`, fault: `cannot be used with a comparison`},
		{entry: `F|exists|contains: true`, fault: `cannot be used with a test for existence`},
		{entry: `F|hour|contains: 5`, fault: `cannot be used with a part of a time`},
	})
	checkMatches(t, `F|contains: 'a\*b'`, []any{"a*b", "xA*Bx"}, []any{"axb", "ab", nil})
	checkMatches(t, `F|contains: ''`, []any{"", "x"}, []any{nil})
}

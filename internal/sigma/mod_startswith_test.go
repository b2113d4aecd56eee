package sigma

import "testing"

func TestStartswith(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|startswith: abc`, want: `F starts with 'abc'`},
		{entry: `F|startswith: 'abc*'`, want: `F starts with 'abc'`},
		{entry: `F|startswith: '*abc'`, want: `F contains 'abc'`},
		{entry: `F|startswith|endswith: abc`, want: `F contains 'abc'`},
		{entry: `F|startswith: [a, 5]`, want: `(F starts with 'a' or F starts with '5')`},
		{entry: `F|re|startswith: 'a|b'`, want: `F matches the expression /\A(?:a|b)/`},
		{entry: `F|re|startswith|endswith: 'a|b'`, want: `F matches the expression /a|b/`},
		{entry: `F|startswith: null`, fault: `startswith in "F|startswith" cannot be used with null`},
		{entry: `F|startswith|re: a`, fault: `re in "F|startswith|re" comes after startswith, and has to be the first`},
	})
	checkMatches(t, `F|startswith: 'a?c'`, []any{"aXc", "ABCD", "a\nc*"}, []any{"ac", "xabc"})
}

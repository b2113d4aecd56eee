package sigma

import "testing"

func TestCased(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|cased: Abc`, want: `F = 'Abc', case matters`},
		{entry: `F|cased|contains: Abc`, want: `F contains 'Abc', case matters`},
		{entry: `F|contains|cased: Abc`, want: `F contains 'Abc', case matters`},
		{entry: `F|endswith|cased|all: [A, B]`, want: `(F ends with 'A', case matters and F ends with 'B', case matters)`},
		{entry: `F|cased: [A, null]`, want: `(F = 'A', case matters or F is null or missing)`},
		{entry: `F|fieldref|cased: G`, want: `F = the field G, case matters`},
		{entry: `F|cased|fieldref: G`, want: `F = the field G, case matters`},
		{entry: `F|cased: [A, a, A]`, want: `(F = 'A', case matters or F = 'a', case matters)`},
		{entry: `F|re|cased: a`, fault: `case matters there already`},
		{entry: `F|cidr|cased: 10.0.0.0/8`, fault: `cannot be used with a network`},
	})
	checkMatches(t, `F|cased|startswith: Ab?`, []any{"Abc", "Abé"}, []any{"abc", "ABC", "Ab"})
}

package sigma

import "testing"

func TestNeq(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|neq: a`, want: `not F = 'a'`},
		{entry: `F|neq: 5`, want: `not F = '5'`},
		{entry: `F|neq: [a, b]`, want: `not (F = 'a' or F = 'b')`},
		{entry: `F|neq|all: [a, b]`, want: `not (F = 'a' and F = 'b')`},
		{entry: `F|contains|neq: a`, want: `not F contains 'a'`},
		{entry: `F|neq|contains: a`, want: `not F contains 'a'`},
		{entry: `F|neq: null`, want: `not F is null or missing`},
		{entry: `F|neq: ''`, want: `not F = ''`},
		{entry: `F|re|neq: a`, want: `not F matches the expression /a/`},
		{entry: `F|cidr|neq: 10.0.0.0/8`, want: `not F is in the network 10.0.0.0/8`},
		{entry: `F|gt|neq: 5`, want: `not F > 5`},
		{entry: `F|fieldref|neq: G`, want: `not F = the field G`},
		{entry: `F|hour|neq: 5`, want: `not the hour of F = 5`},
		{entry: `F|exists|neq: true`, want: `not F exists`},
	})
	checkMatches(t, `F|neq: [a, b*]`, []any{"c", nil, ""}, []any{"A", "bx"})
	if !matches(t, `F|neq: a`, record{}) {
		t.Error("neq has to be true where the field is missing")
	}
	if matches(t, `F|neq: a`, record{"F": {"b", "a"}}) {
		t.Error("neq has to be false where one of several values is the one")
	}
}

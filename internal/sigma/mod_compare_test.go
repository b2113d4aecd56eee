package sigma

import "testing"

func TestCompare(t *testing.T) {
	checkItems(t, Options{}, []itemTest{
		{entry: `F|lt: 5`, want: `F < 5`},
		{entry: `F|lte: -5.5`, want: `F <= -5.5`},
		{entry: `F|gt: '5'`, want: `F > 5`},
		{entry: `F|gte: 0x10`, want: `F >= 16`},
		{entry: `F|gte: [1, 2]`, want: `(F >= 1 or F >= 2)`},
		{entry: `F|gte|all: [1, 2]`, want: `(F >= 1 and F >= 2)`},
		{entry: `F|gt: abc`, fault: `gt in "F|gt" wants a number, not "abc"`},
		{entry: `F|gt: .inf`, fault: `wants a number`},
		{entry: `F|gt: null`, fault: `cannot be used with null`},
		{entry: `F|gt: true`, fault: `cannot be used with true or false`},
		{entry: `F|contains|gt: 5`, fault: `wants a number`},
		{entry: `F|gt|lt: 5`, fault: `cannot be used with a comparison`},
		{entry: `F|re|gt: 5`, fault: `cannot be used with a regular expression`},
	})
	checkMatches(t, `F|gt: 10`, []any{"11", "10.5", "0x0b", " 11 ", "1e2", "+12"}, []any{"10", "9", "x", "", nil, "inf", "NaN", "1_1", "0x", "11px"})
	checkMatches(t, `F|lte: 10`, []any{"10", "-3", "0xA"}, []any{"10.01", "", nil})
	checkMatches(t, `F|lt: 0`, []any{"-1", "-0.5"}, []any{"0", "-0"})
}

func TestParseNumber(t *testing.T) {
	for s, want := range map[string]float64{"0": 0, "1.5": 1.5, "-2": -2, "1e3": 1000, "0xFF": 255, " 7\t": 7, ".5": .5, "5.": 5} {
		if got, ok := ParseNumber(s); !ok || got != want {
			t.Errorf("ParseNumber(%q) = %v, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", " ", "x", "1x", "0x", "0xG", "-0x1", "inf", "nan", "1_0", "0x1p4", "1e999", "--1", "1 2", "0x10000000000000000"} {
		if got, ok := ParseNumber(s); ok {
			t.Errorf("ParseNumber(%q) = %v", s, got)
		}
	}
}

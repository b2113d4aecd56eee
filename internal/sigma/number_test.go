package sigma

import (
	"math/big"
	"strings"
	"testing"
)

func TestCompareNumber(t *testing.T) {
	for _, c := range []struct {
		compare Compare
		number  string
		text    string
		want    bool
	}{
		{GT, "9007199254740992", "9007199254740993", true}, // the same as float64
		{GT, "9007199254740993", "9007199254740992", false},
		{LT, "9007199254740993", "9007199254740992", true},
		{GTE, "9007199254740993", "9007199254740992", false},
		{LTE, "9007199254740992", "9007199254740993", false},
		{EQ, "9007199254740993", "9007199254740992", false},
		{EQ, "0x20000000000001", "9007199254740993", true},
		{LT, "0xFFFFFFFFFFFFFFFF", "18446744073709551614", true},
		{LT, "-9007199254740992", "-9007199254740993", true},
		{GT, "-9007199254740993", "-9007199254740992", true},
		{GT, "-1", "18446744073709551615", true},
		{LT, "1", "-18446744073709551615", true},
		{EQ, "0", "-0", true},
		{EQ, "5", "+5", true},
		{EQ, "5", " 005 ", true},
		{EQ, "10", "10.0", true},
		{EQ, "1000", "1e3", true},
		{EQ, "1000", "0.001e+6", true},
		{GT, "1.5", "2", true},
		{GT, "9007199254740992", "9007199254740993.0", true},
		{GT, "9007199254740992.5", "9007199254740993", true},
		{LT, "9007199254740992.5", "9007199254740992", true},
		{GT, "36893488147419103232", "36893488147419103233", true},
		{LT, "36893488147419103233", "36893488147419103232", true},
		{GT, "0.1", "0.10000000000000000000001", true},
		{EQ, "0.1", "0.10000000000000000000001", false},
		{LT, "-0.1", "-0.10000000000000000000001", true},
		{EQ, "0.5", ".50", true},
		{LT, "1e-400", "1e-401", true},
		{GT, "1e309", "1e400", true},
		{LT, "1e309", "1e308", true},
		{GT, "1e309", "-1e400", false},
		{GT, "0", "0e5", false},
		{GT, "0", "1e-999999", true},
		{GT, "5", "1" + strings.Repeat("0", 100), true},
		{EQ, "1e100", "1" + strings.Repeat("0", 100), true},
		{LT, "1e101", "1" + strings.Repeat("0", 100), true},
		{GT, "5", "1e99999999999", true},
		{LT, "5", "1e-99999999999", true},
		{EQ, "0", "0e99999999999", true},
		{GT, "5", "6e", false},
		{GT, "5", "6e1_0", false},
		{GT, "5", "6.1.1", false},
		{GT, "5", ".", false},
		{GT, "5", "e9", false},
		{EQ, "18446744073709551616", "18446744073709551616", true},
		{GT, "18446744073709551615", "100000000000000000000", true},
		{GT, "5", "", false},
		{GT, "5", "1_000", false},
		{GT, "5", "--6", false},
		{GT, "5", "-", false},
		{GT, "5", "0x", false},
	} {
		a := &Atom{Op: OpCompare, Compare: c.compare}
		d, ok := ParseDecimal(c.number)
		if !ok {
			t.Fatal(c.number)
		}
		a.Decimal = d.plain()
		if got := a.CompareNumber(c.text); got != c.want {
			t.Errorf("%s %s %s is %v", c.text, c.compare, c.number, got)
		}
	}
}

// TestLargeNumbersApart: two tests whose numbers are the same as float64 are not the same test.
func TestLargeNumbersApart(t *testing.T) {
	c, err := Parse(Options{}, "", []byte(`
title: large
logsource: {product: windows}
detection:
  a: {F|gt: 9007199254740992}
  b: {F|gt: 9007199254740993}
  condition: a or b
`))
	if err != nil || len(c.Rules) != 1 {
		t.Fatal(err, c.Problems)
	}
	var atoms []*Atom
	for _, x := range c.Rules[0].Condition.(Or) {
		atoms = append(atoms, x.(*Atom))
	}
	if len(atoms) != 2 || atoms[0].Key() == atoms[1].Key() || atoms[0].Equal(atoms[1]) {
		t.Fatalf("tests %v", atoms)
	}
	if got := Format(c.Rules[0].Condition); !strings.Contains(got, "F > 9007199254740993") {
		t.Errorf("described as %q", got)
	}
	if !atoms[0].CompareNumber("9007199254740993") || atoms[1].CompareNumber("9007199254740993") {
		t.Error("compared as float64")
	}
}

// TestDecimalText: a number is shown as it can be read again, and equal numbers are the same test.
func TestDecimalText(t *testing.T) {
	for text, want := range map[string]string{
		"5": "5", "+5": "5", "-5": "-5", "007": "7", "5.0": "5", "-5.50": "-5.5", ".5": "0.5", "0.001": "0.001", "0x10": "16", "100": "100",
		"-0": "0", "0.000": "0", "1e3": "1000", "12.5e1": "125", "1e309": "1e309", "-1.25e-300": "-1.25e-300", "36893488147419103233": "36893488147419103233",
	} {
		d, ok := ParseDecimal(text)
		if !ok || d.String() != want {
			t.Errorf("%q is shown as %q, want %q", text, d, want)
		}
		again, ok := ParseDecimal(d.String())
		if !ok || again.plain() != d.plain() || again.Compare(d) != 0 {
			t.Errorf("%q is not %q", d, text)
		}
	}
}

func decimal(t *testing.T, s string) Decimal {
	t.Helper()
	d, ok := ParseDecimal(s)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return d.plain()
}

func FuzzDecimal(f *testing.F) {
	for _, a := range []string{"0", "-1", "9007199254740993", "0.10000000000000000000001", "1e30", "0x1F", ".5", "5.", "1e-9", "00100.00"} {
		for _, b := range []string{"0", "9007199254740992", "-.1", "1e30", "31"} {
			f.Add(a, b)
		}
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, xok := ParseDecimal(a)
		y, yok := ParseDecimal(b)
		if _, ok := ParseNumber(a); ok && !xok {
			t.Fatalf("%q is a number to ParseNumber only", a)
		}
		if !xok || !yok || len(a)+len(b) > 200 || max(x.point, y.point) > 500 || min(x.point, y.point) < -500 {
			return
		}
		p, q := rational(t, x), rational(t, y)
		if got, want := x.Compare(y), p.Cmp(q); got != want {
			t.Errorf("%q compares with %q as %d, want %d", a, b, got, want)
		}
		if got := x.plain() == y.plain(); got != (p.Cmp(q) == 0) {
			t.Errorf("%q and %q are the same test: %v", a, b, got)
		}
	})
}

func rational(t *testing.T, d Decimal) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(d.String())
	if !ok {
		t.Fatalf("%q is no number to math/big", d)
	}
	return r
}

package sigma

import (
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
		// Not both whole: as float64.
		{EQ, "10", "10.0", true},
		{EQ, "1000", "1e3", true},
		{GT, "1.5", "2", true},
		{EQ, "18446744073709551616", "18446744073709551616", true},
		{GT, "18446744073709551615", "100000000000000000000", true},
		{GT, "5", "", false},
		{GT, "5", "1_000", false},
		{GT, "5", "--6", false},
		{GT, "5", "-", false},
		{GT, "5", "0x", false},
	} {
		a := &Atom{Op: OpCompare, Compare: c.compare}
		var ok bool
		if a.Number, ok = ParseNumber(c.number); !ok {
			t.Fatal(c.number)
		}
		a.Integer, _ = ParseInteger(c.number)
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

package sigma

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
)

func TestSimplify(t *testing.T) {
	a, b, c := &Atom{Field: "a", Op: OpNull}, &Atom{Field: "b", Op: OpNull}, &Atom{Field: "c", Op: OpNull}
	twin := &Atom{Field: "a", Op: OpNull, Line: 7}
	for _, tt := range []struct {
		in, want Expr
	}{
		{a, a},
		{And{a}, a},
		{Or{And{a}}, a},
		{And{a, And{b, Or{c}}}, And{a, b, c}},
		{Or{a, Or{b, Or{c, a}}}, Or{a, b, c}},
		{And{a, twin, b}, And{a, b}},
		{Not{Not{a}}, a},
		{Not{And{Not{Not{a}}}}, Not{a}},
		{And{}, And{}},
		{Or{}, Or{}},
		{And{a, Or{}}, Or{}},
		{Or{a, And{}}, And{}},
		{And{a, And{}}, a},
		{Or{a, Or{}}, a},
		{Not{And{}}, Or{}},
		{Not{Or{}}, And{}},
		{And{Or{a, b}, Or{a, b}}, Or{a, b}},
		{Or{Not{a}, Not{twin}}, Not{a}},
		{And{Or{a, b}, c}, And{Or{a, b}, c}},
	} {
		if got := Simplify(tt.in); brief(got) != brief(tt.want) {
			t.Errorf("%s simplifies to %s, want %s", brief(tt.in), brief(got), brief(tt.want))
		}
	}
}

// randomExpr makes an expression over the fields f0 to f3.
func randomExpr(r *rand.Rand, depth int) Expr {
	list := func() []Expr {
		l := make([]Expr, r.IntN(4))
		for i := range l {
			l[i] = randomExpr(r, depth-1)
		}
		return l
	}
	switch k := r.IntN(5); {
	case depth == 0 || k == 0:
		return &Atom{Field: fmt.Sprintf("f%d", r.IntN(4)), Op: OpExists, Want: true}
	case k <= 1:
		return Not{randomExpr(r, depth-1)}
	case k <= 2:
		return And(list())
	default:
		return Or(list())
	}
}

func TestSimplifyKeepsMeaning(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		e := randomExpr(r, 5)
		before := brief(e)
		s := Simplify(e)
		if brief(e) != before {
			t.Fatalf("simplifying %s has changed it to %s", before, brief(e))
		}
		for set := range 16 {
			rec := record{}
			for i := range 4 {
				if set>>i&1 == 1 {
					rec[fmt.Sprintf("f%d", i)] = nil
				}
			}
			if Eval(e, rec) != Eval(s, rec) {
				t.Fatalf("%s and %s differ for %v", brief(e), brief(s), rec)
			}
		}
		checkSimple(t, s, true)
	}
}

// checkSimple fails where Simplify has left something to do.
func checkSimple(t *testing.T, e Expr, top bool) {
	t.Helper()
	list := func(l []Expr, nested func(Expr) bool) {
		if len(l) < 2 && (len(l) == 1 || !top) {
			t.Fatalf("%s is left", brief(e))
		}
		for _, x := range l {
			if nested(x) {
				t.Fatalf("%s is left", brief(e))
			}
			checkSimple(t, x, false)
		}
	}
	switch e := e.(type) {
	case And:
		list(e, func(x Expr) bool { _, ok := x.(And); return ok })
	case Or:
		list(e, func(x Expr) bool { _, ok := x.(Or); return ok })
	case Not:
		if _, ok := e.X.(Not); ok {
			t.Fatalf("%s is left", brief(e))
		}
		checkSimple(t, e.X, false)
	}
}

func TestKey(t *testing.T) {
	lit := func(l ...string) Pattern {
		var p Pattern
		for _, s := range l {
			p = append(p, Piece{Literal, s})
		}
		return p
	}
	run := Piece{Kind: AnyRun}
	// All different from each other.
	atoms := []*Atom{
		{Field: "a", Pattern: lit("b")},
		{Field: "a", Pattern: lit("b"), Cased: true},
		{Field: "ab", Pattern: nil},
		{Field: "a", Pattern: nil},
		{Field: "", Pattern: lit("a")},
		{Field: "a", Pattern: lit("b", "c")},
		{Field: "a", Pattern: lit("bc")},
		{Field: "a", Pattern: lit("b1:c")},
		{Field: "a", Pattern: Pattern{run}},
		{Field: "a", Pattern: Pattern{run, {Literal, "b"}}},
		{Field: "a", Pattern: Pattern{{Literal, "b"}, run}},
		{Field: "a", Pattern: Pattern{{Kind: AnyOne}}},
		{Field: "a", Op: OpRegexp, Regexp: "b"},
		{Field: "a", Op: OpRegexp, Regexp: "(?i)b"},
		{Field: "a", Op: OpCIDR, Prefix: netip.MustParsePrefix("10.0.0.0/8")},
		{Field: "a", Op: OpCIDR, Prefix: netip.MustParsePrefix("10.0.0.0/9")},
		{Field: "a", Op: OpCompare, Compare: LT, Decimal: decimal(t, "1")},
		{Field: "a", Op: OpCompare, Compare: GT, Decimal: decimal(t, "1")},
		{Field: "a", Op: OpCompare, Compare: GT, Decimal: decimal(t, "2")},
		{Field: "a", Op: OpTime, Compare: GT, Number: 2},
		{Field: "a", Op: OpTime, Compare: GT, Number: 2, Part: Hour},
		{Field: "a", Op: OpExists},
		{Field: "a", Op: OpExists, Want: true},
		{Field: "a", Op: OpNull},
		{Field: "a", Op: OpFieldRef, Ref: "b"},
		{Field: "a", Op: OpFieldRef, Ref: "b", Place: End},
		{Field: "a", Op: OpFieldRef, Ref: "b", Cased: true},
	}
	for i, a := range atoms {
		same := *a
		same.Line = 99
		if a.Key() != same.Key() || !a.Equal(&same) {
			t.Errorf("%v is not the same test as itself on another line", a)
		}
		for _, b := range atoms[:i] {
			if a.Key() == b.Key() || a.Equal(b) {
				t.Errorf("%v and %v count as the same test", a, b)
			}
		}
	}
}

func TestWalk(t *testing.T) {
	a, b := &Atom{Field: "a"}, &Atom{Field: "b"}
	var got string
	Walk(And{a, Not{Or{b, a}}, Or{}}, func(x *Atom) { got += x.Field })
	if got != "aba" {
		t.Errorf("visited %q", got)
	}
}

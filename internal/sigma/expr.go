package sigma

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strconv"
)

// Walk calls f for every atom of e, from left to right. An atom that stands several times is visited as often.
func Walk(e Expr, f func(*Atom)) {
	switch e := e.(type) {
	case And:
		for _, x := range e {
			Walk(x, f)
		}
	case Or:
		for _, x := range e {
			Walk(x, f)
		}
	case Not:
		Walk(e.X, f)
	case *Atom:
		f(e)
	}
}

// Simplify returns an expression that is true for the same records and that has no And directly in And, no Or
// directly in Or, no double negation, no connective with one part, and no part twice in one connective. What
// cannot be true or cannot be false any more becomes an empty Or or an empty And.
func Simplify(e Expr) Expr {
	switch e := e.(type) {
	case Not:
		switch x := Simplify(e.X).(type) {
		case Not:
			return x.X
		case And:
			if len(x) == 0 {
				return Or{}
			}
			return Not{x}
		case Or:
			if len(x) == 0 {
				return And{}
			}
			return Not{x}
		default:
			return Not{x}
		}
	case And:
		parts, decided := simplifyParts(e, true)
		switch {
		case decided:
			return Or{}
		case len(parts) == 1:
			return parts[0]
		}
		return And(parts)
	case Or:
		parts, decided := simplifyParts(e, false)
		switch {
		case decided:
			return And{}
		case len(parts) == 1:
			return parts[0]
		}
		return Or(parts)
	default:
		return e
	}
}

// simplifyParts flattens and dedupes the parts of an And (and is true) or an Or. decided says that one part
// settles the whole: a false one in And, a true one in Or.
func simplifyParts(in []Expr, and bool) (out []Expr, decided bool) {
	if simple(in) {
		return in, false
	}
	out = make([]Expr, 0, len(in))
	for _, x := range in {
		switch x := Simplify(x).(type) {
		case And:
			if !and {
				if len(x) == 0 {
					return nil, true
				}
				out = append(out, x)
				continue
			}
			out = append(out, x...)
		case Or:
			if and {
				if len(x) == 0 {
					return nil, true
				}
				out = append(out, x)
				continue
			}
			out = append(out, x...)
		default:
			out = append(out, x)
		}
	}
	return dedupe(out), false
}

// simple says that there is nothing to do, for the usual few atoms.
func simple(in []Expr) bool {
	if len(in) > 8 {
		return false
	}
	for i, x := range in {
		a, ok := x.(*Atom)
		if !ok {
			return false
		}
		for _, y := range in[:i] {
			if b, ok := y.(*Atom); ok && a.Equal(b) {
				return false
			}
		}
	}
	return true
}

// dedupe removes parts that stand before, in place.
func dedupe(in []Expr) []Expr {
	if len(in) < 2 {
		return in
	}
	// A table of places in out, plus one, by hash; it is never more than half full.
	size := 4
	for size < 2*len(in) {
		size *= 2
	}
	var (
		small [64]int32
		table = small[:]
	)
	if size > len(small) {
		table = make([]int32, size)
	} else {
		table = table[:size]
	}
	seed := maphash.MakeSeed() // so that no document can choose what collides
	out := in[:0]
next:
	for _, x := range in {
		h, n := hashExpr(seed, x)
		if n <= maxCompared {
			at := int(h & uint64(size-1))
			for ; table[at] != 0; at = (at + 1) & (size - 1) {
				if equalExpr(out[table[at]-1], x) {
					continue next
				}
			}
			table[at] = int32(len(out) + 1)
		}
		out = append(out, x)
	}
	return out
}

// maxCompared bounds the tests of parts that are compared with each other; larger ones count as different.
const maxCompared = 32

// hashExpr returns a hash of an expression and the number of its tests, neither of them complete beyond
// maxCompared.
func hashExpr(seed maphash.Seed, e Expr) (h uint64, tests int) {
	list := func(kind uint64, l []Expr) (uint64, int) {
		h, tests := kind, 0
		for _, x := range l {
			g, n := hashExpr(seed, x)
			h = h*0x9E3779B97F4A7C15 + g
			if tests += n; tests > maxCompared {
				break
			}
		}
		return h, tests
	}
	switch e := e.(type) {
	case And:
		return list(1, e)
	case Or:
		return list(2, e)
	case Not:
		h, tests = hashExpr(seed, e.X)
		return h*5 + 3, tests
	case *Atom:
		h = uint64(e.Op) + maphash.String(seed, e.Field)
		for _, x := range e.Pattern {
			h = h*0x9E3779B97F4A7C15 + uint64(x.Kind)
			if x.Kind == Literal {
				h += maphash.String(seed, x.Text)
			}
		}
		if e.Regexp != "" {
			h += maphash.String(seed, e.Regexp)
		}
		return h, 1
	default:
		return 0, 0
	}
}

// equalExpr says that two expressions are written the same.
func equalExpr(a, b Expr) bool {
	list := func(a, b []Expr) bool { return slices.EqualFunc(a, b, equalExpr) }
	switch a := a.(type) {
	case And:
		b, ok := b.(And)
		return ok && list(a, b)
	case Or:
		b, ok := b.(Or)
		return ok && list(a, b)
	case Not:
		b, ok := b.(Not)
		return ok && equalExpr(a.X, b.X)
	case *Atom:
		b, ok := b.(*Atom)
		return ok && a.Equal(b)
	default:
		return false
	}
}

// Key identifies the test: two atoms that have the same key are true for the same records. It is a compact string
// for maps, not for people; see [Format].
func (a *Atom) Key() string { return string(a.appendKey(nil)) }

// Equal says that two atoms are the same test.
func (a *Atom) Equal(b *Atom) bool {
	if a == b {
		return true
	}
	if a.Field != b.Field || a.Op != b.Op || a.Cased != b.Cased || a.Want != b.Want || len(a.Pattern) != len(b.Pattern) ||
		a.Regexp != b.Regexp || a.Prefix != b.Prefix || a.Compare != b.Compare || a.Number != b.Number || a.Decimal != b.Decimal || a.Ref != b.Ref ||
		a.Place != b.Place || a.Part != b.Part {
		return false
	}
	for i := range a.Pattern {
		if a.Pattern[i] != b.Pattern[i] {
			return false
		}
	}
	return true
}

func (a *Atom) appendKey(k []byte) []byte {
	k = append(k, 'a', byte(a.Op), byte(a.Compare), byte(a.Place), byte(a.Part), bit(a.Cased)|bit(a.Want)<<1)
	k = appendText(k, a.Field)
	switch a.Op {
	case OpMatch:
		for _, x := range a.Pattern {
			k = append(k, '0'+byte(x.Kind))
			if x.Kind == Literal {
				k = appendText(k, x.Text)
			}
		}
		k = append(k, '.')
	case OpRegexp:
		k = appendText(k, a.Regexp)
	case OpCIDR:
		k = appendText(k, a.Prefix.String())
	case OpCompare:
		k = append(k, bit(a.Decimal.negative))
		k = binary.BigEndian.AppendUint64(k, uint64(a.Decimal.point))
		k = appendText(k, a.Decimal.head)
	case OpTime:
		k = binary.BigEndian.AppendUint64(k, math.Float64bits(a.Number))
	case OpFieldRef:
		k = appendText(k, a.Ref)
	case OpExists, OpNull:
	}
	return k
}

// appendText appends a text so that what follows cannot be taken for a part of it.
func appendText(k []byte, s string) []byte {
	k = strconv.AppendInt(k, int64(len(s)), 10)
	k = append(k, ':')
	return append(k, s...)
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

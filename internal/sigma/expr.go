package sigma

import (
	"encoding/binary"
	"math"
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

// maxDedupeKey bounds the keys by which parts are compared; larger parts are taken for different ones.
const maxDedupeKey = 4 << 10

// dedupe removes parts that stand before, in place.
func dedupe(in []Expr) []Expr {
	if len(in) < 2 {
		return in
	}
	seen := make(map[string]bool, len(in))
	out := in[:0]
	var key []byte
	for _, x := range in {
		key = appendKey(key[:0], x)
		if len(key) > maxDedupeKey {
			out = append(out, x)
			continue
		}
		if !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, x)
		}
	}
	return out
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
		a.Regexp != b.Regexp || a.Prefix != b.Prefix || a.Compare != b.Compare || a.Number != b.Number || a.Ref != b.Ref ||
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
	case OpCompare, OpTime:
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

func appendKey(k []byte, e Expr) []byte {
	list := func(open byte, l []Expr) []byte {
		k = append(k, open)
		for _, x := range l {
			if len(k) > maxDedupeKey {
				break
			}
			k = appendKey(k, x)
		}
		return append(k, ')')
	}
	switch e := e.(type) {
	case And:
		return list('&', e)
	case Or:
		return list('|', e)
	case Not:
		return appendKey(append(k, '!'), e.X)
	case *Atom:
		return e.appendKey(k)
	default:
		return k
	}
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}

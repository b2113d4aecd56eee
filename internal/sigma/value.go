package sigma

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// value is one value of a detection item on its way through the modifiers.
type value struct {
	kind valueKind
	line int
	raw  string // as it stands in the document

	// Of texts. The pattern is lead* pieces trail*; pieces are nil until something needs them apart.
	pieces      Pattern
	parsed      bool
	lead, trail bool
	placed      bool // a modifier has said where the text has to stand
	cased       bool

	regexp string // of regular expressions
	flags  [3]bool
	place  Place // of regular expressions and field references

	prefix  netip.Prefix
	compare Compare
	number  float64
	decimal Decimal
	part    TimePart
	timed   bool // a comparison of Part, not of the value itself
	want    bool

	any []value // of alternatives: one of them has to hold, also where the item says all
}

type valueKind uint8

const (
	textValue valueKind = iota
	numberValue
	boolValue
	nullValue
	regexpValue
	cidrValue
	compareValue
	timeValue
	existsValue
	fieldValue
	anyValue
)

// String names a kind for messages.
func (k valueKind) String() string {
	switch k {
	case textValue:
		return "a text"
	case numberValue:
		return "a number"
	case boolValue:
		return "true or false"
	case nullValue:
		return "null"
	case regexpValue:
		return "a regular expression"
	case cidrValue:
		return "a network"
	case compareValue:
		return "a comparison"
	case timeValue:
		return "a part of a time"
	case existsValue:
		return "a test for existence"
	case fieldValue:
		return "the name of a field"
	default:
		return "a list of alternatives"
	}
}

// newValue reads a scalar. The text of a number stays as it was written, for logs write versions, codes and
// account numbers: 10.0 is not 10, and 007 is not 7. Only a decimal integer loses its plus sign. An integer in
// hexadecimal stands for its decimal form too, since logs print either.
func newValue(n *node) value {
	v := value{line: n.line, raw: n.text}
	if !n.plain {
		return v
	}
	switch n.text {
	case "", "~", "null", "Null", "NULL":
		v.kind = nullValue
		return v
	case "true", "True", "TRUE", "false", "False", "FALSE":
		v.kind, v.raw = boolValue, strings.ToLower(n.text)
		return v
	}
	if c := n.text[0]; c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return v
	}
	if hex, dec, ok := hexInteger(n.text); ok {
		a, b := v, v
		a.kind, a.raw = numberValue, hex
		b.kind, b.raw = numberValue, dec
		v.kind, v.any = anyValue, []value{a, b}
		return v
	}
	if _, ok := ParseNumber(n.text); ok {
		v.kind = numberValue
		v.raw = strings.TrimPrefix(n.text, "+")
	}
	return v
}

func hexInteger(s string) (hex, dec string, ok bool) {
	digits, ok := strings.CutPrefix(strings.ToLower(s), "0x")
	if !ok {
		return "", "", false
	}
	u, err := strconv.ParseUint(digits, 16, 64)
	if err != nil || digits[0] == '+' || digits[0] == '_' {
		return "", "", false
	}
	return s, strconv.FormatUint(u, 10), true
}

// text says that v is taken as a text by modifiers that want one: numbers and booleans are texts as well ("All
// values are treated as case-insensitive strings").
func (v *value) text() bool {
	return v.kind == textValue || v.kind == numberValue || v.kind == boolValue
}

// split makes v.pieces the pieces of the text.
func (v *value) split() {
	if !v.parsed {
		v.pieces, v.parsed = parsePieces(v.raw), true
	}
}

// setLiteral makes v a text without wildcards.
func (v *value) setLiteral(s string) {
	v.kind, v.raw, v.parsed, v.lead, v.trail = textValue, s, true, false, false
	v.pieces = nil
	if s != "" {
		v.pieces = Pattern{{Literal, s}}
	}
}

// literal returns the text if it has no wildcard, placeholder or anything else that stands for several texts.
func (v *value) literal() (string, bool) {
	v.split()
	if v.lead || v.trail {
		return "", false
	}
	switch {
	case len(v.pieces) == 0:
		return "", true
	case len(v.pieces) == 1 && v.pieces[0].Kind == Literal:
		return v.pieces[0].Text, true
	}
	return "", false
}

// has says that the text has a piece of that kind.
func (v *value) has(k PieceKind) bool {
	v.split()
	return slices.ContainsFunc(v.pieces, func(x Piece) bool { return x.Kind == k })
}

// each calls f for v, or for every alternative it has.
func (v *value) each(f func(*value) error) error {
	if v.kind != anyValue {
		return f(v)
	}
	for i := range v.any {
		if err := v.any[i].each(f); err != nil {
			return err
		}
	}
	return nil
}

// expr is the test of v on a field.
func (v *value) expr(it *item) (Expr, error) {
	if err := it.spend(v.line, 1); err != nil {
		return nil, err
	}
	if v.kind == anyValue {
		or := make(Or, 0, len(v.any))
		for i := range v.any {
			e, err := v.any[i].expr(it)
			if err != nil {
				return nil, err
			}
			or = append(or, e)
		}
		return or, nil
	}
	a := it.file.atom()
	a.Field, a.Line = it.field, v.line
	switch v.kind {
	case nullValue:
		if it.field == "" {
			return nil, faultf(v.line, "null is no keyword: a keyword is a text to look for, and null belongs to a field")
		}
		a.Op = OpNull
	case regexpValue:
		a.Op = OpRegexp
		re, err := v.compileRegexp()
		if err != nil {
			return nil, err
		}
		a.Regexp = re
	case cidrValue:
		a.Op, a.Prefix = OpCIDR, v.prefix
	case compareValue:
		a.Op, a.Compare, a.Decimal = OpCompare, v.compare, v.decimal
		if v.timed {
			a.Op, a.Part, a.Number = OpTime, v.part, v.number
		}
	case timeValue:
		a.Op, a.Part, a.Compare, a.Number = OpTime, v.part, EQ, v.number
	case existsValue:
		a.Op, a.Want = OpExists, v.want
	case fieldValue:
		a.Op, a.Ref, a.Place, a.Cased = OpFieldRef, it.file.intern(v.raw), v.place, v.cased
	default:
		return v.match(it, a)
	}
	return a, nil
}

// match makes the test of a text.
func (v *value) match(it *item, a *Atom) (Expr, error) {
	v.split()
	if it.field == "" {
		if len(v.pieces) == 0 {
			return nil, faultf(v.line, "an empty keyword would match every record: remove it")
		}
		if !v.placed {
			// A keyword is looked for in the whole record, so anywhere in a value.
			v.lead, v.trail = true, true
		}
	}
	if n := countDashes(v.pieces); n > maxDashPatterns {
		v.flags[0] = v.flags[0] || !v.cased
		a.Op, a.Regexp = OpRegexp, v.dashRegexp()
		return a, nil
	} else if n > 0 {
		return v.dashPatterns(it, a)
	}
	p := it.file.pattern(len(v.pieces) + int(bit(v.lead)+bit(v.trail)))
	if v.lead {
		p = append(p, Piece{Kind: AnyRun})
	}
	p = append(p, v.pieces...)
	if v.trail {
		p = append(p, Piece{Kind: AnyRun})
	}
	p = normalise(p)
	for i := range p {
		if p[i].Kind == Literal && !utf8.ValidString(p[i].Text) {
			// Only the modifiers that encode make such bytes, and records hold text.
			text, ok := bomText(p[i].Text)
			if !ok {
				return nil, faultf(v.line, "the encoded value is not text, which no record can hold: add base64 or base64offset to %s", it.key)
			}
			p[i].Text = text
		}
	}
	if !v.cased {
		p.fold()
	}
	a.Op, a.Cased, a.Pattern = OpMatch, v.cased, p
	return a, nil
}

func countDashes(p Pattern) int {
	n := 0
	for _, x := range p {
		if x.Kind == dash {
			n++
		}
	}
	return n
}

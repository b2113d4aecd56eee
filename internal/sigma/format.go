package sigma

import (
	"strconv"
	"strings"
)

// Format writes an expression for people: one line where it is short, and an indented block where it is not.
//
//	and
//	  Image ends with '\whoami.exe'
//	  not User = 'SYSTEM'
func Format(e Expr) string {
	var b strings.Builder
	formatExpr(&b, e, 0)
	return b.String()
}

func formatExpr(b *strings.Builder, e Expr, depth int) {
	switch e := e.(type) {
	case And:
		formatList(b, "and", "always", e, depth)
	case Or:
		formatList(b, "or", "never", e, depth)
	case Not:
		b.WriteString("not ")
		formatExpr(b, e.X, depth)
	case *Atom:
		b.WriteString(e.String())
	}
}

func formatList(b *strings.Builder, op, empty string, list []Expr, depth int) {
	if len(list) == 0 {
		b.WriteString(empty)
		return
	}
	b.WriteString(op)
	for _, x := range list {
		b.WriteByte('\n')
		b.WriteString(strings.Repeat("  ", depth+1))
		formatExpr(b, x, depth+1)
	}
}

// String writes the test for people.
func (a *Atom) String() string {
	field := a.Field
	if field == "" {
		field = "any value"
	}
	cased := ""
	if a.Cased {
		cased = ", case matters"
	}
	switch a.Op {
	case OpMatch:
		return field + " " + a.Pattern.describe() + cased
	case OpRegexp:
		return field + " matches the expression /" + a.Regexp + "/"
	case OpCIDR:
		return field + " is in the network " + a.Prefix.String()
	case OpCompare:
		return field + " " + a.Compare.String() + " " + a.Decimal.String()
	case OpExists:
		if a.Want {
			return field + " exists"
		}
		return field + " does not exist"
	case OpNull:
		return field + " is null or missing"
	case OpFieldRef:
		return field + " " + placeWords[min(a.Place, Anywhere)] + " the field " + a.Ref + cased
	case OpTime:
		return "the " + a.Part.String() + " of " + field + " " + a.Compare.String() + " " + formatNumber(a.Number)
	default:
		return field + " ?"
	}
}

var placeWords = [...]string{Whole: "=", Start: "starts with", End: "ends with", Anywhere: "contains"}

// describe says where the text of a pattern stands.
func (p Pattern) describe() string {
	n := len(p)
	lead := n > 0 && p[0].Kind == AnyRun
	trail := n > 0 && p[n-1].Kind == AnyRun
	place, inner := Whole, p
	switch {
	case n == 1 && lead:
		return "has a value"
	case lead && trail:
		place, inner = Anywhere, p[1:n-1]
	case trail:
		place, inner = Start, p[:n-1]
	case lead:
		place, inner = End, p[1:]
	}
	return placeWords[place] + " '" + strings.ReplaceAll(inner.String(), "'", "''") + "'"
}

func formatNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

package sigma

// comparison makes the modifiers lt, lte, gt and gte. After a part of a time they compare that part.
func comparison(c Compare) func(*item, *value) error {
	return func(it *item, v *value) error {
		switch v.kind {
		case textValue, numberValue:
			n, ok := ParseDecimal(v.raw)
			if !ok || it.changed != "" {
				return faultf(v.line, "%s in %q wants a number, not %q", it.modifier, it.key, v.raw)
			}
			v.decimal = n.plain()
		case timeValue:
			v.timed = true
		default:
			return it.cannot(v, "it is for numbers")
		}
		v.kind, v.compare = compareValue, c
		return nil
	}
}

// String returns the relation as a sign.
func (c Compare) String() string {
	return [...]string{"=", "!=", "<", "<=", ">", ">="}[min(c, GTE)]
}

// Holds says that a stands in the relation to b.
func (c Compare) Holds(a, b float64) bool {
	switch c {
	case EQ:
		return a == b
	case NEQ:
		return a != b
	case LT:
		return a < b
	case LTE:
		return a <= b
	case GT:
		return a > b
	default:
		return a >= b
	}
}

package sigma

import "math"

// timePart makes the modifiers minute, hour, day, week, month and year: the field is read as a time in UTC and the
// part of it is compared, with equality unless lt, lte, gt or gte follows.
func timePart(p TimePart) func(*item, *value) error {
	return func(it *item, v *value) error {
		if v.kind != numberValue && v.kind != textValue {
			return it.cannot(v, "it is for numbers")
		}
		n, ok := ParseNumber(v.raw)
		if !ok || n != math.Trunc(n) || it.changed != "" {
			return faultf(v.line, "%s in %q wants a whole number, not %q", it.modifier, it.key, v.raw)
		}
		v.kind, v.part, v.number = timeValue, p, n
		return nil
	}
}

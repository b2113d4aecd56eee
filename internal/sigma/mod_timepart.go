package sigma

import (
	"math"
	"time"
)

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

// Of returns the part of a time: minute 0 to 59, hour 0 to 23, day 1 to 31, week 1 to 53 (ISO 8601), month 1 to
// 12, year.
func (p TimePart) Of(t time.Time) int {
	switch p {
	case Minute:
		return t.Minute()
	case Hour:
		return t.Hour()
	case Day:
		return t.Day()
	case Week:
		_, w := t.ISOWeek()
		return w
	case Month:
		return int(t.Month())
	default:
		return t.Year()
	}
}

// String returns the name of the modifier.
func (p TimePart) String() string {
	return [...]string{"minute", "hour", "day", "week", "month", "year"}[min(p, Year)]
}

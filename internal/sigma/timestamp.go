package sigma

import (
	"strconv"
	"strings"
	"time"
)

// timeLayouts are how records write times, besides numbers. Go reads a fraction of the second that the layout
// does not mention. Month comes before day where slashes separate them, as Windows writes it in English.
var timeLayouts = [...]string{
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 Z07:00",
	"2006-01-02 15:04:05 Z0700",
	"2006-01-02 15:04:05 UTC",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04",
	"2006-01-02 15:04",
	"2006-01-02",
	"2006/01/02 15:04:05",
	"1/2/2006 3:04:05 PM",
	"1/2/2006 3:04 PM",
	"1/2/2006 15:04:05",
	"1/2/2006",
	"02/Jan/2006:15:04:05 -0700",
	"Mon Jan _2 15:04:05 2006",
	"Mon, 02 Jan 2006 15:04:05 -0700",
	"Mon, 02 Jan 2006 15:04:05 GMT",
}

// ParseTime reads a time as records write it, in UTC: RFC 3339 and its relatives, the forms of Windows, web
// servers and mail, and numbers. A number is seconds, milli-, micro- or nanoseconds since 1970 or, with 18
// digits, 100 ns since 1601, whichever gives a year between 1990 and 2100. A time without a zone is UTC.
func ParseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 64 {
		return time.Time{}, false
	}
	if t, ok := numericTime(s); ok {
		return t, true
	}
	if c := s[0]; c < '0' || c > '9' {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return time.Time{}, false
		}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func numericTime(s string) (time.Time, bool) {
	whole, fraction, dotted := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n < 0 || whole[0] == '+' {
		return time.Time{}, false
	}
	if dotted {
		for i := range len(fraction) {
			if fraction[i] < '0' || fraction[i] > '9' {
				return time.Time{}, false
			}
		}
	}
	var t time.Time
	switch len(whole) {
	case 9, 10:
		t = time.Unix(n, 0)
	case 12, 13:
		t = time.UnixMilli(n)
	case 15, 16:
		t = time.UnixMicro(n)
	case 18, 19:
		t = time.Unix(0, n)
		if t.Year() < 1990 {
			const epoch = 11_644_473_600 // seconds from 1601 to 1970
			t = time.Unix(n/1e7-epoch, n%1e7*100)
		}
	}
	t = t.UTC()
	return t, t.Year() >= 1990 && t.Year() <= 2100
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

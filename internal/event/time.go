package event

import (
	"strconv"
	"strings"
	"time"
)

// timeLayouts are the spellings that logs use, the usual ones first. Layouts without a zone are read as UTC.
var timeLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999 Z07:00",
	"2006-01-02 15:04:05.999999999 -0700",
	"2006-01-02T15:04:05.999999999-0700",
	"2006-01-02 15:04:05.999999999 MST",
	"2006/01/02 15:04:05.999999999",
	"01/02/2006 15:04:05",
	"1/2/2006 3:04:05 PM",
	"02/Jan/2006:15:04:05 -0700",
	time.RFC1123Z,
	time.RFC1123,
	time.ANSIC,
	time.UnixDate,
	time.RFC850,
	"2006-01-02",
}

// ParseTime reads a time in any of the spellings that logs use: RFC 3339 and its relatives, US dates, Apache's,
// RFC 1123, and seconds, milliseconds, microseconds or nanoseconds since 1970 (told apart by size). A number that is
// a FILETIME (100 ns since 1601) of the years 2000 to 2100 is taken for one: as nanoseconds it would be a time in 1973 or
// 1974. A time without zone is UTC.
func ParseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 8 || len(s) > 64 {
		return time.Time{}, false
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return epoch(s, n)
	}
	for _, l := range timeLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// The FILETIMEs of 2000-01-01 and 2100-01-01.
const (
	filetime2000 = 125911584000000000
	filetime2100 = 157469184000000000
)

// epoch reads a number as a time since 1970, or since 1601. Numbers before 1973 or after 2286 are not taken for times.
func epoch(s string, n float64) (time.Time, bool) {
	const least, most = 1e8, 1e10
	switch {
	case n >= least && n < most:
		whole, frac, _ := strings.Cut(s, ".")
		sec, err := strconv.ParseInt(whole, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		frac = (frac + "000000000")[:9]
		ns, err := strconv.ParseInt(frac, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		return time.Unix(sec, ns).UTC(), true
	case n >= least*1e3 && n < most*1e3:
		return time.UnixMilli(int64(n)).UTC(), true
	case n >= least*1e6 && n < most*1e6:
		return time.UnixMicro(int64(n)).UTC(), true
	case n >= least*1e9 && n < 9.2e18:
		ns, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return time.Time{}, false
		}
		if ns >= filetime2000 && ns < filetime2100 {
			ns = (ns - filetimeEpoch) * 100
		}
		return time.Unix(0, ns).UTC(), true
	}
	return time.Time{}, false
}

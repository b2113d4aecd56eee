package source

import (
	"encoding/binary"
	"math"
	"strings"
	"time"

	"entente/internal/event"
)

const (
	second = int64(time.Second)
	day    = 24 * 60 * 60 * second
)

// dayNanos is the start of a day in nanoseconds since 1970. ok is false for a day that the calendar does not have
// and for years that nanoseconds cannot hold.
func dayNanos(y, m, d int) (ns int64, ok bool) {
	if y < 1678 || y > 2261 || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	// Days since 1970 in the proleptic Gregorian calendar, counted from March so that leap days come last.
	yy := y
	if m <= 2 {
		yy--
	}
	era := yy / 400
	yoe := yy - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era*146097+doe-719468) * day, true
}

func daysIn(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// two reads two decimal digits; a number above 99 means that they are none.
func two(b []byte) int {
	hi, lo := b[0]-'0', b[1]-'0'
	if hi > 9 || lo > 9 {
		return 100
	}
	return int(hi)*10 + int(lo)
}

// isoDate reads 2006-01-02 (or 2006/01/02) at the start of b.
func isoDate(b []byte) (ns int64, ok bool) {
	if len(b) < 10 || b[4] != '-' && b[4] != '/' || b[7] != b[4] {
		return 0, false
	}
	hi, lo := two(b), two(b[2:])
	if hi > 99 || lo > 99 {
		return 0, false
	}
	return dayNanos(hi*100+lo, two(b[5:]), two(b[8:]))
}

// clock reads 15:04:05 with an optional fraction at the start of b and returns its length. A leap second counts as
// the second after.
func clock(b []byte) (ns int64, n int, ok bool) {
	if len(b) < 8 || b[2] != ':' || b[5] != ':' {
		return 0, 0, false
	}
	h, m, s := two(b), two(b[3:]), two(b[6:])
	if h > 23 || m > 59 || s > 60 {
		return 0, 0, false
	}
	ns = int64(h*3600+m*60+s) * second
	f, n := fraction(b[8:])
	return ns + f, 8 + n, true
}

// fraction reads .123456789 or ,123 at the start of b; digits beyond the ninth are read and dropped.
func fraction(b []byte) (ns int64, n int) {
	if len(b) < 2 || b[0] != '.' && b[0] != ',' || b[1] < '0' || b[1] > '9' {
		return 0, 0
	}
	scale := second
	for n = 1; n < len(b) && b[n] >= '0' && b[n] <= '9'; n++ {
		scale /= 10
		ns += int64(b[n]-'0') * scale
	}
	return ns, n
}

// zone reads Z, z, +01:00, +0100 or +01 at the start of b and returns its distance from UTC. n is 0 where there is
// none.
func zone(b []byte) (ns int64, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	if b[0] == 'Z' || b[0] == 'z' {
		return 0, 1
	}
	if b[0] != '+' && b[0] != '-' || len(b) < 3 {
		return 0, 0
	}
	h, m := two(b[1:]), 0
	if h > 23 {
		return 0, 0
	}
	n = 3
	switch {
	case len(b) >= 6 && b[3] == ':' && two(b[4:]) < 60:
		m, n = two(b[4:]), 6
	case len(b) >= 5 && two(b[3:]) < 60:
		m, n = two(b[3:]), 5
	}
	ns = int64(h*3600+m*60) * second
	if b[0] == '-' {
		ns = -ns
	}
	return ns, n
}

// isoTime reads an RFC 3339 time or a relative of it at the start of b and returns its length: a blank may stand for
// the T, a comma for the point, the zone may lack its colon or be missing (which means UTC).
func isoTime(b []byte) (ns int64, n int, ok bool) {
	d, ok := isoDate(b)
	if !ok || len(b) < 19 || b[10] != 'T' && b[10] != ' ' && b[10] != 't' {
		return 0, 0, false
	}
	c, n, ok := clock(b[11:])
	if !ok {
		return 0, 0, false
	}
	n += 11
	z, zn := zone(b[n:])
	return d + c - z, n + zn, true
}

// monthOf reads an English month of three letters at the start of b; 0 means that there is none.
func monthOf(b []byte) int {
	if len(b) < 3 {
		return 0
	}
	const months = "janfebmaraprmayjunjulaugsepoctnovdec"
	var m [3]byte
	for i := range m {
		m[i] = b[i] | 0x20
	}
	if i := strings.Index(months, string(m[:])); i >= 0 && i%3 == 0 {
		return i/3 + 1
	}
	return 0
}

// clfTime reads the time of an access log, 02/Jan/2006:15:04:05 -0700, which must be all of b.
func clfTime(b []byte) (ns int64, ok bool) {
	if len(b) < 20 || b[2] != '/' || b[6] != '/' || b[11] != ':' {
		return 0, false
	}
	hi, lo := two(b[7:]), two(b[9:])
	if hi > 99 || lo > 99 {
		return 0, false
	}
	d, ok := dayNanos(hi*100+lo, monthOf(b[3:]), two(b))
	if !ok {
		return 0, false
	}
	c, n, ok := clock(b[12:])
	if !ok {
		return 0, false
	}
	rest := b[12+n:]
	if len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	z, n := zone(rest)
	return d + c - z, n == len(rest)
}

// epochTime reads seconds since 1970 with an optional fraction, which must be all of b.
func epochTime(b []byte) (ns int64, ok bool) {
	var s int64
	i := 0
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		if s = s*10 + int64(b[i]-'0'); s > math.MaxInt64/second-1 {
			return 0, false
		}
	}
	if i == 0 {
		return 0, false
	}
	f, n := fraction(b[i:])
	return s*second + f, i+n == len(b)
}

// stamp is a record's time, for formats that have no field for it that reads as one: printed in RFC 3339, in steps of
// 100 ns, and only when somebody asks.
type stamp struct{ raw [8]byte }

// add adds the time to ev, if it has one, as a field in slot. The value lives in s.
func (s *stamp) add(ev *event.Event, slot uint32) {
	if !ev.HasTime {
		return
	}
	const since1601 = 116444736000000000
	binary.LittleEndian.PutUint64(s.raw[:], uint64(ev.Time/100+since1601))
	ev.Add(slot, event.Filetime, s.raw[:])
}

// moreLayouts are spellings of spreadsheets and of Windows in further countries. Where day and month could be
// swapped, event.ParseTime has read the American order before.
var moreLayouts = [...]string{
	"1/2/2006 15:04:05",
	"2/1/2006 15:04:05",
	"2/1/2006 3:04:05 PM",
	"02.01.2006 15:04:05",
	"2.1.2006 15:04:05",
	"02-01-2006 15:04:05",
	"2006-01-02 15:04",
	"1/2/2006 15:04",
	"1/2/2006 3:04 PM",
	"02.01.2006 15:04",
	"Jan 2, 2006 @ 15:04:05.999999999",
	"Jan 2, 2006 3:04:05 PM",
	"1/2/2006, 3:04:05 PM",
	"1/2/2006, 15:04:05",
	"2006-01-02T15:04Z07:00",
	"Jan _2 2006 15:04:05",
	"Mon Jan 2 15:04:05 2006",
}

// anyTime reads a time in whatever spelling b has, all of b.
func anyTime(b []byte) (ns int64, ok bool) {
	if ns, n, ok := isoTime(b); ok && n == len(b) {
		return ns, true
	}
	if len(b) < 8 || len(b) > 64 {
		return 0, false
	}
	if ns, ok := wmiTime(b); ok {
		return ns, true
	}
	s := strings.TrimSpace(string(b))
	// Windows separates the time from AM and PM with a narrow blank.
	s = strings.ReplaceAll(s, "\u202f", " ")
	t, ok := event.ParseTime(s)
	for _, l := range moreLayouts {
		if ok {
			break
		}
		var err error
		t, err = time.Parse(l, s)
		ok = err == nil
	}
	if !ok || t.Year() < 1678 || t.Year() > 2261 {
		return 0, false
	}
	return t.UnixNano(), true
}

// wmiTime reads a time of WMI, 20060102150405.000000+060, which must be all of b. The zone is in minutes.
func wmiTime(b []byte) (ns int64, ok bool) {
	if len(b) != 25 || b[14] != '.' || b[21] != '+' && b[21] != '-' || !digits(b[:14]) || !digits(b[15:21]) || !digits(b[22:]) {
		return 0, false
	}
	d, ok := dayNanos(two(b)*100+two(b[2:]), two(b[4:]), two(b[6:]))
	h, m, s := two(b[8:]), two(b[10:]), two(b[12:])
	if !ok || h > 23 || m > 59 || s > 60 {
		return 0, false
	}
	f, _ := fraction(b[14:21])
	zone := int64(b[22]-'0')*100 + int64(two(b[23:]))
	if b[21] == '-' {
		zone = -zone
	}
	return d + int64(h*3600+m*60+s)*second + f - zone*60*second, true
}

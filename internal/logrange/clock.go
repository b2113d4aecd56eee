package logrange

import (
	"math/bits"
	"time"
)

// ticks counts 100 ns since 1970 in UTC: the resolution of Windows event logs.
type ticks int64

const (
	second = ticks(time.Second / 100)
	milli  = second / 1000
	minute = 60 * second
)

func ticksOf(t time.Time) ticks { return ticks(t.UnixNano() / 100) }

func (t ticks) time() time.Time { return time.Unix(0, int64(t)*100).UTC() }

// rhythm spreads a host's work over its time: it says when the record is due that stands at a given share of the
// whole. All integers, so that every processor agrees.
type rhythm struct {
	start ticks
	end   ticks
	cum   []uint64 // work until the end of each slot
	slot  int      // where at found the last share; shares only grow
}

const slotLength = 10 * minute

// Work of an hour, in thousandths of the busiest one, for those who keep office hours (UTC).
var (
	officeDay = [24]uint64{15, 12, 10, 10, 14, 40, 180, 520, 860, 980, 1000, 930, 640, 820, 960, 940, 800, 520, 230, 120, 80, 55, 35, 20}
	weekend   = [24]uint64{12, 10, 8, 8, 8, 10, 16, 25, 40, 60, 70, 70, 60, 60, 60, 55, 50, 45, 45, 40, 35, 28, 20, 15}
)

// newRhythm makes a rhythm from start for span. constant is the share of the work, in thousandths of a busy hour,
// that goes on day and night (services, probes).
func newRhythm(start ticks, span time.Duration, constant uint64) *rhythm {
	r := &rhythm{start: start, end: start + ticks(span/100)}
	var sum uint64
	for t := start; t < r.end; t += slotLength {
		hour := officeHours(t)
		n := uint64(min(slotLength, r.end-t)) / uint64(second)
		sum += max(1, n) * (constant + hour*(1000-min(constant, 1000))/1000)
		r.cum = append(r.cum, sum)
	}
	return r
}

// officeHours is the work at t, moving evenly from hour to hour.
func officeHours(t ticks) uint64 {
	now := t.time()
	of := func(h time.Time) uint64 {
		if d := h.Weekday(); d == time.Saturday || d == time.Sunday {
			return weekend[h.Hour()]
		}
		return officeDay[h.Hour()]
	}
	part := uint64(now.Minute())
	return (of(now)*(60-part) + of(now.Add(time.Hour))*part) / 60
}

// at returns when the record at done of whole is due. Calls come with growing shares.
func (r *rhythm) at(done, whole uint64) ticks {
	if whole == 0 || done >= whole {
		return r.end - 1
	}
	last := r.cum[len(r.cum)-1]
	hi, lo := bits.Mul64(done, last)
	want, _ := bits.Div64(hi, lo, whole)
	for r.slot > 0 && r.cum[r.slot-1] > want {
		r.slot--
	}
	for r.slot < len(r.cum)-1 && r.cum[r.slot] <= want {
		r.slot++
	}
	var before uint64
	if r.slot > 0 {
		before = r.cum[r.slot-1]
	}
	begin := r.start + ticks(r.slot)*slotLength
	length := uint64(min(slotLength, r.end-begin))
	hi, lo = bits.Mul64(want-before, length)
	off, _ := bits.Div64(hi, lo, r.cum[r.slot]-before)
	return begin + ticks(off)
}

// working says that people are at work at t.
func working(t ticks) bool { return officeHours(t) > 300 }

// The texts of a point in time. Logs repeat the second far more often than they change it, so the text of the last
// second is kept.
type timeText struct {
	sec   ticks
	civil [19]byte // 2006-01-02 15:04:05
	have  bool
}

func (c *timeText) at(t ticks) *[19]byte {
	s := t / second
	if c.have && s == c.sec {
		return &c.civil
	}
	c.sec, c.have = s, true
	u := t.time()
	y, m, d := u.Date()
	b := &c.civil
	put4(b[0:], y)
	b[4], b[7], b[10], b[13], b[16] = '-', '-', ' ', ':', ':'
	put2(b[5:], int(m))
	put2(b[8:], d)
	put2(b[11:], u.Hour())
	put2(b[14:], u.Minute())
	put2(b[17:], u.Second())
	return b
}

// civilSecond appends 2021-03-03 06:49:46.
func (c *timeText) civilSecond(dst []byte, t ticks) []byte { return append(dst, c.at(t)[:]...) }

// civilMilli appends 2021-03-03 06:49:46.123, as Sysmon writes UtcTime.
func (c *timeText) civilMilli(dst []byte, t ticks) []byte {
	dst = append(dst, c.at(t)[:]...)
	return appendMilli(dst, t)
}

// rfc3339Milli appends 2021-03-03T06:49:46.123Z.
func (c *timeText) rfc3339Milli(dst []byte, t ticks) []byte {
	dst = c.rfc3339Base(dst, t)
	dst = appendMilli(dst, t)
	return append(dst, 'Z')
}

// rfc3339Second appends 2021-03-03T06:49:46Z.
func (c *timeText) rfc3339Second(dst []byte, t ticks) []byte {
	return append(c.rfc3339Base(dst, t), 'Z')
}

func (c *timeText) rfc3339Base(dst []byte, t ticks) []byte {
	n := len(dst)
	dst = append(dst, c.at(t)[:]...)
	dst[n+10] = 'T'
	return dst
}

func appendMilli(dst []byte, t ticks) []byte {
	ms := int(t % second / milli)
	return append(dst, '.', byte('0'+ms/100), byte('0'+ms/10%10), byte('0'+ms%10))
}

func put2(b []byte, n int) {
	b[0], b[1] = byte('0'+n/10%10), byte('0'+n%10)
}

func put4(b []byte, n int) {
	put2(b, n/100)
	put2(b[2:], n%100)
}

package stix

import (
	"errors"
	"time"
)

// Timestamp is a time as it was written, and what it means. Time is zero where Text is no timestamp.
type Timestamp struct {
	Text string
	Time time.Time
}

var errTimestamp = errors.New("write the time like 2021-07-19T12:00:00.000Z: RFC 3339, in UTC, ending in Z")

// ParseTimestamp reads a timestamp of STIX (section 2.16): RFC 3339 in UTC, with T and Z in capitals and any number of
// digits after the point. On an error the result has the text alone.
func ParseTimestamp(s string) (Timestamp, error) {
	ts := Timestamp{Text: s}
	if len(s) < len("2006-01-02T15:04:05Z") || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[len(s)-1] != 'Z' {
		return ts, errTimestamp
	}
	var ok [6]bool
	var year, month, day, hour, minute, second int
	year, ok[0] = number(s[0:4])
	month, ok[1] = number(s[5:7])
	day, ok[2] = number(s[8:10])
	hour, ok[3] = number(s[11:13])
	minute, ok[4] = number(s[14:16])
	second, ok[5] = number(s[17:19])
	if ok != [6]bool{true, true, true, true, true, true} {
		return ts, errTimestamp
	}
	nanos := 0
	if frac := s[19 : len(s)-1]; frac != "" {
		if frac[0] != '.' || len(frac) == 1 {
			return ts, errTimestamp
		}
		digits := frac[1:]
		for _, c := range []byte(digits) {
			if c < '0' || c > '9' {
				return ts, errTimestamp
			}
		}
		nanos, _ = number((digits + "000000000")[:9])
	}
	if month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60 || second == 60 && minute != 59 {
		return ts, errors.New("there is no such time: " + s)
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if day < 1 || second < 60 && (t.Day() != day || t.Month() != time.Month(month)) || second == 60 && day > 31 {
		return ts, errors.New("there is no such day: " + s)
	}
	ts.Time = t
	return ts, nil
}

// fraction is how many digits of a second the timestamp has.
func (t Timestamp) fraction() int { return max(0, len(t.Text)-len("2006-01-02T15:04:05.Z")) }

// number reads digits alone.
func number(s string) (n int, ok bool) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

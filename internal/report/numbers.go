package report

import (
	"fmt"
	"strconv"
	"time"
)

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// bytesText writes a number of bytes with three significant digits in decimal units.
func bytesText(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " B"
	}
	v := float64(n)
	for _, unit := range [...]string{"kB", "MB", "GB", "TB", "PB"} {
		v /= 1000
		if v < 9.995 {
			return fmt.Sprintf("%.2f %s", v, unit)
		}
		if v < 99.95 {
			return fmt.Sprintf("%.1f %s", v, unit)
		}
		if v < 999.5 || unit == "PB" {
			return fmt.Sprintf("%.0f %s", v, unit)
		}
	}
	return ""
}

// durationText writes a duration the way people say it: 850 ms, 3.4 s, 2 min 5 s, 1 h 2 min, 3 d 4 h.
func durationText(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return twoUnits(int64(d/time.Second), 60, "min", "s")
	case d < 48*time.Hour:
		return twoUnits(int64(d/time.Minute), 60, "h", "min")
	default:
		return twoUnits(int64(d/time.Hour), 24, "d", "h")
	}
}

func twoUnits(n, per int64, large, small string) string {
	s := strconv.FormatInt(n/per, 10) + " " + large
	if r := n % per; r > 0 {
		s += " " + strconv.FormatInt(r, 10) + " " + small
	}
	return s
}

// plural writes "1 host", "3 hosts".
func plural(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + one + "s"
}

// rate is events per second; 0 where no time passed.
func rate(n int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(float64(n) / d.Seconds())
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

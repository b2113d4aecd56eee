package sigma

import (
	"math"
	"strconv"
	"time"
)

// parseTimespan reads a number and a unit: s, m, h, d, w, M or y. A month is the twelfth of a year and a year
// 365.2425 days, as in pySigma.
func parseTimespan(n *node) (time.Duration, error) {
	bad := func() (time.Duration, error) {
		return 0, faultf(n.line, "the timespan %q cannot be read: write a number and one of s, m, h, d, w, M, y, for example 5m", n.text)
	}
	if n.kind != scalarNode || len(n.text) < 2 {
		return bad()
	}
	digits, unit := n.text[:len(n.text)-1], n.text[len(n.text)-1]
	var seconds float64
	switch unit {
	case 's':
		seconds = 1
	case 'm':
		seconds = 60
	case 'h':
		seconds = 3600
	case 'd':
		seconds = 86400
	case 'w':
		seconds = 7 * 86400
	case 'M':
		seconds = 2_629_746
	case 'y':
		seconds = 31_556_952
	default:
		return bad()
	}
	count, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || count == 0 {
		return bad()
	}
	if float64(count)*seconds > math.MaxInt64/1e9 {
		return 0, faultf(n.line, "the timespan %q is too long: 292 years is the limit", n.text)
	}
	return time.Duration(count) * time.Duration(seconds) * time.Second, nil
}

package sigma

import (
	"cmp"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ParseNumber reads a number as records and rules write it: decimal with an optional sign, fraction and exponent,
// or a hexadecimal integer with 0x. Blanks around it do not matter; nothing else does stand for a number.
func ParseNumber(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return float64(u), err == nil
	}
	if s == "" || len(s) > 64 {
		return 0, false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, false // keeps out inf, nan, underscores and hexadecimal fractions
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// Decimal is a number exactly as it is written, of any length: 0.DIGITS × 10^point. The zero value is 0.
type Decimal struct {
	negative bool
	point    int
	// The digits, in two pieces so that none need be copied, begin with one that is not 0. Zeros at their end mean nothing.
	head, tail string
}

// ParseDecimal reads what [ParseNumber] reads, and numbers that are too large, too small or too long for it. The result
// holds on to s.
func ParseDecimal(s string) (Decimal, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		if err != nil {
			return Decimal{}, false
		}
		s = strconv.FormatUint(u, 10)
	}
	var d Decimal
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.negative, s = s[0] == '-', s[1:]
	}
	n := digits(s)
	whole, fraction := s[:n], ""
	if s = s[n:]; s != "" && s[0] == '.' {
		n = digits(s[1:])
		fraction, s = s[1:1+n], s[1+n:]
	}
	if whole == "" && fraction == "" {
		return Decimal{}, false
	}
	if s != "" {
		if s[0]|0x20 != 'e' {
			return Decimal{}, false
		}
		e, err := strconv.ParseInt(s[1:], 10, 32)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			return Decimal{}, false
		}
		d.point = int(e) // beyond 32 bits the largest there is
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		n = len(fraction)
		fraction = strings.TrimLeft(fraction, "0")
		d.point -= n - len(fraction)
	}
	if whole == "" && fraction == "" {
		return Decimal{}, true
	}
	d.point += len(whole)
	d.head, d.tail = whole, fraction
	return d, true
}

// digits is the length of the digits at the beginning of a text.
func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}

// plain is the same number in a form that is the same for equal numbers, and that holds on to nothing else.
func (d Decimal) plain() Decimal {
	d.head, d.tail = strings.TrimRight(d.head+d.tail, "0"), ""
	return d
}

func (d Decimal) zero() bool { return d.head == "" && d.tail == "" }

// digit returns the i-th digit.
func (d Decimal) digit(i int) byte {
	switch {
	case i < len(d.head):
		return d.head[i]
	case i-len(d.head) < len(d.tail):
		return d.tail[i-len(d.head)]
	}
	return '0'
}

// Compare is negative where d is less than o, positive where it is more, and 0 where they are the same.
func (d Decimal) Compare(o Decimal) int {
	if d.negative != o.negative || d.zero() || o.zero() {
		return cmp.Compare(d.sign(), o.sign())
	}
	n := cmp.Compare(d.point, o.point)
	for i := 0; n == 0 && i < max(len(d.head)+len(d.tail), len(o.head)+len(o.tail)); i++ {
		n = cmp.Compare(d.digit(i), o.digit(i))
	}
	if d.negative {
		return -n
	}
	return n
}

func (d Decimal) sign() int {
	switch {
	case d.zero():
		return 0
	case d.negative:
		return -1
	}
	return 1
}

// String is the number in decimal, with an exponent where it would be mostly zeros.
func (d Decimal) String() string {
	if d.zero() {
		return "0"
	}
	p := d.plain()
	s := p.head
	switch n := len(s); {
	case p.point > n+20 || p.point < -20:
		s = s[:1] + "." + s[1:]
		s = strings.TrimSuffix(s, ".") + "e" + strconv.Itoa(p.point-1)
	case p.point >= n:
		s += strings.Repeat("0", p.point-n)
	case p.point > 0:
		s = s[:p.point] + "." + s[p.point:]
	default:
		s = "0." + strings.Repeat("0", -p.point) + s
	}
	if p.negative {
		s = "-" + s
	}
	return s
}

// CompareNumber evaluates a test of [OpCompare] on a text.
func (a *Atom) CompareNumber(text string) bool {
	d, ok := ParseDecimal(text)
	return ok && a.Compare.Holds(float64(d.Compare(a.Decimal)), 0)
}

// ParseAddress reads an IP address as records write it: with or without a zone, a port, brackets. An IPv4 address
// that is mapped into IPv6 (::ffff:192.0.2.1) is the IPv4 address.
func ParseAddress(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil {
		return a.WithZone("").Unmap(), true
	}
	if p, err := netip.ParseAddrPort(s); err == nil {
		return p.Addr().WithZone("").Unmap(), true
	}
	if in, ok := strings.CutPrefix(s, "["); ok {
		if in, ok = strings.CutSuffix(in, "]"); ok {
			if a, err := netip.ParseAddr(in); err == nil && a.Is6() {
				return a.WithZone("").Unmap(), true
			}
		}
	}
	return netip.Addr{}, false
}

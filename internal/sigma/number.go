package sigma

import (
	"cmp"
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

// Integer is a whole number that 64 bits and a sign hold, apart from others that are the same as a float64. The zero
// value is none.
type Integer struct {
	known, negative bool
	size            uint64
}

// ParseInteger reads what [ParseNumber] reads as a number that is written without fraction and exponent.
func ParseInteger(s string) (Integer, bool) {
	s = strings.TrimSpace(s)
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		u, err := strconv.ParseUint(s[2:], 16, 64)
		return Integer{known: err == nil, size: u}, err == nil
	}
	negative := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		negative, s = s[0] == '-', s[1:]
	}
	if len(s) > 62 {
		return Integer{}, false
	}
	u, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return Integer{}, false
	}
	return Integer{known: true, negative: negative && u != 0, size: u}, true
}

// Compare is negative where i is less than j, positive where it is more, and 0 where they are the same.
func (i Integer) Compare(j Integer) int {
	switch {
	case i.negative != j.negative:
		if i.negative {
			return -1
		}
		return 1
	case i.negative:
		i, j = j, i
	}
	return cmp.Compare(i.size, j.size)
}

// String is the number in decimal.
func (i Integer) String() string {
	s := strconv.FormatUint(i.size, 10)
	if i.negative {
		s = "-" + s
	}
	return s
}

// CompareNumber evaluates a test of [OpCompare] on a text: whole numbers exactly, others as float64.
func (a *Atom) CompareNumber(text string) bool {
	if a.Integer.known {
		if i, ok := ParseInteger(text); ok {
			return a.Compare.Holds(float64(i.Compare(a.Integer)), 0)
		}
	}
	n, ok := ParseNumber(text)
	return ok && a.Compare.Holds(n, a.Number)
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

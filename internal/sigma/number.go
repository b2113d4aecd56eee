package sigma

import (
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

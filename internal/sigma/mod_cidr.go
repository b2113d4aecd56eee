package sigma

import (
	"net/netip"
	"strings"
)

// cidr reads the value as a network, or as one address.
func cidr(it *item, v *value) error {
	if err := it.unmodified(v); err != nil {
		return err
	}
	if v.kind != textValue {
		return it.cannot(v, "write a network such as 192.0.2.0/24")
	}
	p, err := parseNetwork(v.raw)
	if err != nil {
		return faultf(v.line, "%q in %q is not a network: write it like 192.0.2.0/24 or 2001:db8::/32", v.raw, it.key)
	}
	if p != p.Masked() {
		it.warn(v.line, "%s in %q has bits beyond its mask; it is read as %s", v.raw, it.key, p.Masked())
	}
	v.kind, v.prefix = cidrValue, p.Masked()
	return nil
}

// parseNetwork also reads the dotted masks of IPv4 that pySigma accepts, and turns networks of IPv4 addresses
// mapped into IPv6 into networks of IPv4.
func parseNetwork(s string) (netip.Prefix, error) {
	host, mask, sliced := strings.Cut(s, "/")
	if !sliced {
		a, err := netip.ParseAddr(s)
		if err != nil {
			return netip.Prefix{}, err
		}
		a = a.WithZone("").Unmap()
		return a.Prefix(a.BitLen())
	}
	if m, err := netip.ParseAddr(mask); err == nil && m.Is4() {
		a, err := netip.ParseAddr(host)
		if err != nil || !a.Is4() {
			return netip.Prefix{}, errMask
		}
		bits, ok := maskBits(m)
		if !ok {
			return netip.Prefix{}, errMask
		}
		return netip.PrefixFrom(a, bits), nil
	}
	p, err := netip.ParsePrefix(s)
	if err == nil && p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p, err
}

// maskBits counts the leading ones of a mask that has no others.
func maskBits(m netip.Addr) (int, bool) {
	b := m.As4()
	u := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	n := 0
	for u&(1<<31) != 0 {
		u <<= 1
		n++
	}
	return n, u == 0
}

package event

import (
	"net/netip"
	"strings"
)

// IsAddress says that a host goes by an IP address instead of a name.
func IsAddress(host string) bool {
	if strings.IndexByte(host, ':') < 0 && strings.Trim(host, "0123456789.") != "" {
		return false // the usual case, without the making of an error
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// ShortHost is the name of a host without its domain. An address stays whole.
func ShortHost(host string) string {
	short, _, full := strings.Cut(host, ".")
	if full && IsAddress(host) {
		return host
	}
	return short
}

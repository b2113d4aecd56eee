package webhook

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// special are the networks that are not public (IANA special-purpose address registries), and those in which an address of
// IPv4 stands that may not be public.
var special = func() (out []netip.Prefix) {
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
		"192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
		"::/16", "64:ff9b::/32", "100::/16", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9", "ff00::/8",
	} {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}()

// reach says which addresses may be sent to.
type reach struct {
	networks []netip.Prefix // beside those that are public
}

// unreachable is why an address is not sent to.
type unreachable string

func (u unreachable) Error() string { return string(u) }

// allows is an error for an address that is not to be sent to. plain says that the message is not encrypted.
func (r reach) allows(addr netip.Addr, plain bool) error {
	addr = addr.Unmap().WithZone("")
	for _, p := range r.networks {
		if p.Contains(addr) {
			return nil
		}
	}
	if plain {
		return unreachable("http is for networks that webhook_networks in the configuration of the node names: use https")
	}
	for _, p := range special {
		if p.Contains(addr) {
			return unreachable("the address is not public, and webhook_networks in the configuration of the node does not name it")
		}
	}
	return nil
}

// CheckURL is an error for a URL that is never sent to, as far as it can be told without asking for a name: one with an address
// that is not allowed. What a name resolves to is looked at with every message.
func (r *Runner) CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil {
		return nil //nolint:nilerr // what is no URL at all is somebody else's to refuse
	}
	host := u.Hostname()
	if name := strings.ToLower(strings.TrimSuffix(host, ".")); name == "localhost" || strings.HasSuffix(name, ".localhost") {
		host = "127.0.0.1"
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return nil //nolint:nilerr // a name
	}
	return reach{r.opt.Networks}.allows(addr, u.Scheme == "http")
}

type plainKey struct{}

// dial connects. The address is looked at when it is known to what the name resolves, and that is the one connected to.
func (r reach) dial(ctx context.Context, network, address string) (net.Conn, error) {
	plain, _ := ctx.Value(plainKey{}).(bool)
	d := net.Dialer{Timeout: 10 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("the address cannot be read: %w", err)
		}
		return r.allows(at.Addr(), plain)
	}}
	return d.DialContext(ctx, network, address)
}

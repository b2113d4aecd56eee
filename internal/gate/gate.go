// Package gate stands at the door of every HTTP interface of a node: it makes a caller of a request, and holds back who
// comes too often.
//
// A caller shows one of: a client certificate (TLS), a bearer token, a name and password (HTTP Basic). Credentials that are
// shown and wrong are an error, never an anonymous caller.
//
// What it guarantees: no credential is logged or kept; what is wrong with credentials is not told; an address whose
// credentials were wrong too often waits before more of its passwords are looked at, so that they cannot be tried out and the
// work of checking them cannot be used to keep the node busy. Tokens and certificates cannot be guessed and cost nothing to
// check, so that those who show right ones do not wait for the mistakes of others at their address.
//
// What it does not do: it does not say what a caller may do.
package gate

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"entente/internal/exchange"
)

// Options of a [Gate].
type Options struct {
	// Rate is how many requests a second a caller may make in the long run, Burst how many at once. 0 is no limit.
	Rate  float64
	Burst int
	// FailureRate and FailureBurst are the same for wrong credentials from one address. 0 is no limit.
	FailureRate  float64
	FailureBurst int
	// NoBasic refuses names and passwords.
	NoBasic bool
	// Proxies are the networks whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	Now     func() time.Time // nil: time.Now
}

// Gate may be used by many at once.
type Gate struct {
	ex       *exchange.Service
	opt      Options
	callers  *buckets
	failures *buckets
	uploads  *uploads

	refused, held atomic.Int64
}

// New makes a gate.
func New(ex *exchange.Service, opt Options) *Gate {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	return &Gate{
		ex: ex, opt: opt,
		callers:  newBuckets(opt.Rate, opt.Burst, opt.Now),
		failures: newBuckets(opt.FailureRate, opt.FailureBurst, opt.Now),
		uploads:  newUploads(),
	}
}

// TooManyError says that a caller has to wait.
type TooManyError struct{ After time.Duration }

func (e *TooManyError) Error() string { return "too many requests: wait " + e.After.String() }

// Counts are how many requests were refused for their credentials, and held back for their number, since the start.
func (g *Gate) Counts() (refused, held int64) { return g.refused.Load(), g.held.Load() }

// Challenges are the values of WWW-Authenticate with an answer of 401.
func (g *Gate) Challenges() []string {
	out := []string{`Basic realm="entente", charset="UTF-8"`, `Bearer realm="entente"`}
	if g.opt.NoBasic {
		return out[1:]
	}
	return out
}

// Enter gives the caller of a request, an anonymous one where no credentials are shown. The error is
// [exchange.ErrUnauthenticated], a [TooManyError], or that of the store.
func (g *Gate) Enter(r *http.Request) (exchange.Principal, error) {
	remote := g.Remote(r)
	wait := g.failures.wait(remote)
	basic := g.ex.Basic
	if wait > 0 {
		basic = g.ex.Remembered
	}
	p, err := g.identify(r, basic)
	if err != nil {
		if errors.Is(err, exchange.ErrUnauthenticated) {
			if wait > 0 {
				g.held.Add(1)
				return exchange.Principal{}, &TooManyError{After: wait}
			}
			g.refused.Add(1)
			g.failures.take(remote)
			name, _, _ := r.BasicAuth()
			g.ex.Refused(r.Context(), remote, name)
		}
		return exchange.Principal{}, err
	}
	p.Remote = remote
	if wait := g.callers.take(g.keyOf(p)); wait > 0 {
		g.held.Add(1)
		return exchange.Principal{}, &TooManyError{After: wait}
	}
	return p, nil
}

// byPassword is who shows a name and a password.
type byPassword func(ctx context.Context, user, password string) (exchange.Principal, error)

func (g *Gate) identify(r *http.Request, basic byPassword) (exchange.Principal, error) {
	ctx := r.Context()
	headers := r.Header.Values("Authorization")
	switch {
	case len(headers) > 1:
		return exchange.Principal{}, exchange.ErrUnauthenticated
	case len(headers) == 1:
		return g.authorize(ctx, headers[0], r, basic)
	}
	if cert := certificate(r); cert != nil {
		return g.ex.Certificate(ctx, cert)
	}
	return g.ex.Anonymous(ctx)
}

func (g *Gate) authorize(ctx context.Context, header string, r *http.Request, basic byPassword) (exchange.Principal, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(scheme) {
	case "bearer", "token": // Token is what some clients of TAXII say
		if rest != "" {
			return g.ex.Bearer(ctx, rest)
		}
	case "basic":
		user, password, ok := r.BasicAuth()
		if ok && user != "" && !g.opt.NoBasic {
			return basic(ctx, user, password)
		}
	}
	return exchange.Principal{}, exchange.ErrUnauthenticated
}

// certificate is the one that the client has proven to have the key of.
func certificate(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

// Remote is the address that a request comes from. Where it comes through proxies that are believed, it is the last address
// in X-Forwarded-For that is none of them.
func (g *Gate) Remote(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if len(g.opt.Proxies) == 0 || !g.believed(host) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		hop = strings.TrimSpace(hop)
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
		if !g.believed(hop) {
			break
		}
	}
	return host
}

func (g *Gate) believed(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range g.opt.Proxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

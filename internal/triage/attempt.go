package triage

import (
	"net/netip"
	"strings"

	"entente/internal/event"
)

// Outcome is how an attempt to log on ended.
type Outcome uint8

// The outcomes.
const (
	Success Outcome = iota
	Failure
	// Explicit is the use of explicit credentials (4648), of which the record does not say how it ended.
	Explicit
	// Privileged is not an attempt but says that the account got special privileges with its logon (4672).
	Privileged
)

// attempt is one attempt to log on, whatever log tells of it. Its texts are its own.
type attempt struct {
	outcome Outcome
	account string // DOMAIN\name, name, name@domain; "" where the record names none
	source  string // address, or name of the machine; "" is the host itself
	method  string // how, in a few words
	reason  string // of a failure, in a few words
	system  bool   // an account of the system itself or of a machine
}

// attemptReader finds attempts in records.
type attemptReader struct {
	strings texts
	text    []byte
}

// read says whether a record tells of an attempt to log on.
func (r *attemptReader) read(ev *event.Event) (attempt, bool) {
	switch ev.Source {
	case event.SourceWindows:
		return r.windows(ev)
	case event.SourceSyslog:
		return r.syslog(ev)
	case event.SourceAuditd:
		return r.auditd(ev)
	case event.SourceCloudTrail:
		return r.cloudTrail(ev)
	case event.SourceEntra:
		return r.entra(ev)
	case event.SourceOkta:
		return r.okta(ev)
	case event.SourceM365:
		return r.m365(ev)
	default:
		return attempt{}, false
	}
}

// field returns the first of some fields that says something, as a text of its own.
func (r *attemptReader) field(ev *event.Event, names ...string) string {
	for _, n := range names {
		v, ok := ev.Get(n)
		if !ok || v.IsNull() {
			continue
		}
		r.text = v.AppendText(r.text[:0])
		s := strings.TrimSpace(string(r.text))
		if s != "" && s != "-" && s != "?" {
			if len(s) > maxNameLen {
				s = strings.ToValidUTF8(s[:maxNameLen], "") + "…"
			}
			return r.strings.get(s)
		}
	}
	return ""
}

// maxNameLen bounds names that somebody outside chooses by trying to log on with them, in bytes.
const maxNameLen = 256

// from names where an attempt came from: the first address that is not the host itself, else the first name.
func from(values ...string) string {
	name := ""
	for _, v := range values {
		v = strings.TrimSpace(strings.TrimPrefix(v, `\\`))
		if v == "" || v == "-" || v == "?" {
			continue
		}
		if a, ok := address(v); ok {
			if !a.IsLoopback() && !a.IsUnspecified() {
				return a.String()
			}
			continue
		}
		if name == "" && !strings.EqualFold(v, "localhost") && !strings.EqualFold(v, "LOCAL") {
			name = v
		}
	}
	return name
}

// address reads an address, with a port or without, and unwraps IPv4 in IPv6.
func address(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	if err != nil {
		ap, perr := netip.ParseAddrPort(s)
		if perr != nil {
			return netip.Addr{}, false
		}
		a = ap.Addr()
	}
	return a.Unmap().WithZone(""), true
}

// account joins a name with its domain.
func account(domain, name string) string {
	if name == "" || domain == "" || strings.ContainsAny(name, `\@`) {
		return name
	}
	return domain + `\` + name
}

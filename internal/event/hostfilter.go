package event

import (
	"strings"
	"unicode/utf8"
)

// HostFilter is a host that somebody asks for: by its full or its short name or by an address, with * for any text and ? for
// one character, in letters of either case.
type HostFilter struct {
	name    string // as it was asked for
	pattern string // folded
	short   string // of a full name: some logs of a host name it so; else ""
	wild    bool
	domain  bool // nothing but the domain is asked for: short is wildcards alone
}

// NewHostFilter makes a filter of what somebody asks for.
func NewHostFilter(name string) HostFilter {
	name = strings.TrimSpace(name)
	f := HostFilter{name: name, pattern: FoldString(name), wild: strings.ContainsAny(name, "*?")}
	if short := ShortHost(f.pattern); short != f.pattern && (f.Named() || !f.wild) {
		f.short, f.domain = short, strings.Trim(short, "*?") == ""
	}
	return f
}

// Name is what was asked for.
func (f *HostFilter) Name() string { return f.name }

// Named says that the host is asked for by a name, of which an address tells nothing.
func (f *HostFilter) Named() bool {
	return !IsAddress(f.name) && strings.Trim(f.name, "0123456789.:*?") != ""
}

// DomainOnly says that hosts are asked for by nothing but their domain (*.example.org), of which a short name tells nothing.
func (f *HostFilter) DomainOnly() bool { return f.domain }

// Matches says whether records of a host are asked for, whose name is given whole and folded ([FoldString]). A short name asks
// for the host in any domain, a full one also for records that leave its domain out, unless it is [HostFilter.DomainOnly].
func (f *HostFilter) Matches(host string) bool {
	if !f.wild {
		return host == f.pattern || ShortHost(host) == f.pattern || f.short != "" && host == f.short
	}
	return wildcard(f.pattern, host) || wildcard(f.pattern, ShortHost(host)) || !f.domain && f.matchesShort(host)
}

// Unsure says that records of a host that is not matched, whose name is given as to Matches, may be asked for all the same: they
// name no host, only its address, or leave out the domain that alone is asked for.
func (f *HostFilter) Unsure(host string) bool {
	return host == "" || f.Named() && IsAddress(host) || f.domain && f.matchesShort(host)
}

// matchesShort says that a host without its domain is what comes before the domain that is asked for.
func (f *HostFilter) matchesShort(host string) bool {
	return f.short != "" && !strings.ContainsAny(host, ".:") && wildcard(f.short, host)
}

// wildcard matches a pattern of * and ? in time that is at most the product of the lengths.
func wildcard(pattern, s string) bool {
	star, retry := -1, 0 // the last *, and where in s the text behind it was looked for last
	p, i := 0, 0
	for i < len(s) {
		_, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, retry = p, i
			p++
			continue
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += n
			continue
		case p < len(pattern) && strings.HasPrefix(pattern[p:], s[i:i+n]):
			p += n
			i += n
			continue
		case star < 0:
			return false
		}
		_, n = utf8.DecodeRuneInString(s[retry:])
		retry += n
		p, i = star+1, retry
	}
	return strings.Trim(pattern[p:], "*") == ""
}

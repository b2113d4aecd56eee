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
	short   string // of a full name without wildcards: some logs of a host name it so; else ""
	wild    bool
}

// NewHostFilter makes a filter of what somebody asks for.
func NewHostFilter(name string) HostFilter {
	name = strings.TrimSpace(name)
	f := HostFilter{name: name, pattern: FoldString(name), wild: strings.ContainsAny(name, "*?")}
	if short := ShortHost(f.pattern); short != f.pattern && !f.wild {
		f.short = short
	}
	return f
}

// Name is what was asked for.
func (f *HostFilter) Name() string { return f.name }

// Named says that the host is asked for by a name, of which an address tells nothing.
func (f *HostFilter) Named() bool {
	return !IsAddress(f.name) && strings.Trim(f.name, "0123456789.:*?") != ""
}

// Matches says whether records of a host are asked for, whose name is given whole and folded ([FoldString]). A short name asks
// for the host in any domain, a full one also for records that leave its domain out.
func (f *HostFilter) Matches(host string) bool {
	if !f.wild {
		return host == f.pattern || ShortHost(host) == f.pattern || f.short != "" && host == f.short
	}
	return wildcard(f.pattern, host) || wildcard(f.pattern, ShortHost(host))
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

package packexport

import (
	"net/netip"
	"regexp"
	"strings"

	"entente/internal/advisory"
)

// stixPattern is an indicator as a pattern of STIX 2.1, section 9: one observation. ok is false where STIX has no object for
// it.
func stixPattern(in *advisory.Indicator) (pattern string, ok bool) {
	test, ok := stixTest(in.Type, in.Value)
	if !ok {
		return "", false
	}
	var under, not []string
	for _, f := range in.OnlyUnder {
		under = append(under, "file:parent_directory_ref.path MATCHES "+quote(belowFolder(f)))
	}
	for _, f := range in.NotUnder {
		not = append(not, "file:parent_directory_ref.path NOT MATCHES "+quote(belowFolder(f)))
	}
	switch len(under) {
	case 0:
	case 1:
		test += " AND " + under[0]
	default:
		test += " AND (" + strings.Join(under, " OR ") + ")"
	}
	for _, n := range not {
		test += " AND " + n
	}
	return "[" + test + "]", true
}

// belowFolder is a regular expression for a folder and everything below it, in any case.
func belowFolder(f string) string {
	if len(f) > 1 {
		f = strings.TrimRight(f, `\/`)
	}
	return "(?i)^" + regexp.QuoteMeta(f) + `([\\/]|$)`
}

// stixTest is the comparison for a value.
func stixTest(kind, value string) (string, bool) {
	if value == "" {
		return "", false
	}
	is := func(path string) (string, bool) { return path + " = " + quote(value), true }
	switch kind {
	case "sha256":
		return is("file:hashes.'SHA-256'")
	case "sha1":
		return is("file:hashes.'SHA-1'")
	case "md5":
		return is("file:hashes.MD5")
	case "domain":
		return is("domain-name:value")
	case "url":
		return is("url:value")
	case "ip":
		return addressTest(value)
	case "file-name":
		return is("file:name")
	case "path":
		return pathTest(value), true
	case "user-agent":
		return is("network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'")
	case "named-pipe":
		// A pipe is a file of the pipe file system.
		return "file:name = " + quote(value) + ` AND file:parent_directory_ref.path = '\\\\.\\pipe'`, true
	case "registry-key":
		return is("windows-registry-key:key")
	}
	return "", false
}

func addressTest(value string) (string, bool) {
	object, op := "ipv4-addr", " = "
	addr, err := netip.ParseAddr(value)
	if err != nil {
		p, err := netip.ParsePrefix(value)
		if err != nil {
			return "", false
		}
		addr, op = p.Addr(), " ISSUBSET "
	}
	if addr.Is6() {
		object = "ipv6-addr"
	}
	return object + ":value" + op + quote(value), true
}

// pathTest matches a path at its end, as packs do.
func pathTest(value string) string {
	i := strings.LastIndexAny(value, `\/`)
	dir, name := value[:max(i, 0)], value[i+1:]
	switch {
	case name == "": // a folder
		return "directory:path MATCHES " + quote("(?i)"+regexp.QuoteMeta(value[:i])+"$")
	case i < 0:
		return "file:name MATCHES " + quote("(?i)"+regexp.QuoteMeta(name)+"$")
	}
	return "file:name = " + quote(name) + " AND file:parent_directory_ref.path MATCHES " + quote("(?i)"+regexp.QuoteMeta(dir)+"$")
}

// quote writes a string literal of the pattern language.
func quote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(strings.ToValidUTF8(s, "\uFFFD")) + "'"
}

package misp

import (
	"strings"
	"sync"
)

// kind says what a type of attribute is in STIX. Paths are those of patterns, without quotes: file:hashes.SHA-256.
type kind struct {
	name string
	// cut is how the value falls into parts, one for each path: not at all, at the first or at the last |.
	cut cut
	// paths are what a pattern compares with the parts of the value.
	paths []string
	// seen are the paths for a value that was observed; nil: as in a pattern, none: a note says it.
	seen []string
	// fixed are what holds besides, as path=value.
	fixed string
	// rule is the pattern_type of an attribute that is a rule for some program.
	rule string
}

type cut uint8

const (
	whole cut = iota
	first
	last
)

// custom is the object of patterns for values that STIX has no object for: type and value are those of MISP.
const custom = "x-misp-attribute"

// none says that STIX has no observable for it.
var none = []string{}

type hashName struct{ kind, key string }

// hashNames are the keys of hashes by type of attribute, in the order in which the types are tried (STIX 2.1, section 10.7).
var hashNames = []hashName{
	{"md5", "MD5"},
	{"sha1", "SHA-1"},
	{"sha256", "SHA-256"},
	{"sha512", "SHA-512"},
	{"sha224", "SHA-224"},
	{"sha384", "SHA-384"},
	{"sha512/224", "SHA-512-224"},
	{"sha512/256", "SHA-512-256"},
	{"sha3-224", "SHA3-224"},
	{"sha3-256", "SHA3-256"},
	{"sha3-384", "SHA3-384"},
	{"sha3-512", "SHA3-512"},
	{"ssdeep", "SSDEEP"},
	{"tlsh", "TLSH"},
	{"imphash", "IMPHASH"},
	{"authentihash", "AUTHENTIHASH"},
	{"impfuzzy", "IMPFUZZY"},
	{"pehash", "PEHASH"},
	{"vhash", "VHASH"},
	{"telfhash", "TELFHASH"},
	{"cdhash", "CDHASH"},
}

// kinds are the types of attributes that have a place in STIX. Of those with the same paths the first is the one that a
// foreign object becomes.
var kinds = sync.OnceValue(func() []kind {
	one := func(name, path string) kind { return kind{name: name, paths: []string{path}} }
	only := func(name, path string) kind { return kind{name: name, paths: []string{path}, seen: none} }
	const request = "network-traffic:extensions.http-request-ext.request_header.User-Agent"
	list := []kind{
		one("domain", "domain-name:value"),
		one("hostname", "domain-name:value"),
		one("onion-address", "domain-name:value"),
		{name: "ip-dst", paths: []string{"network-traffic:dst_ref.value"}, seen: []string{"ip-addr:value"}},
		{name: "ip-src", paths: []string{"network-traffic:src_ref.value"}, seen: []string{"ip-addr:value"}},
		one("ip-dst", "ip-addr:value"), // what others write
		{name: "ip-dst|port", cut: last, paths: []string{"network-traffic:dst_ref.value", "network-traffic:dst_port"}},
		{name: "ip-src|port", cut: last, paths: []string{"network-traffic:src_ref.value", "network-traffic:src_port"}},
		{name: "hostname|port", cut: last, paths: []string{"network-traffic:dst_ref.value", "network-traffic:dst_port"}},
		{name: "domain|ip", cut: first, paths: []string{"domain-name:value", "domain-name:resolves_to_refs[*].value"}},
		only("port", "network-traffic:dst_port"),
		one("url", "url:value"),
		one("uri", "url:value"),
		one("mac-address", "mac-addr:value"),
		one("AS", "autonomous-system:number"),
		only("user-agent", request),
		only("http-method", "network-traffic:extensions.http-request-ext.request_method"),
		one("email", "email-addr:value"),
		{name: "email-src", paths: []string{"email-message:from_ref.value"}, seen: []string{"email-addr:value"}},
		{name: "email-dst", paths: []string{"email-message:to_refs[*].value"}, seen: []string{"email-addr:value"}},
		{name: "target-email", paths: []string{"email-message:to_refs[*].value"}, seen: []string{"email-addr:value"}},
		only("email-src-display-name", "email-message:from_ref.display_name"),
		only("email-dst-display-name", "email-message:to_refs[*].display_name"),
		one("email-subject", "email-message:subject"),
		one("email-body", "email-message:body"),
		one("email-message-id", "email-message:message_id"),
		one("email-reply-to", "email-message:additional_header_fields.Reply-To"),
		one("email-x-mailer", "email-message:additional_header_fields.X-Mailer"),
		one("email-thread-index", "email-message:additional_header_fields.Thread-Index"),
		{name: "email-attachment", paths: []string{"email-message:body_multipart[*].body_raw_ref.name"}, seen: []string{"file:name"}},
		one("filename", "file:name"),
		only("mime-type", "file:mime_type"),
		only("size-in-bytes", "file:size"),
		one("mutex", "mutex:name"),
		{name: "named pipe", paths: []string{"file:name"}, fixed: `file:parent_directory_ref.path=\\.\pipe`},
		one("regkey", "windows-registry-key:key"),
		{name: "regkey|value", cut: first, paths: []string{"windows-registry-key:key", "windows-registry-key:values[*].data"}},
		one("windows-service-name", "process:extensions.windows-service-ext.service_name"),
		one("windows-service-displayname", "process:extensions.windows-service-ext.display_name"),
		one("x509-fingerprint-sha256", "x509-certificate:hashes.SHA-256"),
		one("x509-fingerprint-sha1", "x509-certificate:hashes.SHA-1"),
		one("x509-fingerprint-md5", "x509-certificate:hashes.MD5"),
		one("cpe", "software:cpe"),
		{name: "github-username", paths: []string{"user-account:account_login"}, fixed: "user-account:account_type=github"},
		{name: "twitter-id", paths: []string{"user-account:account_login"}, fixed: "user-account:account_type=twitter"},
		{name: "jabber-id", paths: []string{"user-account:account_login"}, fixed: "user-account:account_type=jabber"},
		one("target-user", "user-account:account_login"),
		{name: "malware-sample", cut: last, paths: []string{"file:name", "file:hashes.MD5"}},
		one("attachment", "file:name"),
		{name: "yara", rule: "yara"},
		{name: "sigma", rule: "sigma"},
		{name: "snort", rule: "snort"},
		{name: "suricata", rule: "suricata"},
		{name: "zeek", rule: "zeek"},
		{name: "bro", rule: "zeek"},
		{name: "kusto-query", rule: "kusto"},
		{name: "stix2-pattern", rule: "stix"},
	}
	for _, h := range hashNames {
		path := "file:hashes." + h.key
		k := one(h.kind, path)
		pair := kind{name: "filename|" + h.kind, cut: last, paths: []string{"file:name", path}}
		if h.kind == "imphash" {
			const ext = "file:extensions.windows-pebinary-ext.imphash"
			k.paths, k.seen = []string{ext}, []string{path}
			pair.paths, pair.seen = []string{"file:name", ext}, []string{"file:name", path}
		}
		if h.kind != "telfhash" && h.kind != "cdhash" { // MISP has no pairs of these
			list = append(list, pair)
		}
		list = append(list, k)
	}
	return list
})

// kindsByName finds a type of attribute.
var kindsByName = sync.OnceValue(func() map[string]*kind {
	m := map[string]*kind{}
	list := kinds()
	for i := range list {
		if m[list[i].name] == nil {
			m[list[i].name] = &list[i]
		}
	}
	return m
})

// fact is one value at a place of an object.
type fact struct{ path, value string }

// parts cuts a value; nil where it has not as many parts as it should.
func (k *kind) parts(value string) []string {
	var a, b string
	ok := true
	switch k.cut {
	case first:
		a, b, ok = strings.Cut(value, "|")
	case last:
		i := strings.LastIndexByte(value, '|')
		if ok = i >= 0; ok {
			a, b = value[:i], value[i+1:]
		}
	case whole:
		if prefix := `\\.\pipe\`; k.name == "named pipe" && len(value) > len(prefix) && strings.EqualFold(value[:len(prefix)], prefix) {
			value = value[len(prefix):]
		}
		return []string{value}
	}
	if !ok || a == "" || b == "" {
		return nil
	}
	return []string{a, b}
}

// facts are what an attribute of the kind says: of an observation, or for a pattern.
func (k *kind) facts(value string, observed bool) []fact {
	paths := k.paths
	if observed && k.seen != nil {
		paths = k.seen
	}
	parts := k.parts(value)
	if len(parts) != len(paths) {
		return nil
	}
	out := make([]fact, 0, len(parts)+1)
	for i, p := range paths {
		if dir, name, ok := splitPath(parts[i]); ok && p == "file:name" && k.fixed == "" {
			out = append(out, fact{p, name}, fact{"file:parent_directory_ref.path", dir})
			continue
		}
		out = append(out, fact{p, normal(p, parts[i])})
	}
	if path, v, ok := strings.Cut(k.fixed, "="); ok {
		out = append(out, fact{path, v})
	}
	return out
}

// splitPath cuts a path into the folder and the name in it.
func splitPath(s string) (dir, name string, ok bool) {
	i := strings.LastIndexAny(s, `\/`)
	if i <= 0 || i == len(s)-1 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// quiet are the types that MISP does not mean for detection unless it is told so.
var quiet = set("AS", "vulnerability", "cpe", "weakness", "attachment", "link", "comment", "text", "other", "hex", "named pipe", "user-agent",
	"http-method", "port", "mac-address", "mac-eui-64", "email-subject", "email-body", "email-header", "email-reply-to", "email-x-mailer",
	"email-mime-boundary", "email-thread-index", "email-message-id", "email-src-display-name", "email-dst-display-name", "mime-type",
	"size-in-bytes", "pdb", "gene", "kusto-query", "cookie", "threat-actor", "campaign-name", "campaign-id", "malware-type",
	"windows-scheduled-task", "windows-service-name", "windows-service-displayname", "github-username", "github-repository",
	"github-organisation", "jabber-id", "twitter-id", "dns-soa-email", "ssh-fingerprint", "dkim", "dkim-signature")

// loud are types without a place in STIX that it does mean for detection.
var loud = set("btc", "dash", "xmr", "iban", "bic", "bank-account-nr", "aba-rtn", "bin", "cc-number", "prtn", "ja3-fingerprint-md5",
	"jarm-fingerprint", "hassh-md5", "hasshserver-md5", "favicon-mmh3", "community-id", "dom-hash", "eppn", "pattern-in-file",
	"pattern-in-traffic", "pattern-in-memory", "filename-pattern", "azure-application-id", "mobile-application-id", "chrome-extension-id",
	"edge-extension-id")

// detects says whether MISP means a type for detection where an attribute does not say.
func detects(kind string) bool {
	return loud[kind] || kindsByName()[kind] != nil && !quiet[kind] && !strings.HasPrefix(kind, "target-")
}

// normal is a value as STIX wants it, where MISP allows other spellings.
func normal(path, value string) string {
	switch path {
	case "mac-addr:value":
		return strings.ToLower(strings.ReplaceAll(value, "-", ":"))
	case "autonomous-system:number":
		if len(value) > 2 && strings.EqualFold(value[:2], "AS") {
			return value[2:]
		}
	}
	return value
}

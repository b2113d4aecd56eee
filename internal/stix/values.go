package stix

import (
	"encoding/base64"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// value checks one value of a property: of the property itself, or of its list.
func (v *validator) value(parent, c int, q *prop, s *shape) {
	n := &v.t.nodes[c]
	switch q.kind {
	case anything:
		return
	case boolean:
		if n.kind != jsonBool {
			v.wrongKind(c, q, "2.2", "a boolean, true or false,")
		}
		return
	case integer:
		v.integer(c, q)
		return
	case float:
		v.float(c, q)
		return
	case dictionary, hashes, socketOptions:
		v.dictionary(c, q)
		return
	case embedded:
		v.shape(c, q.of)
		v.embedded(c, q.of)
		return
	case extensions:
		v.extensions(c, s)
		return
	case observables:
		v.observables(c)
		return
	case contents:
		v.contents(c)
		return
	case markingObject:
		if n.kind != jsonObject {
			v.wrongKind(c, q, "7.2.1", "an object")
		}
		return
	default:
	}
	if n.kind != jsonString {
		v.wrongKind(c, q, "2.15", "a string")
		return
	}
	v.text(parent, c, q, s)
}

func (v *validator) wrongKind(c int, q *prop, section, want string) {
	advice := ""
	if v.t.nodes[c].kind == jsonNull {
		advice = ": leave the property out"
	}
	v.err(c, "type-of-value", section, "%s needs %s, not %s%s", q.name, want, v.t.nodes[c].kind, advice)
}

// text checks a string.
func (v *validator) text(parent, c int, q *prop, s *shape) {
	b := v.t.text(c)
	switch q.kind {
	case timestamp, millis:
		ts, err := ParseTimestamp(string(b))
		switch {
		case err != nil:
			v.err(c, "timestamp", "2.16", "%v", err)
		case q.kind == millis && ts.fraction() < 3:
			v.err(c, "timestamp-precision", "3.2", "write %s with three digits after the point: …%s.000Z", q.name, ts.Text[len("2006-01-02T"):len("2006-01-02T15:04:05")])
		case q.kind == millis && ts.fraction() > 3:
			v.warn(c, "timestamp-precision", "3.2", "write %s with exactly three digits after the point", q.name)
		}
	case ownType:
		if s.name != "" && string(b) != s.name {
			v.err(c, "type-of-object", "3.2", "the type has to be %s", s.name)
		}
	case ownID:
		v.ownID(parent, c, b, s)
	case specVersion:
		if string(b) != "2.1" {
			v.err(c, "spec-version", "3.2", "spec_version is 2.1 for objects of this specification, not %q", clip(b))
		}
	case reference:
		v.reference(c, b, q)
	case hexadecimal:
		if len(b) == 0 || len(b)%2 != 0 || !isHex(b) {
			v.err(c, "hex", "2.8", "write an even number of hexadecimal digits")
		}
	case binary:
		if _, err := base64.StdEncoding.Strict().DecodeString(string(b)); err != nil {
			v.err(c, "binary", "2.1", "encode the bytes as base64 with padding (RFC 4648, section 4)")
		}
	case enum:
		if !q.words.has(b) {
			v.err(c, "enumeration", q.words.section, "%q is not in %s: use %s", clip(b), q.words.name, someOf(q.words.words))
		}
	case openVocabulary:
		if !q.words.has(b) {
			v.warn(c, "vocabulary", q.words.section, "%q is not in %s%s", clip(b), q.words.name, v.nearest(b, q.words))
		}
	case language:
		if !languageTag(string(b)) {
			v.err(c, "language", "3.2", "%q is no language tag (RFC 5646): write en, de-AT, zh-Hans", clip(b))
		}
	case ipv4:
		if !address(string(b), true) {
			v.err(c, "format", s.section, "%q is no IPv4 address and no network in CIDR notation", clip(b))
		}
	case ipv6:
		if !address(string(b), false) {
			v.err(c, "format", s.section, "%q is no IPv6 address and no network in CIDR notation", clip(b))
		}
	case mac:
		if !macAddress(b) {
			v.err(c, "format", s.section, "write the address as six pairs of lower-case hexadecimal digits with colons: d2:fb:49:24:37:18")
		}
	case domain:
		if !domainName(string(b)) {
			v.warn(c, "format", s.section, "%q does not look like a domain name (RFC 1034, RFC 5890)", clip(b))
		}
	case uri:
		if u, err := url.Parse(string(b)); err != nil || u.Scheme == "" {
			v.warn(c, "format", s.section, "%q is no URL with a scheme (RFC 3986)", clip(b))
		}
	case email:
		if at := strings.LastIndexByte(string(b), '@'); at <= 0 || at == len(b)-1 || strings.ContainsAny(string(b), "<> ") {
			v.warn(c, "format", s.section, "%q does not look like an address alone (RFC 5322, addr-spec): name@example.org", clip(b))
		}
	case mime:
		if k, sub, ok := strings.Cut(string(b), "/"); !ok || k == "" || sub == "" {
			v.warn(c, "format", s.section, "%q is no media type: text/plain", clip(b))
		}
	case cpe:
		if !strings.HasPrefix(string(b), "cpe:2.3:") {
			v.err(c, "format", s.section, "write the name as CPE 2.3: cpe:2.3:…")
		}
	case semver:
		if !semanticVersion(string(b)) {
			v.err(c, "format", s.section, "write the version as 1.0.0 (Semantic Versioning 2.0)")
		}
	case relationshipName:
		if !typeName(string(b)) {
			v.err(c, "relationship-type", "5.1", "name the relationship with a-z, 0-9 and single hyphens: indicates, related-to")
		}
	case phaseName:
		if !lowerWord(b) {
			v.warn(c, "spelling", "2.11", "write %s in lower case, with hyphens in place of spaces and underscores", q.name)
		}
	case selector:
		v.selector(c, string(b))
	default:
	}
}

// nearest is advice that names the word of a vocabulary that differs from b in case and punctuation alone.
func (*validator) nearest(b []byte, words *vocabulary) string {
	plain := letters(string(b))
	for _, w := range words.words {
		if letters(w) == plain {
			return ": write " + w
		}
	}
	return ": use one of its words where one fits"
}

// letters are the letters and digits of s in lower case.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r | 0x20
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '+' || r == '#':
			return r
		}
		return -1
	}, s)
}

func someOf(words []string) string {
	if len(words) > 8 {
		return strings.Join(words[:8], ", ") + ", …"
	}
	return strings.Join(words, ", ")
}

// clip keeps what a message quotes short.
func clip(b []byte) string {
	const most = 80
	if len(b) <= most {
		return string(b)
	}
	return strings.ToValidUTF8(string(b[:most]), "") + "…"
}

func (v *validator) ownID(parent, c int, b []byte, s *shape) {
	kind, uuid, err := SplitID(string(b))
	if err != nil {
		v.err(c, "identifier", "2.9", "%v", err)
		return
	}
	want := s.name
	if parent == 0 {
		want = v.o.Type
	}
	if kind != want && want != "" {
		want = clip([]byte(want))
		v.err(c, "identifier", "2.9", "the identifier of a %s begins with %s--, not %s--", want, want, kind)
		return
	}
	if uuid[14] > '5' {
		v.warn(c, "identifier", "2.9", "the UUID is of version %c, which RFC 4122 does not have: use 4, or 5 for a deterministic identifier", uuid[14])
	}
	if s.class != classSCO || uuid[14] != '5' || shapes().types[s.name] == nil {
		return
	}
	switch id, ok := v.t.observableID(parent, s); {
	case !ok && len(s.contributing) == 0:
		v.warn(c, "observable-id", "2.9", "a %s has no properties that make an identifier: use a random UUID (version 4)", s.name)
	case !ok:
		v.warn(c, "observable-id", "2.9", "none of the properties is there from which the identifier of a %s is made: use a random UUID (version 4)", s.name)
	case id != string(b):
		v.warn(c, "observable-id", "2.9", "the properties of this object make %s, not this identifier: others will not find the two to be one", id)
	}
}

// reference checks an identifier that names another object.
func (v *validator) reference(c int, b []byte, q *prop) {
	if e, ok := v.names[string(b)]; ok {
		v.refersTo(c, q, v.t.str(v.t.child(e, "type")))
		return
	}
	kind, _, err := SplitID(string(b))
	if err != nil {
		if v.container > 0 {
			v.err(c, "reference", "2.13", "there is no observable %q in objects", clip(b))
			return
		}
		v.err(c, "identifier", "2.9", "%v", err)
		return
	}
	v.refersTo(c, q, kind)
	if q.name == "object_marking_refs" && string(b) == v.o.ID {
		v.err(c, "reference", "7.2.2", "an object cannot be marked with itself")
	}
}

// refersTo checks that a property may name an object of a type.
func (v *validator) refersTo(c int, q *prop, kind string) {
	of := classOf(kind)
	for _, allowed := range q.refs {
		switch {
		case allowed == kind,
			allowed == anyObject && of != classBundle,
			allowed == anySDO && (of == classSDO || of == classNone),
			allowed == anySRO && (of == classSRO || of == classNone),
			allowed == anySCO && (of == classSCO || of == classNone),
			allowed == anyMeta && of == classMeta:
			return
		}
	}
	v.err(c, "reference-type", "2.9", "%s names %s, not a %s", q.name, familyNames(q.refs), kind)
}

func familyNames(types []string) string {
	out := make([]string, len(types))
	for i, t := range types {
		switch t {
		case anyObject:
			t = "any object but a bundle"
		case anySDO:
			t = "a domain object"
		case anySRO:
			t = "a relationship object"
		case anySCO:
			t = "a cyber-observable object"
		}
		out[i] = t
	}
	return strings.Join(slices.Compact(out), " or ")
}

func (v *validator) integer(c int, q *prop) {
	b := v.t.value(c)
	if v.t.nodes[c].kind != jsonNumber {
		v.wrongKind(c, q, "2.10", "an integer")
		return
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil || n > maxInteger || n < -maxInteger {
		v.err(c, "integer", "2.10", "%s needs an integer between -(2^53-1) and 2^53-1, without point and exponent", q.name)
		return
	}
	if q.bounded && (float64(n) < q.min || float64(n) > q.max) {
		v.err(c, "range", "2.10", "%s is %s to %s", q.name, plain(q.min), plain(q.max))
	}
}

func (v *validator) float(c int, q *prop) {
	if v.t.nodes[c].kind != jsonNumber {
		v.wrongKind(c, q, "2.6", "a number")
		return
	}
	f, err := strconv.ParseFloat(string(v.t.value(c)), 64)
	if err != nil || q.bounded && (f < q.min || f > q.max) {
		v.err(c, "range", "2.6", "%s is %s to %s", q.name, plain(q.min), plain(q.max))
	}
}

func plain(f float64) string {
	if f == maxInteger {
		return "2^53-1"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// dictionary checks a dictionary (section 2.3), hashes (2.7) and the options of a socket.
func (v *validator) dictionary(c int, q *prop) {
	if v.t.nodes[c].kind != jsonObject {
		v.wrongKind(c, q, "2.3", "an object")
		return
	}
	if v.t.nodes[c].n == 0 {
		v.err(c, "empty-dictionary", "2.3", "leave %s out rather than empty", q.name)
	}
	for _, e := range v.t.children(c) {
		key := v.t.name(e)
		if !dictionaryKey(key) {
			v.err(e, "dictionary-key", "2.3", "make keys of 1 to 250 of a-z, A-Z, 0-9, - and _")
		}
		switch q.kind {
		case hashes:
			v.hash(e, key)
		case socketOptions:
			if !strings.HasPrefix(string(key), "SO_") && !strings.HasPrefix(string(key), "ICMP_") &&
				!strings.HasPrefix(string(key), "IP_") && !strings.HasPrefix(string(key), "IPV6_") &&
				!strings.HasPrefix(string(key), "MCAST_") && !strings.HasPrefix(string(key), "TCP_") && !strings.HasPrefix(string(key), "IRLMP_") {
				v.err(e, "dictionary-key", "6.12.4", "name the option of a socket as its header does: SO_KEEPALIVE, TCP_NODELAY")
			}
			v.integer(e, &prop{name: string(key)})
		default:
		}
	}
}

func dictionaryKey(k []byte) bool {
	if len(k) == 0 || len(k) > 250 {
		return false
	}
	for _, c := range k {
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// hashDigits is how many hexadecimal digits a hash has.
var hashDigits = map[string]int{"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128}

func (v *validator) hash(c int, name []byte) {
	if v.t.nodes[c].kind != jsonString {
		v.err(c, "type-of-value", "2.7", "a hash is a string, not %s", v.t.nodes[c].kind)
		return
	}
	b := v.t.text(c)
	if !hashAlgorithm.has(name) {
		v.warn(c, "vocabulary", "10.7", "%q is not in %s%s", clip(name), hashAlgorithm.name, v.nearest(name, &hashAlgorithm))
		return
	}
	if digits := hashDigits[string(name)]; digits > 0 && (len(b) != digits || !isHex(b)) {
		v.err(c, "hash", "10.7", "%s has %d hexadecimal digits", name, digits)
	}
	if string(name) == "SSDEEP" && strings.Count(string(b), ":") < 2 {
		v.warn(c, "hash", "10.7", "an ssdeep hash has three parts with colons between")
	}
	if t := strings.TrimPrefix(string(b), "T1"); string(name) == "TLSH" && (len(t) != 70 || !isHex([]byte(t))) {
		v.warn(c, "hash", "10.7", "a TLSH hash has 70 hexadecimal digits, after T1 or alone")
	}
}

func isHex(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}

// address says whether s is an address, or a network in CIDR notation, of IPv4 or else IPv6.
func address(s string, four bool) bool {
	host, _, cidr := strings.Cut(s, "/")
	if strings.Contains(host, "%") {
		return false
	}
	a, err := netip.ParseAddr(host)
	if err != nil || a.Is4() != four {
		return false
	}
	if cidr {
		_, err = netip.ParsePrefix(s)
	}
	return err == nil
}

func macAddress(b []byte) bool {
	if len(b) != 17 {
		return false
	}
	for i, c := range b {
		if i%3 == 2 {
			if c != ':' {
				return false
			}
		} else if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func domainName(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.ContainsAny(label, " /:@\\\"'()[]<>,;?#&=%") {
			return false
		}
	}
	return true
}

// languageTag says whether s has the form of a language tag (RFC 5646).
func languageTag(s string) bool {
	for i, part := range strings.Split(s, "-") {
		if part == "" || len(part) > 8 || i == 0 && strings.ContainsAny(part, "0123456789") {
			return false
		}
		for _, c := range []byte(part) {
			if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
				return false
			}
		}
	}
	return true
}

func semanticVersion(s string) bool {
	core, rest, _ := strings.Cut(s, "+")
	if strings.ContainsAny(rest, " +") {
		return false
	}
	core, _, _ = strings.Cut(core, "-")
	parts := strings.Split(core, ".")
	for _, part := range parts {
		if _, ok := number(part); !ok || part == "" || len(part) > 1 && part[0] == '0' {
			return false
		}
	}
	return len(parts) == 3
}

func lowerWord(b []byte) bool {
	for _, c := range b {
		if 'A' <= c && c <= 'Z' || c == ' ' || c == '_' {
			return false
		}
	}
	return true
}

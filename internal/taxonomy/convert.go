package taxonomy

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Convert changes a value's text before rules see it. Three conversions take a name after a colon, e.g.
// "hash:SHA256"; the others are used as they are.
type Convert string

// The conversions. Where the text is not of the form that one expects, it stays as it is, unless said otherwise.
const (
	AsIs      Convert = ""
	HexToDec  Convert = "hex-to-dec"       // 0x1f4 → 500
	Integrity Convert = "integrity-level"  // S-1-16-12288 → High
	PlusSpace Convert = "plus-to-space"    // IIS writes user agents with + for a blank
	StripUNC  Convert = "strip-nt-prefix"  // \??\C:\x → C:\x, \\?\C:\x → C:\x, \Device\… stays
	Unmap4in6 Convert = "unmap-v4-in-v6"   // ::ffff:192.0.2.1 → 192.0.2.1
	JoinQuery Convert = "join-stem-query"  // From[0] + "?" + From[1], where the query is not empty or "-"
	Basename  Convert = "basename"         // C:\x\y.exe → y.exe
	HexText   Convert = "hex-to-text"      // 2f62696e → /bin; zero bytes, which separate arguments, become blanks
	Lower     Convert = "lower"            //
	Account   Convert = "domain-backslash" // From[0] + "\" + From[1]: DOMAIN\user of two fields
	// ProcessUser is the account that a process of Security 4688 runs as, written as Sysmon writes it: From is
	// TargetUserSid, TargetDomainName, TargetUserName, SubjectUserSid, SubjectDomainName, SubjectUserName. The target
	// counts where there is one, else the creator; S-1-5-18, -19 and -20 become NT AUTHORITY\SYSTEM, LOCAL SERVICE
	// and NETWORK SERVICE.
	ProcessUser Convert = "process-user"
	// DevicePath turns \device\harddiskvolume3\x into C:\x. Which letter a volume has is not in the record; C: is
	// what rules are written for.
	DevicePath   Convert = "device-to-c"
	IPProtocol   Convert = "ip-protocol"   // 6 → tcp, 17 → udp, 1 → icmp, 58 → ipv6-icmp
	Initiated    Convert = "wfp-initiated" // %%14593 (outbound) → true, %%14592 (inbound) → false
	DefenderPath Convert = "defender-path" // file:_C:\x.exe → C:\x.exe, the first of several resources
	// RegistryPath is the TargetObject of Sysmon: From is ObjectName and ObjectValueName of Security 4657.
	// \REGISTRY\MACHINE becomes HKLM, \REGISTRY\USER becomes HKU, ControlSet001 becomes CurrentControlSet.
	RegistryPath Convert = "registry-path"
	// RegistryData is the Details of Sysmon: From is NewValueType and NewValue of Security 4657. A DWORD is written
	// DWORD (0x00000001), a QWORD QWORD (0x00000000-0x00000001), binary and multi-string data Binary Data.
	RegistryData Convert = "registry-data"
	RegistryOp   Convert = "registry-operation" // %%1904 and %%1905 → SetValue, %%1906 → DeleteValue
	DNSType      Convert = "dns-type"           // 1 → A, 16 → TXT, 28 → AAAA…
	URIPath      Convert = "uri-path"           // http://h/a/b.exe?x=y → /a/b.exe, /a?x → /a
	URIQuery     Convert = "uri-query"          // /a?x=y → x=y; nothing where there is no query
	URIHost      Convert = "uri-host"           // http://u@h:80/a → h, h:443 → h; nothing for /a
	Extension    Convert = "uri-extension"      // /a/b.exe?x=y.z → exe; nothing where there is none
	Outcome      Convert = "zero-is-success"    // 0 → Success, any other number → Failure
	IsThere      Convert = "is-there"           // any text → true: what the record is shows that the answer is yes
	HostLabel    Convert = "host-label"         // ex01.example.org → ex01; addresses stay as they are
)

// The conversions that take a name. They give nothing where the name is not found ([Convert.Cuts]).
const (
	hashPrefix = "hash:" // hash:MD5 is 0123… of SHA1=…,MD5=0123…,IMPHASH=…
	linePrefix = "line:" // line:HostName is ConsoleHost of a text with a line HostName=ConsoleHost
	pairPrefix = "pair:" // pair:USER is root of TTY=pts/0 ; USER=root ; COMMAND=/bin/sh
	kvPrefix   = "kv:"   // kv:msg is a b of id=7 msg="a b" x=y
)

// Joins says that c takes the texts of all names of a [Field.From] together, in their order and nil for those that
// are missing. The other conversions take one text.
func (c Convert) Joins() bool { return c.arity() > 1 }

func (c Convert) arity() int {
	switch c {
	case JoinQuery, Account, RegistryPath, RegistryData:
		return 2
	case ProcessUser:
		return 6
	default:
		return 1
	}
}

// Cuts says that c looks for something in the text and gives nothing where it is not there. A hunt takes that for a
// missing value.
func (c Convert) Cuts() bool { return c.named() || c == URIQuery || c == URIHost || c == Extension }

// named says that c takes a name after a colon.
func (c Convert) named() bool {
	for _, p := range [...]string{hashPrefix, linePrefix, pairPrefix, kvPrefix} {
		if name, ok := strings.CutPrefix(string(c), p); ok && name != "" {
			return true
		}
	}
	return false
}

// valid says that c is a conversion.
func (c Convert) valid() bool { return c.named() || slices.Contains(allConversions(), c) }

// allConversions lists the conversions without a name.
func allConversions() []Convert {
	return []Convert{
		AsIs, HexToDec, Integrity, PlusSpace, StripUNC, Unmap4in6, JoinQuery, Basename, HexText, Lower, Account,
		ProcessUser, DevicePath, IPProtocol, Initiated, DefenderPath, RegistryPath, RegistryData, RegistryOp, DNSType,
		URIPath, URIQuery, URIHost, Extension, Outcome, IsThere, HostLabel,
	}
}

// Append appends the converted text. It takes as many texts as c needs (missing ones count as nil) and ignores the
// rest. They are valid UTF-8, and so is what is appended. dst must not overlap them. It allocates only to grow dst.
func (c Convert) Append(dst []byte, texts ...[]byte) []byte {
	if len(texts) == 0 {
		return dst
	}
	t := texts[0]
	switch c {
	case AsIs:
		return append(dst, t...)
	case HexToDec:
		if u, ok := parseHex(t); ok {
			return strconv.AppendUint(dst, u, 10)
		}
	case Integrity:
		if name := integrityName(t); name != "" {
			return append(dst, name...)
		}
	case PlusSpace:
		dst = append(dst, t...)
		replaceByte(dst[len(dst)-len(t):], '+', ' ')
		return dst
	case StripUNC:
		if len(t) >= 4 && t[0] == '\\' && (t[1] == '?' || t[1] == '\\') && t[2] == '?' && t[3] == '\\' {
			t = t[4:]
		}
	case Unmap4in6:
		const p = "::ffff:"
		if len(t) > len(p) && equalFold(t[:len(p)], p) && bytes.IndexByte(t[len(p):], '.') > 0 {
			t = t[len(p):]
		}
	case Basename:
		if i := bytes.LastIndexAny(t, `\/`); i >= 0 {
			t = t[i+1:]
		}
	case HexText:
		return appendHexText(dst, t)
	case Lower:
		return appendLower(dst, t)
	case JoinQuery:
		return appendJoined(dst, t, arg(texts, 1), '?')
	case Account:
		return appendAccount(dst, t, arg(texts, 1))
	case ProcessUser:
		return appendProcessUser(dst, t, arg(texts, 1), arg(texts, 2), arg(texts, 3), arg(texts, 4), arg(texts, 5))
	case DevicePath:
		return appendDevicePath(dst, t)
	case IPProtocol:
		if name := protocolName(t); name != "" {
			return append(dst, name...)
		}
	case Initiated:
		switch string(t) {
		case "%%14593":
			return append(dst, "true"...)
		case "%%14592":
			return append(dst, "false"...)
		}
	case IsThere:
		return append(dst, "true"...)
	case RegistryOp:
		switch string(t) {
		case "%%1904", "%%1905":
			return append(dst, "SetValue"...)
		case "%%1906":
			return append(dst, "DeleteValue"...)
		}
	case DNSType:
		if name := dnsType(t); name != "" {
			return append(dst, name...)
		}
	case URIPath:
		t, _ = splitURI(t)
	case URIQuery:
		_, t = splitURI(t)
	case URIHost:
		t = uriHost(t)
	case Extension:
		t = extension(t)
	case Outcome:
		switch {
		case string(t) == "0":
			return append(dst, "Success"...)
		case digits(t):
			return append(dst, "Failure"...)
		}
	case HostLabel:
		t = hostLabel(t)
	case DefenderPath:
		t = defenderPath(t)
	case RegistryPath:
		return appendRegistryPath(dst, t, arg(texts, 1))
	case RegistryData:
		return appendRegistryData(dst, t, arg(texts, 1))
	default:
		t = c.cut(t)
	}
	return append(dst, t...)
}

func arg(texts [][]byte, i int) []byte {
	if i < len(texts) {
		return texts[i]
	}
	return nil
}

// equalFold compares with ASCII case folding.
func equalFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

func hasPrefixFold(b []byte, s string) bool { return len(b) >= len(s) && equalFold(b[:len(s)], s) }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func replaceByte(b []byte, old, with byte) {
	for i, c := range b {
		if c == old {
			b[i] = with
		}
	}
}

// parseHex reads 0x and at most 16 digits.
func parseHex(t []byte) (u uint64, ok bool) {
	if len(t) < 3 || len(t) > 18 || t[0] != '0' || lower(t[1]) != 'x' {
		return 0, false
	}
	for _, c := range t[2:] {
		d, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		u = u<<4 | uint64(d)
	}
	return u, true
}

func hexDigit(c byte) (d byte, ok bool) {
	switch c = lower(c); {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	default:
		return 0, false
	}
}

func appendHexText(dst, t []byte) []byte {
	if len(t) == 0 || len(t)%2 != 0 {
		return append(dst, t...)
	}
	start := len(dst)
	for i := 0; i < len(t); i += 2 {
		hi, ok1 := hexDigit(t[i])
		lo, ok2 := hexDigit(t[i+1])
		if !ok1 || !ok2 {
			return append(dst[:start], t...)
		}
		c := hi<<4 | lo
		if c == 0 {
			c = ' '
		}
		dst = append(dst, c)
	}
	if !utf8.Valid(dst[start:]) {
		return append(dst[:start], bytes.ToValidUTF8(dst[start:], []byte("\uFFFD"))...)
	}
	return dst
}

func appendLower(dst, t []byte) []byte {
	for i := 0; i < len(t); {
		if c := t[i]; c < utf8.RuneSelf {
			dst = append(dst, lower(c))
			i++
			continue
		}
		r, n := utf8.DecodeRune(t[i:])
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
		i += n
	}
	return dst
}

// given says that a log holds more than its sign for nothing.
func given(t []byte) bool { return len(t) > 0 && (len(t) > 1 || t[0] != '-') }

func appendJoined(dst, a, b []byte, sep byte) []byte {
	if given(a) {
		dst = append(dst, a...)
	}
	if !given(b) {
		return dst
	}
	if given(a) {
		dst = append(dst, sep)
	}
	return append(dst, b...)
}

func appendAccount(dst, domain, user []byte) []byte {
	if !given(user) {
		return append(dst, user...)
	}
	return appendJoined(dst, domain, user, '\\')
}

// dnsType names the usual types of the IANA registry.
func dnsType(t []byte) string {
	switch string(t) {
	case "1":
		return "A"
	case "2":
		return "NS"
	case "5":
		return "CNAME"
	case "6":
		return "SOA"
	case "10":
		return "NULL"
	case "12":
		return "PTR"
	case "15":
		return "MX"
	case "16":
		return "TXT"
	case "28":
		return "AAAA"
	case "33":
		return "SRV"
	case "35":
		return "NAPTR"
	case "65":
		return "HTTPS"
	case "252":
		return "AXFR"
	case "255":
		return "ANY"
	default:
		return ""
	}
}

func digits(t []byte) bool {
	for _, c := range t {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(t) > 0
}

// Verbatim says that what c gives is made of stretches of the texts that it takes, in which at most each of the
// characters of replaced may stand for another one of them, and between which at most a character of inserted was put.
// It is false where c writes words of its own.
func (c Convert) Verbatim() (replaced, inserted string, ok bool) {
	switch c {
	case AsIs, StripUNC, Unmap4in6, Basename, URIPath, URIQuery, URIHost, Extension:
		return "", "", true
	case PlusSpace:
		return "+ ", "", true
	case JoinQuery:
		return "", "?", true
	case Account:
		return "", `\`, true
	default:
		return "", "", c.named()
	}
}
